package layered

import "math"

const maxTries = 5 // Odoo's

// retries is what losses make of a request: moments over its tries.
type retries struct {
	lost    float64 // probability that the first try loses
	tries   float64 // mean number
	work    float64 // mean work done, in units of one whole try
	square  float64 // mean square of it
	sleep   float64 // s, mean
	spread  float64 // s², variance of the sleep
	success float64 // probability that the request succeeds
}

// heat is how unequal requests are in the rivals that they meet, when that
// belongs to the request (its document) and not to the try: points of a
// distribution with mean 1, and their weights. Empty for all alike.
type heat struct{ at, weight []float64 }

// loss is the probability that a try loses for each point of heat.
func retry(lost, at float64, h heat) retries {
	return retryBy(func(float64) float64 { return lost }, at, h)
}

// retryBy follows from the probability that a try of a request of some heat
// loses, and at, the share of its work that a losing try has done. The sleep
// after try t is uniform(0, 2^t) s.
func retryBy(lost func(heat float64) float64, at float64, h heat) retries {
	if len(h.at) == 0 {
		h = heat{[]float64{1}, []float64{1}}
	}
	var r retries
	var sleepSquare float64
	for i, x := range h.at {
		p, weight := lost(x), h.weight[i]
		r.lost += weight * p
		reach, mean, square := weight, 0.0, 0.0 // of all sleeps up to try t, given that it happens
		for t := 1; t <= maxTries; t++ {
			r.tries += reach
			well, badly := float64(t-1)*at+1, float64(t)*at
			ends := reach * (1 - p)
			r.work += ends * well
			r.square += ends * well * well
			if t == maxTries {
				r.work += reach * p * badly
				r.square += reach * p * badly * badly
				ends = reach
			}
			r.sleep += ends * mean
			sleepSquare += ends * square
			if t < maxTries {
				top := math.Ldexp(1, t)
				square += 2*mean*top/2 + top*top/3
				mean += top / 2
			}
			reach *= p
		}
		r.success += weight - reach
	}
	r.spread = max(0, sleepSquare-r.sleep*r.sleep)
	return r
}

// gammaHeat is three points that have the first five moments of a gamma
// distribution with mean 1 and the given variance (Gauss quadrature after Golub
// and Welsch 1969, from the recurrence of Laguerre's polynomials).
func gammaHeat(variance float64) heat {
	if variance < 1e-6 {
		return heat{}
	}
	k := 1 / variance
	a := [3]float64{k, k + 2, k + 4}
	b1, b2 := k, 2*(k+1) // squares
	mean := (a[0] + a[1] + a[2]) / 3
	// Eigenvalues of the tridiagonal matrix by the cosine formula.
	d0, d1, d2 := a[0]-mean, a[1]-mean, a[2]-mean
	p := math.Sqrt((d0*d0 + d1*d1 + d2*d2 + 2*b1 + 2*b2) / 6)
	det := d0*(d1*d2-b2) - b1*d2
	phi := math.Acos(min(1, max(-1, det/(2*p*p*p)))) / 3
	out := heat{make([]float64, 3), make([]float64, 3)}
	var sum, first float64
	for i := range 3 {
		x := max(0, mean+2*p*math.Cos(phi+2*math.Pi*float64(i)/3))
		v1 := (x - a[0]) / math.Sqrt(b1)
		v2 := ((x-a[1])*v1 - math.Sqrt(b1)) / math.Sqrt(b2)
		w := 1 / (1 + v1*v1 + v2*v2)
		out.at[i], out.weight[i] = x, w
		sum, first = sum+w, first+w*x
	}
	for i := range 3 {
		out.weight[i] /= sum
		out.at[i] *= sum / first
	}
	return out
}
