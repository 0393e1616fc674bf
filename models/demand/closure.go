package demand

import "math"

// closures is how far the utilization law closes in each run, by station: CPU seconds
// counted over those that the factors and the background say, for all rows of
// the run; 0 where the station was not counted alone. With it goes the relative
// error that noise alone gives the ratio.
func (w *law) closures(factor []float64, runs int) (ratio, noise [][2]float64) {
	ratio, noise = make([][2]float64, runs), make([][2]float64, runs)
	type sums struct{ counted, said, n float64 }
	all := make([][2]sums, runs)
	for _, r := range w.rows {
		if r.kind == hostKind {
			continue
		}
		s := &all[w.starts[r.block].run][r.kind]
		s.counted += r.y
		s.n++
		for c := range w.width() {
			s.said += factor[w.at(r.kind, c)] * r.x[w.at(r.kind, c)]
		}
	}
	for i := range all {
		for st, s := range all[i] {
			if s.said > 0 && s.counted > 0 {
				ratio[i][st] = s.counted / s.said
				noise[i][st] = math.Sqrt(w.noise*s.n) / s.said
			}
		}
	}
	return ratio, noise
}

// between is the relative spread of demands between runs at each station beyond
// what noise within them explains (DerSimonian and Laird, Controlled Clinical
// Trials 7, 1986): warm caches, the data's state and what the speed probe does
// not see move all demands of a run together. 0 with fewer than two runs.
func between(ratio, noise [][2]float64) [2]float64 {
	var out [2]float64
	for st := range stationNames {
		var n, sum, weights, squares float64
		for i := range ratio {
			if ratio[i][st] > 0 && noise[i][st] > 0 {
				v := 1 / (noise[i][st] * noise[i][st])
				n++
				weights += v
				squares += v * v
				sum += v * ratio[i][st]
			}
		}
		if n < 2 {
			continue
		}
		m, q := sum/weights, 0.0
		for i := range ratio {
			if ratio[i][st] > 0 && noise[i][st] > 0 {
				d := (ratio[i][st] - m) / noise[i][st]
				q += d * d
			}
		}
		out[st] = math.Sqrt(max(0, (q-(n-1))/(weights-squares/weights)))
	}
	return out
}

// closesWithin is how far a run's law may be open before it is told.
const closesWithin = 0.05

// sayClosures tells of runs in which the law does not close.
func (s *survey) sayClosures(ratio, noise [][2]float64) {
	for i, r := range s.runs {
		for st, name := range stationNames {
			off := ratio[i][st] - 1
			if ratio[i][st] > 0 && math.Abs(off) > closesWithin && math.Abs(off) > 2*noise[i][st] {
				s.warn("the %s of run %s used %.0f %% %s CPU than the model's demands say: its requests were not those of the other runs (another state of the data or of caches, another speed)", name, r.info.ID, 100*math.Abs(off), moreOrLess(off))
			}
		}
	}
}

func moreOrLess(x float64) string {
	if x > 0 {
		return "more"
	}
	return "less"
}
