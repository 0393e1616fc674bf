package queueing

import (
	"math"
	"testing"
)

// P(R > t) by quadrature of its definition: no wait and service, or a wait w
// and service for longer than t - w.
func responseByQuadrature(q MMc, t float64) float64 {
	c, theta, mu := q.WaitProbability(), q.idle()/q.ServiceTime, 1/q.ServiceTime
	const steps = 20000
	h := t / steps
	f := func(w float64) float64 { return c * theta * math.Exp(-theta*w) * math.Exp(-mu*(t-w)) }
	sum := f(0) + f(t)
	for i := 1; i < steps; i++ {
		sum += f(float64(i)*h) * float64(2+2*(i%2))
	}
	return (1-c)*math.Exp(-mu*t) + c*math.Exp(-theta*t) + sum*h/3
}

// Around c - a = 1 the textbook's formula divides 0 by 0; ours must not notice.
func TestResponseThroughTheSingularity(t *testing.T) {
	for _, c := range []int{1, 2, 4, 9} {
		for _, d := range []float64{-0.7, -0.1, -1e-3, -1e-8, -1e-15, 0, 1e-15, 1e-8, 1e-3, 0.1, 0.7} {
			load := float64(c) - 1 + d
			if load <= 0 || load >= float64(c) {
				continue
			}
			q := MMc{Servers: c, ArrivalRate: load / 2, ServiceTime: 2}
			for _, x := range []float64{0.1, 1, 5, 20} {
				near(t, "P(R > t)", q.ResponseAbove(x), responseByQuadrature(q, x), 1e-10)
			}
			for _, p := range []float64{0, 0.01, 0.5, 0.95, 0.99, 0.9999} {
				near(t, "P(R > percentile)", q.ResponseAbove(q.ResponsePercentile(p)), 1-p, 1e-12)
			}
		}
	}
	// The value at the singularity in closed form: e^-x (1 + Cx).
	q := MMc{Servers: 2, ArrivalRate: 1, ServiceTime: 1}
	near(t, "P(R > 3)", q.ResponseAbove(3), math.Exp(-3)*(1+3*q.WaitProbability()), 1e-15)
}

// M/M/1: the response is exponential of mean S/(1-ρ) (Kleinrock 1975, chapter 5).
func TestOneServer(t *testing.T) {
	for _, rho := range []float64{1e-6, 0.3, 0.5, 0.9, 0.999, 1 - 1e-9} {
		q := MMc{Servers: 1, ArrivalRate: rho / 0.2, ServiceTime: 0.2}
		// As exact as 1 - ρ is, which at 1 - 1e-9 has seven digits left.
		near(t, "mean", q.ResponseMean(), 0.2/(1-rho), 1e-15/(1-rho))
		for _, p := range []float64{0.5, 0.95, 0.99} {
			near(t, "percentile", q.ResponsePercentile(p)/q.ResponseMean(), -math.Log1p(-p), 1e-12)
			want := max(0, math.Log(q.WaitProbability()/(1-p))*q.ServiceTime/q.idle())
			near(t, "wait", q.WaitPercentile(p), want, 1e-12)
		}
	}
}

// The mean number from the birth-death chain's own probabilities.
func TestMMcAgainstChain(t *testing.T) {
	for _, c := range []struct {
		servers int
		rho     float64
	}{{1, 0.7}, {3, 0.1}, {8, 0.8}, {50, 0.95}, {200, 0.98}} {
		a := c.rho * float64(c.servers)
		p, sum, number, waits := 1.0, 1.0, 0.0, 0.0
		for n := 1; n < 20000; n++ {
			p *= a / math.Min(float64(n), float64(c.servers))
			sum += p
			number += float64(n) * p
			if n >= c.servers {
				waits += p
			}
			if sum > 1e200 {
				p, sum, number, waits = p/sum, 1, number/sum, waits/sum
			}
		}
		q := MMc{Servers: c.servers, ArrivalRate: a / 3, ServiceTime: 3}
		near(t, "number", q.NumberMean(), number/sum, 1e-11)
		near(t, "P(wait)", q.WaitProbability(), waits/sum, 1e-11)
		near(t, "Little", Little(q.ArrivalRate, q.ResponseMean()), q.NumberMean(), 1e-13)
	}
}

func TestMMcBoundaries(t *testing.T) {
	for _, q := range []MMc{{0, 1, 1}, {-3, 1, 1}, {1, -1, 1}, {1, 1, 0}, {1, 1, -1}, {1, math.NaN(), 1}, {1, 1, math.NaN()},
		{1, math.Inf(1), 1}, {1, 1, math.Inf(1)}, {2e9, 1, 1}} {
		if _, err := q.Solve(); err == nil {
			t.Errorf("%+v was accepted", q)
		}
	}
	nobody, err := MMc{Servers: 3, ServiceTime: 2}.Solve()
	if err != nil || *nobody.WaitMean != 0 || *nobody.ResponseMean != 2 || *nobody.WaitP99 != 0 || nobody.Utilization != 0 {
		t.Errorf("nobody comes: %+v, %v", nobody, err)
	}
	near(t, "p95 of service alone", *nobody.ResponseP95, -2*math.Log(0.05), 1e-14)
	for _, rate := range []float64{4, math.Nextafter(4, 5), 10} {
		a, err := MMc{Servers: 4, ArrivalRate: rate, ServiceTime: 1}.Solve()
		if err != nil || a.ResponseMean != nil || a.ResponseP95 != nil || a.NumberMean != nil || a.WaitProbability != nil || a.Utilization != 1 || len(a.Warnings) != 1 {
			t.Errorf("%g/s: %+v, %v", rate, a, err)
		}
		near(t, "throughput", a.Throughput, 4, 1e-15)
		near(t, "overload", *a.Overload, rate/4, 1e-15)
	}
	full, err := MMc{Servers: 4, ArrivalRate: math.Nextafter(4, 0), ServiceTime: 1}.Solve()
	if err != nil || full.ResponseMean == nil || *full.ResponseMean < 1e14 {
		t.Errorf("just below: %+v, %v", full, err)
	}
}

func TestLaws(t *testing.T) {
	// E. Lazowska et al., "Quantitative System Performance", 1984, section 3.4:
	// 0.5 s of a disk per request at 40 requests/s of 0.0225 s each: 90 %, and a
	// mean of 4 there makes 0.1 s.
	near(t, "utilization", Utilization(40, 0.0225, 1), 0.9, 1e-15)
	near(t, "Little", Little(40, 0.1), 4, 1e-15)
	near(t, "interactive response", InteractiveResponse(10, 0.5, 15), 5, 1e-15)
	near(t, "forced flow", ForcedFlow(0.5, 20), 10, 1e-15)
	b := AsymptoticBounds([]float64{5, 4, 3}, 20, 15)
	near(t, "X at most", b.ThroughputHigh, 0.2, 1e-15)
	near(t, "X at least", b.ThroughputLow, 20./255, 1e-15)
	near(t, "R at least", b.ResponseLow, 85, 1e-15)
	near(t, "knee", b.Knee, 27./5, 1e-15)
	for n := 1.; n < 40; n++ {
		a := mustClose(t, ClosedModel{Population: []int{int(n)}, ThinkTime: []float64{15}, Stations: []ClosedStation{
			{Servers: 1, Demand: []float64{5}}, {Servers: 1, Demand: []float64{4}}, {Servers: 1, Demand: []float64{3}}}})
		b := AsymptoticBounds([]float64{5, 4, 3}, n, 15)
		if x, r := a.Throughput[0], *a.Response[0]; x > b.ThroughputHigh*(1+1e-12) || x < b.ThroughputLow*(1-1e-12) || r < b.ResponseLow*(1-1e-12) || r > b.ResponseHigh*(1+1e-12) {
			t.Errorf("%g customers: X %g, R %g beyond %+v", n, x, r, b)
		}
	}
}
