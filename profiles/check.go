package profiles

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
	_ "time/tzdata" // a plan means the same on a machine without time zones

	"github.com/headroom-erp/headroom"
)

// The largest figures that a plan may hold: beyond them lies a typing mistake.
const (
	maxName     = 63         // bytes; PostgreSQL's limit for a database's name
	maxPerHour  = 10_000_000 // arrivals
	maxProducts = 1_000_000  // and partners, users, documents
	maxSeconds  = 7 * 86_400 // of a demo or an objective
	maxAmount   = 1e12       // units of stock, money
)

// days in the order of a week.
var days = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// targets that `headroom demo` knows.
var targets = []string{"erp", "odoo", "external"}

// namePattern is what is safe in a URL, a file's name and a database's name.
var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// A checker says what is wrong with a decoded, not yet resolved plan.
type checker struct {
	*loader
	plan                                headroom.Plan
	sites, processes, peaks, topologies []string
}

func (l *loader) check(p headroom.Plan, o Options) {
	c := checker{loader: l, plan: p}
	if c.pos.Has("headroom") && p.Headroom != 1 {
		c.say("headroom", "", "this program reads version 1 of the plan's language, and the plan says %d", p.Headroom)
	}
	c.name("name", p.Name)
	c.checkSites()
	c.checkCatalogue()
	c.checkProcesses(o.Scenarios)
	c.checkPeaks()
	c.checkTopologies()
	c.checkObjectives()
	c.checkPrices()
	c.checkEvents(o.Events)
	c.checkDemo()
}

func (c *checker) say(path, do, format string, args ...any) {
	c.add(headroom.Problem{Path: path, What: fmt.Sprintf(format, args...), Do: do})
}

// given reports whether the file has the path; what it leaves out has a
// default, or was reported as missing.
func (c *checker) given(path string) bool { return c.pos.Has(path) }

func (c *checker) atLeast(path string, v, least, most float64) {
	switch {
	case !c.given(path):
	case v < least:
		c.say(path, "", "%s must be at least %g, and is %g", path, least, v)
	case v > most:
		c.say(path, "is this a slip of the pen?", "%s is %g, and at most %.0f makes sense", path, v, most)
	}
}

func (c *checker) positive(path string, v, most float64) {
	if c.given(path) && v <= 0 {
		c.say(path, "", "%s must be more than 0, and is %g", path, v)
		return
	}
	c.atLeast(path, v, 0, most)
}

func (c *checker) name(path, name string) {
	switch {
	case !c.given(path):
	case !namePattern.MatchString(name):
		c.say(path, "use a to z, 0 to 9, - and _, and begin with a letter or digit", "%s is not a name: %s", quote(name), path)
	case len(name) > maxName:
		c.say(path, "", "the name %s is longer than %d letters", quote(name), maxName)
	}
}

// unique checks the names of a list's items, and returns them.
func (c *checker) unique(list, what string, names []string) []string {
	for i, n := range names {
		path := item(list, i) + ".name"
		c.name(path, n)
		if first := slices.Index(names, n); first < i && n != "" {
			c.say(path, "give each its own name", "%s %q is here for the second time, first on line %d",
				what, n, c.pos.Of(item(list, first)+".name").Line)
		}
	}
	if len(names) == 0 && c.given(list) {
		c.say(list, "", "%s needs at least one %s", list, what)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lists are where names are given, by what they name.
var lists = map[string]string{"site": "sites", "process": "processes", "peak": "peaks", "topology": "topologies"}

// garbled reports whether decoding failed at a list itself or at a name in it,
// so that a name may be missing through no fault of those who use it.
func (c *checker) garbled(list string) bool {
	if c.reported[list] {
		return true
	}
	for path := range c.reported {
		holder := parent(path)
		if parent(path) == list || parent(holder) == list && strings.HasSuffix(path, ".name") {
			return true
		}
	}
	return false
}

// known checks that a name was given to something in the plan.
func (c *checker) known(path, what, name string, names []string) bool {
	if slices.Contains(names, name) {
		return true
	}
	if list, ok := lists[what]; ok && c.garbled(list) {
		return false
	}
	do := "the plan has none"
	if s := suggest(name, names); s != "" {
		do = fmt.Sprintf("did you mean %q?", s)
	} else if len(names) > 0 {
		do = "known: " + strings.Join(names, ", ")
	}
	c.say(path, do, "there is no %s %s", what, quote(name))
	return false
}

// list checks names of a list for being known and there once.
func (c *checker) list(path, what string, names, all []string) {
	for i, n := range names {
		if c.known(item(path, i), what, n, all) && slices.Index(names, n) < i {
			c.say(item(path, i), "remove one", "%s %q is in the list twice", what, n)
		}
	}
}

func (c *checker) checkSites() {
	var names []string
	for i, s := range c.plan.Sites {
		names = append(names, s.Name)
		path := item("sites", i)
		c.timeZone(path+".time_zone", s.TimeZone)
		c.name(path+".database", s.Database)
		c.atLeast(path+".users", float64(s.Users), 1, maxProducts)
	}
	c.sites = c.unique("sites", "site", names)
}

func (c *checker) timeZone(path, zone string) {
	if !c.given(path) {
		return
	}
	_, err := time.LoadLocation(zone)
	if err != nil || zone == "" || zone == "Local" {
		c.say(path, `use an IANA name such as "Europe/Berlin" or "UTC"`, "there is no time zone %s", quote(zone))
	}
}

func (c *checker) checkCatalogue() {
	k := c.plan.Catalogue
	c.atLeast("catalogue.products", float64(k.Products), 1, maxProducts)
	c.atLeast("catalogue.popularity", k.Popularity, 0, 10)
	c.positive("catalogue.opening_stock", k.OpeningStock, maxAmount)
	c.atLeast("catalogue.partners", float64(k.Partners), 1, maxProducts)
}

func (c *checker) checkProcesses(scenarios []string) {
	var names []string
	for i, p := range c.plan.Processes {
		names = append(names, p.Name)
		path := item("processes", i)
		if scenarios != nil && c.given(path+".scenario") {
			c.known(path+".scenario", "scenario", p.Scenario, scenarios)
		}
		c.list(path+".sites", "site", p.Sites, c.sites)
		c.atLeast(path+".per_hour", p.PerHour, 0, maxPerHour)
		c.atLeast(path+".lines.mean", p.Lines.Mean, 1, 1000)
		c.atLeast(path+".lines.max", float64(p.Lines.Max), 1, 1000)
		if p.Lines.Mean > float64(p.Lines.Max) && p.Lines.Max >= 1 {
			c.say(path+".lines", "", "lines have a mean of %g and at most %d: the mean must not be more than max",
				p.Lines.Mean, p.Lines.Max)
		}
	}
	c.processes = c.unique("processes", "process", names)
}

func (c *checker) checkTopologies() {
	var names []string
	for i, t := range c.plan.Topologies {
		names = append(names, t.Name)
		path := item("topologies", i)
		c.atLeast(path+".web.workers", float64(t.Web.Workers), 1, 10_000)
		c.positive(path+".web.cores", t.Web.Cores, 10_000)
		c.atLeast(path+".web.cron_threads", float64(t.Web.CronThreads), 0, 1000)
		c.positive(path+".database.cores", t.Database.Cores, 10_000)
		if !t.SharedHost && !c.given(path+".database.cores") {
			c.say(path, "give database: {cores: …}, or shared_host: true", "topology %q does not say how many cores the database has", t.Name)
		}
	}
	c.topologies = c.unique("topologies", "topology", names)
}

func (c *checker) checkPrices() {
	p := c.plan.Prices
	if p == nil {
		return
	}
	if c.given("prices.currency") && strings.TrimSpace(p.Currency) == "" {
		c.say("prices.currency", `write it as "EUR"`, "prices.currency is empty")
	}
	c.atLeast("prices.app_core_month", p.AppCoreMonth, 0, maxAmount)
	c.atLeast("prices.database_core_month", p.DatabaseCoreMonth, 0, maxAmount)
	c.atLeast("prices.memory_gb_month", p.GigabyteMonth, 0, maxAmount)
}

func (c *checker) checkEvents(known []string) {
	for i, e := range c.plan.Events {
		path := item("events", i)
		c.clock(path+".at", e.At, false)
		c.atLeast(path+".duration", e.Duration, 0, maxSeconds)
		if !c.given(path+".what") || slices.Contains(known, e.What) {
			continue
		}
		do := "remove the event"
		if s := suggest(e.What, known); s != "" {
			do = fmt.Sprintf("did you mean %q?", s)
		} else if len(known) > 0 {
			do = "what can happen: " + strings.Join(known, ", ")
		}
		c.say(path+".what", do, "nobody can make the event %s happen yet", quote(e.What))
	}
}

func (c *checker) checkDemo() {
	var keys []string
	for target := range c.plan.Demo {
		keys = append(keys, target)
	}
	sort.Strings(keys)
	for _, target := range keys {
		d, path := c.plan.Demo[target], join("demo", target)
		c.known(path, "target", target, targets)
		if _, err := time.Parse(time.DateOnly, d.Date); err != nil && c.given(path+".date") {
			c.say(path+".date", `write it as "2026-11-20"`, "%s is not a date", quote(d.Date))
		}
		c.clock(path+".from", d.From, false)
		c.positive(path+".seconds", d.Seconds, maxSeconds)
		c.atLeast(path+".lead_in", d.LeadIn, 0, maxSeconds)
		c.positive(path+".scale", d.Scale, 1000)
		c.list(path+".run", "topology", d.Run, c.topologies)
		if len(d.Run) == 0 && c.given(path+".run") {
			c.say(path+".run", "", "%s.run names no topology", path)
		}
		if c.given(path + ".forecast") {
			c.known(path+".forecast", "topology", d.Forecast, c.topologies)
		}
		if slices.Contains(d.Run, d.Forecast) && d.Forecast != "" {
			c.say(path+".forecast", "name one that is not run", "topology %q is run, so that its forecast would prove nothing", d.Forecast)
		}
	}
}
