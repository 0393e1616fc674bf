package demand

import (
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// Bounds of the time over which a machine's speed is taken to wander: shorter than a
// span is not seen, and longer than a run is not either.
const (
	shortestDrift = span / 2
	longestDrift  = 600.0
)

// drift is how the machine's speed wandered, in terms of what requests take: nil
// where it did not, or where nobody looked.
//
// Between runs it is the standard deviation of their medians, each beside what the
// interference of its load explains, of three runs at least. Within runs, variance and covariance are those of the odd readings with the even ones, of the same
// span and of neighbouring ones: the readings' own scatter has no part in them. The
// run's mean takes a span's share off the variance, as of any sample.
func (s *survey) drift(i *headroom.Interference) *headroom.Drift {
	var same, next, n, pairs float64
	for _, r := range s.runs {
		list := r.spans()
		if len(list) < 3 {
			continue
		}
		for k, x := range list {
			same += x.odd * x.even
			n++
			if k > 0 {
				y := list[k-1]
				next += (x.odd + x.even) * (y.odd + y.even) / 4
				pairs++
			}
		}
		n-- // of the mean
	}
	d := headroom.Drift{Between: power(s.elasticity) * s.betweenRuns(i), Seconds: shortestDrift}
	if !(n > 0) || !(pairs > 0) || !(same > 0) {
		if d.Between > 0 {
			return &d
		}
		return nil
	}
	variance, covariance := same/n, next/pairs
	d.SD = power(s.elasticity) * math.Sqrt(variance)
	if covariance > 0 {
		d.Seconds = longestDrift
		if covariance < variance {
			d.Seconds = min(longestDrift, max(shortestDrift, span/math.Log(variance/covariance)))
		}
	}
	return &d
}

// betweenRuns is the standard deviation of the logarithm of the runs' speeds; 0 of
// fewer than three.
func (s *survey) betweenRuns(i *headroom.Interference) float64 {
	share := 0.0
	if i != nil {
		share = i.Share.Value
	}
	var levels []float64
	for _, r := range s.runs {
		c := r.observed.of("speed", "machine", "unit_seconds")
		if c == nil || len(c.t) < fewReadings {
			continue
		}
		unit, busy := fit.Quantile(c.v, 0.5), 0.0
		readings := r.readings()
		for _, x := range readings {
			busy += x.busy / float64(len(readings))
		}
		if unit > 0 {
			levels = append(levels, math.Log(unit/(1+share*busy)))
		}
	}
	if len(levels) < 3 {
		return 0
	}
	return fit.Spread(levels)
}
