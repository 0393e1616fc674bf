package arrivals

import (
	"sync"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/headroom-erp/headroom"
)

// A tally counts journeys and keeps the generator's own lateness.
type tally struct {
	mu      sync.Mutex
	started int
	done    int
	failed  int
	aborted int
	late    *hdr.Histogram // timer late + no virtual user free, in microseconds
}

// newTally keeps lateness to three digits, up to an hour.
func newTally() *tally {
	return &tally{late: hdr.New(1, time.Hour.Microseconds(), 3)}
}

func (t *tally) start(late time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.started++
	_ = t.late.RecordValue(min(max(0, late.Microseconds()), time.Hour.Microseconds()))
}

func (t *tally) end(o headroom.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	if o != headroom.OK && o != headroom.NothingToDo {
		t.failed++
	}
	if o == headroom.Aborted {
		t.aborted++
	}
}

// abandon counts a journey that never began.
func (t *tally) abandon() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed++
	t.aborted++
}

func (t *tally) tick(now time.Duration) *headroom.Tick {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &headroom.Tick{
		T: now.Seconds(), Started: t.started, Done: t.done, Failed: t.failed, Active: t.started - t.done,
		LateP99: float64(t.late.ValueAtQuantile(99)) / 1e6,
	}
}

func (t *tally) total() headroom.ChildDone {
	t.mu.Lock()
	defer t.mu.Unlock()
	return headroom.ChildDone{Started: t.started, Done: t.done, Failed: t.failed, Aborted: t.aborted}
}
