package k6run_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkLateness replays five seconds of scans against a server on the same
// machine that answers at once, and reports the generator's own lateness
// (timer late + no virtual user free). Run it with -benchtime 1x.
func BenchmarkLateness(b *testing.B) {
	const seconds = 5
	for _, rate := range []int{200, 2000} {
		b.Run(fmt.Sprintf("%d_per_s", rate), func(b *testing.B) {
			var late []float64
			for range b.N {
				erp := newImitation(b)
				p := newPlan()
				p.add("scan", rate*seconds, 500*ms, time.Second/time.Duration(rate))
				g := give(b, b.TempDir(), erp.URL, p, password)
				g.VUs = 50
				e := start(b, g.Options)
				must(b, e.Wait())
				js, _ := g.read(b)
				for _, j := range js {
					late = append(late, j.TimerLate+j.VUWait)
				}
			}
			slices.Sort(late)
			at := func(p float64) float64 { return late[int(p*float64(len(late)-1))] * 1e3 }
			b.ReportMetric(at(0.5), "p50-ms")
			b.ReportMetric(at(0.99), "p99-ms")
			b.ReportMetric(at(1), "max-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}
