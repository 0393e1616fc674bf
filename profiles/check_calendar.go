package profiles

import (
	"maps"
	"slices"
	"strconv"

	"github.com/headroom-erp/headroom"
)

// clock reads a local time of day, "15:00" or "15:00:30", as seconds since
// midnight; "24:00" only where a span ends. It reports what is not one.
func (c *checker) clock(path, s string, end bool) (seconds int, ok bool) {
	if !c.given(path) {
		return 0, false
	}
	seconds, ok = timeOfDay(s)
	if ok && (seconds < 86_400 || end) {
		return seconds, true
	}
	c.say(path, `write it as "15:00" or "15:00:30"`, "%s is not a time of day", quote(s))
	return 0, false
}

// timeOfDay reads HH:MM or HH:MM:SS, up to 24:00.
func timeOfDay(s string) (seconds int, ok bool) {
	if len(s) != 5 && len(s) != 8 {
		return 0, false
	}
	limits := [...]int{24, 59, 59}
	unit := 3600
	for i := 0; i < len(s); i += 3 {
		if i > 0 && s[i-1] != ':' {
			return 0, false
		}
		n, err := strconv.ParseUint(s[i:i+2], 10, 8)
		if err != nil || int(n) > limits[i/3] {
			return 0, false
		}
		seconds += int(n) * unit
		unit /= 60
	}
	return seconds, seconds <= 86_400
}

func (c *checker) checkPeaks() {
	var names []string
	for i, p := range c.plan.Peaks {
		names = append(names, p.Name)
		path := item("peaks", i)
		c.list(path+".sites", "site", p.Sites, c.sites)
		c.when(path, p.When)
		w := c.window(path, p)
		c.shape(path, p, w)
		c.rates(path, p)
		for j, b := range p.Batches {
			at := item(path+".batches", j)
			c.batch(at, p, b)
			if t, ok := c.clock(at+".at", b.At, false); ok && w.ok && (t < w.from || t > w.to) {
				c.say(at+".at", "move one of them", "the batch comes at %s, outside of its peak from %s to %s", b.At, p.From, p.To)
			}
		}
	}
	if len(names) > 0 {
		c.peaks = c.unique("peaks", "peak", names)
	}
}

// A window is a peak's, in seconds since midnight; ok when both can be read.
type window struct {
	from, to int
	ok       bool
}

// window checks a peak's times and its cutoff.
func (c *checker) window(path string, p headroom.Peak) window {
	from, ok1 := c.clock(path+".from", p.From, false)
	to, ok2 := c.clock(path+".to", p.To, true)
	if ok1 && ok2 && from >= to {
		c.say(path+".to", "write a peak across midnight as two", "the peak ends at %s, which is not after its beginning at %s", p.To, p.From)
		ok1 = false
	}
	if due, ok := c.clock(path+".due", p.Due, true); ok && ok1 && ok2 && due < to {
		c.say(path+".due", "end the peak by then, or move the cutoff", "the work is due at %s, and the peak brings more until %s: that would be late when it comes", p.Due, p.To)
	}
	return window{from, to, ok1 && ok2}
}

// parameters are the keys that give a shape its form, and the shapes that have
// them.
var parameters = []struct {
	key    string
	shapes []string
}{
	{"low", []string{"ramp", "triangle", "surge", "wave"}},
	{"top", []string{"triangle", "wave"}},
	{"steep", []string{"surge"}},
	{"table", []string{"table"}},
}

// shapes that the parameters above are checked for; the calendar says which
// others there are.
var shapes = []string{"flat", "ramp", "triangle", "surge", "wave", "table"}

func (c *checker) shape(path string, p headroom.Peak, w window) {
	shape := p.Shape
	if !c.given(path + ".shape") {
		shape = "flat"
	}
	for _, q := range parameters {
		at := join(path, q.key)
		if c.given(at) && slices.Contains(shapes, shape) && !slices.Contains(q.shapes, shape) {
			c.say(at, "remove it, or choose another shape", "%s is for a peak whose shape is %s, and this one is %s", q.key, either(q.shapes), shape)
			return
		}
	}
	if p.Low != nil {
		c.atLeast(path+".low", *p.Low, 0, 1)
	}
	c.positive(path+".steep", p.Steep, 1)
	if top, ok := c.clock(path+".top", p.Top, true); ok && w.ok && (top < w.from || top > w.to) {
		c.say(path+".top", "", "the highest rate is at %s, outside of the peak from %s to %s", p.Top, p.From, p.To)
	}
	if shape == "table" && len(p.Table) == 0 && !c.found(path+".table") {
		c.say(path, `add table: [{at: "…", level: 1}, …]`, "peak %q has the shape table, and no table", p.Name)
	}
	c.table(path+".table", p, w)
}

// table checks levels by time: in the window, one after the other, not all 0.
func (c *checker) table(path string, p headroom.Peak, w window) {
	last, sum := -1, 0.0
	for i, q := range p.Table {
		at := item(path, i)
		c.atLeast(at+".level", q.Level, 0, maxAmount)
		sum += q.Level
		t, ok := c.clock(at+".at", q.At, false)
		switch {
		case !ok:
			continue
		case w.ok && (t < w.from || t >= w.to):
			c.say(at+".at", "", "the level is from %s on, outside of the peak from %s to %s", q.At, p.From, p.To)
		case t <= last:
			c.say(at+".at", "put the levels in the order of their times", "%s is not after the time before it", q.At)
		}
		last = t
	}
	if len(p.Table) > 0 && sum == 0 && !c.found(path) {
		c.say(path, "", "every level of the table is 0")
	}
}

// rates checks what a peak adds: rates or work, one of the two for a process.
func (c *checker) rates(path string, p headroom.Peak) {
	for _, process := range slices.Sorted(maps.Keys(p.PerHour)) {
		at := join(path+".per_hour", process)
		if c.known(at, "process", process, c.processes) {
			c.meets(at, p, process)
		}
		c.atLeast(at, p.PerHour[process], 0, maxPerHour)
	}
	for _, process := range slices.Sorted(maps.Keys(p.Work)) {
		at := join(path+".work", process)
		if c.known(at, "process", process, c.processes) {
			c.meets(at, p, process)
		}
		if _, ok := p.PerHour[process]; ok {
			c.say(at, "keep one of the two", "peak %q gives %q both a rate and work to be done", p.Name, process)
		}
		c.positive(at+".documents", p.Work[process].Documents, maxPerHour)
		c.positive(at+".lines", p.Work[process].Lines, maxPerHour)
		if c.given(at+".documents") == c.given(at+".lines") && !c.found(at) {
			c.say(at, "give documents or lines", "the work of %q is one number: of documents, or of their lines", process)
		}
	}
}

func (c *checker) batch(path string, p headroom.Peak, b headroom.Batch) {
	if c.given(path+".process") && c.known(path+".process", "process", b.Process, c.processes) {
		c.meets(path+".process", p, b.Process)
	}
	c.name(path+".partner", b.Partner)
	c.atLeast(path+".documents", float64(b.Documents), 1, maxProducts)
	c.atLeast(path+".connections", float64(b.Connections), 1, 10_000)
	if r := b.Retry; r != nil {
		path += ".retry"
		c.atLeast(path+".attempts", float64(r.Attempts), 2, 100)
		c.positive(path+".backoff", r.Backoff, 86_400)
		c.atLeast(path+".factor", r.Factor, 1, maxFactor)
		c.atLeast(path+".jitter", r.Jitter, 0, 1)
		c.atLeast(path+".timeout", r.Timeout, 0, 86_400)
	}
}

// meets checks that a peak and a process have a site in common.
func (c *checker) meets(path string, peak headroom.Peak, process string) {
	if !c.together(peak, process) {
		c.say(path, "", "process %q runs at none of the sites of peak %q", process, peak.Name)
	}
}

func (c *checker) together(peak headroom.Peak, process string) bool {
	for _, p := range c.plan.Processes {
		if p.Name != process {
			continue
		}
		if len(peak.Sites) == 0 || len(p.Sites) == 0 {
			return true
		}
		return slices.ContainsFunc(p.Sites, func(s string) bool { return slices.Contains(peak.Sites, s) })
	}
	return false
}
