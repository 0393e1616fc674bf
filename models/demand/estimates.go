package demand

import (
	"math"
	"math/rand/v2"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

func quantile(v []float64, q float64) float64 { return fit.Quantile(v, q) }

// demands is what the law and the log say together.
type demands struct {
	demand     [][2]headroom.Estimate // by class
	background map[string]headroom.Estimate
	delay      []headroom.Estimate // by class
	factor     []float64           // the law's unknowns
	between    [2]float64          // relative spread between runs, by station
}

// demands are factor × the log's mean, with intervals from a bootstrap over
// blocks of time in which the priors are drawn as well.
func (s *survey) demands(w *law, tallies []tally, o Options) (demands, error) {
	factor, err := w.solve(nil, nil)
	if err != nil {
		return demands{}, err
	}
	again, err := s.resample(w, tallies, o)
	if err != nil {
		return demands{}, err
	}
	mean := s.means(tallies, nil)
	unjoined := s.unjoinedRates()
	d := demands{background: map[string]headroom.Estimate{}, factor: factor}
	pooled := s.pooledVariation(tallies)
	ratio, noise := w.closures(factor, len(s.runs))
	d.between = between(ratio, noise)
	s.sayClosures(ratio, noise)
	for c := range s.classes {
		var both [2]headroom.Estimate
		for st := range stationNames {
			if s.classes[c].direct {
				both[st] = directDemand(st, factor[w.at(st, c)]*s.directTime(c, 0), again.demand[c][st], s.classes[c].requests)
				continue
			}
			doubt := [2]float64{app: s.awayDoubt[c]}
			both[st] = positive(factor[w.at(st, c)]*mean[c][st], again.demand[c][st], tallies[c], pooled[st], math.Hypot(d.between[st], doubt[st]))
			both[st].Method = method(w.reduced[st])
		}
		d.demand = append(d.demand, both)
		d.delay = append(d.delay, s.delay(c, mean[c], both, again, tallies[c].clean, w))
	}
	for st, name := range stationNames {
		e := headroom.Estimate{
			Value: w.background(factor, st, unjoined),
			Level: headroom.Level, N: len(w.rows), Method: method(w.reduced[st]), Identified: w.reduced[st],
		}
		e.Low, e.High = min(e.Value, quantile(again.idle[st], 0.05)), max(e.Value, quantile(again.idle[st], 0.95))
		d.background[name] = e
	}
	return d, nil
}

// background is what a station does whatever our load is: idle work and lines
// that are not ours.
func (w *law) background(factor []float64, st int, unjoined [2]float64) float64 {
	return factor[w.at(st, w.idle())] + factor[w.at(st, w.unjoined())]*unjoined[st]
}

// replicas are the bootstrap's.
type replicas struct {
	demand [][2][]float64 // by class
	beyond [][]float64    // by class: the mean seconds of a try, freed of sharing, less its demands
	idle   [2][]float64
}

func (s *survey) resample(w *law, tallies []tally, o Options) (replicas, error) {
	out := replicas{demand: make([][2][]float64, len(s.classes)), beyond: make([][]float64, len(s.classes))}
	sampled := s.sumsByBlock(w, tallies)
	unjoined := s.unjoinedRates()
	direct := make([]float64, len(s.classes))
	for c := range direct {
		direct[c] = s.directTime(c, 0)
	}
	var failed error
	boot := fit.Bootstrap{Blocks: len(w.starts), Replications: o.Replications, Seed: o.Seed ^ 0x64656d616e64}
	boot.Each(func(_ int, times []int, random *rand.Rand) {
		f, err := w.solve(times, random)
		if err != nil {
			failed = err
			return
		}
		for c := range s.classes {
			var beyond float64
			for st := range stationNames {
				m := sampled.mean(c, st, times)
				beyond += m - f[w.at(st, c)]*m
				if s.classes[c].direct {
					m = direct[c]
				}
				if !math.IsNaN(m) {
					out.demand[c][st] = append(out.demand[c][st], f[w.at(st, c)]*m)
				}
			}
			if !math.IsNaN(beyond) { // no try of it was drawn
				out.beyond[c] = append(out.beyond[c], beyond)
			}
		}
		for st := range stationNames {
			out.idle[st] = append(out.idle[st], w.background(f, st, unjoined))
		}
	})
	return out, failed
}

func method(counted bool) string {
	if counted {
		return "request log, de-stretched, and utilization law"
	}
	return "request log, de-stretched"
}

// positive is an estimate of a positive figure with replicas: symmetric in
// the logarithm, and no narrower than as many observations of that spread as the
// tally has allow. between is the relative spread between runs.
func positive(value float64, replicas []float64, t tally, variation, between float64) headroom.Estimate {
	n := t.clean
	e := headroom.Estimate{Level: headroom.Level, N: n}
	if n == 0 || math.IsNaN(value) || math.IsInf(value, 0) {
		return e
	}
	e.Value = value
	if value <= 0 {
		if len(replicas) > 0 {
			e.High = max(0, quantile(replicas, 0.95))
		}
		return e
	}
	logs := make([]float64, 0, len(replicas))
	for _, r := range replicas {
		logs = append(logs, math.Log(max(r, value*1e-3)))
	}
	half := fit.StudentT(headroom.Level, 1000) * fit.Spread(logs)
	// A bootstrap of few requests is too sure of itself.
	cv := math.Sqrt(max(0.05, variation))
	drawn := max(1, t.drawn)
	sampled := fit.StudentT(headroom.Level, max(1, drawn-1)) * cv / math.Sqrt(float64(drawn))
	half = max(half, math.Hypot(sampled, fit.StudentT(headroom.Level, 1000)*classSpread))
	half = math.Hypot(half, fit.StudentT(headroom.Level, 1000)*between)
	half = min(half, 5)
	e.Low, e.High = value*math.Exp(-half), value*math.Exp(half)
	e.Identified = n >= fewRequests && half < 0.7 // within a factor of two
	return e
}

// directDemand is a direct read's CPU demand: nothing, unless the counters
// show it clearly.
func directDemand(st int, value float64, replicas []float64, n int) headroom.Estimate {
	e := headroom.Estimate{Level: headroom.Level, N: n, Method: "utilization law; holds no worker"}
	if st == app || len(replicas) == 0 {
		return e
	}
	low, high := quantile(replicas, 0.05), quantile(replicas, 0.95)
	e.High = max(0, high)
	if low > 0.2*value && n >= fewRequests {
		e.Value, e.Low, e.High, e.Identified = value, min(low, value), max(high, value), true
	}
	return e
}

// blockSums are classes' sums by block of time.
type blockSums [][]sums // [block][class]

func (s *survey) sumsByBlock(w *law, tallies []tally) blockSums {
	// Blocks that the counters do not reach still hold lines.
	var lost []blockKey
	known := map[blockKey]int{}
	for i, k := range w.starts {
		known[k] = i
	}
	out := make(blockSums, len(w.starts))
	for i := range out {
		out[i] = make([]sums, len(s.classes))
	}
	for i, r := range s.runs {
		for j := range r.lines {
			l := &r.lines[j]
			if !l.timed() {
				continue
			}
			k := blockKey{i, max(0, int(l.start/block))}
			at, ok := known[k]
			if !ok {
				lost = append(lost, k)
				continue
			}
			out[at][l.class].add(l, tallies[l.class].weight(l))
		}
	}
	if len(lost) > 0 {
		s.warn("%d requests lie outside of the observed time and widen no interval", len(lost))
	}
	return out
}

func (b blockSums) mean(c, st int, times []int) float64 {
	var work, weight float64
	for i, n := range times {
		work += float64(n) * b[i][c].work[st]
		weight += float64(n) * b[i][c].weight[st]
	}
	return work / weight
}

// unjoinedRates are CPU seconds a second, as the log has them, of lines that
// are no request of ours.
func (s *survey) unjoinedRates() [2]float64 {
	var out [2]float64
	var time float64
	for _, r := range s.runs {
		for _, l := range r.lines {
			if l.class == unjoined && l.end > 0 && l.start < r.span {
				out[app] += l.work[app]
				out[database] += l.work[database]
			}
		}
		time += r.span
	}
	if time > 0 {
		out[app], out[database] = out[app]/time, out[database]/time
	}
	return out
}

// pooledVariation is the median squared variation of well-seen classes.
func (s *survey) pooledVariation(tallies []tally) [2]float64 {
	var seen [2][]float64
	for c, v := range s.variation(tallies) {
		if tallies[c].clean >= fewRequests {
			seen[app] = append(seen[app], v[app])
			seen[database] = append(seen[database], v[database])
		}
	}
	out := [2]float64{1, 1}
	for st := range out {
		if len(seen[st]) > 0 {
			out[st] = quantile(seen[st], 0.5)
		}
	}
	return out
}
