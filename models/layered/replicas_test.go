package layered

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// TestReplicasShareTheirStations: where one replica has a queue the others have
// one too, as they share their stations; a pool that is cut in parts is not
// faster for it. want are simulated means; the answer
// is rough where replicas queue, and says so.
func TestReplicasShareTheirStations(t *testing.T) {
	for _, c := range []struct {
		app               float64
		replicas, workers int
		rho, want, within float64
	}{
		{2, 2, 6, 0.5, 0.1066, 0.02},
		{2, 2, 6, 0.7, 0.158, 0.03},
		{1, 2, 2, 0.5, 0.1234, 0.06},
		{1, 2, 2, 0.8, 0.278, 0.1},
		{2, 3, 4, 0.8, 0.240, 0.1},
		{1, 2, 8, 0.9, 0.446, 0.1},
		{2, 2, 8, 0.9, 0.625, 0.25},
	} {
		s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: c.app}, {Name: "database", Servers: 2}},
			Pools:   []headroom.Pool{{Name: "web", Servers: c.workers, Replicas: c.replicas}},
			Classes: []headroom.Class{{Name: "order", Demand: map[string]float64{"app": 0.04, "database": 0.04}, DatabaseCalls: 5, ArrivalRate: c.rho * c.app / 0.04}}}
		got := solve(t, s)
		r := got.Classes[0].ResponseMean
		if r == nil || math.Abs(*r/c.want-1) > c.within {
			t.Errorf("%d × %d workers on %g cores at %g: %v s, want %g", c.replicas, c.workers, c.app, c.rho, figure(r), c.want)
		}
		if c.within > 0.05 && len(got.Warnings) == 0 {
			t.Errorf("%d × %d workers at %g: no warning", c.replicas, c.workers, c.rho)
		}
	}
}

func figure(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
