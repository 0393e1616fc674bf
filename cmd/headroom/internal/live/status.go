package live

import (
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// At is how the run stands at t, which must not be before the one asked for
// last. It looks at the stop rules, too. Times before the start have no figures.
func (b *Board) At(t int) headroom.Status {
	b.advance(max(0, t))
	h := b.info.Schedule
	s := headroom.Status{
		Run: b.info.ID, Plan: h.Plan, Topology: b.info.Topology.Name, Target: b.info.TargetKind,
		T: float64(t), LeadIn: h.LeadIn, Duration: h.Duration(), Stage: stage(float64(t), h),
		Gaps: b.gaps, LastGap: b.lastGap, Complete: b.info.Complete, Reason: b.info.Reason,
	}
	if b.err != nil {
		s.Blind = b.err.Error()
	}
	if s.Duration > 0 {
		s.Progress = min(1, max(0, s.T/s.Duration))
		s.Left = max(0, s.Duration-max(0, s.T))
	}
	s.Peaks = peaks(h, s.T)
	all := b.window(t, headroom.StatusResponses)
	for p, process := range h.Processes {
		s.Processes = append(s.Processes, b.process(p, process.Name, t, all[p]))
	}
	s.Total = b.sum(s.Processes, all)
	requests, lost := 0, 0
	for i := t - int(headroom.StatusRates); i < t; i++ {
		if one := b.seconds[i]; one != nil {
			requests += one.requests
			lost += one.lost
		}
	}
	s.Requests = rate(requests, t)
	if b.logged {
		conflicts := rate(lost, t)
		s.Conflicts = &conflicts
	}
	s.Documents = b.papers.status()
	b.cpu.fill(&s, s.T)
	for _, r := range b.rules {
		s.Rules = append(s.Rules, r.look(b, s))
	}
	return s
}

func stage(t float64, h headroom.Header) headroom.Stage {
	switch {
	case t < -headroom.StatusLag: // figures stand behind the clock
		return headroom.StagePreparing
	case t < h.LeadIn:
		return headroom.StageLeadIn
	case t < h.Duration():
		return headroom.StageWindow
	}
	return headroom.StageWaiting
}

func peaks(h headroom.Header, t float64) []headroom.PeakStatus {
	var out []headroom.PeakStatus
	for _, s := range h.Spans {
		phase := "during"
		switch {
		case t < s.From:
			phase = "before"
		case t >= s.To:
			phase = "after"
		}
		out = append(out, headroom.PeakStatus{Name: s.Name, Phase: phase, From: s.From, To: s.To, Sites: s.Sites})
	}
	return out
}

// rate is per second over the last StatusRates seconds, or those that there were.
func rate(n, t int) float64 {
	return float64(n) / min(headroom.StatusRates, max(1, float64(t)))
}

// window gathers each process' journeys that ended in the seconds before t.
func (b *Board) window(t int, length float64) []tally {
	out := make([]tally, len(b.totals))
	for i := t - int(math.Ceil(length)); i < t; i++ {
		one := b.seconds[i]
		if one == nil {
			continue
		}
		for p := range one.processes {
			out[p].due += one.processes[p].due
			out[p].add(&one.processes[p])
		}
	}
	return out
}

func (b *Board) process(p int, name string, t int, recent tally) headroom.ProcessStatus {
	sum := b.totals[p]
	s := headroom.ProcessStatus{
		Process: name, Bound: b.bounds[p], Scheduled: sum.scheduled, Due: sum.due, Ended: sum.ended, Failed: sum.failed,
		RecentFailed: recent.failed, Cause: sum.cause, CauseAt: sum.causeAt, Late: quantile(recent.late, 99),
	}
	s.P50, s.P95 = quantile(recent.well, 50), quantile(recent.well, 95)
	due, well := 0, 0
	for i := t - int(headroom.StatusRates); i < t; i++ {
		if one := b.seconds[i]; one != nil {
			due += one.processes[p].due
			well += len(one.processes[p].well)
		}
	}
	s.Completed = rate(well, t)
	if sum.open {
		offered, backlog := rate(due, t), max(0, sum.due-sum.served)
		s.Offered, s.Backlog = &offered, &backlog
	}
	for _, one := range b.shifts {
		if one.process == p && one.from <= float64(t) && float64(t) < one.to {
			s.Operators++
		}
	}
	return s
}

// sum is all processes together.
func (b *Board) sum(processes []headroom.ProcessStatus, recent []tally) headroom.ProcessStatus {
	var s headroom.ProcessStatus
	var all tally
	for i, p := range processes {
		s.Completed += p.Completed
		s.Scheduled += p.Scheduled
		s.Due += p.Due
		s.Ended += p.Ended
		s.Failed += p.Failed
		s.Operators += p.Operators
		s.RecentFailed += p.RecentFailed
		if p.Offered != nil {
			s.Offered, s.Backlog = plus(s.Offered, *p.Offered), plus(s.Backlog, *p.Backlog)
		}
		if p.CauseAt != nil && (s.CauseAt == nil || *p.CauseAt > *s.CauseAt) {
			s.Cause, s.CauseAt = p.Cause, p.CauseAt
		}
		all.add(&recent[i])
	}
	s.P50, s.P95, s.Late = quantile(all.well, 50), quantile(all.well, 95), quantile(all.late, 99)
	return s
}

func plus[N int | float64](sum *N, v N) *N {
	if sum != nil {
		v += *sum
	}
	return &v
}

// quantile is the smallest value that at least q per cent do not exceed; nil
// of none. It sorts the values.
func quantile(values []float64, q float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	v := values[max(0, int(math.Ceil(q/100*float64(len(values))))-1)]
	return &v
}
