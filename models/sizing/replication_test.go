package sizing

import (
	"runtime"
	"testing"

	"github.com/headroom-erp/headroom"
)

// What is kept of a replication is little more than its journeys, of 24 bytes:
// there may be thousands of them.
func TestReplicationsKeepLittle(t *testing.T) {
	const n, most = 200, 40 // bytes of a journey
	l, _ := schedule(4, 17, 0.4)(1)
	objectives := append(plan().Objectives, headroom.Objective{Measure: headroom.MeasureDrain, Peak: "cutoff", AtMost: 60})
	o := Options{Seed: 1, Replications: n}.defaults()
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := held()
	s, courses, err := play(withConflicts(model(), 200), topology("t", 6, 2, 1), l, o, look{}, func(int, *course) {})
	if err != nil {
		t.Fatal(err)
	}
	s.forecast(courses, objectives, o)
	if each := float64(held()-before) / n / float64(len(l.Arrivals)); each > most {
		t.Errorf("%.0f bytes are kept for each journey of a replication, want %d at most", each, most)
	}
	runtime.KeepAlive(courses)
}
