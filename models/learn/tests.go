package learn

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// atLeast is the chance that a Poisson variable of a mean is k or more:
// the regularised incomplete gamma function P(k, mean). k need not be whole.
func atLeast(k, mean float64) float64 {
	switch {
	case k <= 0:
		return 1
	case !(mean > 0):
		return 0
	}
	return mathext.GammaIncReg(k, mean)
}

// above is the chance that n arrivals or more come where mean are ordinary,
// with counts whose variance is dispersion times their mean: both are brought
// to units of which the variance is that of Poisson's law (quasi-Poisson).
func above(n, mean, dispersion float64) float64 {
	return atLeast(n/dispersion, mean/dispersion)
}

// below is the chance of n arrivals or fewer.
func below(n, mean, dispersion float64) float64 {
	return 1 - atLeast(n/dispersion+1, mean/dispersion)
}

// dispersion is the variance of counts over their mean, from neighbouring
// slots, which a course over the day moves little: for neighbours a and b of
// one rate (a-b)²/(a+b) has the mean of the dispersion. The highest tenth, where
// peaks begin and end, is left out. It is at least 1.
func dispersion(p *profile, from, to int) float64 {
	var v []float64
	for q := from; q+1 < to; q++ {
		// The last slots that were watched may be watched in part.
		if a, b := p.n[q], p.n[q+1]; a+b > 0 && p.time[q] > 0 && math.Abs(p.time[q]-p.time[q+1]) < 1 {
			v = append(v, (a-b)*(a-b)/(a+b))
		}
	}
	if len(v) < 8 {
		return 1
	}
	sortFloats(v)
	v = v[:len(v)-len(v)/10]
	var sum float64
	for _, x := range v {
		sum += x
	}
	// Without their highest tenth, squares of normal variables have 0.68 of their mean.
	const trimmed = 0.68
	return max(1, sum/float64(len(v))/trimmed)
}
