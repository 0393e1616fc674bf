package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/headroom-erp/headroom"
)

// wrongModel is the first figure of a model that cannot be, by its place in the
// file; "" when there is none.
func wrongModel(m headroom.Model) (where, what string) {
	c := modelChecker{classes: map[string]bool{}, processes: map[string]bool{}}
	for i, k := range m.Classes {
		c.class(fmt.Sprintf("classes[%d] (%s)", i, k.Name), k)
	}
	for i, j := range m.Journeys {
		c.journey(fmt.Sprintf("journeys[%d] (%s)", i, j.Process), j)
	}
	for i, g := range m.Conflicts {
		at := fmt.Sprintf("conflicts[%d] (%s)", i, g.Group)
		c.estimate(at+".population", &g.Population, mostFigure)
		c.estimate(at+".intensity", g.Intensity, mostFigure)
	}
	c.estimates("background", m.Background, mostSeconds)
	for _, station := range slices.Sorted(maps.Keys(m.MeasuredUtilization)) {
		if v := m.MeasuredUtilization[station]; !(v >= 0 && v <= mostUtilization) {
			c.fail("measured_utilization."+station, fmt.Sprintf("is %g, and no share of a station that can be busy", v))
		}
	}
	c.estimate("speed", m.Speed, mostSeconds)
	c.estimate("elasticity", m.Elasticity, mostFigure)
	if m.Interference != nil {
		c.estimate("interference.share", &m.Interference.Share, mostFigure)
	}
	if m.Memory != nil {
		c.estimate("memory.per_worker", &m.Memory.PerWorker, mostFigure)
		c.estimate("memory.per_tenant", m.Memory.PerTenant, mostFigure)
	}
	c.estimate("registry_load", m.RegistryLoad, mostSeconds)
	return c.where, c.what
}

const (
	// mostSCV is the largest squared coefficient of variation that a system may have.
	mostSCV = 10_000
	// mostSeconds is the longest time that a system may have.
	mostSeconds = 1e9
	// mostFigure is beyond all bytes and counts.
	mostFigure = 1e15
	// mostUtilization leaves room for stations that nobody held to their cores.
	mostUtilization = 100
	// outside is how far out of its interval a figure may be by rounding, beside
	// the interval's upper end.
	outside = 1e-9
)

// modelChecker keeps the first thing that is wrong.
type modelChecker struct {
	where, what string
	classes     map[string]bool // that were seen
	processes   map[string]bool
}

func (c *modelChecker) fail(where, what string) {
	if c.what == "" && what != "" {
		c.where, c.what = where, what
	}
}

func (c *modelChecker) class(at string, k headroom.ClassModel) {
	if k.Name == "" || c.classes[k.Name] {
		c.fail(at, "has no name, or one that another class has")
	}
	c.classes[k.Name] = true
	if k.Count < 0 {
		c.fail(at+".count", fmt.Sprintf("is %d, and not a number of 0 or more", k.Count))
	}
	c.estimates(at+".demand", k.Demand, mostSeconds)
	for _, station := range slices.Sorted(maps.Keys(k.SCV)) {
		if v := k.SCV[station]; !(v >= 0 && v <= mostSCV) {
			c.fail(at+".scv."+station, fmt.Sprintf("is %g, and not between 0 and %d", v, mostSCV))
		}
	}
	c.estimate(at+".delay", &k.Delay, mostSeconds)
	c.positive(at+".overhead", k.Overhead)
	c.positive(at+".database_calls", k.DatabaseCalls)
	c.estimate(at+".retry_share", k.RetryShare, 1)
	c.estimate(at+".disk", k.Disk, mostSeconds)
	c.estimate(at+".executed", k.Executed, mostSeconds)
	c.estimate(at+".calls", k.Calls, mostFigure)
	c.estimate(at+".written_bytes", k.Written, mostFigure)
	c.estimate(at+".wal_bytes", k.WAL, mostFigure)
}

func (c *modelChecker) journey(at string, j headroom.JourneyModel) {
	if c.processes[j.Process] {
		c.fail(at, "is a second journey of its process")
	}
	c.processes[j.Process] = true
	for _, step := range j.Steps {
		if !c.classes[step] {
			c.fail(at+".steps", fmt.Sprintf("names %q, of which there is no class", step))
		}
	}
	if len(j.Visits) > len(j.Steps) { // a step without a number is visited once
		c.fail(at+".visits", fmt.Sprintf("has %d numbers for %d steps", len(j.Visits), len(j.Steps)))
	}
	for i, v := range j.Visits {
		c.positive(fmt.Sprintf("%s.visits[%d]", at, i), v)
	}
}

func (c *modelChecker) positive(at string, v float64) {
	if !(v >= 0 && v <= mostFigure) {
		c.fail(at, fmt.Sprintf("is %g, and not a number of 0 to %g", v, mostFigure))
	}
}

func (c *modelChecker) estimates(at string, by map[string]headroom.Estimate, most float64) {
	for _, name := range slices.Sorted(maps.Keys(by)) {
		e := by[name]
		c.estimate(at+"."+name, &e, most)
	}
}

func (c *modelChecker) estimate(at string, e *headroom.Estimate, most float64) {
	if e != nil {
		c.fail(at, wrongEstimate(*e, most))
	}
}

// wrongEstimate says what is wrong with a figure between 0 and most. One of
// which nothing is known but its value has an interval from 0 to 0.
func wrongEstimate(e headroom.Estimate, most float64) string {
	slack := outside * e.High
	switch {
	case !(e.Value >= 0 && e.Value <= most):
		return fmt.Sprintf("is %g, and not a number of 0 to %g", e.Value, most)
	case e.N < 0:
		return fmt.Sprintf("has an n of %d, and not of 0 or more", e.N)
	case !e.Identified && e.Level == 0 && e.Low == 0 && e.High == 0:
		return ""
	case e.Low > e.High || !(e.Low >= 0 && e.High <= most):
		return fmt.Sprintf("has an interval from %g to %g, and not one within 0 to %g", e.Low, e.High, most)
	case e.Value < e.Low-slack || e.Value > e.High+slack:
		return fmt.Sprintf("is %g, outside of its interval from %g to %g", e.Value, e.Low, e.High)
	case e.Identified && !(e.Level > 0 && e.Level < 1):
		return fmt.Sprintf("has an interval of level %g, and not between 0 and 1", e.Level)
	}
	return ""
}
