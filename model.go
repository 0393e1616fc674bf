package headroom

// An Estimate is a figure with its interval. Level is the interval's coverage,
// 0.9 throughout. A figure that the data cannot identify has Identified false,
// and its interval is what little is known.
type Estimate struct {
	Value      float64 `json:"value"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Level      float64 `json:"level"`
	N          int     `json:"n"`      // observations behind it
	Method     string  `json:"method"` // how it was found, in a few words
	Identified bool    `json:"identified"`
}

// Level is the coverage of every interval.
const Level = 0.9

// A Model is what was learned from runs: small, readable, versioned.
type Model struct {
	Headroom   int                 `json:"headroom"` // version of this file's format, 1
	Plan       string              `json:"plan"`
	Runs       []string            `json:"runs"`
	Topologies []string            `json:"topologies"` // where it was measured
	Classes    []ClassModel        `json:"classes"`
	Journeys   []JourneyModel      `json:"journeys"`
	Background map[string]Estimate `json:"background"` // CPU seconds per second by station, whatever the load
	Conflicts  []ConflictModel     `json:"conflicts,omitempty"`
	// MeasuredUtilization is the highest utilization by station in the runs: beyond it, forecasts extrapolate.
	MeasuredUtilization map[string]float64 `json:"measured_utilization"`
	// Speed is the CPU seconds that the machine needed for the fixed piece of work
	// of the probe "speed" while this was measured; nil where nobody looked.
	// Demands are those of a machine of that speed.
	Speed *Estimate `json:"speed,omitempty"`
	// Memory of the stack; nil where nobody looked.
	Memory *MemoryModel `json:"memory,omitempty"`
	// RegistryLoad is the CPU seconds of a worker's first request of a database.
	RegistryLoad *Estimate `json:"registry_load,omitempty"`
	Warnings     []string  `json:"warnings,omitempty"`
}

// MemoryModel is memory in bytes: PerWorker of a web worker with one database,
// PerTenant of each further database in it.
type MemoryModel struct {
	PerWorker Estimate  `json:"per_worker"`
	PerTenant *Estimate `json:"per_tenant,omitempty"`
}

// ClassModel is one request class, named process.step.
type ClassModel struct {
	Name          string              `json:"name"`
	Pooled        bool                `json:"pooled"` // holds a web worker; BI reads do not
	Count         int                 `json:"count"`
	Demand        map[string]Estimate `json:"demand"`                 // by station ("app", "database"), CPU seconds of one try
	SCV           map[string]float64  `json:"scv"`                    // beside what LineShare explains
	Delay         Estimate            `json:"delay"`                  // seconds holding the worker without a CPU
	DatabaseCalls float64             `json:"database_calls"`         // of one try
	Overhead      float64             `json:"overhead"`               // seconds of client and network outside of the server, per request
	OverheadSCV   float64             `json:"overhead_scv,omitempty"` // its squared coefficient of variation; 0 where it was not measured well enough
	RetryShare    *Estimate           `json:"retry_share,omitempty"`  // as measured over all runs
	Rule          *ConflictRule       `json:"conflict,omitempty"`
	LineShare     float64             `json:"line_share,omitempty"` // of Demand, that goes with a document's lines (Class.LineShare)
	Lines         float64             `json:"lines,omitempty"`      // mean lines of its documents
	// Quantiles are Class.Quantiles, beside what LineShare explains; by station.
	Quantiles map[string][]float64 `json:"quantiles,omitempty"`
	DelaySCV  float64              `json:"delay_scv,omitempty"`
	Disk      *Estimate            `json:"disk,omitempty"`  // seconds waiting for disks, part of Delay
	Calls     *Estimate            `json:"calls,omitempty"` // database calls of one try, with its interval
	Written   *Estimate            `json:"written_bytes,omitempty"`
	WAL       *Estimate            `json:"wal_bytes,omitempty"`
}

// JourneyModel is a process as a sequence of classes, with the mean number of
// times that each is visited in one journey.
type JourneyModel struct {
	Process string    `json:"process"`
	Steps   []string  `json:"steps"`
	Visits  []float64 `json:"visits"`
	Makes   string    `json:"makes,omitempty"` // SystemJourney.Makes and Takes
	Takes   string    `json:"takes,omitempty"`
}

// ConflictModel is a group of hot rows, with what makes it lose as many
// conflicts as were measured: where its rows are the documents' products, how
// many of them are touched for each product (ConflictRule.Intensity); else
// how many equally hot rows there are.
type ConflictModel struct {
	Group      string             `json:"group"`
	Population Estimate           `json:"population,omitzero"` // zero where Intensity is given
	Intensity  *Estimate          `json:"intensity,omitempty"`
	Measured   map[string]float64 `json:"measured"` // share of tries that lost, by topology
	Fitted     map[string]float64 `json:"fitted"`   // what the model gives for the same
}

// A Forecast is what a topology would do in a window.
type Forecast struct {
	Topology    Topology            `json:"topology"`
	Method      string              `json:"method"`
	Scale       float64             `json:"scale"` // of the replayed load
	Processes   []ProcessForecast   `json:"processes"`
	Utilization map[string]Estimate `json:"utilization"` // by station, mean over the window
	PoolBusy    Estimate            `json:"pool_busy"`   // mean busy workers
	// Attainment is the share of due documents that were done in time, by kind;
	// Drain the seconds after a peak's end until its backlog is gone, by peak.
	Attainment map[string]Estimate `json:"attainment,omitempty"`
	Drain      map[string]Estimate `json:"drain,omitempty"`
	// Capacity is the highest scale of the replayed load within every objective; nil when it could not be found.
	Capacity *Estimate `json:"capacity"`
	// LimitedBy names the objective that is missed first beyond Capacity, and the busiest station there.
	LimitedBy  string   `json:"limited_by,omitempty"`
	Meets      bool     `json:"meets"`      // every objective
	Confidence float64  `json:"confidence"` // share of replications that met every objective
	Warnings   []string `json:"warnings,omitempty"`
}

// ProcessForecast is one process of a forecast. Response times are of
// journeys, in seconds from the scheduled time.
type ProcessForecast struct {
	Process    string              `json:"process"`
	Journeys   int                 `json:"journeys"`
	Mean       Estimate            `json:"mean"`
	Percentile map[string]Estimate `json:"percentile"`  // "50", "95", "99"
	RetryShare Estimate            `json:"retry_share"` // of requests that can conflict
	// Throughput is completed journeys in the window over its length, 1/s; what
	// operators achieve. Of open load it is what was offered.
	Throughput Estimate `json:"throughput"`
	Operators  int      `json:"operators,omitempty"`
	// Retries is RetryShare by class, of those that can conflict.
	Retries   map[string]Estimate `json:"retries,omitempty"`
	Objective *Objective          `json:"objective,omitempty"`
	Met       *bool               `json:"met,omitempty"`
}

// Measured is what a run showed, in the forecast's own terms, so that the two
// stand side by side. Its intervals are the measurement's.
type Measured = Forecast

// A Comparison is a forecast beside its measurement.
type Comparison struct {
	Topology string   `json:"topology"`
	Forecast Forecast `json:"forecast"`
	Measured Measured `json:"measured"`
	InFit    bool     `json:"in_fit"` // the run was used to fit the model
}

// A Candidate is one topology that was considered.
type Candidate struct {
	Topology  Topology `json:"topology"`
	Forecast  Forecast `json:"forecast"`
	CostMonth *float64 `json:"cost_month"`
	Measured  bool     `json:"measured"` // it was run
}

// A Recommendation is the answer, its reasons and its doubt.
type Recommendation struct {
	Workers     int         `json:"workers"`
	Topology    Topology    `json:"topology"`
	Forecast    Forecast    `json:"forecast"`
	RuleOfThumb RuleOfThumb `json:"rule_of_thumb"`
	Candidates  []Candidate `json:"candidates"`
	ByWorkers   []Candidate `json:"by_workers"` // the recommended hardware with other worker counts
	Reasons     []string    `json:"reasons"`    // sentences, most important first
	Warnings    []string    `json:"warnings,omitempty"`
	Met         bool        `json:"met"` // a candidate holds every objective
}

// RuleOfThumb is Odoo's own: workers = 2 x CPU + 1.
// Source: Odoo documentation, "System configuration", worker number calculation.
type RuleOfThumb struct {
	Workers     int       `json:"workers"`
	MemoryBytes float64   `json:"memory_bytes"`
	Forecast    *Forecast `json:"forecast,omitempty"`
	Source      string    `json:"source"`
}
