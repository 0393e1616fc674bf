package arrivals

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.k6.io/k6/lib"
	"go.k6.io/k6/lib/executor"
	"go.k6.io/k6/metrics"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// An Executor replays one schedule.
type Executor struct {
	*executor.BaseExecutor
	config *Config
	state  *lib.ExecutionState
	child  *child.Child

	header   headroom.Header
	vus      []lib.InitializedVU
	sessions int
	iter     atomic.Uint64
}

// Init takes the whole pool, reads the schedule's header and has the users
// logged in. The parent hears of what went wrong, beside the log.
func (e *Executor) Init(ctx context.Context) error {
	err := e.init(ctx)
	if err != nil && !errors.Is(err, child.ErrNotConducted) {
		e.child.Fail(err)
	}
	return err
}

func (e *Executor) init(ctx context.Context) error {
	if _, err := e.child.Setup(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // a parent that gives up, or is gone, also ends the logins
		select {
		case <-e.child.Stopping():
			cancel()
		case <-ctx.Done():
		}
	}()
	err := e.read(func(h headroom.Header, s stream) (err error) {
		e.header = h
		e.sessions, err = e.config.preparer.Prepare(ctx, &e.header, s)
		return err
	})
	if err != nil {
		return err
	}
	for range e.config.VUs {
		vu, err := e.state.GetPlannedVU(e.GetLogger(), false)
		if err != nil {
			return fmt.Errorf("arrivals: %w", err)
		}
		e.vus = append(e.vus, vu)
	}
	return nil
}

// read opens the schedule and hands out its header and our arrivals.
func (e *Executor) read(use func(headroom.Header, stream) error) error {
	f, err := os.Open(e.config.Schedule)
	if err != nil {
		return fmt.Errorf("arrivals: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	h, all, err := headroom.ReadSchedule(f)
	if err != nil {
		return fmt.Errorf("arrivals: %s: %w", e.config.Schedule, err)
	}
	return use(h, ours(&h, all))
}

// Run says that it is ready, waits for the run's start, and returns when every
// arrival is recorded.
func (e *Executor) Run(ctx context.Context, out chan<- metrics.SampleContainer) error {
	start := time.Now()
	ctx = lib.WithScenarioState(ctx, &lib.ScenarioState{
		Name: e.config.Name, Executor: Type, StartTime: start,
		ProgressFn: func() (float64, []string) { return e.progress(start) },
	})
	vuCtx, interrupt := context.WithCancel(ctx)
	returned := &sync.WaitGroup{}
	defer returned.Wait()
	defer interrupt()
	defer context.AfterFunc(ctx, func() { e.child.Stop(0) })()

	r, err := newReplay(&e.header, e.child, out, e.activate(vuCtx, returned))
	if err != nil {
		e.child.Fail(err)
		return err
	}
	r.log, r.state, r.cut, r.interrupt = e.GetLogger(), e.state, vuCtx.Err, interrupt

	defer giveSlack()()
	e.child.Say(headroom.ChildEvent{Ready: &headroom.ChildReady{VUs: len(e.vus), Sessions: e.sessions}})
	select {
	case at := <-e.child.Starts():
		e.child.Begin(at)
	case <-e.child.Stopping():
		e.child.Finished(headroom.ChildDone{}) // there was no run
		return nil
	}
	err = e.read(func(_ headroom.Header, s stream) error { return r.run(s, e.config.GetGracefulStop()) })
	if err != nil {
		e.child.Fail(err)
		return err
	}
	e.child.Finished(r.tally.total())
	return nil
}

// activate makes the pool's virtual users able to run, once for the whole run.
func (e *Executor) activate(ctx context.Context, returned *sync.WaitGroup) []*worker {
	workers := make([]*worker, 0, len(e.vus))
	for _, v := range e.vus {
		returned.Add(1)
		active := v.Activate(&lib.VUActivationParams{
			RunContext: ctx, Scenario: e.config.Name, Exec: e.config.GetExec(),
			Env: e.config.GetEnv(), Tags: e.config.GetTags(),
			DeactivateCallback: func(v lib.InitializedVU) {
				e.state.ReturnVU(v, false)
				returned.Done()
			},
			GetNextIterationCounters: func() (uint64, uint64) {
				n := e.iter.Add(1) - 1
				return n, n
			},
		})
		workers = append(workers, &worker{vu: vu{active, v.GetID()}, desk: make(chan job, 1)})
	}
	return workers
}

func (e *Executor) progress(start time.Time) (float64, []string) {
	total := e.config.Duration.TimeDuration()
	spent := time.Since(start)
	if total <= 0 || spent > total {
		return 1, nil
	}
	return float64(spent) / float64(total), []string{spent.Truncate(time.Second).String()}
}
