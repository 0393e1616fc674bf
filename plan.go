package headroom

// A Plan is what a planner writes down: sites, calendar, processes,
// topologies, objectives, prices and events. Package profiles decodes and
// checks it whole before the first request.
type Plan struct {
	Headroom    int         `yaml:"headroom" json:"headroom"` // version of the plan's language, 1
	Name        string      `yaml:"name" json:"name"`
	Description string      `yaml:"description,omitempty" json:"description,omitempty"`
	Sites       []Site      `yaml:"sites" json:"sites"`
	Catalogue   Catalogue   `yaml:"catalogue" json:"catalogue"`
	Processes   []Process   `yaml:"processes" json:"processes"`
	Peaks       []Peak      `yaml:"peaks,omitempty" json:"peaks,omitempty"`
	Topologies  []Topology  `yaml:"topologies" json:"topologies"`
	Objectives  []Objective `yaml:"objectives,omitempty" json:"objectives,omitempty"`
	Prices      *Prices     `yaml:"prices,omitempty" json:"prices,omitempty"`
	Events      []Event     `yaml:"events,omitempty" json:"events,omitempty"`
	// Demo says, by target ("erp", "odoo"), what `headroom demo` replays.
	Demo map[string]Demo `yaml:"demo,omitempty" json:"demo,omitempty"`
}

// A Site is a warehouse, hub, office or 3PL that works through the ERP.
type Site struct {
	Name     string `yaml:"name" json:"name"`
	TimeZone string `yaml:"time_zone" json:"time_zone"`                   // IANA name
	Database string `yaml:"database,omitempty" json:"database,omitempty"` // the tenant; default: the site's name
	Users    int    `yaml:"users" json:"users"`                           // people who log in, at least 1
}

// Catalogue is the master data that seeding creates at each site.
type Catalogue struct {
	Products     int     `yaml:"products" json:"products"`
	Popularity   float64 `yaml:"popularity" json:"popularity"`       // exponent of Zipf's law over products; 0 = uniform
	OpeningStock float64 `yaml:"opening_stock" json:"opening_stock"` // units of each product
	Partners     int     `yaml:"partners" json:"partners"`
}

// A Process is a business process and how it arrives outside of peaks.
type Process struct {
	Name     string   `yaml:"name" json:"name"`
	Scenario string   `yaml:"scenario" json:"scenario"`               // the script in scenarios/, or one of vegeta's targets
	Sites    []string `yaml:"sites,omitempty" json:"sites,omitempty"` // default: all
	PerHour  float64  `yaml:"per_hour" json:"per_hour"`               // open arrivals in an ordinary hour at each site
	Lines    Lines    `yaml:"lines,omitempty" json:"lines,omitempty"`
}

// Lines is the distribution of a document's number of lines: geometric with
// the given mean, at least 1, cut at Max.
type Lines struct {
	Mean float64 `yaml:"mean" json:"mean"`
	Max  int     `yaml:"max" json:"max"`
}

// A Peak is a named window of the calendar with more load.
type Peak struct {
	Name    string             `yaml:"name" json:"name"`
	Sites   []string           `yaml:"sites,omitempty" json:"sites,omitempty"`       // default: all
	Days    []string           `yaml:"days,omitempty" json:"days,omitempty"`         // mon … sun; default: mon to fri
	From    string             `yaml:"from" json:"from"`                             // local time "15:00"
	To      string             `yaml:"to" json:"to"`                                 // local time "17:00"; for a cutoff this is the cutoff
	Shape   string             `yaml:"shape,omitempty" json:"shape,omitempty"`       // flat (default) or surge: rising linearly from half to one and a half times the mean
	PerHour map[string]float64 `yaml:"per_hour,omitempty" json:"per_hour,omitempty"` // process -> arrivals per hour that the window adds, as its mean
	Batches []Batch            `yaml:"batches,omitempty" json:"batches,omitempty"`
}

// A Batch is a number of documents that a partner sends at one moment, through
// its few connections.
type Batch struct {
	Process     string `yaml:"process" json:"process"`
	Partner     string `yaml:"partner" json:"partner"`
	At          string `yaml:"at" json:"at"` // local time "16:45" or "16:45:20"
	Documents   int    `yaml:"documents" json:"documents"`
	Connections int    `yaml:"connections" json:"connections"`
}

// A Topology is a candidate: what would serve the sites.
type Topology struct {
	Name     string   `yaml:"name" json:"name"`
	Web      Web      `yaml:"web" json:"web"`
	Database Database `yaml:"database" json:"database"`
	// SharedHost puts web workers and database on one host of Web.Cores cores.
	SharedHost bool `yaml:"shared_host,omitempty" json:"shared_host,omitempty"`
}

// Web is the web workers of a topology.
type Web struct {
	Workers     int     `yaml:"workers" json:"workers"`
	Cores       float64 `yaml:"cores" json:"cores"` // CPU of the app host, or a quota; may be fractional
	CronThreads int     `yaml:"cron_threads,omitempty" json:"cron_threads,omitempty"`
}

// Database is the PostgreSQL of a topology.
type Database struct {
	Cores float64 `yaml:"cores,omitempty" json:"cores,omitempty"` // ignored with a shared host
}

// An Objective is what must hold: the Percentile of a process' journey time
// within a bound, or its cutoff attainment.
type Objective struct {
	Process    string  `yaml:"process" json:"process"`
	Percentile float64 `yaml:"percentile" json:"percentile"`         // 0 to 100, exclusive
	Within     float64 `yaml:"within" json:"within"`                 // seconds, from the scheduled time to the journey's end
	Peak       string  `yaml:"peak,omitempty" json:"peak,omitempty"` // only arrivals of this peak's window; default: the whole window
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
	Duration float64 `yaml:"duration,omitempty" json:"duration,omitempty"` // seconds
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
