package sim

import (
	"testing"

	"github.com/headroom-erp/headroom"
)

// group is a company of twelve sites with a database each on one stack, and
// its month of 22 working days: 60 orders an hour and site from 8 to 18, picked
// by four operators a site, a cron job each minute, and a nightly batch.
func group() (headroom.System, Load) {
	class := func(name string, app, db, at float64) headroom.Class {
		c := headroom.Class{Name: name, Pool: "web", Demand: map[string]float64{"app": app, "database": db},
			SCV: map[string]float64{"app": 0.4, "database": 0.6}, DatabaseCalls: 12, Overhead: 0.003, LineShare: 0.5, Lines: 3}
		if at > 0 {
			c.Conflict = &headroom.ConflictRule{Group: "quant", Rows: 3, Population: 2000, At: at, Documents: true}
		}
		return c
	}
	s := headroom.System{
		Stations: []headroom.Station{{Name: "app", Servers: 8}, {Name: "database", Servers: 4}},
		Pools:    []headroom.Pool{{Name: "web", Servers: 12, Replicas: 2, RegistryLoad: 2, Registries: 10, RecycleAfter: 8192, RecycleTime: 3}, {Name: "cron", Servers: 2}},
		Classes: []headroom.Class{class("create", 0.15, 0.08, 0), class("confirm", 0.25, 0.2, 0.7),
			class("find", 0.02, 0.01, 0), class("claim", 0.03, 0.02, 0), class("take", 0.05, 0.03, 0), class("validate", 0.2, 0.12, 0.3),
			{Name: "cron", Pool: "cron", Demand: map[string]float64{"app": 0.4, "database": 0.3}, DatabaseCalls: 20, Every: 60}},
		Journeys: []headroom.SystemJourney{
			{Name: "order", Makes: "pick", Steps: []headroom.SystemStep{{Class: "create"}, {Class: "confirm"}}},
			{Name: "pick", Takes: "pick", Steps: []headroom.SystemStep{{Class: "find"}, {Class: "claim"}, {Class: "take"}, {Class: "validate"}}},
		},
	}
	l := Load{Products: headroom.NewPopularity(2000, 0.8), Catalogues: 1, Lanes: []int{2}}
	lines := headroom.Lines{Mean: 3, Max: 20}
	random := newRandom()
	for day := range 30 {
		if day%7 >= 5 {
			continue
		}
		for site := range 12 {
			open := 86_400*float64(day) + 8*3600
			order := func(at float64, lane int) {
				seed := random.Uint64()
				j := Timed{At: at, Lane: lane, Seed: seed, Tenant: site}
				for _, line := range (headroom.Arrival{Seed: seed}).Document(lines, l.Products) {
					j.Document.Products = append(j.Document.Products, int32(line.Product))
				}
				l.Journeys = append(l.Journeys, j)
			}
			for at := open; at < open+36_000; at += 60 * random.ExpFloat64() {
				order(at, -1)
			}
			for range 100 {
				order(open-3*3600, 0)
			}
			for n := range 4 {
				l.Operators = append(l.Operators, Operator{From: open, Until: open + 36_000, Journey: 1, Think: 90, ThinkSCV: 0.5, Seed: uint64(day*1000 + site*10 + n), Tenant: site})
			}
		}
	}
	return s, l
}

func BenchmarkMonth(b *testing.B) {
	s, l := group()
	events, journeys := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		r, err := Run(s, l, Options{Seed: 1, Duration: 30 * 86_400, MaxCalls: 6})
		if err != nil {
			b.Fatal(err)
		}
		events += r.Events
		journeys += len(r.Responses) + len(r.OperatorJourneys)
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds()/1e6, "Mevents/s")
	b.ReportMetric(float64(journeys)/float64(b.N), "journeys/op")
}

// BenchmarkQuota is the month with CPU quotas on one host.
func BenchmarkQuota(b *testing.B) {
	s, l := group()
	s.Hosts = []headroom.Host{{Name: "metal", Cores: 12}}
	for i := range s.Stations {
		s.Stations[i].Host = "metal"
	}
	events := 0
	for b.Loop() {
		r, err := Run(s, l, Options{Seed: 1, Duration: 30 * 86_400, MaxCalls: 6})
		if err != nil {
			b.Fatal(err)
		}
		events += r.Events
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}
