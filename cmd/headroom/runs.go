package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/results"
)

// runsOptions are the flags of runs.
type runsOptions struct {
	store   bool
	valid   bool
	json    bool
	deleted []string
}

// defaultWorkspace is where workspaces are made that got no name.
const defaultWorkspace = "headroom-workspace"

func newRuns(std stdio) *cobra.Command {
	var o runsOptions
	cmd := &cobra.Command{
		Use:   "runs [FOLDER…]",
		Short: "List the runs of workspaces, or of the store",
		Long: `List the runs below folders (default ` + defaultWorkspace + `), the newest first: those
of a workspace, of a folder of workspaces, or a run's own folder. With --store,
the runs of the PostgreSQL that HEADROOM_STORE names. The first column is what
show, check, compare and export take as RUN.

What cannot be read is listed with the reason. A run in the store is removed with
--delete; one in a folder by removing the folder.`,
		Example: "  headroom runs\n  headroom runs --store --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return listRuns(cmd.Context(), args, o, std)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.store, "store", false, "list the runs of the PostgreSQL that HEADROOM_STORE names (or the file that HEADROOM_STORE_FILE names)")
	f.StringArrayVar(&o.deleted, "delete", nil, "with --store: remove the run of this id instead; may be given several times")
	f.BoolVar(&o.valid, "valid", false, "also say whether the generator was the bottleneck, which reads every run in full")
	f.BoolVar(&o.json, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

// A runLine is one run. What is not known is nil.
type runLine struct {
	Run      string     `json:"run"` // what other verbs take
	ID       string     `json:"id"`
	Started  *time.Time `json:"started"`
	Plan     string     `json:"plan"`
	Topology string     `json:"topology"`
	Target   string     `json:"target"`
	LeadIn   *float64   `json:"lead_in"` // seconds before the window
	Window   *float64   `json:"window"`  // seconds
	State    string     `json:"state"`   // complete, incomplete, recording or unreadable
	Reason   string     `json:"reason,omitempty"`
	Valid    *bool      `json:"valid"` // false: the generator was the bottleneck; nil: not looked at
	Bytes    *int64     `json:"bytes"` // of its files; in a store of its rows, as they were sent
	at       time.Time  // by which runs are ordered
}

// freshly is how long after its last row an unfinished run counts as being
// recorded: probes make one each second.
const freshly = 10 * time.Second

func listRuns(ctx context.Context, folders []string, o runsOptions, std stdio) error {
	switch {
	case len(o.deleted) > 0 && !o.store:
		return &headroom.InputError{What: "removes runs from the store only", Where: "--delete", Do: "add --store; a run in a folder is removed with the folder"}
	case o.store && len(folders) > 0:
		return &headroom.InputError{What: "a folder was named as well", Where: "--store", Do: "leave one of them out"}
	case len(o.deleted) > 0:
		return deleteRuns(ctx, o.deleted, std)
	}
	var runs []runLine
	var err error
	if o.store {
		runs, err = storedRuns(ctx)
	} else {
		runs, err = folderRuns(folders)
	}
	if err != nil {
		return err
	}
	slices.SortStableFunc(runs, func(a, b runLine) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.Run, b.Run)) })
	if o.valid {
		for i := range runs {
			if err := ctx.Err(); err != nil {
				return err
			}
			runs[i].judge(ctx)
		}
	}
	if o.json {
		if runs == nil {
			runs = []runLine{}
		}
		return writeJSON(std.out, runs)
	}
	return printRuns(std.out, runs)
}

func deleteRuns(ctx context.Context, ids []string, std stdio) error {
	store, err := openStore(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		id = strings.TrimPrefix(id, "store:")
		if err := store.Delete(ctx, id); err != nil {
			return err
		}
		fmt.Fprintf(std.err, "deleted store:%s\n", id)
	}
	return nil
}

func storedRuns(ctx context.Context) ([]runLine, error) {
	store, err := openStore(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := store.Runs(ctx)
	var runs []runLine
	for _, s := range stored {
		l := runLine{Run: "store:" + s.ID, ID: s.ID, Bytes: &s.Bytes, at: s.Created}
		if s.Err != nil {
			l.unreadable(s.Err)
		} else {
			l.describe(s.Info, s.Written)
		}
		runs = append(runs, l)
	}
	return runs, err
}

// folderRuns finds the runs below folders.
func folderRuns(folders []string) ([]runLine, error) {
	if len(folders) == 0 {
		folders = []string{defaultWorkspace}
		if _, err := os.Stat(defaultWorkspace); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	var runs []runLine
	for _, folder := range folders {
		if _, err := os.Stat(folder); err != nil {
			return nil, &headroom.InputError{What: "cannot be read: " + err.Error(), Where: folder, Do: "name a folder with runs", Err: err}
		}
		for _, dir := range runFolders(folder, runDepth) {
			runs = append(runs, folderRun(dir))
		}
	}
	return runs, nil
}

// runDepth is how deep runs lie below a folder of workspaces: WORKSPACE/runs/RUN.
const runDepth = 3

// runFolders are the folders that hold a run.json, or the parts of a run without
// one.
func runFolders(dir string, depth int) []string {
	for _, name := range []string{"run.json", "parts"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return []string{dir}
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || depth == 0 {
		return nil
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, runFolders(filepath.Join(dir, e.Name()), depth-1)...)
		}
	}
	return out
}

func folderRun(dir string) runLine {
	l := runLine{Run: dir, ID: filepath.Base(dir)}
	if info, err := os.Stat(dir); err == nil {
		l.at = info.ModTime()
	}
	size, written := measure(dir)
	l.Bytes = &size
	run, err := results.Open(dir)
	if err != nil {
		l.unreadable(err)
		return l
	}
	defer func() { _ = run.Close() }() // only read from
	l.describe(run.Info(), written)
	return l
}

// measure is the size of a run's files, and when a part was last written.
func measure(dir string) (size int64, written time.Time) {
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil //nolint:nilerr // what cannot be read has no size that we know
		}
		if info, err := e.Info(); err == nil {
			size += info.Size()
			if filepath.Base(filepath.Dir(path)) == "parts" && info.ModTime().After(written) {
				written = info.ModTime()
			}
		}
		return nil
	})
	return size, written
}

func (l *runLine) unreadable(err error) {
	l.State, l.Reason = "unreadable", err.Error()
	var input *headroom.InputError
	if errors.As(err, &input) {
		l.Reason = input.What // where it is, the line says
	}
}

func (l *runLine) describe(info headroom.RunInfo, written time.Time) {
	l.ID, l.Plan, l.Topology, l.Target = info.ID, info.Plan.Name, info.Topology.Name, info.TargetKind
	l.LeadIn, l.Window = &info.Schedule.LeadIn, &info.Schedule.Window
	if !info.Started.IsZero() {
		l.Started, l.at = &info.Started, info.Started
	}
	l.State, l.Reason = "incomplete", info.Reason
	switch {
	case info.Complete:
		l.State = "complete"
	case time.Since(written) < freshly && strings.HasPrefix(info.Reason, "the run was cut off"):
		l.State, l.Reason = "recording", ""
	}
}

// judge reads the run to see whether its generator was the bottleneck.
func (l *runLine) judge(ctx context.Context) {
	if l.State == "unreadable" {
		return
	}
	run, err := results.OpenRun(ctx, l.Run, os.Getenv)
	if err != nil {
		l.unreadable(err)
		return
	}
	defer func() { _ = run.Close() }() // only read from
	report, err := analyse.RunReport(run, l.Run)
	if err != nil {
		l.unreadable(err)
		return
	}
	l.Valid = &report.Valid
}

func printRuns(w io.Writer, runs []runLine) error {
	if len(runs) == 0 {
		_, err := fmt.Fprintln(w, "no runs")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RUN\tSTARTED\tPLAN\tTOPOLOGY\tWINDOW\tSIZE\tSTATE")
	for _, r := range runs {
		started, window, size := "-", "-", "-"
		if r.Started != nil {
			started = r.Started.UTC().Format("2006-01-02 15:04:05")
		}
		if r.Window != nil {
			window = (time.Duration(*r.Window) * time.Second).String()
		}
		if r.Bytes != nil {
			size = fmt.Sprintf("%.1f MB", float64(*r.Bytes)/1e6)
		}
		state := r.State
		if r.Valid != nil && !*r.Valid {
			state += ", the generator was the bottleneck"
		}
		if r.Reason != "" {
			state += ": " + r.Reason
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", printable(r.Run), started, cmp.Or(printable(r.Plan), "-"), cmp.Or(printable(r.Topology), "-"), window, size, printable(state))
	}
	return t.Flush()
}

// printable is a text on one line, without what a terminal obeys.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r): // it turns the direction of what follows
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, s)
}

// printableLines is printable for several lines.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return strings.Join(lines, "\n")
}
