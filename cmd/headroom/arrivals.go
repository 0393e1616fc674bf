package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/arrivals"
)

func newArrivals(std stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "arrivals",
		Short: "Recorded arrivals: test them, or replay them exactly",
		Args:  unknownVerb,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newArrivalsCheck(std), newArrivalsReplay(std))
	return cmd
}

func newArrivalsCheck(std stdio) *cobra.Command {
	var rate, process, site string
	var level float64
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check FILE.csv",
		Short: "Test whether recorded arrivals are a Poisson process of a rate",
		Long: `Test recorded arrivals, CSV with the column t (seconds, or RFC 3339 timestamps) and,
if there, process and site, against a rate, CSV with the columns t and rate (1/s,
linear between its lines). Without a rate, a constant one over the observed span
is assumed. A file named - is standard input. Three tests: Kolmogorov-Smirnov on
the arrivals' times and Lewis' on their gaps, after both are put on the clock on
which the rate is constant, and the index of dispersion of their counts; with
--rate their number as well.

Verdicts: poisson, rounded, evenly_spaced, uneven_spacing, over_dispersed,
wrong_rate, too_few. Ends with 0 when it is poisson, with 3 when it is too_few,
and with 1 otherwise.`,
		Example: "  headroom arrivals check orders.csv\n  headroom arrivals check orders.csv --rate rate.csv --process order --json",
		Args:    exactArgs(1, "one file"),
		RunE: func(_ *cobra.Command, args []string) error {
			rec, err := readArrivals(args[0], std)
			if err != nil {
				return err
			}
			if rec, err = rec.Only(process, site); err != nil {
				return err
			}
			o := arrivals.Options{Level: level}
			if rate != "" {
				if o.Rate, err = readRate(rate, std); err != nil {
					return err
				}
			}
			return checkArrivals(rec, o, asJSON, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&rate, "rate", "", "CSV with the columns t and rate (1/s); default a constant rate")
	f.StringVar(&process, "process", "", "only arrivals of this process")
	f.StringVar(&site, "site", "", "only arrivals at this site")
	f.Float64Var(&level, "level", 0.01, "chance of another verdict than poisson for a Poisson process")
	f.BoolVar(&asJSON, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

func checkArrivals(rec arrivals.Recording, o arrivals.Options, asJSON bool, std stdio) error {
	if !(o.Level > 0 && o.Level < 0.5) {
		return &headroom.InputError{What: fmt.Sprintf("%g is not above 0 and below 0.5", o.Level), Where: "--level"}
	}
	r, err := arrivals.Check(rec, o)
	if err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(std.out, r)
	} else {
		err = printCheck(std.out, r)
	}
	switch {
	case err != nil:
		return err
	case r.Verdict == arrivals.TooFew:
		return &headroom.MeasureError{What: strings.TrimSuffix(r.Means, "."), Do: r.Do}
	case r.Verdict != arrivals.Poisson:
		return fmt.Errorf("arrivals: %s: %w", r.Verdict, headroom.ErrMissed)
	}
	return nil
}

func printCheck(out io.Writer, r arrivals.Result) error {
	fmt.Fprintf(out, "%s: %d arrivals in %.6g s\n", r.Verdict, r.N, r.To-r.From)
	for _, s := range []string{r.Means, r.Do} {
		printWrapped(out, s, "  ", "  ")
	}
	if r.KS == nil {
		return nil
	}
	fmt.Fprintln(out)
	var lines strings.Builder
	w := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  test\tstatistic\tp\t")
	for _, t := range []struct {
		name string
		*arrivals.Test
	}{{"Kolmogorov-Smirnov, times", r.KS}, {"Lewis, gaps", r.Lewis}} {
		if t.Test != nil {
			fmt.Fprintf(w, "  %s\t%.4f\t%.3g\t%s\n", t.name, t.Statistic, t.P, t.Method)
		}
	}
	if d := r.DispersionTest; d != nil {
		fmt.Fprintf(w, "  index of dispersion, counts\t%.3f\t%.3g\t%.3f to %.3f, of %d intervals\n", d.Index, d.P, d.Low, d.High, d.Intervals)
	}
	if c := r.Count; c != nil {
		fmt.Fprintf(w, "  number\t%d\t%.3g\t%.1f expected\n", c.Observed, c.P, c.Expected)
	}
	if r.LocalVariation != nil {
		fmt.Fprintf(w, "  local variation, 1 by chance\t%.3f\t\t\n", *r.LocalVariation)
	}
	if r.DayVariation != nil {
		fmt.Fprintf(w, "  variation of days\t%.3f\t\t\n", *r.DayVariation)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(lines.String()) {
		fmt.Fprintln(out, strings.TrimRight(line, " \n"))
	}
	for _, s := range r.Warnings {
		printWrapped(out, s, "! ", "  ")
	}
	return nil
}

// printWrapped breaks a sentence into lines of at most 96 characters.
func printWrapped(out io.Writer, s, first, rest string) {
	line, words := first, 0
	for _, word := range strings.Fields(s) {
		if words > 0 && len(line)+1+len(word) > 96 {
			fmt.Fprintln(out, line)
			line, words = rest, 0
		}
		if words > 0 {
			line += " "
		}
		line += word
		words++
	}
	fmt.Fprintln(out, line)
}

func readArrivals(path string, std stdio) (rec arrivals.Recording, err error) {
	err = withFile(path, std, func(in io.Reader, name string) error {
		rec, err = arrivals.Read(in, name)
		return err
	})
	return rec, err
}

func readRate(path string, std stdio) (*arrivals.Rate, error) {
	var rate arrivals.Rate
	err := withFile(path, std, func(in io.Reader, name string) error {
		var err error
		rate, err = arrivals.ReadRate(in, name)
		return err
	})
	return &rate, err
}

// withFile opens a file, or - for standard input.
func withFile(path string, std stdio, read func(in io.Reader, name string) error) error {
	if path == "-" {
		return read(std.in, "standard input")
	}
	f, err := os.Open(path)
	if err != nil {
		return readable(path, err)
	}
	defer func() { _ = f.Close() }() // only read from
	return read(f, path)
}

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
	return replayRecorded(ctx, r, func(seed uint64) (headroom.Schedule, error) {
		replay.Seed = seed
		return arrivals.Recorded(r.plan, rec, replay)
	})
}

// replayRecorded runs the schedule as 'headroom run' does its own.
func replayRecorded(ctx context.Context, r *runner, schedule func(seed uint64) (headroom.Schedule, error)) error {
	return r.replay(ctx, schedule)
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
