package sizing

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// confirming is a system of nothing but confirmations, as Odoo 19 does them, on a host
// of two cores of which the app has one and the database a half.
func confirming(period float64) headroom.System {
	return headroom.System{
		Hosts: []headroom.Host{{Name: "machine", Cores: 2}},
		Stations: []headroom.Station{
			{Name: "app", Servers: 1, Host: "machine", Period: period},
			{Name: "database", Servers: 0.5, Host: "machine", Period: period}},
		Pools: []headroom.Pool{{Name: "web", Servers: 3}},
		Classes: []headroom.Class{{Name: "confirm", ArrivalRate: 4, DatabaseCalls: 139,
			Demand: map[string]float64{"app": 0.1, "database": 0.048}, SCV: map[string]float64{"app": 0.02, "database": 0.06}}},
	}
}

func TestCalls(t *testing.T) {
	cores := confirming(0.01)
	cores.Hosts = nil
	for i := range cores.Stations {
		cores.Stations[i].Host = ""
	}
	long := confirming(0.01)
	long.Classes[0].Demand["app"] = 1000
	for _, c := range []struct {
		s    headroom.System
		want int
	}{{cores, fewCalls}, {confirming(0.01), 100}, {confirming(0), 10}, {confirming(1), fewCalls}, {long, mostCalls}} {
		if got := Calls(c.s); got != c.want {
			t.Errorf("%+v: %d calls, not %d", c.s.Stations[0], got, c.want)
		}
	}
}

// Cut so, requests take as long as when every call is simulated. In six slices they
// would use up the database's share in bursts.
func TestCallsAreFineEnough(t *testing.T) {
	s := confirming(0.01)
	mean := func(calls int) float64 {
		r, err := sim.Run(s, sim.Load{}, sim.Options{Seed: 2, Duration: 3000, MaxCalls: calls})
		if err != nil {
			t.Fatal(err)
		}
		v, _ := r.Classes[0].Response.Mean()
		return v
	}
	every, cut, coarse := mean(0), mean(Calls(s)), mean(fewCalls)
	if math.Abs(cut/every-1) > 0.02 {
		t.Errorf("%.4f s cut to %d calls, %.4f with every one", cut, Calls(s), every)
	}
	if coarse/every < 1.05 {
		t.Errorf("%.4f s in %d slices, %.4f with every call: nothing to tell apart", coarse, fewCalls, every)
	}
}
