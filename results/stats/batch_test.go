package stats

import (
	"math"
	"testing"
)

// TestBatchMeansByHand has the batch means 1 … 10 of ten batches of two: mean
// 5.5, s² = 82.5/9, half-width t_{9, 0.95} √(s²/10) with t = 1.833 (Student's
// table, two-sided 90 %): 1.833 · 0.9574 = 1.755.
func TestBatchMeansByHand(t *testing.T) {
	var x []float64
	for i := range 10 {
		x = append(x, float64(i)+0.5, float64(i)+1.5)
	}
	b := BatchMeans(x, 10)
	if b.Size != 2 || b.Dropped != 0 || b.Value != 5.5 || !near(b.High-b.Value, 1.755, 1e-3) || !near(b.Value-b.Low, 1.755, 1e-3) || b.N != 20 {
		t.Errorf("%+v", b)
	}
	// A trend: neighbouring batches are alike. r = Σ of nine products of
	// deviations -4.5 … 4.5 over 82.5, by hand 57.75/82.5 = 0.7.
	if !near(b.Lag1, 0.7, 1e-12) || b.Independent || b.Identified {
		t.Errorf("a trend: lag-1 %g, independent %v", b.Lag1, b.Independent)
	}
}

func TestBatchMeansAtTheirLimits(t *testing.T) {
	if b := BatchMeans(nil, 0); b.N != 0 || b.Identified || b.Value != 0 {
		t.Errorf("of nothing: %+v", b)
	}
	if b := BatchMeans([]float64{3}, 0); b.Value != 3 || b.Low != 3 || b.High != 3 || b.Identified {
		t.Errorf("of one value: %+v", b)
	}
	if b := BatchMeans([]float64{1, 2, 3}, 20); b.Value != 2 || b.Low != 2 || len(b.Means) != 0 {
		t.Errorf("of three values: %+v", b)
	}
	if b := BatchMeans([]float64{100, 1, 2, 3, 4}, 2); b.Size != 2 || b.Dropped != 1 || b.Value != 2.5 || b.Means[0] != 1.5 {
		t.Errorf("what fills no batch is dropped at the begin: %+v", b)
	}
	if b := BatchMeans(make([]float64, 40), 0); b.Low != 0 || b.High != 0 || !b.Independent || !b.Identified || len(b.Means) != 20 {
		t.Errorf("of equal values: %+v", b)
	}
}

// TestBatchMeansCover wants the true mean in 90 % of the intervals of an AR(1)
// whose batches are 200 times its memory: 270 of 300, standard deviation 5. A
// series whose memory is longer than its batches is found out.
func TestBatchMeansCover(t *testing.T) {
	const runs = 300
	held, independent, suspected := 0, 0, 0
	for i := range uint64(runs) {
		b := BatchMeans(ar1(random(i), 0.5, 8000), 20)
		if b.Low <= 0 && 0 <= b.High {
			held++
		}
		if b.Independent {
			independent++
		}
		if b := BatchMeans(ar1(random(i), 0.995, 2000), 20); !b.Independent {
			suspected++
		}
	}
	t.Logf("%d of %d held the mean, %d passed the test, %d of short batches did not", held, runs, independent, suspected)
	if held < 250 || held > 290 {
		t.Errorf("%d of %d intervals hold the mean, want about 270", held, runs)
	}
	if independent < 265 {
		t.Errorf("only %d of %d series of nearly independent batches pass", independent, runs)
	}
	if suspected < 240 {
		t.Errorf("only %d of %d series of dependent batches are found out", suspected, runs)
	}
}

func FuzzBatchMeans(f *testing.F) {
	f.Add(uint64(1), 100, 20)
	f.Add(uint64(2), 3, -1)
	f.Fuzz(func(t *testing.T, seed uint64, n, batches int) {
		if n < 0 || n > 3000 {
			return
		}
		x := ar1(random(seed), 0.3, n)
		b := BatchMeans(x, batches)
		if b.Low > b.Value || b.High < b.Value || math.IsNaN(b.Low+b.High+b.Lag1) || b.N != n {
			t.Errorf("%+v", b)
		}
		if len(b.Means)*b.Size+b.Dropped != n && len(b.Means) > 0 {
			t.Errorf("%d batches of %d and %d dropped are not %d values", len(b.Means), b.Size, b.Dropped, n)
		}
		if len(b.Means) > 0 && !near(b.Value, Mean(x[b.Dropped:]), 1e-9) {
			t.Errorf("the mean of the batches is %g, of the values %g", b.Value, Mean(x[b.Dropped:]))
		}
	})
}
