package demand

import (
	"math"
	"testing"
)

// Source: Garwood's limits as in every table of them (half of chi-squared's
// 0.05 and 0.95 quantiles at 2n and 2n+2 degrees of freedom).
func TestPoissonLimits(t *testing.T) {
	for n, want := range map[float64][2]float64{
		0: {0, 2.9957}, 1: {0.0513, 4.7439}, 2: {0.3554, 6.2958}, 3: {0.8177, 7.7537}, 5: {1.9701, 10.5130}, 10: {5.4254, 16.9622}, 50: {38.9649, 63.2870},
	} {
		low, high := poissonLimits(n)
		if math.Abs(low-want[0]) > 0.03*want[0] || math.Abs(high-want[1]) > 0.03*want[1] {
			t.Errorf("%g: %.4f-%.4f, want %.4f-%.4f", n, low, high, want[0], want[1])
		}
	}
}

func FuzzPoissonLimits(f *testing.F) {
	for _, n := range []float64{0, 0.3, 1, 1.5, 7, 1e6} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n float64) {
		if !(n >= 0) || n > 1e9 {
			return
		}
		low, high := poissonLimits(n)
		if !(low >= 0) || !(low <= n) || !(high > n) || math.IsInf(high, 0) {
			t.Errorf("%g: %g-%g", n, low, high)
		}
	})
}

// The interval of a spread holds the spread, and is the narrower the more was lost.
func TestBounds(t *testing.T) {
	for _, documents := range []bool{false, true} {
		width := math.Inf(1)
		for _, n := range []int{0, 1, 4, 20, 100, 1000} {
			g := &hot{documents: documents, least: 1e-3, most: 1e6, measured: n, spread: 10, over: 1.3, points: []hotPoint{{10, max(unseen, float64(n))}}}
			low, high := g.bounds(1.1)
			if !(low < 10) || !(high > 10) || !(math.Log(high/low) < width) {
				t.Errorf("documents %v, %d lost: %g-%g", documents, n, low, high)
			}
			width = math.Log(high / low)
			if most := 2 * z90 * priorSpread; documents && width > most+1e-9 {
				t.Errorf("%d lost: width %.2f, %.2f of the prior alone", n, width, most)
			}
		}
	}
}

// What is wanted of documents is what was seen, drawn towards the prior's 1.
func TestWanted(t *testing.T) {
	for n, want := range map[int]float64{0: 0, 30: 30} {
		g := &hot{documents: true, measured: n, over: 1}
		if got := g.wanted(1); got != want {
			t.Errorf("%d: wanted %g at the prior", n, got)
		}
		if g.wanted(0.5) > want || g.wanted(2) < want {
			t.Errorf("%d: wanted %g at intensity 2, %g at 0.5", n, g.wanted(0.5), g.wanted(2))
		}
	}
}
