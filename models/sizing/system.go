package sizing

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// Host is the only station of a shared host.
const Host = "host"

// machine is the host of a topology whose cores are quotas.
const machine = "machine"

// web is the pool of web workers.
const web = "web"

// backlogPerWorker is how many connections Odoo lets wait, in terms of its workers.
const backlogPerWorker = 8

// leastShare is what background load leaves of a station at least.
const leastShare = 0.05

// System describes a stack that serves what the model has learned, for one
// tenant:
//
//   - stations "app" and "database" with the topology's cores, or "host" with
//     the demands summed where both share one; where its cores are quotas, on
//     the host "machine";
//   - the pool "web" with the workers and Odoo's backlog of 8 for each, in as
//     many replicas as the topology has;
//   - a class for each class of the model, a journey for each of its processes.
//
// Background load, which is there whatever else is, is taken off the cores: a
// station of c cores with b seconds a second of background has c - b servers,
// but 5 % of c at least.
func System(m headroom.Model, t headroom.Topology) headroom.System { return system(m, t, 1) }

// system is System for a number of tenants: with several, a worker's first
// request of each loads its registry.
func system(m headroom.Model, t headroom.Topology, tenants int) headroom.System {
	pool := headroom.Pool{Name: web, Servers: t.Web.Workers, Backlog: backlogPerWorker * t.Web.Workers}
	if t.Web.Replicas > 1 {
		pool.Replicas = t.Web.Replicas
	}
	if tenants > 1 && m.RegistryLoad != nil {
		pool.RegistryLoad = max(0, m.RegistryLoad.Value)
	}
	s := headroom.System{Pools: []headroom.Pool{pool}}
	for _, c := range cores(t) {
		st := headroom.Station{Name: c.Name, Servers: left(c.Servers, background(m, t, c.Name))}
		if q := t.Quota; q != nil {
			st.Host, st.Period, st.Slack = machine, q.Period, q.Slack
		}
		s.Stations = append(s.Stations, st)
	}
	if q := t.Quota; q != nil {
		h := headroom.Host{Name: machine, Cores: q.Cores}
		if i := m.Interference; i != nil {
			h.Interference, h.Reference = i.OfRequests(m.Elasticity), min(1, max(0, i.Reference))
		}
		s.Hosts = []headroom.Host{h}
	}
	for _, k := range m.Classes {
		s.Classes = append(s.Classes, class(k, t.SharedHost))
	}
	for _, j := range m.Journeys {
		out := headroom.SystemJourney{Name: j.Process, Makes: j.Makes, Takes: j.Takes}
		for i, step := range j.Steps {
			v := 1.0
			if i < len(j.Visits) {
				v = j.Visits[i]
			}
			if v > 0 {
				out.Steps = append(out.Steps, headroom.SystemStep{Class: step, Visits: v, EachQuantity: step == j.EachQuantity})
			}
		}
		if len(out.Steps) > 0 {
			s.Journeys = append(s.Journeys, out)
		}
	}
	return s
}

// left is what background load leaves of a station's cores.
func left(cores, background float64) float64 { return max(leastShare*cores, cores-background) }

// cores is the stations of a topology before background load.
func cores(t headroom.Topology) []headroom.Station {
	if t.SharedHost {
		return []headroom.Station{{Name: Host, Servers: t.Web.Cores}}
	}
	return []headroom.Station{{Name: "app", Servers: t.Web.Cores}, {Name: "database", Servers: t.Database.Cores}}
}

// workersOf are the web workers of all replicas of a stack.
func workersOf(t headroom.Topology) int { return t.Web.Workers * max(1, t.Web.Replicas) }

func background(m headroom.Model, t headroom.Topology, station string) float64 {
	if t.SharedHost {
		return max(0, m.Background["app"].Value+m.Background["database"].Value)
	}
	return max(0, m.Background[station].Value)
}

func class(k headroom.ClassModel, shared bool) headroom.Class {
	out := headroom.Class{Name: k.Name, Pool: headroom.NoPool, Demand: map[string]float64{}, SCV: map[string]float64{},
		DatabaseCalls: k.DatabaseCalls, Delay: max(0, k.Delay.Value), DelaySCV: max(0, k.DelaySCV), Overhead: max(0, k.Overhead), OverheadSCV: max(0, k.OverheadSCV),
		Conflict: k.Rule, LineShare: min(1, max(0, k.LineShare)), Lines: k.Lines, OfQuantities: k.OfQuantities}
	if k.Pooled {
		out.Pool = web
	}
	var sum, variance float64
	for _, st := range stationNames {
		d := max(0, k.Demand[st].Value)
		scv, ok := k.SCV[st]
		if !ok {
			scv = 1
		}
		sum += d
		variance += d * d * scv
		if shared {
			continue
		}
		out.Demand[st], out.SCV[st] = d, scv
		if q := k.Quantiles[st]; len(q) > 0 && d > 0 {
			if out.Quantiles == nil {
				out.Quantiles = map[string][]float64{}
			}
			out.Quantiles[st] = q
		}
	}
	if shared { // what the sum of two is distributed like was not measured
		out.Demand[Host], out.SCV[Host] = sum, 0
		if sum > 0 {
			out.SCV[Host] = variance / (sum * sum)
		}
	}
	return out
}

// stationNames are the stations that demands are of.
var stationNames = []string{"app", "database"}

// CheckTopology says what makes a topology one that cannot be forecast: an
// impossible number, or a part that the model does not know and whose absence
// would make the answer wrong. The error is a *headroom.InputError.
func CheckTopology(t headroom.Topology) error {
	if len(t.Stacks) > 0 {
		for _, s := range t.Stacks {
			if err := CheckTopology(s); err != nil {
				return err
			}
		}
		return nil
	}
	switch {
	case t.Database.Replicas > 0:
		return input(t, "database.replicas", "the model does not know which reads a replica takes off the database")
	case t.Web.Workers < 1:
		return input(t, "workers", fmt.Sprintf("%d workers serve nobody", t.Web.Workers))
	case t.Web.Replicas < 0:
		return input(t, "web.replicas", fmt.Sprintf("%d replicas serve nobody", t.Web.Replicas))
	case !(t.Web.Cores > 0) || math.IsInf(t.Web.Cores, 0):
		return input(t, "cores", fmt.Sprintf("%g cores serve nobody", t.Web.Cores))
	case !t.SharedHost && (!(t.Database.Cores > 0) || math.IsInf(t.Database.Cores, 0)):
		return input(t, "database cores", fmt.Sprintf("%g database cores serve nobody", t.Database.Cores))
	}
	return nil
}

func input(t headroom.Topology, what, why string) error {
	return fmt.Errorf("sizing: %w", &headroom.InputError{What: why, Where: fmt.Sprintf("topology %q, %s", t.Name, what)})
}

// unmodelled says what of a stack the forecast leaves out, or takes on trust;
// most is the most web workers that it ever has.
func unmodelled(m headroom.Model, t headroom.Topology, tenants, most int) []string {
	var out []string
	warn := func(format string, args ...any) {
		out = append(out, fmt.Sprintf("topology %q: ", t.Name)+fmt.Sprintf(format, args...))
	}
	var beside []string
	for _, p := range []struct {
		name  string
		there bool
	}{{"pooler", t.Pooler != nil}, {"Redis", t.Redis != nil}, {"ingress", t.Ingress != nil}} {
		if p.there {
			beside = append(beside, p.name)
		}
	}
	if len(beside) > 0 {
		warn("what its %s costs is in no forecast, beyond what was measured with it", strings.Join(beside, " and "))
	}
	if p := t.Pooler; p != nil && p.Size < most {
		warn("the pooler lets %d of %s work on the database at once; the forecast does not let them wait for it", p.Size, workers(most))
	}
	if t.Cron != nil {
		warn("which part of the background load its cron host takes off the web workers' was not measured: all of it is left there")
	}
	if tenants > 1 && m.RegistryLoad == nil {
		warn("%d databases are on it, and what loading a registry costs a worker was not measured: it is taken as nothing", tenants)
	}
	if mem := m.Memory; mem != nil && t.Web.Memory > 0 {
		each := mem.PerWorker.Value
		if mem.PerTenant != nil {
			each += float64(tenants-1) * mem.PerTenant.Value
		}
		if need := each * float64(most); need > t.Web.Memory {
			warn("%s need %.1f GB, and it has %.1f", workers(most), need/1e9, t.Web.Memory/1e9)
		}
	}
	return out
}

// otherwise names the scheduled processes that do something else than the model's
// of the same name did.
func otherwise(m headroom.Model, h headroom.Header) []string {
	var out []string
	for _, j := range m.Journeys {
		for _, p := range h.Processes {
			if p.Name == j.Process && p.Scenario != "" && j.Scenario != "" && p.Scenario != j.Scenario {
				out = append(out, fmt.Sprintf("process %q is scenario %s in the plan and %s in the model: it is forecast as the model has it; fit a model to runs of this plan, or give the plan's process another name", j.Process, p.Scenario, j.Scenario))
			}
		}
	}
	return out
}

// weightless names the scheduled processes of which no demand was found.
func weightless(m headroom.Model, h headroom.Header) []string {
	heavy := map[string]bool{}
	for _, k := range m.Classes {
		heavy[k.Name] = k.Delay.Value > 0
		for _, d := range k.Demand {
			heavy[k.Name] = heavy[k.Name] || d.Value > 0
		}
	}
	var out []string
	for _, j := range m.Journeys {
		due := slices.ContainsFunc(h.Processes, func(p headroom.ScheduledProcess) bool { return p.Name == j.Process })
		if due && !slices.ContainsFunc(j.Steps, func(step string) bool { return heavy[step] }) {
			out = append(out, fmt.Sprintf("what %s demands is not known: it is forecast as if it took no CPU, and its times say nothing", j.Process))
		}
	}
	return out
}
