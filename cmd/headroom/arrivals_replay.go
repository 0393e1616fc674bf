package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/arrivals"
)

// replayOptions are the flags of arrivals replay beside those of run.
type replayOptions struct {
	run           runOptions
	process, site string
	from, to      string
	leadIn        time.Duration
	at            string
}

func newArrivalsReplay(std stdio) *cobra.Command {
	o := replayOptions{run: runOptions{scale: 1, repeat: 1}}
	cmd := &cobra.Command{
		Use:   "replay FILE.csv",
		Short: "Replay recorded arrivals exactly, each at its recorded nanosecond",
		Long: `Replay recorded arrivals, CSV with the column t (seconds, or RFC 3339 timestamps)
and, if there, process, site, seed and user, against a topology of a plan, which
says what the processes and sites are. Gaps are those of the recording, to the
nanosecond; nothing is drawn, scaled or compressed. A seed that a line lacks
follows from its place and --seed, a user from the seed. What will be replayed
is printed first; --dry-run ends there.

Targets and exit codes are those of 'headroom run'.`,
		Example: "  headroom arrivals replay orders.csv --plan pilot --process order --target erp --topology standard-6\n" +
			"  headroom arrivals replay orders.csv --plan pilot --process order --target erp --topology standard-6 --from 60 --to 120 --dry-run",
		Args: exactArgs(1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return replayArrivals(cmd.Context(), args[0], o, std)
		},
	}
	f := cmd.Flags()
	o.run.flags(cmd)
	f.StringVar(&o.run.plan, "plan", "", "the plan, the path of a YAML file or the name of a shipped profile")
	f.StringVar(&o.process, "process", "", "process of lines that name none")
	f.StringVar(&o.site, "site", "", "site of lines that name none (default the plan's only site)")
	f.StringVar(&o.from, "from", "", "where to begin, as in the column t (default the first arrival)")
	f.StringVar(&o.to, "to", "", "where to end, as in the column t (default after the last arrival)")
	f.StringVar(&o.at, "date", "", "day that a recording in seconds is of, 2026-11-20, counted from its midnight (default today)")
	f.DurationVar(&o.leadIn, "lead-in", 0, "how much of the start is replayed and left out of the figures")
	f.IntVar(&o.run.repeat, "repeat", 1, "how many runs, each on a fresh clone")
	f.BoolVar(&o.run.dry, "dry-run", false, "print what would run, and end")
	return cmd
}

func replayArrivals(ctx context.Context, path string, o replayOptions, std stdio) error {
	if o.run.plan == "" {
		return &headroom.InputError{What: "no plan was named", Where: "--plan", Do: "name one: its processes and sites are what the recording is of"}
	}
	if o.run.repeat < 1 {
		return &headroom.InputError{What: fmt.Sprintf("%d runs", o.run.repeat), Where: "--repeat", Do: "ask for at least 1"}
	}
	rec, err := readArrivals(path, std)
	if err != nil {
		return err
	}
	replay := arrivals.Replay{Process: o.process, Site: o.site, LeadIn: o.leadIn.Seconds()}
	if replay.From, err = timeFlag(o.from, "--from", rec.Clock); err != nil {
		return err
	}
	if replay.To, err = timeFlag(o.to, "--to", rec.Clock); err != nil {
		return err
	}
	r, err := newRunner(o.run, std)
	if err != nil {
		return err
	}
	if replay.At, err = o.start(r.plan, rec, replay, r.started); err != nil {
		return err
	}
	replay.Players = players(r.plan)
	return r.replay(ctx, func(seed uint64) (headroom.Schedule, error) {
		replay.Seed = seed
		return arrivals.Recorded(r.plan, rec, replay)
	})
}

// start is the window's moment for a recording in seconds: those since the
// day's midnight at the first site.
func (o replayOptions) start(plan headroom.Plan, rec arrivals.Recording, replay arrivals.Replay, now time.Time) (time.Time, error) {
	_, zone, err := siteAndZone(plan, "")
	if err != nil {
		return now, err
	}
	y, m, d := now.In(zone).Date()
	day, err := dayOr(o.at, "--date", zone, time.Date(y, m, d, 0, 0, 0, 0, zone))
	if err != nil {
		return day, err
	}
	from := rec.Events[0].T
	if replay.From != nil {
		from = *replay.From
	}
	return day.Add(from + o.leadIn), nil
}

// timeFlag reads a time as the recording has it; "" is nil.
func timeFlag(s, flag string, clock arrivals.Clock) (*time.Duration, error) {
	if s == "" {
		return nil, nil
	}
	t, of, err := arrivals.ParseTime(s)
	if err == nil && of != clock {
		err = fmt.Errorf("the recording holds %s", clock)
	}
	if err != nil {
		return nil, &headroom.InputError{What: strconv.Quote(s) + ": " + err.Error(), Where: flag, Err: err}
	}
	return &t, nil
}
