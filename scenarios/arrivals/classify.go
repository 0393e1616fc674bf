package arrivals

import (
	"math"
	"time"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// surely is how many standard errors the local variation must be from 1 to
// say that gaps are regular or in bursts: 1 in 1,700 by chance.
const surely = 3.3

// explained is the chance of what a trend leaves, above which it is the whole
// difference from the rate.
const explained = 1e-3

// classify says in which way arrivals differ from a Poisson process that are
// known to do so. Neighbouring gaps tell regular and bursty ones, whatever the
// rate does. If they are as they should be, it is the rate: one that goes
// smoothly, by a few steps, or the same each day otherwise than stated is a
// wrong one; a level that goes up and down is over-dispersion.
func (s sample) classify(r *Result, tests *Result) {
	a := tests.alpha()
	_, z, ok := localVariation(s.u)
	d := tests.DispersionTest
	low := func(p float64) bool { return p < a }
	switch {
	case ok && z < -surely:
		r.Verdict = EvenlySpaced
	case ok && z > surely || s.together():
		r.Verdict, r.Cause = OverDispersed, Batches
	case d != nil && low(d.P) && d.Index < 1:
		r.Verdict = EvenlySpaced
	case low(tests.KS.P) || d != nil && low(d.P):
		if s.repeats(7*day) || !s.dayLevels() && s.trend() {
			r.Verdict, r.Cause = WrongRate, Shape
		} else {
			r.Verdict, r.Cause = OverDispersed, Levels
		}
	case tests.Count != nil && low(tests.Count.P):
		r.Verdict, r.Cause = WrongRate, Level
	default:
		r.Verdict = UnevenSpacing
	}
}

// trend reports whether a smooth or simple change of the rate explains the
// counts: a polynomial, at most three steps, or a profile that each day or
// week repeats.
func (s sample) trend() bool {
	n := len(s.u)
	counts := histogram(s.u, min(max(n/20, 8), 60))
	for degree := 1; degree <= 5 && degree+3 < len(counts); degree++ {
		if remains(counts, polynomial(counts, nil, degree), degree+1) > explained {
			return true
		}
	}
	if remains(counts, steps(counts), 5) > explained {
		return true
	}
	return s.repeats(day)
}

// together reports whether more arrivals share their nanosecond with another
// than chance lets them: a few bursts among many arrivals. (A grid has been
// taken out before.)
func (s sample) together() bool {
	ties := 0
	for i := 1; i < len(s.times); i++ {
		if s.times[i] == s.times[i-1] {
			ties++
		}
	}
	return float64(ties) > 5+0.02*float64(len(s.times))
}

// dayLevels reports whether whole days, of which there are at least three,
// differ in level and not along a line, or with a week of them a parabola: that
// is how days are, not how a rate goes.
func (s sample) dayLevels() bool {
	counts, expected := s.days()
	if len(counts) < 3 {
		return false
	}
	var n, e float64
	for i := range counts {
		n += counts[i]
		e += expected[i]
	}
	level := make([]float64, len(counts))
	for i := range level {
		level[i] = expected[i] * n / e
	}
	degree := 1
	if len(counts) >= 7 {
		degree = 2
	}
	return remains(counts, level, 1) < explained && remains(counts, polynomial(counts, expected, degree), degree+1) < explained
}

// remains is the chance of Pearson's chi-square of counts against what fits
// them with so many parameters.
func remains(counts, fitted []float64, parameters int) float64 {
	if fitted == nil || len(counts) <= parameters {
		return 0
	}
	var x2 float64
	for i, c := range counts {
		f := max(fitted[i], 0.5)
		x2 += (c - f) * (c - f) / f
	}
	return distuv.ChiSquared{K: float64(len(counts) - parameters)}.Survival(x2)
}

// polynomial fits counts by Poisson regression: their logarithm's expectation
// is that of the exposure (nil: 1 everywhere) and a polynomial of the degree in
// the index. Newton's method from the mean; nil when it does not converge.
func polynomial(counts, exposure []float64, degree int) []float64 {
	m, k := len(counts), degree+1
	x := mat.NewDense(m, k, nil)
	offset := make([]float64, m)
	var sum, exposed float64
	for i, c := range counts {
		if exposed++; exposure != nil {
			exposed += exposure[i] - 1
			offset[i] = math.Log(max(exposure[i], 1e-9))
		}
		t := 2*(float64(i)+0.5)/float64(m) - 1
		p0, p1 := 1.0, t
		for j := range k { // Legendre's polynomials, which hardly depend on one another
			x.Set(i, j, p0)
			p0, p1 = p1, (float64(2*j+3)*t*p1-float64(j+1)*p0)/float64(j+2)
		}
		sum += c
	}
	beta := mat.NewVecDense(k, nil)
	beta.SetVec(0, math.Log(max(sum, 1)/exposed))
	fitted := make([]float64, m)
	for range 50 {
		var eta mat.VecDense
		eta.MulVec(x, beta)
		weighted, score := mat.NewDense(m, k, nil), mat.NewVecDense(k, nil)
		for i := range m {
			fitted[i] = math.Exp(min(max(eta.AtVec(i)+offset[i], -20), 30))
			for j := range k {
				weighted.Set(i, j, x.At(i, j)*fitted[i])
				score.SetVec(j, score.AtVec(j)+x.At(i, j)*(counts[i]-fitted[i]))
			}
		}
		var information mat.Dense
		information.Mul(x.T(), weighted)
		var step mat.VecDense
		if err := step.SolveVec(&information, score); err != nil {
			return nil
		}
		length := mat.Norm(&step, 2)
		if math.IsNaN(length) {
			return nil
		}
		beta.AddScaledVec(beta, min(1, 3/max(length, 1e-12)), &step)
		if length < 1e-8 {
			return fitted
		}
	}
	return nil
}

// steps fits the best three levels with two changes between them.
func steps(counts []float64) []float64 {
	m := len(counts)
	sums := make([]float64, m+1)
	for i, c := range counts {
		sums[i+1] = sums[i] + c
	}
	// gain is a part's share of the log-likelihood, without what all fits share.
	gain := func(from, to int) float64 {
		n := sums[to] - sums[from]
		if n == 0 {
			return 0
		}
		return n * math.Log(n/float64(to-from))
	}
	best, first, second := math.Inf(-1), 0, 0
	for i := 1; i < m-1; i++ {
		for j := i + 1; j < m; j++ {
			if g := gain(0, i) + gain(i, j) + gain(j, m); g > best {
				best, first, second = g, i, j
			}
		}
	}
	fitted := make([]float64, m)
	for _, part := range [][2]int{{0, first}, {first, second}, {second, m}} {
		for i := part[0]; i < part[1]; i++ {
			fitted[i] = (sums[part[1]] - sums[part[0]]) / float64(part[1]-part[0])
		}
	}
	return fitted
}

// repeats reports whether one profile of the period explains the counts of
// its 24th parts, which needs at least two whole days, or three weeks.
func (s sample) repeats(period time.Duration) bool {
	const parts = 24
	slots := int((s.rate.To()-s.rate.From())*parts/period) / parts * parts
	if slots < 2*parts || period > day && slots < 3*parts {
		return false
	}
	counts, expected := make([]float64, slots), make([]float64, slots)
	for i := range slots {
		from := s.rate.From() + time.Duration(i)*period/parts
		expected[i] = s.rate.Until(from+period/parts) - s.rate.Until(from)
	}
	for _, t := range s.times {
		if i := int((t - s.rate.From()) * parts / period); i < slots {
			counts[i]++
		}
	}
	var e, n [parts]float64
	for i := range slots {
		e[i%parts] += expected[i]
		n[i%parts] += counts[i]
	}
	parameters := 0
	for i := range slots {
		if p := i % parts; e[p] > 0 {
			expected[i] *= n[p] / e[p]
		}
	}
	for _, v := range n {
		if v > 0 {
			parameters++
		}
	}
	return remains(counts, expected, parameters) > explained
}
