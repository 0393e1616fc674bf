package ground

import (
	"testing"

	"github.com/headroom-erp/headroom"
)

// Whoever forecasts a run has to know what its cores were: quotas of this machine,
// the plan's own, or the stand-in's, which shares them whatever the plan says.
func TestGivenCores(t *testing.T) {
	limited := headroom.Topology{Name: "t", Web: headroom.Web{Workers: 2, Cores: 1}, Quota: &headroom.Quota{Cores: 8}}
	split := headroom.Topology{Name: "s", Stacks: []headroom.Topology{limited}}
	for target, want := range map[string]string{"": "own", External: "own", ERP: "none", Odoo: "machine", Compose: "machine"} {
		got := "none"
		switch q := Given(target, limited).Quota; {
		case q != nil && q.Period != 0:
			got = "machine"
		case q != nil:
			got = "own"
		}
		stack := Given(target, split).Stacks[0].Quota
		if got != want || (stack == nil) != (want == "none") {
			t.Errorf("target %q: %s, want %s; of a stack %+v", target, got, want, stack)
		}
	}
	if split.Stacks[0].Quota == nil || limited.Quota.Cores != 8 {
		t.Error("the plan's topology was changed")
	}
}
