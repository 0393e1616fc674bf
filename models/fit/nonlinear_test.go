package fit

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// misra is NIST's Misra1a: y = b1 (1 - e^(-b2 x)), dental research, "lower
// difficulty". Certified values of the Statistical Reference Datasets,
// https://www.itl.nist.gov/div898/strd/nls/data/misra1a.shtml.
func misra() Curve {
	y := []float64{10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78}
	x := []float64{77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0}
	return Curve{Observations: len(y),
		Residuals: func(b, out []float64) {
			for i := range y {
				out[i] = y[i] + b[0]*math.Expm1(-b[1]*x[i])
			}
		},
		Slopes: func(b []float64, out *mat.Dense) {
			for i := range x {
				out.Set(i, 0, -math.Expm1(-b[1]*x[i]))
				out.Set(i, 1, b[0]*x[i]*math.Exp(-b[1]*x[i]))
			}
		}}
}

func TestCurvePublished(t *testing.T) {
	for _, start := range [][]float64{{500, 0.0001}, {250, 0.0005}} {
		f, err := misra().Fit(start)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "b1", f.Coefficients[0], 2.3894212918e+02, 1e-9)
		near(t, "b2", f.Coefficients[1], 5.5015643181e-04, 1e-9)
		near(t, "se b1", f.StandardErrors[0], 2.7070075241e+00, 1e-7)
		near(t, "se b2", f.StandardErrors[1], 7.2668688436e-06, 1e-7)
		near(t, "SSE", f.SSE, 1.2455138894e-01, 1e-9)
		near(t, "residual SD", f.ResidualSD, 1.0187876330e-01, 1e-9)
		if f.Degrees != 12 {
			t.Errorf("%d degrees", f.Degrees)
		}
	}
}

// line is y = b0 + b1 x as a curve.
func line(x, y, lower []float64) Curve {
	return Curve{Observations: len(x), Lower: lower,
		Residuals: func(b, out []float64) {
			for i := range x {
				out[i] = y[i] - b[0] - b[1]*x[i]
			}
		},
		Slopes: func(_ []float64, out *mat.Dense) {
			for i := range x {
				out.Set(i, 0, 1)
				out.Set(i, 1, x[i])
			}
		}}
}

// A straight line is what LeastSquares and NonNegative fit too.
func TestCurveAgainstLinear(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 1))
	bounds := 0
	for range 200 {
		var x, y []float64
		for range 9 {
			v := random.NormFloat64()
			x, y = append(x, v), append(y, random.NormFloat64()+v*random.NormFloat64())
		}
		var rows [][]float64
		for _, v := range x {
			rows = append(rows, []float64{1, v})
		}
		free, err := line(x, y, nil).Fit([]float64{5, 5})
		if err != nil {
			t.Fatal(err)
		}
		want, err := LeastSquares(rows, y, nil)
		if err != nil {
			t.Fatal(err)
		}
		bound, err := line(x, y, []float64{0, 0}).Fit([]float64{5, 5})
		if err != nil {
			t.Fatal(err)
		}
		positive, err := NonNegative(rows, y, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for j := range 2 {
			if math.Abs(free.Coefficients[j]-want.Coefficients[j]) > 1e-7 || math.Abs(free.StandardErrors[j]-want.StandardErrors[j]) > 1e-7 {
				t.Fatalf("got %v, want %v", free, want)
			}
			if math.Abs(bound.Coefficients[j]-positive[j]) > 1e-7 || bound.OnBound[j] != (positive[j] == 0) {
				t.Fatalf("got %v, want %v", bound, positive)
			}
			if bound.OnBound[j] {
				bounds++
			}
		}
	}
	if bounds < 50 {
		t.Errorf("only %d coefficients were on their bound", bounds)
	}
}

func TestCurveRefuses(t *testing.T) {
	if _, err := line([]float64{1}, []float64{1}, nil).Fit([]float64{0, 0}); err == nil {
		t.Error("one observation of two coefficients was accepted")
	}
	if _, err := line([]float64{1, 2}, []float64{1, 2}, []float64{0}).Fit([]float64{0, 0}); err == nil {
		t.Error("one bound of two coefficients was accepted")
	}
	if _, err := line([]float64{1, 2}, []float64{1, math.NaN()}, nil).Fit([]float64{0, 0}); err == nil {
		t.Error("NaN was accepted")
	}
	if _, err := line([]float64{2, 2, 2}, []float64{1, 2, 3}, nil).Fit([]float64{0, 0}); !errors.Is(err, ErrRank) {
		t.Errorf("collinear coefficients: %v", err)
	}
}

// Neither start nor data make it hang, panic or answer NaN.
func FuzzCurve(f *testing.F) {
	f.Add(500.0, 0.0001)
	f.Add(-1e300, 1e300)
	f.Add(0.0, 0.0)
	f.Fuzz(func(t *testing.T, a, b float64) {
		c := misra()
		c.Lower = []float64{0, 0}
		fit, err := c.Fit([]float64{a, b})
		if err != nil {
			return
		}
		for j, v := range fit.Coefficients {
			if math.IsNaN(v) || v < 0 || math.IsNaN(fit.StandardErrors[j]) {
				t.Fatalf("%+v", fit)
			}
		}
	})
}
