package odoo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unsafe"
)

// A Scanner reads the lines of a log one after the other, without memory of
// its own for each: a LogLine refers to the scanner's buffer, and is valid until
// the next call. It reads what Parser.Lines does, and counts what is damaged.
// It is not safe for concurrent use.
type Scanner struct {
	// Damaged counts lines that are torn: the beginning or the end of a line of
	// the log's form, two lines written into each other, or one of more than 1 MiB.
	Damaged int

	parser   *Parser
	r        *bufio.Reader
	wrapping Unwrapper
}

// NewScanner reads times in zone; nil is UTC, which is what Odoo writes.
func NewScanner(r io.Reader, zone *time.Location) *Scanner {
	return &Scanner{parser: NewParser(zone), r: bufio.NewReaderSize(r, maxLine)}
}

// Next is the next line, or an error: io.EOF at the end. Damaged lines are left
// out.
func (s *Scanner) Next() (LogLine, error) {
	for {
		part, tooLong, err := s.line()
		if tooLong {
			s.Damaged++
		} else if len(part) > 0 {
			if l, ok := s.parse(part); ok {
				return l, nil // an error at the end of it comes again
			}
		}
		if errors.Is(err, io.EOF) {
			return LogLine{}, io.EOF
		}
		if err != nil {
			return LogLine{}, fmt.Errorf("odoo: read log: %w", err)
		}
	}
}

// line is the bytes up to the next line end; tooLong where the buffer did not
// hold them, which it then has skipped.
func (s *Scanner) line() (part []byte, tooLong bool, err error) {
	for {
		part, err = s.r.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return part, tooLong, err
		}
		tooLong = true
	}
}

// parse is false for the beginning of a wrapped line, and for a damaged one.
func (s *Scanner) parse(part []byte) (LogLine, bool) {
	// The buffer is not written before the next call, which ends the line's life.
	text := unsafe.String(&part[0], len(part))
	if text[0] == '{' || len(text) > 10 && text[10] == 'T' {
		// A container engine's wrapping; its pieces outlive the buffer.
		line, complete := s.wrapping.Line(strings.TrimRight(string(part), "\r\n"))
		if !complete {
			return LogLine{}, false
		}
		text = line
	}
	l := s.parser.Parse(text)
	if damaged(&l, text) {
		s.Damaged++
		return LogLine{}, false
	}
	return l, true
}

// damaged: what is left of a line that was torn, or of two in one.
func damaged(l *LogLine, text string) bool {
	switch {
	case l.Kind == RequestLine:
		return strings.IndexByte(l.Path, ' ') >= 0
	case l.Kind == OtherLine && l.Logger == "werkzeug" && l.Level == "INFO":
		return strings.Contains(text, " - - [") // no request that could be read
	case l.Kind == Continuation:
		return strings.Contains(text, " HTTP/1.") && strings.Contains(text, "\" ") || stamped(text)
	}
	return false
}

// stamped: it begins as a line does, "2026-11-21 19:".
func stamped(s string) bool {
	const form = "0000-00-00 00:"
	if len(s) < len(form) {
		return false
	}
	for i := range len(form) {
		if c := s[i]; form[i] == '0' && (c < '0' || c > '9') || form[i] != '0' && c != form[i] {
			return false
		}
	}
	return true
}
