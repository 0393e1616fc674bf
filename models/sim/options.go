package sim

import (
	"fmt"
	"math"
	"sort"

	"github.com/headroom-erp/headroom"
)

// Load is a schedule to replay. Without Journeys, only the rates and
// populations of the system itself arrive; with them, both do.
type Load struct {
	Journeys []Timed
	Lanes    []int // connections of each lane, at least 1
	// Products is the catalogue that documents are of; the zero value is none.
	// Each of Catalogues (0 means 1) has rows of its own.
	Products   headroom.Popularity
	Catalogues int
}

// rows is the number of rows that documents can touch.
func (l Load) rows() float64 { return float64(l.Products.Len()) * float64(max(1, l.Catalogues)) }

// Timed is one journey at its time.
type Timed struct {
	At      float64 // seconds
	Journey int     // index into System.Journeys
	Lane    int     // index into Load.Lanes; -1 for none
	Seed    uint64  // of its demands, together with Options.Seed
	// Document is what the journey is about: products by rank, each once. It is
	// read only, so that journeys may share it. Without one, and where the load
	// has no products, conflict rules draw it.
	Document  []int32
	Catalogue int // that the document is of; from 0
}

// Options of a run.
type Options struct {
	Seed uint64
	// Duration is the end of what is measured, in seconds. Load of the system
	// itself stops there; a replay goes on until its last journey is done.
	// 0 is allowed with a replay only: all of it is measured.
	Duration float64
	Warmup   float64 // seconds at the start that are not measured
	// Replications run with seeds of their own and are pooled; 0 means 1.
	Replications int
	// Parallel is how many replications run at once; 0 means 1. It changes no figure.
	Parallel int
	// MaxCalls cuts database_calls (the demand stays the same) to save events:
	// under processor sharing finer slices hardly change a response. 0 cuts nothing.
	MaxCalls int
	// MaxEvents ends a run with an error; 0 means 200 million.
	MaxEvents int
	// MaxCustomers in the system at once end a run with an error; 0 means 2 million.
	MaxCustomers int
	// DrainAfter is the time from which PoolResult.Drained is looked for, in seconds.
	DrainAfter float64
}

func (o Options) check(l Load) error {
	for _, f := range []struct {
		name string
		v    float64
	}{{"Duration", o.Duration}, {"Warmup", o.Warmup}, {"DrainAfter", o.DrainAfter}} {
		if math.IsNaN(f.v) || f.v < 0 || math.IsInf(f.v, 0) {
			return fmt.Errorf("sim: %w", &headroom.InputError{What: fmt.Sprintf("%s %g is not a number of seconds from 0", f.name, f.v), Where: "options"})
		}
	}
	if o.Duration == 0 && len(l.Journeys) == 0 {
		return fmt.Errorf("sim: %w", &headroom.InputError{What: "a run without a schedule needs a duration", Where: "options"})
	}
	if o.Duration > 0 && o.Warmup >= o.Duration {
		return fmt.Errorf("sim: %w", &headroom.InputError{What: fmt.Sprintf("warm-up of %g s leaves nothing of %g s to measure", o.Warmup, o.Duration), Where: "options"})
	}
	return nil
}

func (l Load) check(journeys int) error {
	if l.Catalogues < 0 || l.rows() > math.MaxInt32 {
		return fmt.Errorf("sim: %w", &headroom.InputError{What: fmt.Sprintf("%d catalogues of %d products are less than none or too many", l.Catalogues, l.Products.Len()), Where: "load"})
	}
	for i, n := range l.Lanes {
		if n < 1 {
			return fmt.Errorf("sim: %w", &headroom.InputError{What: "a lane needs a connection", Where: fmt.Sprintf("lanes[%d]", i)})
		}
	}
	for i, j := range l.Journeys {
		bad := ""
		switch {
		case math.IsNaN(j.At) || j.At < 0 || math.IsInf(j.At, 0):
			bad = fmt.Sprintf("time %g is not a number of seconds from 0", j.At)
		case j.Journey < 0 || j.Journey >= journeys:
			bad = fmt.Sprintf("there is no journey %d; the system has %d", j.Journey, journeys)
		case j.Lane < -1 || j.Lane >= len(l.Lanes):
			bad = fmt.Sprintf("there is no lane %d; the load has %d", j.Lane, len(l.Lanes))
		case j.Catalogue < 0 || j.Catalogue >= max(1, l.Catalogues):
			bad = fmt.Sprintf("there is no catalogue %d; the load has %d", j.Catalogue, max(1, l.Catalogues))
		}
		for _, p := range j.Document {
			if p < 0 || int(p) >= l.Products.Len() {
				bad = fmt.Sprintf("there is no product of rank %d; the load has %d", p, l.Products.Len())
			}
		}
		if bad != "" {
			return fmt.Errorf("sim: %w", &headroom.InputError{What: bad, Where: fmt.Sprintf("load[%d]", i)})
		}
	}
	return nil
}

// inOrder is the order of the schedule by time, ties as given.
func (l Load) inOrder() []int {
	order := make([]int, len(l.Journeys))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return l.Journeys[order[a]].At < l.Journeys[order[b]].At })
	return order
}
