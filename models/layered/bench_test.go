package layered

import (
	"testing"

	"github.com/headroom-erp/headroom"
)

// validated is a system of the kind that is validated on Odoo: 13 classes in 4
// journeys, two of them operators, documents whose rows conflict, quotas on a host of
// two cores that disturb each other. Its figures are those of a calibrated model,
// rounded.
func validated(workers int) headroom.System {
	s := headroom.System{
		Hosts:    []headroom.Host{{Name: "machine", Cores: 2, Interference: 0.4, Reference: 0.5}},
		Stations: []headroom.Station{{Name: "app", Servers: 1, Host: "machine", Period: 0.01}, {Name: "database", Servers: 0.5, Host: "machine", Period: 0.01}},
		Pool:     &headroom.Pool{Name: "web", Servers: workers, Backlog: 8 * workers},
	}
	add := func(name string, app, database, calls float64, rule *headroom.ConflictRule) {
		s.Classes = append(s.Classes, headroom.Class{Name: name, Demand: map[string]float64{"app": app, "database": database},
			SCV: map[string]float64{"app": 0.05, "database": 0.2}, DatabaseCalls: calls, Overhead: 0.0006, Conflict: rule})
	}
	rows := func(group, also string, rows, at float64) *headroom.ConflictRule {
		r := &headroom.ConflictRule{Group: group, Rows: rows, Population: 300, Popularity: 0.8, At: at, Documents: true, SkipLocked: true}
		if also != "" {
			r.Also, r.Again = []string{also}, 0.7
		}
		return r
	}
	add("scan.lookup", 0.018, 0.0055, 10, nil)
	for _, process := range []string{"receive", "pick"} {
		add(process+".find", 0.006, 0.002, 4, nil)
		add(process+".claim", 0.016, 0.006, 14, nil)
		add(process+".moves", 0.005, 0.001, 2, nil)
		add(process+".take", 0.016, 0.006, 20, nil)
		group := map[string][2]string{"receive": {"stock_quant.vendor", "stock_quant.input"}, "pick": {"stock_quant", "stock_quant.output"}}[process]
		add(process+".validate", 0.12, 0.056, 145, rows(group[0], group[1], 1, 0.2))
	}
	add("order_entry.create", 0.058, 0.02, 47, nil)
	add("order_entry.confirm", 0.114, 0.056, 141, rows("stock_quant", "", 2.4, 0.6))
	journey := func(name string, from, to int) *headroom.SystemJourney {
		j := headroom.SystemJourney{Name: name}
		for _, c := range s.Classes[from:to] {
			j.Steps = append(j.Steps, headroom.SystemStep{Class: c.Name})
		}
		s.Journeys = append(s.Journeys, j)
		return &s.Journeys[len(s.Journeys)-1]
	}
	journey("scan", 0, 1).ArrivalRate = 2
	receive := journey("receive", 1, 6)
	receive.Population, receive.ThinkTime, receive.Makes = 2, 3, "putaway"
	pick := journey("pick", 6, 11)
	pick.Population, pick.ThinkTime, pick.Takes, pick.Makes = 3, 1.5, "pick", "ship"
	order := journey("order_entry", 11, 13)
	order.ArrivalRate, order.Makes = 1.5, "pick"
	return s
}

// solves of one iteration, so that a single one tells something.
const solves = 200

func benchmark(b *testing.B, s headroom.System) {
	for b.Loop() {
		for range solves {
			if _, err := Solve(s); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(b.N*solves), "µs/solve")
}

// BenchmarkTypical is a system of the kind that is validated.
func BenchmarkTypical(b *testing.B) { benchmark(b, validated(4)) }

// BenchmarkCores is the same with cores in place of quotas, which is solved once.
func BenchmarkCores(b *testing.B) {
	s := validated(4)
	s.Hosts = nil
	for i := range s.Stations {
		s.Stations[i].Host, s.Stations[i].Period = "", 0
	}
	benchmark(b, s)
}

// BenchmarkQuotas is one class under quotas, BenchmarkPool three with conflicts
// and 8 workers.
func BenchmarkQuotas(b *testing.B) { benchmark(b, quotaStack(4, 3.5)) }
func BenchmarkPool(b *testing.B)   { benchmark(b, stack(0.7, 200, 8)) }
