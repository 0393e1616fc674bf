package calendar

import (
	"fmt"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

const secondsOfDay = 86_400

// wall is the moment at which clocks in zone show so many seconds since
// midnight on the day; see the package comment for times that do not exist
// or exist twice.
func wall(d day, seconds int, zone *time.Location) time.Time {
	year, month, n := d.date()
	want := time.Date(year, month, n, 0, 0, seconds, 0, time.UTC)
	t := time.Date(year, month, n, 0, 0, seconds, 0, zone)
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
		return secondsOfDay, nil
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

func location(name string) (*time.Location, error) {
	l, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, &headroom.InputError{What: fmt.Sprintf("there is no time zone %q", name), Do: `use an IANA name such as "Europe/Berlin"`, Err: err}
	}
	return l, nil
}

// A clock knows a time zone's midnights over some days, so that times of an
// ordinary day need no look into the zone's rules.
type clock struct {
	zone     *time.Location
	first    day
	midnight []int64 // Unix time, of each day and of the one after the last
	changes  days    // on which clocks change
}

func newClock(zone *time.Location, first, last day) *clock {
	c := &clock{zone: zone, first: first, changes: newDays(first, last)}
	for d := first; d <= last+1; d++ {
		t := wall(d, 0, zone)
		c.midnight = append(c.midnight, t.Unix())
		if _, change := t.ZoneBounds(); !change.IsZero() && change.Before(wall(d+1, 0, zone)) || !shows(t, d.midnightUTC()) {
			c.changes.add(d)
		}
	}
	return c
}

// at is the moment at which the clock shows so many seconds (up to 24 hours)
// after midnight on one of its days, as Unix time.
func (c *clock) at(d day, seconds int) int64 {
	if c.changes.has(d) {
		return wall(d, seconds, c.zone).Unix()
	}
	return c.midnight[d-c.first] + int64(seconds)
}

// An interval of local times begins on one day and ends on it, or (when to is
// not after from) on the next.
type interval struct{ from, to int }

func parseInterval(from, to string) (i interval, err error) {
	if i.from, err = parseClock(from); err != nil {
		return i, err
	}
	i.to, err = parseClock(to)
	return i, err
}

// on is the interval that begins on a day, as Unix times.
func (c *clock) on(d day, i interval) (from, to int64) {
	if i.to <= i.from {
		return c.at(d, i.from), c.at(d+1, i.to)
	}
	return c.at(d, i.from), c.at(d, i.to)
}

// length is what the interval lasts when clocks do not change.
func (i interval) length() int {
	if i.to <= i.from {
		return i.to + secondsOfDay - i.from
	}
	return i.to - i.from
}

// meets reports whether two intervals, each of some day, have a time of day in
// common.
func (i interval) meets(o interval) bool {
	inside := func(t int, x interval) bool { return (t-x.from+2*secondsOfDay)%secondsOfDay < x.length() }
	return inside(i.from%secondsOfDay, o) || inside(o.from%secondsOfDay, i)
}

// An epoch is a moment from which times are counted.
type epoch struct {
	unix  int64
	nanos time.Duration // of the second
}

func newEpoch(t time.Time) epoch { return epoch{t.Unix(), time.Duration(t.Nanosecond())} }

// since is how long after the epoch a Unix time is.
func (e epoch) since(unix int64) time.Duration {
	return time.Duration(unix-e.unix)*time.Second - e.nanos
}

// seconds is the same in seconds.
func (e epoch) seconds(unix int64) float64 { return e.since(unix).Seconds() }
