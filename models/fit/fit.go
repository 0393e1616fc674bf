// Package fit is least squares on gonum as the models need it: ordinary and
// weighted with Student's t intervals, non-negative with priors, and a block
// bootstrap. It knows nothing of requests, stations or files; units are
// those of its input.
//
// A design is rows of coefficients, one row an observation, all of one
// length.
package fit

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// ErrRank says that the observations cannot tell some coefficients apart.
var ErrRank = errors.New("fit: the observations cannot tell the coefficients apart")

// maxCondition is the condition number of the column-scaled design beyond
// which coefficients are noise in float64.
const maxCondition = 1e10

// A Regression is the answer of LeastSquares.
type Regression struct {
	Coefficients   []float64
	StandardErrors []float64
	ResidualSD     float64 // sqrt(weighted SSE / degrees of freedom)
	SSE            float64 // weighted sum of squared residuals
	R2             float64 // 1 - SSE/SST about the weighted mean of y
	Degrees        int     // observations of positive weight minus coefficients, at least 1
}

// LeastSquares minimises the sum of w_i (y_i - x_i·b)². A nil weight means 1
// for all; an observation of weight 0 is left out. It needs more observations
// than coefficients.
//
//	b = argmin |W^½ (y - X b)|,  se(b)² = s² diag (XᵀWX)⁻¹,  s² = SSE/(n-p)
//
// Errors: a shape that does not fit, values that are not finite, and ErrRank.
func LeastSquares(rows [][]float64, y, weights []float64) (Regression, error) {
	p, err := checkDesign(rows, y, weights)
	if err != nil {
		return Regression{}, err
	}
	x, z := weighted(rows, y, weights, p)
	n := len(z)
	if n <= p {
		return Regression{}, fmt.Errorf("fit: %d observations are too few for %d coefficients", n, p)
	}
	scale := columnScale(x)
	var qr mat.QR
	qr.Factorize(x)
	if c := qr.Cond(); math.IsNaN(c) || c > maxCondition {
		return Regression{}, ErrRank
	}
	var b mat.VecDense
	if err := qr.SolveVecTo(&b, false, mat.NewVecDense(n, z)); err != nil {
		return Regression{}, ErrRank
	}
	r := Regression{Coefficients: make([]float64, p), StandardErrors: make([]float64, p), Degrees: n - p}
	r.SSE, r.R2 = residuals(x, &b, z, rows, y, weights)
	r.ResidualSD = math.Sqrt(r.SSE / float64(r.Degrees))
	var gram, inverse mat.SymDense
	gram.SymOuterK(1, x.T())
	var chol mat.Cholesky
	if !chol.Factorize(&gram) || chol.InverseTo(&inverse) != nil {
		return Regression{}, ErrRank
	}
	for j := range p {
		r.Coefficients[j] = b.AtVec(j) / scale[j]
		r.StandardErrors[j] = r.ResidualSD * math.Sqrt(inverse.At(j, j)) / scale[j]
	}
	return r, nil
}

// Interval is the two-sided interval of coefficient j at a level in (0, 1),
// by Student's t with r.Degrees degrees of freedom.
func (r Regression) Interval(j int, level float64) (low, high float64) {
	h := StudentT(level, r.Degrees) * r.StandardErrors[j]
	return r.Coefficients[j] - h, r.Coefficients[j] + h
}

// StudentT is the half-width, in standard errors, of a two-sided interval of
// that level with that many degrees of freedom.
func StudentT(level float64, degrees int) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(max(1, degrees))}.Quantile(0.5 + level/2)
}

// WithIntercept puts a column of ones before the others.
func WithIntercept(rows [][]float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i, r := range rows {
		out[i] = append([]float64{1}, r...)
	}
	return out
}

func checkDesign(rows [][]float64, y, weights []float64) (int, error) {
	if len(rows) == 0 || len(rows[0]) == 0 {
		return 0, errors.New("fit: no observations or no coefficients")
	}
	if len(y) != len(rows) || (weights != nil && len(weights) != len(rows)) {
		return 0, fmt.Errorf("fit: %d rows, %d values and %d weights do not belong together", len(rows), len(y), len(weights))
	}
	p := len(rows[0])
	for i, r := range rows {
		if len(r) != p {
			return 0, fmt.Errorf("fit: row %d has %d columns, the first has %d", i, len(r), p)
		}
		sum := y[i]
		for _, v := range r {
			sum += v
		}
		if weights != nil {
			if weights[i] < 0 {
				return 0, fmt.Errorf("fit: the weight of row %d is negative", i)
			}
			sum += weights[i]
		}
		if math.IsNaN(sum) || math.IsInf(sum, 0) {
			return 0, fmt.Errorf("fit: row %d has a value that is not finite", i)
		}
	}
	return p, nil
}

// weighted is W^½X (n×p) and W^½y without the observations of weight 0.
func weighted(rows [][]float64, y, weights []float64, p int) (*mat.Dense, []float64) {
	var data, z []float64
	for i, r := range rows {
		w := 1.0
		if weights != nil {
			w = math.Sqrt(weights[i])
		}
		if w == 0 {
			continue
		}
		for _, v := range r {
			data = append(data, w*v)
		}
		z = append(z, w*y[i])
	}
	if len(z) == 0 {
		return mat.NewDense(1, p, nil), nil
	}
	return mat.NewDense(len(z), p, data), z
}

// columnScale norms every column to length 1, so that the condition number
// speaks of collinearity and not of units.
func columnScale(x *mat.Dense) []float64 {
	n, p := x.Dims()
	scale := make([]float64, p)
	for j := range p {
		s := mat.Norm(x.ColView(j), 2)
		if s == 0 {
			s = 1
		}
		scale[j] = s
		for i := range n {
			x.Set(i, j, x.At(i, j)/s)
		}
	}
	return scale
}

func residuals(x *mat.Dense, b *mat.VecDense, z []float64, rows [][]float64, y, weights []float64) (sse, r2 float64) {
	var fitted mat.VecDense
	fitted.MulVec(x, b)
	for i, v := range z {
		d := v - fitted.AtVec(i)
		sse += d * d
	}
	var sw, swy float64
	at := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return weights[i]
	}
	for i := range rows {
		sw += at(i)
		swy += at(i) * y[i]
	}
	var sst float64
	for i := range rows {
		d := y[i] - swy/sw
		sst += at(i) * d * d
	}
	if sst == 0 {
		return sse, 0
	}
	return sse, 1 - sse/sst
}
