package demand

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDistributionShape(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{enoughForQuantiles, 300, 3000} {
		for _, scv := range []float64{0.05, 0.6, 2} {
			var values []weighted
			v := math.Log1p(scv)
			for range n {
				values = append(values, weighted{0.05 * math.Exp(random.NormFloat64()*math.Sqrt(v)-v/2), 1})
			}
			q := shape(values, scv)
			mean, got := moments2(q)
			if math.Abs(mean-1) > 1e-9 || math.Abs(got/scv-1) > 0.02 {
				t.Errorf("%d values of %g: mean %.4f, squared variation %.4f", n, scv, mean, got)
			}
			for i := 1; i < len(q); i++ {
				if q[i] < q[i-1] || q[0] < 0 {
					t.Errorf("%d values of %g: not in order: %v", n, scv, q)
					break
				}
			}
			// The 95th percentile of a log-normal, which is where forecasts look.
			if n == 3000 {
				p95 := q[len(q)-1-(len(q)-1)/20]
				if want := math.Exp(1.645*math.Sqrt(v) - v/2); math.Abs(p95/want-1) > 0.1 {
					t.Errorf("%g: 95th percentile %.3f, made with %.3f", scv, p95, want)
				}
			}
		}
	}
}

func TestDistributionRefuses(t *testing.T) {
	same := make([]weighted, 500)
	for i := range same {
		same[i] = weighted{float64(i%5) / 1000, 1} // the log's milliseconds
	}
	if q := shape(same, 0.3); q != nil {
		t.Errorf("of five different values: %v", q)
	}
	if q := shape(same[:20], 0.3); q != nil {
		t.Errorf("of 20 values: %v", q)
	}
}

func TestQuantilesOfClasses(t *testing.T) {
	m := estimated(t, small().run(5), large().run(6))
	seen := 0
	for _, c := range m.Classes {
		for name, q := range c.Quantiles {
			seen++
			mean, scv := moments2(q)
			if math.Abs(mean-1) > 1e-9 || math.Abs(scv-c.SCV[name]) > 0.03*c.SCV[name]+1e-6 {
				t.Errorf("%s at the %s: mean %.4f, squared variation %.4f beside %.4f", c.Name, name, mean, scv, c.SCV[name])
			}
		}
		if c.Pooled && (c.Calls == nil || math.Abs(c.Calls.Value-c.DatabaseCalls) > 1e-9) {
			t.Errorf("%s: calls %+v beside %g", c.Name, c.Calls, c.DatabaseCalls)
		}
	}
	if seen == 0 {
		t.Error("no class has a distribution of its own")
	}
}
