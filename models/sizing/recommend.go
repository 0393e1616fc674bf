package sizing

import (
	"fmt"
	"slices"
	"sort"

	"github.com/headroom-erp/headroom"
)

// Recommend chooses a topology for a plan. The candidates are the plan's
// topologies and, on their hardware from the cheapest on, other worker counts.
// It takes the cheapest hardware on which some worker count holds every
// objective, there the one that does so in the largest share of replications,
// and of those that are as sure (within one replication) the fewest workers.
// When nothing holds, it names what comes nearest, and Met is false.
func Recommend(m headroom.Model, plan headroom.Plan, provider Provider, o Options) (headroom.Recommendation, error) {
	if len(plan.Topologies) == 0 {
		return headroom.Recommendation{}, fmt.Errorf("sizing: %w", &headroom.InputError{What: "the plan has no topology", Where: "topologies", Do: "name one candidate at least"})
	}
	o = o.defaults()
	if o.Scale == 0 {
		o.Scale = 1
	}
	load, err := provider(o.Scale)
	if err != nil {
		return headroom.Recommendation{}, fmt.Errorf("sizing: schedule at scale %g: %w", o.Scale, err)
	}
	// What no forecast speaks of is left out once, so that nothing below weighs it.
	var silent []string
	for _, x := range plan.Objectives {
		if why := speaks(x); why != "" {
			silent = append(silent, fmt.Sprintf("objective %q is not judged: %s", o.name(x), why))
		}
	}
	plan.Objectives = forecastable(plan.Objectives)
	m.Warnings = append(slices.Clone(m.Warnings), silent...)
	c := &chooser{m: m, plan: plan, load: load, o: o}
	if err := c.listed(); err != nil {
		return headroom.Recommendation{}, err
	}
	best, sweep, err := c.choose()
	if err != nil {
		return headroom.Recommendation{}, err
	}
	return c.recommendation(best, sweep, provider)
}

// option is a candidate with how much of the tightest objective's bound it takes.
type option struct {
	headroom.Candidate
	tightest headroom.Estimate
}

type chooser struct {
	m       headroom.Model
	plan    headroom.Plan
	load    Load
	o       Options
	options []option // the plan's topologies
	tried   []option // worker counts of every hardware that was swept
}

func (c *chooser) forecast(t headroom.Topology, replications int) (option, error) {
	o := c.o
	o.Replications = replications
	f, tightest, err := forecast(c.m, t, c.load, c.plan.Objectives, o)
	if err != nil {
		return option{}, err
	}
	measured := false
	for _, p := range c.plan.Topologies {
		measured = measured || sameHardware(p, t) && p.Web.Workers == t.Web.Workers && slices.Contains(c.m.Topologies, p.Name)
	}
	return option{headroom.Candidate{Topology: t, Forecast: f, CostMonth: Cost(t, c.plan.Sites, c.plan.Prices), Measured: measured}, tightest}, nil
}

func (c *chooser) listed() error {
	for _, t := range c.plan.Topologies {
		x, err := c.forecast(t, c.o.Replications)
		if err != nil {
			return err
		}
		c.options = append(c.options, x)
	}
	return nil
}

// sameHardware says whether two topologies differ in their worker count at most.
// One of several stacks is like itself only.
func sameHardware(a, b headroom.Topology) bool {
	if len(a.Stacks) > 0 || len(b.Stacks) > 0 {
		return a.Equal(b)
	}
	a.Name, a.Web.Workers = b.Name, b.Web.Workers
	if a.SharedHost {
		a.Database.Cores = b.Database.Cores
	}
	return a.Equal(b)
}

// hardware lists one topology of each hardware in the plan, cheapest first;
// equal ones as the plan names them.
func (c *chooser) hardware() []headroom.Topology {
	var out []headroom.Topology
	for _, t := range c.plan.Topologies {
		if !slices.ContainsFunc(out, func(x headroom.Topology) bool { return sameHardware(x, t) }) {
			out = append(out, t)
		}
	}
	sort.SliceStable(out, func(a, b int) bool {
		return c.hardwareCost(out[a]) < c.hardwareCost(out[b])
	})
	return out
}

func (c *chooser) hardwareCost(t headroom.Topology) float64 {
	sum := 0.0
	for _, p := range t.Parts(c.plan.Sites) {
		sum += hardwareCost(p.Topology, c.plan.Prices)
	}
	return sum
}

// counts are the worker counts to try: each up to 12, coarser above, up to two
// more than the plan and the rule of thumb name for this hardware.
func (c *chooser) counts(t headroom.Topology) []int {
	if len(t.Stacks) > 0 {
		return []int{t.Web.Workers} // as it is
	}
	named := []int{RuleOfThumb(t).Workers}
	for _, p := range c.plan.Topologies {
		if sameHardware(p, t) {
			named = append(named, p.Web.Workers)
		}
	}
	most := slices.Max(named) + 2
	for n := 1; n <= most; n += max(1, n/6) {
		named = append(named, n)
	}
	slices.Sort(named)
	return slices.Compact(named)
}

// withWorkers is the plan's own topology where it has one with that count.
func (c *chooser) withWorkers(t headroom.Topology, n int) headroom.Topology {
	for _, p := range c.plan.Topologies {
		if sameHardware(p, t) && p.Web.Workers == n {
			return p
		}
	}
	t.Name += " with " + workers(n)
	t.Web.Workers = n
	return t
}

// choose sweeps the hardware, cheapest first, until something holds.
func (c *chooser) choose() (option, []option, error) {
	for _, h := range c.hardware() {
		var sweep []option
		for _, n := range c.counts(h) {
			x, err := c.sweep(c.withWorkers(h, n))
			if err != nil {
				return option{}, nil, err
			}
			sweep = append(sweep, x)
		}
		c.tried = append(c.tried, sweep...)
		for _, x := range ranked(sweep, 1/float64(c.o.SweepReplications)) {
			full, err := c.full(x.Topology)
			if err != nil {
				return option{}, nil, err
			}
			if full.Forecast.Meets {
				return full, sweep, nil
			}
		}
	}
	return c.nearest()
}

// ranked is what holds, best first: the surest, ties by fewer workers.
func ranked(sweep []option, tie float64) []option {
	var hold []option
	surest := 0.0
	for _, x := range sweep {
		if x.Forecast.Meets {
			hold = append(hold, x)
			surest = max(surest, x.Forecast.Confidence)
		}
	}
	as := func(x option) bool { return x.Forecast.Confidence >= surest-tie-1e-9 }
	sort.SliceStable(hold, func(a, b int) bool {
		x, y := hold[a], hold[b]
		if as(x) != as(y) {
			return as(x)
		}
		if !as(x) && x.Forecast.Confidence != y.Forecast.Confidence {
			return x.Forecast.Confidence > y.Forecast.Confidence
		}
		return x.Topology.Web.Workers < y.Topology.Web.Workers
	})
	return hold
}

// sweep forecasts one worker count.
func (c *chooser) sweep(t headroom.Topology) (option, error) {
	if c.o.SweepReplications == c.o.Replications {
		return c.full(t)
	}
	return c.forecast(t, c.o.SweepReplications)
}

// full is a forecast with all replications, which may have been made before.
func (c *chooser) full(t headroom.Topology) (option, error) {
	made := c.options
	if c.o.SweepReplications == c.o.Replications {
		made = append(slices.Clone(made), c.tried...)
	}
	for _, x := range made {
		if x.Topology.Equal(t) {
			return x, nil
		}
	}
	return c.forecast(t, c.o.Replications)
}

// nearest is what misses its objectives by least.
func (c *chooser) nearest() (option, []option, error) {
	all := append(slices.Clone(c.options), c.tried...)
	best := all[0]
	for _, x := range all {
		if x.tightest.Value < best.tightest.Value {
			best = x
		}
	}
	var sweep []option
	for _, x := range c.tried {
		if sameHardware(x.Topology, best.Topology) {
			sweep = append(sweep, x)
		}
	}
	full, err := c.full(best.Topology)
	return full, sweep, err
}

func (c *chooser) recommendation(best option, sweep []option, provider Provider) (headroom.Recommendation, error) {
	limit, err := Capacity(c.m, best.Topology, provider, c.plan.Objectives, c.o)
	if err != nil {
		return headroom.Recommendation{}, err
	}
	best.Forecast.Capacity, best.Forecast.LimitedBy = limit.Capacity, limit.By
	for i := range c.options { // the plan's own entry of it knows as much
		if c.options[i].Topology.Equal(best.Topology) {
			c.options[i] = best
		}
	}
	rule := RuleOfThumb(best.Topology)
	byRule, err := c.full(c.withWorkers(best.Topology, rule.Workers))
	if best.Topology.Web.Workers == rule.Workers || len(best.Topology.Stacks) > 0 {
		byRule, err = best, nil
	}
	if err != nil {
		return headroom.Recommendation{}, err
	}
	rule.Forecast = &byRule.Forecast
	out := headroom.Recommendation{Workers: best.Topology.Web.Workers, Topology: best.Topology, Forecast: best.Forecast,
		RuleOfThumb: rule, Met: best.Forecast.Meets, Warnings: slices.Clone(c.m.Warnings)}
	for _, x := range c.options {
		out.Candidates = append(out.Candidates, x.Candidate)
	}
	for _, x := range sweep {
		out.ByWorkers = append(out.ByWorkers, x.Candidate)
	}
	out.Reasons = c.reasons(best, sweep)
	for _, w := range append(slices.Clone(best.Forecast.Warnings), limit.Warnings...) {
		if !slices.Contains(out.Warnings, w) {
			out.Warnings = append(out.Warnings, w)
		}
	}
	return out, nil
}
