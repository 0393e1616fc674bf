package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestWilson has the intervals of 95 % of Newcombe 1998, "Two-sided confidence
// intervals for the single proportion", table I, method 3.
func TestWilson(t *testing.T) {
	for _, c := range []struct{ k, n, low, high float64 }{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718},
	} {
		low, high := wilson(c.k/c.n, c.n, 0.95)
		if !near(low, c.low, 5e-5) || !near(high, c.high, 5e-5) {
			t.Errorf("%g of %g: %.4f to %.4f, want %.4f to %.4f", c.k, c.n, low, high, c.low, c.high)
		}
	}
}

func events(n int, is func(i int) bool) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = is(i)
	}
	return out
}

func TestShareAtItsLimits(t *testing.T) {
	none := func(int) bool { return false }
	every := func(int) bool { return true }
	if e := Share(nil, 1); e.N != 0 || e.Identified || e.Value != 0 {
		t.Errorf("of nothing: %+v", e)
	}
	// Of 1000 events that all went the same way as much is known as of 100
	// independent ones: 1 - 0.05^(1/100) = 0.0295, by the rule of three 3/100.
	e := Share(events(1000, none), 1)
	if e.Value != 0 || e.Low != 0 || !near(e.High, 0.02951, 1e-5) || !e.Identified {
		t.Errorf("none of 1000: %+v", e)
	}
	if a := Share(events(1000, every), 1); a.Value != 1 || a.High != 1 || !near(a.Low, 1-e.High, 1e-12) {
		t.Errorf("all of 1000: %+v", a)
	}
	if e := Share(events(9, none), 1); e.Identified {
		t.Errorf("of nine events: %+v", e)
	}
	if e := Share([]bool{true}, 1); e.Value != 1 || e.High != 1 || !near(e.Low, 0.05, 1e-12) {
		t.Errorf("one of one: %+v", e)
	}
	// One of many: the interval holds it and is not below 0.
	if e := Share(events(1000, func(i int) bool { return i == 500 }), 1); e.Low < 0 || e.Low >= 0.001 || e.High <= 0.001 || e.High > 0.02 {
		t.Errorf("one of 1000: %+v", e)
	}
	// Evenly spaced events are known better than random ones: no better than
	// independent ones is claimed.
	if e := Share(events(1000, func(i int) bool { return i%2 == 0 }), 1); e.Value != 0.5 || !near(e.High-0.5, 0.026, 1e-3) {
		t.Errorf("every second: %+v", e)
	}
}

// bursts is a two-state chain: an event begins with a chance so that the share
// of true is p, and goes on with the chance stay.
func bursts(r *rand.Rand, n int, p, stay float64) []bool {
	begin := p * (1 - stay) / (1 - p)
	out := make([]bool, n)
	state := r.Float64() < p
	for i := range out {
		out[i] = state
		if state {
			state = r.Float64() < stay
		} else {
			state = r.Float64() < begin
		}
	}
	return out
}

// TestSharesCover wants the true share in 90 % of the intervals, of independent
// errors and of errors that come in bursts of ten, and shows that taking the
// latter for independent does not do it: of 300, 270 are expected with a
// standard deviation of 5.
func TestSharesCover(t *testing.T) {
	const runs, n = 300, 4000
	for _, c := range []struct {
		what    string
		p, stay float64
		least   int
	}{
		{"independent, 5 %", 0.05, 0.05, 255}, {"bursts of ten, 5 %", 0.05, 0.9, 240}, {"bursts of ten, 50 %", 0.5, 0.9, 250}, {"bursts of ten, 99 %", 0.99, 0.999, 225},
	} {
		held, naive := 0, 0
		for i := range uint64(runs) {
			list := bursts(random(i), n, c.p, c.stay)
			e := Share(list, i)
			if e.Low <= c.p && c.p <= e.High {
				held++
			}
			if low, high := wilson(e.Value, n, 0.9); low <= c.p && c.p <= high {
				naive++
			}
		}
		t.Logf("%s: %d of %d intervals hold the share; if taken for independent %d", c.what, held, runs, naive)
		if held < c.least {
			t.Errorf("%s: only %d of %d intervals hold the share", c.what, held, runs)
		}
		if c.stay > 0.5 && naive > 200 {
			t.Errorf("%s: %d of %d intervals for independent events hold the share: nothing is shown", c.what, naive, runs)
		}
	}
}

func FuzzShare(f *testing.F) {
	f.Add(uint64(1), 100, 0.1, 0.5)
	f.Add(uint64(3), 1, 0.9, 0.0)
	f.Fuzz(func(t *testing.T, seed uint64, n int, p, stay float64) {
		if n < 1 || n > 3000 || !(p > 0 && p < 1) || !(stay >= 0 && stay < 1) {
			return
		}
		list := bursts(random(seed), n, p, stay)
		e := Share(list, seed)
		k := 0
		for _, x := range list {
			if x {
				k++
			}
		}
		if e.Value != float64(k)/float64(n) || !(0 <= e.Low && e.Low <= e.Value && e.Value <= e.High && e.High <= 1) || math.IsNaN(e.Low+e.High) {
			t.Errorf("%d of %d: %+v", k, n, e)
		}
		for i := range list {
			list[i] = !list[i]
		}
		if o := Share(list, seed); !near(o.Low, 1-e.High, 1e-9) || !near(o.High, 1-e.Low, 1e-9) {
			t.Errorf("of the others %+v, not the mirror of %+v", o, e)
		}
	})
}
