package stats

import (
	"math"
	"math/rand/v2"

	"github.com/headroom-erp/headroom"
)

const (
	shareMethod    = "Wilson interval at the effective sample size, by circular block bootstrap"
	boundaryMethod = "exact bound at n^(2/3) independent events, since none differed"
)

// Share estimates the share of true among events in the order of time, with an
// interval of headroom.Level.
//
// Errors come in bursts, so n events say as much as fewer independent ones:
// n_e = p(1-p)/v, with v the variance of the share over circular block
// resamples, at least 1 and at most n. The interval is Wilson's (1927) for n_e:
//
//	(p + z²/2n_e ± z √(p(1-p)/n_e + z²/4n_e²)) / (1 + z²/n_e).
//
// When no event is true, or all are, there is nothing to see a correlation
// from, and the interval is one-sided. Its open end is the exact binomial one
// (Clopper and Pearson 1934): 1 - ((1-level)/2)^(1/n_e), about 3/n_e at a level
// of 0.9, which is the rule of three (Hanley and Lippman-Hand 1983). n_e is
// then n^(2/3): events that go in step in blocks of n^(1/3), the length that
// suits weak dependence (Hall, Horowitz and Jing 1995).
//
// Of fewer than ten events the share is not identified; of none its N is 0.
func Share(events []bool, seed uint64) headroom.Estimate {
	n := len(events)
	e := headroom.Estimate{Level: headroom.Level, N: n, Method: shareMethod}
	if n == 0 {
		return e
	}
	prefix := make([]int32, n+1)
	for i, event := range events {
		prefix[i+1] = prefix[i]
		if event {
			prefix[i+1]++
		}
	}
	e.Identified = n >= leastValues
	k := prefix[n]
	p := float64(k) / float64(n)
	e.Value = p
	if k == 0 || int(k) == n {
		e.Method = boundaryMethod
		e.Low, e.High = p, p
		open := 1 - math.Pow((1-headroom.Level)/2, 1/math.Pow(float64(n), 2./3))
		if k == 0 {
			e.High = open
		} else {
			e.Low = 1 - open
		}
		return e
	}
	e.Low, e.High = wilson(p, effective(p, prefix, seed), headroom.Level)
	return e
}

// effective is the number of independent events that would tell as much.
func effective(p float64, prefix []int32, seed uint64) float64 {
	n := len(prefix) - 1
	b := drawBlocks(n, Replicates, rand.New(rand.NewPCG(seed, uint64(n))))
	counts := make([]int32, Replicates)
	sums(b, prefix, counts)
	var v float64
	for _, c := range counts {
		d := float64(c)/float64(n) - p
		v += d * d
	}
	v /= Replicates
	if !(v > 0) { // evenly spaced to the last event
		return float64(n)
	}
	return min(max(p*(1-p)/v, 1), float64(n))
}

// wilson is the score interval of a share p of n independent events.
func wilson(p, n, level float64) (low, high float64) {
	z := normalQuantile((1 + level) / 2)
	centre := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	scale := 1 + z*z/n
	return max(0, (centre-half)/scale), min(1, (centre+half)/scale)
}
