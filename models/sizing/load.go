package sizing

import (
	"fmt"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// Load is a schedule in memory.
type Load struct {
	Header   headroom.Header
	Arrivals []headroom.Arrival // in order of At
}

// A Provider gives the calendar's schedule at a scale of the replayed load. The
// same scale gives the same schedule.
type Provider func(scale float64) (Load, error)

// Collect reads a schedule into memory.
func Collect(s headroom.Schedule) (Load, error) {
	l := Load{Header: s.Header()}
	for a, err := range s.Arrivals() {
		if err != nil {
			return Load{}, fmt.Errorf("sizing: schedule: %w", err)
		}
		l.Arrivals = append(l.Arrivals, a)
	}
	return l, nil
}

// replay is a load in the simulator's terms.
type replay struct {
	load     sim.Load
	process  []string // of each journey of load
	at       []float64
	from, to float64 // the window
	spans    []headroom.Span
	warnings []string
	window   map[string]int // journeys scheduled in the window, by process
}

// newReplay leaves out arrivals of processes that the model does not know, and says so.
func newReplay(s headroom.System, l Load) replay {
	index := map[string]int{}
	for i, j := range s.Journeys {
		index[j.Name] = i
	}
	r := replay{from: l.Header.LeadIn, to: l.Header.Duration(), spans: l.Header.Spans, window: map[string]int{}}
	for _, lane := range l.Header.Lanes {
		r.load.Lanes = append(r.load.Lanes, max(1, lane.Connections))
	}
	documents := newDocuments(l.Header)
	r.load.Products, r.load.Catalogues = documents.law, documents.catalogues
	missing, shifts := make([]int, len(l.Header.Processes)), make([]int, len(l.Header.Processes))
	for _, a := range l.Arrivals {
		if int(a.Process) >= len(l.Header.Processes) {
			continue
		}
		name := l.Header.Processes[a.Process].Name
		if a.Kind == headroom.Closed {
			shifts[a.Process]++
			continue
		}
		j, ok := index[name]
		if !ok {
			missing[a.Process]++
			continue
		}
		t := sim.Timed{At: a.At.Seconds(), Journey: j, Lane: -1, Seed: a.Seed}
		t.Document, t.Catalogue = documents.of(a)
		if a.Kind == headroom.Batched && int(a.Lane) < len(r.load.Lanes) {
			t.Lane = int(a.Lane)
		}
		r.load.Journeys = append(r.load.Journeys, t)
		r.process, r.at = append(r.process, name), append(r.at, t.At)
		if t.At >= r.from && t.At < r.to {
			r.window[name]++
		}
	}
	for i, n := range shifts {
		if n > 0 {
			r.warnings = append(r.warnings, fmt.Sprintf("process %q is done by %d operators, whose journeys depend on the answers: they are not forecast, and the forecast lacks their load", l.Header.Processes[i].Name, n))
		}
	}
	for i, n := range missing {
		if n > 0 {
			r.warnings = append(r.warnings, fmt.Sprintf("the model knows no journey of process %q: its %d arrivals are left out", l.Header.Processes[i].Name, n))
		}
	}
	return r
}

// Replay is the load as the simulator of a system takes it, with each arrival's
// document. Arrivals of processes that are no journey of the system are left out.
func (l Load) Replay(s headroom.System) sim.Load {
	r := newReplay(s, l)
	return r.load
}

// in says whether journey i counts for an objective: it is scheduled within the
// window and, where the objective names a peak, within one of its spans.
func (r *replay) in(i int, peak string) bool {
	t := r.at[i]
	if t < r.from || t >= r.to {
		return false
	}
	if peak == "" {
		return true
	}
	for _, s := range r.spans {
		if s.Name == peak && t >= s.From && t < s.To {
			return true
		}
	}
	return false
}
