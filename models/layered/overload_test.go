package layered

import (
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
