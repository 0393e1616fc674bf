package profiles

import (
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
)

// dayMonth is a day of every year, as "12-24".
const dayMonth = "01-02"

// A day is a date that could be read; a yearly one has the year 0, which is a
// leap year.
type day struct {
	time.Time
	yearly bool
}

// date reads "2026-12-24", or, where yearly days are allowed, "12-24" too. It
// reports what is neither.
func (c *checker) date(path, s string, yearly bool) (d day, ok bool) {
	if !c.given(path) {
		return day{}, false
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return day{t, false}, true
	}
	do := `write it as "2026-11-20"`
	if yearly {
		if t, err := time.Parse(dayMonth, s); err == nil {
			return day{t, true}, true
		}
		do += `, or as "11-20" for each year`
	}
	c.say(path, do, "%s is not a date", quote(s))
	return day{}, false
}

// span checks the first and last day of a closure or a season. Of yearly days
// the last may come before the first: it lies in the next year then.
func (c *checker) span(path, from, to string) {
	first, ok1 := c.date(path+".from", from, true)
	last, ok2 := c.date(path+".to", to, true)
	switch {
	case !ok1 || !ok2:
	case first.yearly != last.yearly:
		c.say(path+".to", "write both with the year, or both without", "of %s and %s one is a day of each year and the other is not", from, to)
	case !first.yearly && last.Before(first.Time):
		c.say(path+".to", "", "the last day, %s, is before the first, %s", to, from)
	}
}

// when checks on which days something happens. What a rule and the words for
// business days mean is known to the calendar.
func (c *checker) when(path string, w headroom.When) {
	c.list(path+".days", "day", w.Days, days)
	c.dates(path+".dates", w.Dates)
	c.oneOf(path+".closed", w.Closed, "skip", "keep", "previous", "next")
}

// dates checks a list of dates with years, each there once.
func (c *checker) dates(path string, list []string) {
	for i, s := range list {
		if _, ok := c.date(item(path, i), s, false); ok && slices.Index(list, s) < i {
			c.say(item(path, i), "remove one", "the date %s is in the list twice", s)
		}
	}
}

func (c *checker) checkCalendars() {
	var names []string
	for i, k := range c.plan.Calendars {
		names = append(names, k.Name)
		path := item("calendars", i)
		c.list(path+".working_days", "day", k.WorkingDays, days)
		if len(k.WorkingDays) == 0 && c.given(path+".working_days") {
			c.say(path+".working_days", "name one, or leave the key out for Monday to Friday", "calendar %q has no working day", k.Name)
		}
		for j, closure := range k.Closures {
			c.span(item(path+".closures", j), closure.From, closure.To)
		}
		c.dates(path+".extra_days", k.ExtraDays)
	}
	if len(names) > 0 {
		c.calendars = c.unique("calendars", "calendar", names)
	}
}

func (c *checker) checkSeasons() {
	var names []string
	for i, s := range c.plan.Seasons {
		names = append(names, s.Name)
		path := item("seasons", i)
		c.list(path+".sites", "site", s.Sites, c.sites)
		c.list(path+".processes", "process", s.Processes, c.processes)
		c.span(path, s.From, s.To)
		c.atLeast(path+".factor", s.Factor, 0, maxFactor)
	}
	if len(names) > 0 {
		c.unique("seasons", "season", names)
	}
}

func (c *checker) checkGrowth() {
	if g := c.plan.Growth; g != nil {
		c.date("growth.since", g.Since, false)
		switch {
		case g.PerYear <= -1:
			c.say("growth.per_year", "write 0.08 for 8 % more each year", "growth.per_year must be more than -1, and is %g", g.PerYear)
		case g.PerYear > 10:
			c.say("growth.per_year", "write 0.08 for 8 % more each year", "growth.per_year is %g, and at most 10 makes sense", g.PerYear)
		}
	}
	c.atLeast("day_variation", c.plan.DayVariation, 0, 2)
}
