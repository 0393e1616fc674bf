package results

import (
	"math/rand/v2"
	"testing"
)

// mm1 is n response times by Lindley's recursion, after 1000 unseen ones.
func mm1(seed uint64, n int) []float64 {
	r := rand.New(rand.NewPCG(seed, 99))
	var wait float64
	out := make([]float64, 0, n)
	for i := range n + 1000 {
		service := r.ExpFloat64()
		if i >= 1000 {
			out = append(out, wait+service)
		}
		wait = max(0, wait+service-2*r.ExpFloat64())
	}
	return out
}

func BenchmarkEstimate10000(b *testing.B) {
	values := mm1(1, 10000)
	for b.Loop() {
		estimate(values, []float64{0.5, 0.95, 0.99})
	}
}
