package demand

import (
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// The probe's piece of work is not Odoo's: what slows one by a tenth slows the
// other by more where it lives further out in the caches. How much more is read off
// the runs.
const (
	// span is the seconds over which CPU seconds are held against the probe's times:
	// so many readings have a median that means something, and the machine is about
	// as fast throughout.
	span = 30.0
	// leastSpans of all runs, and leastHalf readings of each half of a span, are wanted.
	leastSpans = 20
	leastHalf  = 5
	// elasticitySpread is the prior's standard deviation about 1.
	elasticitySpread = 0.5
)

// A spell is the logarithms, beside their run's means, of the CPU seconds that a
// span's requests took over what they usually take, and of the medians of the
// odd and the even readings of the probe.
type spell struct{ cost, odd, even float64 }

// findElasticity fits
//
//	CPU seconds of a request ~ unit_seconds ^ elasticity
//
// within runs: between them other things differ too. A median of a dozen readings is
// itself wrong by some per cent, which would draw a least-squares slope towards 0, so
// that the odd readings stand for the speed where the even ones weigh it, and the other
// way round (instrumental variables; their errors have nothing to do with each other).
// As far as the runs leave it open it is drawn to 1, requests that are slowed as the
// probe is.
func (s *survey) findElasticity() {
	var all []spell
	for _, r := range s.runs {
		all = append(all, r.spans()...)
	}
	if len(all) < leastSpans {
		return
	}
	v, sd := slopeOf(all)
	weight := 1 / (1 + sd*sd/(elasticitySpread*elasticitySpread))
	if math.IsInf(sd, 1) {
		v = 1
	}
	v = max(0, 1+weight*(v-1))
	half := z90 * elasticitySpread * math.Sqrt(1-weight)
	s.elasticity = &headroom.Estimate{Value: v, Low: max(0, v-half), High: v + half, Level: headroom.Level, N: len(all), Identified: weight > 0.5,
		Method: "CPU seconds over what requests usually take against the probe's piece of work, within runs, and 1 as prior"}
}

// slopeOf is the slope of the costs over the speed, and its standard error.
//
// With v the slope, x² the variance of the speed (the halves' covariance), s² that of
// one half's error and y² that of the costs about the line, n times the variance of
// Σ cost (odd+even)/2 - v Σ odd even, beside n x² itself, is
//
//	x² (y² + v² s²/2) + s² y²/2 + v² s⁴.
//
// A slope below 1 counts as 1 there, so that costs that never change do not make
// a machine that never changes into evidence. Infinite where the halves do not agree.
func slopeOf(all []spell) (v, sd float64) {
	var up, both, halves, about float64
	n := float64(len(all))
	for _, x := range all {
		up += x.cost * (x.odd + x.even) / 2 / n
		both += x.odd * x.even / n
		halves += (x.odd*x.odd + x.even*x.even) / 2 / n
	}
	if !(both > 0) {
		return 1, math.Inf(1)
	}
	v = up / both
	for _, x := range all {
		about += (x.cost - v*x.odd) * (x.cost - v*x.even) / n
	}
	about = max(0, about)
	noise, w := max(0, halves-both), max(1, v*v)
	variance := both*(about+w*noise/2) + noise*about/2 + w*noise*noise
	return v, math.Sqrt(variance/n) / both
}

// spans of a run's warm part in which both stations were counted, each beside the
// run's means; none where nobody looked.
func (r *run) spans() []spell {
	units := r.observed.of("speed", "machine", "unit_seconds")
	if units == nil || r.counters[app] == nil || r.counters[database] == nil {
		return nil
	}
	from, to := r.window()
	usual := r.usualActive()
	var out []spell
	var sum spell
	for ; from+span <= to; from += span {
		x, ok := spell{}, r.quiet(from+span/2)
		if x.odd, x.even = halves(units, from); !(x.odd > 0) || !(x.even > 0) || !ok {
			continue
		}
		a, known := r.counters[app].between(from, from+span)
		d, too := r.counters[database].between(from, from+span)
		work := r.between(usual, from, from+span)
		if !known || !too || !(a+d > 0) || !(work > 0) {
			continue
		}
		x = spell{math.Log((a + d) / work), math.Log(x.odd), math.Log(x.even)}
		sum.cost, sum.odd, sum.even = sum.cost+x.cost, sum.odd+x.odd, sum.even+x.even
		out = append(out, x)
	}
	n := float64(len(out))
	for i := range out {
		out[i].cost -= sum.cost / n
		out[i].odd -= sum.odd / n
		out[i].even -= sum.even / n
	}
	return out
}

// halves are the medians of every other reading of a span; 0 of too few.
func halves(c *counter, from float64) (odd, even float64) {
	var half [2][]float64
	for i, t := range c.t {
		if t >= from && t < from+span {
			half[i%2] = append(half[i%2], c.v[i])
		}
	}
	if min(len(half[0]), len(half[1])) < leastHalf {
		return 0, 0
	}
	return fit.Quantile(half[1], 0.5), fit.Quantile(half[0], 0.5)
}

// usualActive is, by line, the seconds that its class is at work on the mean in this
// run for as many database calls: it knows the document's size and the tries,
// and nothing of the moment.
func (r *run) usualActive() []float64 {
	type means struct{ n, active, queries float64 }
	of := map[int]means{}
	for i := range r.lines {
		l := &r.lines[i]
		m := of[l.class]
		of[l.class] = means{m.n + 1, m.active + l.active(), m.queries + l.queries}
	}
	out := make([]float64, len(r.lines))
	for i := range r.lines {
		l := &r.lines[i]
		m := of[l.class]
		out[i] = m.active / m.n
		if m.queries > 0 {
			out[i] = m.active * l.queries / m.queries
		}
	}
	return out
}

// between is how much of the lines' figures lies in a span of time.
func (r *run) between(of []float64, from, to float64) (sum float64) {
	for i := range r.lines {
		l := &r.lines[i]
		if inside := min(l.end, to) - max(l.start, from); inside > 0 && l.hold() > 0 {
			sum += of[i] * inside / l.hold()
		}
	}
	return sum
}
