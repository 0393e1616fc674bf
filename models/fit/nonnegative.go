package fit

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// A Prior draws a coefficient towards Value; SD says how far it may be from
// it, in the coefficient's units. SD = +Inf is no prior.
type Prior struct {
	Value float64
	SD    float64 // > 0
}

// Normal is a least-squares problem in its normal form: Gram = XᵀWX and
// Moment = XᵀWy. Sums of problems are problems, which makes a bootstrap over
// blocks cheap.
type Normal struct {
	Gram   []float64 // p×p, row by row
	Moment []float64 // p
}

// NewNormal is a problem of p coefficients without observations.
func NewNormal(p int) Normal {
	return Normal{Gram: make([]float64, p*p), Moment: make([]float64, p)}
}

// Observe adds an observation of weight w >= 0.
func (n Normal) Observe(row []float64, y, w float64) {
	p := len(n.Moment)
	for i, a := range row {
		if a == 0 {
			continue
		}
		n.Moment[i] += w * a * y
		for j, b := range row {
			n.Gram[i*p+j] += w * a * b
		}
	}
}

// Add adds w times another problem of the same size.
func (n Normal) Add(o Normal, w float64) {
	for i, v := range o.Gram {
		n.Gram[i] += w * v
	}
	for i, v := range o.Moment {
		n.Moment[i] += w * v
	}
}

// Pull adds the prior rows: one for each coefficient, sd in the units of a
// coefficient, with the observations' weights being 1/variance.
func (n Normal) Pull(priors []Prior) {
	p := len(n.Moment)
	for i, pr := range priors {
		w := 1 / (pr.SD * pr.SD)
		n.Gram[i*p+i] += w
		n.Moment[i] += w * pr.Value
	}
}

// NonNegative minimises the sum of w_i (y_i - x_i·b)² plus the sum of
// ((b_j - prior_j)/sd_j)², under b >= 0. With priors, weights should be
// 1/variance of the observation. Nil priors are none; a nil weight is 1.
func NonNegative(rows [][]float64, y, weights []float64, priors []Prior) ([]float64, error) {
	p, err := checkDesign(rows, y, weights)
	if err != nil {
		return nil, err
	}
	if priors != nil && len(priors) != p {
		return nil, errors.New("fit: as many priors as coefficients are wanted")
	}
	n := NewNormal(p)
	for i, r := range rows {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		n.Observe(r, y[i], w)
	}
	n.Pull(priors)
	return n.NonNegative()
}

// NonNegative solves the problem under b >= 0 by an active set on the normal
// equations.
//
// Source: R. Bro and S. de Jong, "A fast non-negativity-constrained least
// squares algorithm", J. Chemometrics 11 (1997), after Lawson and Hanson,
// "Solving Least Squares Problems", 1974, chapter 23.
//
// A coefficient that no observation and no prior speaks of is 0.
func (n Normal) NonNegative() ([]float64, error) {
	for _, v := range append(slices.Clone(n.Gram), n.Moment...) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, errors.New("fit: an observation, weight or prior is not finite")
		}
	}
	s := newActiveSet(n)
	if s.unconstrained() {
		return s.unscaled(), nil
	}
	for range 10*len(s.b) + 10 {
		j := s.steepest()
		if j < 0 {
			return s.unscaled(), nil
		}
		s.passive[j] = true
		if err := s.settle(); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("fit: the non-negative fit did not settle")
}

// activeSet works on coefficients scaled so that the Gram matrix has a
// diagonal of ones; units of the coefficients then do not matter.
type activeSet struct {
	gram    []float64
	moment  []float64
	scale   []float64
	b       []float64
	passive []bool
	banned  []bool // would make the passive set singular
	big     float64
}

func newActiveSet(n Normal) *activeSet {
	p := len(n.Moment)
	s := &activeSet{
		gram: make([]float64, p*p), moment: make([]float64, p), scale: make([]float64, p),
		b: make([]float64, p), passive: make([]bool, p), banned: make([]bool, p),
	}
	for i := range p {
		d := n.Gram[i*p+i]
		if d > 0 {
			s.scale[i] = 1 / math.Sqrt(d)
		} else {
			s.banned[i] = true
		}
	}
	for i := range p {
		s.moment[i] = n.Moment[i] * s.scale[i]
		s.big = max(s.big, math.Abs(s.moment[i]))
		for j := range p {
			s.gram[i*p+j] = n.Gram[i*p+j] * s.scale[i] * s.scale[j]
		}
	}
	return s
}

// unconstrained takes the answer without the constraint where that is
// positive throughout, which is the usual case and saves the way to it.
func (s *activeSet) unconstrained() bool {
	for i, no := range s.banned {
		s.passive[i] = !no
	}
	z, err := s.solve()
	if err == nil {
		for i, on := range s.passive {
			if on && !(z[i] > 0) {
				err = ErrRank
			}
		}
	}
	if err != nil {
		clear(s.passive)
		return false
	}
	copy(s.b, z)
	return true
}

// steepest is the resting coefficient whose growth helps most, or -1.
func (s *activeSet) steepest() int {
	best, at := 1e-12*s.big, -1
	p := len(s.b)
	for i := range p {
		if s.passive[i] || s.banned[i] {
			continue
		}
		g := s.moment[i]
		for j := range p {
			g -= s.gram[i*p+j] * s.b[j]
		}
		if g > best {
			best, at = g, i
		}
	}
	return at
}

// settle solves for the passive coefficients, and puts those at rest that
// would turn negative.
func (s *activeSet) settle() error {
	for range len(s.b) + 1 {
		z, err := s.solve()
		if err != nil {
			return err
		}
		step, hit := 1.0, -1
		for i, on := range s.passive {
			if on && z[i] <= 0 {
				if a := s.b[i] / (s.b[i] - z[i]); a < step || hit < 0 {
					step, hit = a, i
				}
			}
		}
		if hit < 0 {
			copy(s.b, z)
			return nil
		}
		for i := range s.b {
			s.b[i] += step * (z[i] - s.b[i])
			if s.passive[i] && (i == hit || s.b[i] <= 1e-15) {
				s.b[i], s.passive[i] = 0, false
			}
		}
	}
	return errors.New("fit: the non-negative fit did not settle")
}

func (s *activeSet) solve() ([]float64, error) {
	var at []int
	for i, on := range s.passive {
		if on {
			at = append(at, i)
		}
	}
	z := make([]float64, len(s.b))
	if len(at) == 0 {
		return z, nil
	}
	g := mat.NewSymDense(len(at), nil)
	m := mat.NewVecDense(len(at), nil)
	for a, i := range at {
		m.SetVec(a, s.moment[i])
		for c, j := range at[:a+1] {
			g.SetSym(a, c, s.gram[i*len(s.b)+j])
		}
		// A trifle on the unit diagonal: coefficients that always move
		// together share instead of breaking the factorisation.
		g.SetSym(a, a, s.gram[i*len(s.b)+i]*(1+1e-12))
	}
	var chol mat.Cholesky
	if !chol.Factorize(g) {
		return nil, ErrRank
	}
	var x mat.VecDense
	if err := chol.SolveVecTo(&x, m); err != nil && math.IsInf(chol.Cond(), 0) {
		return nil, ErrRank
	}
	for a, i := range at {
		z[i] = x.AtVec(a)
	}
	return z, nil
}

func (s *activeSet) unscaled() []float64 {
	out := make([]float64, len(s.b))
	for i, v := range s.b {
		out[i] = v * s.scale[i]
	}
	return out
}
