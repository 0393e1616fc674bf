package arrivals

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

func documents(n int) stream {
	return func(yield func(headroom.Arrival, error) bool) {
		for id := range uint64(n) {
			if !yield(headroom.Arrival{ID: id + 1, Kind: headroom.Batched, Seed: id}, nil) {
				return
			}
		}
	}
}

func TestWhatIsSentAgain(t *testing.T) {
	r := &headroom.Retry{Attempts: 3}
	for o, want := range map[headroom.Outcome]bool{
		headroom.OK: false, headroom.BusinessError: false, headroom.NothingToDo: false, headroom.Aborted: false,
		headroom.Fault: true, headroom.Timeout: true, headroom.Unreachable: true, headroom.Conflict: true,
	} {
		if again(r, 2, o) != want || again(r, 3, o) || again(nil, 1, o) {
			t.Errorf("%s: sent again %t (attempt 2), %t (3), %t (no retry)", o, again(r, 2, o), again(r, 3, o), again(nil, 1, o))
		}
	}
}

func TestBackoffGrowsAndIsTheSeeds(t *testing.T) {
	a := headroom.Arrival{Seed: 5}
	for k, want := range map[int]time.Duration{1: 500 * ms, 2: 1500 * ms, 3: 4500 * ms} {
		if got := backoff(headroom.Retry{Backoff: 0.5, Factor: 3}, a, k); got != want {
			t.Errorf("after attempt %d: %v, want %v", k, got, want)
		}
	}
	if got := backoff(headroom.Retry{Backoff: 1}, a, 3); got != 4*time.Second {
		t.Errorf("the factor is 2 unless given, but the third wait is %v", got)
	}
	var sum, least, most float64
	least = math.Inf(1)
	for seed := range uint64(2000) {
		w := backoff(headroom.Retry{Backoff: 1, Jitter: 0.25}, headroom.Arrival{Seed: seed}, 1).Seconds()
		sum, least, most = sum+w, min(least, w), max(most, w)
	}
	// A mean of uniform draws of ±0.25 has a standard error of 0.25/√3/√2000 = 0.0032.
	if mean := sum / 2000; math.Abs(mean-1) > 0.016 || least < 0.75 || most > 1.25 || most-least < 0.49 {
		t.Errorf("waits of mean %v between %v and %v", mean, least, most)
	}
	j := headroom.Retry{Backoff: 1, Jitter: 0.25}
	first, again := backoff(j, a, 1), backoff(j, a, 1)
	if first != again || backoff(j, a, 1) == backoff(j, headroom.Arrival{Seed: 6}, 1) {
		t.Error("a wait does not follow from the seed")
	}
	if got := backoff(headroom.Retry{Backoff: 1, Factor: 10}, a, 400); got < time.Hour {
		t.Errorf("a wait beyond any run overflows to %v", got)
	}
}

// One connection and two documents: while the first waits for its second
// attempt, the other has the connection.
func TestADocumentWaitsOutsideOfItsConnection(t *testing.T) {
	var mu sync.Mutex
	var order []uint64
	var b *bench
	b = newBench(2, []headroom.Lane{{Connections: 1, Retry: &headroom.Retry{Attempts: 3, Backoff: 0.04}}}, func(vu uint64) error {
		i := b.child.Serving(vu)
		mu.Lock()
		order = append(order, i.Arrival.ID*10+uint64(i.Attempt))
		mu.Unlock()
		i.Add(headroom.Request{Step: "create"})
		time.Sleep(5 * ms)
		if i.Arrival.ID == 1 && i.Attempt < 3 {
			return &child.Failure{Outcome: headroom.Unreachable, Message: "gone"}
		}
		return nil
	})
	got := b.do(t, documents(2), time.Second)
	if want := []uint64{11, 21, 12, 13}; len(order) != 4 || order[0] != want[0] || order[1] != want[1] || order[2] != want[2] || order[3] != want[3] {
		t.Errorf("attempts in order %v, want %v", order, want)
	}
	j := got[1]
	if j.Outcome != headroom.OK || j.Attempts != 3 || j.Error != "" || j.End < 0.04+0.08 || j.End > 1 {
		t.Errorf("the one that was sent again: %+v", j)
	}
	if got[2].Attempts != 1 || got[2].DesignWait > 0.03 {
		t.Errorf("the other: %+v", got[2])
	}
	if d := b.tally.total(); d != (headroom.ChildDone{Started: 2, Done: 2}) {
		t.Errorf("%+v", d)
	}
}

func TestAttemptsAreUsedUp(t *testing.T) {
	var n atomic.Int64
	b := newBench(1, []headroom.Lane{{Connections: 1, Retry: &headroom.Retry{Attempts: 4, Backoff: 0.001}}}, func(uint64) error {
		n.Add(1)
		return &child.Failure{Outcome: headroom.Fault, Message: "HTTP 502"}
	})
	j := b.do(t, documents(1), time.Second)[1]
	if n.Load() != 4 || j.Attempts != 4 || j.Outcome != headroom.Fault || j.Error != "HTTP 502" {
		t.Errorf("%d attempts, %+v", n.Load(), j)
	}
}

func TestWhatTheERPRefusesIsNotSentAgain(t *testing.T) {
	for _, err := range []error{&child.Failure{Outcome: headroom.BusinessError}, errors.New("TypeError")} {
		var n atomic.Int64
		b := newBench(1, []headroom.Lane{{Connections: 1, Retry: &headroom.Retry{Attempts: 4}}}, func(uint64) error {
			n.Add(1)
			return err
		})
		if j := b.do(t, documents(1), time.Second)[1]; n.Load() != 1 || j.Attempts != 1 || j.Outcome != headroom.BusinessError {
			t.Errorf("%v: %d attempts, %+v", err, n.Load(), j)
		}
	}
}

func TestAStopEndsTheWaitForTheNextAttempt(t *testing.T) {
	b := newBench(1, []headroom.Lane{{Connections: 1, Retry: &headroom.Retry{Attempts: 2, Backoff: 3600}}}, func(uint64) error {
		return &child.Failure{Outcome: headroom.Timeout}
	})
	time.AfterFunc(50*ms, func() { b.child.Stop(time.Second) })
	j := b.do(t, documents(1), time.Minute)[1]
	if j.Outcome != headroom.Aborted || j.Attempts != 1 || j.End < 0.04 || j.End > 2 || j.Start > 0.04 {
		t.Errorf("%+v", j)
	}
	if d := b.tally.total(); d != (headroom.ChildDone{Started: 1, Done: 1, Failed: 1, Aborted: 1}) {
		t.Errorf("%+v", d)
	}
}
