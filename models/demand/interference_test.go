package demand

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
)

func TestOthersBusy(t *testing.T) {
	for _, c := range []struct{ x, cores, want float64 }{
		{0, 2, 0}, {2, 2, 1}, {1, 2, 0.75}, // idle, full, and P(at least one of two that are busy half of the time)
		{4, 4, 1}, {0, 4, 0}, {5, 4, 1}, {-1, 4, 0},
	} {
		if got := othersBusy(c.x, c.cores); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%g of %g cores: %g, not %g", c.x, c.cores, got, c.want)
		}
	}
	// By simulation of independent cores.
	r := rand.New(rand.NewPCG(1, 2))
	const cores, p, rounds = 4, 0.6, 200_000
	sum := 0.0
	for range rounds {
		n := 0
		for range cores {
			if r.Float64() < p {
				n++
			}
		}
		sum += float64(min(n, cores-1)) / (cores - 1)
	}
	if got := othersBusy(cores*p, cores); math.Abs(got-sum/rounds) > 0.003 {
		t.Errorf("%g, and simulated %g", got, sum/rounds)
	}
}

// A probe that is slowed by a known interference finds it, whatever the load, and
// though the machine was slower by itself under the higher one.
func TestInterferenceIsFound(t *testing.T) {
	const alone, share = 0.0024, 0.4
	covered, sum := 0, 0.0
	const worlds = 40
	for seed := range uint64(worlds) {
		r := rand.New(rand.NewPCG(seed, 7))
		s, busy := &survey{speed: &headroom.Estimate{Value: alone * (1 + share*0.5)}}, 0.0
		for level := range 2 {
			host, units, load := &counter{}, &counter{}, 0.0 // of two runs
			for second := range 300 {
				at := float64(second)
				x := 0.2 + 0.6*float64(level) + 0.8*r.Float64()
				load += x
				host.observe(at, load)
				drift := 1 + 0.25*float64(level)
				units.observe(at, drift*alone*(1+share*othersBusy(x, 2))*(1+0.1*r.NormFloat64()))
				busy += othersBusy(x, 2) / 600
			}
			cpus := &counter{}
			cpus.observe(0, 2)
			s.runs = append(s.runs, &run{observed: observed{
				{"generator", "host", "cpu_seconds"}: host, {"generator", "host", "cpus"}: cpus, {"speed", "machine", "unit_seconds"}: units}})
		}
		got := s.interference(Options{Seed: seed}.withDefaults())
		if got == nil || !got.Share.Identified {
			t.Fatalf("seed %d: %+v", seed, got)
		}
		if got.Share.Low <= share && share <= got.Share.High {
			covered++
		}
		sum += got.Share.Value
		if math.Abs(got.Share.Value-share) > 0.2 || math.Abs(got.Probed-busy) > 0.02 {
			t.Errorf("seed %d: interference %.3f of %g, reference %.3f of %.3f", seed, got.Share.Value, share, got.Probed, busy)
		}
	}
	if math.Abs(sum/worlds-share) > 0.03 {
		t.Errorf("interference %.3f of %g on the mean", sum/worlds, share)
	}
	if covered < 28 { // 90 % are wanted; neighbours in time share their load here, and the reading averages over two of them
		t.Errorf("%d of %d intervals cover", covered, worlds)
	}
}

// An even load tells nothing of it, nor does a machine of one core.
func TestInterferenceIsNotGuessed(t *testing.T) {
	for _, cores := range []float64{1, 2} {
		host, units, cpus := &counter{}, &counter{}, &counter{}
		cpus.observe(0, cores)
		for second := range 300 {
			host.observe(float64(second), 0.5*float64(second))
			units.observe(float64(second), 0.002+1e-5*float64(second%7))
		}
		s := &survey{speed: &headroom.Estimate{Value: 0.002}, runs: []*run{{observed: observed{
			{"generator", "host", "cpu_seconds"}: host, {"generator", "host", "cpus"}: cpus, {"speed", "machine", "unit_seconds"}: units}}}}
		if got := s.interference(Options{}.withDefaults()); got != nil {
			t.Errorf("%g cores: %+v", cores, got)
		}
	}
}
