package attack

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// A pool of one worker makes arrivals wait for it, and the records say so.
func TestNoWorkerFree(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(100 * ms)
		fmt.Fprint(w, "page")
	})
	m, n := plan(portal, 0, 0, 10*ms), newNotes()
	e := begin(t, m, server.URL, n, func(o *Options) { o.Workers, o.MaxWorkers = 1, 1 })
	if err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	n.check(t, m)
	for id, least := range map[uint64]float64{2: 0, 4: 0.09, 6: 0.18} {
		j := n.journeys[id]
		if j.VUWait < least || least > 0 && j.TimerLate > j.VUWait || least == 0 && j.VUWait > 0.09 {
			t.Errorf("arrival %d: %+v, want a wait for a worker of at least %g s", id, j, least)
		}
	}
}

func outcomes(n *notes) map[headroom.Outcome]int {
	count := map[headroom.Outcome]int{}
	for _, j := range n.journeys {
		count[j.Outcome]++
	}
	return count
}

// stopping serves arrivals at 0, 0 and in an hour, whose answers wait until
// they are let go, and returns when both are under way.
func stopping(t *testing.T, release <-chan struct{}, workers int) (*Engine, memory, *notes) {
	t.Helper()
	under := make(chan struct{}, 2)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		under <- struct{}{}
		select {
		case <-release:
			fmt.Fprint(w, "page")
		case <-r.Context().Done():
		}
	})
	m, n := plan(portal, 0, 0, time.Hour), newNotes()
	m.header.Window = 3600
	e := begin(t, m, server.URL, n, func(o *Options) { o.Timeout = time.Minute; o.Workers, o.MaxWorkers = workers, workers })
	for range min(2, workers) {
		<-under
	}
	return e, m, n
}

func TestStopLetsFinish(t *testing.T) {
	release := make(chan struct{})
	e, m, n := stopping(t, release, 4)
	e.Stop(time.Minute)
	e.Stop(time.Minute) // twice is as once
	close(release)
	if err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	n.check(t, m)
	if got := outcomes(n); got[headroom.OK] != 2 || got[headroom.Aborted] != 1 || len(n.requests) != 2 {
		t.Errorf("%v, %d requests", got, len(n.requests))
	}
	if j := n.journeys[6]; j.Start != 3600 || j.End != 3600 {
		t.Errorf("an arrival whose time never came: %+v", j)
	}
}

func TestStopCutsAfterGrace(t *testing.T) {
	e, m, n := stopping(t, nil, 4)
	began := time.Now()
	e.Stop(50 * ms)
	if err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	n.check(t, m)
	if got := outcomes(n); got[headroom.Aborted] != 3 || len(n.requests) != 2 {
		t.Errorf("%v, %d requests", got, len(n.requests))
	}
	if d := time.Since(began); d < 50*ms || d > 30*time.Second {
		t.Errorf("cut after %v", d)
	}
}

// With one worker, one arrival is under way and one waits for the worker.
func TestStopWhileAnArrivalWaits(t *testing.T) {
	release := make(chan struct{})
	e, m, n := stopping(t, release, 1)
	for waiting := 0; waiting == 0; time.Sleep(ms) {
		e.mu.Lock()
		waiting = len(e.queue)
		e.mu.Unlock()
	}
	e.Stop(time.Minute)
	close(release)
	if err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	n.check(t, m)
	if got := outcomes(n); got[headroom.OK] != 1 || got[headroom.Aborted] != 2 || len(n.requests) != 1 {
		t.Errorf("%v, %d requests", got, len(n.requests))
	}
}

func TestOverdueIsCut(t *testing.T) {
	m, n := plan(portal, 0), newNotes()
	m.header.Window = 0.05
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	e := begin(t, m, server.URL, n, func(o *Options) { o.Timeout = time.Minute; o.Grace = 50 * ms })
	if err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	n.check(t, m)
	if j := n.journeys[2]; j.Outcome != headroom.Aborted || j.End < 0.1 {
		t.Errorf("%+v", j)
	}
}

func TestStopBeforeStart(t *testing.T) {
	e := New(Options{Schedule: plan(portal, 0), Seeded: seeded(), URLs: map[string]string{"hub_db": "http://127.0.0.1:1"}, Recorder: newNotes()})
	if err := e.Start(time.Now()); err == nil {
		t.Error("started before it was ready")
	}
	if err := e.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.Stop(time.Second)
	e.Stop(0)
	if err := e.Wait(); err != nil {
		t.Error(err)
	}
	if _, open := <-e.Ticks(); open {
		t.Error("a tick of a run that never was")
	}
	if err := e.Start(time.Now()); !errors.Is(err, headroom.ErrInterrupted) {
		t.Errorf("start after stop: %v", err)
	}
}

func TestRecorderFails(t *testing.T) {
	full := errors.New("disk full")
	n := newNotes()
	n.fail = full
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "page") })
	m := plan(portal, 0, time.Hour)
	m.header.Window = 3600
	e := begin(t, m, server.URL, n, nil)
	if err := e.Wait(); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

func TestTicks(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 500) })
	m, n := plan(portal, 0, 10*ms, 1500*ms), newNotes()
	e := begin(t, m, server.URL, n, nil)
	var ticks []headroom.Tick
	for tick := range e.Ticks() {
		ticks = append(ticks, tick)
	}
	if err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(ticks) < 2 || ticks[0].T < 1 || ticks[0].Started < 2 || ticks[0].Failed < 2 {
		t.Fatalf("%+v", ticks)
	}
	if last := ticks[len(ticks)-1]; last.Started != 3 || last.Done != 3 || last.Failed != 3 || last.Active != 0 || last.LateP99 > 1 {
		t.Errorf("%+v", last)
	}
}

func TestReadyRefuses(t *testing.T) {
	change := func(f func(*headroom.SeededSite)) headroom.Seeded {
		s := seeded()
		site := s.Sites["hub"]
		f(&site)
		s.Sites["hub"] = site
		return s
	}
	dance := plan(portal, 0)
	dance.header.Processes = slices.Clone(dance.header.Processes)
	dance.header.Processes[portal].Scenario = "dance"
	operators := plan(portal, 0)
	operators.arrivals[1].Kind = headroom.Closed
	for name, o := range map[string]Options{
		"address":     {Schedule: plan(portal, 0), Seeded: seeded(), URLs: map[string]string{"hub_db": "127.0.0.1:8069"}},
		"password":    {Schedule: plan(portal, 0), Seeded: seeded(), URLs: map[string]string{"hub_db": "http://me:pw@127.0.0.1:8069"}},
		"not seeded":  {Schedule: plan(portal, 0)},
		"no orders":   {Schedule: plan(portal, 0), Seeded: change(func(s *headroom.SeededSite) { s.PortalOrders = nil })},
		"no webhook":  {Schedule: plan(webhook, 0), Seeded: change(func(s *headroom.SeededSite) { s.Webhook = "" })},
		"no shop":     {Schedule: plan(shop, 0), Seeded: change(func(s *headroom.SeededSite) { s.ShopPages = nil })},
		"operators":   {Schedule: operators, Seeded: seeded()},
		"no products": {Schedule: plan(webhook, 0), Seeded: change(func(s *headroom.SeededSite) { s.Codes = nil })},
		"scenario":    {Schedule: dance, Seeded: seeded()},
	} {
		if o.URLs == nil {
			o.URLs = map[string]string{"hub_db": "http://127.0.0.1:1"}
		}
		if err := New(o).Ready(t.Context()); headroom.ExitCode(err) != headroom.ExitBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What nobody visits need not be there.
	idle := Options{Schedule: plan(order, 0), URLs: map[string]string{"hub_db": "http://127.0.0.1:1"}}
	if err := New(idle).Ready(t.Context()); err != nil {
		t.Errorf("no arrivals: %v", err)
	}
}
