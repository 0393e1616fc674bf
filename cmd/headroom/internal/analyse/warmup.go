package analyse

import (
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results/stats"
)

// maxWarmupPoints bounds the series that a report shows of a warm-up.
const maxWarmupPoints = 400

// findWarmup looks for the part of a stationary window that does not belong to
// its steady state; nil where load was not stationary.
//
// The series is the times of successful journeys in the order of their
// scheduled times, those of each process scaled to the mean of all: else the
// mix would hide the level.
func (e *evidence) findWarmup() *headroom.Warmup {
	if e.window.From >= e.window.To || !e.stationary() {
		return nil
	}
	var rows []row
	sums, counts := make([]float64, len(e.journeys.processes)), make([]float64, len(e.journeys.processes))
	total := 0.0
	for _, r := range e.journeys.in(e.whole(), "") {
		if r.outcome == okRow {
			rows = append(rows, r)
			sums[r.process] += r.response()
			counts[r.process]++
			total += r.response()
		}
	}
	values := make([]float64, len(rows))
	for i, r := range rows {
		if own := sums[r.process] / counts[r.process]; own > 0 {
			values[i] = r.response() / own * total / float64(len(rows))
		}
	}
	t := stats.MSER5(values)
	w := &headroom.Warmup{Found: t.Found, T: []float64{}, Mean: []float64{}, MSER: []float64{}}
	if t.Cut > 0 {
		w.Seconds = rows[t.Cut].scheduled - e.window.From
	}
	size := 0
	if len(t.Means) > 0 {
		size = len(values) / len(t.Means)
	}
	step := 1 + len(t.Means)/maxWarmupPoints
	for i := 0; i < len(t.Means); i += step {
		if math.IsNaN(t.Statistic[i]) {
			break // the last batches are no candidates
		}
		w.T = append(w.T, rows[i*size].scheduled)
		w.Mean = append(w.Mean, stats.Mean(t.Means[i:min(i+step, len(t.Means))]))
		w.MSER = append(w.MSER, t.Statistic[i])
	}
	return w
}

// unevenAt is the Kolmogorov statistic, times √n, above which arrivals are not
// spread evenly: it is exceeded in one of a thousand windows of a constant rate
// (Kolmogorov 1933: 2 Σ (-1)^(k-1) exp(-2k²x²) = 0.001 at x = 1.95). Being
// wrong costs little: the window is then reported whole.
const unevenAt = 1.95

// stationary says whether nothing of the calendar changes the load in the
// window: no peak, no batch, no occasion, no operator who logs on or off, and
// arrivals at a constant rate; nor an event of the plan, whose trouble would be
// cut off for a warm-up.
func (e *evidence) stationary() bool {
	w := e.window
	for _, s := range e.info.Schedule.Spans {
		if s.From < w.To && s.To > w.From {
			return false
		}
	}
	type source struct{ process, site uint16 }
	for _, s := range e.samples.incidents {
		if s.From < w.To && s.To >= w.From {
			return false
		}
	}
	open, together := map[source][]float64{}, []float64(nil)
	for a, err := range e.run.Arrivals() {
		if err != nil {
			return false // nothing is known of the load
		}
		at, until := a.At.Seconds(), a.Until.Seconds()
		inside := at >= w.From && at < w.To
		switch {
		case a.Kind == headroom.Closed:
			if inside || until > w.From && until < w.To {
				return false
			}
		case inside && a.Kind == headroom.Open:
			s := source{a.Process, a.Site}
			place := (at - w.From) / (w.To - w.From)
			open[s], together = append(open[s], place), append(together, place)
		case inside:
			return false
		}
	}
	for _, places := range open {
		if uneven(places) {
			return false
		}
	}
	return !uneven(together) // what many small sources have in common shows in none of them
}

// uneven says whether places in [0, 1) are not uniform there.
func uneven(places []float64) bool {
	slices.Sort(places)
	n := float64(len(places))
	var d float64
	for i, x := range places {
		d = max(d, float64(i+1)/n-x, x-float64(i)/n)
	}
	return d*math.Sqrt(n) > unevenAt
}
