package sim

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/headroom-erp/headroom"
)

// Bounds of a transient. A replication that has not drained after so many
// events counts as one that never does.
const (
	mostReplications  = 20_000
	leastReplications = 20
	pilots            = 64
	eventsOfPilots    = 1e7
	eventsInAll       = 4e7
	eventsOfOne       = 3_000_000
	stepsOfSeries     = 100
)

// Transient simulates what comes to a system over time, from a steady start.
//
// The series shows the state at each point after all that happened up to and
// at its time. The drain is looked for from the last time at which a burst ends
// or a batch comes; a burst is what raises a class' arrival rate above that of
// the start. Where there is neither, it is from the last change, or from 0.
// It ends when no request waits for a worker, of any pool. Requests that failed wait
// no longer; how many there are is FailedMean.
//
// Load that a steady start cannot have, because it is more than the system
// carries, begins at 0.
//
// Without Replications, there are as many as about 40 million events make, 20
// to 20,000. Of Options, Seed, Replications, Parallel, MaxCalls and MaxEvents
// (of a replication; 0 means 3 million) matter. Errors are an
// *headroom.InputError, wrapped.
func Transient(t headroom.Transient, o Options) (headroom.TransientSolution, error) {
	if err := t.Check(); err != nil {
		return headroom.TransientSolution{}, fmt.Errorf("sim: %w", err)
	}
	x := newTransient(t, o)
	x.pilot()
	x.run()
	return x.solution(), nil
}

// transient is the replications of one, with times in the engine's: warm is 0.
type transient struct {
	headroom.Transient
	o        Options
	program  *program
	load     Load
	warm     float64
	plan     watch
	warnings []string

	mu     sync.Mutex
	seen   *course
	drains []float64 // by replication, in seconds; NaN where it never came
	events int
}

func newTransient(t headroom.Transient, o Options) *transient {
	x := &transient{Transient: t, o: o}
	if x.o.MaxEvents <= 0 {
		x.o.MaxEvents = eventsOfOne
	}
	x.o.MaxCustomers = 2_000_000
	early, late := x.steps()
	x.warm = x.warmUp(early)
	x.compile(early, late)
	origin := x.origin(early)
	x.plan = watch{start: x.warm, until: x.warm + t.Until, origin: x.warm + origin, seek: true}
	if b := fullest(t.System, x.after(origin), t.Changes); b.utilization >= 1 {
		x.plan.seek = false
		x.neverDrains(b)
	}
	return x
}

// neverDrains warns of a bottleneck that is overloaded to the end.
func (x *transient) neverDrains(b bottleneck) {
	kind, name, _ := strings.Cut(b.name, " ")
	switch {
	case !math.IsInf(b.utilization, 1):
		x.warn("after the last burst the load is still %.4g of what the system carries: the backlog never goes", b.utilization)
	case kind == "pool":
		x.warn("after the last change pool %q has no workers: its requests fail, and there is no drain", name)
	default:
		x.warn("after the last change station %q has no servers: what comes to it never ends, and the backlog never goes", name)
	}
}

func (x *transient) warn(format string, args ...any) {
	x.warnings = append(x.warnings, fmt.Sprintf(format, args...))
}

// steps parts the load into what the steady start has, and what comes later.
func (x *transient) steps() (early, late []headroom.LoadStep) {
	for _, l := range x.Load {
		switch {
		case l.ArrivalRate == 0 || l.To <= 0 || l.To == l.From:
		case l.From <= 0:
			early = append(early, l)
		default:
			late = append(late, l)
		}
	}
	if u := utilization(x.System, early, nil); u >= 1 && len(early) > 0 {
		if utilization(x.System, nil, nil) < 1 {
			x.warn("the load at 0 s is %.4g of what the system carries and has no steady state: the steps of it begin at 0 s", u)
		}
		for i := range early {
			early[i].From = 0
		}
		return nil, append(early, late...)
	}
	return early, late
}

// after is the steps that hold when the last burst is over.
func (x *transient) after(origin float64) []headroom.LoadStep {
	return slices.DeleteFunc(slices.Clone(x.Load), func(l headroom.LoadStep) bool { return l.From > origin || l.To <= origin })
}

// origin is the time from which the drain is looked for.
func (x *transient) origin(early []headroom.LoadStep) float64 {
	last, found := 0.0, false
	for _, b := range x.Batches {
		if b.Count > 0 {
			last, found = max(last, b.T), true
		}
	}
	base := rates(early, 0)
	times := []float64{0}
	for _, l := range x.Load {
		times = append(times, l.From, l.To)
	}
	slices.Sort(times)
	raised := false
	for _, at := range times {
		now := raises(rates(x.Load, at), base)
		if raised && !now {
			last, found = max(last, at), true
		}
		raised = now
	}
	if !found {
		for _, c := range x.Changes {
			last = max(last, c.At)
		}
	}
	return last
}

// rates is the added rate by class at a time.
func rates(steps []headroom.LoadStep, at float64) map[string]float64 {
	sum := map[string]float64{}
	for _, l := range steps {
		if l.From <= at && at < l.To {
			sum[l.Class] += l.ArrivalRate
		}
	}
	return sum
}

// raises says whether some class arrives faster than at the start.
func raises(rates, base map[string]float64) bool {
	for class, r := range rates {
		if r > base[class]*(1+1e-9) {
			return true
		}
	}
	return false
}

// compile puts batches into a schedule, and steps beside the system's sources.
// Their journeys are named as their classes, whatever journeys of the system are named.
func (x *transient) compile(early, late []headroom.LoadStep) {
	s := x.System
	s.Journeys = slices.Clone(s.Journeys)
	index := map[string]int{}
	journey := func(class string) int {
		n, ok := index[class]
		if !ok {
			n = len(s.Journeys)
			index[class] = n
			s.Journeys = append(s.Journeys, headroom.SystemJourney{Name: class, Steps: []headroom.SystemStep{{Class: class}}})
		}
		return n
	}
	for n, b := range x.Batches {
		at := journey(b.Class)
		for i := range b.Count {
			x.load.Journeys = append(x.load.Journeys, Timed{At: x.warm + b.T, Journey: at, Lane: -1, Seed: key(uint64(n), uint64(i))})
		}
	}
	for _, c := range x.Changes {
		c.At += x.warm
		x.load.Changes = append(x.load.Changes, c)
	}
	for _, l := range append(slices.Clone(early), late...) {
		journey(l.Class)
	}
	p := assemble(s, x.load, x.o.MaxCalls)
	for i, l := range append(slices.Clone(early), late...) {
		from := x.warm + l.From
		if i < len(early) {
			from = 0
		}
		p.sources = append(p.sources, load{journey: index[l.Class], rate: l.ArrivalRate, from: from, to: x.warm + l.To})
	}
	for i := range p.sources {
		if every := p.sources[i].every; every > 0 { // its first start is half of it after 0
			p.sources[i].phase = math.Mod(x.warm, every)
		}
	}
	x.program = p
}
