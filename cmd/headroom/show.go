package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/text"
)

func newShow(std stdio) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show RUN",
		Short:   "Show a run bundle: times, delays, where the time went, errors",
		Long:    "Show a run: a bundle's folder, a .zip of one, or store:ID in the PostgreSQL that\nHEADROOM_STORE names; also one that was cut off. Ends with 1 when an objective was\nmissed, and with 3 when the run is incomplete or its generator was the bottleneck.",
		Example: "  headroom show headroom-workspace/demo-20261120-164500/runs/standard-6\n  headroom show RUN --json",
		Args:    exactArgs(1, "one run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := readRun(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return r.show(asJSON, std)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

// showRun prints a run that is in a folder; a missed objective is
// headroom.ErrMissed.
func showRun(folder string, asJSON bool, std stdio) error {
	r, err := reportRun(folder)
	if err != nil {
		return err
	}
	return r.show(asJSON, std)
}

// A shown run is one that was read for people.
type shown struct {
	report headroom.RunReport
	info   headroom.RunInfo
}

// show prints the run and gives its verdict.
func (s shown) show(asJSON bool, std stdio) (err error) {
	if asJSON {
		err = writeJSON(std.out, s.report)
	} else {
		err = s.print(std.out)
	}
	if err != nil {
		return err
	}
	return s.verdict()
}

// reportRun reads a run that was just made.
func reportRun(folder string) (shown, error) { return readRun(context.Background(), folder) }

func (s shown) print(w io.Writer) error { return text.Run(w, s.report, s.info) }

// verdict is why a run does not count, or a missed objective. Objectives that
// could not be judged are no reason: nothing in the run speaks against them.
func (s shown) verdict() error {
	if !s.report.Complete {
		return &headroom.MeasureError{What: "the run is incomplete: " + s.report.Reason}
	}
	if !s.report.Valid {
		return generatorHeld(s.report)
	}
	for _, o := range s.report.Objectives {
		if o.Met != nil && !*o.Met {
			return fmt.Errorf("%s: %w", o.Name, headroom.ErrMissed)
		}
	}
	return nil
}

// generatorHeld says why a run's generator was the bottleneck.
func generatorHeld(r headroom.RunReport) error {
	what := "the load generator was the bottleneck"
	if r.Generator != nil && len(r.Generator.Reasons) > 0 {
		what += ": " + strings.Join(r.Generator.Reasons, "; ")
	}
	do := "free the machine and run again"
	if d := r.Delays; d.VUWait.P99 > d.TimerLate.P99 {
		do = "the load is far beyond this topology: give it more workers or cores, or replay less with --scale"
	}
	return &headroom.MeasureError{What: what, Do: do}
}
