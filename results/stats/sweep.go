package stats

import "math"

// A Sweep moves a half-open window of a width over [From, To), from one set of
// times that it holds to the next.
type Sweep struct {
	Times           []float64 // ascending, all in [From, To)
	From, To, Width float64
	Enter, Leave    func(i int) // may be nil; of times that come in and go out
	// Figure is that of Times[lo:hi]; ok is false when there is none.
	Figure func(lo, hi int) (v float64, ok bool)
}

// A Place is where a window has its worst figure.
type Place struct {
	Value  float64
	At     float64 // where the window begins
	Lo, Hi int     // what is in it: Times[Lo:Hi]
	OK     bool    // there was a window with a figure
}

// Highest tries every set of times that a window [t, t + Width) within
// [From, To) can hold, and gives the one with the highest figure, the earliest
// of equal ones. A Width beyond To - From gives one window: all of it.
//
// As t grows the set changes just behind each time in the window (it leaves)
// and just behind each time a width further on (it enters): between two such
// moments one look is enough.
func (s Sweep) Highest() Place {
	width := min(s.Width, s.To-s.From)
	last := s.To - width // no window begins later
	lo, hi := 0, 0
	advance := func(t float64, before func(x, t float64) bool) {
		for ; hi < len(s.Times) && before(s.Times[hi]-width, t); hi++ {
			if s.Enter != nil {
				s.Enter(hi)
			}
		}
	}
	drop := func(t float64) {
		for ; lo < hi && s.Times[lo] <= t; lo++ {
			if s.Leave != nil {
				s.Leave(lo)
			}
		}
	}
	best := Place{Value: math.Inf(-1)}
	look := func(t float64) {
		if v, ok := s.Figure(lo, hi); ok && v > best.Value {
			best = Place{v, t, lo, hi, true}
		}
	}
	advance(s.From, func(x, t float64) bool { return x < t }) // the first window: [from, from + width)
	look(s.From)
	for t := s.From; ; {
		// The set of windows that begin just behind t.
		advance(t, func(x, t float64) bool { return x <= t })
		drop(t)
		next := last
		if lo < len(s.Times) {
			next = min(next, s.Times[lo])
		}
		if hi < len(s.Times) {
			next = min(next, s.Times[hi]-width)
		}
		if t >= last {
			return best
		}
		look(next)
		t = next
	}
}
