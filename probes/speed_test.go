package probes

import (
	"context"
	"runtime"
	"testing"
	"time"
)

func TestTheUnitIsTheSameWorkEachTime(t *testing.T) {
	var a, b unit
	for range 3 {
		a.work()
	}
	for range 3 {
		b.work()
	}
	if a.sum != b.sum || a.sum == 0 {
		t.Errorf("the work found %d and %d", a.sum, b.sum)
	}
}

// The probe's samples are CPU time: a thread that has to wait does not look slow.
func TestSpeedRecordsCPUTimeOfTheWork(t *testing.T) {
	if runtime.GOOS != "linux" {
		rec := &memory{}
		ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer stop()
		must(t, Speed{Interval: time.Hour}.Run(ctx, Clock{Start: time.Now()}, rec))
		if len(rec.records().Gaps) != 1 {
			t.Errorf("%d gaps, want one that says that threads' CPU times are not told", len(rec.records().Gaps))
		}
		return
	}
	rec := &memory{}
	ctx, stop := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer stop()
	clock := Clock{Start: time.Now()}
	must(t, Speed{Interval: 40 * time.Millisecond}.Run(ctx, clock, rec))
	if len(rec.records().Samples) < 6 {
		t.Fatalf("%d samples in 400 ms, every 40 ms", len(rec.records().Samples))
	}
	last := 0.0
	for _, s := range rec.records().Samples {
		// A tenth to thirty times of what a server core of 2023 takes.
		if s.Probe != "speed" || s.Subject != "machine" || (s.Metric != "unit_seconds" && s.Metric != "warm_seconds") || s.Value < 1e-4 || s.Value > 0.05 {
			t.Errorf("sample %+v", s)
		}
		if s.T < last || s.T > clock.Now() {
			t.Errorf("sample at %g after %g", s.T, last)
		}
		last = s.T
	}
}

func BenchmarkSpeedUnit(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var u unit
	u.work()
	var sum float64
	for b.Loop() {
		s, err := threadTime(u.work)
		if err != nil {
			b.Fatal(err)
		}
		sum += s
	}
	b.ReportMetric(sum/float64(b.N)*1e3, "cpu-ms/op")
}
