package sizing

import (
	"fmt"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results/stats"
)

// A figure is what one replication shows of an objective: NaN where nothing
// can be said of it, and Reason why; +Inf where it is worse than any figure.
type figure struct {
	value  float64
	at     float64 // where the worst sliding window begins; NaN: no window slides
	where  string  // of several stations: the worst
	reason string
}

func nothing(format string, args ...any) figure {
	return figure{value: math.NaN(), at: math.NaN(), reason: fmt.Sprintf(format, args...)}
}

func exactly(v float64) figure { return figure{value: v, at: math.NaN()} }

// speaks says why no forecast can speak of an objective; "" when it can.
func speaks(o headroom.Objective) string {
	switch o.Measure {
	case headroom.MeasureReplicationLag, headroom.MeasureSample:
		return "it is held against runs only: no forecast speaks of it"
	}
	return ""
}

// forecastable are the objectives that a forecast can be held against.
func forecastable(objectives []headroom.Objective) []headroom.Objective {
	var out []headroom.Objective
	for _, o := range objectives {
		if speaks(o) == "" {
			out = append(out, o)
		}
	}
	return out
}

// looked says what must be kept of replications to judge objectives.
func looked(objectives []headroom.Objective) look {
	var l look
	for _, o := range objectives {
		switch o.Measure {
		case headroom.MeasureConflictShare:
			l.requests = true
		case headroom.MeasureAppCPU, headroom.MeasureDatabaseCPU:
			l.grain = 1
		}
	}
	return l
}

// judge finds what a replication shows of an objective, as package analyse
// finds it in a run.
func (c *course) judge(o headroom.Objective) figure {
	if why := speaks(o); why != "" {
		return nothing("%s", why)
	}
	if o.Measure == headroom.MeasureDrain {
		return c.judgeDrain(o)
	}
	parts := c.parts(o)
	if len(parts) == 0 {
		return nothing("nothing of it is in the window")
	}
	switch o.Measure {
	case headroom.MeasureErrorShare:
		return c.judgeErrors(o, parts)
	case headroom.MeasureAttainment:
		return c.judgeAttainment(o)
	case headroom.MeasureAppCPU:
		return c.judgeCPU(o, "app", parts)
	case headroom.MeasureDatabaseCPU:
		return c.judgeCPU(o, "database", parts)
	case headroom.MeasureConflictShare:
		return c.judgeConflicts(o, parts)
	}
	return c.judgeResponse(o, parts)
}

// worst keeps the figure that is worst; the first of equal ones stays.
func worst(figures []figure) figure {
	out := figures[0]
	for _, f := range figures[1:] {
		if math.IsNaN(out.value) || f.value > out.value {
			out = f
		}
	}
	return out
}

// process is the index of an objective's process; -1 is all. ok is false when
// nothing is known of it.
func (s *scene) process(name string) (int, bool) {
	if name == "" {
		return -1, true
	}
	i, ok := s.processes[name]
	return i, ok
}

// judgeResponse is a percentile of journey times.
func (c *course) judgeResponse(o headroom.Objective, parts []part) figure {
	process, ok := c.process(o.Process)
	if !ok {
		return nothing("none of it is scheduled in the window, or the model does not know it")
	}
	var all []float64
	var found []figure
	for _, p := range parts {
		list := slices.DeleteFunc(c.in(p, process), func(j journey) bool { return j.outcome == idle })
		if o.Sliding > 0 && len(list) > 0 {
			found = append(found, slidingPercentile(list, p, o))
		}
		all = append(all, responses(list)...)
	}
	switch {
	case len(all) == 0:
		return nothing("none of it is scheduled in the window, or the model does not know it")
	case o.Sliding > 0:
		return worst(found)
	}
	slices.Sort(all)
	return exactly(quantile(all, o.Percentile/100))
}

// quantile of sorted values, of which there must be one at least, as runs have it.
func quantile(sorted []float64, q float64) float64 { return sorted[stats.NearestRank(q, len(sorted))] }

func slidingPercentile(list []journey, p part, o headroom.Objective) figure {
	times, values := make([]float64, len(list)), make([]float64, len(list))
	for i, j := range list {
		times[i], values[i] = j.scheduled, j.response()
		if j.outcome == failed {
			values[i] = math.Inf(1)
		}
	}
	in := stats.NewRanks(values)
	best := stats.Sweep{Times: times, From: p.from, To: p.to, Width: o.Sliding, Enter: in.Add, Leave: in.Remove,
		Figure: func(lo, hi int) (float64, bool) {
			if lo == hi {
				return 0, false
			}
			return in.Smallest(stats.NearestRank(o.Percentile/100, hi-lo)), true
		}}.Highest()
	return figure{value: best.Value, at: best.At}
}

// judgeErrors is the share of failed journeys.
func (c *course) judgeErrors(o headroom.Objective, parts []part) figure {
	process, ok := c.process(o.Process)
	if !ok {
		return nothing("no journey of %s is due", o.Process)
	}
	return c.share(o, parts, "no journey was due", func(p part) []event {
		var out []event
		for _, j := range c.in(p, process) {
			out = append(out, event{j.scheduled, j.outcome == failed})
		}
		return out
	})
}

// judgeConflicts is the share of requests, by their own start, that lost a try.
func (c *course) judgeConflicts(o headroom.Objective, parts []part) figure {
	process, ok := c.process(o.Process)
	if !ok {
		return nothing("no request of %s is due", o.Process)
	}
	return c.share(o, parts, "no request was due", func(p part) []event {
		sites := c.at(p)
		var out []event
		for _, r := range c.requests {
			if r.start >= p.from && r.start < p.to && among(sites, r.site) && (process < 0 || int(r.process) == process) {
				out = append(out, event{r.start, r.lost})
			}
		}
		slices.SortStableFunc(out, func(a, b event) int { return compare(a.t, b.t) })
		return out
	})
}

// An event of a moment is or is not what is counted.
type event struct {
	t  float64
	is bool
}

// share is that of events that are what is counted: of all parts together, or
// (sliding) of the worst window.
func (c *course) share(o headroom.Objective, parts []part, none string, of func(part) []event) figure {
	is, all := 0, 0
	var found []figure
	for _, p := range parts {
		list := of(p)
		times, prefix := make([]float64, len(list)), make([]int, len(list)+1)
		for i, x := range list {
			times[i], prefix[i+1] = x.t, prefix[i]
			if x.is {
				prefix[i+1]++
			}
		}
		is, all = is+prefix[len(list)], all+len(list)
		if o.Sliding > 0 && len(list) > 0 {
			best := stats.Sweep{Times: times, From: p.from, To: p.to, Width: o.Sliding, Figure: func(lo, hi int) (float64, bool) {
				return float64(prefix[hi]-prefix[lo]) / float64(hi-lo), hi > lo
			}}.Highest()
			found = append(found, figure{value: best.Value, at: best.At})
		}
	}
	switch {
	case all == 0:
		return nothing("%s", none)
	case o.Sliding > 0:
		return worst(found)
	}
	return exactly(float64(is) / float64(all))
}

// ratio is how much of its bound a figure takes: above 1 it is missed. NaN is
// no figure.
func ratio(o headroom.Objective, v float64) float64 {
	bound, least := o.Bound()
	if math.IsNaN(v) {
		return v
	}
	if least {
		v, bound = bound, v
	}
	switch {
	case v <= 0:
		return 0
	case bound <= 0:
		return most
	}
	return min(most, v/bound)
}

// most is the ratio of what is beyond any figure, as a number that can be
// written down.
const most = 1e6
