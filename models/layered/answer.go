package layered

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// heldVariance of the time in the worker, in s². sharing adds what processor
// sharing does to a single response: for M/M/1 its SCV is 1 + 2 rho/(2 - rho),
// with rho = 1 - 1/stretch there.
func (v *solver) heldVariance(k *class, stretch []float64) float64 {
	variance := k.retry.spread + max(0, k.retry.square-k.retry.work*k.retry.work)*k.try*k.try + k.delayVariance*k.retry.work + k.blocked*k.blocked
	for i, d := range k.demand {
		scv := k.scv[i]
		own := 1 / min(1, v.stations[i].Servers)
		if stretch[i] > own {
			x := 1 - own/stretch[i]
			scv += 2 * x / (2 - x)
		}
		variance += math.Pow(d*stretch[i], 2) * scv * k.retry.work
	}
	return variance
}

// waitDeviation is the standard deviation of a wait for a worker, in seconds:
// that of no wait, or one that is exponential.
func (v *solver) waitDeviation(pool int, wait float64) float64 {
	if pool < 0 || wait == 0 {
		return 0
	}
	must := max(1e-3, v.pools[pool].flow.mustWait)
	return wait * math.Sqrt(2/must-1)
}

// quantile of the log-normal distribution with a mean and a variance.
func quantile(mean, variance, z float64) float64 {
	if mean <= 0 {
		return 0
	}
	s2 := math.Log1p(variance / (mean * mean))
	return mean * math.Exp(z*math.Sqrt(s2)-s2/2)
}

// Standard normal quantiles.
const (
	z95 = 1.6448536269514722
	z99 = 2.3263478740408408
)

// overloaded says by how much a class asks for more than there is; 0 when it does not.
func (v *solver) overloaded(k *class) float64 {
	worst := 0.0
	if k.pool >= 0 {
		worst = v.pools[k.pool].flow.overload
	}
	for s, d := range k.demand {
		if d > 0 {
			worst = max(worst, v.full[s])
		}
	}
	return worst
}

func (v *solver) solution() headroom.Solution {
	out := headroom.Solution{Method: Method, Pools: []headroom.PoolSolution{}, Journeys: []headroom.JourneySolution{}}
	for i := range v.classes {
		out.Classes = append(out.Classes, v.class(i))
	}
	for i := range v.journeys {
		out.Journeys = append(out.Journeys, v.journey(&v.chains[i]))
	}
	for s, st := range v.stations {
		var busy float64
		for i := range v.classes {
			k := &v.classes[i]
			busy += k.carried * k.demand[s] * k.retry.work
		}
		out.Stations = append(out.Stations, headroom.StationSolution{Name: st.Name, Utilization: min(1, busy/v.quotas[s].limit)})
		if v.full[s] > 0 {
			v.warn("station %q is offered %.3g times what it can serve by open load; response times grow without bound", st.Name, v.full[s])
		} else if v.clipped[s] {
			v.warn("station %q is kept over %g %% busy by requests that hold no worker: solved as if by %g %%, so response times are too short", st.Name, 100*almostAll, 100*almostAll)
		}
	}
	for i := range v.pools {
		p := &v.pools[i]
		if !p.real {
			continue
		}
		busy := 0.0
		for n, w := range p.served {
			busy += float64(n*p.replicas) * w
		}
		out.Pools = append(out.Pools, headroom.PoolSolution{Name: p.name, BusyMean: busy})
		if over := p.flow.overload; over > 0 {
			x := p.flow.through * float64(p.replicas)
			v.warn("pool %q is offered %.3g times what it and its stations can serve: %.4g requests/s of %.4g; response times grow without bound", p.name, over, over*x, x)
		}
	}
	out.Warnings = v.warnings
	return out
}

func (v *solver) class(i int) headroom.ClassSolution {
	k := &v.classes[i]
	out := headroom.ClassSolution{Name: k.name, Throughput: k.carried * k.retry.success * (1 - v.refused(k).lost)}
	if over := v.overloaded(k); over > 0 {
		if k.pool < 0 || v.pools[k.pool].flow.overload == 0 {
			out.Throughput /= over
		}
		return out
	}
	if k.rule != nil {
		p := k.retry.lost
		out.RetryShare = &p
	}
	if k.pool >= 0 {
		w := k.wait + v.refused(k).wait
		out.PoolWaitMean = &w
	}
	// A constant overhead shifts the distribution.
	shift := k.overhead
	if k.overheadVariance > 0 {
		shift = 0
	}
	whole := k.wait + v.refused(k).wait + k.held(k.stretch) + k.overhead
	d := v.waitDeviation(k.pool, k.wait)
	mean, variance := whole-shift, v.heldVariance(k, k.stretch)+d*d+k.overheadVariance
	at := func(z float64) *float64 { q := shift + quantile(mean, variance, z); return &q }
	out.ResponseMean, out.ResponseP50, out.ResponseP95, out.ResponseP99 = &whole, at(0), at(z95), at(z99)
	return out
}

func (v *solver) journey(c *chain) headroom.JourneySolution {
	out := headroom.JourneySolution{Name: c.name, Throughput: c.rate * c.found}
	// The steps of an open journey meet the same queue: their waits rise and
	// fall together, and deviations add up where variances would not. A closed
	// customer queues behind a fixed number of others.
	variance, waits := 0.0, 0.0
	worst := 0.0
	mean, full := 0.0, make([]float64, len(c.visits)) // of a journey that finds its document
	for _, st := range c.steps {
		full[st.visit] += st.n
		mean += st.n * st.think
	}
	for i := range c.visits {
		x := &c.visits[i]
		n := full[i]
		if n == 0 {
			continue
		}
		k := &v.classes[x.class]
		worst = max(worst, v.overloaded(k))
		out.Throughput *= math.Pow(k.retry.success*(1-v.refused(k).lost), n)
		r := v.response(x)
		mean += n * r
		variance += n * (v.heldVariance(k, x.stretch) + k.overheadVariance)
		if d := v.waitDeviation(x.pool, x.wait); c.population == 0 {
			waits += n * d
		} else {
			variance += n * d * d
		}
		f := n - math.Floor(n) // the odd visit that happens or not
		variance += f * (1 - f) * r * r
	}
	if worst > 0 {
		out.Throughput /= worst
		return out
	}
	variance += waits * waits
	p50, p95 := quantile(mean, variance, 0), quantile(mean, variance, z95)
	out.ResponseMean, out.ResponseP50, out.ResponseP95 = &mean, &p50, &p95
	return out
}
