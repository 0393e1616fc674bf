package demand

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// How cores disturb each other is read off the probe "speed", which does the same
// piece of work each second, whatever the others do then.
const (
	// leastReadings of the probe, and leastRange of the share of other cores that
	// were busy then, are wanted.
	leastReadings = 120
	leastRange    = 0.15
	// readingBlock is how many readings in a row are compared with each other, and
	// resampled together: over a longer time the machine's own speed drifts.
	readingBlock = 20
)

// A reading is when the piece of work was done, the share of the machine's other
// cores that were busy then, and how long it took.
type reading struct{ at, busy, unit float64 }

// interference fits
//
//	unit = alone · (1 + interference · busy)
//
// by least squares over the readings' distances from the means of their blocks,
// with an interval from resampling these; nil where nobody looked, or the load was too
// even to tell. Between blocks the machine's own speed changes, and where it
// happened to be slow under the higher load it would pass for interference: runs
// minutes apart said 0.6 of a machine that within each of them said 0.1 to 0.3.
func (s *survey) interference(o Options) *headroom.Interference {
	var all []reading
	var blocks [][]reading
	var usual []float64
	for _, r := range s.runs {
		readings := r.readings()
		if len(readings) > 0 {
			var sum float64
			for _, x := range readings {
				sum += x.busy
			}
			usual = append(usual, sum/float64(len(readings)))
		}
		all = append(all, readings...)
		blocks = slices.AppendSeq(blocks, slices.Chunk(readings, readingBlock))
	}
	if len(all) < leastReadings || s.speed == nil {
		return nil
	}
	var busy, units []float64
	for _, x := range all {
		busy, units = append(busy, x.busy), append(units, x.unit)
	}
	if fit.Quantile(busy, 0.95)-fit.Quantile(busy, 0.05) < leastRange {
		return nil
	}
	centre := reading{busy: mean(busy), unit: mean(units)}
	alone, share := spansLine(blocks, nil, centre)
	if !(alone > 0) || !(share > 0) {
		return nil
	}
	var drawn []float64
	fit.Bootstrap{Blocks: len(blocks), Replications: o.Replications, Seed: o.Seed}.Each(func(_ int, times []int, _ *rand.Rand) {
		if _, v := spansLine(blocks, times, centre); finite(v) {
			drawn = append(drawn, v)
		}
	})
	e := headroom.Estimate{Value: share, High: 2 * share, Level: headroom.Level, N: len(all),
		Method: "the probe's piece of work against the share of other cores that were busy, within spans of seconds"}
	if tail := (1 - headroom.Level) / 2; len(drawn) > 0 {
		e.Low, e.High = min(share, max(0, fit.Quantile(drawn, tail))), max(share, fit.Quantile(drawn, 1-tail))
	}
	e.Identified = e.Low > 0
	// Speed is the median of the runs' (findPaces), and so are their loads.
	probed := fit.Quantile(usual, 0.5)
	return &headroom.Interference{Share: e, Reference: probed, Probed: probed}
}

// readings of a run; none where the machine has one core or was not looked at.
func (r *run) readings() []reading {
	host, units := r.observed.of("generator", "host", "cpu_seconds"), r.observed.of("speed", "machine", "unit_seconds")
	cores := r.machineCores()
	if host == nil || units == nil || !(cores >= 2) {
		return nil
	}
	var out []reading
	for i, t := range units.t {
		used, ok := host.between(t-1, t+1)
		if t < host.t[0]+1 || t > host.t[len(host.t)-1]-1 || !ok {
			continue
		}
		out = append(out, reading{t, othersBusy(used/2, cores), units.v[i]})
	}
	return out
}

// othersBusy is the expected share of c-1 other cores that are busy beside one
// that begins to work, when x of c cores are busy on the mean and independently: a
// machine gives newcomers an idle core, so that with n at work min(n, c-1) of the
// others are,
//
//	(x - (x/c)^c) / (c - 1).
func othersBusy(x, c float64) float64 {
	x = min(max(0, x), c)
	return (x - math.Pow(x/c, c)) / (c - 1)
}

// spansLine is the line through the readings' distances from the means of their
// blocks, each block as often as times says (nil: once), laid through the centre: its
// height at 0, and its slope beside that; NaN where there is none.
func spansLine(blocks [][]reading, times []int, centre reading) (alone, share float64) {
	var sxx, sxy float64
	for i, b := range blocks {
		n := 1.0
		if times != nil {
			n = float64(times[i])
		}
		var x, y float64
		for _, p := range b {
			x += p.busy / float64(len(b))
			y += p.unit / float64(len(b))
		}
		for _, p := range b {
			sxx += n * (p.busy - x) * (p.busy - x)
			sxy += n * (p.busy - x) * (p.unit - y)
		}
	}
	if !(sxx > 0) {
		return math.NaN(), math.NaN()
	}
	slope := sxy / sxx
	alone = centre.unit - slope*centre.busy
	return alone, slope / alone
}
