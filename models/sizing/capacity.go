package sizing

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// Limits of the search for capacity: scales from 1/16 to 16 of the replayed load.
const (
	smallestScale = 1.0 / 16
	largestScale  = 16
	bisections    = 5 // of a doubling: 2^(1/32), a grain of 2.2 %
)

// Limit is what ends a topology's capacity.
type Limit struct {
	Capacity *headroom.Estimate // of the replayed load; nil when it was not found
	By       string             // the objective that is missed first, and the busiest station there
	Warnings []string
}

// Capacity is the highest scale of the replayed load at which a topology holds
// every objective: by doubling and bisection on the scale, for each replication
// by itself. The value is their median, between the two scales of the last
// bisection, the interval holds 90 % of them.
func Capacity(m headroom.Model, t headroom.Topology, provider Provider, objectives []headroom.Objective, o Options) (Limit, error) {
	o = o.defaults()
	if err := CheckTopology(t); err != nil {
		return Limit{}, err
	}
	objectives, _ = forecastable(objectives)
	if len(objectives) == 0 {
		return Limit{Warnings: []string{"the plan has no objective of a response time: capacity has no meaning"}}, nil
	}
	s := &search{m: m, t: t, provider: provider, objectives: objectives, o: o, loads: map[float64]*replay{}, blame: map[string]int{}}
	var found []float64
	for n := range o.CapacityReplications {
		scale, err := s.one(n)
		if err != nil {
			return Limit{}, err
		}
		found = append(found, scale)
	}
	return s.limit(found), nil
}

type search struct {
	m          headroom.Model
	t          headroom.Topology
	provider   Provider
	objectives []headroom.Objective
	o          Options
	loads      map[float64]*replay // by scale; bisection of doublings meets the same ones again
	blame      map[string]int
	order      []string // of blame, as first met
}

// one replication's capacity: 0 when not even the smallest scale is held,
// largestScale when everything is.
func (s *search) one(n int) (float64, error) {
	low, high := 0.0, 0.0
	by := ""
	for scale := 1.0; low == 0 || high == 0; {
		ok, why, err := s.holds(scale, n)
		if err != nil {
			return 0, err
		}
		if ok {
			if low = scale; low >= largestScale {
				return low, nil
			}
			scale *= 2
		} else {
			if high, by = scale, why; high <= smallestScale {
				s.accuse(by)
				return 0, nil
			}
			scale /= 2
		}
	}
	for range bisections {
		mid := math.Sqrt(low * high)
		ok, why, err := s.holds(mid, n)
		if err != nil {
			return 0, err
		}
		if ok {
			low = mid
		} else {
			high, by = mid, why
		}
	}
	s.accuse(by)
	return math.Sqrt(low * high), nil
}

func (s *search) accuse(by string) {
	if s.blame[by] == 0 {
		s.order = append(s.order, by)
	}
	s.blame[by]++
}

// holds says whether replication n meets every objective at a scale, and if
// not, which one it misses by most.
func (s *search) holds(scale float64, n int) (bool, string, error) {
	scale = math.Round(scale*1e6) / 1e6 // the same scale by whichever way it was reached
	r, ok := s.loads[scale]
	if !ok {
		l, err := s.provider(scale)
		if err != nil {
			return false, "", fmt.Errorf("sizing: schedule at scale %g: %w", scale, err)
		}
		x := newReplay(System(s.m, s.t), l)
		r, s.loads[scale] = &x, &x
	}
	res, err := replicate(s.m, s.t, r, s.o.Seed, n)
	if err != nil {
		return false, "", fmt.Errorf("sizing: topology %q at scale %g: %w", s.t.Name, scale, err)
	}
	m, whose := worst(&res, r, s.objectives)
	if m <= 1 {
		return true, "", nil
	}
	return false, name(s.objectives[whose]) + ", " + busiest(s.m, s.t, &res), nil
}

// name of an objective: "order p95 within 5 s".
func name(o headroom.Objective) string {
	return fmt.Sprintf("%s p%g within %g s%s", o.Process, o.Percentile, o.Within, during(o))
}

// busiest is the station that is used most, or the pool where all its workers are.
func busiest(m headroom.Model, t headroom.Topology, res *sim.Result) string {
	what, most := "", -1.0
	for i, st := range cores(t) {
		if u := (res.Stations[i].BusySeconds/max(res.Measured, 1e-9) + background(m, t, st.Name)) / st.Servers; u > most {
			what, most = st.Name, u
		}
	}
	if busy := res.Pools[0].BusyMean / float64(t.Web.Workers); busy > most && busy > 0.9 {
		return "workers busiest"
	}
	return what + " busiest"
}

func (s *search) limit(found []float64) Limit {
	out := Limit{}
	for _, by := range s.order {
		if out.By == "" || s.blame[by] > s.blame[out.By] {
			out.By = by
		}
	}
	e := estimate(found, len(found), "bisection of simulated schedules")
	switch {
	case e.Value == 0:
		out.Warnings = append(out.Warnings, fmt.Sprintf("topology %q misses an objective even at %g of the replayed load: %s", s.t.Name, smallestScale, out.By))
		return out
	case e.Value >= largestScale:
		out.Warnings = append(out.Warnings, fmt.Sprintf("topology %q holds %d times the replayed load: the search ended there", s.t.Name, largestScale))
	}
	out.Capacity = &e
	return out
}
