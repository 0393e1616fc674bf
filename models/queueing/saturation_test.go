package queueing

import (
	"math"
	"strings"
	"testing"
)

// So near to saturation the mean wait is (1+scv)/2 times that of M/M/c, whatever
// the law; rounding errors once made anything of it, and called it exact.
func TestHeavyTraffic(t *testing.T) {
	for _, c := range []struct {
		servers   int
		idle, scv float64 // idle is the share of idle servers
	}{{2, 5e-9, 0.25}, {2, 5e-9, 1.001}, {2, 1e-7, 2}, {8, 1e-7, 500}, {1, 1e-6, 1000}, {7, 1e-10, 0.4}, {16, 1e-8, 0.1}, {129, 1e-9, 4}, {300, 1e-10, 0.6}, {40, 1e-12, 1000}} {
		n := float64(c.servers)
		a := mustSolve(t, c.servers, n*(1-c.idle), 1, c.scv)
		q := MMc{Servers: c.servers, ArrivalRate: n * (1 - c.idle), ServiceTime: 1}
		want := heavyTraffic(q, c.scv)
		within := math.Sqrt(n)*c.idle*(1+c.scv) + 1e-4
		near(t, a.Method, *a.WaitMean, want, within)
		near(t, "p95 of "+a.Method, *a.WaitP95, want*math.Log(20), within+1e-3)
		if c.servers > 1 && strings.Contains(a.Method, "exact by") {
			t.Errorf("%+v: %q", c, a.Method)
		}
		sane(t, a)
	}
}

// Where the matrices still have the digits, the interpolation is within what it says.
func TestBesideSaturation(t *testing.T) {
	for _, servers := range []int{1, 2, 8, 40, 129} {
		for _, scv := range []float64{0.02, 0.25, 0.6, 1.001, 1.5, 4, 50, 500} {
			l := lawOf(0.3, scv)
			if !fits(servers, l.phases()) {
				continue
			}
			q := MMc{Servers: servers, ArrivalRate: float64(servers) * (1 - 0.6*leastIdle) / 0.3, ServiceTime: 0.3}
			exact, err := solvePhases(q, l)
			if err != nil {
				t.Fatal(err)
			}
			a := mustSolve(t, servers, q.ArrivalRate, 0.3, scv)
			near(t, "mean wait", *a.WaitMean, exact.waitMean(), 1e-4)
			near(t, "P(wait)", *a.WaitProbability, exact.wait, 1e-5)
			w := exact.asymptotic()
			near(t, "p99 of the wait", *a.WaitP99, w.percentile(0.99), 1e-3)
			near(t, "p99 of the response", *a.ResponseP99, w.responsePercentile(l)(0.99), 1e-3)
		}
	}
}
