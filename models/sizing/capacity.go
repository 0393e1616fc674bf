package sizing

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// The search for capacity goes over scales on a grid of 2^(1/32), 2.2 %, from
// 1/16 to 16 of the replayed load: grid points are exponents.
const (
	doubling  = 32
	smallest  = -4 * doubling
	largest   = 4 * doubling
	firstStep = doubling     // of the first replication: a doubling
	nextStep  = doubling / 8 // of the others, from where the first one ended
)

func scaleOf(point int) float64 {
	return math.Round(math.Exp2(float64(point)/doubling)*1e6) / 1e6
}

// Limit is what ends a topology's capacity.
type Limit struct {
	Capacity  *headroom.Estimate // of the replayed load; nil when it was not found
	By        string             // the objective that is missed first, and the busiest station there
	Objective *headroom.Objective
	Station   string // "app", "database", "host" or "workers"; behind the stack's name where there are several
	Warnings  []string
}

// Capacity is the highest scale of the replayed load at which a topology holds
// every objective: by doubling and bisection on the scale, for each replication
// by itself. The value is the highest at which more than half of them hold, so that
// a forecast at it, which judges by medians, holds too; the interval has 90 % of them.
//
// Of two scales that a replication holds and misses the search finds one pair of
// neighbours; where objectives come and go with the scale, as those of a share
// of few journeys do, there may be others.
func Capacity(m headroom.Model, t headroom.Topology, provider Provider, objectives []headroom.Objective, o Options) (Limit, error) {
	o = o.defaults()
	if err := errors.Join(CheckTopology(t), o.check()); err != nil {
		return Limit{}, err
	}
	objectives = forecastable(objectives)
	if len(objectives) == 0 {
		return Limit{Warnings: []string{"the plan has no objective that a forecast can be held against: capacity has no meaning"}}, nil
	}
	s := &search{m: m, t: t, provider: provider, objectives: objectives, o: o, scenes: map[int]*scene{}}
	found := make([]end, o.CapacityReplications)
	errs := make([]error, o.CapacityReplications)
	found[0], errs[0] = s.one(0, 0, firstStep)
	if errs[0] == nil {
		sim.Parallel(o.CapacityReplications-1, o.Parallel, func(n int) {
			found[n+1], errs[n+1] = s.one(n+1, found[0].held, nextStep)
		})
	}
	if err := errors.Join(errs...); err != nil {
		return Limit{}, err
	}
	if !s.judged && !slices.ContainsFunc(found, func(e end) bool { return e.miss != nil }) {
		return Limit{Warnings: []string{fmt.Sprintf("no objective could be judged (%s): the capacity is not known", s.unjudged)}}, nil
	}
	return s.limit(found), nil
}

type search struct {
	m          headroom.Model
	t          headroom.Topology
	provider   Provider
	objectives []headroom.Objective
	o          Options
	mu         sync.Mutex
	scenes     map[int]*scene // by grid point
	judged     bool           // some objective had a figure in some replication
	unjudged   string         // why one had none
}

// An end is where one replication's capacity lies: held, and missed at the next
// point of the grid.
type end struct {
	held int   // below smallest: not even that is held
	miss *miss // nil: the search ended before anything was missed
}

// A miss is which objective was missed by most, and what was busiest.
type miss struct {
	objective int
	station   string
}

// one searches a replication's capacity, beginning at a point.
func (s *search) one(n, begin, step int) (end, error) {
	low, high := smallest-1, largest+1 // held below, missed above
	var why *miss
	for at := min(max(begin, smallest), largest); high-low > 1; {
		w, err := s.misses(at, n)
		if err != nil {
			return end{}, err
		}
		if w == nil {
			low = at
		} else {
			high, why = at, w
		}
		switch {
		case high > largest: // nothing was missed yet
			at, step = min(low+step, largest), 2*step
		case low < smallest:
			at, step = max(high-step, smallest), 2*step
		default:
			at = low + (high-low)/2
		}
	}
	return end{held: low, miss: why}, nil
}

// misses is what replication n misses at a point of the grid; nil when it holds
// every objective. A load that cannot even be simulated is not held.
func (s *search) misses(point, n int) (*miss, error) {
	k, err := s.scene(point)
	if err != nil {
		return nil, err
	}
	c, err := k.replicate(s.o.Seed, n, looked(s.objectives))
	switch {
	case overloaded(err):
		return &miss{-1, "workers"}, nil
	case err != nil:
		return nil, fmt.Errorf("%w, at scale %g", err, scaleOf(point))
	}
	worst := miss{objective: -1}
	highest := 1.0
	for i, o := range s.objectives {
		f := c.judge(o)
		s.note(o, f)
		if x := ratio(o, f.value); x > highest {
			highest, worst.objective = x, i
		}
	}
	if worst.objective < 0 {
		return nil, nil
	}
	worst.station = c.busiest()
	return &worst, nil
}

// note keeps whether anything was judged at all.
func (s *search) note(o headroom.Objective, f figure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !math.IsNaN(f.value) {
		s.judged = true
	} else if s.unjudged == "" {
		s.unjudged = s.o.name(o) + ": " + f.reason
	}
}

// scene is that of a scale; bisection of doublings meets the same ones again.
func (s *search) scene(point int) (*scene, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.scenes[point]; k != nil {
		return k, nil
	}
	scale := scaleOf(point)
	l, err := s.provider(scale)
	if err != nil {
		return nil, fmt.Errorf("sizing: schedule at scale %g: %w", scale, err)
	}
	k, err := newScene(s.m, s.t, l, s.o)
	if err != nil {
		return nil, err
	}
	s.scenes[point] = k
	return k, nil
}

// busiest is the station that is used most, or the workers where all are.
func (c *course) busiest() string {
	what, most := "", -1.0
	for _, u := range c.stations {
		if x := u.whole(c.window); x > most {
			what, most = c.station(u), x
		}
	}
	for _, p := range c.pools {
		if busy := p.busy / p.workers; busy > most && busy > 0.9 {
			what, most = c.stacks[p.stack].name+"workers", busy
		}
	}
	return what
}

func (s *search) limit(found []end) Limit {
	out := Limit{}
	blame := map[miss]int{}
	var worst miss
	var scales []float64
	for _, e := range found {
		held := 0.0
		if e.held >= smallest {
			held = scaleOf(e.held)
		}
		scales = append(scales, held)
		if e.miss == nil {
			continue
		}
		if blame[*e.miss]++; blame[*e.miss] > blame[worst] { // the first of those that as many name
			worst = *e.miss
		}
	}
	if blame[worst] > 0 {
		out.Station = worst.station
		out.By = "the simulation was given up: the load is far more than it carries"
		if worst.objective >= 0 {
			out.Objective = &s.objectives[worst.objective]
			out.By = s.o.name(*out.Objective) + ", " + worst.station + " busiest"
		}
	}
	e := estimate(scales, len(scales), "bisection of simulated schedules")
	slices.Sort(scales)
	e.Value = scales[(len(scales)-1)/2] // more than half hold there
	switch {
	case e.Value == 0:
		out.Warnings = append(out.Warnings, fmt.Sprintf("topology %q misses an objective even at %g of the replayed load: %s", s.t.Name, scaleOf(smallest), out.By))
		return out
	case e.Value >= scaleOf(largest):
		out.Warnings = append(out.Warnings, fmt.Sprintf("topology %q holds %g times the replayed load: the search ended there", s.t.Name, scaleOf(largest)))
	}
	out.Capacity = &e
	return out
}
