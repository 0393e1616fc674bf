package calendar

import (
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// A rate is an arrival rate over the run that is linear between knots and may
// jump at them.
type rate []piece

// A piece is the rate from one knot to the next: first at from, last at to.
type piece struct {
	from, to    float64 // seconds since the run's start
	first, last float64 // 1/s
	before      float64 // arrivals expected before this piece
}

// newRate adds what the peaks bring to a process' ordinary rate, over a run of
// span seconds, times scale.
func newRate(p headroom.Process, days []occurrence, span, scale float64) rate {
	knots := []float64{0, span}
	for _, o := range days {
		if o.peak.PerHour[p.Name] > 0 {
			knots = append(knots, min(max(o.from, 0), span), min(max(o.to, 0), span))
		}
	}
	slices.Sort(knots)
	knots = slices.Compact(knots)
	var r rate
	var sum float64
	for i := 1; i < len(knots); i++ {
		q := piece{from: knots[i-1], to: knots[i], before: sum}
		q.first, q.last = p.PerHour/3600, p.PerHour/3600
		for _, o := range days {
			if more := o.peak.PerHour[p.Name]; more > 0 && o.from <= q.from && q.to <= o.to {
				q.first += more / 3600 * o.factor(q.from)
				q.last += more / 3600 * o.factor(q.to)
			}
		}
		q.first *= scale
		q.last *= scale
		sum += q.expected()
		r = append(r, q)
	}
	return r
}

// factor is the peak's shape at t within it, as a multiple of its mean: a flat
// one stays at 1, a surge rises linearly from 0.5 to 1.5.
func (o occurrence) factor(t float64) float64 {
	if o.peak.Shape != surge {
		return 1
	}
	return 0.5 + (t-o.from)/(o.to-o.from)
}

// expected is the number of arrivals expected in the piece: a trapezium.
func (q piece) expected() float64 { return (q.first + q.last) / 2 * (q.to - q.from) }

// total is the number of arrivals expected in the run.
func (r rate) total() float64 {
	q := r[len(r)-1]
	return q.before + q.expected()
}

// until is the number of arrivals expected before t, a time of the run.
func (r rate) until(t float64) float64 {
	i, found := slices.BinarySearchFunc(r, t, func(q piece, t float64) int {
		switch {
		case q.to < t:
			return -1
		case q.from > t:
			return 1
		}
		return 0
	})
	if !found {
		i = min(i, len(r)-1)
	}
	q := r[i]
	x := min(max(t, q.from), q.to) - q.from
	return q.before + x*(q.first+(q.last-q.first)/(q.to-q.from)*x/2)
}

// when is the inverse of until: the time before which y arrivals are expected,
// for 0 <= y < total. The search starts at piece i; it returns the piece where
// it ended, so that a rising sequence of y passes over the pieces once.
//
// Within a piece that starts with rate a and slope k, y arrivals are expected
// after x seconds, y = ax + kx²/2, and so x = 2y / (a + sqrt(a² + 2ky)), the
// form of the root that loses no digits when k is near 0.
func (r rate) when(y float64, i int) (t float64, piece int) {
	for i < len(r)-1 && y >= r[i+1].before {
		i++
	}
	q := r[i]
	y -= q.before
	slope := (q.last - q.first) / (q.to - q.from)
	root := math.Sqrt(max(0, q.first*q.first+2*slope*y))
	if q.first+root == 0 {
		return q.from, i // only y = 0 has a rate of 0 before it
	}
	return min(q.from+2*y/(q.first+root), q.to), i
}
