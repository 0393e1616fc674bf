package arrivals

import (
	"errors"
	"iter"
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
	clock   *runClock
	out     chan<- metrics.SampleContainer
	workers []*worker
	pool    *pool
	tally   *tally
	last    time.Duration // when the last arrival came, or the last shift ends; of the offering goroutine

	state     *lib.ExecutionState // k6's own counters; nil in tests
	log       logrus.FieldLogger
	cut       func() error // not nil once running journeys were interrupted
	interrupt func()
}

func newReplay(h *headroom.Header, c *child.Child, out chan<- metrics.SampleContainer, workers []*worker) (*replay, error) {
	clock, err := newClock(c)
	if err != nil {
		return nil, &headroom.MeasureError{What: "the clock that arrivals are timed by cannot be made", Err: err, Do: "allow more open files (ulimit -n)"}
	}
	r := &replay{
		header: h, child: c, clock: clock, out: out, workers: workers, tally: newTally(),
		log: logrus.StandardLogger(), cut: func() error { return nil }, interrupt: func() {},
	}
	r.pool = newPool(clock, h.Lanes, workers)
	return r, nil
}

// run offers the schedule and returns when each arrival was handed to the
// output, at the latest soon after grace has passed since the last one came
// and the last shift's end. It may be called once.
func (r *replay) run(s stream, grace time.Duration) error {
	defer r.clock.close()
	var working sync.WaitGroup
	for _, w := range r.workers {
		working.Go(func() { r.work(w) })
	}
	stopTicks := r.tick()
	over := make(chan struct{})
	kept, err := r.keepTime(s, over)
	if err != nil {
		r.child.Stop(0)
	}
	r.drain(grace)
	close(over)
	r.clock.wake()
	<-kept
	for _, w := range r.workers {
		close(w.desk)
	}
	working.Wait()
	stopTicks()
	return err
}

// keepTime offers the schedule from a goroutine of its own, on which the clock
// sleeps. It returns when all have come; what is put off is still let go at
// its time until over is closed. The channel is closed after that.
func (r *replay) keepTime(s stream, over <-chan struct{}) (<-chan struct{}, error) {
	offered, kept := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(kept)
		r.clock.settle()
		offered <- offer(s, r.clock, r.child.Stopping(), r)
		await(never, r.clock, over, r)
	}()
	return kept, <-offered
}

// drain waits for the journeys that run and for those that wait for a
// connection or a virtual user. What is not done in time is cut off.
func (r *replay) drain(grace time.Duration) {
	empty, stopping := r.pool.seal(), r.child.Stopping()
	patience := time.NewTimer(max(0, r.last-r.clock.Now()) + grace)
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
func (r *replay) arrive(a headroom.Arrival, at time.Duration) bool {
	r.last = max(r.last, a.At, a.Until)
	return r.pool.arrive(a, at)
}

func (r *replay) resume(now time.Duration) time.Duration { return r.pool.resume(now) }

// abandon records an arrival whose time never came; of a shift, its first
// journey.
func (r *replay) abandon(a headroom.Arrival) {
	r.close() // what waits must not start any more either
	i := child.NewInstance(r.header, firstOf(a).arrival, r.out)
	i.Journey.Start = i.Journey.Scheduled
	r.tally.abandon()
	i.Abandon()
}

// close ends the pool and records the arrivals that waited in it.
func (r *replay) close() {
	for _, j := range r.pool.close() {
		if j.begun != nil { // it was sent before, and would have been again
			j.begun.End(r.clock.Now().Seconds(), errCut, true)
			r.tally.end(headroom.Aborted)
			continue
		}
		r.tally.abandon()
		r.instance(j, r.clock.Now()).Abandon()
	}
}

// errCut stands for what a journey would have returned that the run's end kept
// from going on.
var errCut = errors.New("the run ended")

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
		r.pool.finish(w, j, r.serve(w.vu, j))
	}
}

// serve runs one journey, or one attempt of it, in a virtual user, and hands a
// journey that is over to the output. It tells whether the arrival is over.
func (r *replay) serve(v vu, j job) (over bool) {
	now := r.clock.Now()
	i := j.begun
	if i == nil {
		i = r.instance(j, now)
		r.tally.start((j.dispatched - j.arrival.At) + (now - j.granted))
	}
	retry := r.retry(j.arrival)
	i.Try(j.attempt+1, retry)
	r.child.Assign(v.id, i)
	r.count(+1)
	err := v.RunOnce()
	r.count(-1)
	r.child.Assign(v.id, nil)
	now = r.clock.Now()
	cut := err != nil && r.cut() != nil
	r.account(err, cut)
	if !cut && again(retry, j.attempt+1, child.OutcomeOf(err)) && r.sendAgain(j, i, *retry, now) {
		return false
	}
	i.End(now.Seconds(), err, cut)
	r.tally.end(i.Journey.Outcome)
	return cut || !r.goOn(j, now)
}

// retry is what the gateway of an arrival's lane does about failures; nil for
// nothing.
func (r *replay) retry(a headroom.Arrival) *headroom.Retry {
	if a.Kind != headroom.Batched {
		return nil
	}
	return r.header.Lanes[a.Lane].Retry
}

// sendAgain puts a document off until its next attempt; false when there will
// be none.
func (r *replay) sendAgain(j job, i *child.Instance, retry headroom.Retry, now time.Duration) bool {
	j.begun = i
	j.attempt++
	return r.pool.postpone(j, now+backoff(retry, j.arrival, j.attempt))
}

// goOn lets an operator pause after a journey that ended now, and wants the
// next one after that; false when the shift is over, or it was no operator.
func (r *replay) goOn(j job, now time.Duration) bool {
	if j.arrival.Kind != headroom.Closed {
		return false
	}
	next := now + j.arrival.Pause(r.header.Processes[j.arrival.Process])
	if next >= j.shift.Until {
		return false
	}
	return r.pool.postpone(job{arrival: j.shift.Journey(j.n+1, next), shift: j.shift, n: j.n + 1}, next)
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
