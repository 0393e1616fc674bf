package headroom

// Stage is how far a run has come.
type Stage string

// The stages of a run, in order.
const (
	StagePreparing Stage = "preparing" // the run's start is not set, or lies ahead
	StageLeadIn    Stage = "lead_in"   // replayed before the window, so that it does not begin on an idle system
	StageWindow    Stage = "window"    // what figures are of
	StageWaiting   Stage = "waiting"   // the schedule is over, the last journeys are not
	StageEnded     Stage = "ended"
)

// Spans of a Status: what its figures look back on, in seconds.
const (
	StatusRates     = 10.0 // rates, and CPU
	StatusResponses = 30.0 // percentiles, recent errors
)

// A Status is how a run goes at one moment. Figures are of records that are on
// disk: they stand at T, which lies StatusLag behind the run's clock, so that
// what ended before T is known. Unknown values are nil.
type Status struct {
	Run      string  `json:"run"` // its id
	Plan     string  `json:"plan"`
	Topology string  `json:"topology"`
	Target   string  `json:"target"`
	T        float64 `json:"t"`        // seconds since the run's start; negative before it
	LeadIn   float64 `json:"lead_in"`  // seconds
	Duration float64 `json:"duration"` // seconds, lead-in and window
	Stage    Stage   `json:"stage"`
	// Progress is T over Duration, 0 to 1, and Left the seconds until the
	// schedule is over; the last journeys may take longer.
	Progress float64      `json:"progress"`
	Left     float64      `json:"left"`
	Peaks    []PeakStatus `json:"peaks,omitempty"`

	Total     ProcessStatus    `json:"total"`
	Processes []ProcessStatus  `json:"processes"` // in the schedule's order
	Documents []DocumentStatus `json:"documents,omitempty"`
	Requests  float64          `json:"requests"` // that ended, 1/s, of the last StatusRates seconds

	Roles    []RoleStatus    `json:"roles,omitempty"`    // by name
	Stations []StationStatus `json:"stations,omitempty"` // by name
	// Host is the utilization of the generator's machine, 0 to 1.
	Host *float64 `json:"host"`
	// Conflicts are tries that lost a conflict, 1/s, as the server's log says.
	Conflicts *float64 `json:"conflicts"`

	Rules []RuleStatus `json:"rules,omitempty"` // the plan's stop rules, in its order
	// Gaps is how often a probe could not observe, and LastGap the latest.
	Gaps    int  `json:"gaps"`
	LastGap *Gap `json:"last_gap"`
	// Blind says why the figures are not of T but older; "" when they are.
	Blind string `json:"blind,omitempty"`

	// Complete and Reason are the bundle's, once the run has ended.
	Complete bool   `json:"complete"`
	Reason   string `json:"reason,omitempty"`
}

// StatusLag is how far a Status stands behind the run's clock, in seconds: a
// record is on disk within one, and read within another.
const StatusLag = 2.0

// A PeakStatus is a peak that falls into the run.
type PeakStatus struct {
	Name  string   `json:"name"`
	Phase string   `json:"phase"` // before, during, after
	From  float64  `json:"from"`  // seconds since the run's start
	To    float64  `json:"to"`
	Sites []string `json:"sites,omitempty"` // that have it; empty: all
}

// A ProcessStatus is a process of a run, or all of them together.
type ProcessStatus struct {
	Process string `json:"process"` // "" of all
	// Offered is the rate at which its arrivals were due, 1/s; nil for operators,
	// whose next journey depends on the last.
	Offered   *float64 `json:"offered"`
	Completed float64  `json:"completed"` // journeys that ended well, 1/s
	P50       *float64 `json:"p50"`       // response time of those, seconds
	P95       *float64 `json:"p95"`
	// Bound is the least that an objective of the process asks of P95 or beyond,
	// in seconds; nil without one.
	Bound *float64 `json:"bound"`

	Scheduled int `json:"scheduled"` // arrivals of the whole run, operators' shifts left out
	Due       int `json:"due"`       // of them: until T
	Ended     int `json:"ended"`     // journeys, whatever their outcome; operators' included
	Failed    int `json:"failed"`    // of them; those that the run's end cut off are left out
	// Backlog is Due less those of them that have ended; nil for operators.
	Backlog   *int `json:"backlog"`
	Operators int  `json:"operators"` // whose shift lasts

	RecentFailed int    `json:"recent_failed"` // within StatusResponses
	Cause        string `json:"cause,omitempty"`
	// CauseAt is when the journey ended whose error Cause is, seconds since the
	// run's start.
	CauseAt *float64 `json:"cause_at,omitempty"`
	// Late is the 99th percentile of the generator's own lateness, in seconds, of
	// journeys that ended within StatusResponses: timer late and no virtual user
	// free.
	Late *float64 `json:"late"`
}

// A DocumentStatus is work that is passed on, of all sites together.
type DocumentStatus struct {
	Kind     string `json:"kind"`
	Released int    `json:"released"`
	Done     int    `json:"done"` // of any, those released before the run included
	Open     int    `json:"open"` // released and not done
}

// A RoleStatus is what the processes of a role use.
type RoleStatus struct {
	Name  string  `json:"name"`
	Cores float64 `json:"cores"` // CPU, of the last StatusRates seconds
}

// A StationStatus is how busy a station with virtual CPUs is.
type StationStatus struct {
	Name  string  `json:"name"`
	Cores float64 `json:"cores"` // busy, of the last StatusRates seconds
	// Utilization is Cores over those that the topology gives it, 0 to 1.
	Utilization *float64 `json:"utilization"`
}

// A RuleStatus is a stop rule and how near the run is to it.
type RuleStatus struct {
	Rule  StopRule `json:"rule"`
	Name  string   `json:"name"`  // "error share of order over 30 s"
	Value *float64 `json:"value"` // in the unit of the rule's bound; nil when there is too little to say
	// Beyond is for how many seconds the value has been beyond the bound; the
	// rule ends the run at Rule.Over of them.
	Beyond float64 `json:"beyond"`
	Broken bool    `json:"broken"`
}
