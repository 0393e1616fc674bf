package k6run

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

// patience is how long each harder way of stopping is put off after the one
// before, beyond the grace that was given.
const patience = 5 * time.Second

// Stop ends the offering. Journeys that run may finish within grace; then the
// child is asked to end, and when it does not, made to.
func (e *Engine) Stop(grace time.Duration) {
	grace = max(0, grace)
	seconds := grace.Seconds()
	if e.PID() == 0 {
		return // nothing runs: neither command nor signal has anywhere to go
	}
	_ = e.say(headroom.ChildCommand{Stop: &seconds}) // a child that ended meanwhile needs no command
	go e.insist(grace)
}

func (e *Engine) insist(grace time.Duration) {
	for _, step := range []struct {
		after time.Duration
		do    func()
	}{{grace + patience, e.terminate}, {patience, e.kill}} {
		select {
		case <-e.ended:
			return
		case <-time.After(step.after):
			step.do()
		}
	}
}

func (e *Engine) terminate() { e.signal(terminateGroup) }
func (e *Engine) kill()      { e.signal(killGroup) }

// signal reaches the child's group while the child is not reaped, so that its
// number is its own.
func (e *Engine) signal(send func(pid int)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pid != 0 {
		send(e.pid)
	}
}

// watch waits for the child's end and cleans up after it.
func (e *Engine) watch(exited <-chan error, heard <-chan struct{}, p *pipes, folder string, logFrom int64) {
	exit := <-exited
	e.mu.Lock()
	e.pid = 0 // the number may soon be somebody else's
	e.mu.Unlock()
	<-heard
	p.closeOurs()
	_ = os.RemoveAll(folder)
	e.end(e.verdict(exit, logFrom))
}

// verdict is how a run went whose process ended so.
func (e *Engine) verdict(exit error, logFrom int64) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.told != nil:
		return e.told
	case e.done != nil:
		return nil // whatever made it end: everything is recorded
	case exit == nil:
		exit = errors.New("it ended before it was done")
	}
	err := exit
	if last := tail(e.opts.Log, logFrom); last != "" {
		err = fmt.Errorf("%w; the end of its log:\n%s", exit, last)
	}
	return &headroom.MeasureError{What: "k6 ended early", Err: err, Do: "see " + e.opts.Log}
}

func (e *Engine) end(err error) {
	e.mu.Lock()
	e.err, e.commands = err, nil
	e.mu.Unlock()
	close(e.ticks)
	close(e.ended)
}

// tail is the end of what was written to a log since an offset: its last
// lines, at most ten.
func tail(path string, from int64) string {
	const most, lines = 4 << 10, 10
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // only read from
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	text := make([]byte, info.Size()-max(from, info.Size()-most))
	if _, err := f.ReadAt(text, info.Size()-int64(len(text))); err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	all := strings.Split(string(bytes.TrimSpace(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
