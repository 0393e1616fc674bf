package example

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// Missed is a demo in which no candidate holds, and whose runs are not to be
// trusted.
func Missed() headroom.Report {
	r := Report()
	rec := r.Recommendation
	rec.Met, rec.Workers, rec.Topology, rec.Forecast = false, 4, topology(4), forecast(4, 1)
	r.Verified = nil
	r.Runs[0].Complete, r.Runs[0].Reason = false, "the database server died after 31 s"
	r.Runs[1].Valid, r.Runs[1].Delays.Generator = false, headroom.Spread{P50: 0.02, P99: 0.31, Max: 1.2}
	return r
}

// Hostiles is a report in which every text that a plan or a server gives is
// hostile.
func Hostiles() headroom.Report {
	r := Report()
	r.Title, r.Plan.Name, r.Tool, r.Plan.Prices.Currency, r.Plan.Prices.Source = Hostile, Hostile, Hostile, Hostile, Hostile
	r.Versions = map[string]string{Hostile: Hostile}
	r.Schedule.Spans[0].Name = Hostile
	r.Warnings, r.Commands = []string{Hostile}, []string{Hostile}
	rec := r.Recommendation
	rec.Topology.Name, rec.Reasons, rec.Warnings, rec.RuleOfThumb.Source = Hostile, []string{Hostile}, []string{Hostile}, Hostile
	for i := range rec.Candidates {
		rec.Candidates[i].Topology.Name = Hostile
		hostileForecast(&rec.Candidates[i].Forecast)
	}
	for i := range rec.ByWorkers {
		hostileForecast(&rec.ByWorkers[i].Forecast)
	}
	hostileForecast(&rec.Forecast)
	for i := range r.Comparisons {
		c := &r.Comparisons[i]
		c.Topology = Hostile
		hostileForecast(&c.Forecast)
		hostileForecast(&c.Measured)
	}
	for i := range r.Runs {
		hostileRun(&r.Runs[i])
	}
	for i := range r.Model.Classes {
		r.Model.Classes[i].Name = Hostile
	}
	r.Model.Conflicts[0].Group, r.Model.Conflicts[0].Measured = Hostile, map[string]float64{Hostile: 0.1}
	r.Verified.Topology, r.Verified.Probes[0].Worst, r.Verified.Probes[0].Folder = Hostile, Hostile, Hostile
	return r
}

func hostileForecast(f *headroom.Forecast) {
	f.Method, f.LimitedBy, f.Topology.Name = Hostile, Hostile, Hostile
	for i := range f.Processes {
		f.Processes[i].Process = Hostile
		if o := f.Processes[i].Objective; o != nil {
			o.Process, o.Peak = Hostile, Hostile
		}
	}
}

func hostileRun(r *headroom.RunReport) {
	r.ID, r.Folder, r.Topology.Name, r.Complete, r.Reason = Hostile, Hostile, Hostile, false, Hostile
	for i := range r.Processes {
		p := &r.Processes[i]
		p.Process, p.Outcomes, p.Examples = Hostile, map[headroom.Outcome]int{Hostile: 1}, map[headroom.Outcome]string{Hostile: Hostile}
	}
	for i := range r.Steps {
		r.Steps[i].Process, r.Steps[i].Step, r.Steps[i].Protocol = Hostile, Hostile, Hostile
	}
	for i := range r.Series {
		r.Series[i].Label = Hostile
	}
	r.Gaps = []headroom.Gap{{Probe: Hostile, Reason: Hostile}}
	for i := range r.Objectives {
		r.Objectives[i].Name, r.Objectives[i].Reason = Hostile, Hostile
	}
	for i := range r.Peaks {
		r.Peaks[i].Name, r.Peaks[i].Sites = Hostile, []string{Hostile}
		r.Peaks[i].Attainment = map[string]headroom.Estimate{Hostile: est(0.9, 0.05)}
	}
	for i := range r.Phases {
		r.Phases[i].Peak, r.Phases[i].Sites, r.Phases[i].Processes = Hostile, []string{Hostile}, r.Processes
	}
	r.Sites = []headroom.SiteReport{{Site: Hostile, Processes: r.Processes}}
	r.Errors = []headroom.ErrorReport{{Process: Hostile, Step: Hostile, Outcome: Hostile, Cause: Hostile, Example: Hostile, Count: 1}}
	r.Valid, r.Generator = false, &headroom.GeneratorReport{Bottleneck: true, Reasons: []string{Hostile}}
}

// RunsOnly is a report without a model.
func RunsOnly() headroom.Report {
	r := Report()
	r.Model, r.Recommendation, r.Comparisons, r.Forecasts, r.Verified = nil, nil, nil, nil, nil
	return r
}

// Hollow has every part, and in each nothing that may be missing.
func Hollow() headroom.Report {
	r := Report()
	nothing := headroom.Forecast{Processes: []headroom.ProcessForecast{{Process: "order"}, {Process: "scan", Objective: &scans}}}
	broken := headroom.Estimate{Value: math.NaN(), Low: math.Inf(-1), High: math.Inf(1), N: 1}
	nothing.Processes[0].Mean, nothing.Processes[0].Percentile = broken, map[string]headroom.Estimate{"95": broken}
	r.Runs = []headroom.RunReport{{}, {Steps: []headroom.StepReport{{Process: "order", Step: "create", Client: 0.1}}, Processes: []headroom.ProcessReport{{Process: "order"}, {Objective: &orders}},
		Series: []headroom.Series{{Name: "arrivals"}, {Name: "response", Label: "order", T: []float64{1, 2}, V: []float64{math.NaN()}}}}}
	r.Model = &headroom.Model{Classes: []headroom.ClassModel{{}}, Conflicts: []headroom.ConflictModel{{}}}
	r.Comparisons = []headroom.Comparison{{}, {Forecast: nothing, Measured: nothing}}
	r.Recommendation = &headroom.Recommendation{Topology: headroom.Topology{Name: "x"}, Forecast: nothing, Candidates: []headroom.Candidate{{}, {Forecast: nothing}},
		ByWorkers: []headroom.Candidate{{Forecast: nothing}, {Forecast: nothing}}, RuleOfThumb: headroom.RuleOfThumb{Workers: 3, Forecast: &nothing}}
	r.Verified = &headroom.CapacityCheck{Probes: []headroom.CapacityProbe{{}}}
	r.Plan, r.Schedule = headroom.Plan{}, headroom.Header{}
	return r
}
