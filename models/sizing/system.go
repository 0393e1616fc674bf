package sizing

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
)

// Host is the only station of a shared host.
const Host = "host"

// backlogPerWorker is how many connections Odoo lets wait, in terms of its workers.
const backlogPerWorker = 8

// leastShare is what background load leaves of a station at least.
const leastShare = 0.05

// System describes a topology that serves what the model has learned:
//
//   - stations "app" and "database" with the topology's cores, or "host" with
//     the demands summed where both share one;
//   - the pool "web" with the workers and Odoo's backlog of 8 for each;
//   - a class for each class of the model, a journey for each of its processes.
//
// Background load, which is there whatever else is, is taken off the cores: a
// station of c cores with b seconds a second of background has c - b servers,
// but 5 % of c at least.
func System(m headroom.Model, t headroom.Topology) headroom.System {
	s := headroom.System{Pools: []headroom.Pool{{Name: "web", Servers: t.Web.Workers, Backlog: backlogPerWorker * t.Web.Workers}}}
	for _, c := range cores(t) {
		s.Stations = append(s.Stations, headroom.Station{Name: c.Name, Servers: max(leastShare*c.Servers, c.Servers-background(m, t, c.Name))})
	}
	for _, k := range m.Classes {
		s.Classes = append(s.Classes, class(k, t.SharedHost))
	}
	for _, j := range m.Journeys {
		out := headroom.SystemJourney{Name: j.Process}
		for i, step := range j.Steps {
			v := 1.0
			if i < len(j.Visits) {
				v = j.Visits[i]
			}
			if v > 0 {
				out.Steps = append(out.Steps, headroom.SystemStep{Class: step, Visits: v})
			}
		}
		if len(out.Steps) > 0 {
			s.Journeys = append(s.Journeys, out)
		}
	}
	return s
}

// cores is the stations of a topology before background load.
func cores(t headroom.Topology) []headroom.Station {
	if t.SharedHost {
		return []headroom.Station{{Name: Host, Servers: t.Web.Cores}}
	}
	return []headroom.Station{{Name: "app", Servers: t.Web.Cores}, {Name: "database", Servers: t.Database.Cores}}
}

func background(m headroom.Model, t headroom.Topology, station string) float64 {
	if t.SharedHost {
		return max(0, m.Background["app"].Value+m.Background["database"].Value)
	}
	return max(0, m.Background[station].Value)
}

func class(k headroom.ClassModel, shared bool) headroom.Class {
	out := headroom.Class{Name: k.Name, Pool: headroom.NoPool, Demand: map[string]float64{}, SCV: map[string]float64{},
		DatabaseCalls: k.DatabaseCalls, Delay: max(0, k.Delay.Value), Overhead: max(0, k.Overhead), OverheadSCV: max(0, k.OverheadSCV), Conflict: k.Rule,
		LineShare: min(1, max(0, k.LineShare)), Lines: k.Lines}
	if k.Pooled {
		out.Pool = "web"
	}
	var sum, variance float64
	for _, st := range []string{"app", "database"} {
		d := max(0, k.Demand[st].Value)
		scv, ok := k.SCV[st]
		if !ok {
			scv = 1
		}
		sum += d
		variance += d * d * scv
		if !shared {
			out.Demand[st], out.SCV[st] = d, scv
		}
	}
	if shared {
		out.Demand[Host], out.SCV[Host] = sum, 0
		if sum > 0 {
			out.SCV[Host] = variance / (sum * sum)
		}
	}
	return out
}

// CheckTopology says what makes a topology one that cannot be forecast: an
// impossible number, or a part that the model does not know and whose absence
// would make the answer wrong. The error is a *headroom.InputError.
func CheckTopology(t headroom.Topology) error {
	switch {
	case t.Dedicated || len(t.Stacks) > 0:
		return input(t, "stacks", "several stacks are not forecast together: forecast each as a topology of its own")
	case t.Web.Replicas > 1:
		return input(t, "web.replicas", "the model knows one pool of web workers: give their sum as workers of one")
	case t.Cron != nil:
		return input(t, "cron", "the model knows no host of cron workers")
	case t.Database.Replicas > 0:
		return input(t, "database.replicas", "the model does not know which reads a replica takes off the database")
	case t.Web.Workers < 1:
		return input(t, "workers", fmt.Sprintf("%d workers serve nobody", t.Web.Workers))
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
