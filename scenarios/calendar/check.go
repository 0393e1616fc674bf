package calendar

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/headroom-erp/headroom"
)

// Check says what the calendar cannot make a schedule of, and at which path of
// the plan. It relies on nobody else's checks.
func Check(p headroom.Plan) []headroom.Problem {
	c := checker{plan: p}
	c.sites()
	for i, k := range p.Calendars {
		c.calendar(fmt.Sprintf("calendars[%d]", i), i, k)
	}
	for i, q := range p.Processes {
		c.process(fmt.Sprintf("processes[%d]", i), q)
	}
	lanes := map[string]headroom.Batch{} // a partner's first batch
	for i, q := range p.Peaks {
		path := fmt.Sprintf("peaks[%d]", i)
		c.peak(path, q)
		for j := range q.Batches {
			c.batch(fmt.Sprintf("%s.batches[%d]", path, j), q, j, lanes)
		}
	}
	c.factors()
	for _, target := range slices.Sorted(maps.Keys(p.Demo)) {
		c.demo("demo."+target, p.Demo[target])
	}
	return c.problems
}

type checker struct {
	plan     headroom.Plan
	problems []headroom.Problem
}

func (c *checker) say(path, do, format string, args ...any) {
	c.problems = append(c.problems, headroom.Problem{Path: path, What: fmt.Sprintf(format, args...), Do: do})
}

// err notes what a parser said; a nil error is none.
func (c *checker) err(path string, err error) bool {
	if input := (*headroom.InputError)(nil); errors.As(err, &input) {
		c.problems = append(c.problems, headroom.Problem{Path: path, What: input.What, Do: input.Do})
	}
	return err == nil
}

// between refuses what is not a number from least to most.
func (c *checker) between(path, what string, v, least, most float64) bool {
	if v >= least && v <= most {
		return true
	}
	c.say(path, "", "%s must be a number from %g to %g, and is %g", what, least, most, v)
	return false
}

// maxRate bounds arrivals per hour, and documents.
const maxRate = 1e12

func (c *checker) rate(path string, perHour float64) {
	if !(perHour >= 0 && perHour <= maxRate) {
		c.say(path, "", "a rate of %g per hour cannot be replayed", perHour)
	}
}

// known refuses names that nothing in the plan has.
func (c *checker) known(path, what string, names []string, has func(string) bool) {
	for i, n := range names {
		if !has(n) {
			c.say(fmt.Sprintf("%s[%d]", path, i), "", "there is no %s %q", what, n)
		}
	}
}

func (c *checker) hasSite(name string) bool {
	return slices.ContainsFunc(c.plan.Sites, func(s headroom.Site) bool { return s.Name == name })
}

func (c *checker) hasProcess(name string) bool {
	return slices.ContainsFunc(c.plan.Processes, func(p headroom.Process) bool { return p.Name == name })
}

func (c *checker) sites() {
	for i, s := range c.plan.Sites {
		path := fmt.Sprintf("sites[%d]", i)
		_, err := location(s.TimeZone)
		c.err(path+".time_zone", err)
		if s.Users < 1 {
			c.say(path+".users", "", "a site needs at least one user")
		} else {
			c.between(path+".users", "the number of users", float64(s.Users), 1, 1e6)
		}
		if s.Calendar != "" && !slices.ContainsFunc(c.plan.Calendars, func(k headroom.Calendar) bool { return k.Name == s.Calendar }) {
			c.say(path+".calendar", "give it under calendars", "there is no calendar %q", s.Calendar)
		}
	}
}

func (c *checker) calendar(path string, i int, k headroom.Calendar) {
	if slices.ContainsFunc(c.plan.Calendars[:i], func(e headroom.Calendar) bool { return e.Name == k.Name }) {
		c.say(path+".name", "give each its own name", "there is a calendar %q before", k.Name)
	}
	c.weekdays(path+".working_days", k.WorkingDays)
	if k.Holidays != "" {
		_, err := findRegion(k.Holidays)
		c.err(path+".holidays", err)
	}
	for j, closure := range k.Closures {
		c.stretch(fmt.Sprintf("%s.closures[%d]", path, j), closure.From, closure.To)
	}
	c.dates(path+".extra_days", k.ExtraDays)
}

func (c *checker) weekdays(path string, names []string) {
	for i, d := range names {
		if !slices.Contains(weekdays[:], d) {
			c.say(fmt.Sprintf("%s[%d]", path, i), "use mon, tue, wed, thu, fri, sat or sun", "there is no day %q", d)
		}
	}
}

func (c *checker) dates(path string, dates []string) {
	for i, s := range dates {
		_, err := parseDate(s)
		c.err(fmt.Sprintf("%s[%d]", path, i), err)
	}
}

// stretch checks a first and a last day.
func (c *checker) stretch(path, from, to string) {
	if _, err := parseStretch(from, ""); c.err(path+".from", err) {
		_, err = parseStretch(from, to)
		c.err(path+".to", err)
	}
}

func (c *checker) when(path string, w headroom.When) {
	c.weekdays(path+".days", w.Days)
	if w.Rule != "" {
		_, err := parseRule(w.Rule)
		c.err(path+".rule", err)
	}
	for i, s := range w.BusinessDays {
		_, err := parseBusinessDays(s)
		c.err(fmt.Sprintf("%s.business_days[%d]", path, i), err)
	}
	c.dates(path+".dates", w.Dates)
	if !slices.Contains([]string{"", skip, keep, previous, next}, w.Closed) {
		c.say(path+".closed", "use skip, keep, previous or next", "there is no way %q to treat a closed day", w.Closed)
	}
}

// clock is the time of day at a path, and whether there is one.
func (c *checker) clock(path, s string) (int, bool) {
	t, err := parseClock(s)
	return t, c.err(path, err)
}

// interval checks local times that may cross midnight.
func (c *checker) interval(path, from, to string) (interval, bool) {
	a, ok := c.clock(path+".from", from)
	b, ok2 := c.clock(path+".to", to)
	if ok && a == secondsOfDay {
		c.say(path+".from", `write "00:00"`, "a day has no beginning at 24:00")
		ok = false
	}
	return interval{a, b}, ok && ok2
}

func (c *checker) factors() {
	for i, s := range c.plan.Seasons {
		path := fmt.Sprintf("seasons[%d]", i)
		c.stretch(path, s.From, s.To)
		c.between(path+".factor", "a season's factor", s.Factor, 0, 1000)
		c.known(path+".sites", "site", s.Sites, c.hasSite)
		c.known(path+".processes", "process", s.Processes, c.hasProcess)
	}
	if g := c.plan.Growth; g != nil {
		c.between("growth.per_year", "yearly growth", g.PerYear, -0.99, 10)
		_, err := parseDate(g.Since)
		c.err("growth.since", err)
	}
	c.between("day_variation", "the coefficient of variation of days", c.plan.DayVariation, 0, 2)
}

func (c *checker) demo(path string, d headroom.Demo) {
	_, err := parseDate(d.Date)
	c.err(path+".date", err)
	_, err = parseClock(d.From)
	c.err(path+".from", err)
	if !(d.LeadIn >= 0) || !(d.Seconds > 0) || d.LeadIn+d.Seconds > maxDuration {
		c.say(path+".seconds", "", "a demo of %g s after a lead-in of %g s cannot be replayed", d.Seconds, d.LeadIn)
	}
}

// batch checks the peak's j-th batch, and that it agrees with the others of its
// partner. It relies on the peak's times only where both can be read.
func (c *checker) batch(path string, p headroom.Peak, j int, lanes map[string]headroom.Batch) {
	b := p.Batches[j]
	at, err := parseClock(b.At)
	sound := c.err(path+".at", err)
	from, err1 := parseClock(p.From)
	to, err2 := parseClock(p.To)
	if sound && err1 == nil && err2 == nil && (at < from || at > to) {
		c.say(path+".at", "move one of them", "the batch comes at %s, outside of its peak from %s to %s", b.At, p.From, p.To)
	}
	if !c.hasProcess(b.Process) {
		c.say(path+".process", "", "there is no process %q", b.Process)
	}
	if b.Documents < 0 {
		c.say(path+".documents", "", "a batch cannot have %d documents", b.Documents)
	}
	if b.Connections < 1 {
		c.say(path+".connections", "", "a partner needs at least one connection")
	}
	if slices.ContainsFunc(p.Batches[:j], func(e headroom.Batch) bool {
		return e.Process == b.Process && e.Partner == b.Partner && e.At == b.At
	}) {
		c.say(path, "make one batch of the documents of both", "partner %q sends %q twice at %s", b.Partner, b.Process, b.At)
	}
	first, ok := lanes[b.Partner]
	switch {
	case !ok:
		lanes[b.Partner] = b
	case first.Connections != b.Connections:
		c.say(path+".connections", "give the partner one number", "partner %q has %d connections here and %d before", b.Partner, b.Connections, first.Connections)
	case !reflect.DeepEqual(first.Retry, b.Retry):
		c.say(path, "give the partner one", "partner %q has another retry here than before", b.Partner)
	}
}

// processes refuses the keys of a map at a path that are no processes.
func (c *checker) processes(path string, names []string) {
	for _, n := range names {
		if !c.hasProcess(n) {
			c.say(path+"."+n, "", "there is no process %q", n)
		}
	}
}
