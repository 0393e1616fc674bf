package attack

import (
	"iter"
	"time"

	"github.com/headroom-erp/headroom"
)

// ours are the arrivals of a schedule that this engine offers.
func ours(s headroom.Schedule) iter.Seq2[headroom.Arrival, error] {
	processes := s.Header().Processes
	return func(yield func(headroom.Arrival, error) bool) {
		for a, err := range s.Arrivals() {
			if err == nil && processes[a.Process].Engine != Name {
				continue
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// A replay is a schedule as vegeta's Pacer sees one: hit n falls on the time
// of arrival n, both from 0. It holds one arrival at a time, and so is asked
// for n that never fall.
type replay struct {
	next    func() (headroom.Arrival, error, bool)
	close   func()
	current headroom.Arrival
	read    uint64 // arrivals read so far; current is number read-1
	ended   bool
	err     error
}

func newReplay(s headroom.Schedule) *replay {
	r := &replay{}
	r.next, r.close = iter.Pull2(ours(s))
	return r
}

// arrival is number n, from 0; false after the last.
func (r *replay) arrival(n uint64) (headroom.Arrival, bool) {
	for r.read <= n && !r.ended {
		a, err, ok := r.next()
		if !ok || err != nil {
			r.ended, r.err = true, err
			break
		}
		r.current = a
		r.read++
	}
	return r.current, r.read > n
}

// Pace is a pure function of the time since the run's start and the number of
// hits: how long until the next arrival, and whether there is none.
func (r *replay) Pace(elapsed time.Duration, hits uint64) (wait time.Duration, stop bool) {
	a, ok := r.arrival(hits)
	if !ok {
		return 0, true
	}
	return max(0, a.At-elapsed), false
}

// A due is an arrival whose time has come.
type due struct {
	arrival headroom.Arrival
	ready   time.Duration // when it was handed to vegeta
	blocked time.Duration // of its delay until then, what was a wait for a worker
}

// A gate is the Pacer that vegeta asks. It waits itself, since vegeta's own
// sleep cannot be ended by a stop, and on the run's clock, which began before
// vegeta's. So it also knows the two delays apart: a timer that rang late, and
// vegeta that kept the previous arrival until a worker was free.
type gate struct {
	engine *Engine
	replay *replay
	passed uint64        // arrivals
	last   time.Duration // when the previous one passed
}

// Pace implements vegeta.Pacer.
func (g *gate) Pace(_ time.Duration, hits uint64) (wait time.Duration, stop bool) {
	entered := g.engine.now()
	wait, stop = g.replay.Pace(entered, hits)
	if stop || !g.engine.sleep(wait) {
		return 0, true
	}
	d := due{arrival: g.replay.current, ready: g.engine.now()}
	if g.passed > 0 {
		d.blocked = max(0, entered-max(d.arrival.At, g.last))
	}
	g.passed, g.last = hits+1, d.ready
	g.engine.mu.Lock()
	g.engine.queue = append(g.engine.queue, d)
	g.engine.mu.Unlock()
	return 0, false
}

// Rate implements vegeta.Pacer: the mean rate so far, in 1/s. An attack does
// not ask for it.
func (g *gate) Rate(elapsed time.Duration) float64 {
	if elapsed <= 0 {
		return 0
	}
	return float64(g.replay.read) / elapsed.Seconds()
}

// sleep waits; false when a stop came first.
func (e *Engine) sleep(d time.Duration) bool {
	select {
	case <-e.stopping:
		return false
	default:
	}
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-e.stopping:
		return false
	}
}
