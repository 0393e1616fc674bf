package analyse

import (
	"fmt"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/results/stats"
)

// findCPU is the utilization of a station; of several stacks' the busiest.
func (e *evidence) findCPU(o headroom.Objective, what string, parts []part) finding {
	var found []finding
	for _, s := range e.stations() {
		if s.what != what {
			continue
		}
		for _, p := range parts {
			if !meet(s.sites, p.sites) { // the peak is not that of those it serves
				continue
			}
			if f, ok := s.busyIn(p, o.Sliding); ok {
				if s.name != what {
					f.where = s.name
				}
				found = append(found, f)
			}
		}
	}
	if len(found) == 0 {
		return nothing("the %s's CPU was not observed", what)
	}
	return worst(found, false)
}

const utilizationMethod = "busy seconds; interval by circular block bootstrap of the readings"

// busyIn is the utilization in a part of the run, or in the busiest window of
// that length within it.
func (s station) busyIn(p part, sliding float64) (finding, bool) {
	from, to := max(p.from, s.busy[0].t), min(p.to, s.busy[len(s.busy)-1].t)
	if from >= to {
		return finding{}, false
	}
	var f finding
	if to-from < leastSeen*(p.to-p.from) {
		f.partial = fmt.Sprintf("it was observed for %.0f of %.0f s", to-from, p.to-p.from)
	}
	if sliding > 0 && sliding < to-from {
		at := s.busiest(from, to, sliding)
		from, to = at, at+sliding
		f.at = &at
	} else if sliding > 0 {
		f.at = &from
	}
	v := headroom.Estimate{Value: meanRate(s.busy, from, to) / s.cores, Level: headroom.Level, Method: utilizationMethod}
	var rates []float64
	for i := 1; i < len(s.busy); i++ {
		a, b := max(from, s.busy[i-1].t), min(to, s.busy[i].t)
		if d := s.busy[i].t - s.busy[i-1].t; b > a && d > 0 {
			rates = append(rates, (s.busy[i].v-s.busy[i-1].v)/d/s.cores)
		}
	}
	mean, _ := stats.MeanAndQuantiles(rates, nil, seed)
	v.N, v.Identified = mean.N, mean.Identified
	v.Low, v.High = min(v.Value, mean.Low), max(v.Value, mean.High)
	f.value = &v
	return f, true
}

// busiest is where the window of a width within [from, to] begins in which
// most was used: a counter is linear between readings, so it begins or ends at
// one of them, or at an end.
func (s station) busiest(from, to, width float64) float64 {
	begins := []float64{from, to - width}
	for _, r := range s.busy {
		begins = append(begins, r.t, r.t-width)
	}
	slices.Sort(begins)
	best, most := from, -1.0
	for _, t := range begins {
		if t < from || t > to-width {
			continue
		}
		if used := at(s.busy, t+width) - at(s.busy, t); used > most {
			best, most = t, used
		}
	}
	return best
}

// findLag is how far the replica that is farthest behind was.
func (e *evidence) findLag(o headroom.Objective, parts []part) finding {
	var found []finding
	subjects := make([]string, 0, len(e.samples.lag))
	for s := range e.samples.lag {
		subjects = append(subjects, s)
	}
	slices.Sort(subjects)
	for _, s := range subjects {
		f := findGauge(e.samples.lag[s], o, parts, "")
		if len(subjects) > 1 {
			f.where = s
		}
		found = append(found, f)
	}
	if len(found) == 0 {
		return nothing("no replica was observed")
	}
	return worst(found, false)
}

// findGauge is the highest value of a gauge or, sliding, the highest mean over
// any window of that length.
func findGauge(readings []reading, o headroom.Objective, parts []part, absent string) finding {
	var found []finding
	for _, p := range parts {
		var times, prefix []float64
		prefix = append(prefix, 0)
		highest, n := 0.0, 0
		for _, r := range readings {
			if r.t < p.from || r.t >= p.to {
				continue
			}
			if n == 0 || r.v > highest {
				highest = r.v
			}
			n++
			times, prefix = append(times, r.t), append(prefix, prefix[len(prefix)-1]+r.v)
		}
		var f finding
		switch {
		case n == 0:
			continue
		case o.Sliding <= 0:
			f.value = exactly(highest, n, "the highest that was observed")
		default:
			best := stats.Sweep{Times: times, From: p.from, To: p.to, Width: o.Sliding, Figure: func(lo, hi int) (float64, bool) {
				return (prefix[hi] - prefix[lo]) / float64(hi-lo), hi > lo
			}}.Highest()
			f.value, f.at = exactly(best.Value, best.Hi-best.Lo, "the highest mean of what was observed"), &best.At
		}
		if seen := seen(times, p, usualStep(readings)); seen < leastSeen*(p.to-p.from) && f.value.Value <= o.AtMost { // beyond is beyond
			f.partial = fmt.Sprintf("it was observed for %.0f of %.0f s", seen, p.to-p.from)
		}
		found = append(found, f)
	}
	if len(found) == 0 {
		if absent == "" || len(readings) > 0 {
			absent = "nothing was observed there"
		}
		return nothing("%s", absent)
	}
	return worst(found, false)
}

// usualStep is the median time between readings in seconds; 0 of fewer than two.
func usualStep(readings []reading) float64 {
	var steps []float64
	for i := 1; i < len(readings); i++ {
		steps = append(steps, readings[i].t-readings[i-1].t)
	}
	if len(steps) == 0 {
		return 0
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// seen is for how many seconds of a part a gauge was observed: a reading speaks
// of the two usual steps before and behind it.
func seen(times []float64, p part, step float64) float64 {
	var sum float64
	until := p.from
	for _, t := range times {
		from, to := max(until, t-2*step), min(p.to, t+2*step)
		sum += max(0, to-from)
		until = max(until, to)
	}
	return sum
}

// conflicts are the requests that the server's log could have.
type conflicts struct {
	logged   bool // there is a log
	requests []logged
	names    []string // of processes and sites
}

// logged is a request of which the server may say how often it tried.
type logged struct {
	start         float64
	process, site uint16
	found         bool // in the log
	lost          bool // at least one try
}

// readConflicts is one pass over the requests and one over the server's log.
func readConflicts(run headroom.Run) (*conflicts, error) {
	c := &conflicts{}
	known := map[string]uint16{}
	joined, counts := results.Join(run)
	for j, err := range joined {
		if err != nil {
			return nil, err
		}
		if j.Protocol != "sql" { // which passes by the log
			c.requests = append(c.requests, logged{j.Start, number(known, &c.names, j.Process), number(known, &c.names, j.Site),
				j.Server != nil, j.Server != nil && j.Server.Tries > 1})
		}
	}
	c.logged = counts.Server > 0
	return c, nil
}

// findConflicts is the share of requests, by their own start, that lost at
// least one try.
func (e *evidence) findConflicts(o headroom.Objective, parts []part) (finding, error) {
	if e.conflicts == nil {
		c, err := readConflicts(e.run)
		if err != nil {
			return finding{}, fmt.Errorf("analyse: conflicts: %w", err)
		}
		e.conflicts = c
	}
	c := e.conflicts
	if !c.logged {
		return nothing("there is no request log: only it knows of conflicts"), nil
	}
	if e.samples.hidden {
		return nothing("the request log hides conflicts, see the gaps in the observation"), nil
	}
	var events []event
	var found []finding
	sent := 0
	for _, p := range parts {
		var list []event
		for _, r := range c.requests {
			if r.start >= p.from && r.start < p.to && p.has(c.names[r.site]) && (o.Process == "" || c.names[r.process] == o.Process) {
				if sent++; r.found {
					list = append(list, event{r.start, r.lost})
				}
			}
		}
		if o.Sliding > 0 && len(list) > 0 {
			found = append(found, slidingShare(list, p, o.Sliding))
		}
		events = append(events, list...)
	}
	switch {
	case len(events) == 0:
		return nothing("no request was found in the log"), nil
	case o.Sliding <= 0:
		found = []finding{{value: share(events)}}
	}
	f := worst(found, false)
	if float64(len(events)) < leastSeen*float64(sent) {
		f.partial = fmt.Sprintf("only %d of %d requests were found in the log", len(events), sent)
	}
	return f, nil
}
