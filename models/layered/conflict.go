package layered

import (
	"math"

	"github.com/headroom-erp/headroom"
)

const maxTries = 5 // Odoo's

// retries is what a loss probability makes of a request: moments over its tries.
type retries struct {
	lost    float64 // probability that a try loses
	tries   float64 // mean number
	work    float64 // mean work done, in units of one whole try
	sleep   float64 // s, mean
	spread  float64 // s², variance of the sleep
	success float64 // probability that the request succeeds
}

// retry follows from p, the probability that a try loses, and at, the share of
// its work that a losing try has done. The sleep after try t is uniform(0, 2^t) s.
func retry(p, at float64) retries {
	r := retries{lost: p, success: 1 - math.Pow(p, maxTries)}
	reach := 1.0 // probability that try t happens
	var second float64
	mean := 0.0 // of all sleeps up to try t, given that it happens
	square := 0.0
	for t := 1; t <= maxTries; t++ {
		r.tries += reach
		r.work += reach * (1 - p + p*at)
		ends := reach * (1 - p)
		if t == maxTries {
			ends = reach
		}
		r.sleep += ends * mean
		second += ends * square
		if t < maxTries {
			top := math.Ldexp(1, t)
			square += 2*mean*top/2 + top*top/3
			mean += top / 2
		}
		reach *= p
	}
	r.spread = max(0, second-r.sleep*r.sleep)
	return r
}

// overlap is the probability that two transactions that touch n and m of
// population rows touch a common one; for fractional n and m the mean of
// independent draws.
func overlap(n, m, population float64) float64 {
	if n <= 0 || m <= 0 {
		return 0
	}
	if m > n {
		n, m = m, n
	}
	miss := 1 - min(1, n/population)
	if miss == 0 {
		return min(1, m)
	}
	return 1 - math.Pow(miss, m)
}

// equallyHot is the number of equally likely rows of which two draws agree as
// often as of the rule's: 1/sum of the squared probabilities. That who has the
// most wanted rows loses again and again is left to the simulator.
func equallyHot(r *headroom.ConflictRule) float64 {
	if r.Popularity == 0 {
		return r.Population
	}
	law := headroom.NewPopularity(int(math.Ceil(r.Population)), r.Popularity)
	var agree float64
	for i := range law.Len() {
		agree += law.Weight(i) * law.Weight(i)
	}
	return 1 / agree
}

// conflicts updates every class' loss probability from the rates and durations
// of its rivals, and says how far it moved. A pool's meets is the rate of rivals
// that a running request meets there, compared with independent ones: 0 for one worker.
func (s *solver) conflicts() float64 {
	moved := 0.0
	for i := range s.classes {
		k := &s.classes[i]
		if k.rule == nil {
			continue
		}
		var expected, blocked float64
		for n := range s.classes {
			rival := &s.classes[n]
			if rival.rule == nil || rival.rule.Group != k.rule.Group {
				continue
			}
			meets := 1.0
			if k.pool >= 0 && rival.pool == k.pool {
				meets = s.pools[k.pool].meets
			}
			commits := rival.carried * rival.retry.success * meets
			q := overlap(k.rows, rival.rows, min(k.space, rival.space))
			holds := (1 - rival.rule.At) * rival.try
			expected += commits * q * (k.rule.At*k.try + holds)
			blocked += commits * q * holds * holds / 2
		}
		p := 1 - math.Exp(-expected)
		next := k.retry.lost + 0.5*(p-k.retry.lost)
		moved = max(moved, math.Abs(next-k.retry.lost))
		k.retry = retry(next, k.rule.At)
		k.blocked = min(blocked, k.try)
	}
	return moved
}
