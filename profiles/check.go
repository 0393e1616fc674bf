package profiles

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
	_ "time/tzdata" // a plan means the same on a machine without time zones
	"unicode"

	"github.com/headroom-erp/headroom"
)

// The largest figures that a plan may hold: beyond them lies a typing mistake.
const (
	maxName     = 63         // bytes; PostgreSQL's limit for a database's name
	maxPerHour  = 10_000_000 // arrivals
	maxProducts = 1_000_000  // and partners, users, documents
	maxSeconds  = 7 * 86_400 // of a demo or an objective
	maxAmount   = 1e12       // units of stock, money
	maxFactor   = 100        // of a season, or of a wait
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
	plan                                           headroom.Plan
	sites, calendars, processes, peaks, topologies []string
}

func (l *loader) check(p headroom.Plan, o Options) {
	c := checker{loader: l, plan: p}
	if c.pos.Has("headroom") && p.Headroom != 1 {
		c.say("headroom", "", "this program reads version 1 of the plan's language, and the plan says %d", p.Headroom)
	}
	c.name("name", p.Name)
	c.checkCalendars()
	c.checkSites()
	c.checkCatalogue()
	c.checkProcesses(o.Scenarios)
	c.checkPeaks()
	c.checkIdle()
	c.checkSeasons()
	c.checkGrowth()
	c.checkCarrier()
	c.checkTopologies()
	c.checkObjectives()
	c.checkStop()
	c.checkObserve()
	c.checkPrices()
	c.checkEvents(o.Events)
	c.checkDemo()
}

func (c *checker) say(path, do, format string, args ...any) {
	c.add(headroom.Problem{Path: path, What: fmt.Sprintf(format, args...), Do: do})
}

// found reports whether something is wrong at the path or in it.
func (c *checker) found(path string) bool {
	return slices.ContainsFunc(c.problems, func(p placedProblem) bool {
		rest, ok := strings.CutPrefix(p.Path, path)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
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
var lists = map[string]string{"site": "sites", "calendar": "calendars", "process": "processes", "peak": "peaks", "topology": "topologies"}

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
		c.label(path+".company", s.Company)
		if c.given(path + ".calendar") {
			c.known(path+".calendar", "calendar", s.Calendar, c.calendars)
		}
		c.atLeast(path+".users", float64(s.Users), 1, maxProducts)
	}
	c.sites = c.unique("sites", "site", names)
	c.checkCompanies()
}

// checkCompanies checks that sites of one database are told apart by their
// companies.
func (c *checker) checkCompanies() {
	for i, s := range c.plan.Sites {
		path := item("sites", i)
		others := slices.Clone(c.plan.Sites)
		others = slices.DeleteFunc(slices.Delete(others, i, i+1), func(o headroom.Site) bool { return o.Tenant() != s.Tenant() || o.Name == s.Name })
		switch {
		case len(others) == 0:
		case s.Company == "":
			c.say(path, "give each of them a company of its own, or the site its own database",
				"site %q shares the database %q with site %q, and does not say which company it is", s.Name, s.Tenant(), others[0].Name)
		case slices.ContainsFunc(c.plan.Sites[:i], func(o headroom.Site) bool {
			return o.Tenant() == s.Tenant() && o.Company == s.Company && o.Name != s.Name
		}):
			c.say(path+".company", "give each site its own", "the database %q has the company %s already", s.Tenant(), quote(s.Company))
		}
	}
}

// label checks a text that people read: of a company.
func (c *checker) label(path, s string) {
	switch {
	case !c.given(path):
	case strings.TrimSpace(s) != s || s == "" || strings.ContainsFunc(s, unicode.IsControl):
		c.say(path, "write it on one line, without spaces around it", "%s is not a name: %s", quote(s), path)
	case len(s) > maxName:
		c.say(path, "", "the name %s is longer than %d letters", quote(s), maxName)
	}
}

// oneOf checks a word that is one of a few.
func (c *checker) oneOf(path, word string, words ...string) {
	if !c.given(path) || slices.Contains(words, word) {
		return
	}
	c.say(path, "", "%s must be %s, and is %s", path, either(words), quote(word))
}

// either lists words as "a, b or c".
func either(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
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
	c.atLeast("catalogue.open_orders", float64(k.OpenOrders), 0, maxProducts)
	c.atLeast("catalogue.open_receipts", float64(k.OpenReceipts), 0, maxProducts)
	c.atLeast("catalogue.open_deliveries", float64(k.OpenDeliveries), 0, maxProducts)
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

func (c *checker) checkDemo() {
	var keys []string
	for target := range c.plan.Demo {
		keys = append(keys, target)
	}
	sort.Strings(keys)
	for _, target := range keys {
		d, path := c.plan.Demo[target], join("demo", target)
		c.known(path, "target", target, targets)
		c.date(path+".date", d.Date, false)
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
