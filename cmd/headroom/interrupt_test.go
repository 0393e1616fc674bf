package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// TestInterrupted ends runs by signals, once and twice, from the first moment
// to the last: nothing is left running, and no secret on the disk.
func TestInterrupted(t *testing.T) {
	for name, c := range map[string]struct {
		await  string        // what the run says before
		after  time.Duration // and then
		signal syscall.Signal
		again  time.Duration // the second signal; 0: none
		run    bool          // there is a bundle, and it says what happened
		shown  bool          // and the run until then is shown
	}{
		"while PostgreSQL starts":             {await: "starting a private PostgreSQL", signal: syscall.SIGINT},
		"twice while PostgreSQL starts":       {await: "starting a private PostgreSQL", signal: syscall.SIGINT, again: 20 * time.Millisecond},
		"while it is seeded":                  {await: "seeding 400 products", after: 100 * time.Millisecond, signal: syscall.SIGINT},
		"twice while it is seeded":            {await: "seeding 400 products", signal: syscall.SIGTERM, again: 30 * time.Millisecond},
		"while engines get ready":             {await: "replaying", after: 700 * time.Millisecond, signal: syscall.SIGINT},
		"under load":                          {await: "journeys due", signal: syscall.SIGINT, run: true, shown: true},
		"by a service manager":                {await: "journeys due", signal: syscall.SIGTERM, run: true, shown: true},
		"twice under load":                    {await: "journeys due", signal: syscall.SIGINT, again: 200 * time.Millisecond},
		"twice while the stack is taken down": {await: "journeys due", signal: syscall.SIGINT, again: 900 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := startVictim(t)
			v.await(c.await)
			time.Sleep(c.after)
			all := tree(t, v.cmd.Process.Pid)
			began := time.Now()
			if err := v.cmd.Process.Signal(c.signal); err != nil {
				t.Fatalf("%v\n%s", err, v.said())
			}
			if c.again > 0 {
				time.Sleep(c.again)
				all = append(all, tree(t, v.cmd.Process.Pid)...)
				began = time.Now()
				if err := v.cmd.Process.Signal(c.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Fatal(err)
				}
			}
			if code := v.end(); code != headroom.ExitInterrupted {
				t.Errorf("exit code %d, want %d\n%s", code, headroom.ExitInterrupted, v.said())
			}
			if took := time.Since(began); c.again > 0 && took > 3*time.Second || took > 20*time.Second {
				t.Errorf("it took %v to end", took)
			}
			wantGone(t, all)
			v.wantFoldersGone(all)
			if _, err := os.Stat(filepath.Join(v.workspace, "private")); !os.IsNotExist(err) {
				t.Errorf("the folder of secrets is left behind: %v", err)
			}
			if c.again == 0 {
				v.wantInterrupted(c.run, c.shown)
			}
		})
	}
}

// wantInterrupted looks at what a run that was interrupted leaves.
func (v *victim) wantInterrupted(bundle, shown bool) {
	v.t.Helper()
	run := v.bundle()
	if bundle && (run == nil || run.Info().Reason != "interrupted") {
		v.t.Errorf("there is no bundle that says that the run was interrupted\n%s", v.said())
	}
	if got := v.stdout.String(); shown != strings.Contains(got, "is incomplete (interrupted)") {
		v.t.Errorf("the run until then is shown: %v, want %v\n%s", !shown, shown, got)
	}
	if !bundle || run == nil {
		return
	}
	ended, cut := 0, 0
	for j, err := range run.Journeys() {
		switch {
		case err != nil:
			v.t.Fatal(err)
		case j.Outcome == headroom.OK:
			ended++
		case j.Outcome == headroom.Aborted && j.End > j.Start:
			cut++
		}
	}
	if ended < 20 || cut > ended/4 {
		v.t.Errorf("%d journeys ended and %d were cut off: those that had begun get a short grace", ended, cut)
	}
}
