package results

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// A shift makes the rows of a busy site as a run records them: a journey, with
// all that belongs to it, when it ends. Half of the journeys have two requests
// and half have three, each with its line in the server's log; one in ten
// thousand takes five minutes.
type shift struct {
	rate    float64 // journeys scheduled per second
	samples float64 // samples per second
	random  *rand.Rand
	open    endings
	next    uint64 // arrival
	sampled int
}

// An ending is a journey that has begun.
type ending struct {
	at      float64
	arrival uint64
}

// endings are a heap by time.
type endings []ending

func (h *endings) push(e ending) {
	*h = append(*h, e)
	for i := len(*h) - 1; i > 0 && (*h)[i].at < (*h)[(i-1)/2].at; i = (i - 1) / 2 {
		(*h)[i], (*h)[(i-1)/2] = (*h)[(i-1)/2], (*h)[i]
	}
}

func (h *endings) pop() ending {
	old := *h
	top, n := old[0], len(old)-1
	old[0] = old[n]
	*h = old[:n]
	for i := 0; ; {
		c := 2*i + 1
		if c+1 < n && old[c+1].at < old[c].at {
			c++
		}
		if c >= n || old[i].at <= old[c].at {
			return top
		}
		old[i], old[c] = old[c], old[i]
		i = c
	}
}

func newShift(rate, samples float64) *shift {
	return &shift{rate: rate, samples: samples, random: rand.New(rand.NewPCG(5, 1)), next: 1}
}

// until appends what is recorded until time t.
func (s *shift) until(t float64, rs *headroom.Records) {
	for ; float64(s.next)/s.rate < t; s.next++ {
		response := 0.4 * math.Exp(s.random.NormFloat64()*0.7)
		if s.random.IntN(10000) == 0 {
			response = 300
		}
		s.open.push(ending{float64(s.next)/s.rate + response, s.next})
	}
	for len(s.open) > 0 && s.open[0].at < t {
		s.journey(s.open.pop(), rs)
	}
	for ; float64(s.sampled)/s.samples < t; s.sampled++ {
		rs.Samples = append(rs.Samples, headroom.Sample{T: float64(s.sampled) / s.samples, Probe: "process", Subject: "web",
			Metric: fmt.Sprintf("metric_%d", s.sampled%50), Value: float64(s.sampled)})
	}
}

func (s *shift) journey(e ending, rs *headroom.Records) {
	scheduled := float64(e.arrival) / s.rate
	process := [...]string{"order", "pick", "receive", "invoice"}[e.arrival%4]
	site := [...]string{"hamburg", "leipzig", "wien"}[e.arrival%3]
	rs.Journeys = append(rs.Journeys, headroom.Journey{Arrival: e.arrival, Site: site, Process: process, Scheduled: scheduled,
		Start: scheduled + 0.001, End: e.at, TimerLate: 0.001, Outcome: headroom.OK, Lines: 3})
	n := 2 + int(e.arrival/2%2)
	each := (e.at - scheduled) / float64(n)
	for i := range n {
		end := scheduled + each*float64(i+1)
		step := [...]string{"create", "confirm", "validate"}[i]
		rs.Requests = append(rs.Requests, headroom.Request{Arrival: e.arrival, N: i + 1, Site: site, Process: process, Step: step,
			Protocol: "jsonrpc", Start: end - each, End: end, Outcome: headroom.OK, Status: 200, Bytes: 1200})
		rs.Server = append(rs.Server, headroom.ServerRequest{End: end - 0.001, PID: 4000 + int(e.arrival%8), Database: site,
			Arrival: e.arrival, N: i + 1, Path: "/web/dataset/call_kw/sale.order/" + step, Status: 200, Queries: 140,
			SQL: each / 3, Other: each / 2, Tries: 1})
	}
}

// The bundle of some five million rows: 800,000 journeys, 2 million requests
// and as many log lines, 200,000 samples. It is made once for all benchmarks.
var large struct {
	sync.Once
	dir string
	err error
}

const (
	largeSeconds = 4000
	largeRows    = 5_000_000
)

func largeBundle(b *testing.B) string {
	b.Helper()
	large.Do(func() { large.dir, large.err = makeLarge() })
	if large.err != nil {
		b.Fatal(large.err)
	}
	return large.dir
}

func makeLarge() (string, error) {
	dir, err := os.MkdirTemp("", "headroom-large-") // removed by TestMain
	if err != nil {
		return "", err
	}
	bundle, err := Create(filepath.Join(dir, "run"), headroom.RunInfo{ID: "large"})
	if err != nil {
		return dir, err
	}
	p, err := OpenPart(bundle.PartPath("k6"), "k6")
	if err != nil {
		return dir, err
	}
	s := newShift(200, 50)
	for t := 1.0; t <= largeSeconds+400; t++ {
		var rs headroom.Records
		s.until(min(t, largeSeconds), &rs)
		for len(s.open) > 0 && t > largeSeconds && s.open[0].at < t { // those that are still open
			s.journey(s.open.pop(), &rs)
		}
		if err := p.Record(rs); err != nil {
			return dir, err
		}
	}
	if err := p.Close(); err != nil {
		return dir, err
	}
	return bundle.Dir(), bundle.Finish(true, "")
}

// summarizeEnv makes the test binary a process that sums up the bundle it names.
const summarizeEnv = "HEADROOM_TEST_SUMMARIZE"

// A summarized bundle is what such a process says.
type summarized struct {
	Seconds  float64
	Journeys int
	Steps    int
	Join     JoinCounts
}

func summarizeAndExit(dir string) {
	begin := time.Now()
	var s summarized
	run, err := Open(dir)
	if err == nil {
		var sum Summary
		sum, err = Summarize(run, 0, 1e6)
		s = summarized{time.Since(begin).Seconds(), sum.Delays.Journeys, len(sum.Steps), sum.Join}
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// BenchmarkOpenAndSummarize5M sums up a run of five million rows in a process
// of its own: the figures are its seconds (at most 10 on two cores), the most
// memory it had (at most 500 MB), and rows/s.
func BenchmarkOpenAndSummarize5M(b *testing.B) {
	dir := largeBundle(b)
	var seconds, cpu, memory float64
	b.ResetTimer()
	for range b.N {
		cmd := osexec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), summarizeEnv+"="+dir, "GOMAXPROCS=2")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			b.Fatal(err)
		}
		var s summarized
		if err := json.Unmarshal(out, &s); err != nil {
			b.Fatal(err)
		}
		if s.Journeys != 800000-1 || s.Steps != 10 || s.Join.Found != s.Join.Requests || s.Join.Requests < 1_999_000 {
			b.Fatalf("summed up: %+v", s)
		}
		seconds += s.Seconds
		cpu += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
		memory = max(memory, float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)*1024)
	}
	seconds, cpu = seconds/float64(b.N), cpu/float64(b.N)
	b.ReportMetric(seconds, "s/run")
	b.ReportMetric(cpu, "cpu-s/run")
	b.ReportMetric(memory/1e6, "peak-MB")
	b.ReportMetric(largeRows/seconds, "rows/s")
	// Whoever took less than that of one core waited for others' work.
	if seconds > 10 && cpu > 10 || memory > 500e6 {
		b.Errorf("%.1f s, %.1f s of CPU and %.0f MB; at most 10 s and 500 MB are promised", seconds, cpu, memory/1e6)
	}
}

// BenchmarkRead reads a table of millions of rows in order; rows/s is the
// figure, cpu-s/Mrow what it costs.
func BenchmarkRead(b *testing.B) {
	dir := largeBundle(b)
	run, err := Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer run.Close()
	b.Run("journeys", func(b *testing.B) { benchmarkRead(b, run, &journeys) })
	b.Run("requests", func(b *testing.B) { benchmarkRead(b, run, &requests) })
	b.Run("server", func(b *testing.B) { benchmarkRead(b, run, &serverRequests) })
	b.Run("samples", func(b *testing.B) { benchmarkRead(b, run, &samples) })
}

func benchmarkRead[T any](b *testing.B, run *Reader, t *table[T]) {
	rows, before := 0, cpuSeconds()
	for b.Loop() {
		last := math.Inf(-1)
		for v, err := range merged(run, t) {
			if err != nil || t.at(&v) < last {
				b.Fatalf("row %d at %g after %g: %v", rows, t.at(&v), last, err)
			}
			last = t.at(&v)
			rows++
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric((cpuSeconds()-before)/float64(rows)*1e6, "cpu-s/Mrow")
}

func cpuSeconds() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}
