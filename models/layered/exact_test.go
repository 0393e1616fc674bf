package layered

import (
	"testing"

	"github.com/headroom-erp/headroom"
)

// M/M/c by Erlang's formula, for 1 to 16 workers.
func TestErlang(t *testing.T) {
	for c := 1; c <= 16; c++ {
		load := 0.85 * float64(c)
		b := 1.0 // Erlang B
		for n := 1; n <= c; n++ {
			b = load * b / (float64(n) + load*b)
		}
		wait := b / (1 - 0.85*(1-b)) / (float64(c) - load)
		near(t, "M/M/c wait", *solve(t, fcfs(c, load, 1, 1)).Classes[0].PoolWaitMean, wait, 1e-6)
	}
}

// Two kinds of operators of one processor-sharing station, with workers enough:
// product form, so that mean value analysis (Reiser and Lavenberg 1980) is exact;
// the mix of few operators costs this solver 0.5 % of throughput, 1.5 % of response.
func TestClosedProductForm(t *testing.T) {
	demand, think, most := [2]float64{0.2, 0.9}, [2]float64{2, 5}, [2]int{6, 4}
	queue := map[[2]int][2]float64{}
	var x [2]float64
	for a := 0; a <= most[0]; a++ {
		for b := 0; b <= most[1]; b++ {
			var q [2]float64
			for c, n := range [2]int{a, b} {
				if n == 0 {
					continue
				}
				less := [2]int{a, b}
				less[c]--
				before := queue[less]
				r := demand[c] * (1 + before[0] + before[1])
				x[c] = float64(n) / (think[c] + r)
				q[c] = x[c] * r
			}
			queue[[2]int{a, b}] = q
		}
	}
	s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: 1}}, Pool: &headroom.Pool{Name: "web", Servers: 40}}
	for c := range 2 {
		s.Classes = append(s.Classes, headroom.Class{Name: string(rune('a' + c)), Demand: map[string]float64{"app": demand[c]}, Population: most[c], ThinkTime: think[c]})
	}
	got := solve(t, s)
	for c := range 2 {
		near(t, "throughput", got.Classes[c].Throughput, x[c], 6e-3)
		near(t, "response", *got.Classes[c].ResponseMean, float64(most[c])/x[c]-think[c], 0.015)
	}
}

// A stock that is taken faster than it is made: as many find something as are made.
func TestStock(t *testing.T) {
	s := stack(0.2, 0, 4)
	s.Journeys[0].Makes = "transfer"
	s.Journeys = append(s.Journeys, headroom.SystemJourney{Name: "pick", ArrivalRate: 0.3, Takes: "transfer", Steps: []headroom.SystemStep{{Class: "create"}, {Class: "ship"}}})
	got := solve(t, s)
	near(t, "picks", got.Journeys[1].Throughput, 0.2, 1e-6)
	near(t, "searches", got.Classes[0].Throughput, 0.5, 1e-6)
	near(t, "ships", got.Classes[2].Throughput, 0.4, 1e-6)
}

// What workers forget: with one registry kept of two equal tenants, every other
// request loads one (independent draws); all kept, none; started anew after one
// request, each.
func TestMemory(t *testing.T) {
	half := []float64{0.5, 0.5}
	near(t, "one kept of two", memory{load: 1, kept: 1}.misses(half)[0], 0.5, 1e-3)
	if m := (memory{load: 1}).misses(half)[0]; m != 0 {
		t.Errorf("all are kept, and %g miss", m)
	}
	near(t, "new each time", memory{load: 1, after: 1}.misses(half)[1], 1, 1e-9)
}

// Replicas by random choice, with a core for each worker, are queues by themselves.
func TestReplicas(t *testing.T) {
	s := fcfs(2, 4.8, 1, 1)
	s.Stations[0].Servers = 6
	s.Pool.Replicas, s.Pool.Balance = 3, headroom.RandomBalance
	alone := *solve(t, fcfs(2, 1.6, 1, 1)).Classes[0].PoolWaitMean
	near(t, "random", *solve(t, s).Classes[0].PoolWaitMean, alone, 1e-3)
	s.Pool.Balance = headroom.RoundRobin
	if got := *solve(t, s).Classes[0].PoolWaitMean; got >= alone {
		t.Errorf("in turn: a wait of %g, at random %g", got, alone)
	}
	s.Pool.Balance = headroom.LeastConnections
	near(t, "fewest connections", *solve(t, s).Classes[0].PoolWaitMean, *solve(t, fcfs(6, 4.8, 1, 1)).Classes[0].PoolWaitMean, 1e-6)
}
