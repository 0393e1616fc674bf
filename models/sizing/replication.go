package sizing

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom/models/sim"
	"github.com/headroom-erp/headroom/results/stats"
)

// A course is what one replication shows, in the terms in which a run is
// measured: journeys, documents, requests, and how busy stations were.
type course struct {
	*scene
	journeys []journey // by scheduled time
	papers   []paper
	requests []request // only where somebody asks for them
	stations []usage
	pools    []poolUse
	tries    [][]tries // by stack and class of the model
	backlogs map[string]*stats.Backlog
}

// An outcome of a journey.
type outcome uint8

const (
	well outcome = iota
	idle         // it found nothing to do
	failed
)

// A journey is one that was due in the run.
type journey struct {
	scheduled, end float64
	process, site  uint16
	outcome        outcome
	operator       bool
	cut            bool // it had not ended when a run would have
}

func (j journey) response() float64 { return j.end - j.scheduled }

// A paper is one document that was released in the run.
type paper struct {
	site     uint16
	kind     string
	released float64
	due      float64 // 0: it has none
	done     float64 // +Inf: not in the run
}

// A request is one that could have lost a conflict: it held a worker.
type request struct {
	start, waited float64
	stack         int
	process, site uint16
	lost          bool
}

// A tries is how many requests of a class there were, and how many lost a conflict.
type tries struct{ requests, retried int }

// A usage is how busy a station of a stack was.
type usage struct {
	stack      int
	what       string    // "app", "database", "host"
	cores      supplies  // before background load
	background float64   // cores, of what it leaves at most (leastShare)
	sums       []float64 // busy seconds up to each edge of the bins
	width      float64   // seconds of a bin
	total      float64   // busy seconds of the window, background left out
}

// A poolUse is the mean number of workers of a stack over the window, and of
// busy ones.
type poolUse struct {
	stack   int
	workers float64
	busy    float64
}

// A look says what of a replication is kept.
type look struct {
	requests bool    // the requests
	grain    float64 // of the stations' use over time, in seconds; 0: not kept
}

// replicate simulates replication n: one draw of the model, one run of the
// schedule on each stack.
func (s *scene) replicate(seed uint64, n int, see look) (*course, error) {
	m := drawn(s.model, seed, n)
	c := &course{scene: s, backlogs: map[string]*stats.Backlog{}}
	for i := range s.stacks {
		k := &s.stacks[i]
		o := sim.Options{Seed: seed + uint64(n)*0x9e3779b97f4a7c15, Duration: s.window.to, Warmup: s.window.from, MaxCalls: Calls(k.system),
			MaxEvents: k.budget(s.end), Grain: see.grain}
		if see.requests {
			o.Each = c.listen(i)
		}
		if len(k.replay.load.Journeys)+len(k.replay.load.Operators) == 0 && o.Duration == 0 {
			c.tries = append(c.tries, nil) // nothing comes, for no time
			continue
		}
		load := k.replay.load
		load.Changes, load.Pace = k.happening(m), s.pace
		if load.Pace == nil {
			load.Pace = drifted(s.model.Drift, seed, n, s.horizon)
		}
		r, err := sim.Run(system(m, k.topology, k.replay.tenants), load, o)
		if err != nil {
			return nil, fmt.Errorf("sizing: topology %q: %w", k.topology.Name, err)
		}
		c.take(i, &r)
		c.use(i, &r, m, see.grain)
		c.tries = append(c.tries, triesOf(&r)) // of r nothing else is kept: a long window has much
	}
	slices.SortStableFunc(c.journeys, func(a, b journey) int { return cmp.Compare(a.scheduled, b.scheduled) })
	return c, nil
}

func triesOf(r *sim.Result) []tries {
	out := make([]tries, len(r.Classes))
	for i := range r.Classes {
		k := &r.Classes[i]
		out[i] = tries{k.Count + k.Failed, k.Retried}
	}
	return out
}

// overloaded says that a simulation was given up for its load.
func overloaded(err error) bool { return errors.Is(err, sim.ErrOverload) }

// take reads the journeys and documents of a stack's simulation.
func (c *course) take(i int, r *sim.Result) {
	k := &c.stacks[i]
	c.journeys = slices.Grow(c.journeys, len(r.Responses)+len(r.OperatorJourneys))
	papers := map[int32]int{} // by document
	note := func(from source, scheduled, end float64, o outcome, operator bool, document int32) {
		j := journey{scheduled, end, from.process, from.site, o, operator, end > c.horizon}
		if j.cut && o != idle {
			j.outcome = failed
		}
		c.journeys = append(c.journeys, j)
		h := c.handovers[from.process]
		if h.Released == "" || o != well {
			return
		}
		p := paper{site: from.site, kind: h.Released, released: end, due: from.due, done: math.Inf(1)}
		if h.Done == h.Released { // the same journey does it
			p.done = end
		}
		if j.cut {
			return
		}
		if document > 0 {
			papers[document] = len(c.papers)
		}
		c.papers = append(c.papers, p)
	}
	for n, x := range r.Responses {
		note(k.replay.sources[n], k.replay.load.Journeys[n].At, k.replay.load.Journeys[n].At+x.Seconds, outcomeOf(x.Failed, x.Nothing), false, x.Document)
	}
	for _, x := range r.OperatorJourneys {
		note(k.replay.shifts[x.Operator], x.At, x.End, outcomeOf(x.Failed, x.Nothing), true, x.Document)
	}
	done := func(from source, end float64, o outcome, document int32) {
		h := c.handovers[from.process]
		if p, ours := papers[document]; ours && o == well && end <= c.horizon && h.Takes != "" && h.Done == c.papers[p].kind {
			c.papers[p].done = min(c.papers[p].done, end)
		}
	}
	if len(papers) == 0 {
		return
	}
	for n, x := range r.Responses {
		done(k.replay.sources[n], k.replay.load.Journeys[n].At+x.Seconds, outcomeOf(x.Failed, x.Nothing), x.Document)
	}
	for _, x := range r.OperatorJourneys {
		done(k.replay.shifts[x.Operator], x.End, outcomeOf(x.Failed, x.Nothing), x.Document)
	}
}

func outcomeOf(fail, nothing bool) outcome {
	switch {
	case fail:
		return failed
	case nothing:
		return idle
	}
	return well
}

// listen keeps the requests that hold a worker.
func (c *course) listen(i int) func(sim.Request) {
	k := &c.stacks[i]
	return func(x sim.Request) {
		if k.system.PoolOf(k.system.Classes[x.Class]) < 0 {
			return
		}
		var from source
		switch {
		case x.Replay >= 0:
			from = k.replay.sources[x.Replay]
		case x.Operator >= 0:
			from = k.replay.shifts[x.Operator]
		default:
			return
		}
		c.requests = append(c.requests, request{x.Start, x.Waited, i, from.process, from.site, x.Tries > 1})
	}
}

// in are the journeys that are scheduled in a part, of a process (-1: all), in
// order.
func (c *course) in(p part, process int) []journey {
	first, _ := slices.BinarySearchFunc(c.journeys, p.from, func(j journey, t float64) int { return cmp.Compare(j.scheduled, t) })
	last, _ := slices.BinarySearchFunc(c.journeys, p.to, func(j journey, t float64) int { return cmp.Compare(j.scheduled, t) })
	sites := c.at(p)
	var out []journey
	for _, j := range c.journeys[first:max(first, last)] {
		if among(sites, j.site) && (process < 0 || int(j.process) == process) {
			out = append(out, j)
		}
	}
	return out
}

// responses of journeys, sorted: one that failed stands behind every one that
// did not, +Inf; what found nothing to do has no part in it.
func responses(list []journey) []float64 {
	var out []float64
	for _, j := range list {
		switch j.outcome {
		case well:
			out = append(out, j.response())
		case failed:
			out = append(out, math.Inf(1))
		}
	}
	slices.Sort(out)
	return out
}

// backlog is that of a kind of document, of journeys, or of everything, at
// some sites, as runs count it: operators' journeys are left out, and of
// everything a document counts from when the journey that released it ended.
func (c *course) backlog(kind string, sites []string) *stats.Backlog {
	key := kind + "\x00" + strings.Join(sites, "\x00")
	if b := c.backlogs[key]; b != nil {
		return b
	}
	at := c.at(part{sites: sites})
	var came, went []float64
	if kind == everything || kind == work {
		for _, j := range c.journeys {
			switch {
			case j.operator || !among(at, j.site):
			case j.cut:
				if j.scheduled <= c.end {
					came = append(came, j.scheduled)
				}
			case j.end > j.scheduled:
				came, went = append(came, j.scheduled), append(went, j.end)
			}
		}
	}
	for _, p := range c.papers {
		if (kind == everything || kind == p.kind) && among(at, p.site) && p.done > p.released {
			came, went = append(came, p.released), append(went, p.done)
		}
	}
	b := stats.NewBacklog(came, went)
	c.backlogs[key] = b
	return b
}

// forget drops the backlogs, which are as large as everything else of a course.
func (c *course) forget() { clear(c.backlogs) }

// Kinds of backlogs besides those of documents.
const (
	everything = ""
	work       = "journeys"
)
