package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/reports/text"
	"github.com/headroom-erp/headroom/results"
)

func newShow(std stdio) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show RUN",
		Short:   "Show a run bundle: times, delays, where the time went, errors",
		Long:    "Show a run bundle, also one that was cut off. Ends with 1 when an objective was\nmissed, and with 3 when the run is incomplete or its generator was the bottleneck.",
		Example: "  headroom show headroom-workspace/demo-20261120-164500/runs/standard-6\n  headroom show RUN --json",
		Args:    exactArgs(1, "one run"),
		RunE: func(_ *cobra.Command, args []string) error {
			return showRun(args[0], asJSON, std)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

// showRun prints a run; a missed objective is headroom.ErrMissed.
func showRun(folder string, asJSON bool, std stdio) error {
	r, err := reportRun(folder)
	if err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(std.out, r.report)
	} else {
		err = r.print(std.out)
	}
	if err != nil {
		return err
	}
	return r.verdict()
}

// A shown run is one that was read for people.
type shown struct {
	report headroom.RunReport
	info   headroom.RunInfo
}

func reportRun(folder string) (shown, error) {
	if inside, _ := filepath.Glob(filepath.Join(folder, "runs", "*", "run.json")); len(inside) > 0 {
		names := make([]string, len(inside))
		for i, path := range inside {
			names[i] = filepath.Join("runs", filepath.Base(filepath.Dir(path)))
		}
		return shown{}, &headroom.InputError{What: "is a workspace, which holds runs", Where: folder, Do: "name one of them: " + strings.Join(names, ", ")}
	}
	run, err := results.Open(folder)
	if err != nil {
		return shown{}, err
	}
	defer func() { _ = run.Close() }() // only read from
	r, err := analyse.RunReport(run, folder)
	return shown{r, run.Info()}, err
}

func (s shown) print(w io.Writer) error { return text.Run(w, s.report, s.info) }

// verdict is why a run does not count, or a missed objective.
func (s shown) verdict() error {
	if !s.report.Complete {
		return &headroom.MeasureError{What: "the run is incomplete: " + s.report.Reason}
	}
	if !s.report.Valid {
		return generatorHeld(s.report.Delays)
	}
	for _, p := range s.report.Processes {
		if p.Met != nil && !*p.Met {
			return fmt.Errorf("%s: %w", p.Process, headroom.ErrMissed)
		}
	}
	return nil
}

// generatorHeld says why a run's generator was the bottleneck.
func generatorHeld(d headroom.Delays) error {
	if d.VUWait.P99 > d.TimerLate.P99 {
		return &headroom.MeasureError{What: "every virtual user was waiting for the server, so that journeys began late",
			Do: "the load is far beyond this topology: give it more workers or cores, or replay less with --scale"}
	}
	return &headroom.MeasureError{What: "the load generator was the bottleneck", Do: "free the machine and run again"}
}
