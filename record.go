package headroom

import (
	"context"
	"iter"
	"time"
)

// Outcome of a request or a journey.
type Outcome string

// The outcomes. Everything but OK counts as failed.
const (
	OK            Outcome = "ok"
	BusinessError Outcome = "business_error" // the ERP said no: validation, access, missing record
	Fault         Outcome = "fault"          // the ERP or a proxy broke: HTTP 5xx, traceback
	Conflict      Outcome = "conflict"       // retries of a lost conflict were used up
	Timeout       Outcome = "timeout"
	Unreachable   Outcome = "unreachable"   // no connection, or it was cut
	Aborted       Outcome = "aborted"       // the run ended before the answer
	NothingToDo   Outcome = "nothing_to_do" // the journey found no work; not a failure, and not in response times
)

// A Request is one request as the client saw it. Times are seconds since the
// run's start. Arrival and N are what its hr parameter says ("a19.2").
type Request struct {
	Arrival  uint64
	N        int // from 1 within its journey
	Site     string
	Process  string
	Step     string
	Protocol string // "jsonrpc", "json2", "xmlrpc", "http", "sql"
	Start    float64
	End      float64
	Outcome  Outcome
	Status   int    // HTTP status; 0 when there was none
	Bytes    int64  // of the answer's body
	Error    string // the server's message, shortened; never a secret
}

// A Journey is one process instance: all its steps. Its response time runs
// from Scheduled to End. Start = Scheduled + TimerLate + VUWait + DesignWait.
type Journey struct {
	Arrival    uint64
	Site       string
	Process    string
	Kind       Kind
	Scheduled  float64
	Start      float64
	End        float64
	TimerLate  float64 // the clock woke us late
	VUWait     float64 // no virtual user was free
	DesignWait float64 // a connection limit, an operator who was busy
	Outcome    Outcome
	Lines      int
	Attempts   int // how often a partner's gateway sent it; 0 and 1 are once. Its requests are those of all attempts
	Error      string
}

// NeverBegan says whether the run ended before the journey's first step: then
// Start and End are when it was given up, or its scheduled time if that had not
// come.
func (j Journey) NeverBegan() bool { return j.Outcome == Aborted && j.End == j.Start }

// A DocumentEvent says that work on a document of the ERP became possible
// (released) or is finished (done). Work is passed on: who does a document is
// seldom who released it. A document that was open before the run has no
// released event.
type DocumentEvent struct {
	T        float64 // seconds since the run's start
	Site     string
	Kind     string  // "delivery" (by sale order), "receipt" (by purchase order), …
	Document int64   // the ERP's id
	Done     bool    // false: released
	Due      float64 // seconds since the run's start; 0: it has no due time. Of released events
	Arrival  uint64  // the journey
}

// A ServerRequest is one line of the Odoo request log. SQL and Other are the
// seconds as logged: for a retried request Other includes Sleep, and both and
// Queries are of all tries.
type ServerRequest struct {
	End      float64 // when the line was written, in seconds since the run's start
	PID      int     // the worker
	Database string  // the tenant; "" outside of one
	Arrival  uint64  // 0 when the request is not ours
	N        int
	Path     string // path without query; the model and method when the log has them
	Status   int
	Queries  int
	SQL      float64
	Other    float64
	Tries    int     // 1 without a conflict
	Sleep    float64 // seconds slept between tries
}

// A Sample is one observed value. Subject is what was observed: a role ("web",
// "database", "generator"), a station ("app", "database"), a table.
type Sample struct {
	T       float64 // seconds since the run's start
	Probe   string  // "postgres", "process", "station", …
	Subject string
	Metric  string // "cpu_seconds" (a counter), "busy_seconds" (a counter), "active", …
	Value   float64
}

// A Gap says that a probe could not observe at T, and why.
type Gap struct {
	T      float64
	Probe  string
	Reason string
}

// Records is a batch of whatever was recorded.
type Records struct {
	Journeys  []Journey
	Requests  []Request
	Server    []ServerRequest
	Samples   []Sample
	Gaps      []Gap
	Documents []DocumentEvent
}

// A Recorder keeps records. What was taken is on disk within a second. An
// error (a full disk) is final: every later call returns it as well.
// Implementations are safe for concurrent use.
type Recorder interface {
	Record(Records) error
}

// A Run is a finished or cut-off run, read as one whatever the number of
// parts. Sequences are ordered by time, then arrival and N.
type Run interface {
	Info() RunInfo
	// Arrivals are the run's schedule, in order of At; an error when the
	// schedule was not kept.
	Arrivals() iter.Seq2[Arrival, error]
	Journeys() iter.Seq2[Journey, error]
	Requests() iter.Seq2[Request, error]
	Server() iter.Seq2[ServerRequest, error]
	Samples() iter.Seq2[Sample, error]
	Gaps() iter.Seq2[Gap, error]
	Documents() iter.Seq2[DocumentEvent, error]
}

// RunInfo is what is known of a run besides its records.
type RunInfo struct {
	ID         string            `json:"id"`
	Plan       Plan              `json:"plan"` // as resolved
	Topology   Topology          `json:"topology"`
	Schedule   Header            `json:"schedule"`
	TargetKind string            `json:"target_kind"` // "erp", "odoo", "external"
	Started    time.Time         `json:"started"`     // UTC; all other times are relative to it
	Versions   map[string]string `json:"versions"`
	Modules    map[string]string `json:"modules,omitempty"` // of the ERP's first database: version by name
	Machine    *Machine          `json:"machine,omitempty"` // that ran the generator
	Complete   bool              `json:"complete"`
	Reason     string            `json:"reason,omitempty"` // why it is incomplete
}

// A Machine is what a run was measured on, or from.
type Machine struct {
	OS     string  `json:"os"`     // "linux/amd64"
	Kernel string  `json:"kernel"` // "6.1.0-18"
	CPU    string  `json:"cpu"`    // the model's name
	Cores  int     `json:"cores"`  // logical
	Memory float64 `json:"memory"` // bytes
	// Awake says that its cores were kept from falling asleep during the run.
	Awake bool `json:"awake,omitempty"`
}

// Tick is what an engine says each second.
type Tick struct {
	T       float64 // seconds since the run's start
	Started int     // journeys started so far
	Done    int
	Failed  int
	Active  int
	LateP99 float64 // timer late + no virtual user free, 99th percentile so far, seconds
}

// An Engine offers load. The order of calls is Ready, Start, Wait; Stop may be
// called at any time and more than once.
type Engine interface {
	// Ready returns when the engine could start at once: virtual users made,
	// users logged in. It returns an *InputError for a refused login.
	Ready(ctx context.Context) error
	// Start gives the run's start, a moment in the near future.
	Start(at time.Time) error
	// Ticks is closed by the engine when it ends. Slow readers miss ticks.
	Ticks() <-chan Tick
	// Stop ends the offering; started journeys may finish within grace.
	Stop(grace time.Duration)
	// Wait returns when everything is recorded.
	Wait() error
}
