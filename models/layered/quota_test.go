package layered

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// limited is one station under a quota on a host, and one class of so much work.
func limited(limit, cores, period, work, rate float64) headroom.System {
	return headroom.System{Hosts: []headroom.Host{{Name: "machine", Cores: cores}},
		Stations: []headroom.Station{{Name: "app", Servers: limit, Host: "machine", Period: period}}, Pool: &headroom.Pool{Name: "web", Servers: 50},
		Classes: []headroom.Class{{Name: "r", Demand: map[string]float64{"app": work}, ArrivalRate: rate}}}
}

// Where the limits of a quota are known, the solver gives them.
func TestQuotaLimits(t *testing.T) {
	response := func(s headroom.System) float64 { return *solve(t, s).Classes[0].ResponseMean }
	// All of the host is no quota.
	own := limited(2, 2, 0.1, 0.3, 4)
	own.Hosts, own.Stations[0] = nil, headroom.Station{Name: "app", Servers: 2}
	near(t, "all of the host", response(limited(2, 2, 0.1, 0.3, 4)), response(own), 1e-9)
	// Periods that are short beside the work make a slow core: M/M/1 of half a core.
	near(t, "short periods", response(limited(0.5, 4, 0.001, 2, 0.15)), 4/(1-0.6), 0.01)
	// Short work far below the quota never meets it.
	near(t, "short work", response(limited(0.5, 4, 0.1, 0.001, 50)), 0.001, 0.002)
	// A lone request of exponential work, at any moment of the period: it stands
	// still for P(1-c) whenever cP is used up.
	for _, work := range []float64{0.01, 0.05, 0.2} {
		r := rand.New(rand.NewPCG(1, 2))
		var sum float64
		const n, c, p = 400_000, 0.4, 0.1
		for range n {
			left, now := work*r.ExpFloat64(), p*r.Float64()
			sum -= now
			for quota := min(c*p, p-now); left > quota; quota = c * p {
				left -= quota
				now = p * math.Floor(now/p+1+1e-12)
			}
			sum += now + left
		}
		near(t, "lone request", response(limited(c, 1, p, work, 1e-4)), sum/n, 0.01)
	}
}

func quotaStack(workers int, rate float64) headroom.System {
	return headroom.System{Hosts: []headroom.Host{{Name: "machine", Cores: 2}},
		Stations: []headroom.Station{{Name: "app", Servers: 1, Host: "machine"}, {Name: "database", Servers: 0.5, Host: "machine"}},
		Pool:     &headroom.Pool{Name: "web", Servers: workers},
		Classes: []headroom.Class{{Name: "order", ArrivalRate: rate, DatabaseCalls: 50, Demand: map[string]float64{"app": 0.15, "database": 0.08},
			SCV: map[string]float64{"app": 0.4, "database": 0.4}}}}
}

// A stack like Odoo's, of many short slices: quotas of 1 and 0.5 of 2 cores, by
// Linux' own period.
func TestQuotasOfAStack(t *testing.T) {
	for _, c := range []struct {
		workers int
		rate    float64
	}{{1, 1.5}, {2, 2}, {2, 3.5}, {4, 3.5}, {4, 4.5}} {
		s := quotaStack(c.workers, c.rate)
		r, err := sim.Run(s, sim.Load{}, sim.Options{Seed: 4, Duration: 4000, Warmup: 300, Replications: 4, Parallel: 2})
		if err != nil {
			t.Fatal(err)
		}
		want, _ := r.Classes[0].Response.Mean()
		got := solve(t, s)
		cores := *solved(s, slow).solution().Classes[0].ResponseMean
		t.Logf("%+v: mean %.4f, simulated %.4f, as cores %.4f %q", c, *got.Classes[0].ResponseMean, want, cores, got.Warnings)
		near(t, "mean", *got.Classes[0].ResponseMean, want, 0.08)
	}
}

// By periods of 10 ms a slice is a good part of what a period has. There the
// solver takes quotas for more like cores than they are, and says that it is rough.
func TestQuotasByShortPeriods(t *testing.T) {
	for _, rate := range []float64{2, 3.5, 4.5} {
		s := quotaStack(4, rate)
		for i := range s.Stations {
			s.Stations[i].Period = 0.01
		}
		r, err := sim.Run(s, sim.Load{}, sim.Options{Seed: 4, Duration: 4000, Warmup: 300, Replications: 2, Parallel: 2})
		if err != nil {
			t.Fatal(err)
		}
		want, _ := r.Classes[0].Response.Mean()
		got := solve(t, s)
		cores := *solved(s, slow).solution().Classes[0].ResponseMean
		mean := *got.Classes[0].ResponseMean
		t.Logf("%g/s: mean %.4f, simulated %.4f, as cores %.4f", rate, mean, want, cores)
		if mean < 0.95*want || mean > cores {
			t.Errorf("%g/s: a mean of %.4f is not between the simulated %.4f and that of cores, %.4f", rate, mean, want, cores)
		}
		if math.Abs(mean/want-1) > 0.05 && len(got.Warnings) == 0 {
			t.Errorf("%g/s: a mean of %.4f, simulated %.4f, and no warning", rate, mean, want)
		}
	}
}

// Cores that disturb each other make work longer, and the more so the more are
// busy: the solver follows the simulator in how much. The mean is as short as
// quotas alone make it at the load that this comes to.
func TestInterference(t *testing.T) {
	for _, c := range []struct {
		workers, operators int
		rate, reference    float64
	}{{1, 0, 1.5, 0}, {2, 0, 2, 0.3}, {2, 0, 3, 0}, {4, 0, 3, 0.5}, {4, 0, 4, 0.3}, {3, 6, 1, 0.2}} {
		s := quotaStack(c.workers, c.rate)
		if c.operators > 0 {
			scan := headroom.Class{Name: "scan", Demand: map[string]float64{"app": 0.05, "database": 0.03}, DatabaseCalls: 10}
			s.Classes = append(s.Classes, scan)
			s.Journeys = append(s.Journeys, headroom.SystemJourney{Name: "scan", Steps: []headroom.SystemStep{{Class: "scan"}}, ThinkTime: 3, Population: c.operators})
		}
		s.Hosts[0].Interference, s.Hosts[0].Reference = 0.4, c.reference
		r, err := sim.Run(s, sim.Load{}, sim.Options{Seed: 4, Duration: 4000, Warmup: 300, Replications: 4, Parallel: 2})
		if err != nil {
			t.Fatal(err)
		}
		want, _ := r.Classes[0].Response.Mean()
		got := solve(t, s)
		t.Logf("%+v: app %.4f busy, simulated %.4f; mean %.4f, simulated %.4f", c, got.Stations[0].Utilization, r.Stations[0].Utilization, *got.Classes[0].ResponseMean, want)
		near(t, "utilization", got.Stations[0].Utilization, r.Stations[0].Utilization, 0.02)
		near(t, "mean", *got.Classes[0].ResponseMean, want, 0.12)
	}
	// One at a time has no neighbours, and is faster than where it was measured:
	// what seems to be overload at first is none.
	lone := headroom.System{Hosts: []headroom.Host{{Name: "machine", Cores: 4, Interference: 0.4, Reference: 0.5}},
		Stations: []headroom.Station{{Name: "app", Servers: 4, Host: "machine"}}, Pool: &headroom.Pool{Name: "web", Servers: 1},
		Classes: []headroom.Class{{Name: "r", Demand: map[string]float64{"app": 0.2}, ArrivalRate: 5.5}}}
	work := 0.2 / 1.2
	near(t, "mean of M/M/1", *solve(t, lone).Classes[0].ResponseMean, work/(1-5.5*work), 1e-4)
}

// Over random systems with quotas, by periods of 10 and 100 ms, and in every
// other one cores that disturb each other: where there is no warning of the
// answer, it is as good as without quotas.
func TestQuotasAgreeWithSimulation(t *testing.T) {
	const systems = 120
	all, cores := make([]agreement, systems), make([]headroom.Solution, systems)
	sim.Parallel(systems, 2, func(i int) {
		s := randomSystem(rand.New(rand.NewPCG(uint64(i), 78)), features{quotas: true, interference: i%2 == 1})
		cores[i] = solved(s, slow).solution()
		all[i] = compare(s, uint64(i), 2)
	})
	for _, c := range []struct {
		name            string
		warned          bool
		half, p90, most float64 // median, 90th percentile, and worst beyond its interval
		systems         int
	}{{"without a warning", false, 0.02, 0.05, meanOff, 6}, {"with one", true, 0.1, 0.35, 1, 40}} {
		var errors, asCores shares
		known, worst := 0, 0.0
		for i, a := range all {
			if a.err != nil {
				t.Fatal(a.err)
			}
			if a.warns() != c.warned {
				continue
			}
			known++
			errors.add(a.means)
			for _, m := range a.means {
				worst = max(worst, (math.Abs(m.analytic-m.simulation)-m.interval)/m.simulation)
			}
			a.analytic = cores[i]
			a.fill()
			asCores.add(a.means)
		}
		t.Logf("%s: %d systems, worst %.1f %% beyond its interval", c.name, known, 100*worst)
		errors.check(t, c.name, c.half, c.p90)
		asCores.check(t, c.name+", as cores", math.Inf(1), math.Inf(1))
		if worst > c.most || known < c.systems {
			t.Errorf("%s: %d systems, worst %.2f", c.name, known, worst)
		}
	}
}
