package probes

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

func TestThrottlingIsRecordedPerRole(t *testing.T) {
	n := uint64(0)
	held := func() (headroom.Throttling, error) {
		n++
		return headroom.Throttling{Periods: 100 * n, Throttled: 10 * n, Seconds: 0.25 * float64(n)}, nil
	}
	self := func() []int { return []int{os.Getpid()} }
	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, Processes{Interval: 10 * time.Millisecond, Roles: []headroom.Role{
		{Name: "web", PIDs: self, Throttling: held},
		{Name: "pooler", PIDs: self},
		{Name: "database", Throttling: func() (headroom.Throttling, error) {
			return headroom.Throttling{}, errors.New("the group is gone")
		}},
	}})
	eventually(t, "two samples", func() bool { return len(rec.series("quota", "web", "periods")) > 1 })
	must(t, g.Stop())
	for metric, step := range map[string]float64{"periods": 100, "throttled_periods": 10, "throttled_seconds": 0.25} {
		series := rec.series("quota", "web", metric)
		if len(series) < 2 || series[0] != step || series[1] != 2*step {
			t.Errorf("%s: %v, want %g, %g, …", metric, series, step, 2*step)
		}
	}
	for _, role := range []string{"pooler", "database"} {
		if s := rec.series("quota", role, "periods"); len(s) != 0 {
			t.Errorf("%s: %v, want nothing", role, s)
		}
	}
	gaps := rec.records().Gaps
	if len(gaps) != 1 || gaps[0].Probe != "quota" || gaps[0].Reason != "database: the group is gone" {
		t.Errorf("gaps %+v", gaps)
	}
}
