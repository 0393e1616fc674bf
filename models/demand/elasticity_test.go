package demand

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
)

// runAt is a run of two classes of requests on a machine that takes slow times as
// long at every second: its requests feel it by a power, and its probe reads it with a
// scatter of a fifth.
func runAt(r *rand.Rand, seconds, power float64, slow func(t float64) float64) *run {
	x := &run{info: headroom.RunInfo{Schedule: headroom.Header{Window: seconds}}, quiet: func(float64) bool { return true }}
	units, counters, now := &counter{}, []*counter{{}, {}}, 1.0
	var busy [2]float64
	for t := 0.0; t < seconds; t += 0.25 {
		if t == math.Floor(t) {
			now = slow(t)
			units.observe(t, 0.002*now*(1+0.2*r.NormFloat64()))
		}
		l := line{class: r.IntN(2), start: t, queries: float64(10 + r.IntN(30))}
		work := []float64{0.0015, 0.004}[l.class] * l.queries * (1 + 0.1*r.NormFloat64()) * math.Pow(now, power)
		l.other, l.sql = 0.7*work, 0.3*work
		l.end = t + work
		x.lines = append(x.lines, l)
		busy[app], busy[database] = busy[app]+l.other, busy[database]+l.sql
		for st := range counters {
			counters[st].observe(l.end, busy[st])
		}
	}
	x.counters = counters
	x.observed = observed{{"speed", "machine", "unit_seconds"}: units}
	return x
}

// drifting is one that gets slower and faster by depth.
func drifting(r *rand.Rand, depth, power float64) *run {
	phase := 6 * r.Float64()
	return runAt(r, 400, power, func(t float64) float64 { return 1 + depth*math.Sin(2*math.Pi*t/180+phase) })
}

// Requests that feel the machine's speed more than the probe are found to, though
// the probe's readings scatter by more than the machine drifts.
func TestElasticityIsFound(t *testing.T) {
	const worlds, power = 40, 1.5
	covered, sum := 0, 0.0
	for seed := range uint64(worlds) {
		r := rand.New(rand.NewPCG(seed, 3))
		s := &survey{}
		for range 4 {
			s.runs = append(s.runs, drifting(r, 0.15, power))
		}
		s.findElasticity()
		e := s.elasticity
		if e == nil || !e.Identified || e.High-e.Low > 1 {
			t.Fatalf("seed %d: %+v", seed, e)
		}
		if e.Low <= power && power <= e.High {
			covered++
		}
		sum += e.Value
	}
	if mean := sum / worlds; math.Abs(mean-power) > 0.05 {
		t.Errorf("elasticity %.3f of %g on the mean", mean, power)
	}
	if covered < 30 { // 90 % are wanted
		t.Errorf("%d of %d intervals cover", covered, worlds)
	}
}

// A machine that does not drift does not tell, and then requests count as slowed
// about as the probe is.
func TestElasticityIsNotGuessed(t *testing.T) {
	const worlds = 40
	told, sum := 0, 0.0
	for seed := range uint64(worlds) {
		r := rand.New(rand.NewPCG(seed, 4))
		s := &survey{runs: []*run{drifting(r, 0, 1.5), drifting(r, 0, 1.5)}}
		s.findElasticity()
		if s.elasticity.Identified {
			told++
		}
		sum += power(s.elasticity)
	}
	if told > worlds/10 || math.Abs(sum/worlds-1) > 0.2 {
		t.Errorf("%d of %d even machines tell, %.2f on the mean", told, worlds, sum/worlds)
	}
	s := &survey{runs: []*run{drifting(rand.New(rand.NewPCG(1, 4)), 0.2, 1.5)}}
	if s.findElasticity(); s.elasticity != nil {
		t.Errorf("of %d spans: %+v", s.elasticity.N, s.elasticity)
	}
}
