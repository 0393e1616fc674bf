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
}

type class struct {
	name     string
	pool     int // -1: none
	home     int // station, -1: no demand at all
	work     law
	called   []int
	calls    []law
	visits   float64 // calls of each called station
	delay    float64
	overhead law
	perLine  float64 // of the demand, for a line more than the mean
	lines    float64 // mean lines of documents
	rule     *headroom.ConflictRule
	popular  *headroom.Popularity // of the rule's rows; nil when they are equally likely
	group    int
}

type step struct {
	class  int
	think  float64
	visits float64
}

type journey struct {
	name  string
	steps []step
}

// load is what arrives by itself.
type load struct {
	journey    int
	rate       float64
	population int
	think      float64
}

func compile(s headroom.System, l Load, maxCalls int) (*program, error) {
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	p := &program{stations: s.Stations, pools: s.AllPools(), own: len(s.Journeys)}
	index := map[string]int{}
	for i, c := range s.Classes {
		index[c.Name] = i
		p.classes = append(p.classes, p.class(s, c, l, maxCalls))
	}
	for _, c := range p.classes {
		if c.rule != nil && c.rule.Documents {
			p.space[c.group] = max(p.space[c.group], l.rows())
		}
	}
	for i, j := range s.Journeys {
		out := journey{name: j.Name}
		for _, st := range j.Steps {
			v := st.Visits
			if v == 0 {
				v = 1
			}
			out.steps = append(out.steps, step{index[st.Class], st.ThinkTime, v})
		}
		p.journeys = append(p.journeys, out)
		p.load(i, j.ArrivalRate, j.Population, j.ThinkTime)
	}
	for i, c := range s.Classes {
		if c.ArrivalRate > 0 || c.Population > 0 {
			p.journeys = append(p.journeys, journey{c.Name, []step{{class: i, visits: 1}}})
			p.load(len(p.journeys)-1, c.ArrivalRate, c.Population, c.ThinkTime)
		}
	}
	return p, nil
}

func (p *program) load(journey int, rate float64, population int, think float64) {
	if rate > 0 || population > 0 {
		p.sources = append(p.sources, load{journey, rate, population, think})
	}
}

func (p *program) class(s headroom.System, c headroom.Class, l Load, maxCalls int) class {
	out := class{name: c.Name, pool: s.PoolOf(c), home: -1, delay: c.Delay, overhead: newLaw(c.Overhead, c.OverheadSCV), visits: c.DatabaseCalls, group: -1}
	if c.LineShare > 0 {
		out.perLine, out.lines = c.LineShare/c.Lines, c.Lines
	}
	for i, st := range s.Stations {
		if c.Demand[st.Name] > 0 && (out.home < 0 || s.Stations[out.home].Name == "database") {
			out.home = i
		}
	}
	for i, st := range s.Stations {
		work := newLaw(c.Demand[st.Name], scvOf(c, st.Name))
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
		out.rule, out.group = r, p.group(r)
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

func (p *program) group(r *headroom.ConflictRule) int {
	for i, g := range p.groups {
		if g == r.Group {
			p.space[i] = max(p.space[i], r.Population)
			return i
		}
	}
	p.groups = append(p.groups, r.Group)
	p.space = append(p.space, r.Population)
	return len(p.groups) - 1
}
