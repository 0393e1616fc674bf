package stats

import (
	"math"
	"testing"
)

// directly is White's formula, for each d anew.
func directly(means []float64, d int) float64 {
	rest := means[d:]
	m := Mean(rest)
	var square float64
	for _, z := range rest {
		square += (z - m) * (z - m)
	}
	return square / float64(len(rest)*len(rest))
}

// in5 repeats each value five times, so that it is a batch's mean.
func in5(means ...float64) []float64 {
	var out []float64
	for _, m := range means {
		out = append(out, m, m, m, m, m)
	}
	return out
}

// TestMSER5ByHand has 22 batch means 4, 1, 0, 1, 0, …, 1, eleven of them 1:
// MSER(0) = (16 + 11 - 15²/22)/22² = 0.0347, MSER(1) = 21·(11/21)(10/21)/21² =
// 0.0119, MSER(2) = 20·0.25/20² = 0.0125: the first batch is the warm-up.
func TestMSER5ByHand(t *testing.T) {
	means := []float64{4}
	for i := range 21 {
		means = append(means, float64((i+1)%2))
	}
	got := MSER5(in5(means...))
	if !got.Found || got.Cut != 5 {
		t.Fatalf("cut %d, found %v; want the first batch", got.Cut, got.Found)
	}
	square := 16.0 + 11
	total := 4.0 + 11
	want := (square - total*total/22) / (22 * 22)
	if !near(got.Statistic[0], want, 1e-12) || !near(got.Statistic[1], 21*(11./21)*(10./21)/(21*21), 1e-12) || !near(got.Statistic[2], 0.25/20, 1e-12) {
		t.Errorf("statistic %v, want %g, …", got.Statistic[:3], want)
	}
}

func TestMSER5AtItsLimits(t *testing.T) {
	ramp := make([]float64, 200)
	for i := range ramp {
		ramp[i] = float64(i)
	}
	late := make([]float64, 40) // the level falls in the later half
	for i := range late {
		late[i] = 10
		if i >= 25 {
			late[i] = float64(i % 2)
		}
	}
	constant := make([]float64, 100)
	for _, c := range []struct {
		what   string
		values []float64
		cut    int
		found  bool
	}{
		{"nothing", nil, 0, false},
		{"99 values are too few", constant[:99], 0, false},
		{"100 equal ones need no cut", constant, 0, true},
		{"values that only rise never settle", ramp, 0, false},
		{"what settles in the later half is too short", in5(late...), 0, false},
	} {
		if got := MSER5(c.values); got.Cut != c.cut || got.Found != c.found {
			t.Errorf("%s: cut %d, found %v", c.what, got.Cut, got.Found)
		}
	}
	// What settles exactly at half of 40 batches, and one batch behind it.
	for at, found := range map[int]bool{20: true, 21: false} {
		means := make([]float64, 40)
		for i := range means {
			means[i] = 10
			if i >= at {
				means[i] = 0.001 * float64(i%2)
			}
		}
		if got := MSER5(in5(means...)); got.Found != found {
			t.Errorf("settled at batch %d of 40: found %v, cut %d", at, got.Found, got.Cut)
		}
	}
}

// TestMSER5OfAQueue begins an M/M/1 with nobody in it: the mean of what is left
// is nearer to the true 2 than the mean of all, over many runs; and a series
// that begins in its steady state loses little.
func TestMSER5FindsTheLevel(t *testing.T) {
	var all, cut, kept float64
	const runs, n = 200, 1000
	for i := range uint64(runs) {
		r := random(i)
		x := ar1(r, 0.5, n)
		for j := range x {
			x[j] += 10 * math.Exp(-float64(j)/40) // the sum of the bias is 400 of 1000 values
		}
		got := MSER5(x)
		all += Mean(x)
		cut += Mean(x[got.Cut:])
		kept += 1 - float64(MSER5(ar1(r, 0.5, n)).Cut)/n
	}
	all, cut, kept = all/runs, cut/runs, kept/runs
	t.Logf("bias of all %.3f, of what is left %.4f; of a steady series %.1f %% is kept", all, cut, 100*kept)
	if math.Abs(cut) > 0.05 || all < 0.3 {
		t.Errorf("the bias is %.3f of all and %.3f of what is left; want 0.4 and nearly none", all, cut)
	}
	if kept < 0.85 {
		t.Errorf("of a steady series %.2f are kept", kept)
	}
}

func FuzzMSER5(f *testing.F) {
	f.Add(uint64(1), 100, 0.5, 1e5)
	f.Add(uint64(7), 523, 0.99, 0.0)
	f.Fuzz(func(t *testing.T, seed uint64, n int, phi, level float64) {
		if n < 0 || n > 2000 || !(math.Abs(phi) < 1) || !(math.Abs(level) < 1e6) {
			return
		}
		x := ar1(random(seed), phi, n)
		for i := range x {
			x[i] += level
		}
		got := MSER5(x)
		if got.Cut%5 != 0 || got.Cut > n/2 || !got.Found && got.Cut != 0 {
			t.Errorf("of %d values %d are cut, found %v", n, got.Cut, got.Found)
		}
		if !got.Found {
			return
		}
		scale := directly(got.Means, 0)
		for d, s := range got.Statistic {
			if math.IsNaN(s) {
				continue
			}
			want := directly(got.Means, d)
			if !near(s, want, 1e-6*scale+1e-9*want) {
				t.Errorf("MSER(%d) = %g, directly %g", d, s, want)
			}
			if s < got.Statistic[got.Cut/5] {
				t.Errorf("MSER(%d) = %g is less than the %g of the cut", d, s, got.Statistic[got.Cut/5])
			}
		}
	})
}
