package headroom

// A Solution is what a solver says of a System in its steady state: what
// `model system` prints. A figure that does not exist (the response time of an
// overloaded system, the wait of a class that needs no worker) is nil.
type Solution struct {
	Method   string            `json:"method"`
	Classes  []ClassSolution   `json:"classes"`
	Journeys []JourneySolution `json:"journeys"`
	Stations []StationSolution `json:"stations"`
	Pools    []PoolSolution    `json:"pools"`
	Warnings []string          `json:"warnings"`
}

// ClassSolution is one request class. Responses are in seconds from the
// request's start to its end, overhead included.
type ClassSolution struct {
	Name         string   `json:"name"`
	Throughput   float64  `json:"throughput"` // 1/s, failed ones left out
	ResponseMean *float64 `json:"response_mean"`
	ResponseP50  *float64 `json:"response_p50"`
	ResponseP95  *float64 `json:"response_p95"`
	ResponseP99  *float64 `json:"response_p99"`
	PoolWaitMean *float64 `json:"pool_wait_mean"`
	RetryShare   *float64 `json:"retry_share"` // of requests, that lost at least one try; nil without a conflict rule
}

// JourneySolution is one journey. Responses include the think times of its steps.
type JourneySolution struct {
	Name         string   `json:"name"`
	Throughput   float64  `json:"throughput"`
	ResponseMean *float64 `json:"response_mean"`
	ResponseP50  *float64 `json:"response_p50"`
	ResponseP95  *float64 `json:"response_p95"`
}

// StationSolution is one station; Utilization is 0 to 1.
type StationSolution struct {
	Name        string  `json:"name"`
	Utilization float64 `json:"utilization"`
}

// PoolSolution is one pool; BusyMean counts workers.
type PoolSolution struct {
	Name     string  `json:"name"`
	BusyMean float64 `json:"busy_mean"`
}

// A TransientSolution is what `model transient` prints. Means are over
// replications.
type TransientSolution struct {
	Method       string           `json:"method"`
	Replications int              `json:"replications"`
	Series       []TransientPoint `json:"series"`
	// Drain is the time from the end of the last burst or batch until no request
	// waits for a worker; nil where some replication never got there.
	Drain *Drain `json:"drain"`
	// FailedMean is how many requests of a replication fail, from 0 s until the
	// series and the drain are over: with a worker that is lost, before a pool
	// without workers, at a full backlog, or after five conflicts. They are in no
	// response time.
	FailedMean float64  `json:"failed_mean"`
	Warnings   []string `json:"warnings"`
}

// TransientPoint is the state at a time. ResponseP95 is of the requests that
// ended since the point before; nil where there were none.
type TransientPoint struct {
	T           float64  `json:"t"`
	NumberMean  float64  `json:"number_mean"`  // requests in the system
	WaitingMean float64  `json:"waiting_mean"` // of them, for a worker
	ResponseP95 *float64 `json:"response_p95"`
}

// Drain is a time in seconds over replications. Interval is of the mean; nil of one
// replication, which has none.
type Drain struct {
	Mean     float64     `json:"mean"`
	P50      float64     `json:"p50"`
	P95      float64     `json:"p95"`
	Interval *[2]float64 `json:"interval"`
}
