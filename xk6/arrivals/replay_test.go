package arrivals

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.k6.io/k6/metrics"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// A fakeVU calls run for each journey.
type fakeVU struct{ run func() error }

func (v fakeVU) RunOnce() error { return v.run() }

type bench struct {
	*replay
	child *child.Child
	out   chan metrics.SampleContainer
	got   []headroom.Journey
	read  chan struct{}
}

// newBench makes a replay with n virtual users that all do the same, whose
// run starts now.
func newBench(n int, lanes []headroom.Lane, run func(id uint64) error) *bench {
	h := &headroom.Header{
		Sites: []headroom.ScheduledSite{{Name: "hub"}}, Lanes: lanes,
		Processes: []headroom.ScheduledProcess{{Name: "order", Scenario: "order", Engine: "k6"}},
	}
	b := &bench{child: child.New(), out: make(chan metrics.SampleContainer, 16), read: make(chan struct{})}
	var workers []*worker
	for id := range uint64(n) {
		workers = append(workers, &worker{vu: vu{fakeVU{func() error { return run(id) }}, id}, desk: make(chan job, 1)})
	}
	var err error
	if b.replay, err = newReplay(h, b.child, b.out, workers); err != nil {
		panic(err) // out of descriptors
	}
	b.child.Begin(time.Now())
	go func() {
		defer close(b.read)
		for c := range b.out {
			if e := c.(child.Entry); e.Journey != nil {
				b.got = append(b.got, *e.Journey)
			}
		}
	}()
	return b
}

func (b *bench) do(t testing.TB, s stream, grace time.Duration) map[uint64]headroom.Journey {
	t.Helper()
	if err := b.run(s, grace); err != nil {
		t.Fatal(err)
	}
	close(b.out)
	<-b.read
	byID := map[uint64]headroom.Journey{}
	for _, j := range b.got {
		if _, twice := byID[j.Arrival]; twice {
			t.Errorf("arrival %d was recorded twice", j.Arrival)
		}
		byID[j.Arrival] = j
		if sum := j.Scheduled + j.TimerLate + j.VUWait + j.DesignWait; math.Abs(sum-j.Start) > 1e-9 {
			t.Errorf("arrival %d: scheduled and delays give %v, start is %v", j.Arrival, sum, j.Start)
		}
		if j.TimerLate < 0 || j.VUWait < 0 || j.DesignWait < 0 || j.End < j.Start {
			t.Errorf("arrival %d went back in time: %+v", j.Arrival, j)
		}
	}
	return byID
}

func TestEveryArrivalIsServedOnce(t *testing.T) {
	var ran atomic.Int64
	b := newBench(4, nil, func(uint64) error { ran.Add(1); return nil })
	var at []time.Duration
	for i := range 500 {
		at = append(at, time.Duration(i)*200*time.Microsecond)
	}
	got := b.do(t, schedule(at...), time.Second)
	if len(got) != 500 || ran.Load() != 500 {
		t.Fatalf("%d recorded, %d ran, want 500", len(got), ran.Load())
	}
	for id, j := range got {
		if j.Outcome != headroom.OK || j.Site != "hub" || j.Process != "order" {
			t.Fatalf("arrival %d: %+v", id, j)
		}
	}
	if d := b.tally.total(); d != (headroom.ChildDone{Started: 500, Done: 500}) {
		t.Errorf("tally %+v", d)
	}
}

func TestWaitingForAVirtualUserIsNotTheDesign(t *testing.T) {
	b := newBench(1, nil, func(uint64) error { time.Sleep(30 * ms); return nil })
	got := b.do(t, schedule(0, 0, 0), time.Second)
	if w := got[3].VUWait; w < 0.055 {
		t.Errorf("the third waited %v s for a virtual user, want about 0.06", w)
	}
	if got[3].DesignWait != 0 || got[3].TimerLate > 0.03 {
		t.Errorf("the wait was booked elsewhere: %+v", got[3])
	}
}

// TestALaneKeepsToItsConnections: six documents at once through two
// connections, with virtual users to spare.
func TestALaneKeepsToItsConnections(t *testing.T) {
	var mu sync.Mutex
	var now, most int
	var order []uint64
	var b *bench
	b = newBench(6, []headroom.Lane{{Name: "EDI", Connections: 2}}, func(id uint64) error {
		mu.Lock()
		now++
		most = max(most, now)
		order = append(order, b.child.Serving(id).Arrival.ID)
		mu.Unlock()
		time.Sleep(20 * ms)
		mu.Lock()
		now--
		mu.Unlock()
		return nil
	})
	var s stream = func(yield func(headroom.Arrival, error) bool) {
		for id := range uint64(6) {
			if !yield(headroom.Arrival{ID: id + 1, Kind: headroom.Batched}, nil) {
				return
			}
		}
	}
	got := b.do(t, s, time.Second)
	if most != 2 {
		t.Errorf("%d connections were used at once, want 2", most)
	}
	for i := 0; i < len(order); i += 2 { // two start together, in either order
		lo, hi := min(order[i], order[i+1]), max(order[i], order[i+1])
		if lo != uint64(i+1) || hi != uint64(i+2) {
			t.Errorf("not first come, first served: %v", order)
			break
		}
	}
	if w := got[6].DesignWait; w < 0.038 {
		t.Errorf("the last waited %v s by design, want about 0.04", w)
	}
	if w := got[6].VUWait; w > 0.02 {
		t.Errorf("the last waited %v s for a virtual user; four were idle", w)
	}
}

func TestAStopAbortsWhatHasNotBegun(t *testing.T) {
	b := newBench(1, []headroom.Lane{{Connections: 1}}, func(uint64) error { time.Sleep(60 * ms); return nil })
	time.AfterFunc(20*ms, func() { b.child.Stop(time.Second) })
	var s stream = func(yield func(headroom.Arrival, error) bool) {
		_ = yield(headroom.Arrival{ID: 1, Kind: headroom.Batched}, nil) && // runs, and may finish
			yield(headroom.Arrival{ID: 2, Kind: headroom.Batched}, nil) && // waits for the connection
			yield(headroom.Arrival{ID: 3}, nil) && // waits for the virtual user
			yield(headroom.Arrival{ID: 4, At: time.Hour}, nil) // in the future
	}
	got := b.do(t, s, time.Minute)
	if got[1].Outcome != headroom.OK {
		t.Errorf("the running journey ended %s", got[1].Outcome)
	}
	for id := uint64(2); id <= 4; id++ {
		if got[id].Outcome != headroom.Aborted {
			t.Errorf("arrival %d ended %q, want aborted", id, got[id].Outcome)
		}
	}
	if got[2].DesignWait < 0.015 || got[2].VUWait > 0.01 {
		t.Errorf("arrival 2 waited for its connection: %+v", got[2])
	}
	if got[3].VUWait < 0.015 || got[3].DesignWait != 0 {
		t.Errorf("arrival 3 waited for a virtual user: %+v", got[3])
	}
	if got[4].Start != 3600 {
		t.Errorf("arrival 4 never had a time, but starts at %v", got[4].Start)
	}
	if d := b.tally.total(); d.Aborted != 3 || d.Started != 1 {
		t.Errorf("tally %+v", d)
	}
}

func TestGraceEndsAHangingJourney(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	b := newBench(1, nil, func(uint64) error { <-ctx.Done(); return errors.New("interrupted") })
	b.interrupt, b.cut = cancel, ctx.Err
	got := b.do(t, schedule(0, 0), 50*ms)
	if got[1].Outcome != headroom.Aborted || got[2].Outcome != headroom.Aborted {
		t.Errorf("outcomes %s, %s", got[1].Outcome, got[2].Outcome)
	}
	if got[1].End < 0.05 || got[1].End > 2 {
		t.Errorf("was cut off at %v s", got[1].End)
	}
}

func TestOutcomesOfJourneys(t *testing.T) {
	for _, c := range []struct {
		err     error
		outcome headroom.Outcome
		message string
	}{
		{nil, headroom.OK, ""},
		{&child.Failure{Outcome: headroom.Conflict, Message: "could not serialize"}, headroom.Conflict, "could not serialize"},
		{&child.Failure{Outcome: headroom.NothingToDo, Message: "x"}, headroom.NothingToDo, ""},
		{errors.New("TypeError: no such field"), headroom.BusinessError, "script: TypeError: no such field"},
	} {
		b := newBench(1, nil, func(uint64) error { return c.err })
		j := b.do(t, schedule(0), time.Second)[1]
		if j.Outcome != c.outcome || j.Error != c.message {
			t.Errorf("%v gives %s %q, want %s %q", c.err, j.Outcome, j.Error, c.outcome, c.message)
		}
	}
}

func TestTicksComeAtFullSeconds(t *testing.T) {
	for now, want := range map[time.Duration]time.Duration{
		0: time.Second, 100 * ms: 900 * ms, 999 * ms: 1001 * ms, time.Second + ms: 999 * ms, -1500 * ms: 500 * ms, -300 * ms: 1300 * ms,
	} {
		if got := untilSecond(now); got != want {
			t.Errorf("at %v the next tick is in %v, want %v", now, got, want)
		}
	}
}
