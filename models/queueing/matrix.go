package queueing

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
)

// phaseQueue is M/PH/c in its steady state, as a quasi-birth-death process: the
// level is the number in the system, the phase how many servers are in which
// phase of service. From c customers on the levels are alike, and
//
//	π_{c+k} = π_c R^k,  R = λ (-A1 - λG)⁻¹
//
// with G from logarithmic reduction. Below c the levels are eliminated from
// the top down. All is exact but for rounding.
//
// Source: M. Neuts, "Matrix-Geometric Solutions in Stochastic Models", 1981,
// chapter 3; G. Latouche and V. Ramaswami, "A logarithmic reduction algorithm
// for quasi-birth-death processes", J. Applied Probability 30 (1993).
type phaseQueue struct {
	q      MMc
	law    law
	full   states
	within []move // at c or more customers, rates in 1/s
	ends   []move
	r      *mat.Dense
	first  *mat.VecDense // π_c
	wait   float64       // P(W > 0)
	queue  float64       // mean number waiting
}

// mostConfigurations of busy servers that the matrices are made for: about a
// second of work.
const mostConfigurations = 130

func fits(servers, phases int) bool {
	return configurationCount(servers, phases, mostConfigurations) <= mostConfigurations
}

func solvePhases(q MMc, l law) (*phaseQueue, error) {
	p := &phaseQueue{q: q, law: l, full: configurations(q.Servers, l.phases())}
	p.within, p.ends = l.moves(p.full, states{}, true)
	m := len(p.full.list)
	local := generator(m, p.within, p.ends, q.ArrivalRate)
	down := dense(m, m, p.ends)
	if err := p.reduce(local, down); err != nil {
		return nil, err
	}
	return p, p.boundary(local, down)
}

// dense is a matrix of moves, from rows to columns.
func dense(rows, columns int, moves []move) *mat.Dense {
	d := mat.NewDense(rows, columns, nil)
	for _, m := range moves {
		d.Set(m.from, m.to, d.At(m.from, m.to)+m.rate)
	}
	return d
}

// generator is the part of a level that stays in it: moves within, minus all
// that leaves each state.
func generator(n int, within, ends []move, arrivals float64) *mat.Dense {
	g := dense(n, n, within)
	for i := range n {
		g.Set(i, i, g.At(i, i)-arrivals)
	}
	for _, list := range [][]move{within, ends} {
		for _, m := range list {
			g.Set(m.from, m.from, g.At(m.from, m.from)-m.rate)
		}
	}
	return g
}

// reduce finds R.
func (p *phaseQueue) reduce(local, down *mat.Dense) error {
	m, _ := local.Dims()
	lambda := p.q.ArrivalRate
	one := identity(m)
	var minus, h, l, g, t mat.Dense
	minus.Scale(-1, local)
	var lu mat.LU
	lu.Factorize(&minus)
	if lu.SolveTo(&h, false, one) != nil || lu.SolveTo(&l, false, down) != nil {
		return errNoSteadyState
	}
	h.Scale(lambda, &h)
	g.CloneFrom(&l)
	t.CloneFrom(&h)
	for range 64 {
		var u, other, hh, ll, add mat.Dense
		u.Mul(&h, &l)
		other.Mul(&l, &h)
		u.Add(&u, &other)
		u.Sub(one, &u)
		hh.Mul(&h, &h)
		ll.Mul(&l, &l)
		lu.Factorize(&u)
		if bad(lu.SolveTo(&h, false, &hh)) || bad(lu.SolveTo(&l, false, &ll)) {
			return errNoSteadyState
		}
		add.Mul(&t, &l)
		g.Add(&g, &add)
		other.Mul(&t, &h)
		t.Copy(&other)
		if mat.Norm(&add, math.Inf(1)) < 1e-15 {
			break
		}
	}
	var under, r mat.Dense
	under.Scale(-lambda, &g)
	under.Add(&under, &minus)
	lu.Factorize(&under)
	if bad(lu.SolveTo(&r, false, one)) {
		return errNoSteadyState
	}
	r.Scale(lambda, &r)
	p.r = &r
	return nil
}

// bad lets an answer from an ill-conditioned matrix through: near saturation
// they all are, and the flow is checked at the end.
func bad(err error) bool {
	var c mat.Condition
	if errors.As(err, &c) {
		return math.IsInf(float64(c), 0)
	}
	return err != nil
}

func identity(n int) *mat.Dense {
	d := mat.NewDense(n, n, nil)
	for i := range n {
		d.Set(i, i, 1)
	}
	return d
}

// boundary finds π below c and at c, and sums up.
func (p *phaseQueue) boundary(local, down *mat.Dense) error {
	c, lambda := p.q.Servers, p.q.ArrivalRate
	ups := make([]*mat.Dense, c+1) // R_n: π_n = π_{n-1} R_n
	var s, feed mat.Dense
	feed.Mul(p.r, down)
	above := p.full
	for n := c; n >= 1; n-- {
		s.Reset()
		s.Add(local, &feed)
		s.Scale(-1, &s)
		below := configurations(n-1, p.law.phases())
		up := dense(len(below.list), len(above.list), p.law.begins(below, above))
		up.Scale(lambda, up)
		var lu mat.LU
		lu.Factorize(&s)
		r := mat.NewDense(len(below.list), len(above.list), nil)
		// R_n S = up, so Sᵀ R_nᵀ = upᵀ.
		var rt mat.Dense
		if bad(lu.SolveTo(&rt, true, up.T())) {
			return errNoSteadyState
		}
		r.Copy(rt.T())
		ups[n] = r
		_, leaves := p.law.moves(above, below, false)
		feed.Reset()
		feed.Mul(r, dense(len(above.list), len(below.list), leaves))
		if n > 1 {
			under := configurations(n-2, p.law.phases())
			within, ends := p.law.moves(below, under, false)
			local = generator(len(below.list), within, ends, lambda)
		}
		above = below
	}
	return p.sum(ups)
}

// sum normalises, and finds the means.
func (p *phaseQueue) sum(ups []*mat.Dense) error {
	pi := mat.NewVecDense(1, []float64{1})
	total, busy := 0.0, 0.0
	for n := 0; n < p.q.Servers; n++ {
		w := mat.Sum(pi)
		total, busy = total+w, busy+float64(n)*w
		next := mat.NewVecDense(ups[n+1].RawMatrix().Cols, nil)
		next.MulVec(ups[n+1].T(), pi)
		pi = next
		if scale := total + mat.Sum(pi); scale > 1e100 || scale < 1e-100 {
			pi.ScaleVec(1/scale, pi)
			total, busy = total/scale, busy/scale
		}
	}
	m := pi.Len()
	var rest, lu = mat.Dense{}, mat.LU{}
	rest.Sub(identity(m), p.r)
	lu.Factorize(&rest)
	var all, moved, more mat.VecDense
	if bad(lu.SolveVecTo(&all, true, pi)) {
		return errNoSteadyState
	}
	moved.MulVec(p.r.T(), &all)
	if bad(lu.SolveVecTo(&more, true, &moved)) {
		return errNoSteadyState
	}
	waiting := mat.Sum(&all)
	total, busy = total+waiting, busy+float64(p.q.Servers)*waiting
	p.wait, p.queue = waiting/total, mat.Sum(&more)/total
	pi.ScaleVec(1/total, pi)
	p.first = pi
	// Flow in is flow out: the busy servers are the offered load.
	if !(math.Abs(busy/total-p.q.Load()) <= 1e-7*p.q.Load()) || !(p.queue >= 0) {
		return errNoSteadyState
	}
	return nil
}

// waitMean is in seconds, by Little's law.
func (p *phaseQueue) waitMean() float64 { return p.queue / p.q.ArrivalRate }
