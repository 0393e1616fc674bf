package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/headroom-erp/headroom"
)

const (
	// Replicates is the number of resamples behind an interval.
	Replicates = 400
	// BootstrapMethod names it in an Estimate.
	BootstrapMethod = "circular block bootstrap of consecutive journeys"
	// leastValues is how many values four blocks have: fewer blocks say little
	// about their own spread.
	leastValues = 10
)

// BlockLength is the length of the blocks for n values: ceil(2√n), n at most;
// longer than the n^(1/3) that suits weak dependence (Hall, Horowitz and Jing
// 1995), because the queues of a peak have long memories. Longer still would
// leave a few hundred values too few blocks.
func BlockLength(n int) int { return min(n, int(math.Ceil(2*math.Sqrt(float64(n))))) }

// tail is the share of the resamples beyond an end of an interval of
// headroom.Level from n values. Percentiles of resamples are too narrow where
// blocks are few, so that the share is smaller than (1 - level)/2: the expanded
// percentiles of Hesterberg (2015, "What Teachers Should Know About the
// Bootstrap"), with b = n / BlockLength blocks for independent values,
//
//	Φ(-t_{b-1} √(b/(b-1))).
//
// It is 0, and the interval from the lowest to the highest, below two blocks.
func tail(n int) float64 {
	b := float64(n) / float64(BlockLength(n))
	if b < 2 {
		return 0
	}
	return distuv.UnitNormal.CDF(-studentT(headroom.Level, b-1) * math.Sqrt(b/(b-1)))
}

// blocks are the begins of the blocks of every replicate.
type blocks struct {
	n, length, each int
	begins          []int32 // each of them for a replicate
}

// drawBlocks is the circular block bootstrap (Politis and Romano 1992): blocks
// of consecutive values that begin anywhere, the last one cut so that there are
// n values, and the first value follows the last.
func drawBlocks(n, replicates int, r *rand.Rand) blocks {
	length := BlockLength(n)
	b := blocks{n: n, length: length, each: (n + length - 1) / length}
	b.begins = make([]int32, replicates*b.each)
	for i := range b.begins {
		b.begins[i] = int32(r.IntN(n))
	}
	return b
}

// sums gives each replicate's sum of what prefix (of n+1 entries) adds up.
func sums[T float64 | int32](b blocks, prefix []T, out []T) {
	for i := range out {
		var sum T
		left := b.n
		for _, begin := range b.begins[i*b.each : (i+1)*b.each] {
			from, to := int(begin), int(begin)+min(b.length, left)
			if to <= b.n {
				sum += prefix[to] - prefix[from]
			} else {
				sum += prefix[b.n] - prefix[from] + prefix[to-b.n]
			}
			left -= b.length
		}
		out[i] = sum
	}
}

// BlockBootstrap estimates any statistic f of values, in the order of time,
// with an interval of headroom.Level from the statistic's own percentiles,
// expanded (tail), over resamples of blocks of BlockLength (circular block
// bootstrap). It calls f
// Replicates times and once more on values; f must not keep or change its
// argument. Of fewer than ten values it is not identified; of none its Value is
// 0 and N says so.
func BlockBootstrap(values []float64, f func(sample []float64) float64, seed uint64) headroom.Estimate {
	n := len(values)
	e := headroom.Estimate{Level: headroom.Level, N: n, Method: BootstrapMethod}
	if n == 0 {
		return e
	}
	e.Value = f(values)
	e.Low, e.High = around(e.Value, Resample(values, f, Replicates, seed), tail(n))
	e.Identified = n >= leastValues
	return e
}

// Resample is the statistic of so many circular block resamples, in the order
// in which they were drawn. Values must not be empty.
func Resample(values []float64, f func(sample []float64) float64, replicates int, seed uint64) []float64 {
	n := len(values)
	b := drawBlocks(n, replicates, rand.New(rand.NewPCG(seed, uint64(n))))
	sample := make([]float64, 0, n)
	out := make([]float64, replicates)
	for i := range out {
		sample = sample[:0]
		for _, begin := range b.begins[i*b.each : (i+1)*b.each] {
			take := min(b.length, n-len(sample))
			end := int(begin) + take
			sample = append(sample, values[begin:min(end, n)]...)
			if end > n {
				sample = append(sample, values[:end-n]...)
			}
		}
		out[i] = f(sample)
	}
	return out
}

// around is an interval with the value in it and a share of the replicates
// beyond each of its ends, which it sorts.
func around(value float64, replicated []float64, tail float64) (low, high float64) {
	slices.Sort(replicated)
	n := len(replicated)
	return min(value, replicated[NearestRank(tail, n)]), max(value, replicated[NearestRank(1-tail, n)])
}

// MeanAndQuantiles estimates the mean of values, which are in the order of
// time, and their quantiles (0 to 1, exclusive) with intervals by the circular
// block bootstrap. A quantile is the smallest value that at least the fraction
// q of all do not exceed.
//
// A quantile beyond which less than one value can be expected is not
// identified: nothing was seen of the tail that it is about. Its interval then
// ends at the largest value, which is too short. +Inf among the values stands
// for what never ended; a quantile may then be +Inf, and so may the mean.
//
// It sorts no resample: whether a resample's quantile is at most x follows from
// how many of its values are, which sums over blocks tell, so that the ends of
// the intervals are found by bisection, in O((n + Replicates·√n) log n).
func MeanAndQuantiles(values []float64, quantiles []float64, seed uint64) (mean headroom.Estimate, at []headroom.Estimate) {
	n := len(values)
	mean = headroom.Estimate{Level: headroom.Level, N: n, Method: BootstrapMethod}
	at = make([]headroom.Estimate, len(quantiles))
	for i := range at {
		at[i] = mean
	}
	if n == 0 {
		return mean, at
	}
	b := drawBlocks(n, Replicates, rand.New(rand.NewPCG(seed, uint64(n))))
	mean.Value = Mean(values)
	mean.Low, mean.High = b.meanInterval(values, mean.Value)
	mean.Identified = n >= leastValues
	if len(quantiles) == 0 {
		return mean, at
	}
	o := order(values)
	for i, q := range quantiles {
		at[i].Value = o.sorted[NearestRank(q, n)]
		low, high := o.interval(b, q)
		at[i].Low, at[i].High = min(low, at[i].Value), max(high, at[i].Value)
		at[i].Identified = mean.Identified && float64(n)*(1-q) >= 1-1e-9
		if !at[i].Identified {
			at[i].High = o.sorted[n-1]
		}
	}
	return mean, at
}

func (b blocks) meanInterval(values []float64, mean float64) (low, high float64) {
	prefix := make([]float64, b.n+1)
	for i, v := range values {
		prefix[i+1] = prefix[i] + v
	}
	if math.IsInf(prefix[b.n], 0) {
		return math.Inf(1), math.Inf(1)
	}
	totals := make([]float64, Replicates)
	sums(b, prefix, totals)
	for i := range totals {
		totals[i] /= float64(b.n)
	}
	return around(mean, totals, tail(b.n))
}

// An ordering is values sorted, and where each of them went.
type ordering struct {
	sorted []float64
	rank   []int32
	prefix []int32 // scratch
	counts []int32 // scratch
}

// order sorts values; equal ones keep their order.
func order(values []float64) *ordering {
	n := len(values)
	by := make([]int32, n)
	for i := range by {
		by[i] = int32(i)
	}
	slices.SortStableFunc(by, func(a, b int32) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return 0
	})
	o := &ordering{make([]float64, n), make([]int32, n), make([]int32, n+1), make([]int32, Replicates)}
	for place, i := range by {
		o.sorted[place], o.rank[i] = values[i], int32(place)
	}
	return o
}

// interval is the central one of the resamples' quantile q.
func (o *ordering) interval(b blocks, q float64) (low, high float64) {
	beyond := tail(b.n)
	return o.sorted[o.percentile(b, q, beyond)], o.sorted[o.percentile(b, q, 1-beyond)]
}

// percentile is the smallest rank r such that at least the fraction p of the
// resamples have their quantile q at it or below: at least as many of their
// values as the quantile takes lie at r or below.
func (o *ordering) percentile(b blocks, q, p float64) int {
	wanted := int32(NearestRank(q, b.n) + 1)
	enough := NearestRank(p, Replicates) + 1
	return sort.Search(b.n-1, func(r int) bool {
		for i, rank := range o.rank {
			o.prefix[i+1] = o.prefix[i]
			if int(rank) <= r {
				o.prefix[i+1]++
			}
		}
		sums(b, o.prefix, o.counts)
		have := 0
		for _, c := range o.counts {
			if c >= wanted {
				have++
			}
		}
		return have >= enough
	})
}
