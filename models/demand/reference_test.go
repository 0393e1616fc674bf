package demand

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
	"github.com/headroom-erp/headroom/models/sizing"
)

// probed puts a run under quotas on a machine whose probe is slowed by the others.
func probed(r *fakeRun, share float64) *fakeRun {
	r.info.Topology.Quota = &headroom.Quota{Cores: 4, Period: 0.01}
	host := &counter{}
	for _, s := range r.samples {
		if s.Probe == "generator" && s.Subject == "host" && s.Metric == "cpu_seconds" {
			host.observe(s.T, s.Value)
		}
	}
	random := rand.New(rand.NewPCG(8, 1))
	for t := 1.0; t < host.t[len(host.t)-1]-1; t++ {
		used, _ := host.between(t-1, t+1)
		unit := 0.002 * (1 + share*othersBusy(used/2, 4)) * (1 + 0.05*random.Float64())
		r.samples = append(r.samples, headroom.Sample{T: t, Probe: "speed", Subject: "machine", Metric: "unit_seconds", Value: unit})
	}
	return r
}

// Simulated, the runs that a model was learned from are as busy as they were:
// requests disturb each other there as they did when the demands were measured.
func TestDemandsAreOfRequestsAsTheyMet(t *testing.T) {
	runs := []headroom.Run{probed(asReal(small().run(21), nobody), 0.6), probed(asReal(large().run(22), nobody), 0.6)}
	m := estimated(t, runs...)
	if m.Interference == nil {
		t.Fatal("no interference was found")
	}
	if m.Interference.Reference == m.Interference.Probed {
		t.Error("the reference is still the probe's")
	}
	s, err := newSurvey(runs)
	if err != nil {
		t.Fatal(err)
	}
	var busy, work float64
	for _, r := range s.runs {
		system := sizing.System(m, r.info.Topology)
		res, err := sim.Run(system, r.replay(m, system), sim.Options{Seed: 77, Replications: 4, MaxCalls: sizing.Calls(system)})
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range res.Stations {
			busy, work = busy+st.BusySeconds, work+st.Work
		}
	}
	if !(work > 0) || math.Abs(busy/work-1) > 0.005 {
		t.Errorf("%.2f s of CPU for %.2f s of demands", busy, work)
	}
	// Requests that do not follow the probe disturb nobody: there is nothing to find.
	m.Elasticity = &headroom.Estimate{}
	before := *m.Interference
	if s.ownDemands(&m, Options{}); *m.Interference != before {
		t.Errorf("an elasticity of 0 makes %+v of %+v", *m.Interference, before)
	}
}
