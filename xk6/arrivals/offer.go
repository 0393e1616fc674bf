package arrivals

import (
	"iter"
	"math"
	"time"

	"github.com/headroom-erp/headroom"
)

const (
	nap   = 10 * time.Millisecond            // the longest single sleep: how late a stop may be noticed
	never = time.Duration(math.MaxInt64 / 2) // differences from it do not overflow
)

// A clock tells the time since the run's start and waits.
type clock interface {
	Now() time.Duration
	sleep(time.Duration) // may return early or late; one goroutine at a time
	wake()               // ends a sleep, or the next one
}

// A sink takes arrivals at their time, and those that will never have one.
type sink interface {
	arrive(a headroom.Arrival, at time.Duration) bool // false: too late, everything is closing
	abandon(a headroom.Arrival)
	resume(now time.Duration) time.Duration // lets go what was put off until now; when is the next?
}

// ours lets only the arrivals through that this engine offers.
func ours(h *headroom.Header, all iter.Seq2[headroom.Arrival, error]) iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		for a, err := range all {
			if err == nil && h.Processes[a.Process].Engine != "k6" {
				continue
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// offer hands each arrival to the sink at its time. Once stopping is closed,
// the rest is abandoned, so that every arrival ends in the sink exactly once.
func offer(arrivals iter.Seq2[headroom.Arrival, error], c clock, stopping <-chan struct{}, s sink) error {
	for a, err := range arrivals {
		if err != nil {
			return err
		}
		if !await(a.At, c, stopping, s) || !s.arrive(a, c.Now()) {
			s.abandon(a)
		}
	}
	return nil
}

// await waits until t, and lets go meanwhile what was put off; false when
// stopping was closed before.
func await(t time.Duration, c clock, stopping <-chan struct{}, s sink) bool {
	for {
		select {
		case <-stopping:
			return false
		default:
		}
		now := c.Now()
		next := s.resume(now)
		if now >= t {
			return true
		}
		c.sleep(min(t-now, next-now, nap))
	}
}
