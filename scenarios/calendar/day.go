package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

// weekdays by their short names, in time.Weekday's order.
var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// A day is a date of some place's calendar, whatever its time zone, counted
// from 1 January 1970.
type day int32

func dayOf(year int, month time.Month, d int) day {
	return day(time.Date(year, month, d, 0, 0, 0, 0, time.UTC).Unix() / 86_400)
}

// localDay is the day that calendars show at t, in t's location.
func localDay(t time.Time) day {
	y, m, d := t.Date()
	return dayOf(y, m, d)
}

// midnightUTC is the day's beginning at Greenwich, for computing with dates.
func (d day) midnightUTC() time.Time { return time.Unix(int64(d)*86_400, 0).UTC() }

func (d day) date() (int, time.Month, int) { return d.midnightUTC().Date() }

func (d day) weekday() time.Weekday { return time.Weekday(((int(d)+4)%7 + 7) % 7) } // day 0 was a Thursday

func (d day) String() string { return d.midnightUTC().Format(time.DateOnly) }

// A yearday is a month and a day of each year, as month*100+day, so that
// yeardays compare as they follow each other. 29 February is one too.
type yearday int

func (d day) yearday() yearday {
	_, m, n := d.date()
	return yearday(int(m)*100 + n)
}

// The years that the calendar knows. Rules of time zones further back are
// uncertain, and those further on are not written yet.
const (
	firstYear = 1900
	lastYear  = 2200
)

func parseDate(s string) (day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, &headroom.InputError{What: fmt.Sprintf("%q is not a date", s), Do: `write it as "2026-11-20"`}
	}
	if t.Year() < firstYear || t.Year() > lastYear {
		return 0, &headroom.InputError{What: fmt.Sprintf("%q is not a date between the years %d and %d", s, firstYear, lastYear),
			Do: `write it as "2026-11-20"`}
	}
	return localDay(t), nil
}

// parseYearday reads "12-24".
func parseYearday(s string) (yearday, error) {
	month, d, ok := strings.Cut(s, "-")
	m, err1 := strconv.Atoi(month)
	n, err2 := strconv.Atoi(d)
	// A leap year has each day that there can be.
	if !ok || len(s) != len("12-24") || err1 != nil || err2 != nil || m < 1 || n < 1 ||
		dayOf(2024, time.Month(m), n).yearday() != yearday(m*100+n) {
		return 0, &headroom.InputError{What: fmt.Sprintf("%q is not a day of the year", s), Do: `write it as "12-24", month and day`}
	}
	return yearday(m*100 + n), nil
}

// A stretch is a number of days in a row: dated, or of each year, when it may
// go on into the next.
type stretch struct {
	yearly   bool
	from, to day
	first    yearday
	last     yearday
}

// parseStretch reads two dates or two days of the year; an empty to is from.
func parseStretch(from, to string) (stretch, error) {
	if to == "" {
		to = from
	}
	if len(from) == len("12-24") && len(to) == len("12-24") {
		first, err := parseYearday(from)
		if err != nil {
			return stretch{}, err
		}
		last, err := parseYearday(to)
		return stretch{yearly: true, first: first, last: last}, err
	}
	if len(from) == len("12-24") || len(to) == len("12-24") {
		return stretch{}, &headroom.InputError{What: fmt.Sprintf("%q and %q are not of one kind", from, to),
			Do: `write both with a year, as "2026-12-24", or both without, as "12-24"`}
	}
	a, err := parseDate(from)
	if err != nil {
		return stretch{}, err
	}
	b, err := parseDate(to)
	if err != nil {
		return stretch{}, err
	}
	if b < a {
		return stretch{}, &headroom.InputError{What: fmt.Sprintf("%s is before %s", to, from), Do: "put the earlier day first"}
	}
	return stretch{from: a, to: b}, nil
}

// holds reports whether the day is one of the stretch.
func (s stretch) holds(d day) bool {
	if !s.yearly {
		return s.from <= d && d <= s.to
	}
	y := d.yearday()
	if s.first <= s.last {
		return s.first <= y && y <= s.last
	}
	return y >= s.first || y <= s.last
}

// days is a set of days from a first one on.
type days struct {
	first day
	bits  []uint64
}

func newDays(first, last day) days {
	return days{first, make([]uint64, (int(last-first)+64)/64)}
}

func (s days) has(d day) bool {
	i := int(d - s.first)
	return i >= 0 && i < len(s.bits)*64 && s.bits[i/64]>>(i%64)&1 != 0
}

// add leaves out days before the first and after the last.
func (s days) add(d day) {
	if i := int(d - s.first); i >= 0 && i < len(s.bits)*64 {
		s.bits[i/64] |= 1 << (i % 64)
	}
}
