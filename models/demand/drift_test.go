package demand

import (
	"math"
	"math/rand/v2"
	"testing"
)

// wandering is a run of a machine whose speed is a first-order autoregressive process
// about a level of its own.
func wandering(r *rand.Rand, between, sd, seconds, length float64) *run {
	level := math.Exp(between * r.NormFloat64())
	a := math.Exp(-1 / seconds)
	x := sd * r.NormFloat64()
	return runAt(r, length, 1, func(float64) float64 {
		x = a*x + sd*math.Sqrt(1-a*a)*r.NormFloat64()
		return level * math.Exp(x)
	})
}

// The drift of machines that wander is found, though single readings scatter twice
// as much; that of a machine that does not is nearly none.
func TestDrift(t *testing.T) {
	const worlds = 30
	var between, sd, seconds float64
	for seed := range uint64(worlds) {
		r := rand.New(rand.NewPCG(seed, 9))
		s := &survey{}
		for range 6 {
			s.runs = append(s.runs, wandering(r, 0.12, 0.1, 100, 900))
		}
		d := s.drift(nil)
		if d == nil {
			t.Fatalf("seed %d: none", seed)
		}
		between, sd, seconds = between+d.Between/worlds, sd+d.SD/worlds, seconds+d.Seconds/worlds
	}
	// What is slower than a run passes for the run's own level, and what is faster than
	// a span is not seen.
	within(t, "standard deviation between runs", between, 0.125, 0.02)
	within(t, "standard deviation within", sd, 0.092, 0.012)
	within(t, "seconds", seconds, 90, 35)
	r := rand.New(rand.NewPCG(1, 9))
	if d := (&survey{runs: []*run{wandering(r, 0, 1e-6, 100, 900), wandering(r, 0, 1e-6, 100, 900)}}).drift(nil); d != nil && d.SD > 0.03 {
		t.Errorf("an even machine drifts: %+v", d)
	}
	if d := (&survey{runs: []*run{{}}}).drift(nil); d != nil {
		t.Errorf("nobody looked: %+v", d)
	}
}
