package fit

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Every answer obeys the Karush-Kuhn-Tucker conditions: b >= 0, the gradient
// is 0 where b > 0 and does not point into the allowed region where b = 0.
func checkKKT(t *testing.T, n Normal, b []float64) {
	t.Helper()
	p := len(b)
	for i := range p {
		g, size := n.Moment[i], math.Abs(n.Moment[i])
		for j := range p {
			g -= n.Gram[i*p+j] * b[j]
			size += math.Abs(n.Gram[i*p+j] * b[j])
		}
		switch tol := 1e-7 * size; {
		case b[i] < 0 || math.IsNaN(b[i]):
			t.Fatalf("coefficient %d is %g", i, b[i])
		case b[i] > 0 && math.Abs(g) > tol:
			t.Fatalf("coefficient %d = %g has gradient %g", i, b[i], g)
		case b[i] == 0 && g > tol:
			t.Fatalf("coefficient %d should grow, gradient %g", i, g)
		}
	}
}

func TestNonNegativeOptimal(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		p, m := 1+random.IntN(12), 1+random.IntN(30)
		n := NewNormal(p)
		row := make([]float64, p)
		for range m {
			for j := range row {
				row[j] = random.NormFloat64()
			}
			n.Observe(row, random.NormFloat64(), 1)
		}
		var priors []Prior
		for range p {
			priors = append(priors, Prior{random.NormFloat64(), 0.1 + random.Float64()})
		}
		n.Pull(priors)
		b, err := n.NonNegative()
		if err != nil {
			t.Fatal(err)
		}
		checkKKT(t, n, b)
	}
}

// By hand: y = x1 - x2 with the constraint leaves x2 out, and x1 alone fits
// as the projection, (1·1 + 1·0)/(1 + 1) = 0.5.
func TestNonNegativeByHand(t *testing.T) {
	b, err := NonNegative([][]float64{{1, 0}, {1, 1}}, []float64{1, 0}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(b[0]-0.5) > 1e-9 || b[1] != 0 {
		t.Errorf("got %v, want [0.5 0]", b)
	}
}

// Columns that always move together: the sum obeys the observations, the
// split follows the priors.
func TestPriorSplitsCollinear(t *testing.T) {
	rows := [][]float64{{1, 1}, {2, 2}, {3, 3}}
	b, err := NonNegative(rows, []float64{3, 6, 9}, []float64{1e6, 1e6, 1e6}, []Prior{{0.5, 0.1}, {1.5, 0.1}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "sum", b[0]+b[1], 3, 1e-5)
	near(t, "first", b[0], 1, 1e-5)
	// Without priors it must still end, and fit.
	b, err = NonNegative(rows, []float64{3, 6, 9}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "sum without priors", b[0]+b[1], 3, 1e-6)
	// What nothing speaks of is 0.
	b, err = NonNegative([][]float64{{1, 0}, {2, 0}}, []float64{1, 2}, nil, nil)
	if err != nil || b[1] != 0 {
		t.Errorf("got %v, %v", b, err)
	}
}

// The same numbers in other units of the coefficients give the same answer.
func TestNonNegativeUnits(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	a, c := NewNormal(4), NewNormal(4)
	unit := []float64{1, 1e6, 1e-6, 1e3}
	for range 40 {
		row, other := make([]float64, 4), make([]float64, 4)
		y := 0.0
		for j := range row {
			row[j] = random.Float64()
			other[j] = row[j] * unit[j]
			y += row[j] * float64(j)
		}
		a.Observe(row, y+random.NormFloat64(), 1)
		c.Observe(other, y, 1)
	}
	b, err := c.NonNegative()
	if err != nil {
		t.Fatal(err)
	}
	for j := 1; j < 4; j++ {
		near(t, "coefficient", b[j]*unit[j], float64(j), 1e-6)
	}
}

func TestBootstrap(t *testing.T) {
	// The bootstrap's spread of a mean is sd/sqrt(n), here of 400 values.
	random := rand.New(rand.NewPCG(3, 4))
	values := make([]float64, 400)
	for i := range values {
		values[i] = random.NormFloat64()
	}
	run := func() []float64 {
		var means []float64
		Bootstrap{Blocks: 400, Replications: 800, Seed: 9}.Each(func(_ int, times []int, _ *rand.Rand) {
			var s float64
			for i, n := range times {
				s += values[i] * float64(n)
			}
			means = append(means, s/400)
		})
		return means
	}
	a, b := run(), run()
	near(t, "spread", Spread(a), Spread(values)/20, 0.1)
	for i := range a {
		if a[i] != b[i] {
			t.Fatal("the same seed gave other resamples")
		}
	}
}

func TestQuantile(t *testing.T) {
	v := []float64{4, 1, 3, 2}
	for q, want := range map[float64]float64{0: 1, 0.5: 2.5, 1: 4, 0.25: 1.75} {
		near(t, "quantile", Quantile(v, q), want, 1e-12)
	}
	if !math.IsNaN(Quantile(nil, 0.5)) {
		t.Error("a quantile of nothing is a number")
	}
}

func FuzzNonNegative(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.1)
	f.Add(0.0, 0.0, 1e-300, 1e300, -1.0, 2.0, 1.0)
	f.Fuzz(func(t *testing.T, a, b, c, d, y, z, sd float64) {
		out, err := NonNegative([][]float64{{a, b}, {c, d}}, []float64{y, z}, nil, []Prior{{1, math.Abs(sd)}, {1, 1}})
		if err != nil {
			return
		}
		for _, v := range out {
			if v < 0 {
				t.Errorf("negative coefficient %g", v)
			}
		}
	})
}
