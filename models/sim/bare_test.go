package sim

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// A bare system gives what the engine gives: the same requests, at the same times.
func TestBareIsTheEngine(t *testing.T) {
	several := headroom.System{
		Stations: []headroom.Station{{Name: "app", Servers: 5.5}, {Name: "database", Servers: 8}, {Name: "slow", Servers: 0.5}},
		Pools:    []headroom.Pool{{Name: "web", Servers: 4}, {Name: "cron", Servers: 1}},
		Classes: []headroom.Class{
			{Name: "a", Pool: "web", Demand: map[string]float64{"app": 0.3, "database": 0.2}, DatabaseCalls: 2.5, Delay: 0.1, DelaySCV: 2, Overhead: 0.05, OverheadSCV: 0.5, ArrivalRate: 3},
			{Name: "b", Pool: "web", Demand: map[string]float64{"app": 1}, SCV: map[string]float64{"app": 3}, ArrivalRate: 0.9},
			{Name: "c", Pool: "cron", Demand: map[string]float64{"slow": 0.1, "database": 0.4}, Overhead: 0.01, Every: 1.25},
			{Name: "d", Pool: "cron", Demand: map[string]float64{"app": 1}, Quantiles: map[string][]float64{"app": {0, 0.5, 3}}},
		},
		Journeys: []headroom.SystemJourney{{Name: "j", ArrivalRate: 0.04, Steps: []headroom.SystemStep{{Class: "d"}}}},
	}
	for name, s := range map[string]headroom.System{"M/M/8": fcfs(8, 6.4, 1, 1), "M/G/1": fcfs(1, 0.9, 1, 4), "M/D/3": fcfs(3, 2.5, 1, 0), "several": several} {
		for _, drainAfter := range []float64{0, 333.3} {
			o := Options{Seed: 3, Duration: 3000, Warmup: 200, DrainAfter: drainAfter, MaxEvents: 1e9, MaxCustomers: 1e6}
			p, err := compile(s, Load{}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if !bareOf(p, Load{}, o) {
				t.Fatalf("%s is not bare", name)
			}
			b := newBare(p, o)
			e := newEngine(p, Load{}, o)
			if err := e.run(); err != nil {
				t.Fatal(err)
			}
			if err := b.run(); err != nil {
				t.Fatal(err)
			}
			same(t, name, b.result(), e.result())
		}
	}
}

func same(t *testing.T, name string, a, b Result) {
	t.Helper()
	times := func(what string, x, y Times) {
		if x.N() != y.N() {
			t.Errorf("%s, %s: %d and %d times", name, what, x.N(), y.N())
		}
		for p := 0.0; p <= 100; p += 5 {
			u, _ := x.Percentile(p)
			v, _ := y.Percentile(p)
			about(t, name+", percentile of "+what, u, v, 1e-8*(1+v))
		}
	}
	for i := range a.Classes {
		x, y := a.Classes[i], b.Classes[i]
		if x.Count != y.Count || x.Tries != y.Tries {
			t.Errorf("%s, class %s: %d requests of %d tries, and %d of %d", name, x.Name, x.Count, x.Tries, y.Count, y.Tries)
		}
		u, _ := x.PoolWaitMean()
		v, _ := y.PoolWaitMean()
		about(t, name+", wait", u, v, 1e-9*(1+v))
		times("class "+x.Name, x.Response, y.Response)
	}
	for i := range a.Journeys {
		times("journey", a.Journeys[i].Response, b.Journeys[i].Response)
	}
	for i := range a.Stations {
		// What is under way at the window's ends counts in part, and a mean over its slices stands for them.
		about(t, name+", busy "+a.Stations[i].Name, a.Stations[i].Utilization, b.Stations[i].Utilization, 1e-4)
	}
	for i := range a.Pools {
		x, y := a.Pools[i], b.Pools[i]
		about(t, name+", workers", x.BusyMean, y.BusyMean, 1e-9*(1+y.BusyMean))
		about(t, name+", waiting", x.WaitMean, y.WaitMean, 1e-9*(1+y.WaitMean))
		if (x.Drained == nil) != (y.Drained == nil) || x.Drained != nil && math.Abs(*x.Drained-*y.Drained) > 1e-9*(1+*y.Drained) {
			t.Errorf("%s, pool %s: drained %v and %v", name, x.Name, x.Drained, y.Drained)
		}
	}
	if math.Abs(a.End-b.End) > 1 || a.Measured != b.Measured {
		t.Errorf("%s: end %g and %g", name, a.End, b.End)
	}
}
