package sizing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// Options of forecasts and searches.
type Options struct {
	Seed         uint64
	Replications int     // of a forecast; 0 means 20
	Scale        float64 // of the replayed load that the schedule stands for; 0 means the schedule's own
	// CapacityReplications of a search for capacity; 0 means 8.
	CapacityReplications int
	// SweepReplications of each worker count that Recommend tries; 0 means Replications.
	SweepReplications int
	// Parallel is how many replications run at once; 0 means 1. It changes no figure.
	Parallel int
}

func (o Options) defaults() Options {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&o.Replications, 20)
	set(&o.CapacityReplications, 8)
	set(&o.SweepReplications, o.Replications)
	return o
}

// method of every forecast.
const method = "simulated schedule"

// Forecast says what a topology would do with a schedule: it simulates each
// arrival of it, from an idle start at the lead-in's beginning, and counts
// those scheduled in the window. Intervals hold 90 % of the replications, each
// with demands of its own draws (what one run would show) and with estimates
// drawn from their intervals (what we do not know better).
func Forecast(m headroom.Model, t headroom.Topology, l Load, objectives []headroom.Objective, o Options) (headroom.Forecast, error) {
	f, _, err := forecast(m, t, l, objectives, o.defaults())
	return f, err
}

// forecast also gives how much of the tightest objective's bound is taken, as
// the median over replications.
func forecast(m headroom.Model, t headroom.Topology, l Load, objectives []headroom.Objective, o Options) (headroom.Forecast, headroom.Estimate, error) {
	if err := CheckTopology(t); err != nil {
		return headroom.Forecast{}, headroom.Estimate{}, err
	}
	objectives, silent := forecastable(objectives)
	r := newReplay(System(m, t), l)
	f := headroom.Forecast{Topology: t, Method: method, Scale: o.Scale, Utilization: map[string]headroom.Estimate{}, Warnings: append(r.warnings, silent...)}
	if f.Scale == 0 {
		f.Scale = l.Header.Scale
	}
	if f.Scale == 0 {
		f.Scale = 1
	}
	results := make([]sim.Result, o.Replications)
	errs := make([]error, o.Replications)
	sim.Parallel(o.Replications, o.Parallel, func(n int) {
		results[n], errs[n] = replicate(m, t, &r, o.Seed, n)
	})
	for _, err := range errs {
		if err != nil {
			return headroom.Forecast{}, headroom.Estimate{}, fmt.Errorf("sizing: topology %q: %w", t.Name, err)
		}
	}
	resources(&f, m, t, results)
	f.Processes = processes(m, &r, results, objectives)
	tightest := judge(&f, &r, results, objectives)
	f.Warnings = append(f.Warnings, extrapolation(m, t, f)...)
	return f, tightest, nil
}

// forecastable are the objectives that a forecast can be held against: those of
// the response over the window, or during a peak. Of the others it says that
// they were only measured.
func forecastable(objectives []headroom.Objective) (out []headroom.Objective, warnings []string) {
	for _, o := range objectives {
		if o.OfResponse() && o.Sliding == 0 && o.Site == "" && (o.Phase == "" || o.Phase == "during") {
			out = append(out, o)
			continue
		}
		warnings = append(warnings, fmt.Sprintf("an objective of measure %s%s is held against runs only: no forecast speaks of it", cmp.Or(o.Measure, headroom.MeasureResponse), during(o)))
	}
	return out, warnings
}

func resources(f *headroom.Forecast, m headroom.Model, t headroom.Topology, results []sim.Result) {
	for i, st := range cores(t) {
		var u []float64
		for n := range results {
			busy := 0.0
			if results[n].Measured > 0 {
				busy = results[n].Stations[i].BusySeconds / results[n].Measured
			}
			u = append(u, min(1, (busy+min(background(m, t, st.Name), (1-leastShare)*st.Servers))/st.Servers))
		}
		f.Utilization[st.Name] = estimate(u, len(u), method)
	}
	var busy []float64
	for n := range results {
		busy = append(busy, results[n].Pools[0].BusyMean)
	}
	f.PoolBusy = estimate(busy, len(busy), method)
}

// percentiles that every process is given at least.
var percentiles = []float64{50, 95, 99}

func processes(m headroom.Model, r *replay, results []sim.Result, objectives []headroom.Objective) []headroom.ProcessForecast {
	var out []headroom.ProcessForecast
	for _, j := range m.Journeys {
		n := r.window[j.Process]
		if n == 0 {
			continue
		}
		p := headroom.ProcessForecast{Process: j.Process, Journeys: n, Percentile: map[string]headroom.Estimate{}}
		wanted := slices.Clone(percentiles)
		for i, o := range objectives {
			if o.Process == j.Process {
				wanted = append(wanted, o.Percentile)
				if p.Objective == nil {
					p.Objective = &objectives[i]
				}
			}
		}
		means, retry := []float64{}, []float64{}
		at := map[string][]float64{}
		for i := range results {
			v := responses(&results[i], r, j.Process, "")
			means = append(means, mean(v))
			for _, q := range wanted {
				k := label(q)
				if len(at[k]) <= i {
					at[k] = append(at[k], sim.Quantile(v, q/100))
				}
			}
			retry = append(retry, retryShare(m, &results[i], j.Process))
		}
		p.Mean = estimate(means, n, method)
		for k, v := range at {
			p.Percentile[k] = estimate(v, n, method)
		}
		p.RetryShare = estimate(retry, n, method)
		out = append(out, p)
	}
	return out
}

func label(percentile float64) string { return fmt.Sprintf("%g", percentile) }

// retryShare of the requests of a process that can conflict.
func retryShare(m headroom.Model, res *sim.Result, process string) float64 {
	retried, all := 0, 0
	for i, k := range m.Classes {
		if k.Rule != nil && strings.HasPrefix(k.Name, process+".") {
			c := &res.Classes[i]
			retried += c.Retried
			all += c.Count + c.Failed
		}
	}
	if all == 0 {
		return 0
	}
	return float64(retried) / float64(all)
}

// judge holds the replications against the objectives.
func judge(f *headroom.Forecast, r *replay, results []sim.Result, objectives []headroom.Objective) headroom.Estimate {
	misses := make([][]float64, len(objectives))
	var tightest []float64
	met := 0
	for n := range results {
		most := 0.0
		for i, o := range objectives {
			v := miss(&results[n], r, o)
			if math.IsNaN(v) {
				continue
			}
			v = min(v, 1e6) // a failed percentile, as a number that can be written down
			misses[i] = append(misses[i], v)
			most = max(most, v)
		}
		tightest = append(tightest, most)
		if most <= 1 {
			met++
		}
	}
	f.Meets = true
	for i, o := range objectives {
		if len(misses[i]) == 0 {
			f.Warnings = append(f.Warnings, fmt.Sprintf("objective of process %q%s: none of it is scheduled in the window, or the model does not know it", o.Process, during(o)))
			continue
		}
		ok := estimate(misses[i], len(misses[i]), method).Value <= 1
		f.Meets = f.Meets && ok
		for p := range f.Processes {
			if f.Processes[p].Process == o.Process {
				both := ok && (f.Processes[p].Met == nil || *f.Processes[p].Met)
				f.Processes[p].Met = &both
			}
		}
	}
	f.Confidence = float64(met) / float64(len(results))
	return estimate(tightest, len(tightest), method)
}

func during(o headroom.Objective) string {
	if o.Peak == "" {
		return ""
	}
	return fmt.Sprintf(" in peak %q", o.Peak)
}

// extrapolation warns where a forecast is busier than anything measured.
func extrapolation(m headroom.Model, t headroom.Topology, f headroom.Forecast) []string {
	var out []string
	for _, st := range cores(t) {
		u := f.Utilization[st.Name].Value
		known, ok := m.MeasuredUtilization[st.Name]
		if st.Name == Host {
			known = max(known, m.MeasuredUtilization["app"], m.MeasuredUtilization["database"])
			ok = len(m.MeasuredUtilization) > 0
		}
		if ok && u > known+0.05 {
			out = append(out, fmt.Sprintf("%s is %.0f %% busy in this forecast, and was %.0f %% at most in the runs: it extrapolates", st.Name, 100*u, 100*known))
		}
	}
	return out
}
