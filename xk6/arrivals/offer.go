package arrivals

import (
	"iter"
	"time"

	"github.com/headroom-erp/headroom"
)

// nap is the longest single sleep: how late a stop may be noticed.
const nap = 10 * time.Millisecond

// A clock tells the time since the run's start and waits.
type clock interface {
	Now() time.Duration
	sleep(time.Duration) // may return early or late
}

// A sink takes arrivals at their time, and those that will never have one.
type sink interface {
	arrive(a headroom.Arrival, at time.Duration) bool // false: too late, everything is closing
	abandon(a headroom.Arrival)
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
		if !await(a.At, c, stopping) || !s.arrive(a, c.Now()) {
			s.abandon(a)
		}
	}
	return nil
}

// await waits until t; false when stopping was closed before.
func await(t time.Duration, c clock, stopping <-chan struct{}) bool {
	for {
		select {
		case <-stopping:
			return false
		default:
		}
		left := t - c.Now()
		if left <= 0 {
			return true
		}
		c.sleep(min(left, nap))
	}
}
