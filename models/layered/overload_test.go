package layered

import (
	"math"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// Two pools that each could serve what they get overload their station together.
func TestPoolsOverloadTogether(t *testing.T) {
	for _, rate := range []float64{0.45, 0.51, 0.6, 0.9} {
		s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: 1}}, Pools: []headroom.Pool{{Name: "a", Servers: 10}, {Name: "b", Servers: 10}}}
		for _, name := range []string{"a", "b"} {
			s.Classes = append(s.Classes, headroom.Class{Name: name, Pool: name, Demand: map[string]float64{"app": 1}, ArrivalRate: rate})
		}
		got := solve(t, s)
		t.Log(rate, got.Classes[0].Throughput, got.Warnings)
		for _, c := range got.Classes {
			if (c.ResponseMean == nil) != (rate > 0.5) {
				t.Errorf("rate %g: response %v", rate, c.ResponseMean)
			}
		}
		if says := strings.Contains(strings.Join(got.Warnings, " "), "is offered"); says != (rate > 0.5) {
			t.Errorf("rate %g: %q", rate, got.Warnings)
		}
	}
}

// A pool that is overloaded keeps its workers busy, and no more than they: to
// others it is so many customers who never leave. At a station of processor
// sharing with K of them a response takes d (K + 1)/(1 - λ d), which is exact,
// whether it holds a worker of another pool or none.
func TestBesideAnOverloadedPool(t *testing.T) {
	for _, k := range []int{1, 3, 6} {
		for _, pool := range []string{"other", "none"} {
			s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: 1}}, Pools: []headroom.Pool{{Name: "full", Servers: k}, {Name: "other", Servers: 50}},
				Classes: []headroom.Class{{Name: "a", Pool: "full", Demand: map[string]float64{"app": 1}, ArrivalRate: 1.5},
					{Name: "b", Pool: pool, Demand: map[string]float64{"app": 0.1}, ArrivalRate: 1}}}
			got := solve(t, s)
			b, want := got.Classes[1], 0.1*float64(k+1)/0.9
			if got.Classes[0].ResponseMean != nil || b.ResponseMean == nil || math.Abs(*b.ResponseMean/want-1) > 1e-3 || math.Abs(b.Throughput-1) > 1e-9 {
				t.Errorf("%d workers, b of pool %s: %+v, want %g s", k, pool, b, want)
			}
			if got.Pools[0].BusyMean != float64(k) {
				t.Errorf("%d workers: %g busy", k, got.Pools[0].BusyMean)
			}
		}
	}
}
