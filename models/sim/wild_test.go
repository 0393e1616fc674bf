package sim

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/headroom-erp/headroom"
)

// No system makes the simulator hang, panic, or answer NaN.
func FuzzRun(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, l := randomSystem(r)
		got, err := Run(s, l, Options{Seed: seed, Duration: 50, Warmup: 5, MaxEvents: 50_000, MaxCustomers: 20_000, MaxCalls: r.IntN(4)})
		if err != nil {
			var input *headroom.InputError
			if errors.As(err, &input) {
				t.Fatalf("refused: %v", err)
			}
			return // a budget
		}
		solution := got.Solution(s)
		for _, c := range solution.Classes {
			for _, v := range []*float64{c.ResponseMean, c.ResponseP50, c.ResponseP99, c.PoolWaitMean, c.RetryShare} {
				if v != nil && !(*v >= 0 && *v < 1e12) {
					t.Fatalf("%s: %g", c.Name, *v)
				}
			}
		}
		for i, st := range solution.Stations {
			// What a quota kept from before is more than it has of the window.
			most := 1 + (s.Stations[i].Slack+max(0.1, s.Stations[i].Period))/(s.Stations[i].Servers*45)
			if s.Stations[i].Host == "" {
				most = 1
			}
			if !(st.Utilization >= 0 && st.Utilization <= most+1e-9) {
				t.Fatalf("utilization %g, at most %g: %+v", st.Utilization, most, s.Stations[i])
			}
		}
	})
}

// wild draws the parts of systems, every feature of the description among them.
type wild struct{ *rand.Rand }

// magnitude is 0 or anything over seven decades.
func (r wild) magnitude() float64 {
	if r.IntN(5) == 0 {
		return 0
	}
	return math.Pow(10, 7*r.Float64()-5)
}

func (r wild) one(of ...string) string { return of[r.IntN(len(of))] }

// randomSystem is any system that Check lets through, extremes included.
func randomSystem(random *rand.Rand) (headroom.System, Load) {
	r := wild{random}
	var s headroom.System
	r.resources(&s)
	for _, n := range []string{"a", "b", "c", "d"}[:1+r.IntN(4)] {
		s.Classes = append(s.Classes, r.class(n, s))
	}
	r.journeys(&s)
	if s.Check() != nil { // closed customers who need no time at all are refused
		for i := range s.Classes {
			s.Classes[i].ThinkTime += 0.01 * float64(min(1, s.Classes[i].Population))
		}
		s.Journeys[0].ThinkTime += 0.01
	}
	return s, randomLoad(random, s)
}

func (r wild) resources(s *headroom.System) {
	for _, n := range []string{"app", "database", "disk"}[:1+r.IntN(3)] {
		st := headroom.Station{Name: n, Servers: 0.05 + 8*r.Float64()}
		if r.IntN(3) == 0 {
			st.Host, st.Period = "host", []float64{0, 0.001, 0.03}[r.IntN(3)]
			st.Slack = []float64{0, 0.002, r.Float64()}[r.IntN(3)]
		}
		s.Stations = append(s.Stations, st)
	}
	s.Hosts = []headroom.Host{{Name: "host", Cores: 0.5 + 4*r.Float64()}}
	if r.IntN(2) == 0 {
		s.Hosts[0].Interference, s.Hosts[0].Reference = min(10, r.magnitude()), r.Float64()*float64(r.IntN(2))
	}
	for _, n := range []string{"web", "cron"}[:1+r.IntN(2)] {
		p := headroom.Pool{Name: n, Servers: 1 + r.IntN(9), Backlog: r.IntN(4)}
		if r.IntN(3) == 0 {
			p.Replicas, p.Balance = r.IntN(5), r.one("", headroom.RoundRobin, headroom.LeastConnections, headroom.RandomBalance)
			p.RegistryLoad, p.Registries = r.magnitude()/10, r.IntN(3)
		}
		if r.IntN(3) == 0 {
			p.RecycleAfter = 1 + r.IntN(20)
			p.RecycleTime = r.magnitude() / 10
		}
		s.Pools = append(s.Pools, p)
	}
}

func (r wild) class(name string, s headroom.System) headroom.Class {
	c := headroom.Class{Name: name, Pool: r.one("web", s.Pools[len(s.Pools)-1].Name, headroom.NoPool), Tenant: r.one("", "", "north", "south"),
		Demand: map[string]float64{}, SCV: map[string]float64{}, DatabaseCalls: r.magnitude(),
		Delay: r.magnitude() / 10, DelaySCV: r.magnitude(), Overhead: r.magnitude() / 10, OverheadSCV: r.magnitude()}
	for _, st := range s.Stations {
		c.Demand[st.Name], c.SCV[st.Name] = r.magnitude()/10, r.magnitude()
	}
	if r.IntN(2) == 0 {
		c.Conflict = r.rule()
	}
	if r.IntN(3) == 0 {
		c.LineShare, c.Lines = r.Float64(), 1+9*r.Float64()
	}
	if r.IntN(4) == 0 {
		c.Quantiles = map[string][]float64{s.Stations[0].Name: {0, 1, 1, 2}}
	}
	switch r.IntN(4) {
	case 0:
		c.ArrivalRate = r.magnitude()
	case 1:
		c.Population, c.ThinkTime = r.IntN(20), r.magnitude()
	case 2:
		c.Every = 0.01 + r.magnitude()
	}
	return c
}

func (r wild) rule() *headroom.ConflictRule {
	c := &headroom.ConflictRule{Group: r.one("g", "g", "h"), Documents: r.IntN(2) == 0, Intensity: 2 * r.Float64(), SkipLocked: r.IntN(4) == 0, Queues: r.IntN(5) == 0,
		Popularity: float64(r.IntN(2)), Rows: 6 * r.Float64(), Population: 1 + r.magnitude(), At: []float64{0, 0.5, 1, r.Float64()}[r.IntN(4)]}
	c.Also = [][]string{nil, {"h"}, {"g", "h.2"}}[r.IntN(3)]
	if r.IntN(2) == 0 {
		c.Again = c.At + (1-c.At)*r.Float64()
	}
	return c
}

func (r wild) journeys(s *headroom.System) {
	j := headroom.SystemJourney{Name: "j", ThinkTime: r.magnitude(), Makes: r.one("", "goods")}
	for range 1 + r.IntN(4) {
		j.Steps = append(j.Steps, headroom.SystemStep{Class: s.Classes[r.IntN(len(s.Classes))].Name, ThinkTime: r.magnitude() / 10, Visits: 3 * r.Float64()})
	}
	if r.IntN(2) == 0 {
		j.Population = r.IntN(10)
	}
	if r.IntN(2) == 0 {
		j.ThinkSCV = new(r.magnitude())
	}
	next := headroom.SystemJourney{Name: "next", Makes: "paper", Takes: r.one("", "paper", "goods"), Steps: slices.Clone(j.Steps)}
	s.Journeys = []headroom.SystemJourney{j, next}
}

func randomLoad(random *rand.Rand, s headroom.System) Load {
	r := wild{random}
	l := Load{Lanes: []int{1 + r.IntN(3)}, Products: headroom.NewPopularity(30, 1), Catalogues: 2}
	document := func() Document {
		d := Document{Quantities: r.IntN(4)}
		for n := range int32(r.IntN(4)) {
			d.Products = append(d.Products, 7*n+int32(r.IntN(7)))
		}
		return d
	}
	for range r.IntN(60) {
		l.Journeys = append(l.Journeys, Timed{At: 60 * r.Float64(), Lane: r.IntN(2) - 1, Seed: r.Uint64(), Journey: r.IntN(2),
			Document: document(), Catalogue: r.IntN(2), Tenant: r.IntN(2), Site: r.IntN(2)})
	}
	for range r.IntN(6) {
		from := 50 * r.Float64()
		l.Operators = append(l.Operators, Operator{From: from, Until: from + 50*r.Float64(), Seed: r.Uint64(), Journey: r.IntN(2),
			Think: r.Float64() * float64(r.IntN(2)), ThinkSCV: r.Float64(), Lines: headroom.Lines{Mean: 3, Max: 9}, Tenant: r.IntN(2), Site: r.IntN(2)})
	}
	for range r.IntN(3) {
		l.Stock = append(l.Stock, Stock{Kind: r.one("paper", "goods", "nobody's"), Site: r.IntN(2), Documents: []Document{document(), document()}})
	}
	for range r.IntN(5) {
		c := headroom.Reconfiguration{At: 60 * r.Float64(), Pool: "web", Servers: float64(r.IntN(30) * r.IntN(2)), Lost: r.IntN(2) == 0}
		if r.IntN(3) == 0 {
			c.Pool, c.Station, c.Lost = "", s.Stations[0].Name, false
			c.Servers = 3 * r.Float64() * float64(r.IntN(3))
		}
		l.Changes = append(l.Changes, c)
	}
	l.Pace = randomPace(random)
	return l
}

// What the generator is for: over a few hundred systems, everything that a
// description can say is said.
func TestWildSystemsHaveEverything(t *testing.T) {
	missing := map[string]bool{"interference": true, "also": true, "again": true, "queues": true, "line share": true, "think": true, "registries": true, "recycling": true, "tenants": true, "cron": true}
	for seed := range uint64(300) {
		s, _ := randomSystem(rand.New(rand.NewPCG(seed, 1)))
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		had := func(what string, is bool) {
			if is {
				delete(missing, what)
			}
		}
		had("interference", s.Hosts[0].Interference > 0 && s.Hosts[0].Reference > 0 && slices.ContainsFunc(s.Stations, func(st headroom.Station) bool { return st.Host != "" }))
		had("think", s.Journeys[0].ThinkSCV != nil && s.Journeys[0].Population > 0)
		for _, p := range s.Pools {
			had("registries", p.RegistryLoad > 0 && p.Registries > 0)
			had("recycling", p.RecycleAfter > 0)
		}
		for _, c := range s.Classes {
			had("tenants", c.Tenant != "")
			had("cron", c.Pool == "cron")
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
