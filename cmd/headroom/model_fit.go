package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/demand"
	"github.com/headroom-erp/headroom/results"
)

// fitOptions are the flags of model fit.
type fitOptions struct {
	out  string
	seed uint64
	json bool
}

func newModelFit(std stdio) *cobra.Command {
	var o fitOptions
	cmd := &cobra.Command{
		Use:   "fit RUN...",
		Short: "Learn a capacity model from runs: demands, waits, conflicts, memory, with intervals",
		Long: `Learn a capacity model from runs and write it as a small readable file: what each
request demands of the application's and the database's CPU, its database calls
and waits, how it varies, what conflicts with what, background load, memory, and
bytes written, each with its interval; what the runs cannot tell is marked so.

A RUN is a run's folder, a workspace of runs, a .zip of one, or store:ID. Runs
are of one plan, best of different loads and numbers of workers, on a machine
that was left alone: what others did on it is looked for, and left out.`,
		Example: "  headroom model fit headroom-workspace/run-20261120-164500 --out model.json\n" +
			"  headroom model fit runs/two runs/four --json",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &headroom.InputError{What: cmd.CommandPath() + " takes one run or more, got none", Do: "see '" + cmd.CommandPath() + " --help'"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return fitModel(cmd.Context(), args, o, std) },
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "file to write the model to; it must not exist")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the bootstrap and of the conflict simulations")
	f.BoolVar(&o.json, "json", false, "the model as one JSON document on standard output, nothing else")
	return cmd
}

func fitModel(ctx context.Context, args []string, o fitOptions, std stdio) error {
	if o.out == "" && !o.json {
		return &headroom.InputError{What: "nothing would be kept of the model", Where: "--out", Do: "name a file, or ask for --json"}
	}
	if o.out != "" && exists(o.out) {
		return &headroom.InputError{What: "exists already, and nothing is overwritten", Where: o.out, Do: "name another file with --out"}
	}
	m, err := learnFrom(ctx, args, o.seed)
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := writeWhole(o.out, indented(m)); err != nil {
			return writing(err, o.out)
		}
	}
	if o.json {
		return writeJSON(std.out, m)
	}
	return printModel(std.out, m)
}

// learnFrom estimates a model from runs. They are read before anything is left to
// itself, so that they are closed by nobody who still reads them.
func learnFrom(ctx context.Context, names []string, seed uint64) (m headroom.Model, err error) {
	runs, closeRuns, err := openRuns(ctx, names)
	defer func() { err = errors.Join(err, closeRuns()) }()
	if err != nil {
		return m, err
	}
	seen, err := demand.Read(runs)
	if err != nil {
		return m, err
	}
	return computed(ctx, func() (headroom.Model, error) { return seen.Estimate(demand.Options{Seed: seed}) })
}

// openRuns opens what the arguments name; what was opened is to be closed with
// an error, too.
func openRuns(ctx context.Context, args []string) ([]headroom.Run, func() error, error) {
	var opened []results.OpenedRun
	closeAll := func() error {
		var err error
		for _, r := range opened {
			err = errors.Join(err, r.Close())
		}
		return err
	}
	var runs []headroom.Run
	for _, arg := range args {
		names, err := runNames(arg)
		if err != nil {
			return nil, closeAll, err
		}
		for _, name := range names {
			run, err := results.OpenRun(ctx, name, os.Getenv)
			if err != nil {
				return nil, closeAll, err
			}
			opened, runs = append(opened, run), append(runs, run)
		}
	}
	return runs, closeAll, nil
}

// printModel prints the demands for people, in milliseconds.
func printModel(out io.Writer, m headroom.Model) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "class\tapplication ms\tdatabase ms\twaits ms\tcalls\tseen")
	for _, c := range m.Classes {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.1f\t%d\n", printable(c.Name), milliseconds(c.Demand["app"]), milliseconds(c.Demand["database"]), milliseconds(c.Delay), c.DatabaseCalls, c.Count)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if m.Memory != nil {
		fmt.Fprintf(out, "A worker takes %.0f MB (%.0f to %.0f).\n", m.Memory.PerWorker.Value/1e6, m.Memory.PerWorker.Low/1e6, m.Memory.PerWorker.High/1e6)
	}
	for _, warning := range m.Warnings {
		fmt.Fprintln(out, "Warning:", printableLines(warning))
	}
	return nil
}

// milliseconds is an estimate with its interval; in brackets where the data
// cannot identify it.
func milliseconds(e headroom.Estimate) string {
	switch {
	case e.Value == 0 && e.High == 0:
		return "0"
	case e.Identified:
		return fmt.Sprintf("%.1f (%.1f to %.1f)", 1e3*e.Value, 1e3*e.Low, 1e3*e.High)
	}
	return fmt.Sprintf("[%.1f (%.1f to %.1f)]", 1e3*e.Value, 1e3*e.Low, 1e3*e.High)
}
