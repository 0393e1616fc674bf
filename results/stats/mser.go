package stats

import "math"

// mserBatch is the 5 of MSER-5.
const mserBatch = 5

// mserTail is how many batches at the end are no candidates: the variance of a
// few last batches is small by chance (Hoad, Robinson and Davies 2010,
// "Automating warm-up length estimation").
const mserTail = 5

// minBatches is the number of batches below which nothing is said.
const minBatches = 20

// A Truncation says how much of a stationary series' begin is its warm-up.
type Truncation struct {
	// Cut is how many values are to be left out at the begin. 0 when Found is false.
	Cut int
	// Found is false when the best cut lies in the later half of the series, or
	// there are fewer than 100 values: then it is too short to tell.
	Found bool
	// Means are of batches of five values each, Statistic what MSER is when every
	// batch before it is cut; NaN for those of the end that are no candidates.
	Means     []float64
	Statistic []float64
}

// MSER5 finds the warm-up of a stationary series (White 1997, "An effective
// truncation heuristic for bias reduction in simulation output"; White, Cobb
// and Spratt 2000 for batches of five): of the batch means Z_1 … Z_k it leaves
// out the first d that minimise the marginal standard error of the mean of the
// rest,
//
//	MSER(d) = Σ_{i>d} (Z_i - mean_{i>d} Z)² / (k - d)².
//
// It weighs the bias of keeping the begin against the error of having less.
// The smallest d is taken where several are as good. It takes O(n) time.
func MSER5(values []float64) Truncation {
	k := len(values) / mserBatch
	t := Truncation{Means: make([]float64, k), Statistic: make([]float64, k)}
	for i := range t.Means {
		t.Means[i] = Mean(values[i*mserBatch : (i+1)*mserBatch])
		t.Statistic[i] = math.NaN()
	}
	if k < minBatches {
		return t
	}
	// From the end, by Welford's recurrence: sums of squares of raw values would
	// cancel where the mean is large beside the spread.
	var mean, square float64
	best := -1
	for d := k - 1; d >= 0; d-- {
		n := float64(k - d)
		diff := t.Means[d] - mean
		mean += diff / n
		square += diff * (t.Means[d] - mean)
		if k-d <= mserTail {
			continue
		}
		t.Statistic[d] = square / (n * n)
		if best < 0 || t.Statistic[d] <= t.Statistic[best] {
			best = d
		}
	}
	if t.Found = best <= k/2; t.Found {
		t.Cut = best * mserBatch
	}
	return t
}
