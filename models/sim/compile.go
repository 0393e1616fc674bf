package sim

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
)

// program is a checked system with names turned into indices.
type program struct {
	stations []headroom.Station
	pools    []headroom.Pool
	classes  []class
	journeys []journey // the system's, then one for each class that has load of its own
	own      int       // number of the system's journeys
	sources  []load    // open and closed load
	groups   []string
	space    []float64 // rows of each group
	called   int       // most stations that any class calls
	kinds    []string  // of documents
	tenants  int
	named    map[string]int // tenants that classes name
	sites    int
	changes  []change
	hosts    []headroom.Host
}

type class struct {
	name         string
	pool         int // -1: none
	home         int // station, -1: no demand at all
	work         law
	called       []int
	calls        []law
	visits       float64 // calls of each called station
	delay        law
	overhead     law
	tenant       int     // -1: the journey's
	perLine      float64 // of the demand, for a line more than the mean
	lines        float64 // mean lines of documents
	ofQuantities bool    // lines are different quantities
	rule         *headroom.ConflictRule
	popular      *headroom.Popularity // of the rule's rows; nil when they are equally likely
	group        int
	also         []int // groups of the same rows
}

type step struct {
	class        int
	think        float64
	visits       float64
	eachQuantity bool
}

type journey struct {
	name         string
	steps        []step
	makes, takes int // kinds of documents, -1
}

// load is what arrives by itself.
type load struct {
	journey    int
	rate       float64
	population int
	think      law
	every      float64 // seconds between scheduled starts; 0: by the rate
	phase      float64 // from which they are counted
	from, to   float64 // in which the rate holds
}

func compile(s headroom.System, l Load, maxCalls int) (*program, error) {
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	if err := s.CheckChanges("changes", l.Changes); err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	return assemble(s, l, maxCalls), nil
}

// assemble compiles what was checked.
func assemble(s headroom.System, l Load, maxCalls int) *program {
	p := &program{stations: s.Stations, hosts: s.Hosts, pools: s.AllPools(), own: len(s.Journeys), changes: changes(s, l.Changes)}
	p.places(s, l)
	index := map[string]int{}
	for i, c := range s.Classes {
		index[c.Name] = i
		p.classes = append(p.classes, p.class(s, c, l, maxCalls))
	}
	for _, c := range p.classes {
		if c.rule != nil && c.rule.Documents {
			for _, g := range append([]int{c.group}, c.also...) {
				p.space[g] = max(p.space[g], l.rows())
			}
		}
	}
	for i, j := range s.Journeys {
		out := journey{name: j.Name, makes: p.kind(j.Makes), takes: p.kind(j.Takes)}
		for _, st := range j.Steps {
			out.steps = append(out.steps, step{index[st.Class], st.ThinkTime, visitsOf(st), st.EachQuantity})
		}
		p.journeys = append(p.journeys, out)
		scv := 1.0
		if j.ThinkSCV != nil {
			scv = *j.ThinkSCV
		}
		p.load(load{journey: i, rate: j.ArrivalRate, population: j.Population, think: newLaw(j.ThinkTime, scv)})
	}
	for i, c := range s.Classes {
		if c.ArrivalRate > 0 || c.Population > 0 || c.Every > 0 {
			p.load(load{journey: p.lone(i), rate: c.ArrivalRate, population: c.Population, think: newLaw(c.ThinkTime, 1), every: c.Every})
		}
	}
	return p
}

func (p *program) load(l load) {
	if l.rate > 0 || l.population > 0 || l.every > 0 {
		l.to = math.Inf(1)
		p.sources = append(p.sources, l)
	}
}

// lone adds the journey that is one request of a class.
func (p *program) lone(class int) int {
	p.journeys = append(p.journeys, journey{name: p.classes[class].name, steps: []step{{class: class, visits: 1}}, makes: -1, takes: -1})
	return len(p.journeys) - 1
}

// places numbers tenants: the load's, then those that classes name.
func (p *program) places(s headroom.System, l Load) {
	p.tenants, p.sites = l.places()
	p.named = map[string]int{}
	for _, c := range s.Classes {
		if _, ok := p.named[c.Tenant]; c.Tenant != "" && !ok {
			p.named[c.Tenant] = p.tenants
			p.tenants++
		}
	}
}

func (p *program) class(s headroom.System, c headroom.Class, l Load, maxCalls int) class {
	out := class{name: c.Name, pool: s.PoolOf(c), home: -1, tenant: -1, delay: newLaw(c.Delay, c.DelaySCV), overhead: newLaw(c.Overhead, c.OverheadSCV), visits: c.DatabaseCalls, group: -1}
	if c.Tenant != "" {
		out.tenant = p.named[c.Tenant]
	}
	if c.LineShare > 0 {
		out.perLine, out.lines, out.ofQuantities = c.LineShare/c.Lines, c.Lines, c.OfQuantities
	}
	for i, st := range s.Stations {
		if c.Demand[st.Name] > 0 && (out.home < 0 || s.Stations[out.home].Name == "database") {
			out.home = i
		}
	}
	for i, st := range s.Stations {
		work := demandLaw(c, st.Name)
		switch {
		case work.kind == zero:
		case i == out.home:
			out.work = work
		default:
			out.called = append(out.called, i)
			out.calls = append(out.calls, work)
		}
	}
	if maxCalls > 0 {
		out.visits = min(out.visits, float64(maxCalls))
	}
	p.called = max(p.called, len(out.called))
	if r := c.Conflict; r != nil {
		out.rule, out.group = r, p.group(r.Group, r)
		for _, name := range r.Also {
			if r.Documents && name != r.Group {
				out.also = append(out.also, p.group(name, r))
			}
		}
		switch {
		case r.Documents && l.Products.Len() > 0:
			out.popular = &l.Products
		case r.Popularity > 0:
			law := headroom.NewPopularity(int(math.Ceil(r.Population)), r.Popularity)
			out.popular = &law
		}
	}
	return out
}

func (p *program) group(name string, r *headroom.ConflictRule) int {
	for i, g := range p.groups {
		if g == name {
			p.space[i] = max(p.space[i], r.Population)
			return i
		}
	}
	p.groups = append(p.groups, name)
	p.space = append(p.space, r.Population)
	return len(p.groups) - 1
}
