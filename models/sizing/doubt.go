package sizing

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/headroom-erp/headroom"
)

const z95 = 1.6448536269514722 // a 90 % interval is 2 z95 standard deviations wide

// drawn is the model as it may truly be: one draw of every estimate from its
// interval. Replication 0 is drawn like every other. The factors depend on
// seed, replication, class and station only, so that topologies are compared
// under the same doubts.
//
// Demands of one station share a part of their doubt: their level is found from
// the same counter of busy seconds. So a common factor is drawn, as wide as the
// least doubtful of the classes that carry its load, and for each class one more
// of what its own interval is wider. Independent draws would cancel out over
// many classes and promise a total that is better known than any part of it.
func drawn(m headroom.Model, seed uint64, replication int) headroom.Model {
	d := draw{seed, uint64(replication) << 32}
	out := m
	out.Classes = make([]headroom.ClassModel, len(m.Classes))
	groups := map[string]float64{}
	for i, g := range m.Conflicts {
		e := g.Population
		if g.Intensity != nil {
			e = *g.Intensity
		}
		groups[g.Group] = factor(e, d.normal(0xc0_0000|uint64(i)))
	}
	out.Background = map[string]headroom.Estimate{}
	level, shared := map[string]float64{}, map[string]float64{}
	for i, st := range stationNames {
		e := m.Background[st]
		e.Value *= factor(e, d.normal(0xb0_0000|uint64(i)))
		out.Background[st] = e
		level[st], shared[st] = d.normal(0xd0_0000|uint64(i)), sharedDoubt(m, st)
	}
	for i, k := range m.Classes {
		r := d.source(uint64(i))
		k.Demand = map[string]headroom.Estimate{}
		for _, st := range stationNames {
			e := m.Classes[i].Demand[st]
			z := r.NormFloat64() // always one draw, so that one estimate does not move the next
			e.Value *= factorOf(sigma(e), shared[st], level[st], z)
			k.Demand[st] = e
		}
		k.Delay.Value *= factor(k.Delay, r.NormFloat64())
		k.Rule = drawnRule(k.Rule, groups)
		out.Classes[i] = k
	}
	if m.RegistryLoad != nil {
		e := *m.RegistryLoad
		e.Value *= factor(e, d.normal(0xe0_0000))
		out.RegistryLoad = &e
	}
	if m.Interference != nil {
		i := *m.Interference
		i.Share.Value *= factor(i.Share, d.normal(0xf0_0000))
		out.Interference = &i
	}
	return out
}

func drawnRule(r *headroom.ConflictRule, groups map[string]float64) *headroom.ConflictRule {
	if r == nil {
		return nil
	}
	rule := *r
	switch f, ok := groups[rule.Family()]; {
	case ok && rule.Documents:
		rule.Intensity = min(mostIntensity, rule.Intensity*f)
	case ok:
		rule.Population = max(1, rule.Population*f)
	}
	return &rule
}

// A draw is one replication's randomness of the estimates, by what is drawn.
type draw struct{ seed, replication uint64 }

func (d draw) source(of uint64) *rand.Rand { return rand.New(rand.NewPCG(d.seed, d.replication|of)) }

func (d draw) normal(of uint64) float64 { return d.source(of).NormFloat64() }

// carries is the share of a station's load from which on a class is one of
// those that carry it.
const carries = 0.05

// sharedDoubt is the standard deviation, of the logarithm, of what the demands
// at a station have in common: the smallest of the classes that carry its load.
func sharedDoubt(m headroom.Model, station string) float64 {
	total := 0.0
	for _, k := range m.Classes {
		total += load(k, station)
	}
	least := math.Inf(1)
	for _, k := range m.Classes {
		if l := load(k, station); l > 0 && l >= carries*total {
			least = min(least, sigma(k.Demand[station]))
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

// load is what a class was seen to bring to a station, in seconds.
func load(k headroom.ClassModel, station string) float64 {
	return float64(max(1, k.Count)) * max(0, k.Demand[station].Value)
}

// mostIntensity is the largest that a system may have.
const mostIntensity = 100

// mostDoubt bounds what one draw may multiply: an interval that reaches to zero
// or to infinity must not decide a forecast.
const mostDoubt = 4

// sigma is the standard deviation of an estimate's logarithm: a log-normal has
// its 5th and 95th percentiles so far apart. 0 without an interval.
func sigma(e headroom.Estimate) float64 {
	switch {
	case e.Value <= 0 || !(e.High > e.Low):
		return 0
	case e.Low > 0:
		return math.Log(e.High/e.Low) / (2 * z95)
	}
	return (e.High - e.Low) / (2 * z95 * e.Value)
}

// factor is what an estimate is multiplied with for a standard normal z:
// log-normal with the median 1.
func factor(e headroom.Estimate, z float64) float64 { return factorOf(sigma(e), 0, 0, z) }

// factorOf has a doubt sigma, of which shared at most goes with the common z;
// the rest with its own, so that it is as wide as sigma says.
func factorOf(sigma, shared, common, own float64) float64 {
	shared = min(shared, sigma)
	x := shared*common + math.Sqrt(sigma*sigma-shared*shared)*own
	return min(mostDoubt, max(1/float64(mostDoubt), math.Exp(x)))
}

// estimate is the median over replications with the interval that holds 90 %
// of them. Quantiles are at (n+1)p, so that few replications give the wide
// interval that they deserve. Without values there is no figure; +Inf among
// them stands for what is beyond any figure: where the median is, so is the
// value, and an upper end that is, is cut at the largest figure there is and
// the estimate not identified.
func estimate(values []float64, n int, method string) headroom.Estimate {
	e := headroom.Estimate{Level: headroom.Level, N: n, Method: method}
	if len(values) == 0 {
		return e
	}
	v := slices.Clone(values)
	slices.Sort(v)
	at := func(p float64) float64 {
		x := min(max(p*float64(len(v)+1)-1, 0), float64(len(v)-1))
		i := int(x)
		if i+1 >= len(v) || x == float64(i) || v[i] == v[i+1] { // two that are +Inf have no difference
			return v[i]
		}
		return v[i] + (x-float64(i))*(v[i+1]-v[i])
	}
	e.Value, e.Low, e.High, e.Identified = at(0.5), at(0.05), at(0.95), true
	if math.IsInf(e.High, 1) {
		e.Identified = false
		for _, x := range v {
			if !math.IsInf(x, 1) {
				e.High = x
			}
		}
	}
	return e
}

// quickened is the model on a machine on which CPU work takes so many times as
// long as where it was measured; waits and what happens outside stay.
func quickened(m headroom.Model, ratio float64) headroom.Model {
	if ratio == 1 {
		return m
	}
	out := m
	out.Classes = slices.Clone(m.Classes)
	for i, k := range m.Classes {
		out.Classes[i].Demand = map[string]headroom.Estimate{}
		for st, e := range k.Demand {
			out.Classes[i].Demand[st] = times(e, ratio)
		}
	}
	out.Background = map[string]headroom.Estimate{}
	for st, e := range m.Background {
		out.Background[st] = times(e, ratio)
	}
	if m.RegistryLoad != nil {
		e := times(*m.RegistryLoad, ratio)
		out.RegistryLoad = &e
	}
	return out
}

func times(e headroom.Estimate, x float64) headroom.Estimate {
	e.Value, e.Low, e.High = e.Value*x, e.Low*x, e.High*x
	return e
}
