package results

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/headroom-erp/headroom"
)

const (
	replicates = 400
	// bootstrapSeed is fixed: the same run gives the same intervals.
	bootstrapSeed = 0x68656164726f6f6d
)

const bootstrapMethod = "circular block bootstrap of consecutive journeys"

// estimate finds the mean of values and their quantiles with intervals of
// headroom.Level. Values are in the order of their scheduled times.
//
// Neighbouring journeys share a queue, so they are resampled in blocks
// (circular block bootstrap, Politis and Romano 1992) of ceil(sqrt(n)): longer
// than the n^(1/3) that suits weak dependence (Hall, Horowitz and Jing 1995),
// because the queues of a peak have long memories. The interval is from the
// replicates' own percentiles. A quantile is the smallest value that at least
// the fraction q of all do not exceed.
//
// A quantile beyond which less than one value can be expected is not
// identified: nothing was seen of the tail that it is about. Its interval then
// ends at the largest value, which is too short.
func estimate(values []float64, quantiles []float64) (mean headroom.Estimate, at []headroom.Estimate) {
	n := len(values)
	mean = headroom.Estimate{Level: headroom.Level, N: n, Method: bootstrapMethod}
	at = make([]headroom.Estimate, len(quantiles))
	for i := range at {
		at[i] = mean
	}
	if n == 0 {
		return mean, at
	}
	sorted, rank := ranked(values)
	means, quants := resample(values, sorted, rank, quantiles)

	mean.Value = sum(values) / float64(n)
	mean.Low, mean.High = interval(means)
	mean.Identified = n >= 10 // fewer than four blocks say little about their own spread
	for i, q := range quantiles {
		at[i].Value = sorted[nearestRank(q, n)]
		at[i].Low, at[i].High = interval(quants[i])
		at[i].Identified = mean.Identified && float64(n)*(1-q) >= 1-1e-9
		if !at[i].Identified {
			at[i].High = sorted[n-1]
		}
	}
	return mean, at
}

// ranked sorts values and says where each went. Equal values keep their order.
func ranked(values []float64) (sorted []float64, rank []int32) {
	order := make([]int32, len(values))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return 0
	})
	sorted, rank = make([]float64, len(values)), make([]int32, len(values))
	for pos, i := range order {
		sorted[pos], rank[i] = values[i], int32(pos)
	}
	return sorted, rank
}

// resample gives each replicate's mean and quantiles. It counts how often each
// rank was drawn instead of sorting each replicate.
func resample(values, sorted []float64, rank []int32, quantiles []float64) (means []float64, quants [][]float64) {
	n := len(values)
	length := int(math.Ceil(math.Sqrt(float64(n))))
	r := rand.New(rand.NewPCG(bootstrapSeed, uint64(n)))
	drawn := make([]int32, n)
	means = make([]float64, replicates)
	quants = make([][]float64, len(quantiles))
	for i := range quants {
		quants[i] = make([]float64, replicates)
	}
	for b := range replicates {
		clear(drawn)
		var total float64
		for left := n; left > 0; {
			i := r.IntN(n)
			for range min(length, left) {
				total += values[i]
				drawn[rank[i]]++
				if i++; i == n {
					i = 0
				}
			}
			left -= length
		}
		means[b] = total / float64(n)
		for i, q := range quantiles {
			quants[i][b] = sorted[countTo(drawn, nearestRank(q, n))]
		}
	}
	return means, quants
}

// countTo is the index of the k-th of what was drawn, from 0.
func countTo(drawn []int32, k int) int {
	for i, c := range drawn {
		if k -= int(c); k < 0 {
			return i
		}
	}
	return len(drawn) - 1
}

// nearestRank is the index of the quantile q in n sorted values. The small
// term keeps 0.95*20, which is a little more than 19, at 19.
func nearestRank(q float64, n int) int {
	return min(max(int(math.Ceil(q*float64(n)-1e-9))-1, 0), n-1)
}

func interval(replicated []float64) (low, high float64) {
	s := slices.Clone(replicated)
	slices.Sort(s)
	tail := (1 - headroom.Level) / 2
	return s[nearestRank(tail, len(s))], s[nearestRank(1-tail, len(s))]
}

func sum(values []float64) float64 {
	var s float64
	for _, v := range values {
		s += v
	}
	return s
}
