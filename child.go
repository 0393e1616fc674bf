package headroom

import (
	"slices"
	"strings"
	"time"
)

// An engine that runs in a child process of its own talks with its parent
// over two inherited pipes, one JSON document a line: commands go down, events
// come up. The environment variable ChildPipes names their file descriptors.
// The parent closes the commands' pipe never before the child has ended: end
// of file means that the parent is gone, and the child ends as well.

// ChildPipes is the environment variable that makes a process a child: the
// descriptors of commands and events, "3,4".
const ChildPipes = "HEADROOM_PIPES"

// WithoutSecrets is an environment without Headroom's own variables, of which
// many hold secrets: what every other program that we start inherits.
func WithoutSecrets(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(e string) bool { return strings.HasPrefix(e, "HEADROOM_") })
}

// A ChildCommand is what the parent says; one field is set.
type ChildCommand struct {
	Setup *ChildSetup `json:"setup,omitempty"` // first, once
	Start *time.Time  `json:"start,omitempty"` // the run's start, UTC
	Stop  *float64    `json:"stop,omitempty"`  // grace in seconds; may be said again
}

// ChildSetup is what the child needs besides its schedule. It carries secrets
// and is written to the pipe only.
type ChildSetup struct {
	Targets    map[string]string `json:"targets"`     // URLs by database
	Part       string            `json:"part"`        // the bundle's part that the child writes
	SeededFile string            `json:"seeded_file"` // JSON of Seeded
	LoginsFile string            `json:"logins_file"`
	DSNs       map[string]string `json:"dsns"`            // for BI reads, by database
	Protocols  map[string]string `json:"protocols"`       // the protocol of each scenario
	Store      *ChildStore       `json:"store,omitempty"` // nil: the part alone
}

// ChildStore is the store that takes what the part takes.
type ChildStore struct {
	URL  string `json:"url"`  // secret
	Run  string `json:"run"`  // the run's id in it
	Part string `json:"part"` // the child's name in the run
}

// A ChildEvent is what the child says; one field is set.
type ChildEvent struct {
	Ready *ChildReady `json:"ready,omitempty"`
	Tick  *Tick       `json:"tick,omitempty"`
	Error *ChildError `json:"error,omitempty"` // the child ends after it
	Done  *ChildDone  `json:"done,omitempty"`  // everything is on disk
}

// ChildReady says that a start would find everything prepared.
type ChildReady struct {
	VUs      int `json:"vus"`
	Sessions int `json:"sessions"` // logged in
}

// ChildDone is the count of the child's journeys, each of which is recorded.
type ChildDone struct {
	Started int `json:"started"`
	Done    int `json:"done"`
	Failed  int `json:"failed"`
	Aborted int `json:"aborted"` // of Failed, those that never began or were interrupted
}

// ChildError is an InputError or a MeasureError on its way through the pipe.
type ChildError struct {
	Input bool   `json:"input"`
	What  string `json:"what"`
	Where string `json:"where,omitempty"`
	Do    string `json:"do,omitempty"`
}

// Err is the error that was sent.
func (e ChildError) Err() error {
	if e.Input {
		return &InputError{What: e.What, Where: e.Where, Do: e.Do}
	}
	return &MeasureError{What: e.What, Do: e.Do}
}
