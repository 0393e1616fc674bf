package layered

import (
	"fmt"
	"slices"

	"github.com/headroom-erp/headroom"
)

const (
	uncertain     = 1.0  // of share (1 - share) of the difference: how far the answer may be off
	mostThrottled = 0.05 // of a response
)

// between is the answer for quotas: of what throttled differs from free, the
// share that lasts. Warnings are of what is nearer.
func between(throttled, free *solver) headroom.Solution {
	share, weight := 0.0, 0.0
	for s := range throttled.stations {
		if !throttled.throttles(s) {
			continue
		}
		f := throttled.lasts(s)
		w := 1e-12
		for i := range throttled.classes {
			k := &throttled.classes[i]
			w += k.rate * k.demand[s] * max(0, k.stretch[s]-free.classes[i].stretch[s])
		}
		share, weight = share+f*w, weight+w
	}
	share /= weight
	a, b := throttled.solution(), free.solution()
	overloaded := slices.ContainsFunc(a.Classes, func(c headroom.ClassSolution) bool { return c.ResponseMean == nil })
	if share < 0.5 && !overloaded {
		a.Warnings = b.Warnings
	}
	slow := slices.Clone(a.Classes)
	mix := func(to *float64, from float64) { *to = from + share*(*to-from) }
	known := func(to **float64, from *float64) {
		if *to != nil && from != nil {
			m := **to
			mix(&m, *from)
			*to = &m
		}
	}
	for i := range a.Classes {
		x, y := &a.Classes[i], &b.Classes[i]
		if x.ResponseMean == nil {
			continue // more than the quota carries
		}
		mix(&x.Throughput, y.Throughput)
		known(&x.ResponseMean, y.ResponseMean)
		known(&x.ResponseP50, y.ResponseP50)
		known(&x.ResponseP95, y.ResponseP95)
		known(&x.ResponseP99, y.ResponseP99)
		known(&x.PoolWaitMean, y.PoolWaitMean)
		known(&x.RetryShare, y.RetryShare)
	}
	for i := range a.Journeys {
		x, y := &a.Journeys[i], &b.Journeys[i]
		if x.ResponseMean == nil {
			continue
		}
		mix(&x.Throughput, y.Throughput)
		known(&x.ResponseMean, y.ResponseMean)
		known(&x.ResponseP50, y.ResponseP50)
		known(&x.ResponseP95, y.ResponseP95)
	}
	for i := range a.Stations {
		mix(&a.Stations[i].Utilization, b.Stations[i].Utilization)
	}
	for i := range a.Pools {
		mix(&a.Pools[i].BusyMean, b.Pools[i].BusyMean)
	}
	worst := 0.0
	for i := range slow {
		if x, y, z := slow[i].ResponseMean, b.Classes[i].ResponseMean, a.Classes[i].ResponseMean; x != nil && y != nil {
			worst = max(worst, uncertain*share*(1-share)*(*x-*y) / *z)
		}
	}
	if worst > mostThrottled {
		a.Warnings = append(a.Warnings, fmt.Sprintf("how long CPU quotas hold up requests is known to about %.0f %% of their responses: simulate this system for more than a rough figure", 100*worst))
	}
	return a
}
