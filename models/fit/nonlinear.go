package fit

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// A Curve is a least-squares problem that is not linear in its coefficients:
// n observations, p coefficients.
type Curve struct {
	Observations int
	// Residuals writes observed minus predicted, n values. One that is not
	// finite marks coefficients where the curve does not exist.
	Residuals func(b, out []float64)
	// Slopes writes the derivative of the prediction of each observation by each
	// coefficient, n×p.
	Slopes func(b []float64, out *mat.Dense)
	// Lower are bounds from below, p values; nil is none.
	Lower []float64
}

// A CurveFit is the answer of Curve.Fit.
type CurveFit struct {
	Coefficients   []float64
	StandardErrors []float64     // 0 for a coefficient on its bound
	Covariance     *mat.SymDense // p×p; 0 in the rows of coefficients on their bounds
	OnBound        []bool
	SSE            float64 // sum of squared residuals
	ResidualSD     float64 // sqrt(SSE / Degrees)
	Degrees        int     // observations minus all coefficients, at least 1
}

// Steps of the search. A fit of a smooth curve takes 10 to 50 of them.
const (
	maxSteps    = 500
	firstDamp   = 1e-3
	largestDamp = 1e16
)

// Fit minimises the sum of squared residuals from a start, under b >= Lower,
// by Levenberg and Marquardt's method with the coefficients' own scales; those
// that rest on their bound, with the slope pointing beyond, are held there.
//
//	step = (JᵀJ + μ diag JᵀJ)⁻¹ Jᵀr over the free coefficients
//
// Source: D. Marquardt, "An algorithm for least-squares estimation of nonlinear
// parameters", J. SIAM 11 (1963); the bounds by projection as in C. Kelley,
// "Iterative Methods for Optimization", 1999, chapter 5. It finds a local
// minimum; a caller who fears others starts from several places.
//
// Errors: shapes that do not fit, a start that is not finite, and ErrRank.
func (c Curve) Fit(start []float64) (CurveFit, error) {
	s, err := newSearch(c, start)
	if err != nil {
		return CurveFit{}, err
	}
	for range maxSteps {
		if !s.step() {
			break
		}
	}
	return s.answer()
}

// search is the state between two steps.
type search struct {
	c         Curve
	p         int
	b, r      []float64
	trial, rt []float64
	sse, damp float64
	slopes    *mat.Dense
	gram      *mat.SymDense
	gradient  []float64 // of half the SSE's fall: Jᵀr
}

func newSearch(c Curve, start []float64) (*search, error) {
	n, p := c.Observations, len(start)
	if p == 0 || n < p || (c.Lower != nil && len(c.Lower) != p) {
		return nil, fmt.Errorf("fit: %d observations, %d coefficients and %d bounds do not belong together", n, p, len(c.Lower))
	}
	s := &search{c: c, p: p, damp: firstDamp, b: make([]float64, p), r: make([]float64, n), trial: make([]float64, p),
		rt: make([]float64, n), slopes: mat.NewDense(n, p, nil), gram: mat.NewSymDense(p, nil), gradient: make([]float64, p)}
	for j, v := range start {
		s.b[j] = max(v, s.lower(j))
	}
	c.Residuals(s.b, s.r)
	s.sse = sumOfSquares(s.r)
	if math.IsNaN(s.sse) || math.IsInf(s.sse, 0) {
		return nil, errors.New("fit: the curve does not exist at the start")
	}
	s.linearise()
	return s, nil
}

func (s *search) lower(j int) float64 {
	if s.c.Lower == nil {
		return math.Inf(-1)
	}
	return s.c.Lower[j]
}

func (s *search) linearise() {
	s.c.Slopes(s.b, s.slopes)
	s.gram.SymOuterK(1, s.slopes.T())
	for j := range s.p {
		s.gradient[j] = 0
		for i, r := range s.r {
			s.gradient[j] += s.slopes.At(i, j) * r
		}
	}
}

// held says that a coefficient rests on its bound and wants beyond.
func (s *search) held(j int) bool { return s.b[j] <= s.lower(j) && s.gradient[j] <= 0 }

func (s *search) free() []int {
	var at []int
	for j := range s.p {
		if !s.held(j) && s.gram.At(j, j) > 0 {
			at = append(at, j)
		}
	}
	return at
}

// step goes to a better place, or says that there is none.
func (s *search) step() bool {
	at := s.free()
	if len(at) == 0 {
		return false
	}
	for s.damp < largestDamp {
		if !s.propose(at) {
			s.damp *= 10
			continue
		}
		s.c.Residuals(s.trial, s.rt)
		if sse := sumOfSquares(s.rt); sse < s.sse {
			done := s.sse-sse <= 1e-16*s.sse && sameNumbers(s.b, s.trial)
			copy(s.b, s.trial)
			copy(s.r, s.rt)
			s.sse, s.damp = sse, max(s.damp/10, 1e-12)
			s.linearise()
			return !done
		}
		if sameNumbers(s.b, s.trial) {
			return false
		}
		s.damp *= 10
	}
	return false
}

// propose writes the damped step into trial.
func (s *search) propose(at []int) bool {
	g := mat.NewSymDense(len(at), nil)
	m := mat.NewVecDense(len(at), nil)
	for a, i := range at {
		// Each coefficient on its own scale, so that units do not matter.
		si := math.Sqrt(s.gram.At(i, i))
		m.SetVec(a, s.gradient[i]/si)
		for e, j := range at[:a+1] {
			g.SetSym(a, e, s.gram.At(i, j)/si/math.Sqrt(s.gram.At(j, j)))
		}
		g.SetSym(a, a, 1+s.damp)
	}
	var chol mat.Cholesky
	var x mat.VecDense
	if !chol.Factorize(g) {
		return false
	}
	if err := chol.SolveVecTo(&x, m); err != nil && math.IsInf(chol.Cond(), 0) {
		return false
	}
	copy(s.trial, s.b)
	for a, i := range at {
		s.trial[i] = max(s.b[i]+x.AtVec(a)/math.Sqrt(s.gram.At(i, i)), s.lower(i))
	}
	return true
}

// sameNumbers says that two places are the same to the last digits.
func sameNumbers(a, b []float64) bool {
	for j := range a {
		if math.Abs(a[j]-b[j]) > 4e-16*(math.Abs(a[j])+math.Abs(b[j])) {
			return false
		}
	}
	return true
}

func sumOfSquares(r []float64) float64 {
	var s float64
	for _, v := range r {
		s += v * v
	}
	return s
}

func (s *search) answer() (CurveFit, error) {
	n := len(s.r)
	f := CurveFit{Coefficients: s.b, SSE: s.sse, Degrees: max(1, n-s.p), StandardErrors: make([]float64, s.p),
		OnBound: make([]bool, s.p), Covariance: mat.NewSymDense(s.p, nil)}
	f.ResidualSD = math.Sqrt(f.SSE / float64(f.Degrees))
	var at []int
	for j := range s.p {
		if f.OnBound[j] = s.b[j] <= s.lower(j); !f.OnBound[j] {
			at = append(at, j)
		}
	}
	if len(at) == 0 {
		return f, nil
	}
	x := mat.NewDense(n, len(at), nil)
	for a, j := range at {
		for i := range n {
			x.Set(i, a, s.slopes.At(i, j))
		}
	}
	scale := columnScale(x)
	var qr mat.QR
	qr.Factorize(x)
	if c := qr.Cond(); math.IsNaN(c) || c > maxCondition {
		return CurveFit{}, ErrRank
	}
	var gram, inverse mat.SymDense
	gram.SymOuterK(1, x.T())
	var chol mat.Cholesky
	if !chol.Factorize(&gram) || chol.InverseTo(&inverse) != nil {
		return CurveFit{}, ErrRank
	}
	for a, i := range at {
		for e, j := range at {
			f.Covariance.SetSym(i, j, f.ResidualSD*f.ResidualSD*inverse.At(a, e)/scale[a]/scale[e])
		}
		f.StandardErrors[i] = math.Sqrt(f.Covariance.At(i, i))
	}
	return f, nil
}
