package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/live"
	reports "github.com/headroom-erp/headroom/reports/live"
	"github.com/headroom-erp/headroom/results"
)

// watchOptions are the flags of watch.
type watchOptions struct {
	live string
	json bool
}

func newWatch(std stdio) *cobra.Command {
	var o watchOptions
	cmd := &cobra.Command{
		Use:   "watch RUN",
		Short: "Show how a run goes that another headroom conducts",
		Long: `Show how a run goes while another headroom conducts it: on the terminal, in plain
lines where there is none, and with --live as a page of this machine. It reads
the run's folder alone and never disturbs the run. It ends with the run, with 3
when the run is incomplete. Of a run that is over it shows the last state; the
page then stays until Ctrl-C.`,
		Example: "  headroom watch headroom-workspace/run-20261120-164500/runs/standard-6\n  headroom watch RUN --live=127.0.0.1:8090",
		Args:    exactArgs(1, "one run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return watchRun(cmd.Context(), args[0], o, std)
		},
	}
	liveFlag(cmd, &o.live)
	cmd.Flags().BoolVar(&o.json, "json", false, "the state of now as one JSON document on standard output, nothing else")
	return cmd
}

// A watched run is one that another process records, or has recorded.
type watched struct {
	std  stdio
	dir  string
	run  *results.Follower
	info headroom.RunInfo
	over bool
	view *liveView
}

func watchRun(ctx context.Context, dir string, o watchOptions, std stdio) (err error) {
	if o.live != "" {
		if err := live.CheckAddress(o.live); err != nil {
			return err
		}
	}
	if strings.HasPrefix(dir, "store:") {
		return &headroom.InputError{What: "is a run in the store, and a run is watched in its folder", Where: dir, Do: "name the folder that it is recorded in, or see 'headroom show " + dir + "'"}
	}
	if err := noWorkspace(dir); err != nil {
		return err
	}
	w := &watched{std: std.onScreen(), dir: dir}
	if w.run, err = results.Follow(dir); err != nil {
		return err
	}
	defer func() { _ = w.run.Close() }() // only read from
	if w.info, w.over, err = w.run.Info(); err != nil {
		return err
	}
	if o.json {
		return w.now()
	}
	if w.view, err = openLive(w.std, o.live, w.say); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.view.close()) }()
	if w.over {
		return w.past(ctx)
	}
	return w.follow(ctx)
}

func (w *watched) say(format string, args ...any) {
	fmt.Fprintln(w.std.err, printable(fmt.Sprintf(format, args...)))
}

// arrivals are the run's schedule, as its folder has it.
func (w *watched) arrivals() (iter.Seq2[headroom.Arrival, error], func(), error) {
	r, err := results.Open(w.dir)
	if err != nil {
		return nil, nil, err
	}
	return r.Arrivals(), func() { _ = r.Close() }, nil // only read from
}

// start starts a view on the run; a nil clock is that of a run that is over.
func (w *watched) start(clock func() float64, show, past func(headroom.Status)) (*live.View, func(), error) {
	arrivals, done, err := w.arrivals()
	if err != nil {
		return nil, nil, err
	}
	return live.Start(live.Options{Board: live.NewBoard(w.info, arrivals), Open: live.Bundle(w.dir), Clock: clock, Show: show, Past: past}), done, nil
}

// clock is the run's, by this machine's time of day.
func (w *watched) clock() func() float64 {
	start := w.info.Started
	return func() float64 { return time.Since(start).Seconds() }
}

// cutOff is after how many seconds without a record a run counts as cut off.
const cutOff = 60

// now writes the state as JSON.
func (w *watched) now() error {
	arrivals, done, err := w.arrivals()
	if err != nil {
		return err
	}
	defer done()
	o := live.Options{Board: live.NewBoard(w.info, arrivals), Open: live.Bundle(w.dir)}
	if !w.over && !w.info.Started.IsZero() {
		o.Clock = w.clock()
	}
	s := live.Now(o)
	if w.over {
		s.Stage, s.Left, s.Complete, s.Reason = headroom.StageEnded, 0, w.info.Complete, w.info.Reason
	}
	if w.info.Started.IsZero() {
		s.Stage = headroom.StagePreparing
	}
	return writeJSON(w.std.out, s)
}

// past shows the last state of a run that is over; a page stays until Ctrl-C.
func (w *watched) past(ctx context.Context) error {
	view, done, err := w.start(nil, w.view.show, w.page())
	if err != nil {
		return err
	}
	defer done()
	last := view.End(w.info.Complete, w.info.Reason)
	w.last(last)
	if w.view.page != nil {
		w.say("the page stays until Ctrl-C")
		<-ctx.Done()
		return nil
	}
	return w.verdict()
}

// page takes states of the past: a terminal shows only how it stands now.
func (w *watched) page() func(headroom.Status) {
	if w.view.page == nil {
		return nil
	}
	return w.view.page.Show
}

// follow shows a run until it ends, or Ctrl-C.
func (w *watched) follow(ctx context.Context) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	var view *live.View
	for {
		if view == nil && !w.info.Started.IsZero() && !w.over {
			v, done, err := w.start(w.clock(), w.view.show, w.page())
			if err != nil {
				return err
			}
			defer done()
			view = v
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		var err error
		if w.info, w.over, err = w.run.Info(); err != nil {
			return err
		}
		switch {
		case w.over && view == nil:
			return w.past(ctx)
		case w.over:
			last := view.End(w.info.Complete, w.info.Reason)
			w.last(last)
			return w.verdict()
		case view != nil && view.Latest() > 0 && w.clock()()-view.Latest() > cutOff:
			w.info.Reason = fmt.Sprintf("it was cut off: nothing was recorded for %d s", cutOff)
			view.End(false, w.info.Reason)
			return w.verdict()
		}
	}
}

// last says the last state where no terminal shows it.
func (w *watched) last(s headroom.Status) {
	if w.view.screen == nil {
		w.say("%s", reports.Line(s))
	}
}

// verdict is nil for a complete run.
func (w *watched) verdict() error {
	if w.info.Complete {
		return nil
	}
	return &headroom.MeasureError{What: "the run is incomplete: " + w.info.Reason}
}
