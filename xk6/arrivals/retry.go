package arrivals

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/headroom-erp/headroom"
)

// backoffStream sets the draws of waits apart from those of the document,
// which come from the same seed.
const backoffStream = 0x8cb92ba72f3d8dd7

// again says whether a gateway sends a document again whose attempt number k
// (from 1) ended so. What the ERP itself refused, it would refuse again.
func again(r *headroom.Retry, k int, o headroom.Outcome) bool {
	if r == nil || k >= r.Attempts {
		return false
	}
	switch o {
	case headroom.Fault, headroom.Timeout, headroom.Unreachable, headroom.Conflict:
		return true
	}
	return false
}

// backoff is the wait after the failed attempt number k (from 1):
//
//	Backoff · Factor^(k−1) · (1 + Jitter·u),  u uniform in [−1, 1)
//
// with u from the arrival's seed and k, so that a replay waits the same.
func backoff(r headroom.Retry, a headroom.Arrival, k int) time.Duration {
	factor := r.Factor
	if factor == 0 {
		factor = 2
	}
	u := 2*rand.New(rand.NewPCG(a.Seed, backoffStream+uint64(k))).Float64() - 1
	wait := r.Backoff * math.Pow(factor, float64(k-1)) * (1 + r.Jitter*u)
	const longest = float64(math.MaxInt64 / 2) // a factor may grow beyond any run
	return time.Duration(min(max(0, wait)*float64(time.Second), longest))
}
