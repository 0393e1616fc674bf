// Package arrivals reads recorded arrivals, tests whether they are a Poisson
// process of a given rate, and makes a schedule of them that replays each
// timestamp exactly. It consists of pure functions: no clock, no files; what
// is random (the removal of rounding) is seeded by the data.
//
// Times are kept in whole nanoseconds, so that a replay loses nothing; the
// tests compute in seconds and 1/s.
package arrivals

import (
	"fmt"
	"time"

	"github.com/headroom-erp/headroom"
)

// A Clock says what the times of a file are counted from.
type Clock int

// The clocks.
const (
	Seconds Clock = iota // since a start that the file does not name
	UTC                  // since 1970: RFC 3339 timestamps, or seconds beyond 1e9
)

func (c Clock) String() string {
	if c == UTC {
		return "points in time"
	}
	return "seconds since a start"
}

// An Event is one recorded arrival.
type Event struct {
	T       time.Duration // by the recording's clock
	Process string        // "": the file does not say
	Site    string
	Seed    uint64
	User    uint32
	HasSeed bool
	HasUser bool
	Line    int // of the file, from 1
}

// A Recording is what was read from a file, in order of time; arrivals at one
// instant keep the file's order.
type Recording struct {
	Name   string // of the file, for messages
	Clock  Clock
	Events []Event
	// Unsorted is how many lines stood before an earlier one.
	Unsorted int
}

// At is the moment of a time, for a recording whose clock is UTC.
func (r Recording) At(t time.Duration) time.Time { return time.Unix(0, int64(t)).UTC() }

// Only are the arrivals of a process and a site; "" is any.
func (r Recording) Only(process, site string) (Recording, error) {
	if process == "" && site == "" {
		return r, nil
	}
	out := r
	out.Events = nil
	for _, e := range r.Events {
		if (process == "" || e.Process == process) && (site == "" || e.Site == site) {
			out.Events = append(out.Events, e)
		}
	}
	if len(out.Events) == 0 {
		what := "has no arrival"
		if process != "" {
			what += fmt.Sprintf(" of process %q", process)
		}
		if site != "" {
			what += fmt.Sprintf(" at site %q", site)
		}
		return out, &headroom.InputError{What: what, Where: r.Name, Do: "look at the file's columns process and site, or leave the choice out"}
	}
	return out, nil
}

// Between are the arrivals from one time to before another.
func (r Recording) Between(from, to time.Duration) Recording {
	out := r
	out.Events = nil
	for _, e := range r.Events {
		if e.T >= from && e.T < to {
			out.Events = append(out.Events, e)
		}
	}
	return out
}
