package results

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

func benchPart(b *testing.B) *Part {
	b.Helper()
	p, err := OpenPart(filepath.Join(b.TempDir(), "p.sqlite"), "k6")
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// BenchmarkRecord is the write path with everything on the way to the disk,
// checkpoints too, on one core: rows/s is the figure, times-goal its ratio to
// the 100,000 that are promised. Making the rows is not counted.
func BenchmarkRecord(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p := benchPart(b)
	s, t, rows := newShift(1000, 100), 0.0, 0
	batches := make([]headroom.Records, 1000)
	var took time.Duration
	before := 0.0
	for b.Loop() {
		for range 20 { // 200 s of a run, some 1.2 million rows
			for i := range batches {
				empty(&batches[i])
				t += 0.01
				s.until(t, &batches[i])
			}
			begin, cpu := time.Now(), cpuSeconds()
			for i := range batches {
				if err := p.Record(batches[i]); err != nil {
					b.Fatal(err)
				}
				rows += rowsIn(&batches[i])
			}
			if err := p.Flush(); err != nil {
				b.Fatal(err)
			}
			took += time.Since(begin)
			before += cpuSeconds() - cpu
		}
	}
	begin := time.Now()
	if err := p.Close(); err != nil {
		b.Fatal(err)
	}
	rate := float64(rows) / (took + time.Since(begin)).Seconds()
	b.ReportMetric(rate, "rows/s")
	b.ReportMetric(before/float64(rows)*1e6, "cpu-s/Mrow")
	b.ReportMetric(rate/100000, "times-goal")
}

// BenchmarkCommitDelay records 100,000 rows/s on one core for fifteen seconds,
// in which the log is moved into the file: longest-s is how long a row waited
// at most for its commit, which must be less than the second that a Recorder
// promises.
func BenchmarkCommitDelay(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	type taken struct {
		rows int // so far
		at   time.Time
	}
	var longest time.Duration
	for b.Loop() {
		p, s, rows := benchPart(b), newShift(1000, 100), 0
		p.pages = checkpointPages / 2 // so that it happens more than once
		var waiting []taken
		var rs headroom.Records
		begin := time.Now()
		for now := begin; now.Sub(begin) < 15*time.Second; now = time.Now() {
			for float64(rows) < now.Sub(begin).Seconds()*100000 {
				empty(&rs)
				s.until(float64(s.next)/s.rate+0.1, &rs) // some 600 rows
				rows += rowsIn(&rs)
				waiting = append(waiting, taken{rows, time.Now()})
				if err := p.Record(rs); err != nil {
					b.Fatal(err)
				}
			}
			p.mu.Lock()
			committed := rows - p.waiting
			p.mu.Unlock()
			for len(waiting) > 0 && waiting[0].rows <= committed {
				longest = max(longest, time.Since(waiting[0].at))
				waiting = waiting[1:]
			}
			time.Sleep(time.Millisecond)
		}
		if err := p.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(longest.Seconds(), "longest-s")
	if longest > time.Second {
		b.Errorf("a row waited %s for its commit; a second is promised", longest)
	}
}

// BenchmarkDay replays 24 hours of a site that makes 50 rows/s, as fast as they
// can be written: the heap and all memory of the process after 1, 12 and 24
// hours are the figures, and must not grow.
func BenchmarkDay(b *testing.B) {
	heap, memory := map[int]float64{}, map[int]float64{}
	for b.Loop() {
		p, s := benchPart(b), newShift(8, 2) // 8 journeys/s with 2.5 requests and lines each, and their samples
		var rs headroom.Records
		rows := 0
		for second := 1; second <= 24*3600; second++ {
			empty(&rs)
			s.until(float64(second), &rs)
			rows += rowsIn(&rs)
			if err := p.Record(rs); err != nil {
				b.Fatal(err)
			}
			if second%20 == 0 {
				if err := p.Flush(); err != nil {
					b.Fatal(err)
				}
			}
			switch hour := second / 3600; {
			case second%3600 == 0 && (hour == 1 || hour == 12 || hour == 24):
				heap[hour], memory[hour] = heapNow(), residentNow(b)
			}
		}
		if err := p.Close(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(rows), "rows")
	}
	for _, hour := range []int{1, 12, 24} {
		b.ReportMetric(heap[hour]/1e6, "heap-MB-at-"+strconv.Itoa(hour)+"h")
		b.ReportMetric(memory[hour]/1e6, "memory-MB-at-"+strconv.Itoa(hour)+"h")
	}
	if heap[24] > heap[1]+1e6 || memory[24] > memory[1]+10e6 {
		b.Errorf("the heap grew from %.1f to %.1f MB, all memory from %.1f to %.1f MB", heap[1]/1e6, heap[24]/1e6, memory[1]/1e6, memory[24]/1e6)
	}
}

// heapNow is what the collector leaves, in bytes.
func heapNow() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// residentNow is the memory of the process, SQLite's too, in bytes.
func residentNow(b *testing.B) float64 {
	b.Helper()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	pages, err := strconv.ParseFloat(strings.Fields(string(statm))[1], 64)
	if err != nil {
		b.Fatal(err)
	}
	return pages * float64(os.Getpagesize())
}
