package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/live"
)

// stdio is where a verb reads and writes: results to out, everything else to err.
type stdio struct {
	in       io.Reader
	out, err io.Writer
	// screen is standard error where that is a terminal; nil elsewhere.
	screen *live.Screen
	rites  *rites
}

// onScreen writes whatever goes to standard error above the live view.
func (s stdio) onScreen() stdio {
	if s.screen != nil {
		s.err = s.screen
	}
	return s
}

// rites are what must be done even by a program that is told to end at once:
// removing files with secrets. They may be nil.
type rites struct {
	mu   sync.Mutex
	list []func()
}

func (r *rites) add(f func()) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, f)
}

// perform does them, those of a slow disk for as long as somebody waits who
// asked twice.
func (r *rites) perform() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, f := range r.list {
			f()
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
}

// run executes one verb and returns its exit code.
func run(args []string, std stdio) int {
	if len(args) > 0 && args[0] == "k6" {
		return runK6(args[1:], std)
	}
	std.screen, std.rites = live.NewScreen(std.err, os.Getenv), &rites{}
	ctx, stop := interruptible(std.onScreen().err, std.rites)
	defer stop()
	root := newRoot(std)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return headroom.ExitMet
	}
	if ctx.Err() != nil {
		err = errors.Join(headroom.ErrInterrupted, err)
		fmt.Fprintln(std.err, "headroom: interrupted; everything that was started is stopped, and what was measured is kept")
	} else if !errors.Is(err, headroom.ErrMissed) {
		fmt.Fprintln(std.err, "headroom: "+printableLines(strings.TrimPrefix(err.Error(), "headroom: ")))
	}
	var other *exitError
	if errors.As(err, &other) {
		return other.code
	}
	return headroom.ExitCode(err)
}

// interruptible is cancelled by the first Ctrl-C or termination signal, which
// ends gracefully; a second one ends at once, whatever is under way: what we
// started dies with us.
func interruptible(w io.Writer, last *rites) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		fmt.Fprintln(w, "\nheadroom: stopping; once more to stop at once")
		cancel()
		if _, ok := <-signals; ok {
			last.perform()
			os.Exit(headroom.ExitInterrupted)
		}
	}()
	return ctx, func() { signal.Stop(signals); close(signals); cancel() }
}

func newRoot(std stdio) *cobra.Command {
	root := &cobra.Command{
		Use:   "headroom",
		Short: "Load tests and capacity plans for Odoo-based logistics ERP",
		Long: `Headroom replays the business calendar (receiving windows, dispatch cutoffs, EDI
bursts) as real load against candidate topologies, fits a capacity model to what
it measured, and says how many workers and how much hardware the peak needs,
with an interval on every figure.

Exit codes: 0 objectives met, 1 an objective was missed, 2 bad input or usage,
3 could not measure, 130 interrupted.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownVerb,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		what, _, _ := strings.Cut(err.Error(), ": strconv.") // who could not read it is nobody's business
		return &headroom.InputError{What: what, Do: "see '" + cmd.CommandPath() + " --help'"}
	})
	root.AddCommand(
		newDemo(std), newRun(std), newWatch(std), newShow(std), newRuns(std), newExport(std), newCheck(std), newCompare(std), newPlan(std), newCalendar(std), newArrivals(std), newAllow(std), newSeed(std),
		newSimulate(std), newForecast(std), newCapacity(std), newValidate(std), newCalibrate(std), newModel(std), newLearn(std), newERP(std), newPostgres(std), newVersion(std), k6Help(),
	)
	return root
}

// noDefault keeps "(default [])" of flags without a value out of the help.
func noDefault(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		cmd.Flags().Lookup(name).DefValue = ""
	}
}

func unknownVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	do := "see 'headroom --help'"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		do = "did you mean '" + near[0] + "'?"
	}
	return &headroom.InputError{What: fmt.Sprintf("there is no verb %q", args[0]), Do: do}
}

// exactArgs is cobra.ExactArgs with an error that ends in the right exit code.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		if live := cmd.Flags().Lookup("live"); live != nil && live.Changed && len(args) == n+1 {
			return &headroom.InputError{What: fmt.Sprintf("%q stands alone", args[n]), Where: "--live", Do: "write an address behind an equals sign: --live=127.0.0.1:8090"}
		}
		return &headroom.InputError{
			What: fmt.Sprintf("%s takes %s, got %d", cmd.CommandPath(), what, len(args)),
			Do:   "see '" + cmd.CommandPath() + " --help'",
		}
	}
}
