package queueing

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// simulated is a queue of log-normal (or constant) service in the simulator,
// which shares no code with this package.
func simulated(t *testing.T, servers int, rate, scv, seconds float64) sim.ClassResult {
	t.Helper()
	s := headroom.System{
		Stations: []headroom.Station{{Name: "app", Servers: float64(servers)}},
		Pool:     &headroom.Pool{Name: "web", Servers: servers},
		Classes: []headroom.Class{{Name: "r", Demand: map[string]float64{"app": 1},
			SCV: map[string]float64{"app": scv}, ArrivalRate: rate}},
	}
	r, err := sim.Run(s, sim.Load{}, sim.Options{Seed: 3, Duration: seconds, Warmup: seconds / 20, Replications: 2})
	if err != nil {
		t.Fatal(err)
	}
	return r.Classes[0]
}

// The hyperexponential that stands for a log-normal: the mean within 1.5 % at
// several servers, p95 within 10 % (too short), p99 within 17 % (too long).
func TestLikeLognormal(t *testing.T) {
	for _, c := range []struct {
		servers  int
		rho, scv float64
	}{{4, 0.8, 2}, {8, 0.8, 4}, {4, 0.6, 4}, {8, 0.8, 1.5}, {16, 0.9, 2}} {
		rate := c.rho * float64(c.servers)
		r := simulated(t, c.servers, rate, c.scv, 1e6/rate)
		a := mustSolve(t, c.servers, rate, 1, c.scv)
		mean, _ := r.Response.Mean()
		p95, _ := r.Response.Percentile(95)
		p99, _ := r.Response.Percentile(99)
		// 1 % more for the simulation's own noise.
		near(t, "mean", *a.ResponseMean, mean, 0.025)
		near(t, "p95", *a.ResponseP95, p95, 0.11)
		near(t, "p99", *a.ResponseP99, p99, 0.18)
		t.Logf("%+v: mean %.3f (simulated %.3f), p95 %.3f (%.3f), p99 %.3f (%.3f)", c, *a.ResponseMean, mean, *a.ResponseP95, p95, *a.ResponseP99, p99)
	}
}

// Below an SCV of 1 the shape hardly matters: mixed Erlang is log-normal's
// equal, and constant service is exact.
func TestEvenServiceAgainstSimulation(t *testing.T) {
	for _, c := range []struct {
		servers  int
		rho, scv float64
	}{{1, 0.8, 0}, {8, 0.8, 0}, {4, 0.9, 0}, {8, 0.8, 0.3}, {2, 0.7, 0.5}, {30, 0.9, 0.2}} {
		rate := c.rho * float64(c.servers)
		r := simulated(t, c.servers, rate, c.scv, 1e6/rate)
		a := mustSolve(t, c.servers, rate, 1, c.scv)
		mean, _ := r.Response.Mean()
		p95, _ := r.Response.Percentile(95)
		p99, _ := r.Response.Percentile(99)
		near(t, "mean", *a.ResponseMean, mean, 0.015)
		near(t, "p95", *a.ResponseP95, p95, 0.03)
		tolerance := 0.05
		if c.scv > 0 {
			tolerance = 0.08 // a log-normal's tail is longer than Erlang's
		}
		near(t, "p99", *a.ResponseP99, p99, tolerance)
		if wait, ok := r.PoolWaitMean(); ok && !(math.Abs(wait-*a.WaitMean) <= 0.05*wait+0.002) {
			t.Errorf("%+v: wait %.4f, simulated %.4f", c, *a.WaitMean, wait)
		}
		t.Logf("%+v: mean %.3f (%.3f), p95 %.3f (%.3f), p99 %.3f (%.3f) %s", c, *a.ResponseMean, mean, *a.ResponseP95, p95, *a.ResponseP99, p99, a.Method)
	}
}
