package arrivals

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.9g, want %.9g within %g", what, got, want, tolerance)
	}
}

// TestKolmogorovPublished holds against printed figures.
func TestKolmogorovPublished(t *testing.T) {
	// Marsaglia, Tsang and Wang 2003, section 3: P(D_10 < 0.274) = 0.628479…
	near(t, "P(D_10 >= .274)", kolmogorovExact(10, 0.274), 1-0.6284796154565, 1e-12)
	// Upper percentage points of D_n: Miller, "Table of percentage points of
	// Kolmogorov statistics", JASA 51, 1956 (n, D at 5 %, D at 1 %), printed to 5 digits.
	for _, c := range []struct {
		n        int
		d05, d01 float64
	}{
		{1, 0.97500, 0.99500}, {5, 0.56328, 0.66853}, {10, 0.40925, 0.48893},
		{20, 0.29408, 0.35241}, {50, 0.18841, 0.22604}, {100, 0.13403, 0.16081},
	} {
		near(t, "p at the 5 % point", kolmogorovExact(c.n, c.d05), 0.05, 5e-5)
		near(t, "p at the 1 % point", kolmogorovExact(c.n, c.d01), 0.01, 5e-5)
	}
	// Kolmogorov's limit: 1.3581 is its 5 % point, 1.6276 its 1 % point, 0.8276 its median.
	for z, p := range map[float64]float64{1.3581: 0.05, 1.6276: 0.01, 0.82757: 0.5} {
		const n = 100_000_000
		near(t, "the limit's p", kolmogorovLimit(n, z/math.Sqrt(n)), p, 3e-5) // of it 2e-5 is the correction at this n
	}
}

// TestKolmogorovByHand has the cases that need no matrix: for n = 1, D is
// max(u, 1-u), and for n = 2, P(D < d) = 2(2d - 1/2)² for 1/4 <= d < 1/2, 1 - 2(1-d)² above.
func TestKolmogorovByHand(t *testing.T) {
	for _, d := range []float64{0.5, 0.6, 0.8, 0.99} {
		near(t, "n = 1", kolmogorovExact(1, d), 2*(1-d), 1e-12)
	}
	for _, d := range []float64{0.25, 0.3, 0.4, 0.49} {
		near(t, "n = 2", kolmogorovExact(2, d), 1-2*(2*d-0.5)*(2*d-0.5), 1e-12)
	}
	for _, d := range []float64{0.5, 0.7, 0.9} {
		near(t, "n = 2", kolmogorovExact(2, d), 2*(1-d)*(1-d), 1e-12)
	}
	near(t, "D of three points", kolmogorov([]float64{0.1, 0.2, 0.9}).Statistic, 2./3-0.2, 1e-12)
	near(t, "D of the middle", kolmogorov([]float64{0.5}).Statistic, 0.5, 0)
	near(t, "p of the middle", kolmogorov([]float64{0.5}).P, 1, 0)
	near(t, "p of all at 0", kolmogorov([]float64{0, 0, 0, 0}).P, 0, 0)
}

// TestMethodsAgreeWhereTheyMeet looks at both sides of each change of method.
func TestMethodsAgreeWhereTheyMeet(t *testing.T) {
	for n := exactUpTo - 1; n <= exactUpTo+1; n++ {
		for z := 0.3; z < 2.5; z += 0.05 {
			d := z / math.Sqrt(float64(n))
			near(t, "limit against exact", kolmogorovLimit(n, d), kolmogorovExact(n, d), 2e-4)
		}
	}
	root := math.Sqrt(3.76 / 150)
	near(t, "the tail's approximation", kolmogorovExact(150, root*(1+1e-9)), kolmogorovExact(150, root*(1-1e-9)), 1e-6)
	const n = 1e6
	near(t, "the limit's two series", kolmogorovLimit(n, 0.9999999e-3), kolmogorovLimit(n, 1.0000001e-3), 1e-6)
}

// TestDurbinByHand has gaps 0.5, 0.2 and 0.3, sorted 0.2, 0.3, 0.5: w1 = 3 x
// 0.2, w2 = w1 + 2 x 0.1.
func TestDurbinByHand(t *testing.T) {
	w := durbin([]float64{0.5, 0.7})
	near(t, "w1", w[0], 0.6, 1e-12)
	near(t, "w2", w[1], 0.8, 1e-12)
	// Even spacing puts all mass into the first: every w is 1.
	for _, v := range durbin([]float64{0.25, 0.5, 0.75}) {
		near(t, "w of even spacing", v, 1, 1e-12)
	}
	near(t, "lewis of even spacing", lewis([]float64{0.25, 0.5, 0.75}).Statistic, 1, 1e-12)
}

// TestNullDistributions simulates what the tests claim: for uniform points
// every p-value is uniform itself, and so at most 5 % of them are below 0.05.
func TestNullDistributions(t *testing.T) {
	const draws = 1500
	for _, n := range []int{20, 150, 400} {
		ps := map[string][]float64{}
		for i := range draws {
			random := rand.New(rand.NewPCG(uint64(i), uint64(n)))
			u := make([]float64, n)
			for j := range u {
				u[j] = random.Float64()
			}
			slices.Sort(u)
			ps["ks"] = append(ps["ks"], kolmogorov(u).P)
			ps["lewis"] = append(ps["lewis"], lewis(u).P)
			if n > 20 { // of 20 points there are two intervals, whose p has few values
				ps["dispersion"] = append(ps["dispersion"], dispersion(u).P)
			}
			_, z, _ := localVariation(u)
			if n > 20 {
				ps["local"] = append(ps["local"], math.Erfc(math.Abs(z)/math.Sqrt2))
			}
		}
		for name, p := range ps {
			slices.Sort(p)
			// Counts are discrete and the local variation is normal only in the
			// limit: their p-values are uniform to 0.05 and 0.02.
			limit := 1.95 / math.Sqrt(draws) // 0.1 % point of D
			if name == "dispersion" {
				limit = 0.06
			}
			if d := kolmogorov(p).Statistic; d > limit {
				t.Errorf("n = %d: p-values of %s are %.4f from uniform, want at most %.4f", n, name, d, limit)
			}
			for _, level := range []float64{0.01, 0.05} {
				low, _ := slices.BinarySearch(p, level)
				share, sd := float64(low)/draws, math.Sqrt(level*(1-level)/draws)
				if share > level+4*sd+0.004 || share < level-4*sd-0.004 {
					t.Errorf("n = %d: %s rejects %.4f at the level %g", n, name, share, level)
				}
			}
		}
	}
}

// TestLevelIsAsStated counts false alarms of the whole verdict.
func TestLevelIsAsStated(t *testing.T) {
	const draws = 800
	for _, level := range []float64{0.01, 0.05} {
		surge := ramp(0, 0.02, 3600, 0.05, 7200, 0.3, 9000, 0.02)
		given, assumed := 0, 0
		for i := range draws {
			random := rand.New(rand.NewPCG(uint64(i), 3))
			times := poisson(random, *surge)
			if r, err := Check(recording(times), Options{Rate: surge, Level: level}); err != nil {
				t.Fatal(err)
			} else if r.Verdict != Poisson {
				given++
			}
			times = poisson(random, Constant(0, 0, hour, 0.2))
			if r, err := Check(recording(times), Options{Level: level}); err != nil {
				t.Fatal(err)
			} else if r.Verdict != Poisson {
				assumed++
			}
		}
		sd := math.Sqrt(level * (1 - level) * draws)
		for name, n := range map[string]int{"with a rate": given, "without": assumed} {
			t.Logf("level %g, %s: %d false alarms of %d", level, name, n, draws)
			if float64(n) > level*draws+4*sd || float64(n) < 0.3*level*draws {
				t.Errorf("level %g, %s: %d false alarms of %d", level, name, n, draws)
			}
		}
	}
}
