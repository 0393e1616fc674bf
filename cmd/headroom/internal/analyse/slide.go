package analyse

import "math"

// A sweep moves a half-open window of a width over [from, to), from one set of
// times that it holds to the next.
type sweep struct {
	times           []float64 // ascending, all in [from, to)
	from, to, width float64
	enter, leave    func(i int) // may be nil
	// figure is that of times[lo:hi]; ok is false when there is none.
	figure func(lo, hi int) (v float64, ok bool)
}

// A place is where a window has its worst figure.
type place struct {
	value  float64
	at     float64 // where the window begins
	lo, hi int     // what is in it
	ok     bool
}

// highest tries every set of times that a window [t, t + width) within
// [from, to) can hold, and gives the one with the highest figure, the earliest
// of equal ones. A width beyond to - from gives one window: all of it.
//
// As t grows the set changes just behind each time in the window (it leaves)
// and just behind each time a width further on (it enters): between two such
// moments one look is enough.
func (s sweep) highest() place {
	width := min(s.width, s.to-s.from)
	last := s.to - width // no window begins later
	lo, hi := 0, 0
	advance := func(t float64, before func(x, t float64) bool) {
		for ; hi < len(s.times) && before(s.times[hi]-width, t); hi++ {
			if s.enter != nil {
				s.enter(hi)
			}
		}
	}
	drop := func(t float64) {
		for ; lo < hi && s.times[lo] <= t; lo++ {
			if s.leave != nil {
				s.leave(lo)
			}
		}
	}
	best := place{value: math.Inf(-1)}
	look := func(t float64) {
		if v, ok := s.figure(lo, hi); ok && v > best.value {
			best = place{v, t, lo, hi, true}
		}
	}
	advance(s.from, func(x, t float64) bool { return x < t }) // the first window: [from, from + width)
	look(s.from)
	for t := s.from; ; {
		// The set of windows that begin just behind t.
		advance(t, func(x, t float64) bool { return x <= t })
		drop(t)
		next := last
		if lo < len(s.times) {
			next = min(next, s.times[lo])
		}
		if hi < len(s.times) {
			next = min(next, s.times[hi]-width)
		}
		if t >= last {
			return best
		}
		look(next)
		t = next
	}
}
