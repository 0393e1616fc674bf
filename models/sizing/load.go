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

// mostArrivals keeps a schedule, and the journeys that replications make of it, in
// a machine's memory.
const mostArrivals = 10_000_000

// Collect reads a schedule into memory; an *headroom.InputError where it is too long for that.
func Collect(s headroom.Schedule) (Load, error) {
	l := Load{Header: s.Header()}
	for a, err := range s.Arrivals() {
		if err != nil {
			return Load{}, fmt.Errorf("sizing: schedule: %w", err)
		}
		if len(l.Arrivals) == mostArrivals {
			return Load{}, &headroom.InputError{What: fmt.Sprintf("the window has more than %d million arrivals at scale %g", mostArrivals/1_000_000, l.Header.Scale),
				Do: "take a shorter window or a smaller scale"}
		}
		l.Arrivals = append(l.Arrivals, a)
	}
	return l, nil
}

// Replay is the load as the simulator of a system takes it, with each arrival's
// document, operators on their shifts, and the work that lies there when the
// run begins. What belongs to processes that are no journey of the system is
// left out.
func (l Load) Replay(s headroom.System) sim.Load {
	r := newReplay(s, l, everywhere)
	return r.load
}

// everywhere is every site.
func everywhere(string) bool { return true }

// A replay is what comes to one stack, in the simulator's terms.
type replay struct {
	load    sim.Load
	sources []source // of load.Journeys
	shifts  []source // of load.Operators
	tenants int
	missing []int // arrivals of each process that the model does not know
}

// A source is what a journey, or a shift, of the schedule was.
type source struct {
	process uint16
	site    uint16
	due     float64 // seconds since the run's start; 0: never
}

// newReplay takes the load of some of the sites.
func newReplay(s headroom.System, l Load, here func(site string) bool) replay {
	index := map[string]int{}
	for i, j := range s.Journeys {
		index[j.Name] = i
	}
	d := newDocuments(l.Header, here)
	r := replay{tenants: d.catalogues, missing: make([]int, len(l.Header.Processes))}
	for _, lane := range l.Header.Lanes {
		r.load.Lanes = append(r.load.Lanes, max(1, lane.Connections))
	}
	r.load.Products, r.load.Catalogues = d.law, d.catalogues
	for _, a := range l.Arrivals {
		if int(a.Process) >= len(l.Header.Processes) || !at(l.Header, a.Site, here) {
			continue
		}
		j, ok := index[l.Header.Processes[a.Process].Name]
		if !ok {
			r.missing[a.Process]++
			continue
		}
		from := source{a.Process, a.Site, a.Due.Seconds()}
		if a.Kind == headroom.Closed {
			r.load.Operators, r.shifts = append(r.load.Operators, d.operator(a, j)), append(r.shifts, from)
			continue
		}
		t := sim.Timed{At: a.At.Seconds(), Journey: j, Lane: -1, Seed: a.Seed, Document: d.of(a), Catalogue: d.catalogue(a.Site), Tenant: d.catalogue(a.Site), Site: int(a.Site)}
		if a.Kind == headroom.Batched && int(a.Lane) < len(r.load.Lanes) {
			t.Lane = int(a.Lane)
		}
		r.load.Journeys, r.sources = append(r.load.Journeys, t), append(r.sources, from)
	}
	r.load.Stock = d.stock(taken(s), here)
	return r
}

// at says whether a site of the header is one of them; of a header without
// sites it is.
func at(h headroom.Header, site uint16, here func(string) bool) bool {
	return int(site) >= len(h.Sites) || here(h.Sites[site].Name)
}

// operator is a shift, whose journeys are the j-th of the system.
func (d *documents) operator(a headroom.Arrival, j int) sim.Operator {
	p := d.header.Processes[a.Process]
	o := sim.Operator{From: a.At.Seconds(), Until: max(a.At, a.Until).Seconds(), Journey: j, Think: p.ThinkTime, ThinkSCV: p.ThinkSCV, Seed: a.Seed,
		Lines: p.Lines, Catalogue: d.catalogue(a.Site), Tenant: d.catalogue(a.Site), Site: int(a.Site)}
	if int(a.Process) < len(d.laws) {
		o.Law = &d.laws[a.Process]
	}
	return o
}

// taken are the kinds of work that the system's journeys take.
func taken(s headroom.System) []string {
	var out []string
	for _, j := range s.Journeys {
		if j.Takes != "" {
			out = append(out, j.Takes)
		}
	}
	return out
}
