package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/reports/markdown"
	"github.com/headroom-erp/headroom/reports/text"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/results/compare"
)

// What --fail-on may name.
const (
	failWorse  = "worse"
	failMissed = "missed"
	failNever  = "none"
)

// compareOptions are the flags of compare.
type compareOptions struct {
	format, atLeast string
	failOn          []string
	json, force     bool
}

func newCompare(std stdio) *cobra.Command {
	var o compareOptions
	cmd := &cobra.Command{
		Use:   "compare BASELINE RUN [RUN…]",
		Short: "Say what changed from one run to others, with an interval and a verdict",
		Long: `Say what changed from a baseline to other runs, by process and phase of the
calendar: mean and 95th percentile of the journeys' times, error share, operators'
throughput, documents done in time. Each change has an interval and a verdict:
better, worse, negligible, or no difference that this many samples could show,
with the smallest that they could have. All verdicts of one comparison together
name a difference where there is none in at most 5 of 100 cases.

A run is a folder, a .zip of one, or store:ID; RUN,RUN,RUN are repetitions of one,
and so is the workspace of a run with --repeat. With the same --seed in both, each
arrival is set beside itself, and much smaller changes show. One run a side says
nothing of how runs differ by themselves: repeat both.

Runs that did not replay the same work, that are incomplete, or whose generator
was the bottleneck are refused. Ends with 0 whatever changed, unless --fail-on
says otherwise: then with 1; and with 3 when the runs are not comparable.`,
		Example: "  headroom compare headroom-workspace/before/runs/standard-6 headroom-workspace/after/runs/standard-6\n" +
			"  headroom compare BEFORE AFTER --fail-on worse --at-least 5% --format md",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) >= 2 {
				return nil
			}
			return &headroom.InputError{What: fmt.Sprintf("%s takes a baseline and at least one run, got %d", cmd.CommandPath(), len(args)), Do: "see '" + cmd.CommandPath() + " --help'"}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return compareRuns(cmd.Context(), args, o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", formatText, "text, or md: Markdown for a pull request")
	f.StringSliceVar(&o.failOn, "fail-on", []string{failNever}, "end with 1 on: worse (a change for the worse), missed (a run other than the baseline misses an objective), none")
	f.StringVar(&o.atLeast, "at-least", "1%", "a time or throughput that changed by less is called negligible, and fails nothing")
	f.BoolVar(&o.force, "force", false, "compare runs that are not comparable; their figures then say little")
	f.BoolVar(&o.json, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

func compareRuns(ctx context.Context, args []string, o compareOptions, std stdio) (err error) {
	atLeast, err := o.check()
	if err != nil {
		return err
	}
	sets, err := openSets(ctx, args)
	defer func() { err = errors.Join(err, closeSets(sets)) }()
	if err != nil {
		return err
	}
	c, err := compare.Compare(sets[0].Set, others(sets), compare.Options{AtLeast: atLeast, Force: o.force})
	if err != nil {
		return err
	}
	switch {
	case o.json:
		err = writeJSON(std.out, c)
	case o.format == formatMarkdown:
		err = markdown.Comparison(std.out, c)
	default:
		err = text.Comparison(std.out, c)
	}
	if err != nil {
		return err
	}
	if !c.Comparable && !o.force {
		return &headroom.MeasureError{What: "the runs are not comparable: " + strings.Join(c.Problems, "; "), Do: "run them again with the same plan, window and scale, or look at them all the same with --force"}
	}
	return o.verdict(c, sets)
}

// check checks the flags.
func (o compareOptions) check() (atLeast float64, err error) {
	if err := knownFormat(o.format); err != nil {
		return 0, err
	}
	for _, f := range o.failOn {
		if f != failWorse && f != failMissed && f != failNever {
			return 0, &headroom.InputError{What: fmt.Sprintf("nothing is called %q", f), Where: "--fail-on", Do: "choose worse, missed or none"}
		}
	}
	number, percent := strings.CutSuffix(strings.TrimSpace(o.atLeast), "%")
	atLeast, err = strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		atLeast /= 100
	}
	if err != nil || !(atLeast >= 0) || math.IsInf(atLeast, 0) {
		return 0, &headroom.InputError{What: fmt.Sprintf("%q is no change", o.atLeast), Where: "--at-least", Do: "give a share such as 5% or 0.05"}
	}
	return atLeast, nil
}

// verdict is what the pipeline was to fail on.
func (o compareOptions) verdict(c headroom.RunComparison, sets []openSet) error {
	var blind error
	if slices.Contains(o.failOn, failWorse) {
		for _, other := range c.Others {
			switch other.Verdict {
			case headroom.Worse:
				return fmt.Errorf("%s is worse: %w", other.Name, headroom.ErrMissed)
			case headroom.NotTested:
				// A gate that saw nothing is not open.
				blind = &headroom.MeasureError{What: "nothing of " + other.Name + " could be compared", Do: "replay a longer window, or repeat both sides with --repeat 3"}
			}
		}
	}
	if slices.Contains(o.failOn, failMissed) {
		for _, s := range sets[1:] {
			for _, r := range s.Runs {
				if err := (shown{r.Report, r.Info()}).verdict(); errors.Is(err, headroom.ErrMissed) {
					return fmt.Errorf("%s: %w", s.Name, err)
				}
			}
		}
	}
	return blind
}

// An openSet is runs that were opened.
type openSet struct {
	compare.Set
	opened []results.OpenedRun
}

func others(sets []openSet) []compare.Set {
	var out []compare.Set
	for _, s := range sets[1:] {
		out = append(out, s.Set)
	}
	return out
}

func closeSets(sets []openSet) error {
	var err error
	for _, s := range sets {
		for _, r := range s.opened {
			err = errors.Join(err, r.Close())
		}
	}
	return err
}

// openSets opens what the arguments name. What was opened is returned with an
// error, too.
func openSets(ctx context.Context, args []string) ([]openSet, error) {
	var sets []openSet
	for _, arg := range args {
		names, err := runNames(arg)
		if err != nil {
			return sets, err
		}
		sets = append(sets, openSet{Set: compare.Set{Name: arg}})
		s := &sets[len(sets)-1]
		for _, name := range names {
			run, err := results.OpenRun(ctx, name, os.Getenv)
			if err != nil {
				return sets, err
			}
			s.opened = append(s.opened, run)
			report, err := analyse.RunReport(run, name)
			if err != nil {
				return sets, fmt.Errorf("%s: %w", name, err)
			}
			s.Runs = append(s.Runs, compare.Run{Run: run, Report: report})
		}
	}
	for i, name := range setNames(args) {
		sets[i].Name = name
	}
	return sets, nil
}

// runNames are the runs of an argument: itself, those between commas, or those
// of a workspace.
func runNames(arg string) ([]string, error) {
	names := []string{arg}
	if _, err := os.Stat(arg); err != nil && strings.Contains(arg, ",") {
		names = strings.Split(arg, ",")
	}
	if inside := runsInside(arg); len(inside) > 0 {
		names = inside
	}
	for i, name := range names {
		switch {
		case name == "":
			return nil, &headroom.InputError{What: "names no run between two commas", Where: arg}
		case slices.Contains(names[:i], name):
			return nil, &headroom.InputError{What: "the run " + name + " is named twice, which repeats nothing", Where: arg, Do: "name each run once"}
		}
	}
	return names, nil
}

// runsInside are the runs of a workspace, in the order of their numbers.
func runsInside(folder string) []string {
	found, _ := filepath.Glob(filepath.Join(folder, "runs", "*", "run.json")) // a name with * is no folder of ours
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	slices.SortFunc(found, func(a, b string) int {
		if len(a) != len(b) { // standard-6-10 after standard-6-9
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return found
}

// setNames are short names for the arguments: the last part of the path, where
// it tells them apart, else all of it.
func setNames(args []string) []string {
	short := make([]string, len(args))
	for i, arg := range args {
		first, rest, several := strings.Cut(arg, ",")
		short[i] = filepath.Base(filepath.Clean(first))
		if several {
			short[i] += fmt.Sprintf(" and %d more", 1+strings.Count(rest, ","))
		}
	}
	if distinct(short) {
		return short
	}
	out := slices.Clone(args)
	for i := range out {
		for n := 2; slices.Contains(out[:i], out[i]); n++ { // a run beside itself
			out[i] = fmt.Sprintf("%s (%d)", args[i], n)
		}
	}
	return out
}

func distinct(names []string) bool {
	sorted := slices.Sorted(slices.Values(names))
	return len(slices.Compact(sorted)) == len(names)
}
