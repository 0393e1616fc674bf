package layered

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/headroom-erp/headroom"
)

// More open load never makes the mean response of a class shorter, by more than
// a thousandth: the approximation's own grain.
func TestMonotoneInLoad(t *testing.T) {
	compared := 0
	for i := range uint64(80) {
		s := randomSystem(rand.New(rand.NewPCG(i, 9)), features{})
		withoutOperators(&s)
		scaleTo(&s, 1)
		last := make([]float64, len(s.Classes))
		for load := 0.1; load < 0.97; load += 0.05 {
			got := solve(t, times(s, load))
			for k, c := range got.Classes {
				if c.ResponseMean == nil {
					continue
				}
				if *c.ResponseMean < last[k]*(1-1e-3) {
					t.Errorf("system %d, class %d, load %.2f: %.6g after %.6g", i, k, load, *c.ResponseMean, last[k])
				}
				last[k] = *c.ResponseMean
				compared++
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d were compared", compared)
	}
}

// withoutOperators makes their load open.
func withoutOperators(s *headroom.System) {
	for k := range s.Journeys {
		if j := &s.Journeys[k]; j.Population > 0 {
			j.ArrivalRate, j.Population = 0.3, 0
		}
	}
}

// uneven makes the work of a request at least as uneven as exponential work, also
// where two stations share it. Less than that need not be monotone: a few workers
// that finish even work one after the other beat many that share the cores. All of
// it needs a worker: what does not has less of the stations when there are more. And
// of several kinds, long requests may lose where the mean gains.
func uneven(s *headroom.System) {
	for i := range s.Classes {
		c := &s.Classes[i]
		c.Pool, c.SCV, c.DelaySCV = "web", map[string]float64{}, 2
		for station := range c.Demand {
			c.SCV[station] = 2
		}
	}
}

// residue is how far a fixed point may be from itself, and grain what the
// approximation of unequal waits adds to that.
const residue, grain = 1e-4, 3e-4

// growth makes a system larger, or its work less, step by step.
type growth struct {
	name string
	step func(s *headroom.System, n int)
}

var growths = []growth{
	{"workers", func(s *headroom.System, _ int) { s.Pools[0].Servers++ }},
	{"cores", func(s *headroom.System, n int) { s.Stations[n%len(s.Stations)].Servers *= 1.15 }},
	{"demand", func(s *headroom.System, n int) {
		c := &s.Classes[n%len(s.Classes)]
		less := map[string]float64{}
		for station, d := range c.Demand {
			less[station] = 0.9 * d
		}
		c.Demand = less
	}},
}

// Without conflicts, more workers, more cores and less demand never make the
// mean response of all requests of open load longer.
func TestMonotoneInSize(t *testing.T) {
	compared := 0
	for i := range uint64(40) {
		drawn := randomSystem(rand.New(rand.NewPCG(i, 21)), features{})
		withoutOperators(&drawn)
		uneven(&drawn)
		scaleTo(&drawn, 0.3+0.6*float64(i%10)/9)
		for _, g := range growths {
			s := copied(drawn)
			last := meanOfAll(t, s)
			for n := range 8 {
				g.step(&s, n)
				got := meanOfAll(t, s)
				changed := s.Pools[0].Servers == mostPhases+1 && g.name == "workers" // from phases to their limits: up to 2 %
				if got > last*(1+grain) && !changed {
					t.Errorf("system %d, %s, step %d: a mean of %.7g after %.7g", i, g.name, n+1, got, last)
				}
				last = got
				compared++
			}
		}
	}
	if compared != 40*3*8 {
		t.Errorf("%d were compared", compared)
	}
}

// copied is a copy of what steps change.
func copied(s headroom.System) headroom.System {
	s = times(s, 1)
	s.Stations, s.Pools = slices.Clone(s.Stations), slices.Clone(s.Pools)
	return s
}

// meanOfAll is the mean response of all requests, in seconds.
func meanOfAll(t *testing.T, s headroom.System) float64 {
	t.Helper()
	var sum, rate float64
	for _, c := range solve(t, s).Classes {
		if c.ResponseMean == nil {
			t.Fatalf("class %s is overloaded", c.Name)
		}
		sum, rate = sum+c.Throughput**c.ResponseMean, rate+c.Throughput
	}
	return sum / rate
}

// More operators of one kind never do less together, whoever else is there. Nor
// do they with more workers, more cores or less to do, where nobody else is: who
// else gains by it may take more from them than they gain.
func TestMonotoneInOperators(t *testing.T) {
	more := growth{"population", func(s *headroom.System, _ int) { s.Journeys[operatorsOf(s)].Population++ }}
	found := 0
	for i := uint64(0); found < 40; i++ {
		s := randomSystem(rand.New(rand.NewPCG(i, 22)), features{})
		k := operatorsOf(&s)
		if k < 0 {
			continue
		}
		found++
		uneven(&s)
		alone := times(s, 1)
		alone.Journeys = []headroom.SystemJourney{s.Journeys[k]}
		neverLess(t, i, s, more)
		for _, g := range append([]growth{more}, growths...) {
			neverLess(t, i, alone, g)
		}
	}
}

// neverLess lets a system grow, and fails where its operators do less.
func neverLess(t *testing.T, i uint64, s headroom.System, g growth) {
	t.Helper()
	s = copied(s)
	k := operatorsOf(&s)
	last := solve(t, s).Journeys[k].Throughput
	for n := range 8 {
		g.step(&s, n)
		got := solve(t, s).Journeys[k].Throughput
		if got < last*(1-residue) {
			t.Errorf("system %d, %d kinds, %s, step %d: a throughput of %.7g after %.7g", i, len(s.Journeys), g.name, n+1, got, last)
		}
		last = got
	}
}

// operatorsOf is the first journey of operators, -1 where there is none.
func operatorsOf(s *headroom.System) int {
	for k, j := range s.Journeys {
		if j.Population > 0 {
			return k
		}
	}
	return -1
}
