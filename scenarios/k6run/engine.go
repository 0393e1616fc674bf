package k6run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/headroom-erp/headroom"
)

// An Engine is one run of k6.
type Engine struct {
	opts  Options
	ready chan struct{} // closed when the child said so
	ended chan struct{} // closed when the child is gone and err is set
	ticks chan headroom.Tick

	mu       sync.Mutex
	started  bool // Ready was called
	commands io.WriteCloser
	pid      int // its process group too; 0 when nothing runs
	done     *headroom.ChildDone
	told     error // what the child said went wrong
	err      error
}

var _ headroom.Engine = (*Engine)(nil)

// New prepares an engine; nothing runs until Ready.
func New(o Options) *Engine {
	return &Engine{opts: o, ready: make(chan struct{}), ended: make(chan struct{}), ticks: make(chan headroom.Tick, 1)}
}

// Ready starts the child and returns when its virtual users are made and the
// planned users logged in. After an error nothing runs. A refused login is an
// *headroom.InputError.
func (e *Engine) Ready(ctx context.Context) error {
	e.mu.Lock()
	again := e.started
	e.started = true
	e.mu.Unlock()
	if again {
		return errors.New("k6run: Ready was called twice")
	}
	if err := e.start(ctx); err != nil {
		e.end(err)
		return err
	}
	select {
	case <-e.ready:
		return nil
	case <-e.ended:
		return e.err
	case <-ctx.Done():
		e.kill()
		<-e.ended
		return fmt.Errorf("k6run: getting ready: %w", ctx.Err())
	}
}

// start makes folder, pipes and child, and sends the setup.
func (e *Engine) start(ctx context.Context) error {
	if err := e.opts.check(); err != nil {
		return err
	}
	h, err := e.opts.header()
	if err != nil {
		return err
	}
	setup, err := e.opts.setup(h)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp(e.opts.Workspace, "k6-")
	if err != nil {
		return &headroom.MeasureError{What: "no temporary folder for k6", Err: err}
	}
	if err := e.launch(ctx, folder, h, setup); err != nil {
		_ = os.RemoveAll(folder)
		return err
	}
	return nil
}

func (e *Engine) launch(ctx context.Context, folder string, h headroom.Header, setup headroom.ChildSetup) error {
	script, err := e.opts.prepare(folder, h)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(e.opts.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return &headroom.MeasureError{What: "k6's log cannot be written", Err: err}
	}
	defer func() { _ = log.Close() }() // the child has its own copy
	at, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return &headroom.MeasureError{What: "k6's log cannot be read", Err: err}
	}
	p, err := newPipes()
	if err != nil {
		return &headroom.MeasureError{What: "no pipe to k6", Err: err}
	}
	defer p.closeTheirs()

	args := append(append([]string(nil), e.opts.Binary[1:]...), arguments(folder, script)...)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), e.opts.Binary[0], args...) // it outlives Ready
	cmd.Dir, cmd.Env = folder, environment(folder, procs(e.opts.Procs))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{p.theirCommands, p.theirEvents} // 3 and 4
	cmd.SysProcAttr = processGroup()

	exited, err := spawn(cmd)
	if err != nil {
		p.closeOurs()
		return &headroom.MeasureError{What: "k6 cannot be started", Err: err}
	}
	e.mu.Lock()
	e.commands, e.pid = p.commands, cmd.Process.Pid
	e.mu.Unlock()
	heard := make(chan struct{})
	go func() { defer close(heard); e.hear(p.events) }()
	go e.watch(exited, heard, p, folder, at)
	if err := e.say(headroom.ChildCommand{Setup: &setup}); err != nil {
		e.kill() // the child ended at once; watch finds out why
	}
	return nil
}

// say sends a command.
func (e *Engine) say(c headroom.ChildCommand) error {
	line, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("k6run: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.commands == nil {
		return errors.New("k6run: k6 is not running")
	}
	if _, err := e.commands.Write(append(line, '\n')); err != nil {
		return &headroom.MeasureError{What: "k6 does not listen any more", Err: err}
	}
	return nil
}

// hear follows the child's events until it closes its end.
func (e *Engine) hear(events io.Reader) {
	dec := json.NewDecoder(events)
	for {
		var ev headroom.ChildEvent
		if err := dec.Decode(&ev); err != nil {
			_, _ = io.Copy(io.Discard, events) // a broken line must not block the child
			return
		}
		switch {
		case ev.Ready != nil:
			close(e.ready)
		case ev.Tick != nil:
			e.tick(*ev.Tick)
		case ev.Error != nil:
			e.mu.Lock()
			e.told = ev.Error.Err()
			e.mu.Unlock()
		case ev.Done != nil:
			e.mu.Lock()
			e.done = ev.Done
			e.mu.Unlock()
		}
	}
}

// tick replaces what nobody read.
func (e *Engine) tick(t headroom.Tick) {
	for {
		select {
		case e.ticks <- t:
			return
		default:
		}
		select {
		case <-e.ticks:
		default:
		}
	}
}

// Start gives the run's start.
func (e *Engine) Start(at time.Time) error {
	utc := at.UTC()
	return e.say(headroom.ChildCommand{Start: &utc})
}

// Ticks are the child's, one a second; a slow reader gets the latest.
func (e *Engine) Ticks() <-chan headroom.Tick { return e.ticks }

// Wait returns when the child is gone and its part is closed.
func (e *Engine) Wait() error {
	e.mu.Lock()
	started := e.started
	e.mu.Unlock()
	if !started {
		return nil
	}
	<-e.ended
	return e.err
}

// PID is the child's, for whoever observes the generator; 0 when none runs.
func (e *Engine) PID() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pid
}

// Done is the count of journeys, once Wait has returned nil.
func (e *Engine) Done() headroom.ChildDone {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done == nil {
		return headroom.ChildDone{}
	}
	return *e.done
}
