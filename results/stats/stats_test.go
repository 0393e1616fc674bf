package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

// ar1 is n values of x_t = phi x_{t-1} + e, e standard normal, in its steady
// state: mean 0, variance 1/(1-phi²), and the mean of many has the variance
// 1/(1-phi)² / n.
func ar1(r *rand.Rand, phi float64, n int) []float64 {
	x := r.NormFloat64() / math.Sqrt(1-phi*phi)
	out := make([]float64, n)
	for i := range out {
		out[i] = x
		x = phi*x + r.NormFloat64()
	}
	return out
}

// mm1 is n response times of M/M/1 (utilization 0.5, service rate 1) by
// Lindley's recursion, after so many unseen ones: exponential with rate 0.5.
func mm1(r *rand.Rand, unseen, n int) []float64 {
	var wait float64
	out := make([]float64, 0, n)
	for i := range n + unseen {
		service := r.ExpFloat64()
		if i >= unseen {
			out = append(out, wait+service)
		}
		wait = max(0, wait+service-2*r.ExpFloat64())
	}
	return out
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1979)) }

func TestHolm(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		what    string
		p, want []float64
	}{
		// R 4.3, p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm"); at 0.05 only the
		// first and the last are significant.
		{"four tests", []float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{"one", []float64{0.04}, []float64{0.04}},
		{"none", nil, []float64{}},
		{"never above 1", []float64{0.7, 0.8}, []float64{1, 1}},
		{"equal ones", []float64{0.01, 0.01}, []float64{0.02, 0.02}},
		{"a later one is never below an earlier one", []float64{0.02, 0.021}, []float64{0.04, 0.04}},
		{"what was not tested does not count", []float64{nan, 0.02, nan, 0.03}, []float64{nan, 0.04, nan, 0.04}},
		{"certainty", []float64{0, 1}, []float64{0, 1}},
	} {
		got := Holm(c.p)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return near(a, b, 1e-12) || math.IsNaN(a) && math.IsNaN(b) }) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

// TestHolmErrsSeldom makes ten tests of which none has anything to find: at
// least one is called significant in at most 5 % of the cases. Of 4000, 5 % are
// 200 with a standard deviation of 14; Bonferroni's and Holm's own rate is
// 1 - 0.995^10 = 4.9 %.
func TestHolmErrsSeldom(t *testing.T) {
	r := random(1)
	wrong := 0
	for range 4000 {
		p := make([]float64, 10)
		for i := range p {
			p[i] = r.Float64()
		}
		if slices.Min(Holm(p)) <= 0.05 {
			wrong++
		}
	}
	if wrong < 140 || wrong > 260 {
		t.Errorf("%d of 4000 families of true null hypotheses had an error, want about 195", wrong)
	}
}

// FuzzHolm compares with the rejections of the procedure itself, step by step.
func FuzzHolm(f *testing.F) {
	f.Add(uint64(1), 5, 0.05)
	f.Add(uint64(2), 1, 0.2)
	f.Fuzz(func(t *testing.T, seed uint64, n int, alpha float64) {
		if n < 1 || n > 50 || !(alpha > 0 && alpha < 1) {
			return
		}
		r := random(seed)
		p := make([]float64, n)
		for i := range p {
			p[i] = math.Pow(r.Float64(), 3)
		}
		adjusted := Holm(p)
		sorted := slices.Clone(p)
		slices.Sort(sorted)
		rejected := 0
		for rejected < n && float64(n-rejected)*sorted[rejected] <= alpha {
			rejected++
		}
		count := 0
		for i, a := range adjusted {
			if a < p[i] || a > 1 {
				t.Errorf("%g was adjusted to %g", p[i], a)
			}
			if a <= alpha {
				count++
			}
		}
		if count != rejected {
			t.Errorf("%d of %v are adjusted to %g or less; the procedure rejects %d", count, p, alpha, rejected)
		}
	})
}

func TestAutocorrelation(t *testing.T) {
	// By hand: mean 2, deviations -1, 0, 1: products 0, 0, over 2.
	if got := Autocorrelation([]float64{1, 2, 3}, 1); got != 0 {
		t.Errorf("of 1, 2, 3: %g, want 0", got)
	}
	// Deviations 1, -1, 1, -1: -3 over 4.
	if got := Autocorrelation([]float64{1, -1, 1, -1}, 1); !near(got, -0.75, 1e-12) {
		t.Errorf("of alternating values: %g, want -0.75", got)
	}
	for what, got := range map[string]float64{"equal values": Autocorrelation([]float64{3, 3, 3}, 1), "too few": Autocorrelation([]float64{1}, 1), "none": Autocorrelation(nil, 0)} {
		if got != 0 {
			t.Errorf("of %s: %g, want 0", what, got)
		}
	}
	// Of AR(1) it is phi^lag; its standard error of 20,000 values is below 0.02.
	x := ar1(random(4), 0.8, 20000)
	for lag, want := range map[int]float64{0: 1, 1: 0.8, 3: 0.512} {
		if got := Autocorrelation(x, lag); !near(got, want, 0.04) {
			t.Errorf("AR(1), lag %d: %.3f, want %.3f", lag, got, want)
		}
	}
}
