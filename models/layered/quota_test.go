package layered

import (
	"math"
	"math/rand/v2"
	"slices"
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

func BenchmarkQuotas(b *testing.B) {
	s := quotaStack(4, 3.5)
	for b.Loop() {
		if _, err := Solve(s); err != nil {
			b.Fatal(err)
		}
	}
}

// A stack like Odoo's, of many short slices: quotas of 1 and 0.5 of 2 cores, by
// Linux' own period.
func TestQuotasOfAStack(t *testing.T) {
	for _, c := range []struct {
		workers int
		rate    float64
	}{{1, 1.5}, {2, 2}, {2, 3.5}, {4, 3.5}, {4, 4.5}} {
		s := quotaStack(c.workers, c.rate)
		r, err := sim.Run(s, sim.Load{}, sim.Options{Seed: 4, Duration: 8000, Warmup: 500, Replications: 4, Parallel: 2})
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

// Over random systems with quotas, by periods of 10 and 100 ms: where there is
// no warning of the answer, it is nearly as good as without quotas.
func TestQuotasAgreeWithSimulation(t *testing.T) {
	const systems, requests, each = 80, 48000, 8
	type figure struct{ got, cores, want, half float64 }
	sure, rough := make([][]figure, systems), make([][]figure, systems)
	sim.Parallel(systems, 2, func(i int) {
		s := randomSystem(rand.New(rand.NewPCG(uint64(i), 78)), features{quotas: true})
		got, cores := solve(t, s), solved(s, slow).solution()
		var rate float64
		for _, c := range got.Classes {
			rate += c.Throughput
		}
		d := requests / each / rate
		r, err := sim.Run(s, sim.Load{}, sim.Options{Seed: uint64(i), Duration: 1.15 * d, Warmup: 0.15 * d, Replications: each, MaxEvents: 100_000_000})
		if err != nil {
			t.Error(err)
			return
		}
		for k, c := range got.Classes {
			if c.ResponseMean == nil || cores.Classes[k].ResponseMean == nil {
				continue
			}
			mean, _ := r.Classes[k].Response.Mean()
			var sum, square float64
			for n := range r.Each {
				v, _ := r.Each[n].Classes[k].Response.Mean()
				sum, square = sum+v, square+v*v
			}
			f := figure{*c.ResponseMean, *cores.Classes[k].ResponseMean, mean, doubtT * math.Sqrt(max(0, square/each-sum*sum/each/each)/(each-1))}
			if len(got.Warnings) > 0 {
				rough[i] = append(rough[i], f)
			} else {
				sure[i] = append(sure[i], f)
			}
		}
	})
	for _, c := range []struct {
		name                 string
		of                   [][]figure
		half, p90, most, all float64 // median, 90th percentile, and worst beyond its interval
	}{{"without a warning", sure, 0.04, 0.13, 0.15, 8}, {"with one", rough, 0.1, 0.35, 1, 40}} {
		var errors, cores []float64
		known, worst := 0, 0.0
		for _, list := range c.of {
			if len(list) > 0 {
				known++
			}
			for _, f := range list {
				errors, cores = append(errors, math.Abs(f.got/f.want-1)), append(cores, math.Abs(f.cores/f.want-1))
				worst = max(worst, (math.Abs(f.got-f.want)-f.half)/f.want)
			}
		}
		slices.Sort(errors)
		slices.Sort(cores)
		n := len(errors)
		t.Logf("%s: %d systems, %d classes: median %.1f %%, 90th percentile %.1f %%, worst %.1f %% beyond its interval; as cores: %.1f %%, %.1f %%",
			c.name, known, n, 100*errors[n/2], 100*errors[n*9/10], 100*worst, 100*cores[n/2], 100*cores[n*9/10])
		if errors[n/2] > c.half || errors[n*9/10] > c.p90 || worst > c.most || float64(known) < c.all {
			t.Errorf("%s: worse than that", c.name)
		}
	}
}
