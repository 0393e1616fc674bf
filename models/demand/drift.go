package demand

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// Bounds of the time over which a machine's speed is taken to wander: shorter than a
// span is not seen, and longer than a run is not either.
const (
	shortestDrift = span / 2
	longestDrift  = 600.0
)

// drift is how the machine's speed wandered within runs, in terms of what requests
// take: nil where it did not, or where nobody looked.
//
// Variance and covariance are those of the odd readings with the even ones, of the same
// span and of neighbouring ones: the readings' own scatter has no part in them. The
// run's mean takes a span's share off the variance, as of any sample.
func (s *survey) drift() *headroom.Drift {
	var same, next, n, pairs float64
	for _, r := range s.runs {
		list := r.spans()
		if len(list) < 3 {
			continue
		}
		for i, x := range list {
			same += x.odd * x.even
			n++
			if i > 0 {
				y := list[i-1]
				next += (x.odd + x.even) * (y.odd + y.even) / 4
				pairs++
			}
		}
		n-- // of the mean
	}
	if !(n > 0) || !(pairs > 0) || !(same > 0) {
		return nil
	}
	variance, covariance := same/n, next/pairs
	d := headroom.Drift{SD: power(s.elasticity) * math.Sqrt(variance), Seconds: shortestDrift}
	if covariance > 0 {
		d.Seconds = longestDrift
		if covariance < variance {
			d.Seconds = min(longestDrift, max(shortestDrift, span/math.Log(variance/covariance)))
		}
	}
	return &d
}
