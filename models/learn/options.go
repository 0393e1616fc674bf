package learn

import (
	"time"

	"github.com/headroom-erp/headroom"
)

// Options of what is learned. The zero value is UTC, with unknown cores.
type Options struct {
	Zone *time.Location // of the sites; nil is UTC
	// ZoneName is the IANA name that the plan's sites get; "" is the zone's own.
	ZoneName string
	// AppCores and DatabaseCores served while the log was written; 0: unknown,
	// and nothing is corrected for stretching.
	AppCores, DatabaseCores float64
	// SharedHost: both are the same cores, AppCores.
	SharedHost bool
	Seed       uint64 // of the bootstrap
	// Replications of the bootstrap; 0 means 200.
	Replications int
}

func (o Options) withDefaults() Options {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.ZoneName == "" {
		o.ZoneName = o.Zone.String()
	}
	if o.Replications <= 0 {
		o.Replications = 200
	}
	return o
}

// A Learned is everything that a log has taught.
type Learned struct {
	Model  headroom.Model
	Plan   headroom.Plan
	Report Report
}

// stations, in the order of arrays of two.
const (
	app = iota
	database
)

var stationNames = [2]string{"app", "database"}
