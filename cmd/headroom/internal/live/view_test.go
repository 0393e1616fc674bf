package live

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// record writes a bundle whose part takes records.
func record(t testing.TB, info headroom.RunInfo) (*results.Bundle, *results.Part) {
	t.Helper()
	b, err := results.Create(filepath.Join(t.TempDir(), "run"), info)
	if err != nil {
		t.Fatal(err)
	}
	p, err := results.OpenPart(b.PartPath("k6"), "k6")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return b, p
}

// shown collects statuses.
type shown struct {
	mu  sync.Mutex
	all []headroom.Status
}

func (s *shown) take(one headroom.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, one)
}

func (s *shown) last(t *testing.T, want func(headroom.Status) bool) headroom.Status {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		s.mu.Lock()
		if n := len(s.all); n > 0 && want(s.all[n-1]) {
			defer s.mu.Unlock()
			return s.all[n-1]
		}
		s.mu.Unlock()
		if time.Now().After(deadline) {
			t.Fatalf("the status did not come: %+v", s.all)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestAViewFollowsABundle(t *testing.T) {
	list := orders(10, 30)
	in := info(30)
	bundle, part := record(t, in)
	start := time.Now().Add(-4 * time.Second) // the run is 4 s old
	var s shown
	v := Start(Options{Board: NewBoard(in, schedule(list...)), Open: Bundle(bundle.Dir()), Show: s.take,
		Clock: func() float64 { return time.Since(start).Seconds() }})
	if err := part.Record(served(list[:15], 0.1)); err != nil {
		t.Fatal(err)
	}
	one := s.last(t, func(s headroom.Status) bool { return s.Total.Ended > 0 })
	if one.Total.Due < 20 || one.Stage != headroom.StageLeadIn || *one.Total.Backlog != one.Total.Due-15 {
		t.Errorf("%+v", one)
	}
	if err := part.Record(headroom.Records{Gaps: []headroom.Gap{{T: 4, Probe: "redis", Reason: "gone"}}}); err != nil {
		t.Fatal(err)
	}
	if err := part.Close(); err != nil {
		t.Fatal(err)
	}
	last := v.End(false, "interrupted")
	if last.Stage != headroom.StageEnded || last.Reason != "interrupted" || last.Gaps != 1 || v.End(true, "").Complete {
		t.Errorf("%+v", last)
	}
	if got := s.last(t, func(s headroom.Status) bool { return s.Stage == headroom.StageEnded }); got.Total.Ended != 15 {
		t.Errorf("%+v", got)
	}
}

// trouble is a source that fails, in one way or another.
type trouble struct{ panics bool }

func (s trouble) Next() (headroom.Records, error) {
	if s.panics {
		panic("a bug")
	}
	return headroom.Records{}, errors.New("no such file")
}
func (trouble) Close() error { return nil }

func TestAViewThatSeesNothingSaysSoAndGoesOn(t *testing.T) {
	for name, open := range map[string]func() (Source, error){
		"it cannot be opened": func() (Source, error) { return nil, errors.New("no such file") },
		"it cannot be read":   func() (Source, error) { return trouble{}, nil },
		"it panics":           func() (Source, error) { return trouble{true}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now().Add(-5 * time.Second)
			var s shown
			v := Start(Options{Board: NewBoard(info(30), schedule(orders(10, 30)...)), Open: open, Show: s.take,
				Clock: func() float64 { return time.Since(start).Seconds() }})
			one := s.last(t, func(s headroom.Status) bool { return s.Blind != "" })
			if one.Total.Due < 20 {
				t.Errorf("what is due is known without records: %+v", one.Total)
			}
			v.End(true, "")
		})
	}
}

func TestABrokenRuleIsSaidOnceThoughNobodyLooks(t *testing.T) {
	in := info(100, headroom.StopRule{Measure: "backlog", AtMost: 10, Over: 1})
	bundle, _ := record(t, in)
	start := time.Now().Add(-5 * time.Second)
	reasons := make(chan string, 10)
	stuck := make(chan struct{})
	v := Start(Options{Board: NewBoard(in, schedule(orders(10, 100)...)), Open: Bundle(bundle.Dir()),
		Show: func(headroom.Status) { <-stuck }, Broken: func(r string) { reasons <- r },
		Clock: func() float64 { return time.Since(start).Seconds() }})
	select {
	case r := <-reasons:
		if !contains(r, "backlog of all processes was ") {
			t.Error(r)
		}
	case <-time.After(10 * time.Second):
		t.Error("a terminal that takes nothing holds the stop rules up")
	}
	time.Sleep(2200 * time.Millisecond)
	close(stuck)
	v.End(false, "stopped")
	if len(reasons) != 0 {
		t.Errorf("said again: %s", <-reasons)
	}
}

func TestTheStateOfARunThatIsOver(t *testing.T) {
	in := info(30)
	bundle, part := record(t, in)
	list := orders(10, 30)
	if err := part.Record(served(list, 0.2)); err != nil {
		t.Fatal(err)
	}
	if err := part.Close(); err != nil {
		t.Fatal(err)
	}
	var past shown
	v := Start(Options{Board: NewBoard(in, schedule(list...)), Open: Bundle(bundle.Dir()), Past: past.take})
	last := v.End(true, "")
	if last.T != 31 || last.Total.Ended != 300 || *last.Total.Backlog != 0 || !last.Complete {
		t.Errorf("%+v", last)
	}
	if len(past.all) < 25 || past.all[19].Total.Ended != 198 || past.all[19].T != 20 {
		t.Errorf("%d states of the past", len(past.all))
	}
	if s := Now(Options{Board: NewBoard(in, schedule(list...)), Open: Bundle(bundle.Dir())}); s.T != 31 || s.Total.Ended != 300 {
		t.Errorf("%+v", s)
	}
}
