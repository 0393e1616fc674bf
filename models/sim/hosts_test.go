package sim

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// replay is a run of one-request journeys that come at given times.
func replay(t *testing.T, s headroom.System, l Load, at ...float64) Result {
	t.Helper()
	for i, v := range at {
		l.Journeys = append(l.Journeys, Timed{At: v, Lane: -1, Seed: uint64(i)})
	}
	r, err := Run(s, l, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// answers compares what became of replayed journeys: seconds, negative ones of
// those that failed.
func answers(t *testing.T, what string, r Result, want ...float64) {
	t.Helper()
	if len(r.Responses) != len(want) {
		t.Fatalf("%s: %d responses, want %d", what, len(r.Responses), len(want))
	}
	for i, got := range r.Responses {
		v := got.Seconds
		if got.Failed {
			v = -v
		}
		if math.Abs(v-want[i]) > 1e-9 {
			t.Errorf("%s: journey %d: %g s, want %g", what, i, v, want[i])
		}
	}
}

// twoHosts is two replicas of one worker each, and 10 s of work.
func twoHosts(balance string) headroom.System {
	s := visit(10, 4)
	s.Pool.Servers, s.Pool.Replicas, s.Pool.Balance = 1, 2, balance
	return s
}

func TestReplicasByHand(t *testing.T) {
	// In turn: 0 and 2 to the first, 1 and 3 to the second; who waits at one stays there.
	answers(t, "round robin", replay(t, twoHosts(""), Load{}, 0, 1, 2, 3), 10, 10, 18, 18)
	// The first has nobody at 10.5: round robin sends the third there all the same; the
	// fourth has to wait for it, though the second is free at 11.
	answers(t, "stays", replay(t, twoHosts(headroom.RoundRobin), Load{}, 0, 1, 10.5, 10.6, 10.7), 10, 10, 10, 10.4, 19.8)
	answers(t, "least connections", replay(t, twoHosts(headroom.LeastConnections), Load{}, 0, 0, 10.5, 12, 12.1), 10, 10, 10, 10, 18.4)
	// A full backlog of one host refuses, whatever the other has room for.
	s := twoHosts("")
	s.Pool.Backlog = 1
	r := replay(t, s, Load{}, 0, 1, 2, 3, 4, 5)
	if r.Pools[0].Refused < 2 || r.Responses[4].Seconds < 17 {
		t.Errorf("%d refused, the fifth took %g s", r.Pools[0].Refused, r.Responses[4].Seconds)
	}
}

// Random balance thins the arrivals to independent M/M/c queues; in turn they
// are of Erlang's distribution, and a host is GI/M/1, whose wait is
// s/(mu(1-s)) with s = A*(mu(1-s)) (Kleinrock, Queueing Systems I, 6.4).
func TestReplicasAgainstClosedForms(t *testing.T) {
	wait := func(workers, replicas int, balance string, rho float64) float64 {
		a := rho * float64(workers*replicas)
		s := fcfs(workers*replicas, a, 1, 1)
		s.Pool.Servers, s.Pool.Replicas, s.Pool.Balance = workers, replicas, balance
		r := mustRun(t, s, Options{Seed: 2, Duration: 6e5 / a, Warmup: 1000, Replications: 2, Parallel: 2})
		near(t, "busy", r.Pools[0].BusyMean, a, 0.01)
		w, _ := r.Classes[0].PoolWaitMean()
		return w
	}
	mmc := func(c int, rho float64) float64 {
		a := rho * float64(c)
		return erlangC(c, a) / (float64(c) - a)
	}
	near(t, "random, 3 hosts of 4", wait(4, 3, headroom.RandomBalance, 0.8), mmc(4, 0.8), 0.04)
	near(t, "random, 2 hosts of 1", wait(1, 2, headroom.RandomBalance, 0.7), mmc(1, 0.7), 0.04)
	for hosts, rate := range map[int]float64{2: 0.7, 4: 0.8} { // arrivals at one host
		sigma := 0.5
		for range 200 {
			k := float64(hosts)
			sigma = math.Pow(k*rate/(k*rate+1-sigma), k)
		}
		near(t, "round robin", wait(1, hosts, headroom.RoundRobin, rate), sigma/(1-sigma), 0.03)
	}
	// The shortest queue is better than chance, and not as good as one queue.
	if w := wait(1, 4, headroom.LeastConnections, 0.8); w < mmc(4, 0.8) || w > 0.5*mmc(1, 0.8) {
		t.Errorf("least connections wait %g, between %g and %g", w, mmc(4, 0.8), mmc(1, 0.8))
	}
	near(t, "one host is the pool", wait(4, 1, "", 0.8), mmc(4, 0.8), 0.04)
}

func changed(pool string, at, servers float64, lost bool) []headroom.Reconfiguration {
	return []headroom.Reconfiguration{{At: at, Pool: pool, Servers: servers, Lost: lost}}
}

func TestNodeLostByHand(t *testing.T) {
	// The second host has the second at work and the fourth before it. Both fail.
	r := replay(t, twoHosts(""), Load{Changes: changed("web", 5, 1, true)}, 0, 1, 2, 3, 6)
	answers(t, "lost", r, 10, -4, 18, -2, 24)
	near(t, "work of the lost one", r.Stations[0].BusySeconds, 10+4+10+10, 1e-12)
	if c := r.Classes[0]; c.Failed != 2 || c.Count != 3 {
		t.Errorf("%d failed, %d answered", c.Failed, c.Count)
	}
	// In order: it finishes, and who waits goes to the other host.
	answers(t, "taken away", replay(t, twoHosts(""), Load{Changes: changed("web", 5, 1, false)}, 0, 1, 2, 3, 6), 10, 10, 18, 27, 34)
	// Everything is lost, and there is no host for the last.
	answers(t, "all lost", replay(t, twoHosts(""), Load{Changes: changed("web", 5, 0, true)}, 0, 1, 2, 6), -5, -4, -3, 0)
	// It comes back.
	both := append(changed("web", 5, 1, true), changed("web", 7, 2, false)...)
	answers(t, "back", replay(t, twoHosts(""), Load{Changes: both}, 0, 1, 8, 8.5), 10, -4, 12, 10)
	// Of one host without replicas, the last workers are lost, and who waits stays.
	s := visit(10, 4)
	s.Pool.Servers = 2
	answers(t, "a worker lost", replay(t, s, Load{Changes: changed("web", 5, 1, true)}, 0, 1, 2), 10, -4, 18)
	answers(t, "grown", replay(t, s, Load{Changes: changed("web", 5, 4, false)}, 0, 1, 2, 3, 4), 10, 10, 13, 12, 16)
}

// A lost request's rows are rolled back: who waits for one takes it.
func TestLostNodeRollsBack(t *testing.T) {
	s := clash(1)
	s.Pool.Replicas = 2
	load := Load{Journeys: []Timed{{At: 0, Journey: 1, Lane: -1, Seed: 1}, {At: 0.4, Journey: 0, Lane: -1, Seed: 2}}, Changes: changed("web", 1, 1, true)}
	// Late touches at 0.75 what early, of the second host, holds from 0.65 on, and
	// waits. That host is lost at 1: late goes on for its quarter of a second.
	r, err := Run(s, load, Options{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	answers(t, "rolled back", r, 1.25, -0.6)
	// Who waits for a row on the lost host leaves its queue.
	r, err = Run(s, Load{Journeys: []Timed{{At: 0.4, Journey: 0, Lane: -1, Seed: 1}, {At: 0, Journey: 1, Lane: -1, Seed: 2}}, Changes: changed("web", 1, 1, true)}, Options{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	answers(t, "the first host's is late", r, -0.6, 1.25)
}

func TestStationChangesByHand(t *testing.T) {
	at := func(t, servers float64) headroom.Reconfiguration {
		return headroom.Reconfiguration{At: t, Station: "app", Servers: servers}
	}
	for what, c := range map[string]struct {
		changes     []headroom.Reconfiguration
		times, want []float64
	}{
		"halved":       {[]headroom.Reconfiguration{at(5, 0.5)}, []float64{0}, []float64{15}},
		"stands still": {[]headroom.Reconfiguration{at(5, 0), at(8, 1)}, []float64{0}, []float64{13}},
		"never again":  {[]headroom.Reconfiguration{at(5, 0)}, []float64{0}, []float64{-5}},
		// Both share one CPU from 4 to 5, so that 4.5 and 0.5 of their 10 s are done then.
		"a CPU for each": {[]headroom.Reconfiguration{at(5, 2)}, []float64{0, 4}, []float64{10.5, 10.5}},
	} {
		s := visit(10, 1)
		s.Pool.Servers = 2
		answers(t, what, replay(t, s, Load{Changes: c.changes}, c.times...), c.want...)
	}
	// Its utilization is of the servers that it had: 1 for 5 s, 2 for 5.
	r, err := Run(fcfs(1, 0.2, 1, 1), Load{Changes: []headroom.Reconfiguration{at(5e4, 2)}}, Options{Seed: 1, Duration: 1e5})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "utilization", r.Stations[0].Utilization, 0.2/1.5, 0.02)
}

// Autoscaling: M/M/2 for a while, then M/M/4; each half is its own queue.
func TestScaleUpIsAnotherQueue(t *testing.T) {
	s := fcfs(4, 1.6, 1, 1)
	s.Pool.Servers = 2
	const half = 2e5
	wait := func(from, to float64) float64 {
		r, err := Run(s, Load{Changes: changed("web", half, 4, false)}, Options{Seed: 3, Warmup: from, Duration: to})
		if err != nil {
			t.Fatal(err)
		}
		w, _ := r.Classes[0].PoolWaitMean()
		return w
	}
	near(t, "before", wait(1000, half), erlangC(2, 1.6)/0.4, 0.05)
	near(t, "after", wait(half+1000, 2*half), erlangC(4, 1.6)/2.4, 0.07)
}

func TestRegistriesByHand(t *testing.T) {
	const a, b, c = 0, 1, 2
	for what, x := range map[string]struct {
		keeps   int
		tenants []int
		want    []float64
	}{
		"one":                         {1, []int{a, a, b, a}, []float64{4, 1, 4, 4}},
		"two":                         {2, []int{a, a, b, a}, []float64{4, 1, 4, 1}},
		"all":                         {0, []int{a, b, c, a, b, c}, []float64{4, 4, 4, 1, 1, 1}},
		"the least recent is dropped": {2, []int{a, b, a, c, a, b}, []float64{4, 4, 1, 4, 1, 4}},
	} {
		s := visit(1, 1)
		s.Pool.RegistryLoad, s.Pool.Registries = 3, x.keeps
		var l Load
		for i, tenant := range x.tenants {
			l.Journeys = append(l.Journeys, Timed{At: 10 * float64(i), Lane: -1, Tenant: tenant})
		}
		answers(t, what, replay(t, s, l), x.want...)
	}
	// A class' own tenant is another one than any of the load's.
	s := visit(1, 1)
	s.Pool.RegistryLoad = 3
	s.Classes[0].Tenant = "north"
	answers(t, "named", replay(t, s, Load{Journeys: []Timed{{At: 0, Lane: -1}, {At: 10, Lane: -1, Tenant: 1}}}), 4, 1)
	// Each worker has its own: the second loads as well, the one that was idle for longest.
	s = visit(1, 2)
	s.Pool.RegistryLoad = 3
	answers(t, "two workers", replay(t, s, Load{}, 0, 10, 20, 30), 4, 4, 1, 1)
}

func TestRecyclingByHand(t *testing.T) {
	s := visit(1, 1)
	s.Pool.RecycleAfter, s.Pool.RecycleTime = 2, 5
	answers(t, "recycled", replay(t, s, Load{}, 0, 0, 0, 0, 0), 1, 2, 8, 9, 15)
	s.Pool.RegistryLoad = 3
	answers(t, "registries are forgotten", replay(t, s, Load{}, 0, 10, 20, 30), 4, 1, 4, 1)
	s.Pool.RecycleTime = 0
	answers(t, "at once", replay(t, s, Load{}, 0, 0, 0), 4, 5, 9)
	// A worker that is lost while it starts is not there when it would be ready.
	s.Pool.RecycleTime, s.Pool.RegistryLoad = 5, 0
	answers(t, "lost meanwhile", replay(t, s, Load{Changes: changed("web", 3, 0, true)}, 0, 0, 0), 1, 2, -3)
}

// Workers that are told apart, and changes that change nothing, give what the
// plain pool gives.
func TestNamedWorkersAreThePlainOnes(t *testing.T) {
	for name, edit := range map[string]func(*headroom.System, *Load){
		"recycled at the end of time": func(s *headroom.System, _ *Load) { s.Pools[0].RecycleAfter = 1e9 },
		"as many as before":           func(_ *headroom.System, l *Load) { l.Changes = changed("web", 500, 4, true) },
		"one replica":                 func(s *headroom.System, _ *Load) { s.Pools[0].Replicas = 1 },
		"after the end":               func(_ *headroom.System, l *Load) { l.Changes = changed("web", 1e6, 1, true) },
	} {
		s, l := hot(0.8, 60, 4), Load{}
		want := mustRun(t, s, Options{Seed: 7, Duration: 2000})
		edit(&s, &l)
		got, err := Run(s, l, Options{Seed: 7, Duration: 2000})
		if err != nil {
			t.Fatal(err)
		}
		same(t, name, got, want)
	}
}
