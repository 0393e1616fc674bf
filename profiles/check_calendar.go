package profiles

import (
	"fmt"
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
		c.list(path+".days", "day", p.Days, days)
		from, ok1 := c.clock(path+".from", p.From, false)
		to, ok2 := c.clock(path+".to", p.To, true)
		if ok1 && ok2 && from >= to {
			c.say(path+".to", "write a peak across midnight as two", "the peak ends at %s, which is not after its beginning at %s", p.To, p.From)
			ok1 = false
		}
		for _, process := range slices.Sorted(maps.Keys(p.PerHour)) {
			at := join(path+".per_hour", process)
			if c.known(at, "process", process, c.processes) {
				c.meets(at, p, process)
			}
			c.atLeast(at, p.PerHour[process], 0, maxPerHour)
		}
		for j, b := range p.Batches {
			at := item(path+".batches", j)
			c.batch(at, p, b)
			if t, ok := c.clock(at+".at", b.At, false); ok && ok1 && ok2 && (t < from || t > to) {
				c.say(at+".at", "move one of them", "the batch comes at %s, outside of its peak from %s to %s", b.At, p.From, p.To)
			}
		}
	}
	if len(names) > 0 {
		c.peaks = c.unique("peaks", "peak", names)
	}
}

func (c *checker) batch(path string, p headroom.Peak, b headroom.Batch) {
	if c.given(path+".process") && c.known(path+".process", "process", b.Process, c.processes) {
		c.meets(path+".process", p, b.Process)
	}
	c.name(path+".partner", b.Partner)
	c.atLeast(path+".documents", float64(b.Documents), 1, maxProducts)
	c.atLeast(path+".connections", float64(b.Connections), 1, 10_000)
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

func (c *checker) checkObjectives() {
	for i, o := range c.plan.Objectives {
		path := item("objectives", i)
		if c.given(path+".process") && c.known(path+".process", "process", o.Process, c.processes) && !c.arrives(o.Process) {
			c.say(path+".process", "give the process a rate or a batch, or remove the objective",
				"nobody runs the process %q: it has no arrivals at any site", o.Process)
		}
		if c.given(path+".percentile") && o.Percentile > 0 && o.Percentile <= 1 {
			c.say(path+".percentile", fmt.Sprintf("write %g", 100*o.Percentile), "a percentile is given in per cent, and is %g here", o.Percentile)
		} else if c.given(path+".percentile") && (o.Percentile <= 0 || o.Percentile >= 100) {
			c.say(path+".percentile", "", "a percentile lies between 0 and 100, both excluded, and is %g here", o.Percentile)
		}
		c.positive(path+".within", o.Within, maxSeconds)
		if c.given(path + ".peak") {
			c.known(path+".peak", "peak", o.Peak, c.peaks)
		}
	}
}

// arrives reports whether a process ever arrives anywhere.
func (c *checker) arrives(process string) bool {
	for _, p := range c.plan.Processes {
		if p.Name == process && p.PerHour > 0 {
			return true
		}
	}
	for _, peak := range c.plan.Peaks {
		if !c.together(peak, process) {
			continue
		}
		if peak.PerHour[process] > 0 {
			return true
		}
		for _, b := range peak.Batches {
			if b.Process == process && b.Documents > 0 {
				return true
			}
		}
	}
	return false
}
