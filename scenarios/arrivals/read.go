package arrivals

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

// unixFrom is the number of seconds from which a time is one since 1970 and
// not since a start: 1e9 s were over in 2001, or after 31 years.
const unixFrom = 1e9

// Read reads recorded arrivals: CSV with a header that names the columns t
// and, if they are there, process, site, seed and user; others are passed
// over. A t is a number of seconds or an RFC 3339 timestamp. Lines that start
// with # are comments. Name is the file's, for messages. Errors are
// *headroom.InputError and name the line.
func Read(in io.Reader, name string) (Recording, error) {
	rec := Recording{Name: name}
	t := &table{name: name}
	if err := t.open(in, "t"); err != nil {
		return rec, err
	}
	first := true
	for {
		row, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rec, err
		}
		e, clock, err := t.event(row)
		if err != nil {
			return rec, err
		}
		if first {
			rec.Clock, first = clock, false
		}
		if clock != rec.Clock {
			return rec, t.bad("t", t.of(row, "t"), fmt.Sprintf("the lines before hold %s", rec.Clock), "keep one kind of time in a file")
		}
		if n := len(rec.Events); n > 0 && e.T < rec.Events[n-1].T {
			rec.Unsorted++
		}
		rec.Events = append(rec.Events, e)
	}
	if len(rec.Events) == 0 {
		return rec, &headroom.InputError{What: "holds no arrivals", Where: name, Do: "write one arrival a line, below the header"}
	}
	slices.SortStableFunc(rec.Events, func(a, b Event) int { return cmp.Compare(a.T, b.T) })
	return rec, nil
}

func (t *table) event(row []string) (Event, Clock, error) {
	e := Event{Line: t.line, Process: t.of(row, "process"), Site: t.of(row, "site")}
	var clock Clock
	var err error
	if e.T, clock, err = ParseTime(t.of(row, "t")); err != nil {
		return e, clock, t.bad("t", t.of(row, "t"), err.Error(), "")
	}
	if s := t.of(row, "seed"); s != "" {
		if e.Seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			return e, clock, t.bad("seed", s, "is not a whole number from 0 to 2^64 - 1", "leave it empty, and a seed is derived")
		}
		e.HasSeed = true
	}
	if s := t.of(row, "user"); s != "" {
		u, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			return e, clock, t.bad("user", s, "is not a whole number from 0", "leave it empty, and a user is chosen by the seed")
		}
		e.User, e.HasUser = uint32(u), true
	}
	return e, clock, nil
}

// A table reads a CSV file with a header.
type table struct {
	name    string
	csv     *csv.Reader
	columns map[string]int
	line    int
}

// open reads the header, which must have the wanted columns.
func (t *table) open(in io.Reader, wanted ...string) error {
	br := bufio.NewReader(in)
	if mark, err := br.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = br.Discard(3) // a byte order mark, which spreadsheets write
	}
	t.csv = csv.NewReader(br)
	t.csv.Comment = '#'
	t.csv.TrimLeadingSpace = true
	t.csv.ReuseRecord = true
	head, err := t.next()
	if errors.Is(err, io.EOF) {
		return &headroom.InputError{What: "is empty", Where: t.name, Do: fmt.Sprintf("begin it with the header %q", strings.Join(wanted, ","))}
	}
	if err != nil {
		return err
	}
	t.columns = map[string]int{}
	for i, h := range head {
		h = strings.ToLower(strings.TrimSpace(h))
		if _, twice := t.columns[h]; twice && h != "" {
			return &headroom.InputError{What: fmt.Sprintf("the header has the column %q twice", h), Where: t.where()}
		}
		t.columns[h] = i
	}
	for _, w := range wanted {
		if _, ok := t.columns[w]; !ok {
			return &headroom.InputError{What: fmt.Sprintf("the header %q has no column %q", strings.Join(head, ","), w), Where: t.where(),
				Do: fmt.Sprintf("begin the file with a line that names its columns, such as %q", strings.Join(wanted, ","))}
		}
	}
	return nil
}

func (t *table) next() ([]string, error) {
	row, err := t.csv.Read()
	var syntax *csv.ParseError
	switch {
	case errors.As(err, &syntax):
		return nil, &headroom.InputError{What: syntax.Err.Error(), Where: fmt.Sprintf("%s:%d", t.name, syntax.Line),
			Do: fmt.Sprintf("each line has as many values as the header, %d", t.csv.FieldsPerRecord), Err: err}
	case err != nil && !errors.Is(err, io.EOF):
		return nil, &headroom.InputError{What: "cannot be read", Where: t.name, Err: err}
	case err != nil:
		return nil, err
	}
	t.line, _ = t.csv.FieldPos(0)
	return row, nil
}

func (t *table) of(row []string, column string) string {
	if i, ok := t.columns[column]; ok && i < len(row) {
		return strings.TrimSpace(row[i])
	}
	return ""
}

func (t *table) where() string { return fmt.Sprintf("%s:%d", t.name, t.line) }

func (t *table) bad(column, value, what, do string) error {
	return &headroom.InputError{What: fmt.Sprintf("%s %q: %s", column, value, what), Where: t.where(), Do: do}
}

// maxSeconds bounds a time so that differences fit into nanoseconds; seconds
// since 1970 reach it in 2115.
const maxSeconds = 4.6e9

// ParseTime reads seconds or an RFC 3339 timestamp, exact to the nanosecond.
func ParseTime(s string) (time.Duration, Clock, error) {
	if strings.ContainsAny(s, "T:") {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return 0, UTC, errors.New(`is neither a number of seconds nor a timestamp such as "2026-11-20T16:59:00.25+01:00"`)
		}
		if y := at.Year(); y < 1900 || y > 2110 {
			return 0, UTC, fmt.Errorf("the year %d is out of range", y)
		}
		return time.Duration(at.UnixNano()), UTC, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || strings.ContainsAny(s, "xX_") {
		return 0, Seconds, errors.New("is neither a number of seconds nor an RFC 3339 timestamp")
	}
	if math.Abs(v) > maxSeconds {
		return 0, Seconds, errors.New("is out of range; times are in seconds, not in milliseconds")
	}
	clock := Seconds
	if v >= unixFrom {
		clock = UTC
	}
	if exact, ok := decimal(s); ok {
		return exact, clock, nil
	}
	return time.Duration(math.Round(v * 1e9)), clock, nil
}

// decimal reads plain digits without the rounding of a float64. Digits beyond
// the ninth are dropped.
func decimal(s string) (time.Duration, bool) {
	rest, negative := strings.CutPrefix(s, "-")
	if !negative {
		rest = strings.TrimPrefix(s, "+")
	}
	whole, part, _ := strings.Cut(rest, ".")
	if len(part) > 9 {
		part = part[:9]
	}
	part += strings.Repeat("0", 9-len(part))
	n, err := strconv.ParseUint(whole+part, 10, 63)
	if err != nil {
		return 0, false
	}
	if negative {
		return -time.Duration(n), true
	}
	return time.Duration(n), true
}
