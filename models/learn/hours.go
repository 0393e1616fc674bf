package learn

import (
	"math"
	"slices"
)

// hours of opening: from the first to the last quarter of an hour in which a
// process has about its ordinary rate.
type hours struct {
	from, to int // slots; to is exclusive
	all      bool
}

// openShare is the part of the ordinary rate from which a process counts as
// open; where arrivals are rare, chance makes gaps, and less is enough.
const (
	openShare = 0.5
	rareShare = 0.2
	rareHour  = 12 // arrivals of an hour, over all days
)

// steady is the width, in slots, over which rates are smoothed: an hour.
const steady = 4

// around is what came in the hour around a slot.
func (p *profile) around(q int) (n, time float64) {
	from := max(0, min(q-steady/2, slots-steady))
	return p.sum(from, from+steady)
}

// ordinary finds the rate of the ordinary hour and the hours that have it. The
// rate is a level that much of the day has, neither the night's nor the peaks':
// it begins with a low quantile of the rates of the day, in which a slot counts
// the more the more comes in it, and settles on the mean of the slots that are
// neither above nor below it by more than chance.
func (p *profile) ordinary(phi float64) (base float64, h hours) {
	if base = p.typical(); base == 0 {
		return 0, hours{}
	}
	for range 20 {
		var n, t float64
		for q := range p.n {
			if p.time[q] > 0 && !p.apart(q, base, phi) {
				n, t = n+p.n[q], t+p.time[q]
			}
		}
		if t == 0 || n == 0 {
			break
		}
		next := n / t
		done := math.Abs(next-base) < 1e-4*base
		base = next
		if done {
			break
		}
	}
	return base, p.hours(base)
}

// lowQuantile of a day's rates is where the ordinary rate is looked for first.
const lowQuantile = 0.35

func (p *profile) typical() float64 {
	type level struct{ rate, weight float64 }
	var levels []level
	var total float64
	for q := range p.n {
		if n, t := p.around(q); n > 0 && p.time[q] > 0 {
			levels = append(levels, level{n / t, math.Sqrt(n/t) * p.time[q]})
			total += levels[len(levels)-1].weight
		}
	}
	slices.SortFunc(levels, func(a, b level) int {
		if a.rate < b.rate {
			return -1
		}
		if a.rate > b.rate {
			return 1
		}
		return 0
	})
	var sum float64
	for _, l := range levels {
		if sum += l.weight; sum >= lowQuantile*total {
			return l.rate
		}
	}
	return 0
}

// unlikely is the chance below which a slot, or the hour around it, is apart
// from the ordinary.
const unlikely = 0.001

func (p *profile) apart(q int, base, phi float64) bool {
	n, t := p.around(q)
	return above(n, base*t, phi) < unlikely || below(n, base*t, phi) < unlikely ||
		above(p.n[q], base*p.time[q], phi) < unlikely || below(p.n[q], base*p.time[q], phi) < unlikely
}

func (p *profile) hours(base float64) hours {
	h := hours{from: slots}
	for q := range p.n {
		n, t := p.around(q)
		own, time := p.n[q], p.time[q]
		if time == 0 || own == 0 && n == 0 {
			continue
		}
		share := openShare
		if base*t < rareHour {
			share = rareShare
		} else if base*time >= rareHour {
			n, t = own, time // enough by itself: an hour would blur the edge
		}
		if n >= share*base*t {
			h.from, h.to = min(h.from, q), max(h.to, q+1)
		}
	}
	if h.from >= h.to {
		h.from, h.to = 0, slots
	}
	// Smoothing widens: the ends are where arrivals are.
	for h.from < h.to-1 && p.n[h.from] == 0 {
		h.from++
	}
	for h.to > h.from+1 && p.n[h.to-1] == 0 {
		h.to--
	}
	h.all = h.from == 0 && h.to == slots
	return h
}

// leastOutside is the share of a day's arrivals outside of the opening hours
// from which they are drawn as windows of their own.
const leastOutside = 0.01

// outside are the windows before and after the opening hours.
func (p *profile) outside(h hours, phi float64) (out []found) {
	total, _ := p.sum(0, slots)
	for _, w := range [][2]int{{0, h.from}, {h.to, slots}} {
		from, to := w[0], w[1]
		for from < to && p.n[from] == 0 {
			from++
		}
		for to > from && p.n[to-1] == 0 {
			to--
		}
		n, t := p.sum(from, to)
		if t == 0 || n < leastOutside*total || n < 10 {
			continue
		}
		f := found{from: from, to: to, weekday: -1, extra: n / t, n: n, days: p.days, outside: true}
		f.levels, f.flat = p.course(from, to, 0, phi)
		out = append(out, f)
	}
	return out
}
