package odoo

import (
	"strconv"
	"time"
)

// LineKind says what a line of the server's log is.
type LineKind uint8

// The kinds of lines.
const (
	OtherLine     LineKind = iota // a line of another logger
	Continuation                  // a further line of a message: no time and pid of its own
	RequestLine                   // a request that was answered
	ConflictLine                  // a lost try; the worker sleeps Sleep and tries again
	ExhaustedLine                 // the last try was lost as well
)

// A LogLine is one line of the server's log, of any version from 14 to 19.
type LogLine struct {
	Kind     LineKind
	Time     time.Time // zero for a Continuation; to the millisecond
	PID      int       // the worker
	Level    string
	Database string // the tenant; "" outside of one
	Logger   string

	// Of a RequestLine.
	Client  string // its address
	Verb    string // "POST"; "" when the request was not HTTP
	Path    string // without query
	Query   string
	Method  string // "sale.order.create" when the line tells it after a # (19 and later)
	Proto   string // "HTTP/1.1"
	Arrival uint64 // of the hr parameter "a19.2"; 0 without a valid one
	N       int
	Status  int   // 0 when the line has none
	Size    int64 // of the answer in bytes; -1 when the line does not tell it, which is usual
	// Timed: the three figures are there. Static files and requests outside of a worker have none.
	Timed   bool
	Queries int
	SQL     float64 // seconds in SQL
	Other   float64 // seconds outside of SQL, sleeps between tries included
	Cursor  string  // "ro", "rw", "ro->rw" where a replica is configured; else ""

	// Of a ConflictLine or ExhaustedLine.
	Conflict string  // "SERIALIZATION_FAILURE", "LOCK_NOT_AVAILABLE", "DEADLOCK_DETECTED", "ConcurrencyError(…)"
	Left     int     // tries left; -1 when the line counts retries instead (to version 15)
	Retry    int     // number of the retry, from 1; 0 when the line counts tries left
	Of       int     // retries in all, with Retry
	Sleep    float64 // seconds

	// Of an OtherLine or a Continuation.
	Event   LogEvent
	Subject int     // the process that the event is about, where the line tells it; else 0
	Took    float64 // seconds, of RegistryLoaded
}

const logTime = "2006-01-02 15:04:05.000"

// Append writes a RequestLine, ConflictLine or ExhaustedLine as Odoo does,
// without line end, in the time zone of l.Time. Other kinds are not written.
func (l LogLine) Append(b []byte) []byte {
	switch l.Kind {
	case RequestLine:
		b = l.appendPrefix(b)
		b = l.appendRequest(b)
		return l.appendPerf(b)
	case ConflictLine:
		b = append(l.appendPrefix(b), l.Conflict...)
		if l.Retry > 0 {
			b = append(b, ", retry "...)
			b = strconv.AppendInt(b, int64(l.Retry), 10)
			b = append(b, '/')
			b = strconv.AppendInt(b, int64(l.Of), 10)
			b = append(b, " in "...)
		} else {
			b = append(b, ", "...)
			b = strconv.AppendInt(b, int64(l.Left), 10)
			b = append(b, " tries left, try again in "...)
		}
		b = strconv.AppendFloat(b, l.Sleep, 'f', 4, 64)
		return append(b, " sec... "...) // the space before figures that only requests have
	case ExhaustedLine:
		b = append(l.appendPrefix(b), l.Conflict...)
		return append(b, ", maximum number of tries reached! "...)
	}
	return b
}

// appendPrefix writes "2026-11-21 19:21:11,650 3524 INFO o19 werkzeug: ".
func (l LogLine) appendPrefix(b []byte) []byte {
	at := len(b)
	b = l.Time.AppendFormat(b, logTime)
	b[at+len("2006-01-02 15:04:05")] = ','
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(l.PID), 10)
	b = append(b, ' ')
	b = append(b, l.Level...)
	b = append(b, ' ')
	b = appendOr(b, l.Database, "?")
	b = append(b, ' ')
	b = append(b, l.Logger...)
	return append(b, ": "...)
}

// appendRequest writes what werkzeug says of a request.
func (l LogLine) appendRequest(b []byte) []byte {
	b = append(b, l.Client...)
	b = append(b, " - - ["...)
	b = l.Time.AppendFormat(b, "02/Jan/2006 15:04:05")
	b = append(b, "] \""...)
	b = append(b, l.Verb...)
	b = append(b, ' ')
	b = append(b, l.Path...)
	if l.Query != "" {
		b = append(append(b, '?'), l.Query...)
	}
	if l.Method != "" {
		b = append(append(b, '#'), l.Method...)
	}
	b = append(b, ' ')
	b = append(b, l.Proto...)
	b = append(b, "\" "...)
	if l.Status > 0 {
		b = strconv.AppendInt(b, int64(l.Status), 10)
	} else {
		b = append(b, '-')
	}
	if l.Size >= 0 {
		return strconv.AppendInt(append(b, ' '), l.Size, 10)
	}
	return append(b, " -"...)
}

// appendPerf writes the figures at the line's end.
func (l LogLine) appendPerf(b []byte) []byte {
	if !l.Timed {
		return append(b, " - - -"...)
	}
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(l.Queries), 10)
	b = append(b, ' ')
	b = strconv.AppendFloat(b, l.SQL, 'f', 3, 64)
	b = append(b, ' ')
	b = strconv.AppendFloat(b, l.Other, 'f', 3, 64)
	if l.Cursor != "" {
		b = append(append(b, ' '), l.Cursor...)
	}
	return b
}

func appendOr(b []byte, s, otherwise string) []byte {
	if s == "" {
		s = otherwise
	}
	return append(b, s...)
}
