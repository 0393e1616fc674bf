package text

import (
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

func TestAGapBeforeTheStart(t *testing.T) {
	got := strings.Join(gaps([]headroom.Gap{{T: -0.38, Probe: "redis", Reason: "refused"}, {T: 60, Probe: "redis", Reason: "refused"}}), "\n")
	if !strings.Contains(got, "before the start  redis") || !strings.Contains(got, "60.0 s            redis") {
		t.Errorf("%s", got)
	}
}

func TestDelaysOfARunInWhichNothingBegan(t *testing.T) {
	if got := delays([]headroom.RunReport{{}}); got != nil {
		t.Errorf("%q", got)
	}
}
