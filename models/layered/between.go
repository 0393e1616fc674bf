package layered

import (
	"fmt"
	"slices"

	"github.com/headroom-erp/headroom"
)

// What answers for quotas are weak at.
const (
	mostStake   = 0.1  // of a response: how much longer cores of the quotas' size would make it
	mostEffect  = 0.15 // of a response: made by quotas
	mostCrowded = 0.3  // use of a host that has fewer cores than quotas
)

// between is the answer for quotas: of what differs between the system as it is
// throttled, v, and as it would be unbound, the share that lasts. Warnings are
// of what is nearer, and of quotas where the answer is weak.
func between(v, unbound, cores *solver) headroom.Solution {
	share, weight := 0.0, 0.0
	for s := range v.stations {
		if !v.throttles(s) {
			continue
		}
		f := v.lasts(s, unbound.stays(s))
		w := 1e-12
		for i := range v.classes {
			k := &v.classes[i]
			w += k.rate * k.demand[s] * max(0, k.stretch[s]-unbound.classes[i].stretch[s])
		}
		share, weight = share+f*w, weight+w
	}
	share /= weight
	a, b := v.solution(), unbound.solution()
	overloaded := slices.ContainsFunc(a.Classes, func(c headroom.ClassSolution) bool { return c.ResponseMean == nil })
	if share < 0.5 && !overloaded {
		a.Warnings = b.Warnings
	}
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
	if w := v.doubtQuotas(a, b, cores.solution()); w != "" && !overloaded {
		a.Warnings = append(a.Warnings, w)
	}
	return a
}

// doubtQuotas says why an answer a is rough, "" where it is not; b is without
// quotas, c with cores of their size.
func (v *solver) doubtQuotas(a, b, c headroom.Solution) string {
	for s, q := range v.quotas {
		if q.host < 0 {
			continue
		}
		if v.throttles(s) && v.stations[s].Slack > 0 {
			return fmt.Sprintf("station %q keeps a part of its quota for the next period, which is taken as none: its responses are rough; simulate this system", v.stations[s].Name)
		}
		var used, limits float64
		for o := range v.quotas {
			if v.quotas[o].host == q.host {
				used, limits = used+v.used(o), limits+v.quotas[o].limit
			}
		}
		if cores := v.hosts[q.host]; limits > cores*(1+1e-9) && used > mostCrowded*cores {
			return fmt.Sprintf("station %q shares a host of %g cores with quotas of %g in all, and they meet: a rough figure; simulate this system", v.stations[s].Name, cores, limits)
		}
	}
	for i := range a.Classes {
		x, y, z := a.Classes[i].ResponseMean, b.Classes[i].ResponseMean, c.Classes[i].ResponseMean
		switch {
		case x == nil || y == nil:
		case z == nil || *z > *x*(1+mostStake):
			return fmt.Sprintf("class %q: CPU quotas are neither felt at once nor never: its response is rough; simulate this system", a.Classes[i].Name)
		case *x-*y > mostEffect**x:
			return fmt.Sprintf("class %q: CPU quotas make %.0f %% of its response, which is then rough; simulate this system", a.Classes[i].Name, 100*(1 - *y / *x))
		}
	}
	return ""
}
