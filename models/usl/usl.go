// Package usl is the Universal Scalability Law: throughput as a function of
// concurrency, with a penalty for contention and one for coherency.
//
//	X(N) = X(1) N / (1 + σ(N-1) + κN(N-1))
//
//	N     concurrency, requests in the system at once, > 0
//	X     throughput, 1/s (or any unit of work over time: the fit keeps it)
//	X(1)  single-client throughput, in the unit of X, > 0
//	σ     contention, dimensionless, >= 0: what is done one at a time
//	κ     coherency, dimensionless, >= 0: what each must agree on with each other
//	R     response time, N/X by Little's law, in the time unit of X
//
// Limits: σ = κ = 0 is linear; κ = 0 is Amdahl's law, which rises towards
// X(1)/σ and has no peak. It is a curve through measurements and not a model
// of a system: it extrapolates badly, and Fit says where that begins.
//
// Source: N. Gunther, "Guerrilla Capacity Planning", 2007, chapters 4 to 6;
// B. Schwartz, "Practical Scalability Analysis with the Universal Scalability
// Law", 2015, whose equations are named at each method. It knows nothing of
// files.
package usl

import "math"

// A Curve is the law with its three coefficients.
type Curve struct {
	SingleClientThroughput float64 // X(1), > 0
	Contention             float64 // σ, >= 0
	Coherency              float64 // κ, >= 0
}

// ThroughputAtConcurrency is X(N); of no concurrency it is 0. Equation 3 of
// Schwartz.
func (c Curve) ThroughputAtConcurrency(n float64) float64 {
	if n <= 0 {
		return 0
	}
	return c.SingleClientThroughput * n / c.stretch(n)
}

// stretch is how many times longer a request takes among n than alone.
func (c Curve) stretch(n float64) float64 {
	return 1 + c.Contention*(n-1) + c.Coherency*n*(n-1)
}

// ResponseAtConcurrency is R(N) = N/X(N). Equation 6 of Schwartz.
func (c Curve) ResponseAtConcurrency(n float64) float64 {
	return c.stretch(n) / c.SingleClientThroughput
}

// Peak is the concurrency of the highest throughput, and that throughput:
// N = sqrt((1-σ)/κ), never below 1. Equation 4 of Schwartz. Without coherency
// and with less than full contention throughput rises without end, and ok is
// false.
func (c Curve) Peak() (concurrency, throughput float64, ok bool) {
	switch {
	case c.Contention >= 1:
		if c.Contention == 1 && c.Coherency == 0 {
			return 0, 0, false // X is the same everywhere
		}
		return 1, c.SingleClientThroughput, true
	case c.Coherency == 0:
		return 0, 0, false
	}
	n := max(1, math.Sqrt((1-c.Contention)/c.Coherency))
	if math.IsInf(n, 0) {
		return 0, 0, false
	}
	return n, c.ThroughputAtConcurrency(n), true
}

// Limit is what throughput rises towards and never reaches where there is no
// peak: X(1)/σ, Amdahl's asymptote. It does not exist with a peak, and not
// for linear scaling.
func (c Curve) Limit() (throughput float64, ok bool) {
	if c.Coherency > 0 || c.Contention <= 0 || c.Contention >= 1 {
		return 0, false
	}
	return c.SingleClientThroughput / c.Contention, true
}

// ConcurrencyAtThroughput is the N, up to the peak, at which X(N) is x: the
// smaller root of
//
//	κx N² - (X(1) + κx - σx) N + (1-σ)x = 0
//
// written so that κ = 0 needs no case of its own. ok is false for a throughput
// above the peak or limit, and where contention is 1 or more: X then falls
// with N from the start. (The value that usl4j and its kin test for drops κ
// from the equation; it is wrong.)
func (c Curve) ConcurrencyAtThroughput(x float64) (n float64, ok bool) {
	if x < 0 || c.Contention >= 1 || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, false
	}
	b := c.SingleClientThroughput + c.Coherency*x - c.Contention*x
	under := b*b - 4*c.Coherency*x*(1-c.Contention)*x
	if _, top, peaked := c.Peak(); peaked && under < 0 && x <= top*(1+1e-14) {
		under = 0 // the peak itself, but for rounding
	}
	if b <= 0 || under < 0 {
		return 0, false
	}
	n = 2 * (1 - c.Contention) * x / (b + math.Sqrt(under))
	return n, !math.IsInf(n, 0)
}

// ConcurrencyAtResponse is the N > 0 at which R(N) is r, equation 10 of
// Schwartz: the larger root of
//
//	κN² - (κ-σ)N + 1 - σ - X(1)r = 0
//
// ok is false where no N has that response time: it is shorter than any, or
// scaling is linear and the response time the same everywhere.
func (c Curve) ConcurrencyAtResponse(r float64) (n float64, ok bool) {
	if !(r > 0) || math.IsInf(r, 0) {
		return 0, false
	}
	above := c.SingleClientThroughput*r - 1 + c.Contention
	b := c.Coherency - c.Contention
	under := b*b + 4*c.Coherency*above
	if under < 0 {
		return 0, false
	}
	if root := math.Sqrt(under); b > 0 {
		n = (b + root) / (2 * c.Coherency)
	} else {
		n = 2 * above / (root - b) // the same root, without a difference of equals
	}
	return n, n > 0 && !math.IsInf(n, 0)
}

// ResponseAtThroughput is the response time, in the time unit of X, when x
// requests complete per unit of time, on the way up to the peak.
func (c Curve) ResponseAtThroughput(x float64) (r float64, ok bool) {
	n, ok := c.ConcurrencyAtThroughput(x)
	if !ok || n == 0 {
		return 0, false
	}
	return n / x, true
}

// ThroughputAtResponse is the throughput at the concurrency whose response
// time is r. Equation 9 of Schwartz.
func (c Curve) ThroughputAtResponse(r float64) (x float64, ok bool) {
	n, ok := c.ConcurrencyAtResponse(r)
	if !ok {
		return 0, false
	}
	return n / r, true
}
