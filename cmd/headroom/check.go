package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/reports/junit"
	"github.com/headroom-erp/headroom/reports/markdown"
	"github.com/headroom-erp/headroom/reports/text"
	"github.com/headroom-erp/headroom/results"
)

// Formats of what a pipeline shows.
const (
	formatText     = "text"
	formatMarkdown = "md"
)

// checkOptions are the flags of check.
type checkOptions struct {
	format, junit string
	json          bool
}

func newCheck(std stdio) *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check RUN",
		Short: "Hold a run against the objectives of its plan, for a pipeline",
		Long: `Hold a run against every objective of its plan: met or missed, with the figure and
its interval. RUN is a run's folder, a .zip of one, or store:ID.

Ends with 0 when every objective was met, with 1 when one was missed, and with 3
when the run is incomplete, its generator was the bottleneck, or an objective
could not be judged. A missed objective is a failure in the JUnit file, one that
could not be judged an error: a reader shows what is skipped as if it had passed.`,
		Example: "  headroom check headroom-workspace/run-20261120-164500/runs/standard-6\n" +
			"  headroom check RUN --junit objectives.xml --format md",
		Args: exactArgs(1, "one run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return checkRun(cmd.Context(), args[0], o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", formatText, "text, or md: Markdown for a pull request")
	f.StringVar(&o.junit, "junit", "", "file to write the objectives to as JUnit XML")
	f.BoolVar(&o.json, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

// A checked run is what check says in JSON.
type checked struct {
	ID         string                     `json:"id"`
	Folder     string                     `json:"folder"`
	Verdict    string                     `json:"verdict"` // met, missed or not_judged
	Complete   bool                       `json:"complete"`
	Reason     string                     `json:"reason,omitempty"`
	Valid      bool                       `json:"valid"` // false: the generator was the bottleneck
	Objectives []headroom.ObjectiveReport `json:"objectives"`
}

func checkRun(ctx context.Context, name string, o checkOptions, std stdio) error {
	if err := knownFormat(o.format); err != nil {
		return err
	}
	r, err := readRun(ctx, name)
	if err != nil {
		return err
	}
	if len(r.info.Plan.Objectives) == 0 {
		return &headroom.InputError{What: "there is nothing to check: the plan has no objective", Where: name, Do: "write some into the plan (docs/plan.md, objectives) and run again"}
	}
	if o.junit != "" {
		if err := writeJUnit(o.junit, r); err != nil {
			return err
		}
	}
	verdict := checkVerdict(r)
	switch {
	case o.json:
		c := checked{ID: r.report.ID, Folder: r.report.Folder, Verdict: "met", Complete: r.report.Complete, Reason: r.report.Reason, Valid: r.report.Valid, Objectives: r.report.Objectives}
		if errors.Is(verdict, headroom.ErrMissed) {
			c.Verdict = "missed"
		} else if verdict != nil {
			c.Verdict = "not_judged"
		}
		err = writeJSON(std.out, c)
	case o.format == formatMarkdown:
		err = markdown.Check(std.out, r.report)
	default:
		err = text.Check(std.out, r.report)
	}
	if err != nil {
		return err
	}
	return verdict
}

func knownFormat(format string) error {
	if format != formatText && format != formatMarkdown {
		return &headroom.InputError{What: fmt.Sprintf("there is no format %q", format), Where: "--format", Do: "choose text or md"}
	}
	return nil
}

// readRun opens a run by its name and reports it.
func readRun(ctx context.Context, name string) (shown, error) {
	if err := noWorkspace(name); err != nil {
		return shown{}, err
	}
	run, err := results.OpenRun(ctx, name, os.Getenv)
	if err != nil {
		return shown{}, err
	}
	defer func() { _ = run.Close() }() // only read from
	r, err := analyse.RunReport(run, name)
	return shown{r, run.Info()}, err
}

// noWorkspace refuses a workspace where a run is wanted, and names its runs.
func noWorkspace(folder string) error {
	inside := runsInside(folder)
	if len(inside) == 0 {
		return nil
	}
	for i, path := range inside {
		inside[i] = filepath.Join("runs", filepath.Base(path))
	}
	return &headroom.InputError{What: "is a workspace, which holds runs", Where: folder, Do: "name one of them: " + strings.Join(inside, ", ")}
}

// checkVerdict is what a run is worth to a pipeline: unlike show's it takes an
// objective that could not be judged for none that holds.
func checkVerdict(r shown) error {
	if err := r.verdict(); err != nil {
		return err
	}
	for _, o := range r.report.Objectives {
		if o.Met == nil {
			return &headroom.MeasureError{What: fmt.Sprintf("%s could not be judged: %s", o.Name, o.Reason), Do: "replay a window that has what it is about"}
		}
	}
	return nil
}

func writeJUnit(path string, runs ...shown) error {
	all := make([]junit.Run, len(runs))
	for i, r := range runs {
		all[i] = junit.Run{Report: r.report, Info: r.info}
	}
	return writeTo(path, func(w io.Writer) error { return junit.Check(w, all...) })
}

// writeTo writes a file that the user named.
func writeTo(path string, write func(io.Writer) error) error {
	f, err := os.Create(filepath.Clean(path))
	if err != nil {
		return &headroom.InputError{What: "cannot be written: " + err.Error(), Where: path, Do: "name another file", Err: err}
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return &headroom.MeasureError{What: path + " could not be written", Err: err}
	}
	return nil
}
