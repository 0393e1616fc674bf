package k6run_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// BenchmarkMemory is the child's largest resident memory at the same load, for
// a run and for one three times as long: 400 open journeys a second and 20
// operators. It must not grow with the length of the run; the shorter one is
// long enough for garbage to be collected several times.
func BenchmarkMemory(b *testing.B) {
	const short = 20 * time.Second
	for range b.N {
		one, three := peakMemory(b, short), peakMemory(b, 3*short)
		b.ReportMetric(one/1e6, "MB")
		b.ReportMetric(three/1e6, "MB-3x")
		b.ReportMetric(three/one, "3x/1x")
	}
	b.ReportMetric(0, "ns/op")
}

func peakMemory(b *testing.B, length time.Duration) float64 {
	b.Helper()
	erp := newImitation(b)
	p := newPlan()
	p.header.Window = length.Seconds()
	const rate = 400
	p.add("scan", rate*int(length.Seconds()), 0, time.Second/rate)
	for seed := range uint64(20) {
		p.arrivals = append(p.arrivals, headroom.Arrival{Until: length, Kind: headroom.Closed, Seed: seed, Process: 2})
	}
	p.header.Processes[2].ThinkTime = 0.2
	p.sort()
	g := give(b, b.TempDir(), erp.URL, p, password)
	e := start(b, g.Options)
	var peak float64
	for range e.Ticks() {
		peak = max(peak, highWater(b, e.PID()))
	}
	must(b, e.Wait())
	return peak
}

// highWater is the largest resident set so far of a process that may be gone,
// in bytes.
func highWater(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	if !ok {
		return 0
	}
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	must(b, err)
	return kb * 1024
}
