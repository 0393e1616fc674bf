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
	see := looked(objectives)
	see.requests = true
	if see.grain == 0 { // nothing is finer than what is printed
		see.grain = grainOf(l.Header.Duration())
	}
	keep, lines := looked(objectives).requests, make([][]line, o.Replications)
	s, courses, err := play(m, t, l, o, see, func(n int, c *course) {
		lines[n] = c.lines()
		c.forget()
		if !keep { // a long window has many, and nobody asks for them any more
			c.requests = nil
		}
	})
	if err != nil {
		return headroom.Simulation{}, err
	}
	f, _ := s.forecast(courses, objectives, o)
	return headroom.Simulation{Plan: l.Header.Plan, Schedule: l.Header, Replications: o.Replications, Forecast: f, Series: s.series(lines)}, nil
}

// A line is one replication's values of a series.
type line struct {
	what
	values []float64
}

// What a line is of.
type what struct{ name, label, unit string }

// binning is the width of a series' points, and their number.
func (s *scene) binning() (width float64, n int) {
	width = grainOf(s.end)
	return width, max(1, int(math.Ceil(s.end/width)))
}

// series are the replications' lines over time, from the lead-in on.
func (s *scene) series(lines [][]line) []headroom.SimulatedSeries {
	width, n := s.binning()
	var order []what
	values := map[what][][]float64{}
	for _, list := range lines {
		for _, l := range list {
			if _, known := values[l.what]; !known {
				order = append(order, l.what)
			}
			values[l.what] = append(values[l.what], l.values)
		}
	}
	var out []headroom.SimulatedSeries
	for _, l := range order {
		x := headroom.SimulatedSeries{Name: l.name, Label: l.label, Unit: l.unit}
		for i := range n {
			at := make([]float64, len(lines)) // a replication without it has nothing of it
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

// lines are every series of one replication, always in the same order.
func (c *course) lines() (out []line) {
	width, n := c.binning()
	give := func(l what, v []float64) { out = append(out, line{l, v}) }
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
		give(what{"arrivals", j.Process, "1/s"}, count(func(j journey) (float64, bool) { return j.scheduled, true }, i))
		give(what{"completed", j.Process, "1/s"}, count(func(j journey) (float64, bool) { return j.end, j.outcome == well }, i))
		level := newLevel(width, n)
		for _, x := range c.journeys {
			if int(x.process) == i {
				level.add(x.scheduled, x.end)
			}
		}
		give(what{"in_flight", j.Process, "journeys"}, level.mean())
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
		give(what{"backlog", kind, unit}, v)
	}
	for i := range c.stacks {
		level := newLevel(width, n)
		for _, r := range c.requests {
			if r.stack == i {
				level.add(r.start, r.start+r.waited)
			}
		}
		give(what{"waiting", c.stacks[i].name + web, "requests"}, level.mean())
	}
	for _, u := range c.stations {
		v := make([]float64, n)
		for i := range v {
			v[i] = u.between(float64(i)*width, float64(i+1)*width)
		}
		give(what{"utilization", c.station(u), ""}, v)
	}
	return out
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
