package calendar

import (
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
)

// What a day is at a site.
const (
	workWeekday = 1 << iota // its weekday is one of the calendar's working days
	holiday                 // a public holiday or an own closure
	extra                   // worked, whatever else it is
)

// workdays is a calendar over some days.
type workdays struct {
	first, last day
	kind        []uint8
}

// reach is how many days around those that are asked for a calendar knows:
// enough to find the ends of their years and the next working day.
const reach = 800

// newWorkdays lays a calendar out over the days from first to last and reach
// around them.
func newWorkdays(c headroom.Calendar, first, last day) (*workdays, error) {
	w := &workdays{first: first - reach, last: last + reach}
	w.kind = make([]uint8, w.last-w.first+1)
	week := [7]bool{}
	for _, name := range workingDays(c) {
		week[max(0, slices.Index(weekdays[:], name))] = true // Check makes sure that it is one
	}
	for d := w.first; d <= w.last; d++ {
		if week[d.weekday()] {
			w.kind[d-w.first] = workWeekday
		}
	}
	if c.Holidays != "" {
		r, err := findRegion(c.Holidays)
		if err != nil {
			return nil, err
		}
		for _, d := range r.holidaysBetween(w.first, w.last) {
			w.mark(d, holiday)
		}
	}
	for _, closure := range c.Closures {
		s, err := parseStretch(closure.From, closure.To)
		if err != nil {
			return nil, err
		}
		w.markStretch(s)
	}
	for _, s := range c.ExtraDays {
		d, err := parseDate(s)
		if err != nil {
			return nil, err
		}
		w.mark(d, extra)
	}
	return w, nil
}

// workingDays are a calendar's, Monday to Friday unless it says others.
func workingDays(c headroom.Calendar) []string {
	if len(c.WorkingDays) > 0 {
		return c.WorkingDays
	}
	return weekdays[time.Monday : time.Friday+1]
}

func (w *workdays) mark(d day, kind uint8) {
	if w.first <= d && d <= w.last {
		w.kind[d-w.first] |= kind
	}
}

func (w *workdays) markStretch(s stretch) {
	from, to := w.first, w.last
	if !s.yearly {
		from, to = max(from, s.from), min(to, s.to)
	}
	for d := from; d <= to; d++ {
		if s.holds(d) {
			w.mark(d, holiday)
		}
	}
}

func (w *workdays) of(d day) uint8 {
	if d < w.first || d > w.last {
		return 0
	}
	return w.kind[d-w.first]
}

// works reports whether the site works on the day.
func (w *workdays) works(d day) bool {
	k := w.of(d)
	return k&extra != 0 || k&(workWeekday|holiday) == workWeekday
}

// ordinary reports whether the day is one of the working week, or an extra one:
// a working day if it were not for holidays and closures.
func (w *workdays) ordinary(d day) bool { return w.of(d)&(workWeekday|extra) != 0 }

// off reports whether a holiday or closure takes the day from the working week.
func (w *workdays) off(d day) bool { return w.of(d)&(workWeekday|holiday|extra) == workWeekday|holiday }

// shut reports whether the day is a holiday or closure, whatever its weekday,
// and not worked all the same.
func (w *workdays) shut(d day) bool { return w.of(d)&(holiday|extra) == holiday }

// nearest is the nearest working day after d (step 1) or before it (step -1),
// within a year.
func (w *workdays) nearest(d day, step day) (day, bool) {
	for range 366 {
		d += step
		if w.works(d) {
			return d, true
		}
	}
	return 0, false
}
