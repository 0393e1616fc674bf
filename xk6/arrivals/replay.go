package arrivals

import (
	"errors"
	"iter"
	"runtime"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/errext"
	"go.k6.io/k6/lib"
	"go.k6.io/k6/metrics"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

type stream = iter.Seq2[headroom.Arrival, error]

// A vu is an active virtual user and its number.
type vu struct {
	lib.ActiveVU
	id uint64
}

// A replay is one run through a schedule.
type replay struct {
	header  *headroom.Header
	child   *child.Child
	clock   clock
	out     chan<- metrics.SampleContainer
	workers []*worker
	pool    *pool
	tally   *tally

	state     *lib.ExecutionState // k6's own counters; nil in tests
	log       logrus.FieldLogger
	cut       func() error // not nil once running journeys were interrupted
	interrupt func()
}

func newReplay(h *headroom.Header, c *child.Child, out chan<- metrics.SampleContainer, workers []*worker) *replay {
	r := &replay{
		header: h, child: c, clock: threadClock{c}, out: out, workers: workers, tally: newTally(),
		log: logrus.StandardLogger(), cut: func() error { return nil }, interrupt: func() {},
	}
	r.pool = newPool(c.Now, h.Lanes, workers)
	return r
}

// run offers the schedule and returns when each arrival was handed to the
// output, at the latest soon after grace has passed since the last one.
func (r *replay) run(s stream, grace time.Duration) error {
	var working sync.WaitGroup
	for _, w := range r.workers {
		working.Go(func() { r.work(w) })
	}
	stopTicks := r.tick()
	err := r.offer(s)
	if err != nil {
		r.child.Stop(0)
	}
	r.drain(grace)
	for _, w := range r.workers {
		close(w.desk)
	}
	working.Wait()
	stopTicks()
	return err
}

// offer has a thread of its own, on which the clock sleeps.
func (r *replay) offer(s stream) error {
	offered := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		offered <- offer(s, r.clock, r.child.Stopping(), r)
	}()
	return <-offered
}

// drain waits for the journeys that run and for those that wait for a
// connection or a virtual user. What is not done in time is cut off.
func (r *replay) drain(grace time.Duration) {
	empty, stopping := r.pool.seal(), r.child.Stopping()
	patience := time.NewTimer(grace)
	defer patience.Stop()
	for {
		select {
		case <-empty:
			return
		case <-stopping:
			r.close()
			stopping = nil
			continue
		case <-patience.C:
		case <-r.child.Interrupting():
		}
		break
	}
	r.close()
	r.interrupt()
	<-empty
}

// arrive is an arrival at its time.
func (r *replay) arrive(a headroom.Arrival, at time.Duration) bool { return r.pool.arrive(a, at) }

// abandon records an arrival whose time never came.
func (r *replay) abandon(a headroom.Arrival) {
	r.close() // what waits must not start any more either
	i := child.NewInstance(r.header, a, r.out)
	i.Journey.Start = i.Journey.Scheduled
	r.tally.abandon()
	i.Abandon()
}

// close ends the pool and records the arrivals that waited in it.
func (r *replay) close() {
	for _, j := range r.pool.close() {
		r.tally.abandon()
		r.instance(j, r.clock.Now()).Abandon()
	}
}

// instance tells the three delays of a job that starts now.
func (r *replay) instance(j job, now time.Duration) *child.Instance {
	i := child.NewInstance(r.header, j.arrival, r.out)
	i.Journey.Start = now.Seconds()
	i.Journey.TimerLate = (j.dispatched - j.arrival.At).Seconds()
	i.Journey.DesignWait = (j.granted - j.dispatched).Seconds()
	i.Journey.VUWait = (now - j.granted).Seconds()
	return i
}

func (r *replay) work(w *worker) {
	for j := range w.desk {
		r.serve(w.vu, j)
		r.pool.finish(w, j)
	}
}

// serve runs one journey in a virtual user and hands it to the output.
func (r *replay) serve(v vu, j job) {
	now := r.clock.Now()
	i := r.instance(j, now)
	r.tally.start((j.dispatched - j.arrival.At) + (now - j.granted))
	r.child.Assign(v.id, i)
	r.count(+1)
	err := v.RunOnce()
	r.count(-1)
	r.child.Assign(v.id, nil)
	cut := err != nil && r.cut() != nil
	i.End(r.clock.Now().Seconds(), err, cut)
	r.account(err, cut)
	r.tally.end(i.Journey.Outcome)
}

// count keeps k6's number of active virtual users.
func (r *replay) count(mod int64) {
	if r.state != nil {
		r.state.ModCurrentlyActiveVUsCount(mod)
	}
}

// account keeps k6's numbers of iterations, and logs what a script threw.
func (r *replay) account(err error, cut bool) {
	if r.state != nil {
		if cut {
			r.state.AddInterruptedIterations(1)
		} else {
			r.state.AddFullIterations(1)
		}
	}
	var f *child.Failure
	if err == nil || cut || errors.As(err, &f) {
		return
	}
	var exception errext.Exception
	if errors.As(err, &exception) {
		r.log.WithField("source", "stacktrace").Error(exception.StackTrace())
		return
	}
	r.log.Error(err)
}

// tick tells the parent how it goes, at each full second of the run's clock
// until the returned function is called, which tells it a last time.
func (r *replay) tick() (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	say := func() { r.child.Say(headroom.ChildEvent{Tick: r.tally.tick(r.clock.Now())}) }
	go func() {
		defer close(ended)
		for {
			select {
			case <-time.After(untilSecond(r.clock.Now())):
				say()
			case <-quit:
				say()
				return
			}
		}
	}()
	return func() { close(quit); <-ended }
}

// untilSecond is the time from now to the next full second, at least half of
// one, so that a timer that fires early does not tell a second twice.
func untilSecond(now time.Duration) time.Duration {
	left := time.Second - (now%time.Second+time.Second)%time.Second
	if left < time.Second/2 {
		left += time.Second
	}
	return left
}
