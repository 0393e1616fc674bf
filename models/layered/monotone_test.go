package layered

import (
	"math/rand/v2"
	"testing"
)

// More open load never makes the mean response of a class shorter, by more than
// a thousandth: the approximation's own grain.
func TestMonotoneInLoad(t *testing.T) {
	compared := 0
	for i := range uint64(80) {
		s := randomSystem(rand.New(rand.NewPCG(i, 9)), features{})
		for k := range s.Journeys {
			if j := &s.Journeys[k]; j.Population > 0 {
				j.ArrivalRate, j.Population = 0.3, 0
			}
		}
		scaleTo(&s, 1)
		last := make([]float64, len(s.Classes))
		for load := 0.1; load < 0.97; load += 0.05 {
			got := solve(t, times(s, load))
			for k, c := range got.Classes {
				if c.ResponseMean == nil {
					continue
				}
				if *c.ResponseMean < last[k]*(1-1e-3) {
					t.Errorf("system %d, class %d, load %.2f: %.6g after %.6g", i, k, load, *c.ResponseMean, last[k])
				}
				last[k] = *c.ResponseMean
				compared++
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d were compared", compared)
	}
}
