package analyse

import (
	"cmp"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results/stats"
)

// seed is that of every interval: the same run gives the same ones.
const seed = 0x68656164726f6f6d

// percentiles are those of every process.
var percentiles = []struct {
	key string
	q   float64
}{{"50", 0.5}, {"95", 0.95}, {"99", 0.99}}

// processesIn are the processes of a part of the run that have something there,
// by name.
func (e *evidence) processesIn(p part) []headroom.ProcessReport {
	j := e.journeys
	byProcess := make([][]row, len(j.processes))
	for _, r := range j.in(p, "") {
		byProcess[r.process] = append(byProcess[r.process], r)
	}
	ended := j.endedIn(p)
	var out []headroom.ProcessReport
	for i, rows := range byProcess {
		if len(rows) > 0 || ended[i] > 0 {
			out = append(out, j.report(j.processes[i], rows, float64(ended[i])/(p.to-p.from)))
		}
	}
	slices.SortFunc(out, func(a, b headroom.ProcessReport) int { return cmp.Compare(a.Process, b.Process) })
	return out
}

// endedIn counts, by process, the successful journeys that ended in a part,
// whenever they were scheduled.
func (j *journeys) endedIn(p part) []int {
	out := make([]int, len(j.processes))
	at := make([]bool, len(j.sites))
	for i, s := range j.sites {
		at[i] = p.has(s)
	}
	for _, r := range j.rows {
		if r.scheduled >= p.to {
			break
		}
		if r.outcome == okRow && at[r.site] && r.end >= p.from && r.end < p.to {
			out[r.process]++
		}
	}
	return out
}

func (j *journeys) report(process string, rows []row, throughput float64) headroom.ProcessReport {
	r := headroom.ProcessReport{Process: process, Scheduled: len(rows), Throughput: throughput, Outcomes: map[headroom.Outcome]int{}}
	var times []float64
	for _, x := range rows {
		switch {
		case x.never:
			r.NeverBegun++
			continue
		case x.outcome == okRow:
			times = append(times, x.response())
		}
		r.Outcomes[j.outcomes[x.outcome]]++
	}
	r.Done = len(times)
	if r.Done == 0 {
		return r
	}
	qs := make([]float64, len(percentiles))
	for i, p := range percentiles {
		qs[i] = p.q
	}
	mean, at := stats.MeanAndQuantiles(times, qs, seed)
	r.Mean, r.Percentile = &mean, map[string]headroom.Estimate{}
	for i, p := range percentiles {
		r.Percentile[p.key] = at[i]
	}
	return r
}

// phases are the processes before, during and after every peak that is in the
// window.
func (e *evidence) phases() []headroom.PhaseReport {
	var out []headroom.PhaseReport
	for _, s := range e.info.Schedule.Spans {
		for _, phase := range []string{"before", "during", "after"} {
			p := e.phase(s, phase)
			if p.from < p.to {
				out = append(out, headroom.PhaseReport{Peak: s.Name, Sites: s.Sites, Phase: phase, From: p.from, To: p.to, Processes: e.processesIn(p)})
			}
		}
	}
	return out
}

// phase is the part of the window that is a phase of a peak. What lies between
// two occurrences of a peak at a site is after the one and before the other,
// half of it each.
func (e *evidence) phase(s headroom.Span, phase string) part {
	p := part{e.window.From, e.window.To, s.Sites}
	for _, o := range e.info.Schedule.Spans {
		if o.Name != s.Name || !meet(o.Sites, s.Sites) {
			continue
		}
		if o.To <= s.From {
			p.from = max(p.from, (o.To+s.From)/2)
		}
		if o.From >= s.To {
			p.to = min(p.to, (s.To+o.From)/2)
		}
	}
	switch phase {
	case "before":
		p.to = min(p.to, s.From)
	case "after":
		p.from = max(p.from, s.To)
	default:
		p.from, p.to = max(p.from, s.From), min(p.to, s.To)
	}
	return p
}

// meet says whether two lists of sites, of which an empty one means all, have
// one in common.
func meet(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// sites are the processes of each site, when there are several.
func (e *evidence) sites() []headroom.SiteReport {
	if len(e.info.Schedule.Sites) < 2 {
		return nil
	}
	var out []headroom.SiteReport
	for _, s := range e.info.Schedule.Sites {
		out = append(out, headroom.SiteReport{Site: s.Name, Processes: e.processesIn(part{e.window.From, e.window.To, []string{s.Name}})})
	}
	return out
}
