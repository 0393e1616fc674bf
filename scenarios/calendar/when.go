package calendar

import (
	"slices"

	"github.com/headroom-erp/headroom"
)

// What becomes of a day on which the site is closed.
const (
	skip     = "skip"
	keep     = "keep"
	previous = "previous"
	next     = "next"
)

// whenDays are the days between first and last that w names at a site with the
// calendar c:
//
//  1. Candidates are the days of the week, the rule, the business days and the
//     dates that it names, together; if it names none of these, all days of the
//     calendar's working week and its extra days.
//  2. A candidate on which the site works is one of its days.
//  3. A candidate that Days or Dates name, on which the site is closed for no
//     other reason than that the day is not one of the working week, is too.
//  4. All other candidates, closed by a holiday, a closure, or (named by a rule)
//     by the working week, go by Closed: they are left out, kept, or moved to
//     the nearest working day before or after (within a year, or left out).
//
// A day counts once, however it was named. Rules keeps the days of rules, which
// are the same for all calendars, for calls with the same first and last day.
func whenDays(w headroom.When, c *workdays, first, last day, rules map[string]days) (days, error) {
	set := newDays(first, last)
	from, to := first, last
	if w.Closed == previous || w.Closed == next {
		from, to = first-366, last+366 // from where a day may be moved here
	}
	named, err := namedDays(w, from, to)
	if err != nil {
		return set, err
	}
	ruled, err := ruledDays(w.Rule, first-366, last+366, rules)
	if err != nil {
		return set, err
	}
	all := len(w.Days) == 0 && w.Rule == "" && len(w.BusinessDays) == 0 && len(w.Dates) == 0
	for d := from; d <= to; d++ {
		byName := named.has(d)
		switch {
		case !byName && !ruled.has(d) && !(all && c.ordinary(d)):
		case c.works(d), byName && !c.shut(d), w.Closed == keep:
			set.add(d)
		case w.Closed == previous:
			if moved, ok := c.nearest(d, -1); ok {
				set.add(moved)
			}
		case w.Closed == next:
			if moved, ok := c.nearest(d, 1); ok {
				set.add(moved)
			}
		}
	}
	for _, s := range w.BusinessDays {
		b, err := parseBusinessDays(s)
		if err != nil {
			return set, err
		}
		b.add(set, c, first, last)
	}
	return set, nil
}

// ruledDays are those of a rule; "" has none.
func ruledDays(text string, first, last day, known map[string]days) (days, error) {
	set, ok := known[text]
	if ok || text == "" {
		return set, nil
	}
	r, err := parseRule(text)
	if err != nil {
		return set, err
	}
	set = newDays(first, last)
	r.add(set, first, last)
	known[text] = set
	return set, nil
}

// namedDays are those of Days and Dates.
func namedDays(w headroom.When, first, last day) (days, error) {
	set := newDays(first, last)
	for _, s := range w.Dates {
		d, err := parseDate(s)
		if err != nil {
			return set, err
		}
		set.add(d)
	}
	if len(w.Days) > 0 {
		for d := first; d <= last; d++ {
			if slices.Contains(w.Days, weekdays[d.weekday()]) {
				set.add(d)
			}
		}
	}
	return set, nil
}
