package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/results/export"
)

// exportOptions are the flags of export.
type exportOptions struct {
	format string
	out    string
	tables []string
	json   bool
}

func newExport(std stdio) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export RUN",
		Short: "Write a run's tables as CSV, JSON Lines or Parquet",
		Long: `Write the tables of a run (a folder, a .zip of one, or store:ID), each into a file of
its own: journeys, requests, server_requests, samples, gaps, documents. Columns
are documented in docs/bundle.md; times are seconds since the run's start, sizes
bytes. What there is not is an empty cell in CSV, and null elsewhere.

In CSV, text that came from a server or a log and begins with = + - @, a tab, a
line's end or an apostrophe gets an apostrophe in front, so that no spreadsheet
computes it. JSON Lines and Parquet have it as it came.

Nothing is overwritten. With --out - the one table goes to standard output.`,
		Example: "  headroom export RUN --format parquet --out tables\n" +
			"  headroom export RUN --format csv --table journeys --out - | head",
		Args: exactArgs(1, "one run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exportRun(cmd.Context(), args[0], o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "", strings.Join(export.Formats(), ", "))
	f.StringVar(&o.out, "out", "", "folder for the files, made if need be; - is standard output, for one table")
	f.StringSliceVar(&o.tables, "table", nil, "only this one, or these with commas (default all)")
	f.BoolVar(&o.json, "json", false, "what was written as one JSON document on standard output, nothing else")
	return cmd
}

// An exported table is one file that was written.
type exported struct {
	Table string `json:"table"`
	File  string `json:"file"`
	Rows  int64  `json:"rows"`
}

func exportRun(ctx context.Context, name string, o exportOptions, std stdio) error {
	if err := o.check(); err != nil {
		return err
	}
	if err := noWorkspace(name); err != nil {
		return err
	}
	run, err := results.OpenRun(ctx, name, os.Getenv)
	if err != nil {
		return err
	}
	defer func() { _ = run.Close() }() // only read from
	if info := run.Info(); !info.Complete {
		fmt.Fprintf(std.err, "the run is incomplete: %s\n", printable(info.Reason))
	}
	if o.out == "-" {
		_, err := export.Table(ctx, std.out, run, o.tables[0], o.format)
		return writing(err, "standard output")
	}
	written, err := o.write(ctx, run, std)
	if err != nil {
		return err
	}
	if o.json {
		return writeJSON(std.out, written)
	}
	return nil
}

// check is everything that can be found out before the run is read.
func (o *exportOptions) check() error {
	if !slices.Contains(export.Formats(), o.format) {
		return &headroom.InputError{What: fmt.Sprintf("there is no format %q", o.format), Where: "--format", Do: "choose " + strings.Join(export.Formats(), ", ")}
	}
	if o.out == "" {
		return &headroom.InputError{What: "no folder was named", Where: "--out", Do: "name one, or - for standard output"}
	}
	for i, table := range o.tables {
		if !slices.Contains(export.Tables(), table) {
			return &headroom.InputError{What: fmt.Sprintf("there is no table %q", table), Where: "--table", Do: "choose from " + strings.Join(export.Tables(), ", ")}
		}
		if slices.Contains(o.tables[:i], table) {
			return &headroom.InputError{What: "names " + table + " twice", Where: "--table"}
		}
	}
	if o.out == "-" && len(o.tables) != 1 {
		return &headroom.InputError{What: "standard output takes one table", Where: "--out", Do: "name it with --table, or name a folder"}
	}
	if o.out == "-" && o.json {
		return &headroom.InputError{What: "standard output has the table already", Where: "--json", Do: "name a folder with --out"}
	}
	if len(o.tables) == 0 {
		o.tables = export.Tables()
	}
	for _, table := range o.tables {
		if path := o.path(table); exists(path) {
			return &headroom.InputError{What: "exists already, and nothing is overwritten", Where: path, Do: "name another folder with --out"}
		}
		if path := o.path(table) + unfinished; exists(path) {
			return &headroom.InputError{What: "is written by another export, or was left by one that was killed", Where: path, Do: "remove it if none runs, or name another folder with --out"}
		}
	}
	return nil
}

func (o *exportOptions) path(table string) string { return filepath.Join(o.out, table+"."+o.format) }

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
}

func (o *exportOptions) write(ctx context.Context, run headroom.Run, std stdio) ([]exported, error) {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return nil, &headroom.InputError{What: "cannot be made: " + err.Error(), Where: o.out, Do: "name another folder with --out", Err: err}
	}
	var written []exported
	for _, table := range o.tables {
		path := o.path(table)
		var rows int64
		err := writeWhole(path, func(w io.Writer) (err error) {
			rows, err = export.Table(ctx, w, run, table, o.format)
			return err
		})
		if err != nil {
			return written, writing(err, path)
		}
		fmt.Fprintf(std.err, "%s: %d rows\n", path, rows)
		written = append(written, exported{table, path, rows})
	}
	return written, nil
}

// unfinished ends the name of a file that is being written.
const unfinished = ".part"

// writeWhole writes a file that has its name only when it is whole: of one that
// was broken off nobody thinks that it is all of the table.
func writeWhole(path string, write func(io.Writer) error) error {
	part := path + unfinished
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Link(part, path); err == nil { // unlike a rename it never replaces a file
		return os.Remove(part)
	} else if errors.Is(err, fs.ErrExist) {
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, path) // a file system without links
}

// writing says what failed, unless the run or its store said it already.
func writing(err error, where string) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return &headroom.MeasureError{What: "cannot write " + where, Err: err}
	}
	return err
}
