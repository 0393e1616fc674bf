// Package export writes the tables of a run for other programs: as CSV, as JSON
// Lines, and as Parquet. It reads a run as a stream and writes it as one, in
// memory that does not grow with it, and judges nothing. Columns are those of
// the views in a part (docs/bundle.md): times in seconds since the run's start,
// sizes in bytes. What there is not is an empty cell or null, never 0 or NaN.
package export

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/headroom-erp/headroom"
)

// The formats.
const (
	CSV       = "csv"
	Parquet   = "parquet"
	JSONLines = "jsonl"
)

// Formats are all of them; each is also the ending of a file's name.
func Formats() []string { return []string{CSV, Parquet, JSONLines} }

// Tables are the tables of a run, by name.
func Tables() []string {
	return []string{"journeys", "requests", "server_requests", "samples", "gaps", "documents"}
}

// Table writes one table of a run, and returns the number of its rows. Rows come
// in the order in which headroom.Run has them. It ends early with ctx. An error
// leaves w with a part of the table.
func Table(ctx context.Context, w io.Writer, run headroom.Run, table, format string) (rows int64, err error) {
	if !slices.Contains(Formats(), format) {
		return 0, &headroom.InputError{What: fmt.Sprintf("there is no format %q", format), Do: "choose " + strings.Join(Formats(), ", ")}
	}
	switch table {
	case "journeys":
		return write(ctx, w, run, table, format, journeys(run))
	case "requests":
		return write(ctx, w, run, table, format, requests(run))
	case "server_requests":
		return write(ctx, w, run, table, format, server(run))
	case "samples":
		return write(ctx, w, run, table, format, samples(run))
	case "gaps":
		return write(ctx, w, run, table, format, gaps(run))
	case "documents":
		return write(ctx, w, run, table, format, documents(run))
	}
	return 0, &headroom.InputError{What: fmt.Sprintf("there is no table %q", table), Do: "choose from " + strings.Join(Tables(), ", ")}
}

// A sink takes rows in one format.
type sink[T any] interface {
	write(rows []T) error
	close() error
}

// batch is how many rows are handed on at once.
const batch = 1000

func write[T any](ctx context.Context, w io.Writer, run headroom.Run, table, format string, seq iter.Seq2[T, error]) (n int64, err error) {
	buffered := bufio.NewWriterSize(w, 1<<18)
	var to sink[T]
	switch format {
	case CSV:
		to = newCSV[T](buffered)
	case JSONLines:
		to = newJSON[T](buffered)
	default:
		to = newParquet[T](buffered, table, run.Info())
	}
	rows := make([]T, 0, batch)
	for row, err := range seq {
		if err != nil {
			return n, err
		}
		if rows = append(rows, row); len(rows) < batch {
			continue
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if err := to.write(rows); err != nil {
			return n, fmt.Errorf("export: %s: %w", table, err)
		}
		n, rows = n+int64(len(rows)), rows[:0]
	}
	err = to.write(rows)
	if err == nil {
		err = to.close()
	}
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return n, fmt.Errorf("export: %s: %w", table, err)
	}
	return n + int64(len(rows)), nil
}

// A column is a field of a row.
type column struct {
	name    string
	foreign bool // text that came from a server
}

func columns[T any]() []column {
	var out []column
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		name, _, _ := strings.Cut(f.Tag.Get("parquet"), ",")
		out = append(out, column{name, f.Tag.Get("text") == "server"})
	}
	return out
}

// csvSink writes RFC 4180 with a heading and line feeds.
type csvSink[T any] struct {
	w       *csv.Writer
	columns []column
	record  []string
	headed  bool
}

func newCSV[T any](w io.Writer) *csvSink[T] {
	c := columns[T]()
	return &csvSink[T]{w: csv.NewWriter(w), columns: c, record: make([]string, len(c))}
}

func (s *csvSink[T]) head() error {
	if s.headed {
		return nil
	}
	s.headed = true
	for i, c := range s.columns {
		s.record[i] = c.name
	}
	return s.w.Write(s.record)
}

func (s *csvSink[T]) write(rows []T) error {
	if err := s.head(); err != nil {
		return err
	}
	for i := range rows {
		v := reflect.ValueOf(&rows[i]).Elem()
		for k, c := range s.columns {
			s.record[k] = cell(v.Field(k), c.foreign)
		}
		if err := s.w.Write(s.record); err != nil {
			return err
		}
	}
	return nil
}

func (s *csvSink[T]) close() error {
	s.w.Flush()
	return s.w.Error()
}

func cell(v reflect.Value, foreign bool) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	default:
		if foreign {
			return inert(v.String())
		}
		return v.String()
	}
}

// formula begins what a spreadsheet takes for a formula, or skips to one; an
// apostrophe is among them so that Inert can be undone: whoever takes one
// apostrophe from the front of a cell has the text.
const formula = "=+-@\t\r\n'"

// inert is text that no spreadsheet computes: an apostrophe before what it might
// (OWASP, "CSV Injection").
func inert(s string) string {
	if s != "" && strings.IndexByte(formula, s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// jsonSink writes one object a line, its members in the order of the columns.
type jsonSink[T any] struct {
	w    io.Writer
	keys [][]byte // `{"arrival":`, `,"site":`, …
	line []byte
}

func newJSON[T any](w io.Writer) *jsonSink[T] {
	s := &jsonSink[T]{w: w}
	for i, c := range columns[T]() {
		before := ","
		if i == 0 {
			before = "{"
		}
		s.keys = append(s.keys, []byte(before+strconv.Quote(c.name)+":"))
	}
	return s
}

func (s *jsonSink[T]) write(rows []T) error {
	for i := range rows {
		s.line = s.line[:0]
		v := reflect.ValueOf(&rows[i]).Elem()
		for k, key := range s.keys {
			s.line = append(s.line, key...)
			var err error
			if s.line, err = appendJSON(s.line, v.Field(k)); err != nil {
				return err
			}
		}
		s.line = append(s.line, "}\n"...)
		if _, err := s.w.Write(s.line); err != nil {
			return err
		}
	}
	return nil
}

func appendJSON(to []byte, v reflect.Value) ([]byte, error) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return append(to, "null"...), nil
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Float64: // finite: number saw to it
		return strconv.AppendFloat(to, v.Float(), 'g', -1, 64), nil
	case reflect.Int64:
		return strconv.AppendInt(to, v.Int(), 10), nil
	default:
		text, err := json.Marshal(v.String())
		return append(to, text...), err
	}
}

func (s *jsonSink[T]) close() error { return nil }

// rowGroup is how many rows a Parquet file keeps together: they are in memory
// until they are written.
const rowGroup = 50000

type parquetSink[T any] struct{ w *parquet.GenericWriter[T] }

func newParquet[T any](w io.Writer, table string, info headroom.RunInfo) *parquetSink[T] {
	return &parquetSink[T]{parquet.NewGenericWriter[T](w,
		parquet.NewSchema(table, parquet.SchemaOf(*new(T))),
		parquet.Compression(&parquet.Snappy),
		parquet.MaxRowsPerRowGroup(rowGroup),
		parquet.CreatedBy("headroom", info.Versions["headroom"], ""),
		parquet.KeyValueMetadata("headroom.run", info.ID),
		parquet.KeyValueMetadata("headroom.plan", info.Plan.Name),
		parquet.KeyValueMetadata("headroom.started", info.Started.UTC().Format("2006-01-02T15:04:05.999999999Z07:00")),
	)}
}

func (s *parquetSink[T]) write(rows []T) error {
	_, err := s.w.Write(rows)
	return err
}

func (s *parquetSink[T]) close() error { return s.w.Close() }
