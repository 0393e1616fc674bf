package usl

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"
)

// The files in testdata are published data sets; each names its source, and
// the expected figures, in its header.
func load(t *testing.T, name string, n, x int) []Point {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var p []Point
	for _, row := range rows[1:] {
		a, err1 := strconv.ParseFloat(row[n], 64)
		b, err2 := strconv.ParseFloat(row[x], 64)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		p = append(p, Point{a, b})
	}
	return p
}

func close9(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s: got %.12g, want %.12g within %g", what, got, want, relative)
	}
}

func mustFit(t *testing.T, p []Point) Model {
	t.Helper()
	m, err := Fit(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Headers of testdata/usl_*.csv: 40-digit Levenberg-Marquardt, and the books.
func TestPublishedFits(t *testing.T) {
	cisco, ray := load(t, "usl_cisco.csv", 0, 1), load(t, "usl_raytracer.csv", 0, 1)
	for _, c := range []struct {
		name                      string
		p                         []Point
		sigma, kappa, single, sse float64
		peak, top                 float64
		within                    float64
	}{
		{"specsdm91", load(t, "usl_specsdm91.csv", 0, 1), 0.02772847562, 1.043654838e-4, 89.9952331, 27453.71958, 96.51956097, 1883.898996, 2e-9},
		{"cisco", cisco, 0.02671594504, 7.690939206e-4, 995.6487859, 1023849.525, 35.5737882, 12342.85255, 2e-9},
		{"oracledb", load(t, "usl_oracledb.csv", 0, 2), 0.4413715645, 0.04529833473, 3.386078407, 205.4931985, 3.511724204, 4.740921067, 5e-7}, // the file's rows are rounded to 7 digits,
		{"raytracer, rows 1 to 6", ray[:6], 0.02444404142, 0.00162680928, 20.8560453, 10.09188184, 24.48825, 203.48818, 2e-9},
	} {
		m := mustFit(t, c.p)
		close9(t, c.name+" contention", m.Contention, c.sigma, c.within)
		close9(t, c.name+" coherency", m.Coherency, c.kappa, c.within)
		close9(t, c.name+" single client", m.SingleClientThroughput, c.single, c.within)
		close9(t, c.name+" SSE", m.SSE, c.sse, c.within)
		n, x, ok := m.Peak()
		if !ok {
			t.Fatalf("%s: no peak", c.name)
		}
		close9(t, c.name+" peak concurrency", n, c.peak, max(1e-7, c.within))
		close9(t, c.name+" peak throughput", x, c.top, 1e-7)
	}
	m := mustFit(t, ray[:5])
	close9(t, "raytracer, rows 1 to 5", m.Contention, 0.02789501473, 2e-9)
	close9(t, "raytracer, rows 1 to 5", m.Coherency, 0.001460803283, 2e-9)
	close9(t, "raytracer, rows 1 to 5", m.SingleClientThroughput, 21.05932577, 2e-9)
	first := mustFit(t, cisco[:10])
	close9(t, "cisco, rows 1 to 10", first.Contention, 0.01700276672, 2e-9)
	close9(t, "cisco, rows 1 to 10", first.Coherency, 4.46539172e-4, 2e-9)
}

// Standard errors and Student's t intervals of n-3 degrees, from the headers.
func TestPublishedIntervals(t *testing.T) {
	m := mustFit(t, load(t, "usl_specsdm91.csv", 0, 1))
	close9(t, "residual SD", m.ResidualSD, 82.84582003, 1e-9)
	for j, want := range []float64{0.009121731808, 1.987527091e-5, 14.21348942} {
		close9(t, "standard error", math.Sqrt(m.covariance.At(j, j)), want, 1e-8)
	}
	close9(t, "contention low", m.ContentionInterval.Low, 0.002402, 3e-4)
	close9(t, "contention high", m.ContentionInterval.High, 0.053054, 2e-5)
	close9(t, "coherency low", m.CoherencyInterval.Low, 4.918e-5, 1e-4)
	close9(t, "coherency high", m.CoherencyInterval.High, 1.5955e-4, 1e-4)
	close9(t, "single client low", m.SingleClientInterval.Low, 50.532, 1e-5)
	close9(t, "single client high", m.SingleClientInterval.High, 129.458, 1e-5)

	// The contention's interval without the bound is -0.002259 to 0.051147.
	m = mustFit(t, load(t, "usl_raytracer.csv", 0, 1)[:6])
	if m.ContentionInterval.Low != 0 {
		t.Errorf("contention from %g", m.ContentionInterval.Low)
	}
	close9(t, "contention high", m.ContentionInterval.High, 0.051147, 2e-5)
	close9(t, "coherency low", m.CoherencyInterval.Low, 7.949e-4, 1e-4)
	close9(t, "coherency high", m.CoherencyInterval.High, 2.4587e-3, 1e-4)
}

// The raytracer's best fit has a negative coherency; the law's has none, no
// peak, and says so.
func TestRaytracerIsOnItsBound(t *testing.T) {
	m := mustFit(t, load(t, "usl_raytracer.csv", 0, 1))
	close9(t, "contention", m.Contention, 0.05777078074, 2e-9)
	close9(t, "single client", m.SingleClientThroughput, 21.84884287, 2e-9)
	close9(t, "SSE", m.SSE, 697.2377997, 1e-9)
	if m.Coherency != 0 || !m.CoherencyAtBound || m.ContentionAtBound {
		t.Errorf("coherency %g, at bound %v %v", m.Coherency, m.CoherencyAtBound, m.ContentionAtBound)
	}
	if _, _, ok := m.Peak(); ok {
		t.Error("there is a peak")
	}
	limit, ok := m.Limit()
	close9(t, "limit", limit, 378.1988505, 1e-9)
	if !ok || len(m.Warnings) == 0 || m.PeakConcurrencyInterval != nil {
		t.Errorf("%v, warnings %q, peak's interval %v", ok, m.Warnings, m.PeakConcurrencyInterval)
	}
	close9(t, "X(96)", m.ThroughputAtConcurrency(96), 323.27627, 1e-7)
	close9(t, "X(128)", m.ThroughputAtConcurrency(128), 335.45509, 1e-7)
	i := m.CoherencyInterval
	if i.Low != 0 || !(i.High > 0 && i.High < 1e-3) {
		t.Errorf("coherency from %g to %g", i.Low, i.High)
	}
	for _, j := range []struct {
		*Interval
		v float64
	}{{m.ContentionInterval, m.Contention}, {m.SingleClientInterval, m.SingleClientThroughput}} {
		if !(j.Low < j.v && j.v < j.High) || math.IsInf(j.High, 0) {
			t.Errorf("%g is not within %+v", j.v, *j.Interval)
		}
	}
}

// The figures of Schwartz' book and usl4j's tests, where those are right
// (header of usl_cisco.csv).
func TestPublishedPredictions(t *testing.T) {
	data := load(t, "usl_cisco.csv", 0, 1)
	m := mustFit(t, data)
	close9(t, "X(1)", m.ThroughputAtConcurrency(1), 995.6488, 1e-6)
	close9(t, "X(20)", m.ThroughputAtConcurrency(20), 11063.6331, 1e-8)
	close9(t, "X(35)", m.ThroughputAtConcurrency(35), 12341.74567, 1e-8)
	close9(t, "R(20)", m.ResponseAtConcurrency(20), 0.00180772444, 1e-8)
	close9(t, "R(35)", m.ResponseAtConcurrency(35), 0.00283590352, 1e-8)
	for x, want := range map[float64]float64{955: 0.958069455, 11048: 19.9239029, 12201: 29.5690362} {
		n, ok := m.ConcurrencyAtThroughput(x)
		if !ok {
			t.Errorf("no concurrency at %g", x)
		}
		close9(t, "N(X)", n, want, 1e-7)
	}
	first := mustFit(t, data[:10])
	for r, want := range map[float64]float64{0.0012: 7.230629, 0.0016: 20.251069, 0.0020: 29.888894} {
		n, ok := first.ConcurrencyAtResponse(r)
		if !ok {
			t.Errorf("no concurrency at %g", r)
		}
		close9(t, "N(R)", n, want, 1e-6)
	}
}

// Each question is the inverse of another.
func TestInverses(t *testing.T) {
	for _, c := range []Curve{{1000, 0.03, 1e-3}, {10, 0.2, 0}, {5, 0, 1e-4}, {5, 0, 0}, {7, 0.9, 0.5}, {3, 1e-12, 1e-15}} {
		for _, n := range []float64{0.5, 1, 2, 7.5} {
			x, r := c.ThroughputAtConcurrency(n), c.ResponseAtConcurrency(n)
			close9(t, "N = XR", x*r, n, 1e-14)
			if c.Coherency == 0 || c.Coherency*n*n < 1-c.Contention { // below the peak
				back, ok := c.ConcurrencyAtThroughput(x)
				if !ok {
					t.Errorf("%+v: no concurrency at throughput %g", c, x)
				}
				close9(t, "N(X(N))", back, n, 1e-12)
				rx, _ := c.ResponseAtThroughput(x)
				close9(t, "R(X)", rx, r, 1e-12)
			}
			back, ok := c.ConcurrencyAtResponse(r)
			if c.Contention == 0 && c.Coherency == 0 {
				if ok {
					t.Error("linear scaling has one response time only")
				}
				continue
			}
			if c.Coherency > c.Contention && n < 1 || c.Contention+c.Coherency < 1e-9 {
				continue // the response falls with N first; and rounding eats what is left
			}
			close9(t, "N(R(N))", back, n, 1e-11)
			xr, _ := c.ThroughputAtResponse(r)
			close9(t, "X(R)", xr, x, 1e-11)
		}
	}
}

func TestBoundaries(t *testing.T) {
	for _, c := range []struct {
		Curve
		peak float64
		ok   bool
	}{
		{Curve{1, 0, 0}, 0, false}, {Curve{1, 0.5, 0}, 0, false}, {Curve{1, 1, 0}, 0, false},
		{Curve{1, 1, 0.1}, 1, true}, {Curve{1, 2, 0}, 1, true}, {Curve{1, 0.5, 10}, 1, true}, {Curve{1, 0, 0.01}, 10, true},
		{Curve{1, 0.19, 0.01}, 9, true}, {Curve{1, 0, 1e-300}, 1e150, true}, {Curve{1, 0, 5e-324}, 0, false},
	} {
		n, x, ok := c.Peak()
		if ok != c.ok || math.Abs(n-c.peak) > 1e-12*c.peak || (ok && !(x > 0)) {
			t.Errorf("%+v: peak %g, %g, %v", c.Curve, n, x, ok)
		}
	}
	c := Curve{100, 0.1, 0.01}
	n, top, _ := c.Peak()
	if at, ok := c.ConcurrencyAtThroughput(top); !ok || math.Abs(at-n) > 1e-6*n {
		t.Errorf("the peak's own throughput is at %g, %v", at, ok)
	}
	if _, ok := c.ConcurrencyAtThroughput(top * (1 + 1e-9)); ok {
		t.Error("there is more than the peak")
	}
	if _, ok := (Curve{100, 0.1, 0}).ConcurrencyAtThroughput(1000); ok {
		t.Error("Amdahl's limit is reached")
	}
	if n, ok := c.ConcurrencyAtThroughput(0); !ok || n != 0 {
		t.Errorf("no throughput is at %g, %v", n, ok)
	}
	if _, ok := c.ResponseAtThroughput(0); ok {
		t.Error("nothing has a response time")
	}
}
