package fit

import (
	"encoding/csv"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// table reads a CSV whose comment lines start with #, by column name.
func table(t *testing.T, path string) map[string][]float64 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for _, rec := range records[1:] {
		for i, s := range rec {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			out[records[0][i]] = append(out[records[0][i]], v)
		}
	}
	return out
}

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > relative*math.Abs(want) {
		t.Errorf("%s: got %.8g, want %.8g within %g", what, got, want, relative)
	}
}

// The LibReDE user guide's sample; the expected figures stand in the file's
// header (computed there from the same rows, to 6 digits).
func TestLeastSquaresLibrede(t *testing.T) {
	d := table(t, "testdata/librede_sample.csv")
	var rows [][]float64
	for i := range d["t"] {
		rows = append(rows, []float64{d["n0"][i] / 30, d["n1"][i] / 30, d["n2"][i] / 30})
	}
	origin, err := LeastSquares(rows, d["util"], nil)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "residual sd", origin.ResidualSD, 0.04092, 1e-3) // 4 digits are published
	for j, want := range []float64{0.046324, 0.122485, 0.057263} {
		near(t, "through origin", origin.Coefficients[j], want, 1e-4)
	}
	for j, want := range []float64{0.013298, 0.011216, 0.012312} {
		near(t, "standard error", origin.StandardErrors[j], want, 1e-4)
	}
	free, err := LeastSquares(WithIntercept(rows), d["util"], nil)
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range []float64{0.11513, 0.028516, 0.105914, 0.039507} {
		near(t, "with intercept", free.Coefficients[j], want, 1e-4)
	}
	for j, want := range []float64{0.057144, 0.015817, 0.013785, 0.015006} {
		near(t, "standard error with intercept", free.StandardErrors[j], want, 1e-4)
	}
	var util, fitted float64
	for i, r := range rows {
		util += d["util"][i]
		for j := range r {
			fitted += r[j] * origin.Coefficients[j]
		}
	}
	near(t, "sum of rate and demand", fitted, util, 0.01)
	// All coefficients are positive, so the constraint changes nothing.
	b, err := NonNegative(rows, d["util"], nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for j := range b {
		near(t, "non-negative", b[j], origin.Coefficients[j], 1e-7)
	}
}

// R package usl's oracledb data: the EXPECT-UL line of the file's header.
func TestLeastSquaresOracle(t *testing.T) {
	d := table(t, "testdata/usl_oracledb.csv")
	var rows [][]float64
	for _, x := range d["txn_rate"] {
		rows = append(rows, []float64{x})
	}
	r, err := LeastSquares(WithIntercept(rows), d["cpu_time"], nil)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "demand", r.Coefficients[1], 0.29151439, 1e-7)
	near(t, "standard error", r.StandardErrors[1], 0.01398847, 1e-6)
	near(t, "background", r.Coefficients[0], 0.00789432, 1e-4) // the file has 7 digits
	r, err = LeastSquares(rows, d["cpu_time"], nil)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "through origin", r.Coefficients[0], 0.29338394, 1e-6)
}

// Student's t at 0.9: standard tables (6.3138 at 1, 2.0150 at 5, 1.6973 at 30).
func TestStudentT(t *testing.T) {
	for degrees, want := range map[int]float64{1: 6.3138, 5: 2.0150, 30: 1.6973} {
		near(t, "t", StudentT(0.9, degrees), want, 1e-4)
	}
}

func TestLeastSquaresWeights(t *testing.T) {
	rows := [][]float64{{1, 1}, {1, 2}, {1, 3}, {1, 5}, {1, 7}}
	y := []float64{1, 3, 2, 6, 6}
	twice, err := LeastSquares(append(rows, rows[2]), append(y, y[2]), nil)
	if err != nil {
		t.Fatal(err)
	}
	weighted, err := LeastSquares(rows, y, []float64{1, 1, 2, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	for j := range twice.Coefficients {
		near(t, "weight 2 is the row twice", weighted.Coefficients[j], twice.Coefficients[j], 1e-12)
	}
	without, _ := LeastSquares(rows[:4], y[:4], nil)
	zero, err := LeastSquares(rows, y, []float64{1, 1, 1, 1, 0})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "weight 0 is no row", zero.StandardErrors[1], without.StandardErrors[1], 1e-12)
}

func TestLeastSquaresRefuses(t *testing.T) {
	together := [][]float64{{1, 2}, {2, 4}, {3, 6}, {4, 8}}
	if _, err := LeastSquares(together, []float64{1, 2, 3, 4}, nil); !errors.Is(err, ErrRank) {
		t.Errorf("collinear columns: got %v", err)
	}
	bad := []struct {
		name    string
		rows    [][]float64
		y, w    []float64
		because string
	}{
		{"nothing", nil, nil, nil, ""},
		{"ragged", [][]float64{{1}, {1, 2}}, []float64{1, 2}, nil, ""},
		{"short y", [][]float64{{1}, {2}}, []float64{1}, nil, ""},
		{"NaN", [][]float64{{1}, {math.NaN()}}, []float64{1, 2}, nil, ""},
		{"negative weight", [][]float64{{1}, {2}}, []float64{1, 2}, []float64{1, -1}, ""},
		{"too few", [][]float64{{1, 2}, {2, 1}}, []float64{1, 2}, nil, ""},
		{"no weight", [][]float64{{1}, {2}}, []float64{1, 2}, []float64{0, 0}, ""},
	}
	for _, c := range bad {
		if _, err := LeastSquares(c.rows, c.y, c.w); err == nil {
			t.Errorf("%s was accepted", c.name)
		}
	}
}

// Intervals at level 0.9 hold the truth in nine of ten cases.
func TestIntervalCoverage(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	const cases = 2000
	var held int
	for range cases {
		var rows [][]float64
		var y []float64
		for i := range 8 {
			x := float64(i)
			rows = append(rows, []float64{1, x})
			y = append(y, 2+3*x+random.NormFloat64())
		}
		r, err := LeastSquares(rows, y, nil)
		if err != nil {
			t.Fatal(err)
		}
		if low, high := r.Interval(1, 0.9); low <= 3 && 3 <= high {
			held++
		}
	}
	// The standard deviation of the share is 0.0067.
	if share := float64(held) / cases; math.Abs(share-0.9) > 0.025 {
		t.Errorf("coverage %.3f", share)
	}
}
