// Package conduct conducts one run: the stack comes up, the target's marker is
// checked, engines and probes get one start time, and whatever happens, the
// bundle is closed and the stack taken down.
package conduct

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/live"
	"github.com/headroom-erp/headroom/fixtures/carrier"
	"github.com/headroom-erp/headroom/results"
)

// Spec is everything that one run needs.
type Spec struct {
	ID       string
	Binary   string            // the headroom executable, whose verb k6 is the child
	Tool     string            // its version
	Engines  map[string]string // versions of what it offers load and computes with
	Plan     headroom.Plan
	PlanText []byte            // the resolved plan, as it is kept in the bundle
	Topology headroom.Topology // as the plan has it
	Parts    []Part            // its stacks
	Schedule headroom.Schedule
	Seeded   headroom.Seeded
	Logins   headroom.Logins
	Dir      string          // the bundle, which must not exist
	Store    headroom.Secret // of the PostgreSQL that takes a copy of the run; "" for none
	Private  string          // a folder of mode 0700 for files with secrets; emptied of ours at the end
	VUs      int             // virtual users of the k6 engine
	// Carrier is there when the plan has one; Incidents switch it.
	Carrier   *carrier.Stub
	Incidents []Incident
	// Services are observed besides those that the parts' targets have.
	Services []headroom.Service
	// Lost are things without which the run is worthless, by name; a closed channel ends it.
	Lost map[string]<-chan struct{}
	// Say takes a line of progress.
	Say func(format string, args ...any)
	// Live takes the run's state, each second from its start and once when it has
	// ended; nil for none.
	Live func(headroom.Status)
}

// Grace is how long started journeys may finish after the last arrival, and
// after Ctrl-C.
const (
	Grace            = 90 * time.Second
	interruptedGrace = 4 * time.Second
	startMargin      = 500 * time.Millisecond
	downTimeout      = 30 * time.Second
)

// Run conducts a run and returns what is known of it. On an error the bundle,
// if it was begun, is kept and says that it is incomplete, and why.
func Run(ctx context.Context, s Spec) (info headroom.RunInfo, err error) {
	up, err := s.up(ctx)
	defer func() { err = first(err, s.down(ctx)) }()
	s.Lost = s.lost(up)
	err = s.because(ctx, err)
	if err == nil && len(up) == 0 {
		err = &headroom.InputError{What: "the schedule has no site of topology " + s.Topology.Name, Do: "choose a topology that serves the window's sites"}
	}
	if err == nil {
		err = CheckObserve(s.Plan, s.services(up))
	}
	if err != nil {
		return info, err
	}
	info = headroom.RunInfo{
		ID: s.ID, Plan: s.Plan, Topology: s.Topology, Schedule: s.Schedule.Header(),
		TargetKind: up[0].target.Kind,
	}
	awake, sleep := s.keepAwake(up)
	defer func() { err = first(err, sleep()) }()
	s.describe(ctx, up, &info)
	info.Machine.Awake = awake
	bundle, err := s.begin(ctx, info)
	if err != nil {
		return info, err
	}
	view, runErr := s.offer(ctx, up, bundle, info)
	if view == nil {
		runErr = s.because(ctx, runErr)
	}
	reason := ""
	if runErr != nil {
		reason = why(runErr)
		if ctx.Err() != nil {
			reason = "interrupted"
		}
	}
	if err := bundle.Finish(runErr == nil, reason); err != nil && runErr == nil {
		runErr = err
	}
	if view != nil {
		view.End(runErr == nil, reason)
	}
	reader, err := results.Open(s.Dir)
	if err == nil {
		info = reader.Info()
		err = reader.Close()
	}
	return info, first(runErr, err)
}

// why is an error without what to do about it.
func why(err error) string {
	var m *headroom.MeasureError
	if errors.As(err, &m) {
		return (&headroom.MeasureError{What: m.What, Err: m.Err}).Error()
	}
	return err.Error()
}

// first is the first error: whatever comes after it on the way down, such as
// each part of a bundle saying that the disk is full, follows from it.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// offer writes the schedule, readies the engines, and replays. The view, nil
// before the start, is the caller's to end when everything is recorded.
func (s Spec) offer(ctx context.Context, up estate, bundle *book, info headroom.RunInfo) (view *live.View, err error) {
	if err := s.writeInputs(bundle); err != nil {
		return nil, err
	}
	part, err := bundle.open(s.Lost)
	if err != nil {
		return nil, err
	}
	defer func() { err = bundle.blame(first(err, part.Close())) }()
	engines, cleanup, err := s.engines(up, bundle, part)
	if err != nil {
		return nil, err
	}
	defer cleanup()
	board := live.NewBoard(info, s.Schedule.Arrivals()) // before the start: it reads the whole schedule
	defer func() {
		if view == nil {
			board.Close()
		}
	}()
	ready, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := each(engines, func(e headroom.Engine) error { return e.Ready(ready) }, cancel); err != nil {
		abandon(engines)
		return nil, first(err, ctx.Err())
	}
	cleanup() // who needed the files with secrets has read them
	watch := s.watch(up, engines)
	start := time.Now().Add(startMargin)
	if err := bundle.Update(func(i *headroom.RunInfo) { i.Started = start.UTC() }); err != nil {
		abandon(engines)
		return nil, err
	}
	kept := newAlarm(part)
	stopProbes := s.probe(ctx, watch, start, kept)
	defer func() { err = first(err, stopProbes()) }()
	stopEvents := s.happen(start, kept)
	defer func() { err = first(err, stopEvents()) }()
	broken := make(chan string, 1)
	view = live.Start(live.Options{
		Board: board, Open: live.Bundle(bundle.Dir()), Show: s.Live,
		Clock:  func() float64 { return time.Since(start).Seconds() },
		Broken: func(reason string) { broken <- reason },
	})
	return view, s.replay(ctx, engines, start, broken, kept.rung)
}

// replay starts the engines at one moment and waits for the end of the
// schedule, an interruption, the loss of something that the run needs, a disk
// that is full, or a stop rule of the plan.
func (s Spec) replay(ctx context.Context, engines []headroom.Engine, start time.Time, broken <-chan string, full <-chan error) error {
	for _, e := range engines {
		if err := e.Start(start); err != nil {
			abandon(engines)
			return err
		}
	}
	var ended error // what the engines say; read after done
	done := make(chan struct{})
	go func() {
		defer close(done)
		ended = each(engines, headroom.Engine.Wait, func() { stopAll(engines, interruptedGrace) })
	}()
	lost, release := s.anyLost()
	defer release()
	var cause error
	select {
	case <-done:
		return ended
	case name := <-lost:
		cause = &headroom.MeasureError{What: name + " ended in the middle of the run", Do: "what was measured until then is kept in " + s.Dir}
	case cause = <-full:
	case rule := <-broken:
		s.Say("stopping, started journeys get %.0f s to finish: %s", interruptedGrace.Seconds(), rule)
		cause = &headroom.MeasureError{What: rule, Do: "what was measured until then is kept in " + s.Dir}
	case <-ctx.Done():
		s.Say("stopping: started journeys get %.0f s to finish", interruptedGrace.Seconds())
		cause = headroom.ErrInterrupted
	}
	stopAll(engines, interruptedGrace)
	<-done // what they say now follows from the stop
	return cause
}

// because is err, or the loss of something that explains it: a server that
// died while the run was prepared is no mistake of the user's.
func (s Spec) because(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	lost, release := s.anyLost()
	defer release()
	select {
	case name := <-lost:
		return &headroom.MeasureError{What: name + " ended before the run began", Err: errors.New(err.Error())} // of no kind: that was the loss's
	case <-time.After(noticed):
		return err
	}
}

// noticed is how long the end of a process may take to be known after others
// felt it.
const noticed = 500 * time.Millisecond

// anyLost gives the name of the first thing that is lost.
func (s Spec) anyLost() (<-chan string, func()) {
	lost, quit := make(chan string, len(s.Lost)), make(chan struct{})
	for name, ch := range s.Lost {
		go func() {
			select {
			case <-ch:
				lost <- name
			case <-quit:
			}
		}()
	}
	return lost, func() { close(quit) }
}

// each calls f for all engines at once; the first error calls abort and is
// returned.
func each(engines []headroom.Engine, f func(headroom.Engine) error, abort func()) error {
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	for _, e := range engines {
		wg.Go(func() {
			if err := f(e); err != nil {
				once.Do(func() { first = err; abort() })
			}
		})
	}
	wg.Wait()
	return first
}

func stopAll(engines []headroom.Engine, grace time.Duration) {
	for _, e := range engines {
		e.Stop(grace)
	}
}

// abandonPatience bounds the wait for engines that never started.
const abandonPatience = 10 * time.Second

// abandon stops engines at once and waits until they write no more, so that
// bundle and stack can be closed. An engine that never began has nothing to
// end, and is not waited for longer.
func abandon(engines []headroom.Engine) {
	stopAll(engines, 0)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = each(engines, headroom.Engine.Wait, func() {}) // why they end is known
	}()
	select {
	case <-ended:
	case <-time.After(abandonPatience):
	}
}

// writeInputs puts plan and schedule into the bundle.
func (s Spec) writeInputs(bundle *book) error {
	if err := os.WriteFile(bundle.Plan(), s.PlanText, 0o644); err != nil {
		return &headroom.MeasureError{What: "the plan could not be kept", Err: err}
	}
	f, err := os.Create(bundle.Schedule())
	if err != nil {
		return &headroom.MeasureError{What: "the schedule could not be written", Err: err}
	}
	err = headroom.WriteSchedule(f, s.Schedule)
	if err = errors.Join(err, f.Close()); err != nil {
		return &headroom.MeasureError{What: "the schedule could not be written", Err: err}
	}
	return bundle.keepInputs()
}

// private writes a file that only we may read.
func (s Spec) private(name string, write func(path string) error) (string, error) {
	path := filepath.Join(s.Private, s.ID+"-"+name)
	if err := write(path); err != nil {
		return "", fmt.Errorf("conduct: %s: %w", name, err)
	}
	return path, nil
}
