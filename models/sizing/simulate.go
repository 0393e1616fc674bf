package sizing

import (
	"maps"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// bins is how many points of time a series has about.
const bins = 120

// grains are the widths that bins may have, in seconds; longer ones are hours.
var grains = []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600}

func grainOf(seconds float64) float64 {
	for _, g := range grains {
		if seconds <= g*bins {
			return g
		}
	}
	return 3600 * math.Ceil(seconds/bins/3600)
}

// Simulate is Forecast with the course of the replications over time.
func Simulate(m headroom.Model, t headroom.Topology, l Load, objectives []headroom.Objective, o Options) (headroom.Simulation, error) {
	o = o.defaults()
	s, courses, err := play(m, t, l, o, look{requests: true, grain: 1})
	if err != nil {
		return headroom.Simulation{}, err
	}
	f, _ := s.forecast(courses, objectives, o)
	return headroom.Simulation{Plan: l.Header.Plan, Schedule: l.Header, Replications: o.Replications, Forecast: f, Series: s.series(courses)}, nil
}

// A line is one replication's values of a series.
type line struct{ name, label, unit string }

// series are the courses over time, from the lead-in on.
func (s *scene) series(courses []*course) []headroom.SimulatedSeries {
	width := grainOf(s.end)
	n := max(1, int(math.Ceil(s.end/width)))
	var order []line
	values := map[line][][]float64{}
	for _, c := range courses {
		c.lines(width, n, func(l line, v []float64) {
			if _, known := values[l]; !known {
				order = append(order, l)
			}
			values[l] = append(values[l], v)
		})
	}
	var out []headroom.SimulatedSeries
	for _, l := range order {
		x := headroom.SimulatedSeries{Name: l.name, Label: l.label, Unit: l.unit}
		for i := range n {
			at := make([]float64, len(courses)) // a replication without it has nothing of it
			for k, v := range values[l] {
				at[k] = v[i]
			}
			e := estimate(at, len(at), method)
			x.T, x.V, x.Low, x.High = append(x.T, float64(i)*width), append(x.V, e.Value), append(x.Low, e.Low), append(x.High, e.High)
		}
		out = append(out, x)
	}
	return out
}

// lines gives every series of one replication, always in the same order.
func (c *course) lines(width float64, n int, give func(line, []float64)) {
	count := func(which func(journey) (float64, bool), process int) []float64 {
		v := make([]float64, n)
		for _, j := range c.journeys {
			if t, ok := which(j); ok && int(j.process) == process && t >= 0 && int(t/width) < n {
				v[int(t/width)] += 1 / width
			}
		}
		return v
	}
	for _, j := range c.model.Journeys {
		i, known := c.processes[j.Process]
		if !known || c.due(i)+c.operators[j.Process] == 0 {
			continue
		}
		give(line{"arrivals", j.Process, "1/s"}, count(func(j journey) (float64, bool) { return j.scheduled, true }, i))
		give(line{"completed", j.Process, "1/s"}, count(func(j journey) (float64, bool) { return j.end, j.outcome == well }, i))
		level := newLevel(width, n)
		for _, x := range c.journeys {
			if int(x.process) == i {
				level.add(x.scheduled, x.end)
			}
		}
		give(line{"in_flight", j.Process, "journeys"}, level.mean())
	}
	kinds := map[string]bool{}
	for _, p := range c.papers {
		kinds[p.kind] = true
	}
	for _, kind := range append([]string{work}, slices.Sorted(maps.Keys(kinds))...) {
		b := c.backlog(kind, nil)
		v := make([]float64, n)
		for i := range v {
			v[i] = b.Before(math.Nextafter(float64(i)*width, math.Inf(1)))
		}
		unit := "documents"
		if kind == work {
			unit = "journeys"
		}
		give(line{"backlog", kind, unit}, v)
	}
	for i := range c.stacks {
		level := newLevel(width, n)
		for _, r := range c.requests {
			if r.stack == i {
				level.add(r.start, r.start+r.waited)
			}
		}
		give(line{"waiting", c.stacks[i].name + web, "requests"}, level.mean())
	}
	for _, u := range c.stations {
		v := make([]float64, n)
		for i := range v {
			v[i] = u.between(float64(i)*width, float64(i+1)*width)
		}
		give(line{"utilization", c.station(u), ""}, v)
	}
}

// A level is how many there are of something, by bins.
type level struct {
	width float64
	sum   []float64 // seconds
}

func newLevel(width float64, n int) *level { return &level{width, make([]float64, n)} }

// add counts one from a time to another.
func (l *level) add(from, to float64) {
	from = max(0, from)
	for i := int(from / l.width); i < len(l.sum) && float64(i)*l.width < to; i++ {
		l.sum[i] += max(0, min(to, float64(i+1)*l.width)-max(from, float64(i)*l.width))
	}
}

// mean is the level of each bin.
func (l *level) mean() []float64 {
	for i := range l.sum {
		l.sum[i] /= l.width
	}
	return l.sum
}
