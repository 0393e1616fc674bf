package arrivals

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// shifts are operators who log on at 0 and begin nothing at or after until.
func shifts(n int, until time.Duration) stream {
	return func(yield func(headroom.Arrival, error) bool) {
		for id := range uint64(n) {
			if !yield(headroom.Arrival{ID: id + 1, Kind: headroom.Closed, Until: until, Seed: 100 + id}, nil) {
				return
			}
		}
	}
}

// thinking has the only process' operators pause so long, always.
func (b *bench) thinking(seconds float64) *bench {
	b.header.Processes[0].ThinkTime = seconds
	return b
}

func TestAnOperatorWorksOneJourneyAfterTheOther(t *testing.T) {
	const until, think = 300 * ms, 0.03
	b := newBench(4, nil, func(uint64) error { time.Sleep(10 * ms); return nil }).thinking(think)
	got := b.do(t, shifts(2, until), time.Second)
	byShift := map[uint64]int{}
	for id := range got {
		byShift[headroom.ShiftOf(id)]++
	}
	for shift, n := range byShift {
		end := 0.0
		for k := range uint64(n) {
			j, ok := got[(k+1)<<32+shift]
			if !ok {
				t.Fatalf("shift %d has %d journeys, and none is number %d", shift, n, k+1)
			}
			if want := end + think; k > 0 && math.Abs(j.Scheduled-want) > 1e-6 {
				t.Errorf("journey %d of shift %d was wanted at %v, the one before ended at %v", k+1, shift, j.Scheduled, end)
			}
			if k == 0 && j.Scheduled != 0 {
				t.Errorf("the first journey was wanted at %v", j.Scheduled)
			}
			if j.Kind != headroom.Closed || j.Outcome != headroom.OK || j.DesignWait != 0 || j.Scheduled >= until.Seconds() {
				t.Errorf("%+v", j)
			}
			end = j.End
		}
		if n < 3 || n > 8 { // 300 ms by cycles of 40 ms and more
			t.Errorf("shift %d has %d journeys", shift, n)
		}
		if end+think < until.Seconds() {
			t.Errorf("shift %d ended its work at %v s, %v s before its end", shift, end, until.Seconds()-end)
		}
	}
	if len(byShift) != 2 || b.tally.total().Done != len(got) || b.tally.total().Failed != 0 {
		t.Errorf("shifts %v, tally %+v", byShift, b.tally.total())
	}
}

func TestThePausesAreTheSeeds(t *testing.T) {
	b := newBench(1, nil, func(uint64) error { return nil }).thinking(0.01)
	b.header.Processes[0].ThinkSCV = 1
	got := b.do(t, shifts(1, 200*ms), time.Second)
	shift := headroom.Arrival{ID: 1, Kind: headroom.Closed, Until: 200 * ms, Seed: 100}
	for n := uint32(2); int(n) <= len(got); n++ {
		before, j := got[uint64(n-1)<<32+1], got[uint64(n)<<32+1]
		pause := shift.Journey(n-1, 0).Pause(b.header.Processes[0]).Seconds()
		if math.Abs(j.Scheduled-before.End-pause) > 1e-6 {
			t.Errorf("journey %d came %v s after the one before, its seed says %v", n, j.Scheduled-before.End, pause)
		}
	}
	if len(got) < 4 {
		t.Errorf("only %d journeys", len(got))
	}
}

// Ten operators and one virtual user: who pauses needs none.
func TestAThinkingOperatorHoldsNoVirtualUser(t *testing.T) {
	b := newBench(1, nil, func(uint64) error { time.Sleep(ms); return nil }).thinking(0.1)
	got := b.do(t, shifts(10, 350*ms), time.Second)
	for id, j := range got {
		if id>>32 > 1 && j.VUWait > 0.08 { // with a virtual user held, each would wait nine pauses
			t.Errorf("journey %+v", j)
		}
	}
	if len(got) < 25 {
		t.Errorf("ten operators did %d journeys in 350 ms with pauses of 100 ms", len(got))
	}
}

func TestAnOperatorGoesOnAfterAFailure(t *testing.T) {
	var n atomic.Int64
	b := newBench(1, nil, func(uint64) error {
		switch n.Add(1) {
		case 1:
			return &child.Failure{Outcome: headroom.Timeout}
		case 2:
			return &child.Failure{Outcome: headroom.NothingToDo}
		}
		return nil
	}).thinking(0.01)
	got := b.do(t, shifts(1, 100*ms), time.Second)
	if got[1<<32+1].Outcome != headroom.Timeout || got[2<<32+1].Outcome != headroom.NothingToDo || got[3<<32+1].Outcome != headroom.OK {
		t.Errorf("%+v", got)
	}
}

// A stop finds one operator at work, one in a pause, one waiting for a virtual
// user, and one whose shift has not begun.
func TestAStopEndsShifts(t *testing.T) {
	var b *bench
	b = newBench(1, nil, func(vu uint64) error {
		if headroom.ShiftOf(b.child.Serving(vu).Arrival.ID) == 1 {
			return nil // and pauses
		}
		time.Sleep(80 * ms)
		return nil
	}).thinking(3600)
	time.AfterFunc(40*ms, func() { b.child.Stop(time.Second) })
	var s stream = func(yield func(headroom.Arrival, error) bool) {
		a := headroom.Arrival{Kind: headroom.Closed, Until: 10 * time.Hour}
		for id, at := range []time.Duration{0, 5 * ms, 10 * ms, time.Hour} {
			a.ID, a.At = uint64(id+1), at
			if !yield(a, nil) {
				return
			}
		}
	}
	got := b.do(t, s, time.Minute)
	for shift, want := range map[uint64]headroom.Outcome{1: headroom.OK, 2: headroom.OK, 3: headroom.Aborted, 4: headroom.Aborted} {
		if o := got[1<<32+shift].Outcome; o != want {
			t.Errorf("shift %d: %q, want %q", shift, o, want)
		}
	}
	if w := got[1<<32+3].VUWait; w < 0.02 {
		t.Errorf("the third waited %v s for a virtual user", w)
	}
	if d := b.tally.total(); len(got) != 4 || d != (headroom.ChildDone{Started: 2, Done: 2, Failed: 2, Aborted: 2}) {
		t.Errorf("%d recorded, %+v", len(got), d)
	}
}

// Grace counts from the end of the last shift, and cuts a journey off.
func TestGraceIsAfterTheLastShift(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var n atomic.Int64
	b := newBench(1, nil, func(uint64) error {
		if n.Add(1) < 4 {
			return nil
		}
		<-ctx.Done()
		return errors.New("interrupted")
	}).thinking(0.02)
	b.interrupt, b.cut = cancel, ctx.Err
	got := b.do(t, shifts(1, 150*ms), 50*ms)
	j := got[4<<32+1]
	if len(got) != 4 || j.Outcome != headroom.Aborted || j.End < 0.19 || j.End > 2 {
		t.Errorf("%d journeys, the last %+v", len(got), j)
	}
	if d := b.tally.total(); d != (headroom.ChildDone{Started: 4, Done: 4, Failed: 1, Aborted: 1}) {
		t.Errorf("%+v", d)
	}
}

// Stops at random moments, under load of every kind: each arrival, each
// journey that began, is recorded once and counted.
func TestNothingIsLostWhateverTheMoment(t *testing.T) {
	for round := range 30 {
		lanes := []headroom.Lane{{Connections: 2, Retry: &headroom.Retry{Attempts: 3, Backoff: 0.002, Jitter: 0.5}}}
		var mu sync.Mutex
		begun := map[uint64]bool{}
		var b *bench
		b = newBench(3, lanes, func(vu uint64) error {
			i := b.child.Serving(vu)
			mu.Lock()
			begun[i.Arrival.ID] = true
			mu.Unlock()
			time.Sleep(time.Duration(i.Arrival.Seed%700) * time.Microsecond)
			if i.Arrival.Seed%3 == 0 {
				return &child.Failure{Outcome: headroom.Conflict}
			}
			return nil
		}).thinking(0.001)
		b.header.Processes[0].ThinkSCV = 2
		var s stream = func(yield func(headroom.Arrival, error) bool) {
			for id := range uint64(60) {
				a := headroom.Arrival{ID: id + 1, At: time.Duration(id) * 500 * time.Microsecond, Seed: id * 7, Kind: headroom.Kind(id % 4)}
				if a.Kind == headroom.Closed {
					a.Until = a.At + 10*ms
				}
				if !yield(a, nil) {
					return
				}
			}
		}
		stop := time.AfterFunc(time.Duration(round)*2*ms, func() { b.child.Stop(time.Second) })
		got := b.do(t, s, time.Second)
		stop.Stop()
		seen := map[uint64]bool{}
		aborted := 0
		for id, j := range got {
			seen[headroom.ShiftOf(id)] = true
			if j.Outcome == headroom.Aborted {
				aborted++
			}
		}
		d := b.tally.total()
		neverBegan := 0
		for id := range got {
			if !begun[id] {
				neverBegan++
			}
			delete(begun, id)
		}
		if len(seen) != 60 || len(begun) != 0 || d.Aborted != aborted || d.Done != d.Started || d.Started+neverBegan != len(got) {
			t.Fatalf("round %d: %d of 60 arrivals, begun but not recorded %v, %d aborted, %d never began, %d recorded, %+v",
				round, len(seen), begun, aborted, neverBegan, len(got), d)
		}
	}
}
