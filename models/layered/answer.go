package layered

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
)

// heldVariance of the time in the worker, in s². sharing adds what processor
// sharing does to a single response: for M/M/1 its SCV is 1 + 2 rho/(2 - rho),
// with rho = 1 - 1/stretch there.
func (k *class) heldVariance(sharing bool) float64 {
	v := k.retry.spread + k.retry.lost*(1-k.retry.lost)*math.Pow(k.rule0()*k.try, 2)
	for i, d := range k.demand {
		scv := k.scv[i]
		if sharing && k.stretch[i] > 1 {
			x := 1 - 1/k.stretch[i]
			scv += 2 * x / (2 - x)
		}
		v += math.Pow(d*k.stretch[i], 2) * scv * k.retry.work
	}
	return v
}

func (k *class) rule0() float64 {
	if k.rule == nil {
		return 0
	}
	return k.rule.At
}

// variance of the response.
func (v *solver) variance(k *class) float64 {
	return k.heldVariance(true) + v.waitDeviation(k)*v.waitDeviation(k)
}

// waitDeviation is the standard deviation of the wait for a worker, in seconds.
func (v *solver) waitDeviation(k *class) float64 {
	if k.pool < 0 {
		return 0
	}
	return k.wait * math.Sqrt(v.pools[k.pool].flow.spread)
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
		worst = v.pools[k.pool].overload
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
		out.Classes = append(out.Classes, v.class(&v.classes[i]))
	}
	for i := range v.journeys {
		out.Journeys = append(out.Journeys, v.journey(&v.chains[i]))
	}
	for s, st := range v.stations {
		var busy float64
		for _, k := range v.classes {
			busy += k.carried * k.demand[s] * k.retry.work
		}
		u := busy / st.Servers
		out.Stations = append(out.Stations, headroom.StationSolution{Name: st.Name, Utilization: min(1, u)})
		if v.full[s] > 0 {
			v.warnings = append(v.warnings, fmt.Sprintf("station %q is offered %.3g times what it can serve by requests that hold no worker", st.Name, v.full[s]))
		} else if v.clipped[s] {
			v.warnings = append(v.warnings, fmt.Sprintf("station %q is kept over %g %% busy by requests that hold no worker: solved as if by %g %%, so response times are too short", st.Name, 100*almostAll, 100*almostAll))
		}
	}
	for _, p := range v.pools {
		out.Pools = append(out.Pools, headroom.PoolSolution{Name: p.name, BusyMean: p.busy()})
		if p.overload > 0 {
			x := p.flow.through
			v.warnings = append(v.warnings, fmt.Sprintf("pool %q is offered %.3g times what it and its stations can serve: %.4g requests/s of %.4g; response times grow without bound", p.name, p.overload, p.overload*x, x))
		}
	}
	out.Warnings = v.warnings
	return out
}

func (p *pool) busy() float64 {
	var b float64
	for n, w := range p.flow.served {
		b += float64(n) * w
	}
	return b
}

func (v *solver) class(k *class) headroom.ClassSolution {
	out := headroom.ClassSolution{Name: k.name, Throughput: k.carried * k.retry.success}
	if over := v.overloaded(k); over > 0 {
		if k.pool < 0 {
			out.Throughput /= over
		}
		return out
	}
	if k.rule != nil {
		p := k.retry.lost
		out.RetryShare = &p
	}
	if k.pool >= 0 {
		w := k.wait
		out.PoolWaitMean = &w
	}
	// A constant overhead shifts the distribution.
	shift := k.overhead
	if k.overheadVariance > 0 {
		shift = 0
	}
	mean, variance := k.response()-shift, v.variance(k)+k.overheadVariance
	at := func(z float64) *float64 { q := shift + quantile(mean, variance, z); return &q }
	whole := k.response()
	out.ResponseMean, out.ResponseP50, out.ResponseP95, out.ResponseP99 = &whole, at(0), at(z95), at(z99)
	return out
}

func (v *solver) journey(c *chain) headroom.JourneySolution {
	out := headroom.JourneySolution{Name: c.name, Throughput: c.rate}
	// The steps of an open journey meet the same queue: their waits rise and
	// fall together, and deviations add up where variances would not. A closed
	// customer queues behind a fixed number of others.
	mean, variance, waits := c.inside, 0.0, 0.0
	worst := 0.0
	for i, n := range c.visits {
		if n == 0 {
			continue
		}
		k := &v.classes[i]
		worst = max(worst, v.overloaded(k))
		out.Throughput *= math.Pow(k.retry.success, n)
		mean += n * k.response()
		variance += n * (k.heldVariance(true) + k.overheadVariance)
		if d := v.waitDeviation(k); c.population == 0 {
			waits += n * d
		} else {
			variance += n * d * d
		}
		f := n - math.Floor(n) // the odd visit that happens or not
		variance += f * (1 - f) * k.response() * k.response()
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
