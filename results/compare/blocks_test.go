package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
)

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance*math.Max(1, math.Abs(b)) }

// TestStudentSleep is Student's own data (1908, "The probable error of a
// mean", Biometrika 6): the extra hours of sleep of ten patients with two
// drugs. R 4.3, t.test(paired = TRUE): t = -4.0621, df = 9, p = 0.002833, 95 %
// interval -2.459886 to -0.700114.
func TestStudentSleep(t *testing.T) {
	first := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2}
	second := []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	n := float64(len(first))
	difference := 0.0
	for i := range first {
		difference += (first[i] - second[i]) / n
	}
	r := make([]float64, len(first))
	for i := range first {
		r[i] = (first[i] - second[i] - difference) / n
	}
	v, _ := variance([][]float64{r})
	s := spread{se: math.Sqrt(v), df: n - 1, blocks: len(first)}
	if got := difference / s.se; !near(got, -4.0621, 1e-4) {
		t.Errorf("t is %.5f", got)
	}
	if p := s.p(difference); !near(p, 0.002833, 1e-6) {
		t.Errorf("p is %.6f", p)
	}
	half := s.critical(0.05) * s.se
	if !near(difference-half, -2.459886, 1e-6) || !near(difference+half, -0.700114, 1e-6) {
		t.Errorf("the interval is %.6f to %.6f", difference-half, difference+half)
	}
}

// TestSpreadOfAutoregression knows the variance of a mean of an AR(1) series:
// σ²/n·(1+φ)/(1-φ) for large n. Far too small it must not be.
func TestSpreadOfAutoregression(t *testing.T) {
	for _, phi := range []float64{0, 0.5, 0.9, 0.97} {
		const n, times = 2000, 60
		var ratios float64
		for seed := range uint64(times) {
			r := rand.New(rand.NewPCG(seed, 5))
			var s sides
			for side := range s {
				x, values := r.NormFloat64(), make([]float64, n)
				for i := range values {
					values[i] = x
					x = phi*x + math.Sqrt(1-phi*phi)*r.NormFloat64()
				}
				s[side] = [][]float64{values}
			}
			counts, _ := s.counts()
			m := [2]float64{mean(s[0]), mean(s[1])}
			got := spreadOf(ranked(counts, mostBlocks, false), influence(s, func(side int, v float64) float64 { return (v - m[side]) / n }))
			true2 := 2.0 / n * (1 + phi) / (1 - phi)
			ratios += got.se * got.se / true2 / times
		}
		if ratios < 0.85 || ratios > 1.8 {
			t.Errorf("φ = %g: the variance is %.2f of the true one on the mean", phi, ratios)
		}
	}
}

// TestPermutation agrees with another way to a p-value: the signs of the
// blocks' differences, which are as likely either way, drawn at random.
func TestPermutation(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 13))
	for _, shift := range []float64{0, 0.05, 0.1, 0.15} {
		var s sides
		for side := range s {
			values := make([]float64, 400)
			for i := range values {
				values[i] = logNormal(r, 1) * (1 + shift*float64(side))
			}
			s[side] = [][]float64{values}
		}
		c := means(s, mostBlocks, false)
		d := make([]float64, c.blocks)
		for side, sign := range []float64{-1, 1} {
			for k, v := range s[side][0] {
				d[k*c.blocks/400] += sign * v
			}
		}
		const draws = 20000
		var sum float64
		for _, x := range d {
			sum += x
		}
		beyond := 0
		for range draws {
			var flipped float64
			for _, x := range d {
				flipped += x * float64(1-2*r.IntN(2))
			}
			if math.Abs(flipped) >= math.Abs(sum) {
				beyond++
			}
		}
		if p := float64(beyond) / draws; math.Abs(p-c.p) > 0.03+0.25*p {
			t.Errorf("shift %g: p is %.4f, by permutation %.4f", shift, c.p, p)
		}
	}
}

// TestCommonPercentile finds it as sorting both sides would.
func TestCommonPercentile(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var tl tail
		by := [2]float64{1, math.Exp(r.NormFloat64())}
		var all []float64
		for side := range tl.sorted {
			values := make([]float64, 1+r.IntN(40))
			for i := range values {
				values[i] = float64(r.IntN(12)) // with ties
				if r.IntN(9) == 0 {
					values[i] = math.Inf(1)
				}
			}
			tl.sorted[side] = sorted([][]float64{values})
			for _, v := range values {
				all = append(all, v*by[side])
			}
		}
		all = sorted([][]float64{all})
		if got, want := tl.common(by), all[rank(len(all))]; got != want {
			t.Fatalf("got %g, want %g of %v", got, want, all)
		}
	}
}

// TestBetweenRuns counts what runs differ by as wholes.
func TestBetweenRuns(t *testing.T) {
	for _, c := range []struct {
		name   string
		runs   [2][]float64
		paired bool
		v, df  float64
	}{
		{"one run each", [2][]float64{{0}, {0}}, false, 0, 0},
		{"one pair", [2][]float64{{0}, {0}}, true, 0, 0},
		// Pairs differ by 1, -1: variance of their sum 2·(1+1).
		{"two pairs", [2][]float64{{0, 0}, {1, -1}}, true, 4, 1},
		{"two and two", [2][]float64{{0, 0}, {1, -1}}, false, 4, 2},
		// The other side was run once: its one run varies as two halves of the baseline do.
		{"two and one", [2][]float64{{1, -1}, {0}}, false, 4 + 8, 1},
	} {
		if v, df := betweenRuns(c.runs, c.paired); v != c.v || df != c.df {
			t.Errorf("%s: %g with %g degrees of freedom, want %g with %g", c.name, v, df, c.v, c.df)
		}
	}
}

// TestHolm judges tests whose p-values are known, by hand: 0.01·4, 0.02·3 > 0.05.
func TestHolm(t *testing.T) {
	p := []float64{0.02, 0.5, 0.01, 0.03}
	tests := make([]test, len(p)+1)
	for i := range tests {
		tests[i].change = &headroom.Change{Measure: headroom.ChangeMean, Relative: true}
		if i == len(p) {
			tests[i].reason = tooFew
			continue
		}
		tests[i].contrast = contrast{p: p[i], change: 0.1, smallest: func(alpha float64) *float64 { return &alpha },
			interval: func(alpha float64) (low, high *float64) { l, h := -alpha, 1-alpha; return &l, &h }}
	}
	if made := judge(tests, 0); made != 4 {
		t.Errorf("%d tests", made)
	}
	for i, want := range []struct {
		adjusted float64
		verdict  headroom.Verdict
		held     float64
	}{{0.06, headroom.NoDifference, Alpha / 3}, {0.5, headroom.NoDifference, Alpha / 3}, {0.04, headroom.Worse, Alpha / 4}, {0.06, headroom.NoDifference, Alpha / 3}} {
		c := tests[i].change
		if !near(*c.Adjusted, want.adjusted, 1e-12) || c.Verdict != want.verdict || !near(*c.Smallest, want.held, 1e-12) {
			t.Errorf("p %g: adjusted %g, %s, held to %g; want %+v", p[i], *c.Adjusted, c.Verdict, *c.Smallest, want)
		}
	}
	if c := tests[2].change; *c.Low != 0 {
		t.Errorf("the interval of what Holm found begins at %g, want no change at all", *c.Low)
	}
	if c := tests[4].change; c.P != nil || c.Verdict != headroom.NotTested {
		t.Errorf("what was not tested is %+v", c)
	}
}
