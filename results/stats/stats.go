// Package stats holds the statistics of correlated measurements: requests that
// follow one another share a queue, so that textbook intervals for independent
// values are far too narrow for them. Its functions are pure, take slices in
// the order of time, and draw no randomness but from the seed that they are
// given.
//
// It reads no runs and judges nothing: results and those above it do.
package stats

import (
	"math"
	"slices"
)

// Mean is the arithmetic mean; NaN of nothing.
func Mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// NearestRank is the index of the quantile q (0 to 1) in n >= 1 sorted values:
// of the smallest that at least the fraction q of all do not exceed. The small
// term keeps 0.95*20, which is a little more than 19, at 19.
func NearestRank(q float64, n int) int {
	return min(max(int(math.Ceil(q*float64(n)-1e-9))-1, 0), n-1)
}

// Autocorrelation is the correlation of values with those that follow lag
// places later: r = Σ (x_t - m)(x_{t+lag} - m) / Σ (x_t - m)². It is 0 where all
// values are the same, or there are no more than lag of them.
func Autocorrelation(values []float64, lag int) float64 {
	if lag < 0 || lag >= len(values) {
		return 0
	}
	m := Mean(values)
	var cross, square float64
	for i, v := range values {
		square += (v - m) * (v - m)
		if i+lag < len(values) {
			cross += (v - m) * (values[i+lag] - m)
		}
	}
	if !(square > 0) {
		return 0
	}
	return cross / square
}

// Holm adjusts the p-values of several tests (Holm 1979, "A simple sequentially
// rejective multiple test procedure"): calling those tests significant whose
// adjusted value is at most α makes one wrong call or more with a probability
// of at most α, however the tests depend on each other. With p sorted ascending,
//
//	adjusted_(i) = max over j <= i of min(1, (m - j + 1) p_(j)),
//
// m the number of tests, j from 1. The answer is in the order of p. A test
// that was not made is NaN; it stays so and does not count among the m.
func Holm(p []float64) []float64 {
	order := make([]int, 0, len(p))
	out := make([]float64, len(p))
	for i, v := range p {
		out[i] = math.NaN()
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	highest := 0.0
	for j, i := range order {
		highest = max(highest, min(1, float64(len(order)-j)*max(p[i], 0)))
		out[i] = highest
	}
	return out
}
