package calendar

import (
	"errors"
	"fmt"
	"slices"

	"github.com/headroom-erp/headroom"
)

// The shapes of a peak.
const (
	flat  = "flat"
	surge = "surge"
)

// Check says what the calendar cannot make a schedule of, and at which path of
// the plan. It relies on nobody else's checks.
func Check(p headroom.Plan) []headroom.Problem {
	var c checker
	for i, s := range p.Sites {
		path := fmt.Sprintf("sites[%d]", i)
		_, err := location(s.TimeZone)
		c.err(path+".time_zone", err)
		if s.Users < 1 {
			c.say(path+".users", "", "a site needs at least one user")
		}
	}
	for i, q := range p.Processes {
		c.rate(fmt.Sprintf("processes[%d].per_hour", i), q.PerHour)
	}
	connections := map[string]int{} // of a partner
	for i, q := range p.Peaks {
		c.peak(fmt.Sprintf("peaks[%d]", i), q)
		for j, b := range q.Batches {
			path := fmt.Sprintf("peaks[%d].batches[%d]", i, j)
			c.batch(path, q, b)
			if slices.ContainsFunc(q.Batches[:j], func(e headroom.Batch) bool {
				return e.Process == b.Process && e.Partner == b.Partner && e.At == b.At
			}) {
				c.say(path, "make one batch of the documents of both", "partner %q sends %q twice at %s", b.Partner, b.Process, b.At)
			}
			if n, ok := connections[b.Partner]; ok && n != b.Connections {
				c.say(path+".connections", "give the partner one number", "partner %q has %d connections here and %d before", b.Partner, b.Connections, n)
				continue
			}
			connections[b.Partner] = b.Connections
		}
	}
	targets := make([]string, 0, len(p.Demo))
	for target := range p.Demo {
		targets = append(targets, target)
	}
	slices.Sort(targets)
	for _, target := range targets {
		c.demo("demo."+target, p, p.Demo[target])
	}
	return c.problems
}

type checker struct{ problems []headroom.Problem }

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

func (c *checker) rate(path string, perHour float64) {
	if !(perHour >= 0 && perHour <= 1e12) {
		c.say(path, "", "a rate of %g per hour cannot be replayed", perHour)
	}
}

func (c *checker) peak(path string, p headroom.Peak) {
	from, err := parseClock(p.From)
	sound := c.err(path+".from", err)
	to, err := parseClock(p.To)
	sound = c.err(path+".to", err) && sound
	if sound && from >= to {
		c.say(path+".to", "write a peak across midnight as two", "the peak ends at %s, which is not after its beginning at %s", p.To, p.From)
	}
	if p.Shape != "" && p.Shape != flat && p.Shape != surge {
		c.say(path+".shape", "use flat, or surge for one that rises linearly from half to one and a half times its mean",
			"there is no shape %q", p.Shape)
	}
	for i, d := range p.Days {
		if !slices.Contains(weekdays[:], d) {
			c.say(fmt.Sprintf("%s.days[%d]", path, i), "use mon, tue, wed, thu, fri, sat or sun", "there is no day %q", d)
		}
	}
	names := make([]string, 0, len(p.PerHour))
	for n := range p.PerHour {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		c.rate(path+".per_hour."+n, p.PerHour[n])
	}
}

// batch relies on the peak's times only where both can be read.
func (c *checker) batch(path string, p headroom.Peak, b headroom.Batch) {
	at, err := parseClock(b.At)
	sound := c.err(path+".at", err)
	from, err1 := parseClock(p.From)
	to, err2 := parseClock(p.To)
	if sound && err1 == nil && err2 == nil && (at < from || at > to) {
		c.say(path+".at", "move one of them", "the batch comes at %s, outside of its peak from %s to %s", b.At, p.From, p.To)
	}
	if b.Documents < 0 {
		c.say(path+".documents", "", "a batch cannot have %d documents", b.Documents)
	}
	if b.Connections < 1 {
		c.say(path+".connections", "", "a partner needs at least one connection")
	}
}

func (c *checker) demo(path string, p headroom.Plan, d headroom.Demo) {
	_, err := parseDate(d.Date)
	c.err(path+".date", err)
	_, err = parseClock(d.From)
	c.err(path+".from", err)
	if !(d.LeadIn >= 0) || !(d.Seconds > 0) || d.LeadIn+d.Seconds > maxDuration {
		c.say(path+".seconds", "", "a demo of %g s after a lead-in of %g s cannot be replayed", d.Seconds, d.LeadIn)
	}
}
