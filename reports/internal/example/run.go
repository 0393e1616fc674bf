package example

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// measure fills what is known of a run behind its processes and steps.
func measure(r *headroom.RunReport, w float64) {
	h := header()
	r.Window = headroom.Span{Name: "window", From: h.LeadIn, To: h.Duration()}
	r.Generator = &headroom.GeneratorReport{CPU: ptr(0.21), Host: ptr(0.62), Steal: ptr(0.004)}
	r.Objectives = objectives(w)
	r.Peaks = []headroom.PeakReport{
		{Name: "dispatch cutoff", From: 0, To: 70, BacklogFrom: 3, Ordinary: 4, BacklogTo: 4, BacklogMost: math.Round(4 + 120/w), MostAt: 52,
			Attainment: map[string]headroom.Estimate{"delivery": {Value: 0.93, Low: 0.86, High: 0.97, Level: headroom.Level, N: 118, Identified: true}}},
		{Name: "EDI burst", From: 40, To: 60, Sites: []string{"pilot"}, BacklogFrom: 5, Ordinary: 7, BacklogTo: math.Round(5 + 60/w), BacklogMost: math.Round(4 + 120/w), MostAt: 52, Drain: ptr(30 / w)},
	}
	for i, phase := range []string{"before", "during", "after"} {
		p := headroom.PhaseReport{Peak: "EDI burst", Sites: []string{"pilot"}, Phase: phase, From: []float64{10, 40, 60}[i], To: []float64{40, 60, 70}[i]}
		for _, x := range r.Processes {
			if x.Process == "edi_order" && phase != "during" {
				continue
			}
			x.Scheduled, x.Done, x.Objective, x.Met, x.Examples = x.Scheduled/3, x.Done/3, nil, nil, nil
			x.Mean = ptr(est(x.Mean.Value*(1+0.4*float64(i)), 0.15))
			x.Percentile = map[string]headroom.Estimate{"95": est(3*x.Mean.Value, 0.2)}
			p.Processes = append(p.Processes, x)
		}
		r.Phases = append(r.Phases, p)
	}
	r.Errors = []headroom.ErrorReport{
		{Process: "order", Step: "confirm", Outcome: headroom.Conflict, Cause: "could not serialize access due to concurrent update", Count: 2, Example: "could not serialize access due to concurrent update", At: 44.2},
		{Process: "edi_order", Step: "create", Outcome: headroom.BusinessError, Cause: "Product “…” (#) is out of stock", Count: 1, Example: `Product "Pallet jack" (417) is out of stock`, At: 51},
	}
	h2 := make([]float64, 70)
	t := make([]float64, 70)
	for i := range t {
		t[i] = float64(i)
		h2[i] = math.Round(2 + 100/w*math.Exp(-math.Pow(float64(i-52)/(40/w), 2)))
	}
	r.Series = append(r.Series, headroom.Series{Name: "backlog", Label: "delivery", Unit: "documents", T: t, V: h2})
}

// objectives are one that is met, one that is missed, and two that say why
// they have no figure.
func objectives(w float64) []headroom.ObjectiveReport {
	cpu := headroom.Objective{Measure: headroom.MeasureDatabaseCPU, AtMost: 0.8, Sliding: 30}
	conflicts := headroom.Objective{Measure: headroom.MeasureConflictShare, AtMost: 0.02}
	lag := headroom.Objective{Measure: headroom.MeasureReplicationLag, AtMost: 1}
	p95 := est(13/w, 0.1)
	return []headroom.ObjectiveReport{
		{Objective: orders, Name: "order p95 within 5 s during dispatch cutoff", Value: &p95, Met: ptr(p95.Value <= 5), Sure: p95.High <= 5},
		{Objective: scans, Name: "scan p95 within 800 ms during dispatch cutoff", Met: ptr(false), Sure: true, Reason: "31 of 210 journeys failed: the percentile lies among them"},
		{Objective: cpu, Name: "database CPU at most 80 % in every 30 s", Value: ptr(est(0.06*w, 0.05)), Met: ptr(0.06*w <= 0.8), Sure: true, At: ptr(22.0)},
		{Objective: conflicts, Name: "requests that lost a conflict at most 2 %", Value: ptr(est(0.003*w, 0.3)), Met: ptr(0.003*w <= 0.02), Sure: false},
		{Objective: lag, Name: "replicas behind at most 1 s", Reason: "no replica was observed"},
	}
}

// Steady is a run of steady load at two sites, with a warm-up, whose generator
// was the bottleneck.
func Steady() headroom.RunReport {
	r := run(4)
	r.Peaks, r.Phases = nil, nil
	r.Valid = false
	r.Delays.Generator = headroom.Spread{P50: 0.02, P99: 0.31, Max: 1.2}
	r.Generator = &headroom.GeneratorReport{Bottleneck: true, CPU: ptr(3.6), Host: ptr(0.97), Steal: ptr(0.13),
		Reasons: []string{"its timers were late: the 99th percentile of journeys began 310 ms late, allowed are 50 ms", "the hypervisor gave 13 % of its machine's CPU time to others, allowed are 10 %"}}
	r.Warmup = &headroom.Warmup{Seconds: 8.4, Found: true}
	for i := range 40 {
		r.Warmup.T = append(r.Warmup.T, 10+1.5*float64(i))
		r.Warmup.Mean = append(r.Warmup.Mean, 1+2*math.Exp(-float64(i)/3))
		r.Warmup.MSER = append(r.Warmup.MSER, 0.001*(1+math.Abs(float64(i-5))))
	}
	r.Window.From += r.Warmup.Seconds
	for _, name := range []string{"hamburg", "newark"} {
		s := headroom.SiteReport{Site: name}
		for _, p := range r.Processes[:2] {
			p.NeverBegun = 3
			s.Processes = append(s.Processes, p)
		}
		r.Sites = append(r.Sites, s)
	}
	r.Processes[0].NeverBegun = 6
	return r
}

// SteadyReport is a report of Steady alone.
func SteadyReport() headroom.Report {
	r := RunsOnly()
	r.Schedule.Spans = nil
	r.Runs = []headroom.RunReport{Steady()}
	return r
}
