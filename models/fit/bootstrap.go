package fit

import (
	"math"
	"math/rand/v2"
	"slices"
)

// A Bootstrap resamples blocks: what happens close together in time is not
// independent, blocks of several seconds nearly are.
type Bootstrap struct {
	Blocks       int // number of blocks, >= 1
	Replications int
	Seed         uint64 // the same seed gives the same resamples
}

// Each calls f once a replication with how often each block was drawn (the
// slice is reused) and a source of further randomness for that replication.
//
// Source: H. Künsch, "The jackknife and the bootstrap for general stationary
// observations", Annals of Statistics 17 (1989); blocks here do not overlap.
func (b Bootstrap) Each(f func(replication int, times []int, random *rand.Rand)) {
	times := make([]int, b.Blocks)
	for r := range b.Replications {
		random := rand.New(rand.NewPCG(b.Seed, uint64(r)))
		clear(times)
		for range b.Blocks {
			times[random.IntN(b.Blocks)]++
		}
		f(r, times, random)
	}
}

// Quantile is the q-quantile, 0 <= q <= 1, of values by linear interpolation
// between order statistics (type 7 of Hyndman and Fan, 1996). It sorts a
// copy; of no values it is NaN.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	v := slices.Clone(values)
	slices.Sort(v)
	h := q * float64(len(v)-1)
	i := min(int(h), len(v)-1)
	j := min(i+1, len(v)-1)
	return v[i] + (h-float64(i))*(v[j]-v[i])
}

// Spread is the standard deviation of replications, 0 of fewer than two.
func Spread(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	var mean, ss float64
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		ss += (v - mean) * (v - mean)
	}
	return math.Sqrt(ss / float64(len(values)-1))
}
