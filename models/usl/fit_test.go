package usl

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func exact(c Curve, ns ...float64) []Point {
	var p []Point
	for _, n := range ns {
		p = append(p, Point{n, c.ThroughputAtConcurrency(n)})
	}
	return p
}

// What was made by the law is found again, on the bounds and off them.
func TestFitRecovers(t *testing.T) {
	for _, c := range []Curve{{1000, 0.03, 1e-3}, {12, 0.2, 0}, {5, 0, 1e-4}, {5, 0, 0}, {1e-3, 0.5, 0.2}, {1e6, 0.9, 0}} {
		for _, ns := range [][]float64{{1, 4, 16}, {1, 2, 4, 8, 16, 32}, {8, 8, 30, 30, 100, 100}} {
			m := mustFit(t, exact(c, ns...))
			close9(t, "single client", m.SingleClientThroughput, c.SingleClientThroughput, 1e-6)
			if math.Abs(m.Contention-c.Contention) > 1e-7 || math.Abs(m.Coherency-c.Coherency) > 1e-8 {
				t.Errorf("%+v at %v: got %+v", c, ns, m.Curve)
			}
			if _, _, ok := m.Peak(); ok != (c.Coherency > 0) {
				t.Errorf("%+v at %v: peak %v of %+v", c, ns, ok, m.Curve)
			}
			if (m.ContentionInterval != nil) != (len(ns) > 3) {
				t.Errorf("%d points: interval %v", len(ns), m.ContentionInterval)
			}
		}
	}
}

func TestFitRefuses(t *testing.T) {
	for _, c := range []struct {
		p   []Point
		say string
	}{
		{nil, "there are 0"},
		{[]Point{{1, 2}, {2, 3}, {2, 4}, {1, 2}}, "there are 2"},
		{[]Point{{0, 2}, {2, 3}, {3, 4}}, "point 1 is 0"},
		{[]Point{{1, 2}, {2, -3}, {3, 4}}, "point 2 is -3"},
		{[]Point{{1, 2}, {2, 3}, {math.NaN(), 4}}, "point 3 is NaN"},
		{[]Point{{1, 2}, {2, math.Inf(1)}, {4, 4}}, "point 2 is +Inf"},
		{[]Point{{1, 0}, {2, 0}, {4, 0}}, "nothing was done"},
		{[]Point{{1, 1}, {2, 1}, {1e300, 1}}, "beyond what can be computed"},
	} {
		if _, err := Fit(c.p, Options{}); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%v: got %v, want %q", c.p, err, c.say)
		}
	}
	if _, err := Fit([]Point{{1, 2}}, Options{}); !errors.Is(err, ErrPoints) {
		t.Errorf("got %v", err)
	}
	if _, err := Fit(exact(Curve{1, 0, 0}, 1, 2, 3), Options{Level: 95}); err == nil {
		t.Error("a level of 95 was accepted")
	}
}

// The order of the rows does not matter to the last bit.
func TestFitOrder(t *testing.T) {
	p := load(t, "usl_specsdm91.csv", 0, 1)
	a := mustFit(t, p)
	for i, j := 0, len(p)-1; i < j; i, j = i+1, j-1 {
		p[i], p[j] = p[j], p[i]
	}
	if b := mustFit(t, p); a.Curve != b.Curve || *a.ContentionInterval != *b.ContentionInterval {
		t.Errorf("%+v and %+v", a.Curve, b.Curve)
	}
}

// Intervals of level 0.9 hold the truth about as often as they say, in the
// interior and on a bound (where they may hold it more often).
func TestIntervalsCover(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	ns := []float64{1, 2, 4, 6, 8, 12, 16, 24, 32}
	for _, c := range []struct {
		Curve
		low, high float64 // shares, +-3.3 standard deviations of 250 cases about 0.9, or more on a bound
	}{{Curve{100, 0.1, 0.004}, 0.84, 0.96}, {Curve{100, 0.1, 0}, 0.84, 1}} {
		const cases = 250
		held := [4]int{}
		for range cases {
			p := exact(c.Curve, ns...)
			for i := range p {
				p[i].Throughput += 10 * random.NormFloat64()
			}
			m, err := Fit(p, Options{Level: 0.9})
			if err != nil {
				t.Fatal(err)
			}
			x := m.PredictThroughputAtConcurrency(20)
			for j, h := range []struct {
				*Interval
				v float64
			}{{m.ContentionInterval, c.Contention}, {m.CoherencyInterval, c.Coherency}, {m.SingleClientInterval, c.SingleClientThroughput},
				{x.Interval, c.ThroughputAtConcurrency(20)}} {
				if h.Low <= h.v && h.v <= h.High {
					held[j]++
				}
			}
		}
		for j, h := range held {
			if share := float64(h) / cases; share < c.low || share > c.high {
				t.Errorf("%+v: interval %d holds the truth in %.3f", c.Curve, j, share)
			}
		}
		t.Logf("%+v: %v of %d", c.Curve, held, cases)
	}
}

// The raytracer to N = 20 predicts 147 at 64, where 310 was measured: that is
// refused an interval, and warned of.
func TestExtrapolation(t *testing.T) {
	m := mustFit(t, load(t, "usl_raytracer.csv", 0, 1)[:6])
	far := m.PredictThroughputAtConcurrency(64)
	close9(t, "X(64)", far.Value, 146.69, 1e-4)
	if far.Interval != nil || !strings.Contains(far.Warning, "more than 3 times") {
		t.Errorf("%+v", far)
	}
	if at := m.PredictThroughputAtConcurrency(60); at.Interval == nil || !strings.Contains(at.Warning, "beyond the largest") {
		t.Errorf("%+v", at)
	}
	if at := m.PredictThroughputAtConcurrency(20); at.Interval == nil || at.Warning != "" {
		t.Errorf("%+v", at)
	}
	if !strings.Contains(strings.Join(m.Warnings, "\n"), "the peak was not measured") {
		t.Errorf("warnings %q", m.Warnings)
	}
	r := m.PredictResponseAtConcurrency(20)
	if !(r.Interval.Low < r.Value && r.Value < r.Interval.High) {
		t.Errorf("response %g in %+v", r.Value, r.Interval)
	}
	// Held out, rows 7 to 11: the wide interval beyond is honest at 24 and 28.
	cisco := load(t, "usl_cisco.csv", 0, 1)
	c := mustFit(t, cisco[:10]).PredictThroughputAtConcurrency(20)
	if c.Interval == nil || c.Interval.High-c.Interval.Low < 300 {
		t.Errorf("%+v", c)
	}
}

func FuzzFit(f *testing.F) {
	f.Add(1.0, 10.0, 2.0, 18.0, 4.0, 30.0, 8.0, 40.0, 16.0, 35.0)
	f.Add(1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0, 5.0, 50.0)
	f.Add(0.1, 1.0, 0.2, 1.0, 3.0, 1.0, 4.0, 0.0, 5.0, 0.0)
	f.Add(1.0, 1e-100, 2e9, 1e100, 3.0, 1.0, 4.0, 1e-9, 1e12, 5.0)
	f.Add(5.0, 9.0, 6.0, 1.0, 7.0, 9.0, 8.0, 1.0, 9.0, 9.0)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, h, i, j, k float64) {
		m, err := Fit([]Point{{a, b}, {c, d}, {e, g}, {h, i}, {j, k}}, Options{})
		if err != nil {
			return
		}
		if !(m.Contention >= 0) || !(m.Coherency >= 0) || !(m.SingleClientThroughput >= 0) || math.IsInf(m.Contention+m.Coherency+m.SingleClientThroughput, 0) {
			t.Fatalf("%+v", m.Curve)
		}
		for _, v := range []*Interval{m.ContentionInterval, m.CoherencyInterval, m.SingleClientInterval, m.PeakConcurrencyInterval, m.PeakThroughputInterval} {
			if v != nil && !(v.Low <= v.High) {
				t.Fatalf("%+v: interval %+v", m.Curve, *v)
			}
		}
		for _, n := range []float64{0, 0.5, 1, 1e3, 1e12} {
			p := m.PredictThroughputAtConcurrency(n)
			if math.IsNaN(p.Value) || (p.Interval != nil && !(p.Interval.Low <= p.Interval.High)) {
				t.Fatalf("%+v at %g: %+v", m.Curve, n, p)
			}
		}
		if n, x, ok := m.Peak(); ok && (math.IsNaN(n+x) || math.IsInf(n+x, 0)) {
			t.Fatalf("peak %g %g", n, x)
		}
	})
}
