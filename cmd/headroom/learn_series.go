package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/learn"
	"github.com/headroom-erp/headroom/probes"
)

// readSeries reads an answer of a range query. Of which station it is is said,
// or its series have the label station or role: app or database.
func readSeries(a *learn.Accumulator, station, path string, std stdio) error {
	return withFile(path, std, func(in io.Reader, name string) error {
		text, err := io.ReadAll(io.LimitReader(in, mostSeries))
		if err != nil {
			return err
		}
		found, err := probes.ReadRange(text)
		if err != nil {
			return &headroom.InputError{What: err.Error(), Where: name, Do: "give what /api/v1/query_range answered", Err: err}
		}
		by := map[string][]probes.RangeSeries{}
		for _, s := range found {
			to := station
			if to == "" {
				to = stationOf(s.Labels)
			}
			if to == "" {
				return &headroom.InputError{What: fmt.Sprintf("it is not said whose CPU the series %v is", s.Labels), Where: name,
					Do: "give the file as app=FILE or database=FILE, or its series the label station, app or database"}
			}
			by[to] = append(by[to], s)
		}
		for _, to := range []string{"app", "database"} {
			if err := a.CPU(to, busyCores(by[to])); err != nil {
				return err
			}
		}
		return nil
	})
}

// mostSeries bounds a file of series, in bytes.
const mostSeries = 256 << 20

func stationOf(labels map[string]string) string {
	for _, key := range []string{"station", "role"} {
		switch strings.ToLower(labels[key]) {
		case "app", "web", "odoo":
			return "app"
		case "database", "db", "postgres", "postgresql":
			return "database"
		}
	}
	return ""
}

// busyCores sums series by moment. One whose name ends in _total is a counter
// of CPU seconds: its growth is told at the middle of each of its steps, which are
// the same for all.
func busyCores(list []probes.RangeSeries) []learn.Point {
	sum := map[float64]float64{}
	for _, s := range list {
		if !strings.HasSuffix(s.Labels["__name__"], "_total") {
			for i, t := range s.T {
				sum[t] += s.V[i]
			}
			continue
		}
		for i := 1; i < len(s.T); i++ {
			if d := s.T[i] - s.T[i-1]; d > 0 {
				grown := s.V[i] - s.V[i-1]
				if grown < 0 {
					grown = s.V[i] // it began anew
				}
				sum[(s.T[i]+s.T[i-1])/2] += grown / d
			}
		}
	}
	out := make([]learn.Point, 0, len(sum))
	for t, v := range sum {
		out = append(out, learn.Point{T: t, Cores: v})
	}
	slices.SortFunc(out, func(a, b learn.Point) int {
		if a.T < b.T {
			return -1
		}
		return 1
	})
	return out
}

// snapshotDo says how snapshots are made.
const snapshotDo = `make it with \copy (SELECT now() AS at, d.datname, s.* FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid) TO 'snapshot.csv' CSV HEADER`

// readStatements reads snapshots: CSV with a header, or an object a line.
func readStatements(path string, std stdio) (out []learn.Snapshot, err error) {
	err = withFile(path, std, func(in io.Reader, name string) error {
		buffered := bufio.NewReaderSize(in, 1<<16)
		first, err := buffered.Peek(1)
		if err != nil {
			return &headroom.InputError{What: "it is empty", Where: name, Do: snapshotDo}
		}
		row := 0
		add := func(cell func(string) string) error {
			row++
			s, err := snapshot(cell)
			if err != nil {
				return &headroom.InputError{What: fmt.Sprintf("row %d: %v", row, err), Where: name, Do: snapshotDo}
			}
			out = append(out, s)
			return nil
		}
		if first[0] == '{' {
			return statementLines(buffered, name, add)
		}
		return statementTable(buffered, name, add)
	})
	return out, err
}

func statementLines(in io.Reader, name string, add func(func(string) string) error) error {
	dec := json.NewDecoder(in)
	dec.UseNumber()
	for {
		var object map[string]any
		err := dec.Decode(&object)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &headroom.InputError{What: fmt.Sprintf("it is no JSON: %v", err), Where: name, Do: snapshotDo, Err: err}
		}
		if err := add(func(key string) string {
			if v := object[key]; v != nil {
				return fmt.Sprint(v)
			}
			return ""
		}); err != nil {
			return err
		}
	}
}

func statementTable(in io.Reader, name string, add func(func(string) string) error) error {
	r := csv.NewReader(in)
	r.Comment, r.ReuseRecord = '#', true
	header, err := r.Read()
	if err != nil {
		return &headroom.InputError{What: fmt.Sprintf("it is no CSV: %v", err), Where: name, Do: snapshotDo, Err: err}
	}
	column := map[string]int{}
	for i, h := range header {
		column[strings.TrimSpace(h)] = i
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &headroom.InputError{What: fmt.Sprintf("it is no CSV: %v", err), Where: name, Do: snapshotDo, Err: err}
		}
		if err := add(func(key string) string {
			if i, ok := column[key]; ok {
				return record[i]
			}
			return ""
		}); err != nil {
			return err
		}
	}
}

// snapshot reads a row. Texts of statements are not looked at.
func snapshot(cell func(string) string) (s learn.Snapshot, err error) {
	if s.T, err = statementTime(cell("at")); err != nil {
		return s, err
	}
	number := func(names ...string) float64 {
		for _, n := range names {
			if v, e := strconv.ParseFloat(cell(n), 64); e == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
				return v
			}
		}
		return math.NaN()
	}
	s.Database = strings.Clone(cell("datname"))
	s.Statement = cell("userid") + "/" + cell("dbid") + "/" + cell("queryid")
	s.Calls = number("calls")
	s.Seconds = number("total_exec_time", "total_time") / 1000 // the latter to PostgreSQL 12
	s.WAL = number("wal_bytes")
	if math.IsNaN(s.Calls) || math.IsNaN(s.Seconds) || cell("queryid") == "" {
		return s, errors.New("it lacks queryid, calls or total_exec_time")
	}
	if math.IsNaN(s.WAL) {
		s.WAL = 0
	}
	return s, nil
}

// statementTime reads a time as PostgreSQL writes it, as RFC 3339, or as seconds since 1970.
func statementTime(s string) (float64, error) {
	for _, form := range []string{"2006-01-02 15:04:05.999999-07", "2006-01-02 15:04:05.999999-07:00", time.RFC3339Nano, "2006-01-02 15:04:05.999999"} {
		if t, err := time.Parse(form, s); err == nil {
			return float64(t.UnixMilli()) / 1e3, nil
		}
	}
	if v, err := strconv.ParseFloat(s, 64); err == nil && v > 0 {
		return v, nil
	}
	return 0, errors.New("it has no time in the column at")
}
