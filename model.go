package headroom

import "math"

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
	// Measured is the range of what the runs covered: beyond it, forecasts
	// extrapolate. nil where nobody noted it.
	Measured *MeasuredRange `json:"measured_range,omitempty"`
	// Speed is the CPU seconds that the machine needed for the fixed piece of work
	// of the probe "speed" while this was measured; nil where nobody looked.
	// Demands are those of a machine of that speed.
	Speed *Estimate `json:"speed,omitempty"`
	// Elasticity is the power by which CPU demands follow that time: 1.5 says that
	// they are 15 % longer where the piece of work takes 10 % longer. It is near 1 where
	// the runs do not tell, and nil counts as 1.
	Elasticity *Estimate `json:"elasticity,omitempty"`
	// Drift is how the machine's speed changed by itself during the runs; nil where
	// nobody looked, or where it did not change.
	Drift *Drift `json:"drift,omitempty"`
	// Interference is how the machine's cores disturb each other, as the probe
	// "speed" felt it; nil where nobody looked. It matters where topologies have quotas.
	Interference *Interference `json:"interference,omitempty"`
	// Memory of the stack; nil where nobody looked.
	Memory *MemoryModel `json:"memory,omitempty"`
	// RegistryLoad is the CPU seconds of a worker's first request of a database.
	RegistryLoad *Estimate `json:"registry_load,omitempty"`
	Warnings     []string  `json:"warnings,omitempty"`
}

// A MeasuredRange is from the lowest to the highest of what runs covered.
type MeasuredRange struct {
	Workers    [2]int     `json:"workers"`    // of all replicas together
	Busy       float64    `json:"busy"`       // highest mean number of busy workers
	Popularity [2]float64 `json:"popularity"` // Zipf's exponent, of the processes' documents
}

// A Drift is how the speed of a machine wanders, by its clock and its neighbours.
// Forecasts simulate it: the logarithm of how many times as long CPU work takes is that
// of the run, normal with mean 0, and on it a first-order autoregressive process with
// mean 0.
type Drift struct {
	Between float64 `json:"between"` // standard deviation of the run's
	SD      float64 `json:"sd"`      // standard deviation within a run
	Seconds float64 `json:"seconds"` // over which a deviation within a run fades to 1/e of itself
}

// Interference is Host.Interference and Host.Reference, as measured: Share is what
// the probe's piece of work feels.
type Interference struct {
	Share     Estimate `json:"share"`
	Reference float64  `json:"reference"`
	// Probed is the share of the other cores that was busy on the mean when the
	// probe did the piece of work that Model.Speed is of.
	Probed float64 `json:"probed"`
}

// OfRequests is Host.Interference: what requests feel of what slows the probe's
// piece of work, by the model's elasticity.
func (i Interference) OfRequests(elasticity *Estimate) float64 {
	power := 1.0
	if elasticity != nil {
		power = elasticity.Value
	}
	return math.Pow(1+max(0, i.Share.Value), max(0, power)) - 1
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
	LineShare     float64             `json:"line_share,omitempty"`    // of Demand, that goes with a document's lines (Class.LineShare)
	Lines         float64             `json:"lines,omitempty"`         // mean lines of its documents
	OfQuantities  bool                `json:"of_quantities,omitempty"` // Class.OfQuantities
	// Quantiles are Class.Quantiles, beside what LineShare explains; by station.
	Quantiles map[string][]float64 `json:"quantiles,omitempty"`
	DelaySCV  float64              `json:"delay_scv,omitempty"`
	Disk      *Estimate            `json:"disk,omitempty"`     // seconds waiting for the database's disks; Delay holds them too
	Executed  *Estimate            `json:"executed,omitempty"` // seconds in which the database executes statements of one try (pg_stat_statements)
	Calls     *Estimate            `json:"calls,omitempty"`    // database calls of one try, with its interval
	Written   *Estimate            `json:"written_bytes,omitempty"`
	WAL       *Estimate            `json:"wal_bytes,omitempty"`
}

// JourneyModel is a process as a sequence of classes, with the mean number of
// times that each is visited in one journey.
type JourneyModel struct {
	Process string `json:"process"`
	// Scenario is what its journeys did, "" where that is not known.
	Scenario string    `json:"scenario,omitempty"`
	Steps    []string  `json:"steps"`
	Visits   []float64 `json:"visits"`
	Makes    string    `json:"makes,omitempty"` // SystemJourney.Makes and Takes
	Takes    string    `json:"takes,omitempty"`
	// EachQuantity is the step of which there is a request for each different
	// quantity of the journey's document (SystemStep.EachQuantity).
	EachQuantity string `json:"each_quantity,omitempty"`
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
	LimitedBy  string  `json:"limited_by,omitempty"`
	Meets      bool    `json:"meets"`      // every objective
	Confidence float64 `json:"confidence"` // share of replications that met every objective
	// Objectives are all that were asked for, in their order, judged by the median
	// over replications. One that no forecast speaks of has no Met and says why.
	Objectives []ObjectiveReport `json:"objectives,omitempty"`
	Warnings   []string          `json:"warnings,omitempty"`
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

// A Simulation is one topology in one window with its course over time: what
// `headroom simulate` prints.
type Simulation struct {
	Plan         string            `json:"plan"`
	Schedule     Header            `json:"schedule"`
	Replications int               `json:"replications"`
	Forecast     Forecast          `json:"forecast"`
	Series       []SimulatedSeries `json:"series"`
}

// A SimulatedSeries is a level over time: medians over replications, and
// between Low and High 90 % of them. Name is "arrivals" and "completed" (1/s, by
// process), "in_flight" (journeys begun and not ended, by process), "backlog"
// (journeys due and not ended, operators' left out, and documents released and
// not done; by kind), "waiting" (requests that wait for a worker, by pool),
// "utilization" (0 to 1, by station).
type SimulatedSeries struct {
	Name  string    `json:"name"`
	Label string    `json:"label"`
	Unit  string    `json:"unit"`
	T     []float64 `json:"t"` // seconds since the run's start: the begin of each bin
	V     []float64 `json:"v"`
	Low   []float64 `json:"low"`
	High  []float64 `json:"high"`
}

// A ForecastReport is several topologies side by side: what `headroom forecast`
// prints.
type ForecastReport struct {
	Plan     string           `json:"plan"`
	Schedule Header           `json:"schedule"`
	Entries  []ForecastedPlan `json:"forecasts"`
}

// A ForecastedPlan is a topology of the plan, or one that a what-if made of it.
type ForecastedPlan struct {
	Name string `json:"name"` // "standard-6, 9 workers"
	// Changed says that a what-if changed something.
	Changed  bool     `json:"changed"`
	Forecast Forecast `json:"forecast"`
}

// A CapacityReport is how much of a load a topology holds: what `headroom
// capacity` prints. Scales are of the load that was asked for.
type CapacityReport struct {
	Plan     string   `json:"plan"`
	Schedule Header   `json:"schedule"`
	Topology Topology `json:"topology"`
	// Model is the model's answer; nil when it found none within its bounds.
	Model *Estimate `json:"model"`
	// Objective is missed first beyond capacity, in words, where Station is the
	// busiest: "app", "database", "host" or "workers". On the system, Objective is
	// that of the lowest probe that missed.
	Objective string `json:"objective"`
	Station   string `json:"station"`
	// At is the model's forecast at its capacity.
	At *Forecast `json:"at,omitempty"`
	// Check is the search on the running system; nil with --model-only.
	Check *CapacityCheck `json:"check"`
	// Low and High are the ends of the answer's interval: on the system between
	// the highest scale that held and the lowest that did not, else the model's.
	// A nil end was not found.
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	// Headroom is 1 - 1/capacity: what is left of it under the load; negative when
	// the load exceeds it.
	Headroom *float64 `json:"headroom"`
	Warnings []string `json:"warnings,omitempty"`
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
