package design

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// A Width is how wide an interval will be.
type Width struct {
	Class    string  `json:"class"`
	Station  string  `json:"station"`
	Relative float64 `json:"relative"` // half of the 90 % interval over the demand
}

// Widths are those of every class at every station where it needs anything, in
// their order.
func (i Information) Widths() []Width {
	var out []Width
	for c, k := range i.problem.Classes {
		for s, name := range i.problem.Stations {
			if k.Demand[s] > 0 {
				out = append(out, Width{k.Name, name, z * math.Sqrt(variances(i.stations[s])[c])})
			}
		}
	}
	return out
}

// Widest is the widest of them.
func (i Information) Widest() Width {
	var out Width
	for _, w := range i.Widths() {
		if w.Relative > out.Relative {
			out = w
		}
	}
	return out
}

// ConflictWidths are the relative half width of the share of conflicts at an
// overlap, and the half width of β, by which it grows. Both are +Inf without
// conflicts.
func (i Information) ConflictWidths(overlap float64) (level, growth float64) {
	if i.conflict == nil || !(overlap > 0) {
		return math.Inf(1), math.Inf(1)
	}
	inverse := inverted(i.conflict)
	x := mat.NewVecDense(2, []float64{1, math.Log(overlap)})
	return math.Expm1(z * math.Sqrt(max(0, mat.Inner(x, inverse, x)))), z * math.Sqrt(max(0, inverse.At(1, 1)))
}

// inverted is the inverse of an information, which the prior keeps positive
// definite.
func inverted(m *mat.SymDense) *mat.SymDense {
	var c mat.Cholesky
	n := m.SymmetricDim()
	out := mat.NewSymDense(n, nil)
	if !c.Factorize(m) || c.InverseTo(out) != nil {
		for k := range n { // rounding alone gets here: each by itself is then a lower bound
			out.SetSym(k, k, 1/max(m.At(k, k), math.SmallestNonzeroFloat64))
		}
	}
	return out
}

func variances(m *mat.SymDense) []float64 {
	inverse := inverted(m)
	out := make([]float64, m.SymmetricDim())
	for k := range out {
		out[k] = max(0, inverse.At(k, k))
	}
	return out
}

// determinant is the logarithm of an information's.
func determinant(m *mat.SymDense) float64 {
	var c mat.Cholesky
	if !c.Factorize(m) {
		return math.Inf(-1)
	}
	return c.LogDet()
}
