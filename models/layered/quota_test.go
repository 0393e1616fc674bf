package layered

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
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
