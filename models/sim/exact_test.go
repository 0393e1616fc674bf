package sim

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// near fails when got is further than tolerance, as a fraction of want.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s: got %.5g, want %.5g within %g %%", what, got, want, 100*tolerance)
	}
}

// erlangC is the wait probability of M/M/c, by the textbook's sum, in terms of
// the offered load a.
func erlangC(c int, a float64) float64 {
	term, below := 1.0, 0.0
	for k := range c {
		below += term
		term *= a / float64(k+1)
	}
	above := term / (1 - a/float64(c))
	return above / (below + above)
}

// fcfs is c workers of rate 1 at a station that never shares.
func fcfs(c int, rate, service, scv float64) headroom.System {
	return headroom.System{
		Stations: []headroom.Station{{Name: "app", Servers: float64(c)}},
		Pool:     &headroom.Pool{Name: "web", Servers: c},
		Classes: []headroom.Class{{Name: "r", Demand: map[string]float64{"app": service},
			SCV: map[string]float64{"app": scv}, ArrivalRate: rate}},
	}
}

func mustRun(t *testing.T, s headroom.System, o Options) Result {
	t.Helper()
	r, err := Run(s, Load{}, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mean(t *testing.T, x Times) float64 {
	t.Helper()
	v, ok := x.Mean()
	if !ok {
		t.Fatal("no times")
	}
	return v
}

func TestMMC(t *testing.T) {
	for _, c := range []struct {
		servers int
		rho     float64
	}{{1, 0.5}, {1, 0.8}, {2, 0.9}, {8, 0.8}, {32, 0.9}} {
		a := c.rho * float64(c.servers)
		r := mustRun(t, fcfs(c.servers, a/2, 2, 1), Options{Seed: 7, Duration: 2e6 / a, Warmup: 1e4 / a, Replications: 4, Parallel: 2})
		wait := erlangC(c.servers, a) * 2 / (float64(c.servers) - a)
		w, _ := r.Classes[0].PoolWaitMean()
		near(t, "wait", w, wait, 0.03)
		near(t, "response", mean(t, r.Classes[0].Response), wait+2, 0.02)
		near(t, "utilization", r.Stations[0].Utilization, c.rho, 0.01)
		near(t, "busy workers", r.Pools[0].BusyMean, a, 0.01)
		if c.servers == 1 { // M/M/1's response is exponential
			p, _ := r.Classes[0].Response.Percentile(95)
			near(t, "p95", p, -math.Log(0.05)*(wait+2), 0.03)
		}
	}
}

// Pollaczek-Khinchine: W = rho (1 + SCV) S / (2 (1 - rho)).
func TestOneWorkerPollaczekKhinchine(t *testing.T) {
	for _, scv := range []float64{0, 0.5, 1, 2} {
		r := mustRun(t, fcfs(1, 0.8, 1, scv), Options{Seed: 3, Duration: 1e6, Warmup: 1e4, Replications: 2, Parallel: 2})
		w, _ := r.Classes[0].PoolWaitMean()
		near(t, "wait", w, 0.8*(1+scv)/(2*0.2), 0.04)
	}
}

// The mean response of M/G/1 under processor sharing is S / (1 - rho),
// whatever the distribution (insensitivity); with two servers it is M/M/2's.
func TestProcessorSharingIsInsensitive(t *testing.T) {
	for _, servers := range []int{1, 2} {
		for _, scv := range []float64{0, 1, 3} {
			s := fcfs(servers, 0.7*float64(servers), 1, scv)
			s.Classes[0].Pool, s.Pool = "none", nil
			r := mustRun(t, s, Options{Seed: 11, Duration: 4e5, Warmup: 1e4, Replications: 2, Parallel: 2})
			a := 0.7 * float64(servers)
			near(t, "response", mean(t, r.Classes[0].Response), 1+erlangC(servers, a)/(float64(servers)-a), 0.03)
			near(t, "utilization", r.Stations[0].Utilization, 0.7, 0.01)
		}
	}
}

// A quota of half a CPU doubles a lone request's time.
func TestFractionalServers(t *testing.T) {
	s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: 0.5}}, Classes: []headroom.Class{{Name: "r",
		Pool: "none", Demand: map[string]float64{"app": 1}, SCV: map[string]float64{"app": 0}, ArrivalRate: 1e-4}}}
	r := mustRun(t, s, Options{Seed: 1, Duration: 1e6})
	near(t, "response", mean(t, r.Classes[0].Response), 2, 0.001)
}

// The machine repairman: N customers, think time Z, one server, both
// exponential. p(n) = N!/(N-n)! (S/Z)^n p(0), X = (1 - p(0))/S, R = N/X - Z.
func TestMachineRepairman(t *testing.T) {
	const n, think, service = 10, 8.0, 1.0
	sum, term := 1.0, 1.0
	for k := range n {
		term *= float64(n-k) * service / think
		sum += term
	}
	x := (1 - 1/sum) / service
	s := fcfs(1, 0, service, 1)
	s.Classes[0].Population, s.Classes[0].ThinkTime = n, think
	r := mustRun(t, s, Options{Seed: 5, Duration: 2e5, Warmup: 1e3, Replications: 2, Parallel: 2})
	near(t, "throughput", float64(r.Classes[0].Count)/r.Measured, x, 0.01)
	near(t, "response", mean(t, r.Classes[0].Response), n/x-think, 0.02)

	// The same as a journey of one step, and with the thinking in the step.
	s.Classes[0].Population = 0
	s.Journeys = []headroom.SystemJourney{{Name: "j", Population: n, ThinkTime: think / 2, Steps: []headroom.SystemStep{{Class: "r", ThinkTime: think / 2}}}}
	r = mustRun(t, s, Options{Seed: 6, Duration: 2e5, Warmup: 1e3})
	near(t, "journeys' throughput", float64(r.Journeys[0].Count)/r.Measured, x, 0.01)
	near(t, "journeys' response", mean(t, r.Journeys[0].Response), n/x-think/2, 0.02)
}

// CAPACITY.md: 200 documents before 8 servers, 4.8/s arriving, 1 s exponential
// service: mean drain 60.0 s, p95 75.2 s (exact).
func TestTransientDrain(t *testing.T) {
	s := fcfs(8, 4.8, 1, 1)
	s.Journeys = []headroom.SystemJourney{{Name: "document", Steps: []headroom.SystemStep{{Class: "r"}}}}
	var load Load
	for i := range 200 {
		load.Journeys = append(load.Journeys, Timed{At: 0, Lane: -1, Seed: uint64(i)})
	}
	r, err := Run(s, load, Options{Seed: 1, Duration: 400, Replications: 2000, Parallel: 2})
	if err != nil {
		t.Fatal(err)
	}
	var drain Times
	for _, one := range r.Each {
		drain.Add(*one.Pools[0].Drained)
	}
	p95, _ := drain.Percentile(95)
	near(t, "mean drain", mean(t, drain), 60.0, 0.03)
	near(t, "p95 of the drain", p95, 75.2, 0.05)
	t.Logf("drain mean %.2f s, p95 %.2f s", mean(t, drain), p95)
}

// What arrives leaves, and U = X D / c at each station: a law of accounting
// that holds for any run.
func TestFlowAndUtilizationLaw(t *testing.T) {
	s := typical(1.2)
	r := mustRun(t, s, Options{Seed: 9, Duration: 20000, Warmup: 100})
	demand := map[string]float64{}
	for i, c := range r.Classes {
		for station, d := range s.Classes[i].Demand {
			demand[station] += float64(c.Tries) / r.Measured * d
		}
	}
	for i, st := range r.Stations {
		near(t, "utilization of "+st.Name, st.Utilization, demand[st.Name]/s.Stations[i].Servers, 0.03)
	}
	for _, j := range r.Journeys {
		near(t, "journeys of "+j.Name, float64(j.Count+j.Failed)/r.Measured, 1.2, 0.03)
	}
	// Little's law over the pool: busy workers = X (R - wait - overhead).
	var held float64
	for i, c := range r.Classes {
		w, _ := c.PoolWaitMean()
		held += float64(c.Count) / r.Measured * (mean(t, c.Response) - w - s.Classes[i].Overhead)
	}
	near(t, "busy workers", r.Pools[0].BusyMean, held, 0.01)
}

// typical is a worker pool over two stations with a journey of three requests.
func typical(rate float64) headroom.System {
	class := func(name string, app, db, calls float64) headroom.Class {
		return headroom.Class{Name: name, Demand: map[string]float64{"app": app, "database": db},
			SCV: map[string]float64{"app": 0.4, "database": 0.6}, DatabaseCalls: calls, Delay: 0.01, Overhead: 0.003}
	}
	return headroom.System{
		Stations: []headroom.Station{{Name: "app", Servers: 1.5}, {Name: "database", Servers: 1}},
		Pools:    []headroom.Pool{{Name: "web", Servers: 4}},
		Classes:  []headroom.Class{class("create", 0.15, 0.08, 8), class("confirm", 0.25, 0.2, 8), class("ship", 0.2, 0.15, 8)},
		Journeys: []headroom.SystemJourney{{Name: "order", ArrivalRate: rate,
			Steps: []headroom.SystemStep{{Class: "create"}, {Class: "confirm"}, {Class: "ship"}}}},
	}
}
