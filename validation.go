package headroom

import "time"

// A Validation says how wrong a model is: each of its forecasts was written
// down before what it speaks of was measured. It is what the validation page
// shows, and small enough to be kept with the code.
type Validation struct {
	Headroom  int               `json:"headroom"` // version of this format, 1
	Title     string            `json:"title"`
	Generated time.Time         `json:"generated"`
	Tool      string            `json:"tool"`
	Plan      string            `json:"plan"`
	Target    string            `json:"target"` // "erp", "odoo"
	Machine   *Machine          `json:"machine,omitempty"`
	Versions  map[string]string `json:"versions,omitempty"`
	// Model is what made the forecasts.
	Model ValidatedModel `json:"model"`
	// Calibration are the runs that it was learned from, Proofs those that it had
	// not seen.
	Calibration []CalibrationRun `json:"calibration"`
	Proofs      []Proof          `json:"proofs"`
	Scores      []Score          `json:"scores"`
	// Fit is what the scores would be of the figures whose forecast came after
	// their measurement: how well the model fits what was known when it was made.
	// It proves no forecast and has no verdict.
	Fit      []Score  `json:"fit,omitempty"`
	Failures []string `json:"failures,omitempty"` // where the model fails, worst first
	Warnings []string `json:"warnings,omitempty"`
	Commands []string `json:"commands"`
}

// ValidatedModel is what there is to say of the model that is validated.
type ValidatedModel struct {
	Hash       string    `json:"hash"` // SHA-256 of its file
	Speed      *Estimate `json:"speed,omitempty"`
	Elasticity *Estimate `json:"elasticity,omitempty"` // as of Model
	Drift      *Drift    `json:"drift,omitempty"`
	Warnings   []string  `json:"warnings,omitempty"`
}

// CalibrationRun is one run that the model was learned from.
type CalibrationRun struct {
	Name        string             `json:"name"`
	Topology    Topology           `json:"topology"`
	Load        []ProofLoad        `json:"load"`
	Seconds     float64            `json:"seconds"` // of its window
	Started     time.Time          `json:"started"`
	Speed       *Estimate          `json:"speed,omitempty"`  // CPU seconds of the probe's piece of work
	Others      *float64           `json:"others,omitempty"` // as of Proof
	Utilization map[string]float64 `json:"utilization,omitempty"`
}

// ProofLoad is what is offered of one process.
type ProofLoad struct {
	Process   string  `json:"process"`
	PerHour   float64 `json:"per_hour,omitempty"`
	Operators int     `json:"operators,omitempty"`
}

// A Proof is one combination of topology and load that was forecast, and then
// measured.
type Proof struct {
	Name       string      `json:"name"`
	Topology   Topology    `json:"topology"`
	Load       []ProofLoad `json:"load"`
	Popularity *float64    `json:"popularity,omitempty"` // nil: the plan's
	Seconds    float64     `json:"seconds"`              // of the window
	Seed       uint64      `json:"seed"`
	// OfCapacity is the load over the highest one at which the model forecasts that
	// every objective holds; nil where it finds none, or was not asked.
	OfCapacity *float64  `json:"of_capacity,omitempty"`
	ForecastAt time.Time `json:"forecast_at"`
	Hash       string    `json:"model"` // of the model that made the forecast
	// MeasuredAt is when the run began; nil: it was not measured.
	MeasuredAt *time.Time `json:"measured_at"`
	// Late says that the forecast was made after the measurement had begun: nothing
	// of it is scored.
	Late bool `json:"late,omitempty"`
	// Invalid says why nothing of the run is scored.
	Invalid string `json:"invalid,omitempty"`
	// Speed of the machine during the run, and what its piece of work took over
	// what it took while the model was learned; nil where nobody looked.
	Speed      *Estimate `json:"speed,omitempty"`
	SpeedRatio *float64  `json:"speed_ratio,omitempty"`
	// Others is the cores of the machine that were busy with what is no part of
	// the run; nil where nobody looked.
	Others      *float64                   `json:"others,omitempty"`
	Figures     []ProofFigure              `json:"figures,omitempty"`
	Utilization map[string]ProofComparison `json:"utilization,omitempty"` // by station
	Capacity    *CapacityCheck             `json:"capacity,omitempty"`
	CapacityWhy string                     `json:"capacity_why,omitempty"` // it is not scored
	Warnings    []string                   `json:"warnings,omitempty"`
}

// ProofComparison is a forecast beside its measurement, without a score.
type ProofComparison struct {
	Forecast float64 `json:"forecast"`
	Measured float64 `json:"measured"`
}

// What a ProofFigure, or a Score, is of. Median is given, and has no target.
const (
	ProofMean       = "mean"
	ProofMedian     = "p50"
	ProofP95        = "p95"
	ProofThroughput = "throughput"
	ProofRetries    = "retry share"
	ProofCapacity   = "capacity"
	ProofCoverage   = "coverage"
)

// Reasons why a figure is not scored that sums and pages look for.
const (
	NoTarget         = "it has no target"
	AfterMeasurement = "forecast after its measurement"
)

// A ProofFigure is one figure of one process. Times are seconds, throughput
// 1/s, retry share a fraction of the requests of Class.
type ProofFigure struct {
	Process  string   `json:"process"`
	Class    string   `json:"class,omitempty"` // of a retry share
	What     string   `json:"what"`
	Forecast Estimate `json:"forecast"`
	Measured Estimate `json:"measured"`
	// Error is (forecast - measured) / measured. A retry share is divided by what 16
	// retried requests would be where fewer were measured: none that come where many
	// were forecast are an error too.
	Error float64 `json:"error"`
	// AtSpeed is the forecast for a machine as fast as it was during the run; nil
	// where that is not known.
	AtSpeed      *float64 `json:"at_speed,omitempty"`
	ErrorAtSpeed *float64 `json:"error_at_speed,omitempty"`
	Covered      bool     `json:"covered"`         // the measured figure lies in the forecast's interval
	Scored       bool     `json:"scored"`          // it counts
	Why          string   `json:"why,omitempty"`   // it does not
	Count        int      `json:"count,omitempty"` // journeys, or requests, behind the measured figure
}

// A Score is the mean absolute error of all scored figures of a kind; of
// coverage it is the share.
type Score struct {
	What   string  `json:"what"`
	Target float64 `json:"target"` // at most; of coverage at least
	N      int     `json:"n"`      // figures
	Value  float64 `json:"value"`
	// AtSpeed is the same with the machine's speed taken out, over the figures of
	// which it is known.
	AtSpeed *float64 `json:"at_speed,omitempty"`
	Worst   float64  `json:"worst"`
	Met     *bool    `json:"met"` // nil without a figure
}
