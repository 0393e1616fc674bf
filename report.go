package headroom

import "time"

// A Report is everything that a page, a terminal summary or --json shows. It
// is put together by cmd from runs, model, forecasts and recommendation;
// renderers compute nothing from it but layout.
type Report struct {
	Title     string            `json:"title"`
	Generated time.Time         `json:"generated"`
	Tool      string            `json:"tool"` // version of headroom
	Plan      Plan              `json:"plan"`
	Schedule  Header            `json:"schedule"` // of the runs; scale, seed, window
	Target    string            `json:"target"`   // "erp", "odoo", "external"
	Versions  map[string]string `json:"versions"`

	Runs           []RunReport     `json:"runs"`
	Model          *Model          `json:"model,omitempty"`
	Comparisons    []Comparison    `json:"comparisons,omitempty"`
	Forecasts      []Forecast      `json:"forecasts,omitempty"` // of topologies that were not run
	Recommendation *Recommendation `json:"recommendation,omitempty"`
	// Verified compares the measured capacity with the forecast one, after --verify.
	Verified *CapacityCheck `json:"verified,omitempty"`
	Warnings []string       `json:"warnings,omitempty"`
	Commands []string       `json:"commands"` // how to reproduce, without secrets
}

// RunReport is one run as a reader wants it.
type RunReport struct {
	ID       string   `json:"id"`
	Folder   string   `json:"folder"`
	Topology Topology `json:"topology"`
	Complete bool     `json:"complete"`
	Reason   string   `json:"reason,omitempty"`
	// Valid is false when the generator was the bottleneck (first two delays too large); then the run is not used in fits.
	Valid       bool               `json:"valid"`
	Delays      Delays             `json:"delays"`
	Processes   []ProcessReport    `json:"processes"`
	Steps       []StepReport       `json:"steps"`
	Joined      *JoinReport        `json:"joined"`      // nil without a request log
	Utilization map[string]float64 `json:"utilization"` // by station over the window; missing = not observed
	Series      []Series           `json:"series"`
	Gaps        []Gap              `json:"gaps,omitempty"`
	Documents   []DocumentReport   `json:"documents,omitempty"`
	Incidents   []Span             `json:"incidents,omitempty"` // events of the plan that happened, seconds since the run's start
	// Unjudged are objectives that no journey of the window was held against.
	Unjudged []Objective `json:"unjudged,omitempty"`

	// Objectives are all of the plan's, in its order.
	Objectives []ObjectiveReport `json:"objectives"`
	// Window is what the figures are of, in seconds since the run's start: behind
	// lead-in and warm-up.
	Window    Span             `json:"window"`
	Warmup    *Warmup          `json:"warmup"` // nil when a peak is replayed: its lead-in takes the place
	Phases    []PhaseReport    `json:"phases,omitempty"`
	Peaks     []PeakReport     `json:"peaks,omitempty"`
	Errors    []ErrorReport    `json:"errors,omitempty"` // most frequent first
	Sites     []SiteReport     `json:"sites,omitempty"`  // when there are several
	Generator *GeneratorReport `json:"generator"`

	// What it was measured on, as RunInfo has it.
	Versions map[string]string `json:"versions,omitempty"`
	Modules  map[string]string `json:"modules,omitempty"`
	Machine  *Machine          `json:"machine,omitempty"`
}

// ObjectiveReport is an objective and what was measured of it.
type ObjectiveReport struct {
	Objective Objective `json:"objective"`
	Name      string    `json:"name"` // in words: "order p95 within 5 s during dispatch_cutoff"
	// Value is the figure, of a sliding objective the worst window's; nil when
	// there is none: it could not be judged, or is beyond any figure, as the
	// percentile of a journey that failed is, and the drain of a backlog that stayed.
	Value *Estimate `json:"value"`
	Met   *bool     `json:"met"`          // nil when it could not be judged
	Sure  bool      `json:"sure"`         // the whole interval lies on the same side of the bound
	At    *float64  `json:"at,omitempty"` // where the worst sliding window begins, seconds since the run's start
	// Reason says why it could not be judged, why there is no figure, or what the
	// figure leaves out.
	Reason string `json:"reason,omitempty"`
}

// Warmup is the part of a stationary window that was found not to belong to
// its steady state (MSER-5, White 1997).
type Warmup struct {
	Seconds float64   `json:"seconds"` // that were cut off the window's begin; 0: none was needed
	Found   bool      `json:"found"`   // false: the best cut lies in the window's later half, it is too short to tell
	T       []float64 `json:"t"`       // of the batches, seconds since the run's start
	Mean    []float64 `json:"mean"`    // of the batches, seconds
	MSER    []float64 `json:"mser"`    // the statistic when everything before T is cut
}

// PhaseReport is the processes in a phase of a peak.
type PhaseReport struct {
	Peak      string          `json:"peak"`
	Sites     []string        `json:"sites,omitempty"` // that have the peak at this time; empty: all
	Phase     string          `json:"phase"`           // before, during, after
	From      float64         `json:"from"`            // seconds since the run's start
	To        float64         `json:"to"`
	Processes []ProcessReport `json:"processes"`
}

// PeakReport is how a peak was got through. Backlog is journeys that are due
// and have not ended, operators' left out, and documents that are released and
// not done, from when the journey that released them has ended.
type PeakReport struct {
	Name        string   `json:"name"`
	From        float64  `json:"from"` // seconds since the run's start
	To          float64  `json:"to"`
	Sites       []string `json:"sites,omitempty"`
	BacklogFrom float64  `json:"backlog_from"` // at From; where the run began within the peak, at the window's begin
	BacklogTo   float64  `json:"backlog_to"`   // at To
	BacklogMost float64  `json:"backlog_most"`
	MostAt      float64  `json:"most_at"`
	// Ordinary is the highest backlog of the minute up to BacklogFrom's moment.
	Ordinary float64 `json:"ordinary"`
	// Drain is the seconds from To until the backlog was again no larger than
	// Ordinary; nil when it was not before the run ended, Unfinished seconds later.
	Drain      *float64 `json:"drain"`
	Unfinished float64  `json:"unfinished,omitempty"`
	// Attainment is by kind of document, of those due within the peak or at its end.
	Attainment map[string]Estimate `json:"attainment,omitempty"`
}

// ErrorReport counts what failed for one cause.
type ErrorReport struct {
	Process string  `json:"process"`
	Step    string  `json:"step,omitempty"` // "" when the journey failed outside of a request
	Outcome Outcome `json:"outcome"`
	Cause   string  `json:"cause"`   // the message without what differs from one to the next
	Count   int     `json:"count"`   // of requests, or of journeys without a failed request
	Example string  `json:"example"` // the first one's message
	At      float64 `json:"at"`      // when, seconds since the run's start
}

// SiteReport is the processes of one site.
type SiteReport struct {
	Site      string          `json:"site"`
	Processes []ProcessReport `json:"processes"`
}

// GeneratorReport says whether the load was offered as planned.
type GeneratorReport struct {
	Bottleneck bool     `json:"bottleneck"`        // then the run is not used in fits
	Reasons    []string `json:"reasons,omitempty"` // with figures; also of what was noticed and did not disqualify the run
	CPU        *float64 `json:"cpu"`               // cores that it used on the mean; nil when not observed
	Host       *float64 `json:"host"`              // utilization of its machine, 0 to 1
	Steal      *float64 `json:"steal"`             // share of its machine's time that the hypervisor gave to others
}

// DocumentReport is work that was passed on, by kind of document, over the
// whole run, lead-in included.
type DocumentReport struct {
	Site     string `json:"site"`
	Kind     string `json:"kind"`
	Released int    `json:"released"` // became possible in the run
	Done     int    `json:"done"`     // of them
	Older    int    `json:"older"`    // done, and released before the run
	Due      int    `json:"due"`      // of those released: had to be done within the run
	InTime   int    `json:"in_time"`  // of those: were
	// Wait is from released to done, in seconds, of those done: mean and longest; null without one.
	Wait    *float64 `json:"wait"`
	Longest *float64 `json:"longest"`
	// Attainment is InTime over Due, null without any due. A document that was
	// not done by the run's end and is due after it is left out.
	Attainment *float64 `json:"attainment"`
}

// Spread is the distribution of a delay in seconds.
type Spread struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Delays are the three delays of DESIGN, over all journeys.
type Delays struct {
	TimerLate  Spread `json:"timer_late"`
	VUWait     Spread `json:"vu_wait"`
	Generator  Spread `json:"generator"` // timer late + no virtual user free
	DesignWait Spread `json:"design_wait"`
}

// ProcessReport is one process in the window of a run.
type ProcessReport struct {
	Process    string              `json:"process"`
	Scheduled  int                 `json:"scheduled"`
	Done       int                 `json:"done"`
	NeverBegun int                 `json:"never_begun,omitempty"` // the run ended before their first step; not among Outcomes
	Outcomes   map[Outcome]int     `json:"outcomes"`
	Examples   map[Outcome]string  `json:"examples,omitempty"` // an error message each
	Throughput float64             `json:"throughput"`         // successful completions per second of the window
	Mean       *Estimate           `json:"mean"`               // journey time, seconds; nil without a success
	Percentile map[string]Estimate `json:"percentile,omitempty"`
	Objective  *Objective          `json:"objective,omitempty"`
	Met        *bool               `json:"met,omitempty"`
}

// StepReport says where a step's time went, as means in seconds per request.
// Client = Waiting + Python + SQL + Sleep where the request log was joined.
type StepReport struct {
	Process    string   `json:"process"`
	Step       string   `json:"step"`
	Protocol   string   `json:"protocol"`
	Requests   int      `json:"requests"`
	Failed     int      `json:"failed"`
	Client     float64  `json:"client"`
	P95        float64  `json:"p95"`
	Waiting    *float64 `json:"waiting"` // for a worker, network and generator included
	Python     *float64 `json:"python"`
	SQL        *float64 `json:"sql"`
	Sleep      *float64 `json:"sleep"`
	Conflicts  *int     `json:"conflicts"`   // lost tries
	RetryShare *float64 `json:"retry_share"` // share of requests that lost at least one try
}

// JoinReport says how many requests were found again in the server's log.
type JoinReport struct {
	Requests int `json:"requests"`
	Found    int `json:"found"`
	Foreign  int `json:"foreign"` // lines of the log that are not ours
}

// Series is a line of a chart. T is seconds since the run's start.
type Series struct {
	Name  string    `json:"name"`  // "arrivals", "in_flight", "utilization", "response"
	Label string    `json:"label"` // process or station
	Unit  string    `json:"unit"`
	T     []float64 `json:"t"`
	V     []float64 `json:"v"`
}

// CapacityCheck is a capacity that was searched on the running system.
type CapacityCheck struct {
	Topology string          `json:"topology"`
	Forecast Estimate        `json:"forecast"` // scale of the replayed load
	Measured Estimate        `json:"measured"` // between the highest scale that held and the lowest that did not
	Probes   []CapacityProbe `json:"probes"`
	Error    float64         `json:"error"` // (forecast - measured) / measured
	// Confirmed says that the highest scale that held did so over a longer window
	// too; nil when that was not tried.
	Confirmed *bool `json:"confirmed,omitempty"`
}

// CapacityProbe is one run of the search.
type CapacityProbe struct {
	Scale  float64 `json:"scale"`
	Met    bool    `json:"met"`
	Worst  string  `json:"worst"` // the objective nearest to, or farthest beyond, its bound
	Ratio  float64 `json:"ratio"` // its percentile over its bound
	Folder string  `json:"folder"`
	// Seconds is the window's length, and Early that the verdict was clear before
	// its end, so that it was broken off.
	Seconds float64 `json:"seconds,omitempty"`
	Early   bool    `json:"early,omitempty"`
}
