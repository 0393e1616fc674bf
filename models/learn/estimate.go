package learn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

const (
	// fewRequests is the number of clean requests below which demands are called
	// unidentified.
	fewRequests = 10
	// wanted is the number of clean requests from which no busier moments than
	// calmest are taken in, where they stretch what is measured; plenty that from
	// which only the quietest are.
	wanted = 60
	plenty = 400
	// calmest is the mean concurrency up to which moments count as quiet.
	calmest = 0.5
)

// view is the part of a tally that its demands are taken from.
type view struct {
	layers []*layer
	n      float64
	// before is the bound of the concurrency that it had to go up to.
	before float64
}

// quiet takes the quietest moments, as many as are needed; all of them where
// the stretching is taken off.
func (t *tally) quiet(corrected bool) (v view) {
	for s, l := range t.layers {
		if l == nil {
			continue
		}
		if !corrected && (v.n >= plenty || v.n >= wanted && quiets[s] > calmest) {
			break
		}
		v.layers = append(v.layers, l)
		v.before = quiets[s]
		for g := range l.cells {
			v.n += l.cells[g].n
		}
	}
	return v
}

// cells are the view's sums by group.
func (v view) cells() (out [groups]cell) {
	for _, l := range v.layers {
		for g := range l.cells {
			out[g].plus(l.cells[g], 1)
		}
	}
	return out
}

// estimate is a class' demands and their spread, before any level.
type estimate struct {
	demand  [2]headroom.Estimate
	scv     [2]float64
	calls   float64
	steps   [2][]float64
	n       int
	before  float64
	samples [2][]float64 // of the bootstrap
}

func (t *tally) estimate(o Options, corrected bool) estimate {
	v := t.quiet(corrected)
	cells := v.cells()
	var all cell
	for _, c := range cells {
		all.plus(c, 1)
	}
	out := estimate{n: int(math.Round(all.n)), before: v.before}
	if out.n == 0 {
		return out
	}
	boot := fit.Bootstrap{Blocks: groups, Replications: o.Replications, Seed: o.Seed ^ 0x6c6561726e}
	boot.Each(func(_ int, times []int, _ *rand.Rand) {
		var s cell
		for g, n := range times {
			s.plus(cells[g], float64(n))
		}
		for st := range stationNames {
			if s.n > 0 {
				out.samples[st] = append(out.samples[st], s.work[st]/s.n)
			}
		}
	})
	for st := range stationNames {
		mean := all.work[st] / all.n
		out.scv[st] = v.variation(st, all.n, mean)
		out.demand[st] = demandOf(mean, out.samples[st], out.n, out.scv[st])
		out.steps[st] = v.quantiles(st, mean)
	}
	for _, l := range v.layers {
		out.calls += l.queries / all.n
	}
	return out
}

// methodSpread is how far, as a relative standard deviation, a class' demands are off
// whatever the number of its requests: the log's milliseconds, and what freeing
// them of their stretch, or waiting for quiet moments, leaves. As in models/demand.
const methodSpread = 0.04

// demandOf is a mean demand with its interval: of the bootstrap, and no
// narrower than so many requests of that spread, and the method, allow.
func demandOf(mean float64, samples []float64, n int, scv float64) headroom.Estimate {
	e := headroom.Estimate{Value: mean, Level: headroom.Level, N: n}
	e.Low, e.High = interval(mean, samples)
	half := math.Hypot(fit.StudentT(headroom.Level, max(1, n-1))*math.Sqrt(max(0.05, scv)/float64(n)), fit.StudentT(headroom.Level, 1000)*methodSpread)
	e.Low, e.High = max(0, min(e.Low, mean*(1-half))), max(e.High, mean*(1+half))
	e.Identified = n >= fewRequests && half < 0.7
	return e
}

// interval of the bootstrap, around what was found.
func interval(value float64, samples []float64) (low, high float64) {
	if len(samples) < 2 {
		return value, value
	}
	tail := (1 - headroom.Level) / 2
	return min(value, fit.Quantile(samples, tail)), max(value, fit.Quantile(samples, 1-tail))
}

// variation is the squared coefficient of variation. The log's rounding to a
// millisecond adds 1/12 ms² to the variance.
func (v view) variation(st int, n, mean float64) float64 {
	if n < 3 || !(mean > 0) {
		return 1 // the default of a class that nobody measured
	}
	var square float64
	for _, l := range v.layers {
		square += l.square[st]
	}
	const rounding = 1e-6 / 12
	return max(0, (square/n-mean*mean)*n/(n-1)-rounding) / (mean * mean)
}

// The shape of a distribution is given by so many steps, where there are
// enough requests, and enough milliseconds of the log's to tell sizes apart.
const (
	quantileSteps = 40
	enoughShape   = 200
	leastShape    = 0.005 // seconds
)

// quantiles are the sizes of equally likely steps over their mean; nil where
// the log does not tell.
func (v view) quantiles(st int, mean float64) []float64 {
	if v.n < enoughShape || mean < leastShape {
		return nil
	}
	var by [bins]float64
	var n float64
	for _, l := range v.layers {
		for b, c := range l.spread[st] {
			by[b] += float64(c)
			n += float64(c)
		}
	}
	out := make([]float64, quantileSteps+1)
	b, below := 0, 0.0
	for k := range out {
		want := n * float64(k) / quantileSteps
		for b < bins-1 && (below+by[b] < want || by[b] == 0) {
			below += by[b]
			b++
		}
		part := 0.0
		if by[b] > 0 {
			part = min(1, max(0, (want-below)/by[b]))
		}
		low, high := edge(b), edge(b+1)
		out[k] = low + part*(high-low)
		if k > 0 {
			out[k] = max(out[k], out[k-1])
		}
	}
	// The mean of straight lines between the steps.
	area := 0.0
	for k := 1; k < len(out); k++ {
		area += (out[k] + out[k-1]) / 2 / quantileSteps
	}
	if !(area > 0) {
		return nil
	}
	for k := range out {
		out[k] /= area
	}
	return out
}

// proportion is k of n with Wilson's score interval (JASA 22, 1927).
func proportion(k, n float64, method string) headroom.Estimate {
	e := headroom.Estimate{Level: headroom.Level, N: int(n), High: 1, Method: method}
	if n == 0 {
		return e
	}
	const z = 1.6448536269514722 // of level 0.9
	p := k / n
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	e.Value, e.Low, e.High, e.Identified = p, max(0, min(p, centre-half)), min(1, max(p, centre+half)), n >= fewRequests
	return e
}

// retryShare is the share of a class' requests that lost a conflict: the
// wider one of Wilson's interval and the bootstrap's, as conflicts come together.
func (t *tally) retryShare(o Options) headroom.Estimate {
	e := proportion(float64(t.retried), float64(t.requests), "retried requests in the log")
	var again []float64
	boot := fit.Bootstrap{Blocks: groups, Replications: o.Replications, Seed: o.Seed ^ 0x7265747279}
	boot.Each(func(_ int, times []int, _ *rand.Rand) {
		var n, k float64
		for g, w := range times {
			n += float64(w) * t.retriedBy[g].requests
			k += float64(w) * t.retriedBy[g].retried
		}
		if n > 0 {
			again = append(again, k/n)
		}
	})
	low, high := interval(e.Value, again)
	e.Low, e.High = min(e.Low, low), max(e.High, high)
	return e
}

// how the log's seconds became demands, in words.
func (a *Accumulator) method(before float64) string {
	switch {
	case a.sweep.known():
		return "request log, stretch taken off"
	case before <= calmest:
		return "request log, quiet moments"
	case math.IsInf(before, 1):
		return "request log, all moments: stretched"
	}
	return fmt.Sprintf("request log, moments with up to %.3g others before", before)
}
