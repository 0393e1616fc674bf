package calendar

import (
	"fmt"
	"maps"
	"slices"

	"github.com/headroom-erp/headroom"
)

func (c *checker) process(path string, q headroom.Process) {
	c.rate(path+".per_hour", q.PerHour)
	c.known(path+".sites", "site", q.Sites, c.hasSite)
	if o := q.Open; o != nil {
		c.when(path+".open", o.When)
		c.interval(path+".open", o.From, o.To)
	}
	for i, s := range q.Shifts {
		c.shift(fmt.Sprintf("%s.shifts[%d]", path, i), s)
	}
	for i, o := range q.Runs {
		c.occasion(fmt.Sprintf("%s.runs[%d]", path, i), o)
	}
	c.between(path+".think_time", "the mean think time, in seconds,", q.ThinkTime, 0, secondsOfDay)
	if q.ThinkSCV != nil {
		c.between(path+".think_scv", "the squared coefficient of variation", *q.ThinkSCV, 0, 1000)
	}
	c.between(path+".due_within", "the time until a document is due, in seconds,", q.DueWithin, 0, maxDuration)
	if q.Lines.Mean != 0 && !(q.Lines.Mean >= 1 && q.Lines.Mean <= 1e6) {
		c.say(path+".lines.mean", "", "a document has at least one line, and its mean is %g", q.Lines.Mean)
	}
}

func (c *checker) shift(path string, s headroom.Shift) {
	c.when(path, s.When)
	c.known(path+".sites", "site", s.Sites, c.hasSite)
	i, ok := c.interval(path, s.From, s.To)
	c.between(path+".operators", "the number of operators", float64(s.Operators), 1, maxOperators)
	if c.between(path+".stagger", "the seconds over which operators log on", s.Stagger, 0, secondsOfDay) && ok && s.Stagger >= float64(i.length()) {
		c.say(path+".stagger", "", "the operators log on over %g s, and the shift lasts %d s", s.Stagger, i.length())
	}
}

func (c *checker) occasion(path string, o headroom.Occasion) {
	c.when(path, o.When)
	switch {
	case o.At != "" && (o.From != "" || o.To != "" || o.Every != 0):
		c.say(path+".at", "keep at, or else from, to and every", "the start is at one moment and every so often")
	case o.At != "":
		c.clock(path+".at", o.At)
	case o.From == "" && o.To == "" && o.Every == 0:
		c.say(path, "give at, or else from, to and every", "the start has no time")
	default:
		c.interval(path, o.From, o.To)
		c.between(path+".every", "the seconds from one start to the next", o.Every, 1, secondsOfDay)
	}
}

func (c *checker) peak(path string, p headroom.Peak) {
	from, ok1 := c.clock(path+".from", p.From)
	to, ok2 := c.clock(path+".to", p.To)
	sound := ok1 && ok2
	if sound && from >= to {
		c.say(path+".to", "write a peak across midnight as two", "the peak ends at %s, which is not after its beginning at %s", p.To, p.From)
		sound = false
	}
	if p.Due != "" {
		if due, ok := c.clock(path+".due", p.Due); ok && sound && due < to {
			c.say(path+".due", "move one of them", "the cutoff at %s is before the peak's end at %s: what comes between would be late at once", p.Due, p.To)
		}
	}
	c.shape(path, p, from, to, sound)
	c.when(path, p.When)
	c.known(path+".sites", "site", p.Sites, c.hasSite)
	names := slices.Sorted(maps.Keys(p.PerHour))
	c.processes(path+".per_hour", names)
	for _, n := range names {
		c.rate(path+".per_hour."+n, p.PerHour[n])
	}
	names = slices.Sorted(maps.Keys(p.Work))
	c.processes(path+".work", names)
	for _, n := range names {
		at := path + ".work." + n
		w := p.Work[n]
		if _, both := p.PerHour[n]; both {
			c.say(at, "keep one of the two", "the peak gives both a rate and work of %q", n)
		}
		if w.Documents != 0 && w.Lines != 0 {
			c.say(at, "keep one of the two", "the work of %q is given in documents and in lines", n)
		}
		c.between(at+".documents", "the number of documents", w.Documents, 0, maxRate)
		c.between(at+".lines", "the number of lines", w.Lines, 0, maxRate)
	}
}

// shape relies on the peak's times only when they are sound.
func (c *checker) shape(path string, p headroom.Peak, from, to int, sound bool) {
	if p.Shape != "" && !slices.Contains(shapes, p.Shape) {
		c.say(path+".shape", "use flat, ramp, triangle, surge, wave or table", "there is no shape %q", p.Shape)
		return
	}
	if p.Low != nil {
		c.between(path+".low", "the low level, relative to the mean,", *p.Low, 0, 1)
	}
	if p.Steep != 0 {
		c.between(path+".steep", "the share of the window in which the rates rise", p.Steep, 0.001, 1)
	}
	if p.Top != "" {
		if t, ok := c.clock(path+".top", p.Top); ok && sound && (t < from || t > to) {
			c.say(path+".top", "move one of them", "the top is at %s, outside of the peak from %s to %s", p.Top, p.From, p.To)
		}
	}
	var before int
	var sum float64
	for i, q := range p.Table {
		at := fmt.Sprintf("%s.table[%d]", path, i)
		t, ok := c.clock(at+".at", q.At)
		if ok && sound && (t < from || t >= to) {
			c.say(at+".at", "move one of them", "the level begins at %s, outside of the peak from %s to %s", q.At, p.From, p.To)
		}
		if ok && i > 0 && t <= before {
			c.say(at+".at", "put the levels in order", "the level at %s is not after the one before", q.At)
		}
		if q.Level != 0 {
			c.between(at+".level", "a level", q.Level, 1e-9, 1e12)
		}
		before, sum = t, sum+q.Level
	}
	if p.Shape == table && !(sum > 0) {
		c.say(path+".table", "give at least one level above 0", "the peak's table has no level")
	}
}
