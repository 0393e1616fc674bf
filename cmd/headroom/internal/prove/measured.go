// Package prove puts forecasts beside measurements and says how wrong they
// were: what was measured of a run, in the forecast's own terms, figure by
// figure, and the scores over all of them. It runs nothing.
package prove

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results/stats"
)

// seed is that of every interval: the same run gives the same ones.
const seed = 0x70726f7665

// Measured is a run in the forecast's terms: of its whole window, which is what
// was forecast.
type Measured struct {
	Processes map[string]MeasuredProcess
	Retries   map[string]headroom.Estimate // by class, share of its requests that lost a try
	Speed     *headroom.Estimate           // CPU seconds of the speed probe's piece of work
	Others    *float64                     // cores busy with what is no part of the run
}

// MeasuredProcess is one process of a run. In its times a journey that failed
// counts as the longest of all, as in a forecast.
type MeasuredProcess struct {
	Journeys   int // scheduled in the window that ended well
	Failed     int
	Mean       headroom.Estimate
	P50, P95   headroom.Estimate
	Throughput headroom.Estimate // 1/s, journeys that ended well in the window
}

// Measure reads a run.
func Measure(run headroom.Run) (Measured, error) {
	h := run.Info().Schedule
	from, to := h.LeadIn, h.Duration()
	m := Measured{Processes: map[string]MeasuredProcess{}, Retries: map[string]headroom.Estimate{}}
	type own struct {
		at, took, ends []float64 // took of one that failed is infinite, until longest
		failed         int
		longest        float64
	}
	all := map[string]*own{}
	for j, err := range run.Journeys() {
		if err != nil {
			return m, err
		}
		p := all[j.Process]
		if p == nil {
			p = &own{}
			all[j.Process] = p
		}
		if j.Outcome == headroom.OK && j.End >= from && j.End < to {
			p.ends = append(p.ends, j.End)
		}
		if j.Scheduled < from || j.Scheduled >= to {
			continue
		}
		switch j.Outcome {
		case headroom.NothingToDo:
			continue
		case headroom.OK:
			p.took = append(p.took, j.End-j.Scheduled)
		default:
			p.failed++
			p.took = append(p.took, math.Inf(1))
		}
		p.at, p.longest = append(p.at, j.Scheduled), max(p.longest, j.End-j.Scheduled)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := all[name]
		for i, t := range p.took {
			p.took[i] = min(t, p.longest)
		}
		mean, at := stats.MeanAndQuantiles(inOrder(p.at, p.took), []float64{0.5, 0.95}, seed)
		m.Processes[name] = MeasuredProcess{Journeys: len(p.took) - p.failed, Failed: p.failed,
			Mean: mean, P50: at[0], P95: at[1], Throughput: throughput(p.ends, from, to)}
	}
	var err error
	if m.Retries, err = retries(run, from, to); err != nil {
		return m, err
	}
	if m.Speed, err = Speed(run); err != nil {
		return m, err
	}
	m.Others, err = Others(run)
	return m, err
}

// inOrder are values in the order of their times.
func inOrder[V any](at []float64, values []V) []V {
	order := make([]int, len(at))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	out := make([]V, len(values))
	for i, k := range order {
		out[i] = values[k]
	}
	return out
}

// pieces is how many parts of a window the interval of a throughput is from.
const pieces = 20

// throughput is the rate of ends, its interval from batches of the window.
func throughput(ends []float64, from, to float64) headroom.Estimate {
	counts := make([]float64, pieces*2)
	length := (to - from) / float64(len(counts))
	for _, t := range ends {
		counts[min(len(counts)-1, int((t-from)/length))]++
	}
	for i := range counts {
		counts[i] /= length
	}
	e := stats.BatchMeans(counts, pieces).Estimate
	e.N, e.Low = len(ends), max(0, e.Low)
	return e
}

// Speed is the machine's during a run's window; nil where nobody looked.
func Speed(run headroom.Run) (*headroom.Estimate, error) {
	h := run.Info().Schedule
	var values []float64
	for s, err := range run.Samples() {
		if err != nil {
			return nil, err
		}
		if s.Probe == "speed" && s.Metric == "unit_seconds" && s.T >= h.LeadIn && s.T < h.Duration() && s.Value > 0 {
			values = append(values, s.Value)
		}
	}
	if len(values) == 0 {
		return nil, nil
	}
	e := stats.BlockBootstrap(values, median, seed)
	return &e, nil
}

func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// retries are the shares of requests that lost a try, by class, of requests
// begun in the window that the server logged. Who loses one often makes the next
// one lose too, so that the intervals are stats.Share's.
func retries(run headroom.Run, from, to float64) (map[string]headroom.Estimate, error) {
	type request struct {
		arrival uint64
		n       int
	}
	type begun struct {
		class string
		at    float64
	}
	ours := map[request]begun{}
	for r, err := range run.Requests() {
		if err != nil {
			return nil, err
		}
		if r.Start >= from && r.Start < to {
			ours[request{r.Arrival, r.N}] = begun{r.Process + "." + r.Step, r.Start}
		}
	}
	at, lost := map[string][]float64{}, map[string][]bool{}
	for l, err := range run.Server() {
		if err != nil {
			return nil, err
		}
		if b, ok := ours[request{l.Arrival, l.N}]; ok {
			at[b.class], lost[b.class] = append(at[b.class], b.at), append(lost[b.class], l.Tries > 1)
		}
	}
	out := map[string]headroom.Estimate{}
	for class, events := range lost {
		out[class] = stats.Share(inOrder(at[class], events), seed)
	}
	return out, nil
}
