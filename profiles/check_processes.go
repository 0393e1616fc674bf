package profiles

import (
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

func (c *checker) checkProcesses(scenarios []string) {
	var names []string
	for i, p := range c.plan.Processes {
		names = append(names, p.Name)
		path := item("processes", i)
		// A script of the user's own is named by its path; whether it can be
		// read is known to those who read it.
		if scenarios != nil && c.given(path+".scenario") && !strings.HasSuffix(p.Scenario, ".js") {
			c.known(path+".scenario", "scenario", p.Scenario, scenarios)
		}
		c.list(path+".sites", "site", p.Sites, c.sites)
		c.document(path, p)
		c.ordinary(path, p)
		for j, s := range p.Shifts {
			c.shift(item(path+".shifts", j), p, s)
		}
		for j, r := range p.Runs {
			c.occasion(item(path+".runs", j), r)
		}
	}
	c.processes = c.unique("processes", "process", names)
}

// document checks what the process' documents are like.
func (c *checker) document(path string, p headroom.Process) {
	c.atLeast(path+".lines.mean", p.Lines.Mean, 1, 1000)
	c.atLeast(path+".lines.max", float64(p.Lines.Max), 1, 1000)
	if p.Lines.Mean > float64(p.Lines.Max) && p.Lines.Max >= 1 {
		c.say(path+".lines", "", "lines have a mean of %g and at most %d: the mean must not be more than max",
			p.Lines.Mean, p.Lines.Max)
	}
	if p.Popularity != nil {
		c.atLeast(path+".popularity", *p.Popularity, 0, 10)
	}
	c.atLeast(path+".due_within", p.DueWithin, 0, maxSeconds)
}

// ordinary checks the rate of an ordinary hour, its opening hours, and the
// pause of operators.
func (c *checker) ordinary(path string, p headroom.Process) {
	c.atLeast(path+".per_hour", p.PerHour, 0, maxPerHour)
	if h := p.Open; h != nil {
		c.when(path+".open", h.When)
		c.between(path+".open", "the opening hours end", "a process has one span of opening hours: give its nights as a peak", h.From, h.To)
		if !(p.PerHour > 0) && !c.found(path+".per_hour") {
			c.say(path+".open", "give per_hour, or remove open", "opening hours say when per_hour holds, and process %q has none", p.Name)
		}
	}
	c.positive(path+".think_time", p.ThinkTime, 86_400)
	if p.ThinkSCV != nil {
		c.atLeast(path+".think_scv", *p.ThinkSCV, 0, 100)
	}
	const do = "add shifts, or remove it"
	if c.given(path+".think_time") && len(p.Shifts) == 0 {
		c.say(path+".think_time", do, "operators pause, and process %q has no shifts", p.Name)
	}
	if c.given(path+".think_scv") && !c.given(path+".think_time") {
		c.say(path+".think_scv", "add think_time, or remove it", "a pause that varies needs its mean, and process %q has no think_time", p.Name)
	}
}

// between checks two times of one day.
func (c *checker) between(path, ends, do, from, to string) (a, b int, ok bool) {
	a, ok1 := c.clock(path+".from", from, false)
	b, ok2 := c.clock(path+".to", to, true)
	if ok1 && ok2 && a >= b {
		c.say(path+".to", do, "%s at %s, which is not after their beginning at %s", ends, to, from)
		return a, b, false
	}
	return a, b, ok1 && ok2
}

// shift checks a number of operators. Its end may lie on the next day.
func (c *checker) shift(path string, p headroom.Process, s headroom.Shift) {
	c.when(path, s.When)
	for i, site := range s.Sites {
		if c.known(item(path+".sites", i), "site", site, c.sites) && len(p.Sites) > 0 && !slices.Contains(p.Sites, site) {
			c.say(item(path+".sites", i), "add it to the process, or remove it here", "process %q does not run at site %q", p.Name, site)
		}
	}
	from, ok1 := c.clock(path+".from", s.From, false)
	to, ok2 := c.clock(path+".to", s.To, true)
	length := to - from
	if length <= 0 {
		length += 86_400
	}
	if c.atLeast(path+".stagger", s.Stagger, 0, 86_400); ok1 && ok2 && s.Stagger >= float64(length) && s.Stagger > 0 {
		c.say(path+".stagger", "let everybody log on before it ends", "log-ons over %g s are not over when the shift ends after %d s", s.Stagger, length)
	}
	c.atLeast(path+".operators", float64(s.Operators), 1, maxProducts)
	c.logins(path+".operators", p, s)
}

// logins checks that operators have a login each: they claim work under it, so
// that two behind one would take each other's.
func (c *checker) logins(path string, p headroom.Process, s headroom.Shift) {
	if !c.given(path) || c.found(path) {
		return
	}
	sites := s.Sites
	if len(sites) == 0 {
		sites = p.Sites
	}
	for _, site := range c.plan.Sites {
		if (len(sites) == 0 || slices.Contains(sites, site.Name)) && site.Users >= 1 && s.Operators > site.Users {
			c.say(path, "give the site more users: each operator works under a login", "the shift has %d operators, and site %q has %d users",
				s.Operators, site.Name, site.Users)
			return
		}
	}
}

// occasion checks a scheduled start: at a moment, or every so often.
func (c *checker) occasion(path string, r headroom.Occasion) {
	c.when(path, r.When)
	at := c.given(path + ".at")
	several := c.given(path+".from") || c.given(path+".to") || c.given(path+".every")
	all := c.given(path+".from") && c.given(path+".to") && c.given(path+".every")
	switch {
	case at && several:
		c.say(path, "keep one of the two", "a run has a moment (at), or comes every so often (from, to, every)")
		return
	case !at && !all:
		c.say(path, `write at: "02:00", or from, to and every`, "the run does not say when it starts")
		return
	case at:
		c.clock(path+".at", r.At, false)
		return
	}
	from, to, ok := c.between(path, "the runs end", "write runs across midnight as two", r.From, r.To)
	c.positive(path+".every", r.Every, 86_400)
	if ok && r.Every > 0 && r.Every < 1 {
		c.say(path+".every", "", "a run every %g s comes more often than once a second", r.Every)
	}
	if ok && r.Every > float64(to-from) {
		c.say(path+".every", `write at: "`+r.From+`"`, "every %g s is longer than from %s to %s: there would be one run", r.Every, r.From, r.To)
	}
}

// checkIdle checks that each process arrives somehow. It says nothing after a
// mistake where arrivals are written down: that may be the reason.
func (c *checker) checkIdle() {
	if c.found("peaks") || c.found("processes") || c.found("sites") {
		return
	}
	for i, p := range c.plan.Processes {
		if !c.arrives(p) {
			c.say(item("processes", i), "give it per_hour, shifts or runs, or name it in a peak; or remove it",
				"process %q never happens: it has no arrivals at any site", p.Name)
		}
	}
}

// arrives reports whether a process ever arrives anywhere.
func (c *checker) arrives(p headroom.Process) bool {
	return p.PerHour > 0 || len(p.Shifts) > 0 || len(p.Runs) > 0 ||
		slices.ContainsFunc(c.plan.Peaks, func(peak headroom.Peak) bool {
			_, works := peak.Work[p.Name]
			return c.together(peak, p.Name) && (works || peak.PerHour[p.Name] > 0 ||
				slices.ContainsFunc(peak.Batches, func(b headroom.Batch) bool { return b.Process == p.Name }))
		})
}
