package queueing

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// ErlangB is the probability that a request finds all servers busy where none
// waits (M/G/c/c, blocked calls cleared):
//
//	B(c, a) = a^c/c! / Σ_{k=0..c} a^k/k!
//
// servers is c >= 0; one that is no whole number gives the analytic
// continuation 1/B = a ∫_0^∞ e^(-at) (1+t)^c dt. load is a >= 0 Erlang, arrival
// rate times service time. The relative error is below 1e-11 up to 1e9
// servers; what is below 1e-308 is 0. Outside of these ranges it is NaN.
//
//	B(0, a) = 1,  B(c, 0) = 0 for c > 0,  B(1, a) = a/(1+a)
//
// Source: A. Erlang, "Solution of some problems in the theory of probabilities
// of significance in automatic telephone exchanges", 1917; the continuation and
// the sum from the top after D. Jagerman, "Some properties of the Erlang loss
// function", Bell System Technical Journal 53 (1974).
func ErlangB(servers, load float64) float64 {
	switch {
	case !(servers >= 0) || !(load >= 0) || servers > MostServers || math.IsInf(load, 1):
		return math.NaN()
	case servers == 0:
		return 1
	case load == 0:
		return 0
	}
	return min(1, 1/inverseB(servers, load))
}

// MostServers is beyond what anybody runs, and what is computed.
const MostServers = 1e9

// inverseB is 1/B from the top down, all terms positive:
//
//	1/B(c, a) = 1 + c/a + c(c-1)/a² + … + c(c-1)…(f+1)/a^m · 1/B(f, a)
//
// with f the part of c below 1. It ends early where terms fall for good, or
// have grown beyond every number. The terms' peak is near c-a, so there are at
// most some multiples of sqrt(c) of them beside it.
func inverseB(servers, load float64) float64 {
	sum, term := 0.0, 1.0
	left := servers
	for ; left >= 1; left-- {
		sum += term
		ratio := left / load
		term *= ratio
		if math.IsInf(sum, 1) || (ratio < 1 && term < 1e-18*sum*(1-ratio)) {
			return sum
		}
	}
	if left == 0 {
		return sum + term
	}
	return sum + term*inverseFraction(left, load)
}

// inverseFraction is 1/B(f, a) for 0 < f < 1: e^a a^-f Γ(f+1, a).
func inverseFraction(f, load float64) float64 {
	if load < 2 {
		return math.Exp(load) * math.Pow(load, -f) * math.Gamma(f+1) * mathext.GammaIncRegComp(f+1, load)
	}
	// Legendre's continued fraction of the incomplete gamma function, by
	// Lentz' algorithm: Γ(s, a) = e^-a a^s / (a+1-s- 1(1-s)/(a+3-s- …)).
	s := f + 1
	b := load + 1 - s
	d := 1 / b
	c, h := math.Inf(1), d
	for i := 1.0; i < 10000; i++ {
		an := -i * (i - s)
		b += 2
		d = 1 / (an*d + b)
		c = b + an/c
		h *= c * d
		if math.Abs(c*d-1) < 1e-16 {
			break
		}
	}
	return load * h
}

// ErlangC is the probability that a request waits where all do (M/M/c):
//
//	C(c, a) = B / (1 - (a/c)(1-B))
//
// for 0 <= a < c; with a >= c all wait in the end, and it is 1. Ranges and
// errors as with ErlangB; near a = c it is as exact as c-a is known.
//
// Source: Erlang 1917, see ErlangB; L. Kleinrock, "Queueing Systems", volume 1,
// 1975, section 3.5.
func ErlangC(servers, load float64) float64 {
	return waitProbability(servers, load, servers-load)
}

// waitProbability is ErlangC with c-a given as exactly as it is known.
func waitProbability(servers, load, idle float64) float64 {
	b := ErlangB(servers, load)
	switch {
	case math.IsNaN(b) || b == 0:
		return b
	case idle <= 0:
		return 1
	}
	return b / (idle/servers + load/servers*b)
}
