package headroom

import "reflect"

// A Plan is what a planner writes down: sites, calendar, processes,
// topologies, objectives, prices and events. Package profiles decodes and
// checks it whole before the first request.
type Plan struct {
	Headroom    int        `yaml:"headroom" json:"headroom"` // version of the plan's language, 1
	Name        string     `yaml:"name" json:"name"`
	Description string     `yaml:"description,omitempty" json:"description,omitempty"`
	Sites       []Site     `yaml:"sites" json:"sites"`
	Calendars   []Calendar `yaml:"calendars,omitempty" json:"calendars,omitempty"`
	Catalogue   Catalogue  `yaml:"catalogue" json:"catalogue"`
	Processes   []Process  `yaml:"processes" json:"processes"`
	Peaks       []Peak     `yaml:"peaks,omitempty" json:"peaks,omitempty"`
	Seasons     []Season   `yaml:"seasons,omitempty" json:"seasons,omitempty"`
	Growth      *Growth    `yaml:"growth,omitempty" json:"growth,omitempty"`
	// DayVariation is the coefficient of variation of a random factor that every
	// rate of a site has on a day, for days that differ more than Poisson's law
	// lets them; 0 is none.
	DayVariation float64     `yaml:"day_variation,omitempty" json:"day_variation,omitempty"`
	Carrier      *Carrier    `yaml:"carrier,omitempty" json:"carrier,omitempty"`
	Topologies   []Topology  `yaml:"topologies" json:"topologies"`
	Objectives   []Objective `yaml:"objectives,omitempty" json:"objectives,omitempty"`
	Stop         []StopRule  `yaml:"stop,omitempty" json:"stop,omitempty"`
	Observe      *Observe    `yaml:"observe,omitempty" json:"observe,omitempty"`
	Prices       *Prices     `yaml:"prices,omitempty" json:"prices,omitempty"`
	Events       []Event     `yaml:"events,omitempty" json:"events,omitempty"`
	// Demo says, by target ("erp", "odoo"), what `headroom demo` replays.
	Demo map[string]Demo `yaml:"demo,omitempty" json:"demo,omitempty"`
}

// A Site is a warehouse, hub, office or 3PL that works through the ERP.
type Site struct {
	Name     string `yaml:"name" json:"name"`
	TimeZone string `yaml:"time_zone" json:"time_zone"`                   // IANA name
	Database string `yaml:"database,omitempty" json:"database,omitempty"` // the tenant; default: the site's name
	// Company makes the site one company of several in its database; "": the
	// site has the database to itself.
	Company  string `yaml:"company,omitempty" json:"company,omitempty"`
	Calendar string `yaml:"calendar,omitempty" json:"calendar,omitempty"` // one of Plan.Calendars; "": Monday to Friday, no holidays
	Users    int    `yaml:"users" json:"users"`                           // people who log in, at least 1
}

// Catalogue is the master data that seeding creates at each site.
type Catalogue struct {
	Products     int     `yaml:"products" json:"products"`
	Popularity   float64 `yaml:"popularity" json:"popularity"`       // exponent of Zipf's law over products; 0 = uniform
	OpeningStock float64 `yaml:"opening_stock" json:"opening_stock"` // units of each product
	Partners     int     `yaml:"partners" json:"partners"`
	// What is there when the day begins: confirmed and not yet done.
	OpenOrders   int `yaml:"open_orders,omitempty" json:"open_orders,omitempty"`     // sale orders that wait to be picked
	OpenReceipts int `yaml:"open_receipts,omitempty" json:"open_receipts,omitempty"` // purchase orders that wait for their goods
	// OpenDeliveries are sale orders, besides OpenOrders, that are picked already
	// and wait to be shipped; at sites that work in two steps.
	OpenDeliveries int `yaml:"open_deliveries,omitempty" json:"open_deliveries,omitempty"`
}

// A Process is a business process and how it arrives outside of peaks.
type Process struct {
	Name     string   `yaml:"name" json:"name"`
	Scenario string   `yaml:"scenario" json:"scenario"`                     // the script in scenarios/, or one of vegeta's targets
	Sites    []string `yaml:"sites,omitempty" json:"sites,omitempty"`       // default: all
	PerHour  float64  `yaml:"per_hour,omitempty" json:"per_hour,omitempty"` // open arrivals in an ordinary hour at each site
	// Open is when PerHour holds; default: always, closed days included.
	Open       *Hours     `yaml:"open,omitempty" json:"open,omitempty"`
	Shifts     []Shift    `yaml:"shifts,omitempty" json:"shifts,omitempty"`         // operators: a closed population
	ThinkTime  float64    `yaml:"think_time,omitempty" json:"think_time,omitempty"` // seconds, mean of an operator's pause after each journey
	ThinkSCV   *float64   `yaml:"think_scv,omitempty" json:"think_scv,omitempty"`   // squared coefficient of variation of the pause (log-normal); default 1, 0 is a constant
	Runs       []Occasion `yaml:"runs,omitempty" json:"runs,omitempty"`             // scheduled starts, as of a cron
	Lines      Lines      `yaml:"lines,omitempty" json:"lines,omitempty"`
	Popularity *float64   `yaml:"popularity,omitempty" json:"popularity,omitempty"` // default: the catalogue's
	// DueWithin gives a document that arrives outside of any cutoff its due
	// time, in seconds after its arrival; 0: it has none.
	DueWithin float64 `yaml:"due_within,omitempty" json:"due_within,omitempty"`
}

// When says on which days something happens. The zero value is every working
// day of the site. Days, Rule, BusinessDays and Dates add up.
type When struct {
	Days         []string `yaml:"days,omitempty" json:"days,omitempty"`                   // mon … sun
	Rule         string   `yaml:"rule,omitempty" json:"rule,omitempty"`                   // RFC 5545, "FREQ=MONTHLY;BYDAY=-1FR"; one that depends on where it begins (INTERVAL, COUNT) says so: "DTSTART=20260105;FREQ=…"
	BusinessDays []string `yaml:"business_days,omitempty" json:"business_days,omitempty"` // "last 3 of month", "first 2 of week", "5th of quarter", "2nd last of year", "2nd last before holiday", "1st after holiday"
	Dates        []string `yaml:"dates,omitempty" json:"dates,omitempty"`                 // "2026-11-27"
	// Closed says what becomes of a day on which the site is closed: skip
	// (default), keep, previous or next, which are the nearest working day. A day
	// that Days names or Dates holds, and that is only a weekend and no holiday or
	// closure, is kept.
	Closed string `yaml:"closed,omitempty" json:"closed,omitempty"`
}

// Hours are local times on some days. To may be "24:00".
type Hours struct {
	When `yaml:",inline"`
	From string `yaml:"from" json:"from"`
	To   string `yaml:"to" json:"to"`
}

// A Shift is a number of operators of a closed population, each of whom logs
// on at From, works one journey after the other with a pause between them, and
// begins no further one at To. To may lie on the next day: it is then not after From.
type Shift struct {
	When      `yaml:",inline"`
	Sites     []string `yaml:"sites,omitempty" json:"sites,omitempty"` // default: the process' sites
	From      string   `yaml:"from" json:"from"`
	To        string   `yaml:"to" json:"to"`
	Operators int      `yaml:"operators" json:"operators"`
	// Stagger spreads the log-ons evenly over so many seconds; 0: all at once.
	Stagger float64 `yaml:"stagger,omitempty" json:"stagger,omitempty"`
}

// An Occasion is scheduled: at a moment, or every so often between two.
type Occasion struct {
	When  `yaml:",inline"`
	At    string  `yaml:"at,omitempty" json:"at,omitempty"` // "02:00"; or else From, To and Every
	From  string  `yaml:"from,omitempty" json:"from,omitempty"`
	To    string  `yaml:"to,omitempty" json:"to,omitempty"`
	Every float64 `yaml:"every,omitempty" json:"every,omitempty"` // seconds from one start to the next, the first at From; To is not among them, and may lie on the next day
}

// A Calendar says when a site works.
type Calendar struct {
	Name        string    `yaml:"name" json:"name"`
	WorkingDays []string  `yaml:"working_days,omitempty" json:"working_days,omitempty"` // default: mon to fri
	Holidays    string    `yaml:"holidays,omitempty" json:"holidays,omitempty"`         // region: "de", "de-by", "us", "gb", "pl", …
	Closures    []Closure `yaml:"closures,omitempty" json:"closures,omitempty"`
	ExtraDays   []string  `yaml:"extra_days,omitempty" json:"extra_days,omitempty"` // worked although weekend or holiday
	// ICal names an iCalendar file whose all-day events are closures; relative
	// to the plan's folder. Loading turns it into Closures.
	ICal string `yaml:"ical,omitempty" json:"ical,omitempty"`
}

// A Closure is a day, or several, on which nobody works.
type Closure struct {
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
	From string `yaml:"from" json:"from"`                 // "2026-12-24", or "12-24" for each year
	To   string `yaml:"to,omitempty" json:"to,omitempty"` // the last day; default: From
}

// A Season multiplies rates, batches and the work of peaks on its days;
// seasons that overlap multiply. A promotion is a season with years in its days.
type Season struct {
	Name      string   `yaml:"name" json:"name"`
	Sites     []string `yaml:"sites,omitempty" json:"sites,omitempty"`         // default: all
	Processes []string `yaml:"processes,omitempty" json:"processes,omitempty"` // default: all
	From      string   `yaml:"from" json:"from"`                               // "11-15" for each year, or "2026-11-27"
	To        string   `yaml:"to" json:"to"`                                   // the last day; may lie in the next year
	Factor    float64  `yaml:"factor" json:"factor"`
}

// Growth multiplies rates, batches and the work of peaks by
// (1 + PerYear)^(years since Since), day by day; 1 at and before Since.
type Growth struct {
	PerYear float64 `yaml:"per_year" json:"per_year"`
	Since   string  `yaml:"since" json:"since"` // "2026-01-01"
}

// A Carrier answers label requests, which the ERP makes while it validates a
// delivery. Without one, deliveries have no label.
type Carrier struct {
	Latency   float64 `yaml:"latency" json:"latency"`                           // seconds, mean of an answer
	SCV       float64 `yaml:"scv,omitempty" json:"scv,omitempty"`               // of the latency, log-normal; 0 is a constant
	ErrorRate float64 `yaml:"error_rate,omitempty" json:"error_rate,omitempty"` // share of requests answered by an error
	Timeout   float64 `yaml:"timeout,omitempty" json:"timeout,omitempty"`       // seconds after which the ERP gives up; 0 means 10
}

// Lines is the distribution of a document's number of lines: geometric with
// the given mean, at least 1, cut at Max.
type Lines struct {
	Mean float64 `yaml:"mean" json:"mean"`
	Max  int     `yaml:"max" json:"max"`
}

// A Peak is a named window of the calendar with more load. It states rates
// (PerHour) or the work to be done (Work), from which rates follow.
type Peak struct {
	Name  string   `yaml:"name" json:"name"`
	Sites []string `yaml:"sites,omitempty" json:"sites,omitempty"` // default: all
	When  `yaml:",inline"`
	From  string `yaml:"from" json:"from"` // local time "15:00"
	To    string `yaml:"to" json:"to"`     // local time "17:00"
	// Due is the cutoff: what arrives in the window is to be done by this local
	// time, on the window's day; "": no cutoff.
	Due string `yaml:"due,omitempty" json:"due,omitempty"`
	// Shape is how the rates go over the window, around their mean of 1: flat
	// (default), ramp (linear from Low to 2 - Low), triangle (Low at the ends,
	// highest at Top), surge (Low, rising linearly: the same as ramp with a Low of
	// 0.5; steeper with Steep), wave (a quick rise to Top, then a slow fall back to Low), table.
	Shape   string             `yaml:"shape,omitempty" json:"shape,omitempty"`
	Low     *float64           `yaml:"low,omitempty" json:"low,omitempty"`           // relative to the mean, 0 to 1; default 0.5
	Top     string             `yaml:"top,omitempty" json:"top,omitempty"`           // local time of the highest rate, for triangle (default: the middle) and wave (default: after a quarter)
	Steep   float64            `yaml:"steep,omitempty" json:"steep,omitempty"`       // for surge: the share of the window, at its end, in which the rise happens; 0 means 1
	Table   []TablePoint       `yaml:"table,omitempty" json:"table,omitempty"`       // for table: levels by time, in any unit
	PerHour map[string]float64 `yaml:"per_hour,omitempty" json:"per_hour,omitempty"` // process -> arrivals per hour that the window adds, as its mean
	Work    map[string]Work    `yaml:"work,omitempty" json:"work,omitempty"`         // process -> what the window adds, as its expected total
	Batches []Batch            `yaml:"batches,omitempty" json:"batches,omitempty"`
}

// A TablePoint is the rate from a local time on, until the next level's time.
type TablePoint struct {
	At    string  `yaml:"at" json:"at"`
	Level float64 `yaml:"level" json:"level"`
}

// Work is an amount to be done; one field is set.
type Work struct {
	Documents float64 `yaml:"documents,omitempty" json:"documents,omitempty"`
	Lines     float64 `yaml:"lines,omitempty" json:"lines,omitempty"`
}

// A Batch is a number of documents that a partner sends at one moment, through
// its few connections.
type Batch struct {
	Process     string `yaml:"process" json:"process"`
	Partner     string `yaml:"partner" json:"partner"`
	At          string `yaml:"at" json:"at"` // local time "16:45" or "16:45:20"
	Documents   int    `yaml:"documents" json:"documents"`
	Connections int    `yaml:"connections" json:"connections"`
	Retry       *Retry `yaml:"retry,omitempty" json:"retry,omitempty"` // nil: a document that fails is not sent again
}

// Retry is what a partner's gateway does about a document that failed, other
// than by the ERP's own refusal: it sends it again after Backoff seconds, then
// after Factor times as long, and so on.
type Retry struct {
	Attempts int     `yaml:"attempts" json:"attempts"`                   // in all, at least 2
	Backoff  float64 `yaml:"backoff" json:"backoff"`                     // seconds before the second attempt
	Factor   float64 `yaml:"factor,omitempty" json:"factor,omitempty"`   // 0 means 2
	Jitter   float64 `yaml:"jitter,omitempty" json:"jitter,omitempty"`   // each wait is uniform in ± this share of it
	Timeout  float64 `yaml:"timeout,omitempty" json:"timeout,omitempty"` // seconds after which the gateway gives a request up, though the ERP works on; 0: never
}

// A Topology is a candidate: what would serve the sites. It is one stack for
// all sites, or (Dedicated) a stack like this for each site, or Stacks, each
// with its own sites. Parts makes one list of all three.
type Topology struct {
	Name     string   `yaml:"name" json:"name"`
	Web      Web      `yaml:"web,omitempty" json:"web"`
	Cron     *Jobs    `yaml:"cron,omitempty" json:"cron,omitempty"` // cron workers in processes of their own, beside the web's
	Database Database `yaml:"database,omitempty" json:"database"`
	// SharedHost puts web workers and database on one host of Web.Cores cores.
	SharedHost bool       `yaml:"shared_host,omitempty" json:"shared_host,omitempty"`
	Quota      *Quota     `yaml:"quota,omitempty" json:"quota,omitempty"` // nil: the cores are whole ones of its own
	Pooler     *Pooler    `yaml:"pooler,omitempty" json:"pooler,omitempty"`
	Redis      *Redis     `yaml:"redis,omitempty" json:"redis,omitempty"`
	Ingress    *Ingress   `yaml:"ingress,omitempty" json:"ingress,omitempty"`
	Dedicated  bool       `yaml:"dedicated,omitempty" json:"dedicated,omitempty"`
	Sites      []string   `yaml:"sites,omitempty" json:"sites,omitempty"`   // of one of Stacks
	Stacks     []Topology `yaml:"stacks,omitempty" json:"stacks,omitempty"` // nothing but Name is set beside it
}

// A Quota says that a topology's cores are limits on one machine (control
// groups, Kubernetes' CPU limits): each part runs at full speed on any of the
// machine's cores until its share of a period is used up, and then stands still
// until the next.
type Quota struct {
	Cores  float64 `yaml:"cores" json:"cores"`                       // of the machine
	Period float64 `yaml:"period,omitempty" json:"period,omitempty"` // seconds; 0 means 0.1, Linux' own
	// Slack is how much of a part's share does not expire with its period, in CPU
	// seconds: processors keep the slices that they have fetched (the kernel's
	// Documentation/scheduler/sched-bwc.rst), and what runs when a share is used up runs on
	// until it next sleeps. It matters where periods are short.
	Slack float64 `yaml:"slack,omitempty" json:"slack,omitempty"`
}

// Web is the web workers of a topology.
type Web struct {
	Workers     int     `yaml:"workers" json:"workers"`                       // of each replica
	Cores       float64 `yaml:"cores" json:"cores"`                           // CPU of the app host, or a quota, for all replicas together; may be fractional
	Replicas    int     `yaml:"replicas,omitempty" json:"replicas,omitempty"` // 0 means 1
	Memory      float64 `yaml:"memory,omitempty" json:"memory,omitempty"`     // bytes, a limit for all; 0: none
	CronThreads int     `yaml:"cron_threads,omitempty" json:"cron_threads,omitempty"`
}

// Jobs are workers of background jobs with hosts of their own.
type Jobs struct {
	Threads int     `yaml:"threads" json:"threads"`
	Cores   float64 `yaml:"cores" json:"cores"`
	Memory  float64 `yaml:"memory,omitempty" json:"memory,omitempty"` // bytes; 0: no limit
}

// Database is the PostgreSQL of a topology.
type Database struct {
	Cores      float64           `yaml:"cores,omitempty" json:"cores,omitempty"`           // ignored with a shared host
	Memory     float64           `yaml:"memory,omitempty" json:"memory,omitempty"`         // bytes; 0: no limit
	Parameters map[string]string `yaml:"parameters,omitempty" json:"parameters,omitempty"` // of postgresql.conf
	Replicas   int               `yaml:"replicas,omitempty" json:"replicas,omitempty"`     // read-only, by streaming
}

// A Pooler stands between Odoo and PostgreSQL.
type Pooler struct {
	Mode string `yaml:"mode,omitempty" json:"mode,omitempty"` // session (default) or transaction
	Size int    `yaml:"size" json:"size"`                     // server connections for each database
}

// Redis holds sessions and caches, never durable data.
type Redis struct {
	Memory float64 `yaml:"memory,omitempty" json:"memory,omitempty"` // bytes, maxmemory; 0: no limit
}

// Ingress is the proxy before the web workers.
type Ingress struct {
	// Kind is traefik; a stack that cannot have it takes another proxy, and says so.
	Kind string `yaml:"kind" json:"kind"`
}

// A Part is one stack of a topology, flat, and the sites that live on it.
type Part struct {
	Topology Topology // without Dedicated, Sites and Stacks
	Sites    []string
}

// Parts are the stacks of a topology for the sites, in the order of the plan.
// A site's place among Stacks is the one that names it.
func (t Topology) Parts(sites []Site) []Part {
	if len(t.Stacks) > 0 {
		var parts []Part
		for _, s := range t.Stacks {
			names := s.Sites
			s.Sites = nil
			parts = append(parts, Part{Topology: s, Sites: names})
		}
		return parts
	}
	flat := t
	flat.Dedicated, flat.Sites = false, nil
	if !t.Dedicated {
		part := Part{Topology: flat}
		for _, s := range sites {
			part.Sites = append(part.Sites, s.Name)
		}
		return []Part{part}
	}
	var parts []Part
	at := map[string]int{} // a database is on one stack, whatever number of companies it holds
	for _, s := range sites {
		if i, ok := at[s.Tenant()]; ok {
			parts[i].Sites = append(parts[i].Sites, s.Name)
			continue
		}
		at[s.Tenant()] = len(parts)
		one := flat
		one.Name = flat.Name + "-" + s.Name
		parts = append(parts, Part{Topology: one, Sites: []string{s.Name}})
	}
	return parts
}

// Tenant is the site's database.
func (s Site) Tenant() string {
	if s.Database != "" {
		return s.Database
	}
	return s.Name
}

// Prices turn a topology into money.
type Prices struct {
	Currency          string  `yaml:"currency" json:"currency"`
	AppCoreMonth      float64 `yaml:"app_core_month" json:"app_core_month"`
	DatabaseCoreMonth float64 `yaml:"database_core_month" json:"database_core_month"`
	GigabyteMonth     float64 `yaml:"memory_gb_month" json:"memory_gb_month"`
	Source            string  `yaml:"source,omitempty" json:"source,omitempty"`
}

// An Event is something that happens on the run's clock. What (carrier_down,
// deployment, node_lost, …) is read by whoever can make it happen; an event
// that nobody can make happen is refused before the run.
type Event struct {
	At       string  `yaml:"at" json:"at"` // local time of the first site
	What     string  `yaml:"what" json:"what"`
	Duration float64 `yaml:"duration,omitempty" json:"duration,omitempty"` // seconds; 0: to the run's end
	Value    float64 `yaml:"value,omitempty" json:"value,omitempty"`       // what carrier_slow (seconds) and carrier_errors (share) are set to
}

// Demo is the part of a plan that `headroom demo` replays on one target.
type Demo struct {
	Date     string   `yaml:"date" json:"date"`                       // "2026-11-20"
	From     string   `yaml:"from" json:"from"`                       // "16:44:30", local time of the first site: the window's start
	Seconds  float64  `yaml:"seconds" json:"seconds"`                 // length of the window
	LeadIn   float64  `yaml:"lead_in" json:"lead_in"`                 // seconds replayed before the window
	Run      []string `yaml:"run" json:"run"`                         // topologies that are run
	Forecast string   `yaml:"forecast" json:"forecast"`               // the topology that is only forecast
	Scale    float64  `yaml:"scale,omitempty" json:"scale,omitempty"` // multiplies every rate and batch; 0 means 1
}

// Equal reports whether two topologies are the same in every respect.
func (t Topology) Equal(o Topology) bool { return reflect.DeepEqual(t, o) }
