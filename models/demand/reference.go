package demand

import (
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
	"github.com/headroom-erp/headroom/models/sizing"
)

// ownDemands makes the demands those of requests as they disturbed each other in
// the runs. The probe's readings tell how much a busy core slows another one, but
// not how often a request meets one: that the runs say when they are simulated.
// The reference is such that their interference is none on the mean.
func (s *survey) ownDemands(m *headroom.Model, o Options) {
	if m.Interference == nil || !(m.Interference.OfRequests(m.Elasticity) > 0) {
		return
	}
	plain := *m
	plain.Classes = slices.Clone(m.Classes)
	for i := range plain.Classes {
		plain.Classes[i].Rule = nil // not found yet, and few tries are lost
	}
	var busy, work float64
	for _, r := range s.runs {
		system := sizing.System(plain, r.info.Topology)
		load := r.replay(plain, system)
		if r.info.Topology.Quota == nil || len(load.Journeys)+len(load.Operators) == 0 {
			continue
		}
		res, err := sim.Run(system, load, sim.Options{Seed: o.Seed ^ 0x6f776e, Replications: 2, Parallel: 2, MaxCalls: sizing.Calls(system), MaxEvents: 20_000_000})
		if err != nil {
			s.warn("run %s cannot be simulated with what was learned (%v): how its requests disturbed each other counts as what the probe met", r.info.ID, err)
			return
		}
		for _, st := range res.Stations {
			busy, work = busy+st.BusySeconds, work+st.Work
		}
	}
	if busy > 0 && work > 0 {
		share := m.Interference.OfRequests(m.Elasticity)
		m.Interference.Reference = min(1, max(0, ((1+share*m.Interference.Reference)*busy/work-1)/share))
	}
}
