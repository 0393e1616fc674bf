package results

import (
	"math"
	"slices"
)

// A floor tells late times from others, as they come.
type floor struct {
	low     float64   // a time below it is late
	highest float64   // median so far
	before  []float64 // highest after each of the last lag blocks, oldest first
	lag     int
	n       int       // times of the block so far
	some    []float64 // each medianOf-th of them
}

func newFloor(lag int) *floor {
	return &floor{low: math.Inf(-1), highest: math.Inf(-1), lag: lag}
}

// add takes a time and says whether it is late. A time that is not a number
// comes before all others.
func (f *floor) add(at float64) (late bool) {
	if math.IsNaN(at) {
		at = math.Inf(-1)
	}
	if f.n == blockRows {
		f.n = 0
	}
	late = at < f.low
	if f.n%medianOf == 0 {
		f.some = append(f.some, at)
	}
	f.n++
	if f.n == blockRows {
		f.end()
	}
	return late
}

// full says whether the time that was added last ended a block.
func (f *floor) full() bool { return f.n == blockRows }

func (f *floor) end() {
	slices.Sort(f.some)
	f.highest = max(f.highest, f.some[len(f.some)/2])
	f.some = f.some[:0]
	f.before = append(f.before, f.highest)
	if len(f.before) > f.lag {
		f.low = f.before[0]
		f.before = append(f.before[:0], f.before[1:]...)
	}
}
