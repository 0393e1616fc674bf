package probes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// SQLSTATEs of lost conflicts, which Odoo tries again: serialization failure,
// deadlock, lock not available.
var conflictStates = []string{"40001", "40P01", "55P03"}

const (
	// logSQL asks how the server writes its log. Only its collector makes files.
	logSQL = `SELECT ` + mark + `current_setting('logging_collector') AS collector, current_setting('log_destination') AS formats,
  current_setting('log_line_prefix') AS prefix, current_setting('log_min_messages') AS least, current_setting('lc_messages') AS language,
  current_setting('data_directory') AS folder, current_setting('log_directory') AS logs,
  current_setting('port')::float8 AS port, extract(epoch FROM pg_postmaster_start_time())::float8 AS started`
	// logListSQL asks for the newest file of each format. pg_current_logfile would
	// tell as much, but not to a pg_monitor before 17.
	logListSQL = `SELECT ` + mark + `DISTINCT ON (1) CASE WHEN name LIKE '%.json' THEN 'jsonlog' WHEN name LIKE '%.csv' THEN 'csvlog' ELSE 'stderr' END AS format, name
FROM pg_ls_logdir() WHERE name !~ '\.(gz|xz|zst|bz2)$' ORDER BY 1, modification DESC, name DESC`
	logSizeSQL = `SELECT ` + mark + `size::float8 AS size FROM pg_ls_logdir() WHERE name = $1`
	logReadSQL = `SELECT ` + mark + `pg_read_binary_file($1, $2::int8, $3::int8, true) AS content`
	logChunk   = 1 << 20 // bytes at once
	logMost    = 8       // chunks in a look; the rest waits for the next
)

// A serverLog counts the errors that the server logs, by SQLSTATE: there is no
// view of them.
type serverLog struct {
	name    string // as the server calls the file
	grammar *logGrammar
	offset  int64
	pending []byte // the beginning of a record
	counts  map[string]float64
	// local says whether a folder is the server's; nil means isServersFolder.
	local func(folder string, port, started float64) bool
}

// sqlstates reads what the log has gained. Without a log that can be read there is
// no sample: 0 would be a lie.
func (o *postgresObserver) sqlstates(ctx context.Context) ([]value, error) {
	p, err := o.one(ctx, logSQL)
	if err != nil {
		return nil, err
	}
	row := p.rows[0]
	format, grammar, err := chooseLog(func(column string) string { return p.text(row, column) })
	if err != nil {
		return nil, err
	}
	list, err := o.one(ctx, logListSQL)
	if err != nil {
		return nil, err
	}
	name := ""
	for _, file := range list.rows {
		if list.text(file, "format") == format {
			name = list.text(file, "name")
		}
	}
	if name == "" {
		return nil, &cannotTell{"the server has no log file of format " + format}
	}
	file := o.logFile(p, row, name)
	l := &o.log
	if l.counts == nil { // the first look: what was before is not of the run
		at, err := file.size(ctx)
		if err != nil {
			return nil, err
		}
		l.offset, l.name, l.counts = at, name, map[string]float64{}
		for _, state := range conflictStates {
			l.counts[state] = 0
		}
		if _, err := file.read(ctx, at, 1); err != nil {
			l.counts = nil // and there is no way to read on
			return nil, err
		}
	}
	l.grammar = grammar
	if l.name != name { // rotated: the end of the old one first
		if err := l.follow(ctx, o.logFile(p, row, l.name), o.database); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		l.name, l.offset, l.pending = name, 0, nil
	}
	if err := l.follow(ctx, file, o.database); err != nil {
		return nil, err
	}
	var vs []value
	for _, state := range slices.Sorted(maps.Keys(l.counts)) {
		vs = append(vs, value{o.database, "sqlstate." + state, l.counts[state]})
	}
	return vs, nil
}

// follow counts what a file has gained.
func (l *serverLog) follow(ctx context.Context, f logFile, database string) error {
	size, err := f.size(ctx)
	if err != nil {
		return err
	}
	if size < l.offset { // the same name used again
		l.offset, l.pending = 0, nil
	}
	for range logMost {
		content, err := f.read(ctx, l.offset, logChunk)
		if err != nil {
			return err
		}
		l.offset += int64(len(content))
		var records []logRecord
		records, l.pending = l.grammar.parse(append(l.pending, content...))
		if len(l.pending) > logMost*logChunk { // no record is so long: this is no log of that format
			l.pending = nil
		}
		for _, r := range records {
			if r.database == database && r.application != probeName && r.failed() && r.state != "" {
				l.counts[r.state]++
			}
		}
		if len(content) < logChunk {
			return nil
		}
	}
	return nil
}

// one asks a question that has an answer, or a reason to have none.
func (o *postgresObserver) one(ctx context.Context, sql string) (page, error) {
	pages, err := o.asker.ask(ctx, []asked{{sql, nil}})
	if err != nil {
		return page{}, err
	}
	if len(pages[0].rows) == 0 {
		return page{}, &cannotTell{"the server has no log file"}
	}
	return pages[0], nil
}

// chooseLog prefers the format that says most.
func chooseLog(setting func(string) string) (format string, g *logGrammar, err error) {
	formats := strings.FieldsFunc(setting("formats"), func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case setting("collector") != "on":
		return "", nil, &cannotTell{"the server writes no log file of its own: set logging_collector = on and log_destination = 'csvlog' to have conflicts counted by SQLSTATE"}
	case slices.Contains([]string{"log", "fatal", "panic"}, setting("least")):
		return "", nil, &cannotTell{fmt.Sprintf("log_min_messages = %s keeps errors out of the log: set it to error or lower", setting("least"))}
	case slices.Contains(formats, "jsonlog"):
		return "jsonlog", &logGrammar{parse: parseJSONLog}, nil
	case slices.Contains(formats, "csvlog"):
		return "csvlog", &logGrammar{parse: parseCSVLog}, nil
	case !slices.Contains(formats, "stderr"):
		return "", nil, &cannotTell{fmt.Sprintf("log_destination = %s is no file: set it to csvlog", setting("formats"))}
	}
	g, err = stderrGrammar(setting("prefix"), setting("language"))
	return "stderr", g, err
}

// A logFile can be read from anywhere.
type logFile interface {
	size(ctx context.Context) (int64, error)
	read(ctx context.Context, offset int64, n int) ([]byte, error)
}

// logFile is the server's log: read as a file where the server is on this
// machine and lets us, else through the server.
func (o *postgresObserver) logFile(p page, row []any, name string) logFile {
	folder := p.text(row, "folder")
	local := o.log.local
	if local == nil {
		local = isServersFolder
	}
	if local(folder, p.number(row, "port"), p.number(row, "started")) {
		logs := p.text(row, "logs")
		if !filepath.IsAbs(logs) {
			logs = filepath.Join(folder, logs)
		}
		return localLog(filepath.Join(logs, name))
	}
	return remoteLog{o.asker, path.Join(p.text(row, "logs"), name)}
}

// isServersFolder says whether a folder of this machine is the server's that we
// are connected to, and not another's of the same name: by its postmaster.pid, which
// has the start in Unix seconds and the port in its third and fourth lines.
func isServersFolder(folder string, port, started float64) bool {
	content, err := os.ReadFile(filepath.Join(folder, "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := strings.Split(string(content), "\n")
	if len(lines) < 4 {
		return false
	}
	at, err1 := strconv.ParseFloat(strings.TrimSpace(lines[2]), 64)
	its, err2 := strconv.ParseFloat(strings.TrimSpace(lines[3]), 64)
	return err1 == nil && err2 == nil && its == port && math.Abs(at-started) < 10
}

type localLog string

func (f localLog) size(context.Context) (int64, error) {
	info, err := os.Stat(string(f))
	if err != nil {
		return 0, unreadable(err)
	}
	return info.Size(), nil
}

func (f localLog) read(_ context.Context, offset int64, n int) ([]byte, error) {
	file, err := os.Open(string(f))
	if err != nil {
		return nil, unreadable(err)
	}
	defer file.Close()
	b := make([]byte, n)
	n, err = file.ReadAt(b, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, unreadable(err)
	}
	return b[:n], nil
}

// unreadable is a reason that is kept as what it is.
func unreadable(err error) error {
	return fmt.Errorf("%w: %w", &cannotTell{"the server's log cannot be read"}, err)
}

// A remoteLog is read through the server.
type remoteLog struct {
	asker asker
	name  string
}

func (f remoteLog) size(ctx context.Context) (int64, error) {
	pages, err := f.asker.ask(ctx, []asked{{logSizeSQL, []any{path.Base(f.name)}}})
	if err != nil {
		return 0, err
	}
	if len(pages[0].rows) == 0 {
		return 0, unreadable(fs.ErrNotExist)
	}
	return int64(pages[0].number(pages[0].rows[0], "size")), nil
}

func (f remoteLog) read(ctx context.Context, offset int64, n int) ([]byte, error) {
	pages, err := f.asker.ask(ctx, []asked{{logReadSQL, []any{f.name, offset, int64(n)}}})
	if err != nil {
		return nil, err
	}
	if len(pages[0].rows) == 0 {
		return nil, unreadable(fs.ErrNotExist)
	}
	content, _ := pages[0].cell(pages[0].rows[0], "content").([]byte) // NULL: it is not there any more
	return content, nil
}
