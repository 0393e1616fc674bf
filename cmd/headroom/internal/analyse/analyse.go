package analyse

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/demand"
	"github.com/headroom-erp/headroom/models/sizing"
	"github.com/headroom-erp/headroom/results"
)

// Input of an analysis.
type Input struct {
	Plan     headroom.Plan
	Folders  []string // bundles of the runs to learn from
	Unseen   []string // names of topologies to forecast that were not run
	Provider sizing.Provider
	Consider []string // names of the candidates; nil: all of Plan.Topologies
	Seed     uint64
	Say      func(format string, args ...any)
}

// Analysis is what the runs taught.
type Analysis struct {
	Runs           []headroom.RunReport
	Model          headroom.Model
	Comparisons    []headroom.Comparison // of the runs
	Forecasts      []headroom.Forecast   // of the unseen topologies, with capacity
	Recommendation headroom.Recommendation
	Header         headroom.Header
	Versions       map[string]string
	Target         string
	Warnings       []string
	Load           sizing.Load
}

// Options of every forecast of a demo.
func options(seed uint64) sizing.Options {
	return sizing.Options{Seed: seed, Parallel: runtime.GOMAXPROCS(0)}
}

// Analyse learns a model from the runs, forecasts, and recommends. Runs that
// are incomplete, or whose generator was the bottleneck, are not learned from.
func Analyse(in Input) (a Analysis, err error) {
	opened, err := open(in.Folders)
	defer func() {
		for _, r := range opened {
			_ = r.Close() // only read from
		}
	}()
	if err != nil {
		return a, err
	}
	usable, err := a.readRuns(opened)
	if err != nil {
		return a, err
	}
	in.Say("estimating demands and conflicts from %d runs", len(usable))
	if a.Model, err = demand.Estimate(usable, demand.Options{Seed: in.Seed}); err != nil {
		return a, err
	}
	if a.Load, err = in.Provider(1); err != nil {
		return a, err
	}
	if a.Comparisons, err = Compare(usable, a.Model, in.Seed, true); err != nil {
		return a, err
	}
	for _, name := range in.Unseen {
		in.Say("forecasting %s", name)
		f, err := Forecast(a.Model, in.Plan, name, a.Load, in.Provider, in.Seed)
		if err != nil {
			return a, err
		}
		a.Forecasts = append(a.Forecasts, f)
	}
	in.Say("weighing the candidates")
	plan := in.Plan
	plan.Topologies = candidates(in)
	if a.Recommendation, err = sizing.Recommend(a.Model, plan, in.Provider, options(in.Seed)); err != nil {
		return a, err
	}
	return a, a.capacities(in)
}

// capacities searches the capacity of every candidate, and puts a recommended
// worker count that no topology of the plan has among them.
func (a *Analysis) capacities(in Input) error {
	r := &a.Recommendation
	listed := false
	for i := range r.Candidates {
		f := &r.Candidates[i].Forecast
		listed = listed || r.Candidates[i].Topology.Equal(r.Topology)
		if f.Capacity != nil {
			continue
		}
		limit, err := sizing.Capacity(a.Model, f.Topology, in.Provider, in.Plan.Objectives, options(in.Seed))
		if err != nil {
			return err
		}
		f.Capacity, f.LimitedBy = limit.Capacity, limit.By
	}
	if !listed {
		own := headroom.Candidate{Topology: r.Topology, Forecast: r.Forecast}
		for _, c := range r.ByWorkers {
			if c.Topology.Web.Workers == r.Workers {
				own.CostMonth, own.Measured = c.CostMonth, c.Measured
			}
		}
		r.Candidates = append([]headroom.Candidate{own}, r.Candidates...)
	}
	return nil
}

func open(folders []string) ([]*results.Reader, error) {
	var out []*results.Reader
	for _, folder := range folders {
		r, err := results.Open(folder)
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}

// readRuns makes the runs' reports and returns those that may be learned from.
func (a *Analysis) readRuns(opened []*results.Reader) ([]headroom.Run, error) {
	var usable []headroom.Run
	for _, run := range opened {
		r, err := RunReport(run, run.Dir())
		if err != nil {
			return nil, fmt.Errorf("analyse: %s: %w", filepath.Base(run.Dir()), err)
		}
		a.Runs = append(a.Runs, r)
		info := run.Info()
		a.Header, a.Versions, a.Target = info.Schedule, info.Versions, info.TargetKind
		switch {
		case !r.Complete:
			a.Warnings = append(a.Warnings, fmt.Sprintf("run %s is incomplete (%s) and was not learned from", r.ID, r.Reason))
		case !r.Valid:
			a.Warnings = append(a.Warnings, fmt.Sprintf("run %s was not learned from: its generator was the bottleneck (%s); free the machine and run again",
				r.ID, strings.Join(r.Generator.Reasons, "; ")))
		default:
			usable = append(usable, run)
		}
	}
	if len(usable) == 0 {
		return nil, &headroom.MeasureError{What: "no run can be learned from", Do: a.Warnings[0]}
	}
	return usable, nil
}

// Compare puts forecasts of runs' topologies, with the runs' own schedule,
// beside what was measured.
func Compare(runs []headroom.Run, m headroom.Model, seed uint64, inFit bool) ([]headroom.Comparison, error) {
	return demand.Check(runs, m, inFit, demand.Options{Seed: seed})
}

// Forecast is a topology's forecast for the load, and its capacity.
func Forecast(m headroom.Model, plan headroom.Plan, name string, l sizing.Load, provider sizing.Provider, seed uint64) (headroom.Forecast, error) {
	for _, t := range plan.Topologies {
		if t.Name != name {
			continue
		}
		f, err := sizing.Forecast(m, t, l, plan.Objectives, options(seed))
		if err != nil {
			return f, err
		}
		limit, err := sizing.Capacity(m, t, provider, plan.Objectives, options(seed))
		if err != nil {
			return f, err
		}
		f.Capacity, f.LimitedBy = limit.Capacity, limit.By
		f.Warnings = append(f.Warnings, limit.Warnings...)
		return f, nil
	}
	return headroom.Forecast{}, fmt.Errorf("analyse: plan %s has no topology %q", plan.Name, name)
}

func candidates(in Input) []headroom.Topology {
	if in.Consider == nil {
		return in.Plan.Topologies
	}
	var out []headroom.Topology
	for _, name := range in.Consider {
		for _, t := range in.Plan.Topologies {
			if t.Name == name {
				out = append(out, t)
			}
		}
	}
	return out
}
