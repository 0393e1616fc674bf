package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"

	"github.com/headroom-erp/headroom"
)

const (
	// lastClosure is the last day to which a recurrence without end is followed.
	lastClosure = "2099-12-31"
	// maxClosures bounds what one file may hold.
	maxClosures = 10_000
)

// ReadICal reads the whole-day events of an iCalendar file (RFC 5545) as
// closures, in order of time. An event is of whole days when its start is a
// date, or when start and end are midnights by its own time zone; other events
// are left out, cancelled ones too. An event of each year without end (only
// FREQ=YEARLY) becomes a closure of each year; all other recurrences (RRULE,
// RDATE, EXDATE, and moved ones by RECURRENCE-ID) become one closure for each
// time, up to the year 2099. A file that cannot be read gives a
// *headroom.InputError.
func ReadICal(r io.Reader) ([]headroom.Closure, error) {
	file, err := ics.ParseCalendar(r)
	if err != nil {
		return nil, &headroom.InputError{What: "this is not an iCalendar file: " + err.Error(),
			Do: "export it again, as .ics (RFC 5545)", Err: err}
	}
	if len(file.CalendarProperties)+len(file.Components) == 0 {
		return nil, &headroom.InputError{What: "this is not an iCalendar file: it has no VCALENDAR", Do: "export it again, as .ics (RFC 5545)"}
	}
	var out []headroom.Closure
	events := file.Events()
	moved := map[string][]day{} // by UID: times of a series that an event of their own replaces
	for _, e := range events {
		if p := e.GetProperty(ics.ComponentPropertyRecurrenceId); p != nil {
			t, err := parseICalTime(p.BaseProperty)
			if err != nil {
				return nil, icalError(e, err)
			}
			moved[e.Id()] = append(moved[e.Id()], t.day)
		}
	}
	for _, e := range events {
		more, err := closuresOf(e, moved[e.Id()])
		if err != nil {
			return nil, icalError(e, err)
		}
		if out = append(out, more...); len(out) > maxClosures {
			return nil, &headroom.InputError{What: fmt.Sprintf("the iCalendar file has more than %d closed spans", maxClosures), Do: "export only the calendar of closures"}
		}
	}
	slices.SortStableFunc(out, func(a, b headroom.Closure) int {
		return cmp.Or(cmp.Compare(len(a.From), len(b.From)), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(out), nil
}

func icalError(e *ics.VEvent, err error) error {
	what := err.Error()
	if input := (*headroom.InputError)(nil); errors.As(err, &input) {
		what = input.What
	}
	return &headroom.InputError{What: fmt.Sprintf("the event %q of the iCalendar file cannot be read: %s", cmp.Or(textOf(e, ics.ComponentPropertySummary), e.Id()), what), Err: err}
}

func textOf(e *ics.VEvent, property ics.ComponentProperty) string {
	if p := e.GetProperty(property); p != nil {
		return strings.Join(strings.Fields(p.Value), " ")
	}
	return ""
}

// closuresOf are those of one event; moved are the days of its series that
// other events replace.
func closuresOf(e *ics.VEvent, moved []day) ([]headroom.Closure, error) {
	if strings.EqualFold(textOf(e, ics.ComponentPropertyStatus), "CANCELLED") {
		return nil, nil
	}
	begin := e.GetProperty(ics.ComponentPropertyDtStart)
	if begin == nil {
		return nil, errors.New("it has no DTSTART")
	}
	start, err := parseICalTime(begin.BaseProperty)
	if err != nil {
		return nil, err
	}
	length, err := daysOf(e, start)
	if err != nil || length == 0 {
		return nil, err
	}
	name := textOf(e, ics.ComponentPropertySummary)
	on := func(d day) headroom.Closure {
		c := headroom.Closure{Name: name, From: d.String()}
		if length > 1 {
			c.To = (d + length - 1).String()
		}
		return c
	}
	if rule := textOf(e, ics.ComponentPropertyRrule); eachYear(rule) && e.GetProperty(ics.ComponentPropertyRecurrenceId) == nil &&
		e.GetProperty(ics.ComponentPropertyExdate) == nil && e.GetProperty(ics.ComponentPropertyRdate) == nil && len(moved) == 0 && length < 365 {
		c := on(start.day)
		c.From, c.To = c.From[len("2026-"):], c.To[min(len("2026-"), len(c.To)):]
		return []headroom.Closure{c}, nil
	}
	times, err := recurrence(e, start, moved)
	if err != nil {
		return nil, err
	}
	out := make([]headroom.Closure, 0, len(times))
	for _, d := range times {
		out = append(out, on(d))
	}
	return out, nil
}

// eachYear reports whether a rule says no more than that.
func eachYear(rule string) bool {
	parts := strings.Split(strings.ToUpper(rule), ";")
	for _, p := range parts {
		if p != "FREQ=YEARLY" && p != "INTERVAL=1" && !strings.HasPrefix(p, "WKST=") {
			return false
		}
	}
	return slices.Contains(parts, "FREQ=YEARLY")
}

// recurrence are the days on which an event begins.
func recurrence(e *ics.VEvent, start icalTime, moved []day) ([]day, error) {
	if e.GetProperty(ics.ComponentPropertyRecurrenceId) != nil {
		return []day{start.day}, nil // one of a series, by itself
	}
	set := map[day]bool{start.day: true}
	for _, p := range e.GetProperties(ics.ComponentPropertyRrule) {
		if err := addRule(set, p.Value, start); err != nil {
			return nil, err
		}
	}
	dates := func(property ics.ComponentProperty, holds bool) error {
		for _, p := range e.GetProperties(property) {
			for _, v := range strings.Split(p.Value, ",") {
				one := p.BaseProperty
				one.Value, _, _ = strings.Cut(v, "/") // a period begins with its start
				t, err := parseICalTime(one)
				if err != nil {
					return err
				}
				set[t.day] = holds
			}
		}
		return nil
	}
	if err := errors.Join(dates(ics.ComponentPropertyRdate, true), dates(ics.ComponentPropertyExdate, false)); err != nil {
		return nil, err
	}
	for _, d := range moved {
		set[d] = false
	}
	var out []day
	for d, holds := range set {
		if holds {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return out, nil
}

// addRule adds the days of an RRULE that begins on start.
func addRule(set map[day]bool, text string, start icalTime) error {
	text = strings.ToUpper(text)
	option, err := rrule.StrToROption(text)
	if err != nil {
		return fmt.Errorf("the rule %q: %w", text, err)
	}
	o := *option
	if o.Freq > rrule.DAILY || o.Interval > maxInterval {
		return fmt.Errorf("the rule %q is not about whole days", text)
	}
	o.Byhour, o.Byminute, o.Bysecond = nil, nil, nil // midnight
	last, err := parseDate(lastClosure)
	if err != nil {
		return err
	}
	o.Dtstart = start.day.midnightUTC()
	if start.timed && strings.Contains(text, "UNTIL=") {
		o.Until = localDay(o.Until.In(start.zone)).midnightUTC()
	}
	if o.Until.IsZero() || o.Until.After(last.midnightUTC()) {
		o.Until = last.midnightUTC()
	}
	r, err := rrule.NewRRule(o)
	if err != nil {
		return fmt.Errorf("the rule %q: %w", text, err)
	}
	next := r.Iterator()
	for t, ok := next(); ok; t, ok = next() {
		if set[localDay(t)] = true; len(set) > maxClosures {
			return fmt.Errorf("the rule %q holds more than %d times until %s", text, maxClosures, lastClosure)
		}
	}
	return nil
}

// An icalTime is a date, or a date and time as clocks show them in the event's
// own time zone.
type icalTime struct {
	day   day
	clock int // seconds since midnight
	timed bool
	// zone is that of TZID where it is an IANA name; else UTC. It makes no
	// difference to whole days, but to a rule's UNTIL, which is in UTC.
	zone *time.Location
}

// parseICalTime reads a DATE or DATE-TIME.
func parseICalTime(p ics.BaseProperty) (icalTime, error) {
	v := strings.ToUpper(strings.TrimSpace(p.Value))
	bad := func() (icalTime, error) { return icalTime{}, fmt.Errorf("%q is not a date or time", v) }
	layout := map[int]string{len("20261224"): "20060102", len("20261224T000000"): "20060102T150405", len("20261224T000000Z"): "20060102T150405Z"}[len(v)]
	if layout == "" {
		return bad()
	}
	t, err := time.ParseInLocation(layout, v, time.UTC)
	if err != nil {
		return bad()
	}
	if t.Year() < firstYear || t.Year() >= lastYear {
		return icalTime{}, fmt.Errorf("the year %d is out of reach", t.Year())
	}
	i := icalTime{day: localDay(t), clock: t.Hour()*3600 + t.Minute()*60 + t.Second(), timed: len(v) > len("20261224"), zone: time.UTC}
	if id := p.ICalParameters["TZID"]; len(id) > 0 {
		if zone, err := location(strings.Trim(id[0], `"/`)); err == nil {
			i.zone = zone
		}
	}
	return i, nil
}

// daysOf is how many whole days an event lasts; 0 when it is not of whole days.
func daysOf(e *ics.VEvent, start icalTime) (day, error) {
	if start.clock != 0 {
		return 0, nil
	}
	if p := e.GetProperty(ics.ComponentPropertyDtEnd); p != nil {
		end, err := parseICalTime(p.BaseProperty)
		if err != nil {
			return 0, err
		}
		if end.timed != start.timed || end.clock != 0 || end.day < start.day || start.timed && end.day == start.day {
			return 0, nil
		}
		return max(1, end.day-start.day), nil // some write an end that is no later
	}
	if p := e.GetProperty(ics.ComponentPropertyDuration); p != nil {
		n, err := durationDays(p.Value)
		if err != nil {
			return 0, err
		}
		return n, nil
	}
	if start.timed {
		return 0, nil // a moment
	}
	return 1, nil
}

// durationDays reads a DURATION in whole weeks or days; 0 is for all others.
func durationDays(s string) (day, error) {
	text := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(s)), "+")
	if len(text) < 3 || text[0] != 'P' {
		return 0, fmt.Errorf("%q is not a duration", s)
	}
	unit := map[byte]int{'D': 1, 'W': 7}[text[len(text)-1]]
	n, err := strconv.Atoi(text[1 : len(text)-1])
	switch {
	case unit == 0 || strings.Contains(text, "T"):
		return 0, nil
	case err != nil || n < 1 || n > 3660:
		return 0, fmt.Errorf("%q is not a duration", s)
	}
	return day(n * unit), nil
}
