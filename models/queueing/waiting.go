package queueing

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// waiting is a law of waiting times, in seconds, as a mixture of exponentials
// and of no wait: P(W > t) = Σ weight_i e^(-rate_i t). Weights may be negative
// where the sum is a probability.
type waiting struct{ weight, rate []float64 }

// exponentialWait has the given P(W > 0) and mean; those who wait do so for an
// exponential time.
func exponentialWait(probability, mean float64) waiting {
	if !(mean > 0) || !(probability > 0) {
		return waiting{}
	}
	return waiting{weight: []float64{probability}, rate: []float64{probability / mean}}
}

func (w waiting) above(t float64) float64 {
	var s float64
	for i, a := range w.weight {
		s += a * math.Exp(-w.rate[i]*t)
	}
	return s
}

func (w waiting) mean() float64 {
	var m float64
	for i, a := range w.weight {
		m += a / w.rate[i]
	}
	return m
}

// to is the same shape with another probability and mean.
func (w waiting) to(probability, mean float64) waiting {
	p, m := w.above(0), w.mean()
	if !(p > 0) || !(m > 0) || !(mean > 0) || !(probability > 0) {
		return exponentialWait(probability, mean)
	}
	out := waiting{}
	for i := range w.weight {
		out.weight = append(out.weight, w.weight[i]*probability/p)
		out.rate = append(out.rate, w.rate[i]*(m/p)/(mean/probability))
	}
	return out
}

func (w waiting) percentile(p float64) float64 {
	if w.above(0) <= 1-p {
		return 0
	}
	return invert(w.above, 1-p, 1/w.slowest())
}

func (w waiting) slowest() float64 {
	s := math.Inf(1)
	for _, r := range w.rate {
		s = min(s, r)
	}
	return s
}

// responsePercentile is of wait and then service of a law, which do not depend
// on one another. Where waits are so long that following the phases takes too
// much, service shifts their tail by log(E e^(δS))/δ, about m + δσ²/2.
func (w waiting) responsePercentile(l law) func(p float64) float64 {
	rate := 0.0
	for _, r := range append(append([]float64(nil), l.rate...), w.rate...) {
		rate = max(rate, r)
	}
	if slow := w.slowest(); len(w.rate) > 0 && rate > min(1e5, 3e7/float64(l.phases()))*slow {
		m := l.moments()
		shift := m[0] + slow*(m[1]-m[0]*m[0])/2
		return func(p float64) float64 { return w.percentile(p) + shift }
	}
	s := survival{rate: rate}
	serve := newService(l, rate)
	line := append([]float64(nil), w.weight...)
	serve.begin(1 - total(line))
	var far enough
	for n := 0; ; n++ {
		left := total(line) + serve.mass()
		s.left = append(s.left, left)
		if far.done(n, left) {
			return s.percentile
		}
		serve.step()
		for i := range line {
			out := line[i] * w.rate[i] / rate
			line[i] -= out
			serve.begin(out)
		}
	}
}

// asymptotic is the wait of M/PH/c as two exponentials: the one that all
// others die before, exactly, and one that makes the probability and mean
// right.
//
//	P(W > t) → A e^(-δt),  δ = λ(1/η - 1),  A = (π_c u)(v 1)/(v u)/(1-η)
//
// with η the largest eigenvalue of R, v and u its left and right vectors.
func (p *phaseQueue) asymptotic() waiting {
	m := len(p.full.list)
	u, v := mat.NewVecDense(m, nil), mat.NewVecDense(m, nil)
	for i := range m {
		u.SetVec(i, 1)
		v.SetVec(i, 1)
	}
	eta := 0.0
	for range 10000 {
		var a, b mat.VecDense
		a.MulVec(p.r, u)
		b.MulVec(p.r.T(), v)
		old := eta
		eta = mat.Sum(&b) / mat.Sum(v)
		a.ScaleVec(1/mat.Norm(&a, 1), &a)
		b.ScaleVec(1/mat.Norm(&b, 1), &b)
		u, v = &a, &b
		if math.Abs(eta-old) < 1e-15*eta {
			break
		}
	}
	mean := p.waitMean()
	a := mat.Dot(p.first, u) * mat.Sum(v) / mat.Dot(v, u) / (1 - eta)
	delta := p.q.ArrivalRate * (1 - eta) / eta
	rest, left := p.wait-a, mean-a/delta
	if math.Abs(rest) < 1e-9*p.wait {
		return waiting{weight: []float64{a}, rate: []float64{delta}}
	}
	if second := rest / left; second > delta && second < 1e4*delta && !math.IsNaN(a) {
		return waiting{weight: []float64{a, rest}, rate: []float64{delta, second}}
	}
	return exponentialWait(p.wait, mean)
}
