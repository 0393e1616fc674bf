package odoo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"
	"time"
)

// A Parser reads lines of the server's log. The log tells local times without
// a zone, so the parser must be told where the server's clock stands; in the
// hour that a zone's autumn repeats, times are ambiguous. A Parser is not safe
// for concurrent use: it remembers the last minute's date.
type Parser struct {
	zone   *time.Location
	minute string // "2026-11-21 19:21" …
	base   time.Time
}

// NewParser reads times in zone; nil is UTC.
func NewParser(zone *time.Location) *Parser {
	if zone == nil {
		zone = time.UTC
	}
	return &Parser{zone: zone}
}

// Parse reads one line, without its line end. It never fails: what is no line
// of the log's form is a Continuation. The result refers to line's memory.
func (p *Parser) Parse(line string) LogLine {
	line = strings.TrimRight(line, "\r\n")
	if strings.IndexByte(line, 0x1b) >= 0 {
		line = uncoloured(line)
	}
	l, message, ok := p.prefix(line)
	switch {
	case !ok:
		return LogLine{Kind: Continuation, Size: -1, Left: -1, Event: exceptionEvent(line)}
	case l.Logger == "werkzeug":
		parseRequest(&l, message)
	default:
		parseConflict(&l, message)
		if l.Kind == OtherLine {
			parseEvent(&l, message)
		}
	}
	return l
}

// prefix reads "2026-11-21 19:21:11,650 3524 INFO o19 logger: ".
func (p *Parser) prefix(line string) (l LogLine, message string, ok bool) {
	const stamp = len("2026-11-21 19:21:11,650")
	if len(line) < stamp+8 || line[4] != '-' || line[10] != ' ' || line[19] != ',' || line[stamp] != ' ' {
		return l, "", false
	}
	l.Size, l.Left = -1, -1
	if l.Time, ok = p.time(line[:stamp]); !ok {
		return l, "", false
	}
	pid, rest, ok := strings.Cut(line[stamp+1:], " ")
	if l.PID = digits(pid); !ok || l.PID < 0 {
		return l, "", false
	}
	if l.Level, rest, ok = strings.Cut(rest, " "); !ok || l.Level == "" {
		return l, "", false
	}
	if l.Database, rest, ok = strings.Cut(rest, " "); !ok || l.Database == "" {
		return l, "", false
	}
	if l.Database == "?" || l.Database == "None" { // None: a request that chose no database
		l.Database = ""
	}
	if l.Logger, message, ok = strings.Cut(rest, ":"); !ok || l.Logger == "" {
		return l, "", false
	}
	return l, strings.TrimPrefix(message, " "), true
}

// time reads "2026-11-21 19:21:11,650". The date of a minute is computed once:
// lines come in bursts, and calendars are slow.
func (p *Parser) time(s string) (time.Time, bool) {
	const minute = len("2026-11-21 19:21")
	second, milli := digits(s[minute+1:minute+3]), digits(s[minute+4:])
	if s[minute] != ':' || second < 0 || second > 60 || milli < 0 {
		return time.Time{}, false
	}
	if s[:minute] != p.minute {
		y, mo, d := digits(s[0:4]), digits(s[5:7]), digits(s[8:10])
		h, mi := digits(s[11:13]), digits(s[14:16])
		if s[7] != '-' || s[13] != ':' || y < 1 || mo < 1 || mo > 12 || d < 1 || d > 31 || h < 0 || h > 23 || mi < 0 || mi > 59 {
			return time.Time{}, false
		}
		p.minute, p.base = strings.Clone(s[:minute]), time.Date(y, time.Month(mo), d, h, mi, 0, 0, p.zone)
	}
	return p.base.Add(time.Duration(second)*time.Second + time.Duration(milli)*time.Millisecond), true
}

// parseRequest reads what werkzeug says: `127.0.0.1 - - [21/Nov/2026 19:21:11]
// "POST /path?query#model.method HTTP/1.1" 200 - 143 0.080 0.135`. A message of
// another form leaves the line an OtherLine.
func parseRequest(l *LogLine, message string) {
	from := strings.Index(message, "] \"")
	to := strings.LastIndex(message, "\" ")
	if from < 0 || to < from+3 {
		return
	}
	dash := strings.Index(message[:from], " - - [")
	if dash < 0 || !parseTail(l, message[to+2:]) {
		return
	}
	l.Kind, l.Client = RequestLine, message[:dash]
	request := message[from+3 : to]
	verb, rest, ok := strings.Cut(request, " ")
	last := strings.LastIndexByte(rest, ' ')
	if !ok || last < 0 || !strings.HasPrefix(rest[last+1:], "HTTP/") {
		return // not HTTP: a port scan, TLS on a plain port
	}
	l.Verb, l.Proto = verb, rest[last+1:]
	path := rest[:last]
	if i := strings.LastIndexByte(path, '#'); i >= 0 {
		path, l.Method = path[:i], path[i+1:]
	}
	if i := strings.IndexByte(path, '?'); i >= 0 {
		path, l.Query = path[:i], path[i+1:]
		l.Arrival, l.N = parseHR(l.Query)
	}
	l.Path = path
}

// parseTail reads `200 - 143 0.080 0.135 rw`: status, size, queries, seconds
// in SQL and outside, cursor mode. Figures that are absent are dashes.
func parseTail(l *LogLine, s string) bool {
	var f [7]string
	n := 0
	for s != "" && n < len(f) {
		var field string
		field, s, _ = strings.Cut(s, " ")
		if field != "" {
			f[n] = field
			n++
		}
	}
	if n < 2 || n == len(f) {
		return false
	}
	l.Status = max(0, digits(f[0]))
	l.Size = int64(digits(f[1]))
	if n < 5 || f[2] == "-" {
		return true
	}
	queries, sql, other := digits(f[2]), seconds(f[3]), seconds(f[4])
	if queries < 0 || math.IsNaN(sql) || math.IsNaN(other) {
		return true
	}
	l.Timed, l.Queries, l.SQL, l.Other = true, queries, sql, other
	if n == 6 && f[5] != "-" {
		l.Cursor = f[5]
	}
	return true
}

// parseHR finds hr=a<arrival>.<n> in a query. Both are from 1 and without
// leading zeros; anything else in the first hr is nobody's, and gives zeros.
func parseHR(query string) (arrival uint64, n int) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		value, ok := strings.CutPrefix(pair, "hr=")
		if !ok {
			continue
		}
		a, b, ok := strings.Cut(value, ".")
		if !ok || len(a) < 2 || a[0] != 'a' || a[1] == '0' || b == "" || b[0] == '0' {
			return 0, 0
		}
		if n = digits(b); n <= 0 {
			return 0, 0
		}
		if arrival = digits64(a[1:]); arrival == 0 {
			return 0, 0
		}
		return arrival, n
	}
	return 0, 0
}

// parseConflict reads the lines of a lost try:
//
//	SERIALIZATION_FAILURE, 4 tries left, try again in 0.7511 sec...
//	SERIALIZATION_FAILURE, retry 1/5 in 0.7511 sec...
//	SERIALIZATION_FAILURE, maximum number of tries reached!
func parseConflict(l *LogLine, message string) {
	name := conflictName(message)
	if name == "" {
		return
	}
	rest, ok := strings.CutPrefix(message[len(name):], ", ")
	if !ok {
		return
	}
	if strings.HasPrefix(rest, "maximum number of tries reached") {
		l.Kind, l.Conflict = ExhaustedLine, name
		return
	}
	var sleep string
	left, retry, of := -1, 0, 0
	if count, found := strings.CutPrefix(rest, "retry "); found {
		count, sleep, ok = strings.Cut(count, " in ")
		nth, all, slash := strings.Cut(count, "/")
		retry, of = digits(nth), digits(all)
		ok = ok && slash && retry > 0 && of >= 0
	} else {
		var count string
		count, sleep, ok = strings.Cut(rest, " tries left, try again in ")
		left = digits(count)
		ok = ok && left >= 0
	}
	sleep, _, unit := strings.Cut(sleep, " sec")
	s := seconds(sleep)
	if !ok || !unit || math.IsNaN(s) {
		return
	}
	l.Kind, l.Conflict, l.Left, l.Retry, l.Of, l.Sleep = ConflictLine, name, left, retry, of, s
}

// conflictName is what was lost, at the start of a message. 19 retries its own
// ConcurrencyError as well, and writes it with its text.
func conflictName(message string) string {
	for _, name := range [...]string{"SERIALIZATION_FAILURE", "LOCK_NOT_AVAILABLE", "DEADLOCK_DETECTED"} {
		if strings.HasPrefix(message, name) {
			return name
		}
	}
	if strings.HasPrefix(message, "ConcurrencyError(") {
		if end := strings.LastIndex(message, "), "); end >= 0 {
			return message[:end+1]
		}
	}
	return ""
}

// uncoloured takes out the colour codes that Odoo writes to a terminal.
func uncoloured(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != 0x1b {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '[' {
			i += 2
			for i < len(s) && (s[i] < 0x40 || s[i] > 0x7e) {
				i++
			}
		}
	}
	return b.String()
}

// maxLine bounds a line of a log, in bytes; a longer one (a dumped request) is
// a Continuation.
const maxLine = 1 << 20

// Lines reads a whole log, also one that a container engine has wrapped. An
// error ends it.
func (p *Parser) Lines(r io.Reader) iter.Seq2[LogLine, error] {
	return func(yield func(LogLine, error) bool) {
		br := bufio.NewReaderSize(r, maxLine)
		var wrapping Unwrapper
		for tooLong := false; ; {
			part, err := br.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) {
				tooLong = true
				continue
			}
			if len(part) > 0 {
				line := ""
				if !tooLong {
					line = string(part)
				}
				tooLong = false
				line, complete := wrapping.Line(strings.TrimRight(line, "\r\n"))
				if complete && !yield(p.Parse(line), nil) {
					return
				}
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(LogLine{}, fmt.Errorf("odoo: read log: %w", err))
				return
			}
		}
	}
}
