package calendar

import (
	"github.com/headroom-erp/headroom"
)

// The shapes of a peak.
const (
	flat     = "flat"
	ramp     = "ramp"
	triangle = "triangle"
	surge    = "surge"
	wave     = "wave"
	table    = "table"
)

var shapes = []string{flat, ramp, triangle, surge, wave, table}

// defaultLow is a shape's low level where the plan gives none.
const defaultLow = 0.5

// Where a wave's fall slows down: half of its height above the low level is
// gone after a third of the fall's time.
const (
	fallTime  = 1.0 / 3
	fallLevel = 0.5
)

// A segment is a part of a peak's window in which its level, a multiple of the
// window's mean, is linear.
type segment struct {
	from, to    float64 // seconds since the epoch
	first, last float64
}

// at is the level at t, from segment.from to segment.to.
func (s segment) at(t float64) float64 {
	return s.first + (s.last-s.first)*((t-s.from)/(s.to-s.from))
}

// A shape is how a peak's rates go over its window, around their mean of 1.
// With low level l, its levels are, from the window's beginning to its end:
//
//	flat      1
//	ramp      l, rising linearly to 2 - l
//	surge     l until the share 1 - s of the window is over, then rising linearly to l + 2(1-l)/s
//	triangle  l, rising linearly to 2 - l at the top, falling linearly to l
//	wave      l, rising linearly to h at the top, falling linearly to (h+l)/2 in a
//	          third of the rest, and to l in the other two thirds, where
//	          h = l + (1-l)/(a/2 + 5/12·(1-a)) and a is the top's share of the window
//	table     its levels, each until the next one's time, divided by their mean;
//	          0 before the first
//
// Times are shares of the window as it is on the day: on a day of change too,
// the mean is 1 and the cutoff where it should be.
type shape struct {
	kind       string
	low, steep float64
	top        int // seconds since midnight; -1: by default
	times      []int
	levels     []float64
}

func newShape(p headroom.Peak) (shape, error) {
	s := shape{kind: p.Shape, low: defaultLow, steep: p.Steep, top: -1}
	if s.kind == "" {
		s.kind = flat
	}
	if p.Low != nil {
		s.low = *p.Low
	}
	if s.steep == 0 {
		s.steep = 1
	}
	var err error
	if p.Top != "" {
		if s.top, err = parseClock(p.Top); err != nil {
			return s, err
		}
	}
	for _, q := range p.Table {
		t, err := parseClock(q.At)
		if err != nil {
			return s, err
		}
		s.times = append(s.times, t)
		s.levels = append(s.levels, q.Level)
	}
	return s, nil
}

// segments appends the shape over a window of more than no time. When is the
// moment of a time of the day.
func (s shape) segments(to []segment, from, end float64, when func(seconds int) float64) []segment {
	top := func(byDefault float64) float64 {
		if s.top < 0 {
			return from + byDefault*(end-from)
		}
		return min(max(when(s.top), from), end)
	}
	switch s.kind {
	case ramp:
		return join(to, segment{from, end, s.low, 2 - s.low})
	case surge:
		rise := from + (1-s.steep)*(end-from)
		to = join(to, segment{from, rise, s.low, s.low})
		if rise >= end { // so steep that no time is left to rise in
			return append(to[:len(to)-1], segment{from, end, 1, 1})
		}
		return join(to, segment{rise, end, s.low, s.low + 2*(1-s.low)*((end-from)/(end-rise))})
	case triangle:
		t := top(0.5)
		return join(to, segment{from, t, s.low, 2 - s.low}, segment{t, end, 2 - s.low, s.low})
	case wave:
		t := top(0.25)
		a := (t - from) / (end - from)
		high := s.low + (1-s.low)/(a/2+(1-a)*(fallTime*(1+fallLevel)+(1-fallTime)*fallLevel)/2)
		slow, level := t+fallTime*(end-t), s.low+fallLevel*(high-s.low)
		return join(to, segment{from, t, s.low, high}, segment{t, slow, high, level}, segment{slow, end, level, s.low})
	case table:
		return s.table(to, from, end, when)
	}
	return append(to, segment{from, end, 1, 1})
}

// join appends segments that last at all.
func join(to []segment, more ...segment) []segment {
	for _, s := range more {
		if s.from < s.to {
			to = append(to, s)
		}
	}
	return to
}

// table scales the levels to a mean of 1. On a day of change, all that is above
// 0 may be left out; then the window is flat.
func (s shape) table(to []segment, from, end float64, when func(int) float64) []segment {
	n := len(to)
	var area float64
	for i, level := range s.levels {
		a, b := min(max(when(s.times[i]), from), end), end
		if i+1 < len(s.times) {
			b = min(max(when(s.times[i+1]), from), end)
		}
		area += level * (b - a)
		to = join(to, segment{a, b, level, level})
	}
	if area <= 0 {
		return append(to[:n], segment{from, end, 1, 1})
	}
	for i := n; i < len(to); i++ {
		to[i].first *= (end - from) / area
		to[i].last = to[i].first
	}
	return to
}
