package demand

import (
	"fmt"
	"math/rand/v2"
	"sort"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
	"github.com/headroom-erp/headroom/models/sizing"
)

// Check forecasts the runs' own schedules with a model, and puts that beside
// what the runs showed: the forecast's error where it can be seen. inFit says
// that the model was learned from these runs.
//
// Only journeys scheduled in a run's window count. One that failed stands
// behind all that did not, on both sides. The measurement's intervals are from
// a bootstrap over blocks of 5 s.
func Check(runs []headroom.Run, m headroom.Model, inFit bool, o Options) ([]headroom.Comparison, error) {
	o = o.withDefaults()
	s, err := newSurvey(runs)
	if err != nil {
		return nil, err
	}
	s.findWork(s.tallies(s.book(o.Habits)), o)
	var out []headroom.Comparison
	for _, r := range s.runs {
		l, journeys := r.arrivals(m)
		forecast, err := sizing.Forecast(m, r.info.Topology, l, nil, sizing.Options{Seed: o.Seed, Parallel: 2})
		if err != nil {
			return nil, fmt.Errorf("demand: run %q: %w", r.info.ID, err)
		}
		out = append(out, headroom.Comparison{Topology: r.name, Forecast: forecast, Measured: r.measured(s, m, journeys, o), InFit: inFit})
	}
	return out, nil
}

var percentiles = map[string]float64{"50": 0.5, "95": 0.95, "99": 0.99}

// measured is the run in the forecast's terms: processes with a journey in the
// window, in the model's order.
func (r *run) measured(s *survey, m headroom.Model, journeys []headroom.Journey, o Options) headroom.Measured {
	scale := r.info.Schedule.Scale
	if scale == 0 {
		scale = 1
	}
	out := headroom.Measured{Topology: r.info.Topology, Method: "measured", Scale: scale, Utilization: map[string]headroom.Estimate{}}
	for _, j := range m.Journeys {
		seconds, at := r.responses(journeys, j.Process)
		if len(seconds) == 0 {
			continue
		}
		p := headroom.ProcessForecast{Process: j.Process, Journeys: len(seconds), Percentile: map[string]headroom.Estimate{}}
		p.Mean = bootstrapped(seconds, at, mean, o)
		for name, q := range percentiles {
			p.Percentile[name] = bootstrapped(seconds, at, func(v []float64) float64 { return quantile(v, q) }, o)
		}
		p.RetryShare = s.retries(r, m, j.Process)
		out.Processes = append(out.Processes, p)
	}
	busy, held := r.utilization(), 0.0
	from, to := r.window()
	for _, l := range r.lines {
		held += max(0, min(l.end, to)-max(l.start, from))
	}
	if r.shared {
		out.Utilization[sizing.Host] = exact(busy[app], "CPU counters")
	} else {
		out.Utilization[stationNames[app]] = exact(busy[app], "CPU counters")
		out.Utilization[stationNames[database]] = exact(busy[database], "CPU counters")
	}
	out.PoolBusy = exact(held/max(1e-9, to-from), "request log")
	return out
}

// responses are the journeys' times in the window, and when they were scheduled.
func (r *run) responses(journeys []headroom.Journey, process string) (seconds, at []float64) {
	from, to := r.window()
	longest, failed := 0.0, []float64(nil)
	for _, j := range journeys {
		if j.Process != process || j.Scheduled < from || j.Scheduled >= to {
			continue
		}
		longest = max(longest, j.End-j.Scheduled)
		if j.Outcome != headroom.OK {
			failed = append(failed, j.Scheduled)
			continue
		}
		seconds, at = append(seconds, j.End-j.Scheduled), append(at, j.Scheduled)
	}
	for _, t := range failed {
		seconds, at = append(seconds, longest), append(at, t)
	}
	return seconds, at
}

// retries is the share of a process' requests that can conflict which did, of
// the journeys scheduled in the window, as forecasts count them.
func (s *survey) retries(r *run, m headroom.Model, process string) headroom.Estimate {
	conflicting := map[string]bool{}
	for _, c := range m.Classes {
		conflicting[c.Name] = c.Rule != nil
	}
	from, to := r.window()
	inWindow := map[uint64]bool{}
	for _, j := range r.journeys {
		inWindow[j.Arrival] = j.Scheduled >= from && j.Scheduled < to
	}
	retried, all := 0, 0
	for _, l := range r.lines {
		if l.class != unjoined && inWindow[l.arrival] && s.classes[l.class].process == process && conflicting[s.classes[l.class].name] {
			all++
			if l.tries > 1 {
				retried++
			}
		}
	}
	return proportion(retried, all)
}

func exact(v float64, how string) headroom.Estimate {
	return headroom.Estimate{Value: v, Low: v, High: v, Level: headroom.Level, N: 1, Method: how, Identified: true}
}

func mean(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// bootstrapped is a statistic of values at moments, resampled by blocks of time.
func bootstrapped(values, at []float64, statistic func([]float64) float64, o Options) headroom.Estimate {
	e := headroom.Estimate{Level: headroom.Level, N: len(values), Method: "measured, bootstrap over blocks of 5 s"}
	if len(values) == 0 {
		return e
	}
	e.Value = statistic(values)
	number := map[int]int{}
	var blocks [][]float64
	for i, v := range values {
		k := int(at[i] / block)
		if _, ok := number[k]; !ok {
			number[k] = len(blocks)
			blocks = append(blocks, nil)
		}
		blocks[number[k]] = append(blocks[number[k]], v)
	}
	var replicas []float64
	fit.Bootstrap{Blocks: len(blocks), Replications: o.Replications, Seed: o.Seed}.Each(func(_ int, times []int, _ *rand.Rand) {
		var drawn []float64
		for i, n := range times {
			for range n {
				drawn = append(drawn, blocks[i]...)
			}
		}
		replicas = append(replicas, statistic(drawn))
	})
	e.Identified = len(values) >= fewRequests && len(blocks) >= 4
	if !e.Identified && len(values) >= fewRequests {
		replicas = drained(values, at, statistic, o)
	}
	e.Low, e.High = min(e.Value, quantile(replicas, 0.05)), max(e.Value, quantile(replicas, 0.95))
	return e
}

// drained resamples a batch, which is one block of time and no more: the gaps
// between its documents' ends, five in a row, since they are what varies
// where all came at once.
func drained(values, at []float64, statistic func([]float64) float64, o Options) []float64 {
	const together = 5
	ends := make([]float64, len(values))
	var first float64
	for i := range values {
		ends[i] = at[i] + values[i]
		first = max(first, at[i])
	}
	sort.Float64s(ends)
	gaps := make([]float64, len(ends))
	for i, last := 0, min(first, ends[0]); i < len(ends); i++ {
		gaps[i], last = ends[i]-last, ends[i]
	}
	var out []float64
	for r := range o.Replications {
		random := rand.New(rand.NewPCG(o.Seed, uint64(r)))
		drawn := make([]float64, 0, len(gaps)+together)
		t := 0.0
		for len(drawn) < len(gaps) {
			from := random.IntN(len(gaps))
			for k := range together {
				t += gaps[(from+k)%len(gaps)]
				drawn = append(drawn, t)
			}
		}
		out = append(out, statistic(drawn[:len(gaps)]))
	}
	return out
}
