package layered

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/headroom-erp/headroom"
)

// wild draws the parts of systems, every feature of the description among them.
type wild struct{ *rand.Rand }

func (r wild) maybe(v float64) float64 {
	if r.IntN(3) == 0 {
		return 0
	}
	return v
}

// magnitude is 0 or anything over fifteen decades.
func (r wild) magnitude() float64 { return r.maybe(math.Pow(10, 15*r.Float64()-8)) }

func (r wild) spread() float64 { return min(1e4, r.magnitude()) }

func (r wild) count(most float64) int { return int(math.Pow(most, r.Float64())) }

func (r wild) one(of ...string) string { return of[r.IntN(len(of))] }

// wildSystem is anything that a description may say.
func wildSystem(random *rand.Rand) headroom.System {
	r := wild{random}
	var s headroom.System
	r.resources(&s)
	for i := range 1 + r.IntN(6) {
		s.Classes = append(s.Classes, r.class(fmt.Sprint("c", i), s.Pools[r.IntN(len(s.Pools))].Name))
	}
	for i := range r.IntN(4) {
		s.Journeys = append(s.Journeys, r.journey(fmt.Sprint("j", i), s.Classes))
	}
	if s.Check() != nil { // closed customers who need no time at all are refused
		for i := range s.Classes {
			s.Classes[i].ThinkTime += 0.01 * float64(min(1, s.Classes[i].Population))
		}
		for i := range s.Journeys {
			s.Journeys[i].ThinkTime += 0.01 * float64(min(1, s.Journeys[i].Population))
		}
	}
	return s
}

func (r wild) resources(s *headroom.System) {
	s.Stations = []headroom.Station{{Name: "app", Servers: 0.01 + math.Pow(10, 3*r.Float64()-1)}, {Name: "database", Servers: 0.1 + 2*r.Float64()}}
	if r.IntN(3) == 0 {
		h := headroom.Host{Name: "host", Cores: 0.5 + math.Pow(10, 2*r.Float64())}
		if r.IntN(3) > 0 {
			h.Interference, h.Reference = min(10, r.magnitude()), r.maybe(r.Float64())
		}
		s.Hosts = []headroom.Host{h}
		for i := range 1 + r.IntN(2) {
			st := &s.Stations[(r.IntN(2)+i)%2]
			st.Host, st.Period, st.Slack = "host", r.maybe(math.Pow(10, -3*r.Float64())), r.maybe(r.Float64())
		}
	}
	for i := range 1 + r.IntN(3) {
		p := headroom.Pool{Name: fmt.Sprint("p", i), Servers: r.count(300), Backlog: int(r.maybe(float64(r.count(2000)))), Replicas: r.IntN(5),
			Balance:      r.one("", headroom.RoundRobin, headroom.LeastConnections, headroom.RandomBalance),
			RegistryLoad: r.maybe(r.Float64()), Registries: r.IntN(3), RecycleAfter: int(r.maybe(float64(r.count(1000))))}
		if p.RecycleAfter > 0 {
			p.RecycleTime = r.maybe(10 * r.Float64())
		}
		s.Pools = append(s.Pools, p)
	}
}

func (r wild) class(name, pool string) headroom.Class {
	c := headroom.Class{Name: name, Pool: pool, Demand: map[string]float64{"app": r.magnitude(), "database": r.magnitude()},
		SCV: map[string]float64{"app": r.spread()}, DatabaseCalls: min(1e6, r.magnitude()), Delay: r.magnitude(), DelaySCV: r.spread(),
		Overhead: r.magnitude(), OverheadSCV: r.spread(), Tenant: r.one("", "a", "b", "c")}
	if r.IntN(5) == 0 {
		c.Pool = headroom.NoPool
	}
	switch r.IntN(5) {
	case 0:
		c.ArrivalRate = r.magnitude()
	case 1:
		c.Population, c.ThinkTime = r.count(1e6), r.magnitude()
	case 2:
		c.Every = 1e-3 + r.magnitude()
	}
	if r.IntN(3) == 0 {
		c.Quantiles = map[string][]float64{"app": {0, 2}}
	}
	if r.IntN(3) == 0 {
		c.LineShare, c.Lines = r.Float64(), float64(r.count(1000))
	}
	if r.IntN(2) == 0 {
		c.Conflict = r.rule()
	}
	return c
}

func (r wild) rule() *headroom.ConflictRule {
	c := &headroom.ConflictRule{Group: r.one("g", "g", "h"), Rows: 10 * r.Float64(), Population: 1 + float64(r.count(1e6)), Popularity: r.maybe(10 * r.Float64()),
		At: r.Float64(), Documents: r.IntN(2) == 0, Intensity: r.maybe(5 * r.Float64()), SkipLocked: r.IntN(3) == 0, Queues: r.IntN(4) == 0}
	c.Also = [][]string{nil, {"h"}, {"g", "h.2"}}[r.IntN(3)]
	if r.IntN(2) == 0 {
		c.Again = c.At + (1-c.At)*r.Float64()
	}
	return c
}

func (r wild) journey(name string, classes []headroom.Class) headroom.SystemJourney {
	j := headroom.SystemJourney{Name: name, Makes: r.one("", "x"), Takes: r.one("", "x")}
	for range 1 + r.IntN(5) {
		j.Steps = append(j.Steps, headroom.SystemStep{Class: classes[r.IntN(len(classes))].Name, ThinkTime: r.magnitude(), Visits: min(1e6, r.magnitude())})
	}
	if r.IntN(2) == 0 {
		j.ArrivalRate = r.magnitude()
		return j
	}
	j.Population, j.ThinkTime = r.count(1e6), r.magnitude()
	if r.IntN(2) == 0 {
		j.ThinkSCV = new(r.spread())
	}
	return j
}

// What the generator is for: over a few hundred systems, everything that a
// description can say is said.
func TestWildSystemsHaveEverything(t *testing.T) {
	missing := map[string]bool{"interference": true, "also": true, "again": true, "queues": true, "line share": true, "think": true, "registries": true, "recycling": true, "tenants": true}
	for seed := range uint64(200) {
		s := wildSystem(rand.New(rand.NewPCG(seed, 2)))
		had := func(what string, is bool) {
			if is {
				delete(missing, what)
			}
		}
		had("interference", slices.ContainsFunc(s.Hosts, func(h headroom.Host) bool { return h.Interference > 0 && h.Reference > 0 }))
		had("think", slices.ContainsFunc(s.Journeys, func(j headroom.SystemJourney) bool { return j.ThinkSCV != nil }))
		for _, p := range s.Pools {
			had("registries", p.RegistryLoad > 0 && p.Registries > 0)
			had("recycling", p.RecycleTime > 0)
		}
		for _, c := range s.Classes {
			had("tenants", c.Tenant != "")
			had("line share", c.LineShare > 0)
			if k := c.Conflict; k != nil && k.Documents {
				had("also", len(k.Also) > 0)
				had("again", k.Again > 0 && k.SkipLocked && len(k.Also) > 0)
				had("queues", k.Queues)
			}
		}
	}
	for what := range missing {
		t.Errorf("no system had it: %s", what)
	}
}
