package headroom

// A RunComparison says what changed from a baseline to other runs: what
// `headroom compare` shows. All its tests together are wrong about "better" or
// "worse" in at most 5 of 100 comparisons of runs that do not differ.
type RunComparison struct {
	Baseline RunSet   `json:"baseline"`
	Others   []RunSet `json:"others"`
	// Comparable is false when a Problem makes the figures say nothing; they are
	// there all the same when that was asked for.
	Comparable bool     `json:"comparable"`
	Problems   []string `json:"problems,omitempty"`
	// Differences are what is not the same in the runs and may be the reason of a
	// change, or what is compared: topology, versions, seed.
	Differences []RunDifference `json:"differences,omitempty"`
	Window      Span            `json:"window"`   // what all of it is about, in seconds since the runs' start
	AtLeast     float64         `json:"at_least"` // relative change of a time or a throughput from which on it counts
	Level       float64         `json:"level"`    // that all intervals hold together: 0.95
	Tests       int             `json:"tests"`    // that the error was divided over
	Changes     []Change        `json:"changes"`  // by other, phase, process and measure
	Warnings    []string        `json:"warnings,omitempty"`
}

// A RunSet is a run, or several that repeat it.
type RunSet struct {
	Name    string   `json:"name"`
	Runs    []string `json:"runs"` // their folders
	Seeds   []uint64 `json:"seeds"`
	Verdict Verdict  `json:"verdict,omitempty"` // of all its changes: worse when one is, else better when one is; "" of the baseline
	Paired  bool     `json:"paired"`            // every run replayed the same arrivals as one of the baseline
}

// A RunDifference is something that is not the same in the baseline and another.
type RunDifference struct {
	Other    string `json:"other"` // the set's name
	What     string `json:"what"`  // "topology: web workers", "version of odoo", "seed", …
	Baseline string `json:"baseline"`
	Value    string `json:"value"`
}

// Verdict of a Change.
type Verdict string

// The verdicts.
const (
	Better     Verdict = "better"
	Worse      Verdict = "worse"
	Negligible Verdict = "negligible" // certain, and smaller than what was said to count
	// NoDifference is none that this many samples could show: Smallest says
	// which they could have.
	NoDifference Verdict = "no_difference"
	NotTested    Verdict = "not_tested" // Reason says why
)

// What a Change may be of.
const (
	ChangeMean       = "mean"        // response time of successful journeys, seconds
	ChangeP95        = "p95"         // response time, failed journeys behind all others, seconds
	ChangeErrors     = "error_share" // of journeys, 0 to 1
	ChangeThroughput = "throughput"  // successful journeys of operators, 1/s
	ChangeAttainment = "attainment"  // of documents that were due, 0 to 1
)

// A Change is one figure beside the baseline's. A change of a time or a
// throughput is relative to the baseline (0.1 is 10 % more), one of a share is
// the difference of the two (0.1 is 10 percentage points more).
type Change struct {
	Other    string   `json:"other"`   // the set's name
	Process  string   `json:"process"` // of attainment, the kind of document
	Peak     string   `json:"peak,omitempty"`
	Phase    string   `json:"phase,omitempty"` // of Peak: before, during, after; "": the whole window
	From     float64  `json:"from"`            // seconds since the runs' start
	To       float64  `json:"to"`
	Measure  string   `json:"measure"`
	Relative bool     `json:"relative"`
	N        [2]int   `json:"n"`        // journeys, or documents, behind the two figures
	Baseline *float64 `json:"baseline"` // nil when there is none: the percentile is of a failed journey
	Value    *float64 `json:"value"`
	Change   *float64 `json:"change"`
	// Low and High are the interval of Change, at the comparison's Level for all
	// changes together. A nil end is not known.
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
	P        *float64 `json:"p"`        // of this test alone; nil when it was not made
	Adjusted *float64 `json:"adjusted"` // among all tests (Holm); below 0.05 there is a difference
	// Smallest is the change that would have been found in 4 of 5 such
	// comparisons, as a magnitude; nil when nothing is known of it.
	Smallest *float64 `json:"smallest"`
	Blocks   int      `json:"blocks"` // that the interval is from
	Method   string   `json:"method,omitempty"`
	Verdict  Verdict  `json:"verdict"`
	Reason   string   `json:"reason,omitempty"` // why it was not tested
}

// HigherIsBetter tells throughput and attainment from times and errors.
func (c Change) HigherIsBetter() bool {
	return c.Measure == ChangeThroughput || c.Measure == ChangeAttainment
}
