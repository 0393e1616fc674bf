package sizing

import (
	"math"
	"math/rand/v2"
	"sort"

	"github.com/headroom-erp/headroom"
)

const z95 = 1.6448536269514722 // a 90 % interval is 2 z95 standard deviations wide

// drawn is the model as it may truly be: one draw of every estimate from its
// interval. Replication 0 is drawn like every other. The factors depend on
// seed, replication, class and station only, so that topologies are compared
// under the same doubts.
func drawn(m headroom.Model, seed uint64, replication int) headroom.Model {
	out := m
	out.Classes = make([]headroom.ClassModel, len(m.Classes))
	groups := map[string]float64{}
	for i, g := range m.Conflicts {
		r := rand.New(rand.NewPCG(seed, uint64(replication)<<32|0xc0_0000|uint64(i)))
		e := g.Population
		if g.Intensity != nil {
			e = *g.Intensity
		}
		groups[g.Group] = factor(e, r)
	}
	out.Background = map[string]headroom.Estimate{}
	for i, st := range []string{"app", "database"} {
		r := rand.New(rand.NewPCG(seed, uint64(replication)<<32|0xb0_0000|uint64(i)))
		e := m.Background[st]
		e.Value *= factor(e, r)
		out.Background[st] = e
	}
	for i, k := range m.Classes {
		r := rand.New(rand.NewPCG(seed, uint64(replication)<<32|uint64(i)))
		k.Demand = map[string]headroom.Estimate{}
		for _, st := range []string{"app", "database"} {
			e := m.Classes[i].Demand[st]
			e.Value *= factor(e, r)
			k.Demand[st] = e
		}
		k.Delay.Value *= factor(k.Delay, r)
		if k.Rule != nil {
			rule := *k.Rule
			switch f, ok := groups[rule.Group]; {
			case ok && rule.Documents:
				rule.Intensity = min(mostIntensity, rule.Intensity*f)
			case ok:
				rule.Population = max(1, rule.Population*f)
			}
			k.Rule = &rule
		}
		out.Classes[i] = k
	}
	return out
}

// mostIntensity is the largest that a system may have.
const mostIntensity = 100

// mostDoubt bounds what one draw may multiply: an interval that reaches to zero
// or to infinity must not decide a forecast.
const mostDoubt = 4

// factor draws what an estimate is multiplied with: log-normal, its median 1,
// its 5th and 95th percentiles as far apart as the interval's ends.
func factor(e headroom.Estimate, r *rand.Rand) float64 {
	z := r.NormFloat64() // always one draw, so that one estimate does not move the next
	if e.Value <= 0 || !(e.High > e.Low) {
		return 1
	}
	sigma := (e.High - e.Low) / (2 * z95 * e.Value)
	if e.Low > 0 {
		sigma = math.Log(e.High/e.Low) / (2 * z95)
	}
	return min(mostDoubt, max(1/float64(mostDoubt), math.Exp(sigma*z)))
}

// estimate is the median over replications with the interval that holds 90 %
// of them. Quantiles are at (n+1)p, so that few replications give the wide
// interval that they deserve.
func estimate(values []float64, n int, method string) headroom.Estimate {
	e := headroom.Estimate{Level: headroom.Level, N: n, Method: method}
	if len(values) == 0 {
		return e
	}
	v := append([]float64(nil), values...)
	sort.Float64s(v)
	at := func(p float64) float64 {
		x := min(max(p*float64(len(v)+1)-1, 0), float64(len(v)-1))
		i := int(x)
		if i+1 >= len(v) {
			return v[i]
		}
		return v[i] + (x-float64(i))*(v[i+1]-v[i])
	}
	e.Value, e.Low, e.High, e.Identified = at(0.5), at(0.05), at(0.95), true
	return e
}
