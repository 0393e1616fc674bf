package headroom

// An Objective is what must hold. Measure says of what:
//
//   - "" (response): Percentile of the journey time of Process is at most Within
//     seconds; failed journeys rank behind all others;
//   - error_share: the share of failed journeys of Process (all, when empty) is
//     at most AtMost;
//   - attainment: the share of the Documents that were due and done in time is at
//     least AtLeast;
//   - drain: at most AtMost seconds after the end of Peak its backlog is gone;
//   - app_cpu, database_cpu: utilization of the station is at most AtMost (0 to 1);
//   - replication_lag: seconds that a replica is behind, at most AtMost;
//   - conflict_share: the share of requests of Process (all, when empty) that
//     lost at least one try to a conflict is at most AtMost;
//   - sample: the gauge Sample of a probe is at most AtMost.
//
// It is judged over the whole window, or a Phase of Peak, and in one figure, or
// (Sliding) in every window of so many seconds within that.
type Objective struct {
	Measure    string  `yaml:"measure,omitempty" json:"measure,omitempty"`
	Process    string  `yaml:"process,omitempty" json:"process,omitempty"`
	Site       string  `yaml:"site,omitempty" json:"site,omitempty"`             // only what happened there; default: all
	Percentile float64 `yaml:"percentile,omitempty" json:"percentile,omitempty"` // 0 to 100, exclusive
	Within     float64 `yaml:"within,omitempty" json:"within,omitempty"`         // seconds, from the scheduled time to the journey's end
	AtMost     float64 `yaml:"at_most,omitempty" json:"at_most,omitempty"`       // share 0 to 1, seconds, or the sample's unit
	AtLeast    float64 `yaml:"at_least,omitempty" json:"at_least,omitempty"`     // share 0 to 1
	Documents  string  `yaml:"documents,omitempty" json:"documents,omitempty"`   // kind of document, "delivery"; default: every kind
	Sample     string  `yaml:"sample,omitempty" json:"sample,omitempty"`         // "probe/subject/metric", as `headroom export` names them
	Peak       string  `yaml:"peak,omitempty" json:"peak,omitempty"`             // only a phase of this peak; default: the whole window
	Phase      string  `yaml:"phase,omitempty" json:"phase,omitempty"`           // of Peak: during (default), before or after
	// Sliding is the length in seconds of a sliding window: the objective must
	// hold in each. 0: once, over all of it.
	Sliding float64 `yaml:"sliding,omitempty" json:"sliding,omitempty"`
}

// Measures of objectives.
const (
	MeasureResponse       = "response" // the same as ""
	MeasureErrorShare     = "error_share"
	MeasureAttainment     = "attainment"
	MeasureDrain          = "drain"
	MeasureAppCPU         = "app_cpu"
	MeasureDatabaseCPU    = "database_cpu"
	MeasureReplicationLag = "replication_lag"
	MeasureConflictShare  = "conflict_share"
	MeasureSample         = "sample"
)

// Measures are those that an objective may have.
func Measures() []string {
	return []string{MeasureResponse, MeasureErrorShare, MeasureAttainment, MeasureDrain, MeasureAppCPU, MeasureDatabaseCPU,
		MeasureReplicationLag, MeasureConflictShare, MeasureSample}
}

// OfResponse says whether it is about journey times.
func (o Objective) OfResponse() bool { return o.Measure == "" || o.Measure == MeasureResponse }

// Bound is what the figure is held against, in its unit, and whether the
// figure must not be below it (attainment) instead of not above.
func (o Objective) Bound() (bound float64, least bool) {
	switch {
	case o.OfResponse():
		return o.Within, false
	case o.Measure == MeasureAttainment:
		return o.AtLeast, true
	}
	return o.AtMost, false
}

// A StopRule ends a run early, to protect the target: the run is then
// incomplete, and says which rule ended it. Measure is error_share (of the
// journeys that ended), response (Percentile of those that ended), or backlog
// (journeys that are due and have not ended), over the last Over seconds; it
// must be beyond AtMost at every look for that long.
type StopRule struct {
	Measure    string  `yaml:"measure" json:"measure"`
	Process    string  `yaml:"process,omitempty" json:"process,omitempty"` // default: all together
	Percentile float64 `yaml:"percentile,omitempty" json:"percentile,omitempty"`
	AtMost     float64 `yaml:"at_most" json:"at_most"`
	Over       float64 `yaml:"over,omitempty" json:"over,omitempty"` // seconds; 0 means 30
	// From is when it begins to count, in seconds since the run's start. A rule of a
	// plan counts from the start, for it protects the target; one that judges the
	// window waits for it.
	From float64 `yaml:"-" json:"from,omitempty"`
}

// MeasureBacklog is a stop rule's only.
const MeasureBacklog = "backlog"

// Observe says how the run is observed beyond what is always done.
type Observe struct {
	// Every is the interval of a probe in seconds, by its name: "postgres": 5.
	Every map[string]float64 `yaml:"every,omitempty" json:"every,omitempty"`
	// Queries are asked of a Prometheus server, by the name of the sample that
	// their answer becomes.
	Queries map[string]string `yaml:"queries,omitempty" json:"queries,omitempty"`
}
