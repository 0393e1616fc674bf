package sizing

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// percentiles that every process is given at least.
var percentiles = []float64{50, 95, 99}

func (s *scene) forecasts(courses []*course, objectives []headroom.Objective) []headroom.ProcessForecast {
	var out []headroom.ProcessForecast
	for _, j := range s.model.Journeys {
		if i, ok := s.processes[j.Process]; ok {
			if p, ok := s.processForecast(courses, j.Process, i, objectives); ok {
				out = append(out, p)
			}
		}
	}
	return out
}

// processForecast is one process' forecast; false when none of it is due.
func (s *scene) processForecast(courses []*course, process string, index int, objectives []headroom.Objective) (headroom.ProcessForecast, bool) {
	p := headroom.ProcessForecast{Process: process, Operators: s.operators[process], Percentile: map[string]headroom.Estimate{}}
	wanted := slices.Clone(percentiles)
	for i, o := range objectives {
		if o.Process == process && o.OfResponse() {
			wanted = append(wanted, o.Percentile)
			if p.Objective == nil {
				p.Objective = &objectives[i]
			}
		}
	}
	var counts, means []float64
	failing := 0
	at := map[string][]float64{}
	for _, c := range courses {
		v := s.filled(c.in(s.window, index))
		counts = append(counts, float64(len(v)))
		if len(v) == 0 {
			continue
		}
		if c.mostFail(index) { // it counts: to leave it out would show the others alone
			failing++
		}
		means = append(means, mean(v))
		for _, q := range slices.Compact(slices.Sorted(slices.Values(wanted))) {
			at[label(q)] = append(at[label(q)], quantile(v, q/100))
		}
	}
	p.Journeys = int(math.Round(estimate(counts, len(counts), method).Value))
	if len(means) == 0 {
		return p, p.Operators > 0
	}
	if 2*failing < len(means) {
		p.Mean = estimate(means, p.Journeys, method)
		for k, v := range at {
			p.Percentile[k] = estimate(v, p.Journeys, method)
		}
	}
	p.Throughput = estimate(over(courses, func(c *course) float64 { return c.throughput(index) }), p.Journeys, method)
	p.RetryShare = estimate(over(courses, func(c *course) float64 { return c.retried(process, "") }), p.Journeys, method)
	for _, k := range s.model.Classes {
		if k.Rule != nil && strings.HasPrefix(k.Name, process+".") {
			if p.Retries == nil {
				p.Retries = map[string]headroom.Estimate{}
			}
			p.Retries[k.Name] = estimate(over(courses, func(c *course) float64 { return c.retried(process, k.Name) }), p.Journeys, method)
		}
	}
	return p, true
}

// idlers names the processes of which most journeys find nothing to do: what they
// take up nobody makes. Operators may wait; what the calendar says has to be done may not.
func (s *scene) idlers(courses []*course) (out []string) {
	for _, j := range s.model.Journeys {
		i, ok := s.processes[j.Process]
		if !ok || s.operators[j.Process] > 0 {
			continue
		}
		all, empty := 0, 0
		for _, c := range courses {
			for _, x := range c.in(s.window, i) {
				all++
				if x.outcome == idle {
					empty++
				}
			}
		}
		if 2*empty > all {
			out = append(out, fmt.Sprintf("%.0f %% of the journeys of %q find no transfer of kind %q to take up: give the catalogue more of them, or let a process make them", 100*float64(empty)/float64(all), j.Process, j.Takes))
		}
	}
	return out
}

// filled are the sorted times of journeys in which each that failed counts as the
// longest that any of them took, as in a run, so that they can be written down.
func (s *scene) filled(list []journey) []float64 {
	v, longest := responses(list), 0.0
	for _, j := range list {
		if j.outcome != idle {
			longest = max(longest, min(j.end, s.horizon)-j.scheduled)
		}
	}
	for i, x := range v {
		if math.IsInf(x, 1) {
			v[i] = longest
		}
	}
	return v
}

// mostFail says whether at least half of a process' journeys in the window fail:
// what they took to fail says nothing then of what a journey takes.
func (c *course) mostFail(process int) bool {
	all, ill := 0, 0
	for _, j := range c.in(c.window, process) {
		switch j.outcome {
		case well:
			all++
		case failed:
			all, ill = all+1, ill+1
		}
	}
	return ill > 0 && 2*ill >= all
}

func mean(v []float64) float64 {
	var s float64
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

func label(percentile float64) string { return fmt.Sprintf("%g", percentile) }

// throughput is how many journeys of a process ended well in the window,
// whenever they were due, over its length.
func (c *course) throughput(process int) float64 {
	n := 0
	for _, j := range c.journeys {
		if int(j.process) == process && j.outcome == well && j.end >= c.window.from && j.end < c.window.to {
			n++
		}
	}
	return float64(n) / max(1e-9, c.window.to-c.window.from)
}

// retried is the share of the requests of a process' class ("": of all) that
// can conflict which did.
func (c *course) retried(process, class string) float64 {
	retried, all := 0, 0
	for i, k := range c.model.Classes {
		if k.Rule == nil || !strings.HasPrefix(k.Name, process+".") || class != "" && k.Name != class {
			continue
		}
		for _, t := range c.tries {
			if i < len(t) {
				retried += t[i].retried
				all += t[i].requests
			}
		}
	}
	if all == 0 {
		return 0
	}
	return float64(retried) / float64(all)
}
