package calendar

import (
	"math"
	"slices"
)

// A piece is a part of an arrival rate's time in which the rate is linear:
// first at from, last at to.
type piece struct {
	from, to    float64 // seconds since the epoch
	first, last float64 // 1/s
	before      float64 // arrivals expected before this piece
}

// expected is the number of arrivals expected in the piece: a trapezium.
func (q piece) expected() float64 { return (q.first + q.last) / 2 * (q.to - q.from) }

// at is the rate at t, a time of the piece.
func (q piece) at(t float64) float64 {
	switch t {
	case q.from:
		return q.first
	case q.to:
		return q.last
	}
	return q.first + (q.last-q.first)*((t-q.from)/(q.to-q.from))
}

// until is the number of arrivals expected in the piece until t, a time of it.
func (q piece) until(t float64) float64 {
	x := t - q.from
	return x * (q.first + (q.last-q.first)/(q.to-q.from)*x/2)
}

// between is the number of arrivals expected in the piece from a to b.
func (q piece) between(a, b float64) float64 {
	a, b = max(a, q.from), min(b, q.to)
	switch {
	case a >= b:
		return 0
	case a == q.from && b == q.to:
		return q.expected()
	case q.first == q.last:
		return q.first * (b - a)
	}
	return q.until(b) - q.until(a)
}

// when is the inverse of until: the time before which y arrivals of the piece
// are expected, for 0 <= y < expected.
//
// In a piece that starts with rate a and slope k, y arrivals are expected after
// x seconds, y = ax + kx²/2, and so x = 2y / (a + sqrt(a² + 2ky)), the form of
// the root that loses no digits when k is near 0.
func (q piece) when(y float64) float64 {
	slope := (q.last - q.first) / (q.to - q.from)
	root := math.Sqrt(max(0, q.first*q.first+2*slope*y))
	if q.first+root == 0 {
		return q.from // only y = 0 has a rate of 0 before it
	}
	return min(q.from+2*y/(q.first+root), q.to)
}

// A rater computes a process' rate of open arrivals at a site, day by day.
type rater struct {
	x     *expansion
	s     *site
	p     *process
	scale float64
	seed  uint64
	cv    float64 // of the day's random factor; 0: there is none

	parts []part // of the day; kept for its memory
	knots []float64
}

// A part is what one peak, or the opening hours, add to the rate: mean times
// the level.
type part struct {
	segment
	mean float64 // 1/s
}

// pieces appends the rate of a day between lo and hi, seconds since the epoch.
// The day lasts from its midnight to the next, whatever its length.
func (r *rater) pieces(to []piece, d day, lo, hi float64) []piece {
	c := r.s.clock
	lo = max(lo, r.x.epoch.seconds(c.at(d, 0)))
	hi = min(hi, r.x.epoch.seconds(c.at(d+1, 0)))
	if lo >= hi {
		return to
	}
	factor := r.x.factor(r.p, d)
	if r.cv > 0 {
		factor *= variation(r.cv, r.seed, r.s.Name, d)
	}
	base := r.p.base * factor
	r.parts = r.parts[:0]
	if r.p.open != nil && base > 0 {
		r.addOpening(d, base)
	}
	if r.p.open != nil {
		base = 0
	}
	for _, a := range r.p.adds {
		if a.peak.days.has(d) {
			r.addPeak(a, d, factor)
		}
	}
	r.knots = append(r.knots[:0], lo, hi)
	for _, p := range r.parts {
		r.knots = append(r.knots, min(max(p.from, lo), hi), min(max(p.to, lo), hi))
	}
	slices.Sort(r.knots)
	for i := 1; i < len(r.knots); i++ {
		q := piece{from: r.knots[i-1], to: r.knots[i], first: base, last: base}
		if q.from == q.to {
			continue
		}
		for _, p := range r.parts {
			if p.from <= q.from && q.to <= p.to {
				q.first += p.mean * p.at(q.from)
				q.last += p.mean * p.at(q.to)
			}
		}
		q.first *= r.scale
		q.last *= r.scale
		to = append(to, q)
	}
	return to
}

// addOpening adds the hours of the day, and those of the day before that last
// into it.
func (r *rater) addOpening(d day, base float64) {
	o := r.p.open
	for _, e := range [...]day{d - 1, d} {
		if !o.days.has(e) || e < d && o.to > o.from {
			continue
		}
		from, to := r.s.clock.on(e, o.interval)
		if from < to {
			r.parts = append(r.parts, part{segment{r.x.epoch.seconds(from), r.x.epoch.seconds(to), 1, 1}, base})
		}
	}
}

func (r *rater) addPeak(a add, d day, factor float64) {
	when := func(seconds int) float64 { return r.x.epoch.seconds(r.s.clock.at(d, seconds)) }
	from, to := when(a.peak.from), when(a.peak.to)
	if from >= to {
		return // spring leaves the whole window out
	}
	mean := a.rate
	if a.documents > 0 {
		mean += a.documents / (to - from)
	}
	var buf [8]segment
	for _, s := range a.peak.shape.segments(buf[:0], from, to, when) {
		r.parts = append(r.parts, part{s, mean * factor})
	}
}

// A flow is a rate over a whole run, piece by piece. What goes on unchanged at
// midnight is one piece.
type flow struct {
	rater
	span float64 // seconds; the run is from 0 to span
	day  day
	buf  []piece
	i    int
	held piece // of which the end is not known
	some bool
	sum  float64
}

// next is the next piece of the rate.
func (f *flow) next() (piece, bool) {
	for {
		if f.i == len(f.buf) && f.day > f.x.last {
			last := f.some
			f.some = false
			return f.seal(f.held), last
		}
		if f.i == len(f.buf) {
			f.buf, f.i = f.pieces(f.buf[:0], f.day, 0, f.span), 0
			f.day++
			if f.some && len(f.buf) > 0 && goesOn(f.held, f.buf[0]) {
				f.held.to = f.buf[0].to
				f.i = 1
			}
			continue
		}
		done, some := f.held, f.some
		f.held, f.some = f.buf[f.i], true
		f.i++
		if some {
			return f.seal(done), true
		}
	}
}

func goesOn(a, b piece) bool {
	return a.to == b.from && a.first == a.last && b.first == b.last && a.first == b.first
}

func (f *flow) seal(q piece) piece {
	q.before = f.sum
	f.sum += q.expected()
	return q
}
