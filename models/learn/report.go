package learn

import "github.com/headroom-erp/headroom"

// A Report is what `headroom learn --json` answers. Figures that a log cannot
// tell are null.
type Report struct {
	From     float64 `json:"from"` // seconds since 1970: the first and the last line of a request
	To       float64 `json:"to"`
	TimeZone string  `json:"time_zone"` // of hours and days
	Counts   Counts  `json:"log"`
	// Missing are local dates inside of that time without any request.
	Missing   []string          `json:"missing_days,omitempty"`
	Workers   int               `json:"workers"` // that answered in the same five minutes, as seen most
	Tenants   []TenantReport    `json:"tenants"`
	Classes   []ClassReport     `json:"classes"` // by their share of the work, highest first
	Processes []ProcessReport   `json:"processes"`
	Peaks     []PeakReport      `json:"peaks"`
	Outside   []OutsideReport   `json:"outside"`
	Batches   []BatchReport     `json:"batches"`
	MonthEnd  []MonthEndReport  `json:"month_end"`
	Conflicts ConflictsReport   `json:"conflicts"`
	Database  *StatementsReport `json:"statements,omitempty"`
	Unmapped  UnmappedReport    `json:"unmapped"`
	Warnings  []string          `json:"warnings"`
}

// TenantReport is a database.
type TenantReport struct {
	Database string `json:"database"`
	Site     string `json:"site,omitempty"` // its name in the plan
	Requests int    `json:"requests"`
	// WorkingDays are those of the week on which it has more than a seventh of
	// its busiest one.
	WorkingDays  []string `json:"working_days,omitempty"`
	DayVariation *float64 `json:"day_variation"`
}

// ClassReport is one class of requests, over all tenants.
type ClassReport struct {
	Name          string                       `json:"name"`
	Steps         []string                     `json:"steps,omitempty"` // process.step, as the model names it; none: unmapped
	Count         int                          `json:"count"`
	Clean         int                          `json:"clean"` // of which demands may be taken
	Tenants       map[string]int               `json:"tenants"`
	Demand        map[string]headroom.Estimate `json:"demand"`
	SCV           map[string]float64           `json:"scv"`
	DatabaseCalls float64                      `json:"database_calls"`
	Share         float64                      `json:"work_share"` // of all requests' seconds
	// ArrivalRate, 1/s, by hour of the local day and by hour of the week from
	// Monday on; null where the log has none of that hour.
	ArrivalRate       []*float64          `json:"arrival_rate_by_hour"`
	ArrivalRateOfWeek []*float64          `json:"arrival_rate_by_hour_of_week"`
	RetryShare        *headroom.Estimate  `json:"retry_share,omitempty"`
	RetryCrowded      []ConcurrencyReport `json:"retry_share_by_concurrency,omitempty"`
}

// ConcurrencyReport is the share that lost a conflict while so many other
// requests were at work.
type ConcurrencyReport struct {
	UpTo     *float64 `json:"others_up_to"` // mean number; null: no bound
	Requests int      `json:"requests"`
	Share    float64  `json:"retry_share"`
}

// ProcessReport is a process that was put together.
type ProcessReport struct {
	Name     string             `json:"name"`
	Scenario string             `json:"scenario"`
	Journeys float64            `json:"journeys"`
	Visits   map[string]float64 `json:"visits"`
	Note     string             `json:"note,omitempty"`
	Sites    []SiteReport       `json:"sites"`
}

// SiteReport is a process at a site.
type SiteReport struct {
	Site     string  `json:"site"`
	Journeys float64 `json:"journeys"`
	PerHour  float64 `json:"per_hour"` // in the ordinary hour
	From     string  `json:"from"`
	To       string  `json:"to"`
	// Outside is the share of journeys outside of these hours and days, which
	// are not in the plan.
	Outside float64 `json:"outside"`
}

// PeakReport is a window with more arrivals than the ordinary hour has.
type PeakReport struct {
	Name     string  `json:"name"`
	Site     string  `json:"site"`
	Process  string  `json:"process"`
	Weekday  string  `json:"weekday,omitempty"` // "": every working day
	From     string  `json:"from"`
	To       string  `json:"to"`
	PerHour  float64 `json:"per_hour"` // beyond the ordinary
	Ordinary float64 `json:"ordinary_per_hour"`
	Arrivals float64 `json:"arrivals"`
	Expected float64 `json:"expected"`
	Days     int     `json:"days"`
	P        float64 `json:"p"`
	Test     string  `json:"test"`
}

// OutsideReport is what comes before or after the opening hours.
type OutsideReport struct {
	Site     string  `json:"site"`
	Process  string  `json:"process"`
	From     string  `json:"from"`
	To       string  `json:"to"`
	PerHour  float64 `json:"per_hour"`
	Arrivals float64 `json:"arrivals"`
}

// peakTest is what peaks are found by.
const peakTest = "quasi-Poisson upper tail against the ordinary rate, dispersion of neighbouring quarters of an hour, Bonferroni over all windows"

// BatchReport is documents that come within seconds.
type BatchReport struct {
	Site        string   `json:"site"`
	Process     string   `json:"process"`
	At          string   `json:"at"`
	Documents   float64  `json:"documents"`
	Connections int      `json:"connections"`
	Days        int      `json:"days"` // on which it came, of those on which it could
	Of          int      `json:"of"`
	Weekdays    []string `json:"weekdays,omitempty"` // none: working days
	InPlan      bool     `json:"in_plan"`            // false: it came too seldom to be a habit
}

// MonthEndReport is a process that has more on the last business days of a month.
type MonthEndReport struct {
	Site     string  `json:"site"`
	Process  string  `json:"process"`
	LastDays int     `json:"last_business_days"`
	Factor   float64 `json:"factor"` // of the other days
	Arrivals float64 `json:"arrivals"`
	Expected float64 `json:"expected"`
	Days     int     `json:"days"`
	P        float64 `json:"p"`
}

// ConflictsReport is lost tries.
type ConflictsReport struct {
	Lost   map[string]int `json:"lost_tries"` // by kind
	Groups []GroupReport  `json:"groups"`
}

// GroupReport is rows that transactions fight over.
type GroupReport struct {
	Group      string             `json:"group"`
	Requests   int                `json:"requests"`
	Lost       int                `json:"retried"`
	Population *headroom.Estimate `json:"population"` // equally hot rows; null: too few lost
	ByMet      []MetReport        `json:"by_met"`
}

// MetReport is the share that lost among those that met so many others.
type MetReport struct {
	Met      int     `json:"met"`
	Requests int     `json:"requests"`
	Share    float64 `json:"retry_share"`
	Fitted   float64 `json:"fitted"`
}

// UnmappedReport is the load that fits no process.
type UnmappedReport struct {
	Requests int                          `json:"requests"`
	Share    float64                      `json:"work_share"` // of all requests' seconds
	Busy     map[string]headroom.Estimate `json:"busy"`       // cores, as the model has it as background
}
