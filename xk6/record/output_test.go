package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.k6.io/k6/metrics"
	"go.k6.io/k6/output"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

type fakePart struct {
	mu     sync.Mutex
	got    headroom.Records
	err    error
	closed bool
}

func (p *fakePart) Record(r headroom.Records) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got.Journeys = append(p.got.Journeys, r.Journeys...)
	p.got.Requests = append(p.got.Requests, r.Requests...)
	return p.err
}

func (p *fakePart) Close() error { p.closed = true; return p.err }

// conducted is a Child whose parent has said where the part is, and the
// events that it hears.
func conducted(t *testing.T, part string) (*child.Child, *bufio.Scanner) {
	t.Helper()
	line, err := json.Marshal(headroom.ChildCommand{Setup: &headroom.ChildSetup{Part: part}})
	if err != nil {
		t.Fatal(err)
	}
	commands, down := io.Pipe()
	events, up := io.Pipe()
	t.Cleanup(func() { _ = events.Close() })
	go func() { _, _ = down.Write(line) }() // left open: the parent lives
	c := child.New()
	if err := c.Connect(commands, up); err != nil {
		t.Fatal(err)
	}
	return c, bufio.NewScanner(events)
}

func hear(t *testing.T, events *bufio.Scanner) (e headroom.ChildEvent) {
	t.Helper()
	if !events.Scan() {
		t.Fatal("no event came")
	}
	if err := json.Unmarshal(events.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func start(t *testing.T, c *child.Child, p *fakePart) *Output {
	t.Helper()
	made, err := Constructor(c)(output.Params{})
	if err != nil {
		t.Fatal(err)
	}
	o := made.(*Output)
	o.open = func(headroom.ChildSetup) (part, error) { return p, nil }
	if err := o.Start(); err != nil {
		t.Fatal(err)
	}
	return o
}

func journey(id uint64) child.Entry {
	return child.Entry{Journey: &headroom.Journey{Arrival: id}}
}

func request(id uint64, n int) child.Entry {
	return child.Entry{Request: &headroom.Request{Arrival: id, N: n}}
}

func TestEntriesReachThePartAndNothingElse(t *testing.T) {
	c, events := conducted(t, "part")
	p := &fakePart{}
	o := start(t, c, p)
	o.AddMetricSamples([]metrics.SampleContainer{metrics.Samples{}, request(1, 1), metrics.Sample{}, request(1, 2)})
	o.AddMetricSamples([]metrics.SampleContainer{journey(1)})
	c.Finished(headroom.ChildDone{Started: 1, Done: 1})
	stopped := make(chan error, 1)
	go func() { stopped <- o.Stop() }()
	if e := hear(t, events); e.Done == nil || e.Done.Done != 1 {
		t.Errorf("the parent heard %+v", e)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if !p.closed || len(p.got.Journeys) != 1 || len(p.got.Requests) != 2 || p.got.Requests[1].N != 2 {
		t.Errorf("closed %v, got %+v", p.closed, p.got)
	}
}

func TestWhatWasTakenIsPassedOnSoon(t *testing.T) {
	c, _ := conducted(t, "part")
	p := &fakePart{}
	o := start(t, c, p)
	o.AddMetricSamples([]metrics.SampleContainer{request(1, 1)})
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		p.mu.Lock()
		n := len(p.got.Requests)
		p.mu.Unlock()
		if n == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a request waits for the journey's end")
		}
	}
	if err := o.Stop(); err != nil { // nothing is finished, so nothing is said
		t.Error(err)
	}
}

func TestAFullDiskStopsTheRunAndIsTold(t *testing.T) {
	c, events := conducted(t, "part")
	full := &headroom.MeasureError{What: "the disk is full", Do: "make room"}
	o := start(t, c, &fakePart{err: full})
	o.AddMetricSamples([]metrics.SampleContainer{journey(1)})
	e := hear(t, events)
	if e.Error == nil || e.Error.Input || e.Error.What != "the disk is full" || e.Error.Do != "make room" {
		t.Errorf("the parent heard %+v", e)
	}
	select {
	case <-c.Interrupting():
	case <-time.After(5 * time.Second):
		t.Error("the run goes on unrecorded")
	}
	if err := o.Stop(); !errors.Is(err, error(full)) {
		t.Errorf("stop says %v", err)
	}
}

func TestAPartThatCannotBeOpened(t *testing.T) {
	c, events := conducted(t, filepath.Join(t.TempDir(), "no such folder", "k6.sqlite"))
	o, err := Constructor(c)(output.Params{})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() { failed <- o.Start() }()
	if e := hear(t, events); e.Error == nil {
		t.Errorf("the parent heard %+v", e)
	}
	if err := <-failed; err == nil {
		t.Error("the output started")
	}
}
