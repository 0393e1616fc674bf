package arrivals

import (
	"math"
	"slices"
)

// exactUpTo is the number of points up to which the exact distribution of
// Kolmogorov's statistic is used. Beyond it the corrected limit is off by less
// than 2e-4 in p.
const exactUpTo = 200

// A Test is a test's statistic, how likely one at least as large is of a
// Poisson process, and how that was computed.
type Test struct {
	Statistic float64 `json:"statistic"`
	P         float64 `json:"p"`
	N         int     `json:"n"`      // points that it was computed from
	Method    string  `json:"method"` // "exact" or "asymptotic"
}

// kolmogorov tests sorted points of [0, 1] for uniformity: D is the largest
// distance between their empirical distribution and the line.
func kolmogorov(u []float64) Test {
	n := len(u)
	var d float64
	for i, x := range u {
		d = max(d, float64(i+1)/float64(n)-x, x-float64(i)/float64(n))
	}
	t := Test{Statistic: d, N: n, Method: "exact"}
	if n > exactUpTo {
		t.Method = "asymptotic"
		t.P = kolmogorovLimit(n, d)
	} else {
		t.P = kolmogorovExact(n, d)
	}
	t.P = min(max(t.P, 0), 1)
	return t
}

// kolmogorovExact is P(D_n >= d). Source: Marsaglia, Tsang and Wang,
// "Evaluating Kolmogorov's distribution", J. Stat. Software 8(18), 2003:
// P(D_n < d) = n!/n^n t_kk with T = H^n, k = ceil(nd), h = k - nd. In the far
// tail, where H^n would be of 1e-7 or less, its authors' approximation.
func kolmogorovExact(n int, d float64) float64 {
	nf := float64(n)
	if d <= 0.5/nf {
		return 1
	}
	if d >= 1 {
		return 0
	}
	s := d * d * nf
	if s > 18 || (s > 3.76 && n > 99) {
		return min(1, 2*math.Exp(-(2.000071+0.331/math.Sqrt(nf)+1.409/nf)*s))
	}
	k := int(nf*d) + 1
	m := 2*k - 1
	h := float64(k) - nf*d
	q, exponent := powerOf(hMatrix(m, h), m, n)
	v := q[(k-1)*m+k-1]
	for i := 1; i <= n; i++ {
		v = v * float64(i) / nf
		if v < 1e-140 {
			v *= 1e140
			exponent -= 140
		}
	}
	return 1 - v*math.Pow(10, float64(exponent))
}

func hMatrix(m int, h float64) []float64 {
	a := make([]float64, m*m)
	for i := range m {
		for j := range m {
			if i-j+1 >= 0 {
				a[i*m+j] = 1
			}
		}
	}
	for i := range m {
		a[i*m] -= math.Pow(h, float64(i+1))
		a[(m-1)*m+i] -= math.Pow(h, float64(m-i))
	}
	if 2*h-1 > 0 {
		a[(m-1)*m] += math.Pow(2*h-1, float64(m))
	}
	for i := range m {
		for j := range m {
			for g := 2; g <= i-j+1; g++ {
				a[i*m+j] /= float64(g)
			}
		}
	}
	return a
}

// powerOf is a^n, scaled by ten to the exponent.
func powerOf(a []float64, m, n int) ([]float64, int) {
	if n == 1 {
		return slices.Clone(a), 0
	}
	v, e := powerOf(a, m, n/2)
	b := times(v, v, m)
	e *= 2
	if n%2 == 1 {
		b = times(a, b, m)
	}
	if b[(m/2)*m+m/2] > 1e140 {
		for i := range b {
			b[i] *= 1e-140
		}
		e += 140
	}
	return b, e
}

func times(a, b []float64, m int) []float64 {
	c := make([]float64, m*m)
	for i := range m {
		for k := range m {
			if x := a[i*m+k]; x != 0 {
				for j := range m {
					c[i*m+j] += x * b[k*m+j]
				}
			}
		}
	}
	return c
}

// kolmogorovLimit is P(D_n >= d) by Kolmogorov's limit at
// z + 1/(6 sqrt n) + (z-1)/(4n), z = d sqrt n. Source of the correction: Vrbik,
// "Small-sample corrections to Kolmogorov-Smirnov test statistic", 2018.
func kolmogorovLimit(n int, d float64) float64 {
	root := math.Sqrt(float64(n))
	z := d * root
	z += 1/(6*root) + (z-1)/(4*float64(n))
	if z <= 0 {
		return 1
	}
	if z < 1 { // the theta function's other series, which converges there
		var sum float64
		for k := 1.0; k < 20; k += 2 {
			sum += math.Exp(-k * k * math.Pi * math.Pi / (8 * z * z))
		}
		return 1 - math.Sqrt(2*math.Pi)/z*sum
	}
	var sum float64
	for k := 1.0; k < 20; k++ {
		sum += math.Copysign(math.Exp(-2*k*k*z*z), math.Mod(k, 2)-0.5)
	}
	return 2 * sum
}

// lewis tests sorted points of [0, 1] by their gaps: Durbin's transformation
// of the n+1 sorted gaps c(1) <= … <= c(n+1), which sum to 1, to
// w(r) = sum over j <= r of (n+2-j)(c(j) - c(j-1)), is distributed as n sorted
// uniform points if the gaps are those of a Poisson process. It sees spacing
// that is too even or too uneven, where kolmogorov sees a wrong rate. Sources:
// Durbin, Biometrika 48, 1961; Lewis, Biometrika 52, 1965.
func lewis(u []float64) Test { return kolmogorov(durbin(u)) }

func durbin(u []float64) []float64 {
	n := len(u)
	c := make([]float64, n+1)
	last := 0.0
	for i, x := range u {
		c[i], last = x-last, x
	}
	c[n] = 1 - last
	slices.Sort(c)
	w := make([]float64, n)
	var sum, before float64
	for j := range n {
		sum += float64(n+1-j) * (c[j] - before)
		before = c[j]
		w[j] = min(sum, 1)
	}
	return w
}
