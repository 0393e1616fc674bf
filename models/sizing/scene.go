package sizing

import (
	"fmt"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// A scene is everything of a forecast but its randomness: a topology's stacks,
// what comes to each, and what the schedule says of times, sites and peaks.
type scene struct {
	model     headroom.Model
	topology  headroom.Topology
	header    headroom.Header
	stacks    []stack
	processes map[string]int // indexes into header.Processes
	handovers []headroom.Handover
	dues      map[string]float64 // seconds from a peak's end to its cutoff, where that is later
	operators map[string]int     // by process, of those whose shift touches the window
	pace      []sim.Pace
	window    part
	end       float64 // until when load is offered
	horizon   float64 // when a run cuts off what has not ended
	warnings  []string
}

// A stack is one part of a topology.
type stack struct {
	name     string // what stands before its stations: "" where there is one
	topology headroom.Topology
	sites    []string // that it serves; nil: all
	system   headroom.System
	replay   replay
	changes  []headroom.Reconfiguration // in order of time, in the words of system
}

// grace is how long a run lets journeys finish after the last one came, and
// the last shift ended, in seconds: then what has not ended has failed.
const grace = 90

// newScene puts a load before a topology.
func newScene(m headroom.Model, t headroom.Topology, l Load, o Options) (*scene, error) {
	if err := CheckTopology(t); err != nil {
		return nil, err
	}
	h := l.Header
	s := &scene{model: passing(quickened(m, o.speed()), h), topology: t, header: h, processes: map[string]int{}, dues: o.Dues, operators: map[string]int{}, pace: o.Pace,
		window: part{from: h.LeadIn, to: h.Duration()}, end: h.Duration()}
	for i, p := range h.Processes {
		s.processes[p.Name] = i
		s.handovers = append(s.handovers, headroom.HandoverOf(p.Scenario))
	}
	last := s.end
	for _, a := range l.Arrivals {
		last = max(last, a.At.Seconds(), a.Until.Seconds())
		if a.Kind == headroom.Closed && int(a.Process) < len(h.Processes) && a.At.Seconds() < s.window.to && a.Until.Seconds() > s.window.from {
			s.operators[h.Processes[a.Process].Name]++
		}
	}
	s.horizon = last + grace
	s.warnings = append(s.warnings, sitesOf(h, t)...)
	missing := make([]int, len(h.Processes))
	parts := t.Parts(planned(h))
	if len(parts) > 1 && slices.ContainsFunc(parts, func(p headroom.Part) bool { return p.Topology.Quota != nil }) {
		s.warnings = append(s.warnings, fmt.Sprintf("the stacks of topology %q have quotas of one machine; each is forecast as if it had the machine to itself", t.Name))
	}
	for _, p := range parts {
		s.stacks = append(s.stacks, s.stack(p, l, len(parts) > 1))
	}
	if err := s.reconfigure(o.Changes); err != nil {
		return nil, err
	}
	for _, k := range s.stacks {
		for i, n := range k.replay.missing {
			missing[i] += n
		}
		s.warnings = append(s.warnings, unmodelled(s.model, k.topology, k.replay.tenants, k.mostWorkers())...)
	}
	for i, n := range missing {
		if n > 0 {
			s.warnings = append(s.warnings, fmt.Sprintf("the model knows no journey of process %q: its %d arrivals are left out", h.Processes[i].Name, n))
		}
	}
	s.warnings = slices.Concat(s.warnings, otherwise(s.model, h), weightless(s.model, h), several(h, s.handovers))
	return s, nil
}

// stack puts a part of the topology before what comes to it.
func (s *scene) stack(p headroom.Part, l Load, several bool) stack {
	k := stack{topology: p.Topology, sites: p.Sites}
	if several {
		k.name = p.Topology.Name + "/"
	}
	if len(s.header.Sites) == 0 || !several {
		k.sites = nil
	}
	k.replay = newReplay(system(s.model, p.Topology, 1), l, k.serves)
	k.system = system(s.model, p.Topology, k.replay.tenants)
	return k
}

func (k stack) serves(site string) bool { return k.sites == nil || slices.Contains(k.sites, site) }

// planned are the header's sites as a plan has them, as far as stacks go.
func planned(h headroom.Header) []headroom.Site {
	out := make([]headroom.Site, len(h.Sites))
	for i, s := range h.Sites {
		out[i] = headroom.Site{Name: s.Name, Database: s.Database}
	}
	return out
}

// sitesOf says which of the schedule's sites no stack serves.
func sitesOf(h headroom.Header, t headroom.Topology) []string {
	var out []string
	for _, s := range h.Sites {
		served := len(t.Stacks) == 0 || slices.ContainsFunc(t.Stacks, func(k headroom.Topology) bool { return slices.Contains(k.Sites, s.Name) })
		if !served {
			out = append(out, fmt.Sprintf("no stack of topology %q serves site %q: its load is left out", t.Name, s.Name))
		}
	}
	return out
}

// passing is the model with what its journeys take and make, where only the
// schedule's scenarios tell it.
func passing(m headroom.Model, h headroom.Header) headroom.Model {
	by := map[string]headroom.Handover{}
	for _, p := range h.Processes {
		by[p.Name] = headroom.HandoverOf(p.Scenario)
	}
	m.Journeys = slices.Clone(m.Journeys)
	for i := range m.Journeys {
		j := &m.Journeys[i]
		if j.Makes == "" && j.Takes == "" {
			j.Makes, j.Takes = by[j.Process].Makes, by[j.Process].Takes
		}
	}
	return m
}

// several warns of journeys that take more than one transfer.
func several(h headroom.Header, handovers []headroom.Handover) []string {
	var out []string
	for i, x := range handovers {
		if x.Several {
			out = append(out, fmt.Sprintf("a journey of process %q takes several transfers at once; the forecast lets it take one", h.Processes[i].Name))
		}
	}
	return out
}

// A part is a stretch of the run at some of its sites: [from, to).
type part struct {
	from, to float64  // seconds since the run's start
	sites    []string // empty: all
}

func (p part) has(site string) bool { return len(p.sites) == 0 || slices.Contains(p.sites, site) }

// at are the header's sites that a part has, by index; nil: all.
func (s *scene) at(p part) []bool {
	if len(p.sites) == 0 {
		return nil
	}
	out := make([]bool, len(s.header.Sites))
	for i, x := range s.header.Sites {
		out[i] = p.has(x.Name)
	}
	return out
}

// among says whether a site is one of those of at; one that the header does
// not name is only among all.
func among(sites []bool, site uint16) bool {
	return sites == nil || int(site) < len(sites) && sites[site]
}

// parts are the stretches of the window that an objective speaks of, as a run
// is judged.
func (s *scene) parts(o headroom.Objective) []part {
	var all []part
	if o.Peak == "" {
		all = []part{s.window}
	}
	for _, x := range s.header.Spans {
		if o.Peak != "" && x.Name == o.Peak {
			all = append(all, s.phase(x, o.Phase))
		}
	}
	var out []part
	for _, p := range all {
		if o.Site != "" {
			if !p.has(o.Site) {
				continue
			}
			p.sites = []string{o.Site}
		}
		if p.from < p.to {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b part) int { return compare(a.from, b.from) })
	return out
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// phase is the part of the window that is a phase of a peak. What lies between
// two occurrences of a peak at a site is after the one and before the other,
// half of it each.
func (s *scene) phase(x headroom.Span, phase string) part {
	p := part{s.window.from, s.window.to, x.Sites}
	for _, o := range s.header.Spans {
		if o.Name != x.Name || !meet(o.Sites, x.Sites) {
			continue
		}
		if o.To <= x.From {
			p.from = max(p.from, (o.To+x.From)/2)
		}
		if o.From >= x.To {
			p.to = min(p.to, (x.To+o.From)/2)
		}
	}
	switch phase {
	case "before":
		p.to = min(p.to, x.From)
	case "after":
		p.from = max(p.from, x.To)
	default:
		p.from, p.to = max(p.from, x.From), min(p.to, x.To)
	}
	return p
}

// meet says whether two lists of sites, of which an empty one means all, have
// one in common.
func meet(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// budget bounds one replication of a stack; a topology that needs more events
// does not serve its load in any useful time.
func (k *stack) budget(until float64) int {
	shifts := 0.0
	for _, o := range k.replay.load.Operators {
		shifts += (o.Until - o.From) / max(1, o.Think)
	}
	return max(leastEvents, int(min(math.MaxInt32, eventsPerJourney*(float64(len(k.replay.load.Journeys))+shifts))))
}

const (
	eventsPerJourney = 2000
	leastEvents      = 2_000_000
)
