package sim

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// mva is exact mean value analysis of one class over single-server stations
// (Reiser and Lavenberg 1980): throughput of n customers with think time z.
func mva(demand []float64, n int, z float64) (throughput, response float64) {
	queue := make([]float64, len(demand))
	for k := 1; k <= n; k++ {
		response = 0
		residence := make([]float64, len(demand))
		for i, d := range demand {
			residence[i] = d * (1 + queue[i])
			response += residence[i]
		}
		throughput = float64(k) / (z + response)
		for i := range queue {
			queue[i] = throughput * residence[i]
		}
	}
	return throughput, response
}

// A closed network of processor-sharing stations has product form: whatever the
// distribution of demands and the number of slices, it is exact mean value analysis.
func TestClosedNetworkIsMeanValueAnalysis(t *testing.T) {
	for _, c := range []struct {
		n          int
		think, scv float64
		calls      float64
	}{{1, 2, 1, 1}, {5, 1, 1, 3}, {12, 4, 0.3, 5}, {8, 0, 2, 2}} {
		s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: 1}, {Name: "database", Servers: 1}, {Name: "disk", Servers: 1}},
			Classes: []headroom.Class{{Name: "r", Pool: "none", Demand: map[string]float64{"app": 0.3, "database": 0.25, "disk": 0.1},
				SCV: map[string]float64{"app": c.scv, "database": c.scv, "disk": 1}, DatabaseCalls: c.calls, Population: c.n, ThinkTime: c.think}}}
		x, response := mva([]float64{0.3, 0.25, 0.1}, c.n, c.think)
		r := mustRun(t, s, Options{Seed: 5, Duration: 60_000, Warmup: 500, MaxCalls: 3})
		near(t, "throughput", float64(r.Classes[0].Count)/r.Measured, x, 0.01)
		near(t, "response", mean(t, r.Classes[0].Response), response, 0.02)
		for i, d := range []float64{0.3, 0.25, 0.1} {
			near(t, "utilization", r.Stations[i].Utilization, x*d, 0.01)
		}
	}
}

// Two closed classes at one processor-sharing station: exact multi-class mean
// value analysis, by recursion over both populations.
func TestTwoClosedClasses(t *testing.T) {
	type population [2]int
	demand, think := [2]float64{0.4, 0.1}, [2]float64{3, 1}
	var solve func(n population) (x [2]float64, queue float64)
	solve = func(n population) (x [2]float64, queue float64) {
		for k := range n {
			if n[k] == 0 {
				continue
			}
			less := n
			less[k]--
			_, seen := solve(less)
			r := demand[k] * (1 + seen)
			x[k] = float64(n[k]) / (think[k] + r)
			queue += x[k] * r
		}
		return x, queue
	}
	want, _ := solve(population{5, 6})
	s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: 1}}}
	for k, name := range []string{"a", "b"} {
		s.Classes = append(s.Classes, headroom.Class{Name: name, Pool: "none", Demand: map[string]float64{"app": demand[k]}, SCV: map[string]float64{"app": float64(k) * 2},
			Population: 5 + k, ThinkTime: think[k]})
	}
	r := mustRun(t, s, Options{Seed: 6, Duration: 60_000, Warmup: 500})
	for k := range want {
		near(t, "throughput", float64(r.Classes[k].Count)/r.Measured, want[k], 0.01)
	}
}

// M/D/c: Crommelin's waiting time of M/D/c, by the queue that is embedded at
// multiples of the service time: pi(n+c-served) convolved with Poisson arrivals
// ("Delay probability formulae when the holding times are constant", 1932).
func TestConstantServiceIsCrommelins(t *testing.T) {
	for _, c := range []struct {
		servers int
		rho     float64
	}{{1, 0.8}, {2, 0.7}, {4, 0.85}, {8, 0.8}} {
		want := crommelin(c.servers, c.rho*float64(c.servers))
		r := mustRun(t, fcfs(c.servers, c.rho*float64(c.servers), 1, 0), Options{Seed: 9, Duration: 3e5, Warmup: 1000})
		w, _ := r.Classes[0].PoolWaitMean()
		near(t, "wait", w, want, 0.03)
	}
	near(t, "Crommelin for one server", crommelin(1, 0.8), 0.8/(2*0.2), 1e-6) // Pollaczek-Khinchine
}

// crommelin is the mean wait of M/D/c with service 1: the number in the system
// after a service time is what did not fit, and Poisson(a) arrivals.
func crommelin(c int, a float64) float64 {
	const most = 600
	poisson := make([]float64, most)
	poisson[0] = math.Exp(-a)
	for k := 1; k < most; k++ {
		poisson[k] = poisson[k-1] * a / float64(k)
	}
	p := make([]float64, most)
	p[0] = 1
	for range 5000 {
		next := make([]float64, most)
		for n, v := range p {
			if v < 1e-18 {
				continue
			}
			left := max(0, n-c)
			for k := 0; left+k < most && k < 80; k++ {
				next[left+k] += v * poisson[k]
			}
		}
		p = next
	}
	var waiting float64
	for n, v := range p {
		waiting += float64(max(0, n-c)) * v
	}
	return waiting / a // Little's law
}
