package learn

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// source is what a model says that it was learned from.
const source = "log"

// model makes the model of the processes.
func (s *student) model() {
	m := headroom.Model{
		Headroom: 1, Plan: planName, Runs: []string{source}, Topologies: []string{source},
		Background: map[string]headroom.Estimate{}, MeasuredUtilization: s.utilization(),
	}
	rules := s.rules(&m)
	var slow []string
	for _, p := range s.processes {
		h := headroom.HandoverOf(p.pattern.Scenario)
		j := headroom.JourneyModel{Process: p.name, Scenario: p.pattern.Scenario, Makes: h.Makes, Takes: h.Takes}
		for _, step := range p.steps {
			c, before := s.classModel(p, step, rules)
			if c.Count == 0 {
				continue
			}
			if !s.sweep.known() && before > calmest {
				slow = append(slow, c.Name)
			}
			m.Classes = append(m.Classes, c)
			j.Steps = append(j.Steps, c.Name)
			j.Visits = append(j.Visits, round(step.visits, 4))
		}
		if len(j.Steps) > 0 {
			m.Journeys = append(m.Journeys, j)
		}
	}
	if len(slow) > 0 {
		s.warn("%d classes have too few quiet moments, among them %s: their demands hold some stretching, and are too long", len(slow), slow[0])
	}
	s.backgrounds(&m)
	if r := s.registry; r.n >= 3 {
		half := fit.StudentT(headroom.Level, int(r.n)-1) * r.deviation() / math.Sqrt(r.n)
		m.RegistryLoad = &headroom.Estimate{Value: r.mean(), Low: max(0, r.mean()-half), High: r.mean() + half, Level: headroom.Level, N: int(r.n),
			Method: "registries loaded in the log, wall seconds", Identified: true}
	}
	s.out.Model = m
}

// merged is the sums of several classes.
func (s *student) merged(classes []int32) *tally {
	if len(classes) == 1 {
		return s.tallyOf(classes[0])
	}
	t := &tally{}
	for _, c := range classes {
		t.merge(s.tallyOf(c))
	}
	return t
}

// classModel is a step of a process.
func (s *student) classModel(p process, st step, rules map[string]*headroom.ConflictRule) (headroom.ClassModel, float64) {
	t := s.merged(st.classes)
	e := t.estimate(s.options, s.sweep.known())
	out := headroom.ClassModel{
		Name: p.name + "." + st.name, Pooled: true, Count: int(math.Round(float64(t.clean) * st.share)),
		Demand: map[string]headroom.Estimate{}, SCV: map[string]float64{}, DatabaseCalls: e.calls,
		Delay: headroom.Estimate{Level: headroom.Level, Method: "not told by the log"},
	}
	if t.clean == 0 {
		return out, 0
	}
	if out.Count == 0 {
		out.Count = 1
	}
	var lost float64
	for k, name := range stationNames {
		d := e.demand[k]
		d.Method = s.method(e.before)
		d, lost = s.levelled(k, d, lost)
		out.Demand[name], out.SCV[name] = d, e.scv[k]
		if e.steps[k] != nil {
			if out.Quantiles == nil {
				out.Quantiles = map[string][]float64{}
			}
			out.Quantiles[name] = e.steps[k]
		}
	}
	if lost > 0 {
		out.Delay = headroom.Estimate{Value: lost, High: 2 * lost, Level: headroom.Level, N: e.n, Method: "log beyond what the counters have"}
	}
	if t.retried > 0 {
		share := t.retryShare(s.options)
		out.RetryShare = &share
	}
	for _, c := range st.classes {
		if h, ok := habits[s.namer.names[c]]; ok {
			if r := rules[h.group]; r != nil {
				rule := *r
				rule.At = h.at
				out.Rule = &rule
			}
		}
	}
	if out.Rule == nil && t.retried >= fewLost {
		s.warn("%s lost a conflict %d times, to rows that are not known: forecasts have no conflicts of it", out.Name, t.retried)
	}
	return out, e.before
}

// levelled brings a demand to the level that counters have, and adds to lost
// what is beyond it: time that holds a worker and is no CPU's.
func (s *student) levelled(st int, d headroom.Estimate, lost float64) (headroom.Estimate, float64) {
	var factor, low, high float64
	var how string
	switch l := s.levels[st]; {
	case l.known:
		factor, low, high, how = l.factor.Value, l.factor.Low, l.factor.High, " and utilization law"
	case st == database && s.database != nil && s.database.Logged > 0 && s.database.Seconds > 0:
		factor = min(1, s.database.Seconds/s.database.Logged)
		low, high, how = factor, factor, " and pg_stat_statements"
	default:
		return d, lost
	}
	// Both errors are independent: their relative half-widths add in quadrature.
	down := math.Hypot(ratio(d.Value-d.Low, d.Value), ratio(factor-low, factor))
	up := math.Hypot(ratio(d.High-d.Value, d.Value), ratio(high-factor, factor))
	v := d.Value * factor
	if factor < 1 {
		lost += d.Value - v
	}
	d.Value, d.Low, d.High = v, max(0, v*(1-down)), v*(1+up)
	d.Method += how
	return d, lost
}

func ratio(a, b float64) float64 {
	if !(b > 0) {
		return 0
	}
	return a / b
}

// rules finds how hot the rows of each group are.
func (s *student) rules(m *headroom.Model) map[string]*headroom.ConflictRule {
	out := map[string]*headroom.ConflictRule{}
	for _, g := range s.hotGroups() {
		population, ok := hotRows(g, 1, s.options)
		if !ok {
			continue
		}
		// One row each, of as many as lose as much: what is known of the rows
		// is how often two transactions want the same.
		out[g[0].name] = &headroom.ConflictRule{Group: g[0].name, Rows: 1, Population: population.Value}
		s.kin(g, 1/population.Value)
		var n, lost, fitted float64
		for _, met := range metOf(g, 1/population.Value) {
			n += float64(met.Requests)
			lost += met.Share * float64(met.Requests)
			fitted += met.Fitted * float64(met.Requests)
		}
		m.Conflicts = append(m.Conflicts, headroom.ConflictModel{Group: g[0].name, Population: population,
			Measured: map[string]float64{source: lost / n}, Fitted: map[string]float64{source: fitted / n}})
	}
	return out
}

// hotGroups are the groups of all tenants by name.
func (s *student) hotGroups() (out [][]*group) {
	for _, g := range s.groups {
		at := slices.IndexFunc(out, func(l []*group) bool { return l[0].name == g.name })
		if at < 0 {
			out, at = append(out, nil), len(out)
		}
		out[at] = append(out[at], g)
	}
	slices.SortFunc(out, func(a, b []*group) int { return cmp.Compare(a[0].name, b[0].name) })
	return out
}

func metOf(gs []*group, q float64) (out []MetReport) {
	for m := range mostMet + 1 {
		var n, lost float64
		for _, g := range gs {
			for _, c := range g.met[m] {
				n, lost = n+c.n, lost+c.lost
			}
		}
		if n > 0 {
			out = append(out, MetReport{Met: m, Requests: int(n), Share: lost / n, Fitted: 1 - math.Pow(1-q, float64(m))})
		}
	}
	return out
}

// mapped are the classes that a step of a process was made of.
func (s *student) mapped() map[int32][]string {
	out := map[int32][]string{}
	for _, p := range s.processes {
		for _, st := range p.steps {
			for _, c := range st.classes {
				out[c] = append(out[c], p.name+"."+st.name)
			}
		}
	}
	return out
}

func round(v float64, digits int) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	f := math.Pow(10, float64(digits)-math.Ceil(math.Log10(math.Abs(v))))
	return math.Round(v*f) / f
}

func clockOf(slot int) string { return fmt.Sprintf("%02d:%02d", slot/4, slot%4*15) }
