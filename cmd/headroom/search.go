package main

import (
	"context"
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/live"
	"github.com/headroom-erp/headroom/results"
)

// A capacitySearch looks for the scale of a load between a run that held every
// objective and one that did not: from where the model says it is by steps
// that double until both are found, then by halving what is between them.
type capacitySearch struct {
	topology string
	forecast headroom.Estimate
	// probe runs the topology at a scale; long takes a longer window.
	probe func(ctx context.Context, scale float64, long bool) (headroom.CapacityProbe, error)
	// most is how many runs it may take, the confirming ones included.
	most int
	// within is the ratio of the two scales at which it ends.
	within float64
	// confirm runs the highest scale that held once more, over a longer window; one
	// that does not hold there has not held.
	confirm bool
}

// Bounds of a search: its first step up or down, how near its two ends come, and
// how many runs it takes at most.
const (
	firstStep  = 1.15
	mostStep   = 2.0
	endsWithin = 1.075
	mostRuns   = 8
)

// run searches. Every run is in the answer, whatever it said.
func (s capacitySearch) run(ctx context.Context) (*headroom.CapacityCheck, error) {
	check := &headroom.CapacityCheck{Topology: s.topology, Forecast: s.forecast}
	scale, step, long := s.forecast.Value, firstStep, false
	var low, high *headroom.CapacityProbe
	for len(check.Probes) < s.most {
		scale = math.Round(scale*1000) / 1000 // as it is told, and named in folders
		p, err := s.probe(ctx, scale, long)
		if err != nil {
			return nil, err
		}
		check.Probes = append(check.Probes, p)
		if long {
			check.Confirmed = &p.Met
		}
		if long && p.Met {
			break
		}
		low, high = heldAndMissed(check.Probes)
		long = false
		last := len(check.Probes) == s.most-1 // kept for the confirming run
		switch {
		case s.confirm && last && low != nil:
			scale, long = low.Scale, true
		case high == nil:
			scale, step = low.Scale*step, min(mostStep, step*step)
		case low == nil:
			scale, step = high.Scale/step, min(mostStep, step*step)
		case high.Scale/low.Scale > s.within:
			scale = math.Sqrt(low.Scale * high.Scale)
		case s.confirm && check.Confirmed == nil, s.confirm && !*check.Confirmed:
			scale, long = low.Scale, true
		default:
			return s.conclude(check), nil
		}
	}
	return s.conclude(check), nil
}

func (s capacitySearch) conclude(check *headroom.CapacityCheck) *headroom.CapacityCheck {
	check.Measured = between(heldAndMissed(check.Probes))
	check.Error = s.forecast.Value/check.Measured.Value - 1
	return check
}

// heldAndMissed are the highest scale that held and lies below the lowest that did not,
// and that one; nil where there is none. Where a scale was run twice, a miss
// counts: it did not hold every time.
func heldAndMissed(probes []headroom.CapacityProbe) (low, high *headroom.CapacityProbe) {
	for i := range probes {
		if p := &probes[i]; !p.Met && (high == nil || p.Scale < high.Scale) {
			high = p
		}
	}
	for i := range probes {
		if p := &probes[i]; p.Met && (high == nil || p.Scale < high.Scale) && (low == nil || p.Scale > low.Scale) {
			low = p
		}
	}
	return low, high
}

// between is the measured capacity: where the worst objective's ratio to its
// bound, taken as a power of the scale between the two runs, reaches 1.
func between(low, high *headroom.CapacityProbe) headroom.Estimate {
	e := headroom.Estimate{Level: headroom.Level, N: 2, Method: "bracketed by runs, interpolated", Identified: true}
	switch {
	case low == nil && high == nil:
		return headroom.Estimate{Level: headroom.Level, Method: "no run"}
	case low == nil:
		e.Value, e.High, e.Identified = high.Scale, high.Scale, false
	case high == nil:
		e.Value, e.Low, e.High, e.Identified = low.Scale, low.Scale, low.Scale, false
	default:
		at := 0.5 // of the way, where the ratios say nothing
		if low.Ratio > 0 && high.Ratio > low.Ratio {
			at = math.Log(1/low.Ratio) / math.Log(min(high.Ratio, analyse.Beyond)/low.Ratio)
		}
		e.Value = low.Scale * math.Pow(high.Scale/low.Scale, min(1, max(0, at)))
		e.Low, e.High = low.Scale, high.Scale
	}
	return e
}

// probe runs a topology at a scale of a load and holds it against the plan's
// objectives. It breaks the run off as soon as it is clear that it misses one.
func (w *workshop) probe(ctx context.Context, t headroom.Topology, schedule headroom.Schedule, scale float64, id string) (headroom.CapacityProbe, error) {
	h := schedule.Header()
	p := headroom.CapacityProbe{Scale: scale, Met: true, Seconds: h.Window}
	hasty := *w
	hasty.plan.Stop = append(hasty.plan.Stop[:len(hasty.plan.Stop):len(hasty.plan.Stop)], hopeless(w.plan.Objectives, h)...)
	folder, err := hasty.run(ctx, t, schedule, id)
	p.Folder = folder
	if err != nil {
		reason, stopped := brokenOff(folder)
		if ctx.Err() != nil || !stopped {
			return p, err
		}
		if len(w.plan.Stop) == 0 {
			reason = live.OfSearch(reason)
		}
		w.say("at %.3f of the load: broken off, %s", scale, reason)
		p.Met, p.Early, p.Ratio, p.Worst = false, true, analyse.Beyond, reason
		return p, nil
	}
	run, err := results.Open(folder)
	if err != nil {
		return p, err
	}
	defer func() { _ = run.Close() }() // only read from
	r, err := analyse.RunReport(run, folder)
	if err != nil {
		return p, err
	}
	return p, w.weigh(&p, r)
}

// weigh takes a run's verdicts into its probe.
func (w *workshop) weigh(p *headroom.CapacityProbe, r headroom.RunReport) error {
	if d := r.Delays; d.Generator.P99 > analyse.MaxGeneratorDelay {
		if d.VUWait.P99 <= d.TimerLate.P99 {
			return &headroom.MeasureError{What: fmt.Sprintf("at %.3f of the load the generator was the bottleneck (99 %% of journeys began within %.0f ms)", p.Scale, 1000*d.Generator.P99),
				Do: "free the machine, or ask the model alone"}
		}
		p.Met, p.Ratio, p.Worst = false, analyse.Beyond, "journeys wait for a virtual user: all of them wait for the server"
		return nil
	}
	judged := 0
	for _, o := range r.Objectives {
		ratio := analyse.Taken(o)
		if ratio == nil {
			continue
		}
		judged++
		if p.Met = p.Met && *o.Met; *ratio >= p.Ratio {
			p.Ratio, p.Worst = *ratio, o.Name
		}
	}
	if judged == 0 {
		return &headroom.MeasureError{What: fmt.Sprintf("at %.3f of the load nothing was due that an objective speaks of", p.Scale), Do: "choose a longer window, or objectives of processes that are in it"}
	}
	w.say("at %.3f of the load: %s takes %.0f %% of its bound", p.Scale, p.Worst, 100*p.Ratio)
	return nil
}

// brokenOff says whether a stop rule ended a run, and which.
func brokenOff(folder string) (string, bool) {
	run, err := results.Open(folder)
	if err != nil {
		return "", false
	}
	defer func() { _ = run.Close() }() // only read from
	info := run.Info()
	return info.Reason, !info.Complete && live.ByRule(info.Reason)
}

// hopeless are stop rules that end a run when it cannot meet its objectives any
// more. Where half of the journeys that end take longer than the bound for
// twice the share of the window that an objective leaves free, the percentile is
// lost; and so is a share of errors. They count from the window on: caches that are
// cold in the lead-in say nothing of it.
func hopeless(objectives []headroom.Objective, h headroom.Header) []headroom.StopRule {
	const shortest, margin = 10, 1.5
	var out []headroom.StopRule
	for _, o := range objectives {
		free := o.AtMost
		rule := headroom.StopRule{Measure: headroom.MeasureErrorShare, Process: o.Process, AtMost: 0.5}
		switch {
		case o.Peak != "" || o.Site != "":
			continue // of a part of what the rule looks at
		case o.OfResponse():
			free = 1 - o.Percentile/100
			rule = headroom.StopRule{Measure: headroom.MeasureResponse, Process: o.Process, Percentile: 50, AtMost: margin * o.Within}
		case o.Measure != headroom.MeasureErrorShare:
			continue
		}
		if rule.Over = max(shortest, 2*free*h.Window); rule.Over <= h.Window/2 {
			rule.From = h.LeadIn
			out = append(out, rule)
		}
	}
	return out
}
