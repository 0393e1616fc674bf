package queueing

import (
	"errors"
	"fmt"
	"math"
)

// MMc is the queue with Poisson arrivals, exponential service, c equal servers,
// and one line without end, first come first served.
//
//	a = λS offered load, Erlang        C = C(c, a) probability to wait
//	P(W > t) = C e^(-(c-a)t/S)         W waiting time, s
//	P(R > t) = e^(-t/S) (1 + C (t/S) φ((1-(c-a)) t/S)),  φ(z) = (e^z - 1)/z
//
// with R = W + service the response time. φ(0) = 1 is the case c-a = 1, where
// wait and service have equal rates and the textbooks' quotient is 0/0.
//
// Source: L. Kleinrock, "Queueing Systems", volume 1, 1975, section 3.5; D.
// Gross et al., "Fundamentals of Queueing Theory", 4th edition, 2008, section 2.3.
type MMc struct {
	Servers     int     // c, 1 to MostServers
	ArrivalRate float64 // λ, 1/s, >= 0
	ServiceTime float64 // S, s, > 0; its mean
}

// Check says which parameter is out of its range, if one is.
func (q MMc) Check() error {
	switch {
	case q.Servers < 1 || q.Servers > MostServers:
		return fmt.Errorf("queueing: %d servers are not 1 to %g", q.Servers, float64(MostServers))
	case !(q.ArrivalRate >= 0) || q.ArrivalRate > largest:
		return fmt.Errorf("queueing: an arrival rate of %g/s is not 0 to %g", q.ArrivalRate, float64(largest))
	case !(q.ServiceTime >= smallest) || q.ServiceTime > largest:
		return fmt.Errorf("queueing: a service time of %g s is not %g to %g", q.ServiceTime, float64(smallest), float64(largest))
	}
	return nil
}

// Rates and times beyond these are mistakes, and squares of them still numbers.
const (
	largest  = 1e60
	smallest = 1e-60
)

// Load is the offered load a = λS in Erlang.
func (q MMc) Load() float64 { return q.ArrivalRate * q.ServiceTime }

// idle is c - a, the mean number of idle servers, rounded once.
func (q MMc) idle() float64 {
	return -math.FMA(q.ArrivalRate, q.ServiceTime, -float64(q.Servers))
}

// Utilization is a/c; from 1 on there is no steady state.
func (q MMc) Utilization() float64 { return q.Load() / float64(q.Servers) }

// Overloaded says that more arrives than can be served, or just as much.
func (q MMc) Overloaded() bool { return q.idle() <= 0 }

// WaitProbability is C(c, a), see ErlangC.
func (q MMc) WaitProbability() float64 {
	return waitProbability(float64(q.Servers), q.Load(), q.idle())
}

// WaitMean is C S/(c-a) in seconds; +Inf when overloaded.
func (q MMc) WaitMean() float64 {
	if q.Overloaded() {
		return math.Inf(1)
	}
	return q.WaitProbability() * q.ServiceTime / q.idle()
}

// ResponseMean is WaitMean + S in seconds; +Inf when overloaded.
func (q MMc) ResponseMean() float64 { return q.WaitMean() + q.ServiceTime }

// NumberMean is the mean number in the system, a + C a/(c-a).
func (q MMc) NumberMean() float64 {
	if q.Overloaded() {
		return math.Inf(1)
	}
	return q.Load() + q.WaitProbability()*q.Load()/q.idle()
}

// WaitAbove is P(W > t) for t >= 0 seconds; 1 when overloaded.
func (q MMc) WaitAbove(t float64) float64 {
	if q.Overloaded() {
		return 1
	}
	return q.WaitProbability() * math.Exp(-q.idle()*t/q.ServiceTime)
}

// ResponseAbove is P(R > t) for t >= 0 seconds; 1 when overloaded.
func (q MMc) ResponseAbove(t float64) float64 {
	if q.Overloaded() {
		return 1
	}
	return responseAbove(q.WaitProbability(), q.idle(), t/q.ServiceTime)
}

// responseAbove is P(R > x) in units of the service time: e^-x + C x times
// the mean of e^(-y) over y from x to rx, which neither overflows nor cancels.
func responseAbove(c, idle, x float64) float64 {
	if x <= 0 {
		return 1
	}
	low, gap := math.Min(x, idle*x), math.Abs(1-idle)*x
	phi := 1.0
	if gap > 0 {
		phi = -math.Expm1(-gap) / gap
	}
	return math.Exp(-x) + c*x*math.Exp(-low)*phi
}

// WaitPercentile is the time in seconds that a fraction p of requests does not
// wait longer than, 0 <= p < 1: 0 up to p = 1-C, then S/(c-a) ln(C/(1-p)).
// +Inf when overloaded.
func (q MMc) WaitPercentile(p float64) float64 {
	if q.Overloaded() {
		return math.Inf(1)
	}
	return max(0, math.Log(q.WaitProbability()/(1-p))*q.ServiceTime/q.idle())
}

// ResponsePercentile is the time in seconds that a fraction p of requests does
// not take longer than, 0 <= p < 1. +Inf when overloaded.
func (q MMc) ResponsePercentile(p float64) float64 {
	if q.Overloaded() {
		return math.Inf(1)
	}
	c, idle := q.WaitProbability(), q.idle()
	return q.ServiceTime * invert(func(x float64) float64 { return responseAbove(c, idle, x) }, 1-p, 1+c/idle)
}

// Solve is the whole answer.
func (q MMc) Solve() (Answer, error) {
	if err := q.Check(); err != nil {
		return Answer{}, err
	}
	a := q.answer("M/M/c, exact")
	if q.Overloaded() {
		return a, nil
	}
	a.means(q.WaitProbability(), q.WaitMean(), q)
	a.percentiles(q.WaitPercentile, q.ResponsePercentile)
	return a, nil
}

var errNoSteadyState = errors.New("queueing: the matrices have no steady state")

// invert finds x >= 0 with above(x) = level for a function that falls from 1 to
// 0 over a scale of about unit, to the last digits. It works on the logarithm,
// which is nearly straight in the tail.
func invert(above func(float64) float64, level, unit float64) float64 {
	if above(0) <= level {
		return 0
	}
	low, high := 0.0, unit
	for range 2000 {
		if above(high) <= level {
			break
		}
		low, high = high, 2*high
	}
	return bisect(func(x float64) bool { return above(x) > level }, low, high)
}

// bisect narrows [low, high] to neighbours, with low kept where inside holds.
func bisect(inside func(float64) bool, low, high float64) float64 {
	for range 200 {
		mid := low + (high-low)/2
		if mid <= low || mid >= high {
			break
		}
		if inside(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}
