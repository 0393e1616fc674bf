package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/live"
	reports "github.com/headroom-erp/headroom/reports/live"
)

// liveFlag adds --live, whose value may be left out.
func liveFlag(cmd *cobra.Command, address *string) {
	f := cmd.Flags()
	f.StringVar(address, "live", "", "serve a page with the run's state on this machine: 127.0.0.1:PORT, or a free port without a value")
	f.Lookup("live").NoOptDefVal = live.AnyPort
}

// Plain lines of a log come at least so often, in seconds, and at most a
// hundred and twenty of them in a run.
const (
	logEvery = 5.0
	logMost  = 120.0
	logRare  = 60.0
)

// A liveView shows a run on the terminal, in the log, or on a page.
type liveView struct {
	screen *live.Screen // nil when standard error is no terminal
	page   *live.Server // nil without --live
	say    func(format string, args ...any)
	next   float64 // when the next line of the log is due
	run    string
}

// openLive serves the page, when an address is given, and says where.
func openLive(std stdio, address string, say func(string, ...any)) (*liveView, error) {
	v := &liveView{screen: std.screen, say: say}
	if address == "" {
		return v, nil
	}
	page, err := live.Serve(address)
	if err != nil {
		return nil, err
	}
	v.page = page
	say("live view: %s", page.URL())
	return v, nil
}

// show takes a state of the run.
func (v *liveView) show(s headroom.Status) {
	if v.page != nil {
		v.page.Show(s)
	}
	if v.screen != nil {
		v.screen.Show(s)
		return
	}
	if s.Run != v.run {
		v.run, v.next = s.Run, 0
	}
	if s.T < v.next+logEvery || s.Stage == headroom.StageEnded {
		return
	}
	every := min(logRare, max(logEvery, s.Duration/logMost))
	v.next = max(v.next+every, s.T-logEvery)
	v.say("%s", reports.Line(s))
}

// close takes the state off the terminal and ends the page's service, so that
// it gets the last state.
func (v *liveView) close() error {
	if v == nil {
		return nil
	}
	if v.screen != nil {
		v.screen.Clear()
	}
	if v.page == nil {
		return nil
	}
	time.Sleep(lastFrame)
	if err := v.page.Close(); err != nil {
		return errors.Join(errors.New("the live view could not be closed"), err)
	}
	return nil
}

// lastFrame is how long pages have to take the last state.
const lastFrame = 200 * time.Millisecond
