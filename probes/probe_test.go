package probes

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// memory is a recorder that can be full.
type memory struct {
	mu   sync.Mutex
	recs headroom.Records
	err  error
}

func (m *memory) Record(rs headroom.Records) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.recs.Server = append(m.recs.Server, rs.Server...)
	m.recs.Samples = append(m.recs.Samples, rs.Samples...)
	m.recs.Gaps = append(m.recs.Gaps, rs.Gaps...)
	return nil
}

func (m *memory) records() headroom.Records {
	m.mu.Lock()
	defer m.mu.Unlock()
	return headroom.Records{
		Server:  append([]headroom.ServerRequest(nil), m.recs.Server...),
		Samples: append([]headroom.Sample(nil), m.recs.Samples...),
		Gaps:    append([]headroom.Gap(nil), m.recs.Gaps...),
	}
}

func (m *memory) fill(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// series is the values of a metric in order.
func (m *memory) series(probe, subject, metric string) []float64 {
	var vs []float64
	for _, s := range m.records().Samples {
		if s.Probe == probe && s.Subject == subject && s.Metric == metric {
			vs = append(vs, s.Value)
		}
	}
	return vs
}

// eventually waits for what must come, and says what did not.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited 15 s in vain: %s", what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// beat records a sample each few milliseconds.
type beat struct{ ended chan struct{} }

func (beat) Name() string { return "beat" }

func (b beat) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	defer close(b.ended)
	r := &reporter{probe: "beat", clock: clock, rec: rec}
	return every(ctx, 2*time.Millisecond, func() error { return r.record(clock.Now(), []value{{"s", "m", 1}}) })
}

func TestGroupStopsAllAndMayBeStoppedTwice(t *testing.T) {
	rec := &memory{}
	a, b := beat{make(chan struct{})}, beat{make(chan struct{})}
	g := Start(context.Background(), Clock{time.Now().Add(-10 * time.Second)}, rec, a, b)
	eventually(t, "samples", func() bool { return len(rec.records().Samples) > 3 })
	must(t, g.Stop())
	for _, c := range []<-chan struct{}{a.ended, b.ended, g.Done()} {
		select {
		case <-c:
		default:
			t.Error("Stop returned before everything had ended")
		}
	}
	must(t, g.Stop())
	if s := rec.records().Samples[0]; s.T < 10 || s.T > 20 || s.Probe != "beat" {
		t.Errorf("sample %+v, want it stamped 10 s after the start", s)
	}
}

func TestGroupTellsThatTheRecorderIsFull(t *testing.T) {
	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, beat{make(chan struct{})}, Generator{Interval: time.Millisecond},
		Processes{Roles: []headroom.Role{{Name: "self", PIDs: func() []int { return nil }}}, Interval: time.Millisecond})
	full := &headroom.MeasureError{What: "disk is full"}
	rec.fill(full)
	select {
	case <-g.Done(): // all of them, without Stop
	case <-time.After(10 * time.Second):
		t.Fatal("probes go on with a recorder that is full")
	}
	if err := g.Stop(); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
}

func TestGapsAreRecordedOncePerOutageAndMinute(t *testing.T) {
	rec := &memory{}
	now := time.Now()
	r := &reporter{probe: "x", rec: rec}
	at := func(seconds float64, do func()) {
		r.clock = Clock{now.Add(-time.Duration(seconds * float64(time.Second)))}
		do()
	}
	fail := func() { must(t, r.failed("gone")) }
	for _, s := range []float64{0, 1, 30, 59} {
		at(s, fail)
	}
	if n := len(rec.records().Gaps); n != 1 {
		t.Errorf("%d gaps in the first minute of an outage, want 1", n)
	}
	at(61, fail)
	at(62, fail)
	if n := len(rec.records().Gaps); n != 2 {
		t.Errorf("%d gaps after a minute, want 2", n)
	}
	at(63, r.back)
	at(64, fail)
	gaps := rec.records().Gaps
	if len(gaps) != 3 || gaps[2].T < 64 || gaps[2].Probe != "x" || !strings.Contains(gaps[2].Reason, "gone") {
		t.Errorf("gaps %+v, want a third for a new outage", gaps)
	}
}
