package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

// weekdays by their short names, in time.Weekday's order.
var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// A civil is a date of some place's calendar, whatever its time zone.
type civil struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) civil {
	y, m, d := t.Date()
	return civil{y, m, d}
}

// add is the date so many days later.
func (c civil) add(days int) civil {
	return dateOf(time.Date(c.year, c.month, c.day+days, 12, 0, 0, 0, time.UTC))
}

func (c civil) weekday() string {
	return weekdays[time.Date(c.year, c.month, c.day, 12, 0, 0, 0, time.UTC).Weekday()]
}

// wall is the moment at which clocks in zone show so many seconds since
// midnight on the date; see the package comment for times that do not exist
// or exist twice.
func wall(c civil, seconds int, zone *time.Location) time.Time {
	want := time.Date(c.year, c.month, c.day, 0, 0, seconds, 0, time.UTC)
	t := time.Date(c.year, c.month, c.day, 0, 0, seconds, 0, zone)
	from, to := t.ZoneBounds()
	if !shows(t, want) {
		// Spring leaves want out. time.Date then answers with a time of
		// either side: one that shows more is after the change.
		if ahead(t).After(want) {
			return from
		}
		return to
	}
	// The clocks may have shown the same before the last change.
	if !from.IsZero() {
		_, offset := from.Add(-time.Second).Zone()
		if earlier := want.Add(-time.Duration(offset) * time.Second).In(zone); earlier.Before(from) && shows(earlier, want) {
			return earlier
		}
	}
	return t
}

// ahead is what the clocks show at t, as if it were UTC.
func ahead(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

func shows(t, want time.Time) bool { return ahead(t).Equal(want) }

// parseClock reads a time of day, "15:00", "15:00:30" or "24:00", as seconds
// since midnight.
func parseClock(s string) (int, error) {
	if s == "24:00" || s == "24:00:00" {
		return 86_400, nil
	}
	layout := "15:04"
	if strings.Count(s, ":") == 2 {
		layout = time.TimeOnly
	}
	t, err := time.Parse(layout, s)
	if err != nil || len(s) != len(layout) {
		return 0, &headroom.InputError{What: fmt.Sprintf("%q is not a time of day", s), Do: `write it as "15:00" or "15:00:30"`}
	}
	return t.Hour()*3600 + t.Minute()*60 + t.Second(), nil
}

func parseDate(s string) (civil, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return civil{}, &headroom.InputError{What: fmt.Sprintf("%q is not a date", s), Do: `write it as "2026-11-20"`}
	}
	return dateOf(t), nil
}

func location(name string) (*time.Location, error) {
	l, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, &headroom.InputError{What: fmt.Sprintf("there is no time zone %q", name), Do: `use an IANA name such as "Europe/Berlin"`, Err: err}
	}
	return l, nil
}

// An occurrence is a peak on one day, at one site. The peak itself may lie
// outside of the run.
type occurrence struct {
	peak     *headroom.Peak
	index    int // of the peak in the plan
	date     civil
	from, to float64 // seconds since the run's start
	batches  []batchTime
}

type batchTime struct {
	index int           // in the peak's batches
	at    time.Duration // since the run's start
}

// occurrences lists, for one site, each day's peaks that touch the run, by day
// and the plan's order.
func occurrences(peaks []headroom.Peak, site string, zone *time.Location, start time.Time, span time.Duration) ([]occurrence, error) {
	var all []occurrence
	first, last := dateOf(start.In(zone)).add(-1), dateOf(start.Add(span).In(zone)).add(1)
	for c := first; c != last.add(1); c = c.add(1) {
		for i := range peaks {
			p := &peaks[i]
			if !at(p.Sites, site) || !holdsOn(p.Days, c) {
				continue
			}
			o, err := occur(p, i, c, zone, start)
			if err != nil {
				return nil, err
			}
			o.batches = slices.DeleteFunc(o.batches, func(b batchTime) bool { return b.at < 0 || b.at >= span })
			if o.from < o.to && o.to > 0 && o.from < span.Seconds() || len(o.batches) > 0 {
				all = append(all, o)
			}
		}
	}
	return all, nil
}

func occur(p *headroom.Peak, index int, c civil, zone *time.Location, start time.Time) (occurrence, error) {
	o := occurrence{peak: p, index: index, date: c}
	from, err := parseClock(p.From)
	if err != nil {
		return o, err
	}
	to, err := parseClock(p.To)
	if err != nil {
		return o, err
	}
	o.from = wall(c, from, zone).Sub(start).Seconds()
	o.to = wall(c, to, zone).Sub(start).Seconds()
	for i, b := range p.Batches {
		t, err := parseClock(b.At)
		if err != nil {
			return o, err
		}
		o.batches = append(o.batches, batchTime{i, wall(c, t, zone).Sub(start)})
	}
	return o, nil
}

// holdsOn reports whether the days, of which none means Monday to Friday, hold
// the date's weekday.
func holdsOn(days []string, c civil) bool {
	day := c.weekday()
	if len(days) == 0 {
		return day != "sat" && day != "sun"
	}
	return slices.Contains(days, day)
}
