package layered

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/headroom-erp/headroom"
)

// randomLoad: each class by itself, journeys of 1 to 4 requests, operators who
// think 1 to 30 s, or operators beside open load.
func randomLoad(r *rand.Rand, s *headroom.System) {
	n := len(s.Classes)
	kind := []int{0, 0, 1, 1, 1, 2, 3, 3}[r.IntN(8)]
	if kind == 0 {
		for i := range s.Classes {
			s.Classes[i].ArrivalRate = 0.2 + r.Float64()
		}
		return
	}
	for at := 0; at < n; {
		j := headroom.SystemJourney{Name: fmt.Sprint("j", len(s.Journeys))}
		steps := 1 + r.IntN(4)
		think := 0.0
		if r.IntN(3) == 0 {
			think = 2 * r.Float64()
		}
		for ; at < n && len(j.Steps) < steps; at++ {
			st := headroom.SystemStep{Class: s.Classes[at].Name}
			if len(j.Steps) > 0 {
				st.ThinkTime = think
			}
			if r.IntN(6) == 0 {
				st.Visits = 0.5 + 2*r.Float64()
			}
			j.Steps = append(j.Steps, st)
		}
		if kind == 1 || kind == 3 && len(s.Journeys) == 0 {
			j.ArrivalRate = 0.2 + r.Float64()
		} else {
			j.Population, j.ThinkTime = 3+r.IntN(20), math.Pow(30, r.Float64())
			if r.IntN(3) == 0 {
				v := r.Float64()
				j.ThinkSCV = &v
			}
		}
		s.Journeys = append(s.Journeys, j)
	}
}

// randomStock: the first half of the classes make documents which the others take,
// at half to twice the pace if that is a rate, and as operators otherwise.
func randomStock(r *rand.Rand, s *headroom.System) {
	half := len(s.Classes) / 2
	maker := headroom.SystemJourney{Name: "maker", Makes: "document", ArrivalRate: 0.5}
	taker := headroom.SystemJourney{Name: "taker", Takes: "document"}
	for i, c := range s.Classes {
		j := &maker
		if i >= half {
			j = &taker
		}
		j.Steps = append(j.Steps, headroom.SystemStep{Class: c.Name})
	}
	if r.IntN(2) == 0 {
		taker.ArrivalRate = 0.25 * math.Pow(4, r.Float64())
	} else {
		taker.Population, taker.ThinkTime = 3+r.IntN(20), math.Pow(30, r.Float64())
	}
	s.Journeys = []headroom.SystemJourney{maker, taker}
}

// randomJobs: a second pool of 1 or 2 workers with jobs of its own, some of them scheduled.
func randomJobs(r *rand.Rand, s *headroom.System) {
	p := headroom.Pool{Name: "cron", Servers: 1 + r.IntN(2)}
	s.Pools = append(s.Pools, p)
	for i := range 1 + r.IntN(2) {
		c := randomClass(r, fmt.Sprint("job", i), s.Stations)
		c.Pool = "cron"
		total := 0.0
		for k := range c.Demand {
			c.Demand[k] *= 5
			total += c.Demand[k]
		}
		if r.IntN(2) == 0 {
			c.Every = total * (4 + 10*r.Float64())
		} else {
			c.ArrivalRate = 1 / (total * (4 + 10*r.Float64()))
		}
		s.Classes = append(s.Classes, c)
	}
}

// scaleTo brings the load to a share of what the system carries: rates and
// populations are multiplied alike.
func scaleTo(s *headroom.System, share float64) {
	open := asOpen(*s)
	low, high := 0.0, 1e-3
	for !overloaded(open, high) && high < 1e9 {
		low, high = high, 2*high
	}
	for range 25 {
		if mid := (low + high) / 2; overloaded(open, mid) {
			high = mid
		} else {
			low = mid
		}
	}
	*s = times(*s, low*share)
}

// asOpen makes operators an open load of the same size.
func asOpen(s headroom.System) headroom.System {
	s.Classes, s.Journeys = append([]headroom.Class(nil), s.Classes...), append([]headroom.SystemJourney(nil), s.Journeys...)
	demand := map[string]float64{}
	for i := range s.Classes {
		c := &s.Classes[i]
		demand[c.Name] = c.Delay + c.Overhead
		for _, st := range s.Stations {
			demand[c.Name] += c.Demand[st.Name] / min(1, st.Servers)
		}
		c.Conflict = nil
	}
	for i := range s.Journeys {
		j := &s.Journeys[i]
		if j.Population == 0 {
			continue
		}
		cycle := j.ThinkTime
		for _, st := range j.Steps {
			v := st.Visits
			if v == 0 {
				v = 1
			}
			cycle += v * (st.ThinkTime + demand[st.Class])
		}
		j.ArrivalRate, j.Population = float64(j.Population)/cycle, 0
	}
	return s
}

// times multiplies rates and populations; jobs stay.
func times(s headroom.System, f float64) headroom.System {
	s.Classes, s.Journeys = append([]headroom.Class(nil), s.Classes...), append([]headroom.SystemJourney(nil), s.Journeys...)
	for i := range s.Classes {
		if s.Classes[i].Pool != "cron" {
			s.Classes[i].ArrivalRate *= f
		}
	}
	for i := range s.Journeys {
		j := &s.Journeys[i]
		j.ArrivalRate *= f
		if j.Population > 0 {
			j.Population = max(1, int(math.Round(float64(j.Population)*f)))
		}
	}
	return s
}

func overloaded(s headroom.System, f float64) bool {
	got, err := Solve(times(s, f))
	if err != nil {
		panic(err)
	}
	for _, c := range got.Classes {
		if c.ResponseMean == nil {
			return true
		}
	}
	return false
}
