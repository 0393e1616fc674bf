package headroom_test

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// What the probe feels, requests feel to the power of the elasticity: as much where
// nobody knows it, and nothing where they do not follow the probe.
func TestInterferenceOfRequests(t *testing.T) {
	i := headroom.Interference{Share: headroom.Estimate{Value: 0.1}}
	for _, c := range []struct {
		elasticity *headroom.Estimate
		want       float64
	}{{nil, 0.1}, {&headroom.Estimate{Value: 2}, 0.21}, {&headroom.Estimate{}, 0}, {&headroom.Estimate{Value: -1}, 0}} {
		if got := i.OfRequests(c.elasticity); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("elasticity %v: %g, want %g", c.elasticity, got, c.want)
		}
	}
	if got := (headroom.Interference{Share: headroom.Estimate{Value: -0.1}}).OfRequests(nil); got != 0 {
		t.Errorf("a negative share: %g", got)
	}
}
