package queueing

import (
	"fmt"
	"math"
)

// A law is a phase-type distribution of service times: a customer begins in
// phase i with probability start[i], stays in it for an exponential time of
// that rate, then goes to phase i+1 (a chain) or ends.
type law struct {
	name  string
	start []float64
	rate  []float64 // 1/s
	chain bool      // phases follow one another; else each is the last
}

func (l law) phases() int { return len(l.start) }

// follows says which phase comes after i, or -1 for the end.
func (l law) follows(i int) int {
	if l.chain && i+1 < len(l.start) {
		return i + 1
	}
	return -1
}

// mixedErlang has the mean (s) and SCV of its arguments, 0 < scv < 1: k-1
// stages with probability p, else k, all of one rate.
//
// Source: H. Tijms, "A First Course in Stochastic Models", 2003, appendix B.
func mixedErlang(mean, scv float64) law {
	k := max(2, math.Ceil(1/scv-1e-12))
	p := (k*scv - math.Sqrt(max(0, k*(1+scv)-k*k*scv))) / (1 + scv)
	p = min(1, max(0, p))
	l := law{name: "mixed Erlang", chain: true, start: make([]float64, int(k)), rate: make([]float64, int(k))}
	for i := range l.rate {
		l.rate[i] = (k - p) / mean
	}
	l.start[0], l.start[1] = 1-p, p
	return l
}

// balanced is the two-phase hyperexponential with that mean and SCV > 1 whose
// phases carry half of the work each.
//
// Source: Tijms 2003, appendix B.
func balanced(mean, scv float64) law {
	p := (1 + math.Sqrt((scv-1)/(scv+1))) / 2
	return law{name: "hyperexponential with balanced means", start: []float64{p, 1 - p}, rate: []float64{2 * p / mean, 2 * (1 - p) / mean}}
}

// hyperexponential is the one of two phases with that mean (s), that SCV > 1,
// and a third moment of so many cubes of the mean, more than 1.5 (1+scv)².
//
// Source: W. Whitt, "Approximating a point process by a renewal process, I",
// Operations Research 30 (1982), section 3.1.
func hyperexponential(mean, scv, third float64) law {
	// The phases' means x1 < x2, in units of the mean, are a mixing variable with
	// the moments 1, E[X²]/2 and E[X³]/6: roots of x² - sum x + product.
	a, b := (1+scv)/2, third/6
	sum := (b - a) / (a - 1)
	product := (b - a*a) / (a - 1)
	x2 := (sum + math.Sqrt(sum*sum-4*product)) / 2
	x1 := product / x2
	p := (x2 - 1) / (x2 - x1)
	return law{name: "hyperexponential", start: []float64{p, 1 - p}, rate: []float64{1 / x1 / mean, 1 / x2 / mean}}
}

// lognormalShare is how far between balanced means and a log-normal's third
// moment, (1+scv)³, the hyperexponential lies that stands for a log-normal, on
// a logarithmic scale. With all of it the law's body is too light, with none of
// it its tail is; at 0.4 the mean response at several servers is within 1.5 % of
// that with a log-normal (TestLikeLognormal).
const lognormalShare = 0.4

// nearlyOne is how far above 1 an SCV must be for the third moments of laws to
// differ by more than rounding.
const nearlyOne = 1e-6

// likeLognormal is the hyperexponential with that share. Towards an SCV of 1 it
// becomes the exponential law, which a log-normal does not.
func likeLognormal(mean, scv, share float64) law {
	if scv-1 < nearlyOne {
		return balanced(mean, scv)
	}
	low, high := balanced(1, scv).moments()[2], math.Pow(1+scv, 3)
	return hyperexponential(mean, scv, low*math.Pow(high/low, share*min(1, scv-1)))
}

// moments are the first three of the law, in s, s² and s³.
func (l law) moments() (m [3]float64) {
	n := l.phases()
	later := [3]float64{} // of what follows phase i
	for i := n - 1; i >= 0; i-- {
		if l.follows(i) < 0 {
			later = [3]float64{}
		}
		e := [3]float64{1 / l.rate[i], 2 / (l.rate[i] * l.rate[i]), 6 / math.Pow(l.rate[i], 3)}
		one := [3]float64{e[0] + later[0], e[1] + 2*e[0]*later[0] + later[1], e[2] + 3*e[1]*later[0] + 3*e[0]*later[1] + later[2]}
		for j := range m {
			m[j] += l.start[i] * one[j]
		}
		later = one
	}
	return m
}

// scv is the squared coefficient of variation.
func (l law) scv() float64 {
	m := l.moments()
	return m[1]/(m[0]*m[0]) - 1
}

func (l law) String() string { return fmt.Sprintf("%s, %d phases", l.name, l.phases()) }
