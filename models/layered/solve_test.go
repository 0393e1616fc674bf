package layered

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s: got %.6g, want %.6g within %g %%", what, got, want, 100*tolerance)
	}
}

func solve(t *testing.T, s headroom.System) headroom.Solution {
	t.Helper()
	got, err := Solve(s)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func fcfs(c int, rate, service, scv float64) headroom.System {
	return headroom.System{Stations: []headroom.Station{{Name: "app", Servers: float64(c)}}, Pool: &headroom.Pool{Name: "web", Servers: c},
		Classes: []headroom.Class{{Name: "r", Demand: map[string]float64{"app": service}, SCV: map[string]float64{"app": scv}, ArrivalRate: rate}}}
}

// Where the textbook has an exact answer, the solver gives it.
func TestExactLimits(t *testing.T) {
	// M/M/1: R = S/(1 - rho).
	near(t, "M/M/1", *solve(t, fcfs(1, 0.8, 1, 1)).Classes[0].ResponseMean, 5, 1e-6)
	// M/G/1: Pollaczek-Khinchine.
	near(t, "M/D/1 wait", *solve(t, fcfs(1, 0.8, 1, 0)).Classes[0].PoolWaitMean, 0.8/(2*0.2), 1e-6)
	near(t, "M/G/1 wait", *solve(t, fcfs(1, 0.8, 1, 3)).Classes[0].PoolWaitMean, 0.8*4/(2*0.2), 1e-6)
	// M/M/2: Erlang C is 2 rho²/(1 + rho), so W = rho² S/(1 - rho²).
	near(t, "M/M/2 wait", *solve(t, fcfs(2, 1.6, 1, 1)).Classes[0].PoolWaitMean, 0.64/0.36, 1e-6)
	// No pool: M/G/2 under processor sharing has M/M/2's response.
	s := fcfs(2, 1.6, 1, 3)
	s.Pool, s.Classes[0].Pool = nil, "none"
	near(t, "PS", *solve(t, s).Classes[0].ResponseMean, 1/0.36, 1e-6)
	// Many workers before a small station is processor sharing as well.
	s = fcfs(200, 1.6, 1, 3)
	s.Stations[0].Servers = 2
	near(t, "200 workers", *solve(t, s).Classes[0].ResponseMean, 1/0.36, 1e-3)
	// The machine repairman (N = 10, Z = 8, S = 1).
	sum, term := 1.0, 1.0
	for k := range 10 {
		term *= float64(10-k) / 8
		sum += term
	}
	s = fcfs(1, 0, 1, 1)
	s.Classes[0].Population, s.Classes[0].ThinkTime = 10, 8
	near(t, "machine repairman", solve(t, s).Classes[0].Throughput, 1-1/sum, 1e-5)
}

// Two kinds of requests at one station, one in the pool and one outside:
// M/M/1 under processor sharing as long as the pool never fills.
func TestOpenBesideThePool(t *testing.T) {
	s := headroom.System{Stations: []headroom.Station{{Name: "database", Servers: 1}}, Pool: &headroom.Pool{Name: "web", Servers: 100},
		Classes: []headroom.Class{
			{Name: "a", Demand: map[string]float64{"database": 0.1}, ArrivalRate: 4},
			{Name: "b", Pool: "none", Demand: map[string]float64{"database": 0.3}, ArrivalRate: 1}}}
	got := solve(t, s)
	near(t, "a", *got.Classes[0].ResponseMean, 0.1/0.3, 1e-6)
	near(t, "b", *got.Classes[1].ResponseMean, 1, 1e-6)
	near(t, "utilization", got.Stations[0].Utilization, 0.7, 1e-9)
}

func stack(rate, population float64, workers int) headroom.System {
	class := func(name string, app, db float64) headroom.Class {
		return headroom.Class{Name: name, Demand: map[string]float64{"app": app, "database": db}, SCV: map[string]float64{"app": 0.4, "database": 0.6}, DatabaseCalls: 6}
	}
	s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: 1.5}, {Name: "database", Servers: 1}}, Pool: &headroom.Pool{Name: "web", Servers: workers},
		Classes:  []headroom.Class{class("create", 0.15, 0.08), class("confirm", 0.25, 0.2), class("ship", 0.2, 0.15)},
		Journeys: []headroom.SystemJourney{{Name: "order", ArrivalRate: rate, Steps: []headroom.SystemStep{{Class: "create"}, {Class: "confirm"}, {Class: "ship"}}}}}
	if population > 0 {
		s.Classes[1].Conflict = &headroom.ConflictRule{Group: "quant", Rows: 4.5, Population: population, At: 0.7}
		s.Classes[2].Conflict = &headroom.ConflictRule{Group: "quant", Rows: 4.5, Population: population, At: 0.3}
	}
	return s
}

// The share of retries is within a third of the simulated, in its absolute
// size or by two points, and moves as it must.
func TestConflictsAgreeWithSimulation(t *testing.T) {
	for _, workers := range []int{1, 2, 4, 8} {
		for _, population := range []float64{60, 200, 1000} {
			s := stack(0.7, population, workers)
			a := solve(t, s)
			b, err := sim.Solve(s, sim.Options{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			got, want := *a.Classes[1].RetryShare, *b.Classes[1].RetryShare
			t.Logf("%d workers, %g rows: retry share %.3f, simulated %.3f; journey %.2f s, simulated %.2f s", workers, population, got, want, *a.Journeys[0].ResponseMean, *b.Journeys[0].ResponseMean)
			if math.Abs(got-want) > max(0.02, want/3) {
				t.Errorf("%d workers, %g rows: retry share %.3f, simulated %.3f", workers, population, got, want)
			}
			near(t, "journey mean", *a.Journeys[0].ResponseMean, *b.Journeys[0].ResponseMean, 0.2)
		}
	}
	last := 1.0
	for _, n := range []float64{50, 51.5, 100, 1000, 1e6} {
		p := *solve(t, stack(0.7, n, 4)).Classes[1].RetryShare
		if p >= last {
			t.Errorf("%g rows: retry share %.4f after %.4f", n, p, last)
		}
		last = p
	}
}

// Without conflicts a further worker never makes the mean worse by more than
// the approximation's own grain.
func TestMonotoneInWorkers(t *testing.T) {
	last := math.Inf(1)
	for w := 1; w <= 40; w++ {
		s := stack(0.9, 0, w)
		for i := range s.Classes {
			s.Classes[i].SCV = nil
		}
		got := solve(t, s).Journeys[0]
		if got.ResponseMean == nil {
			continue
		}
		if *got.ResponseMean > last*(1+1e-4) {
			t.Errorf("%d workers: %.6g after %.6g", w, *got.ResponseMean, last)
		}
		last = *got.ResponseMean
	}
	if math.IsInf(last, 1) {
		t.Error("nothing was compared")
	}
}

func TestOverloadSaysByHowMuch(t *testing.T) {
	s := fcfs(2, 3, 1, 1)
	got := solve(t, s)
	if got.Classes[0].ResponseMean != nil {
		t.Error("an overloaded system has a response")
	}
	near(t, "throughput", got.Classes[0].Throughput, 2, 1e-9)
	near(t, "utilization", got.Stations[0].Utilization, 1, 1e-9)
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], `pool "web" is offered 1.5 times`) {
		t.Errorf("warnings: %q", got.Warnings)
	}
	s.Pool, s.Classes[0].Pool = nil, "none"
	got = solve(t, s)
	if got.Classes[0].ResponseMean != nil || !strings.Contains(strings.Join(got.Warnings, " "), `station "app" is offered 1.5 times`) {
		t.Errorf("%+v", got)
	}
	if _, err := json.Marshal(got); err != nil {
		t.Error(err)
	}
}

func TestWrongSystem(t *testing.T) {
	s := stack(1, 0, 0)
	_, err := Solve(s)
	var input *headroom.InputError
	if !errors.As(err, &input) {
		t.Errorf("got %v", err)
	}
}
