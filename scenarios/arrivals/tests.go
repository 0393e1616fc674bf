package arrivals

import (
	"math"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// dispersion counts points of [0, 1] in equal intervals of ten on average, of
// which there are at most 200. Given the number of points, (m-1) times the
// index is chi-square with m-1 degrees of freedom. It is nil below 20 points.
func dispersion(u []float64) *Dispersion {
	m := min(len(u)/10, 200)
	if m < 2 {
		return nil
	}
	counts := histogram(u, m)
	mean := float64(len(u)) / float64(m)
	var x2 float64
	for _, c := range counts {
		x2 += (c - mean) * (c - mean) / mean
	}
	chi := distuv.ChiSquared{K: float64(m - 1)}
	d := &Dispersion{Index: x2 / chi.K, Intervals: m, Mean: mean,
		Low: x2 / chi.Quantile(0.975), High: x2 / chi.Quantile(0.025)}
	d.P = min(1, 2*min(chi.CDF(x2), chi.Survival(x2)))
	return d
}

func histogram(u []float64, m int) []float64 {
	counts := make([]float64, m)
	for _, x := range u {
		counts[min(int(x*float64(m)), m-1)]++
	}
	return counts
}

// countTest is two-sided: twice the smaller tail, at most 1.
func countTest(observed int, expected float64) *Count {
	c := &Count{Observed: observed, Expected: expected}
	p := distuv.Poisson{Lambda: expected}
	below := p.CDF(float64(observed))
	above := 1.0
	if observed > 0 {
		above = p.Survival(float64(observed - 1))
	}
	c.P = min(1, 2*min(below, above))
	return c
}

// localVariation looks at pairs of neighbouring gaps that share no gap: for
// exponential gaps of one rate x = (a-b)/(a+b) is uniform on (-1, 1), so that
// x² has the mean 1/3 and the variance 4/45. It returns 3 times the mean and
// how many standard errors that is from 1. Two gaps of 0 are a burst: x² = 1.
func localVariation(u []float64) (lv, z float64, ok bool) {
	pairs := (len(u) - 1) / 2
	if pairs < 5 {
		return 0, 0, false
	}
	var sum float64
	for i := range pairs {
		a, b := u[2*i+1]-u[2*i], u[2*i+2]-u[2*i+1]
		x := 1.0
		if a+b > 0 {
			x = (a - b) / (a + b)
		}
		sum += x * x
	}
	mean := sum / float64(pairs)
	return 3 * mean, (mean - 1./3) / math.Sqrt(4./45/float64(pairs)), true
}

const day = 24 * time.Hour

// days are the counts of whole days from the span's start, and what the rate
// lets expect in each.
func (s sample) days() (counts, expected []float64) {
	if s.rate == nil {
		return nil, nil
	}
	n := int((s.rate.To() - s.rate.From()) / day)
	counts, expected = make([]float64, n), make([]float64, n)
	for i := range n {
		from := s.rate.From() + time.Duration(i)*day
		expected[i] = s.rate.Until(from+day) - s.rate.Until(from)
	}
	for _, t := range s.times {
		if i := int((t - s.rate.From()) / day); i < n {
			counts[i]++
		}
	}
	return counts, expected
}

// dayVariation is the moment estimate of the coefficient of variation of a
// factor that each day's rate has; nil below three days.
func (s sample) dayVariation() *float64 {
	counts, expected := s.days()
	if len(counts) < 3 {
		return nil
	}
	var sumE, sumN float64
	for i := range counts {
		sumE += expected[i]
		sumN += counts[i]
	}
	if sumE == 0 || sumN == 0 {
		return nil
	}
	days := float64(len(counts))
	var over, squares float64
	for i, n := range counts {
		e := expected[i] * sumN / sumE
		// The expectation takes one degree of freedom, which the factor gives back.
		over += (n-e)*(n-e)*days/(days-1) - e
		squares += e * e
	}
	cv := math.Sqrt(max(0, over/squares))
	return &cv
}
