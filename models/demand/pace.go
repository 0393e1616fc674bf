package demand

import (
	"math"
	"sort"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// A pace is how fast the machine was for requests over a run, beside the
// reference: 1 is the reference, more is faster. CPU seconds times the pace are those
// of the reference machine.
type pace struct {
	t, v []float64
}

// paceWindow is how far around a moment, in seconds, its pace is made of: the
// probe's single readings scatter by a fifth, as the caches that it finds do.
const paceWindow = 15

// fewReadings is the number of readings from which a run's speed is known.
const fewReadings = 10

// findPaces brings all runs to one speed: the median over the runs of what
// each needed for the fixed piece of work.
func (s *survey) findPaces() {
	var units []float64
	var missing []string
	for _, r := range s.runs {
		if c := r.observed.of("speed", "machine", "unit_seconds"); c != nil && len(c.t) >= fewReadings {
			if u := fit.Quantile(c.v, 0.5); u > 0 {
				units = append(units, u)
				continue
			}
		}
		missing = append(missing, r.info.ID)
	}
	if len(units) == 0 {
		return
	}
	for _, id := range missing {
		s.warn("run %s has no figure of the machine's speed; its demands count as measured at the others' speed", id)
	}
	reference := fit.Quantile(units, 0.5)
	s.findElasticity()
	low, high, n := math.Inf(1), 0.0, 0
	for _, r := range s.runs {
		c := r.observed.of("speed", "machine", "unit_seconds")
		if c == nil || len(c.t) < fewReadings {
			continue
		}
		r.pace = newPace(c, reference)
		for _, v := range r.pace.v {
			low, high = min(low, reference/v), max(high, reference/v)
		}
		r.pace.raise(power(s.elasticity))
		r.pace.level(r.counters, math.Pow(reference/fit.Quantile(c.v, 0.5), power(s.elasticity)))
		n += len(c.t)
	}
	s.speed = &headroom.Estimate{
		Value: reference, Low: min(low, reference), High: max(high, reference), Level: headroom.Level, N: n,
		Method: "median of the runs' medians; between its bounds the machine drifted", Identified: true,
	}
}

func newPace(c *counter, reference float64) *pace {
	p := &pace{}
	from := 0
	for _, t := range c.t {
		for c.t[from] < t-paceWindow {
			from++
		}
		to := sort.SearchFloat64s(c.t, t+paceWindow)
		if u := fit.Quantile(c.v[from:to], 0.5); u > 0 {
			p.t, p.v = append(p.t, t), append(p.v, reference/u)
		}
	}
	return p
}

// raise makes the pace of requests of that of the probe's piece of work.
func (p *pace) raise(power float64) {
	for i := range p.v {
		p.v[i] = math.Pow(p.v[i], power)
	}
}

// power is what an elasticity does; 1 where it is not known.
func power(e *headroom.Estimate) float64 {
	if e == nil {
		return 1
	}
	return e.Value
}

// level makes the mean pace of a run's CPU seconds what the run's own median says,
// so that what all requests took in it is not changed by when they took it.
func (p *pace) level(counters []*counter, median float64) {
	var paced, plain float64
	for _, c := range counters {
		if c != nil && len(c.t) > 1 {
			q := p.paced(c)
			paced += q.v[len(q.v)-1] - q.v[0]
			plain += c.v[len(c.v)-1] - c.v[0]
		}
	}
	if !(paced > 0) || !(plain > 0) {
		return
	}
	for i := range p.v {
		p.v[i] *= median * plain / paced
	}
}

// at is the pace at a moment; that of a run whose speed nobody knows is 1.
func (p *pace) at(t float64) float64 {
	if p == nil || len(p.t) == 0 {
		return 1
	}
	return (&counter{t: p.t, v: p.v}).at(t)
}

// paced is a counter in seconds of the reference machine.
func (p *pace) paced(c *counter) *counter {
	if p == nil || c == nil {
		return c
	}
	out := &counter{t: c.t, v: make([]float64, len(c.v))}
	for i := range c.v {
		if i > 0 {
			out.v[i] = out.v[i-1] + (c.v[i]-c.v[i-1])*p.at((c.t[i]+c.t[i-1])/2)
		}
	}
	return out
}
