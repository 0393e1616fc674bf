package demand

import (
	"math"
	"math/rand/v2"

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
	// readingBlock is how many readings in a row are resampled together.
	readingBlock = 15
)

// A reading is when the piece of work was done, the share of the machine's other
// cores that were busy then, and how long it took.
type reading struct{ at, busy, unit float64 }

// interference fits
//
//	unit = alone · (1 + interference · busy)
//
// by least squares over all readings of all runs, with an interval from
// resampling blocks of them; nil where nobody looked, or the load was too even to
// tell.
func (s *survey) interference(o Options) *headroom.Interference {
	var all []reading
	for _, r := range s.runs {
		all = append(all, r.readings()...)
	}
	if len(all) < leastReadings || s.speed == nil {
		return nil
	}
	var busy []float64
	for _, x := range all {
		busy = append(busy, x.busy)
	}
	if fit.Quantile(busy, 0.95)-fit.Quantile(busy, 0.05) < leastRange {
		return nil
	}
	alone, share := straight(all)
	if !(alone > 0) || !(share > 0) {
		return nil
	}
	blocks := (len(all) + readingBlock - 1) / readingBlock
	var drawn []float64
	fit.Bootstrap{Blocks: blocks, Replications: o.Replications, Seed: o.Seed}.Each(func(_ int, times []int, _ *rand.Rand) {
		var sample []reading
		for b, n := range times {
			for range n {
				sample = append(sample, all[b*readingBlock:min(len(all), (b+1)*readingBlock)]...)
			}
		}
		if _, v := straight(sample); finite(v) {
			drawn = append(drawn, v)
		}
	})
	e := headroom.Estimate{Value: share, High: 2 * share, Level: headroom.Level, N: len(all),
		Method: "the probe's piece of work against the share of other cores that were busy"}
	if tail := (1 - headroom.Level) / 2; len(drawn) > 0 {
		e.Low, e.High = min(share, max(0, fit.Quantile(drawn, tail))), max(share, fit.Quantile(drawn, 1-tail))
	}
	e.Identified = e.Low > 0
	return &headroom.Interference{Share: e, Reference: min(1, max(0, (s.speed.Value/alone-1)/share))}
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

// straight is the line through the readings: its height at 0, and its slope
// beside that; NaN where there is none.
func straight(all []reading) (alone, share float64) {
	var n, sx, sy, sxx, sxy float64
	for _, p := range all {
		n++
		sx += p.busy
		sy += p.unit
		sxx += p.busy * p.busy
		sxy += p.busy * p.unit
	}
	d := n*sxx - sx*sx
	if !(d > 0) {
		return math.NaN(), math.NaN()
	}
	slope := (n*sxy - sx*sy) / d
	alone = (sy - slope*sx) / n
	return alone, slope / alone
}

// Drift is how many times as long the probe's piece of work took during a run as
// on the model's machine with as many cores busy: what is left is the machine's own
// change of speed, which no load explains. false where that is not known.
func Drift(in headroom.Run, m headroom.Model) (float64, bool, error) {
	if m.Speed == nil || !(m.Speed.Value > 0) {
		return 0, false, nil
	}
	o, err := readSamples(in, in.Info().ID)
	if err != nil {
		return 0, false, err
	}
	h := in.Info().Schedule
	var units, busy []float64
	r := run{observed: o}
	for _, x := range r.readings() {
		if x.at >= h.LeadIn && x.at < h.Duration() {
			units, busy = append(units, x.unit), append(busy, x.busy)
		}
	}
	if len(units) < fewReadings {
		return 0, false, nil
	}
	expected := m.Speed.Value
	if i := m.Interference; i != nil {
		expected *= (1 + i.Share.Value*mean(busy)) / (1 + i.Share.Value*i.Reference)
	}
	return fit.Quantile(units, 0.5) / expected, true, nil
}
