package sim

import (
	"fmt"

	"github.com/headroom-erp/headroom"
)

// Solve simulates the steady state and answers in the form that package
// layered answers in. Where Options has no Duration, it is long enough for
// about 200,000 requests, a tenth of it warm-up; where it has no MaxCalls, they
// are cut at 64.
func Solve(s headroom.System, o Options) (headroom.Solution, error) {
	if err := s.Check(); err != nil {
		return headroom.Solution{}, fmt.Errorf("sim: %w", err)
	}
	if o.Duration == 0 {
		o.Duration = enough(s)
		o.Warmup = o.Duration / 10
	}
	if o.MaxCalls == 0 {
		o.MaxCalls = callsOfSolve
	}
	r, err := Run(s, Load{}, o)
	if err != nil {
		return headroom.Solution{}, err
	}
	return r.Solution(s), nil
}

// callsOfSolve is so many that more of them change nothing that could be seen.
const callsOfSolve = 64

// enough is a duration for about 200,000 requests, in seconds.
func enough(s headroom.System) float64 {
	const wanted = 200_000
	var rate, slowest float64
	count := func(open float64, population int, think, requests float64) {
		rate += open * requests
		if population > 0 {
			rate += float64(population) * requests / max(think, 1e-3)
		}
		slowest = max(slowest, think)
	}
	for _, c := range s.Classes {
		count(c.ArrivalRate, c.Population, c.ThinkTime+sum(c.Demand)+c.Delay+c.Overhead, 1)
		if c.Every > 0 {
			count(1/c.Every, 0, c.Every, 1)
		}
	}
	demand := map[string]float64{}
	for _, c := range s.Classes {
		demand[c.Name] = sum(c.Demand) + c.Delay + c.Overhead
	}
	for _, j := range s.Journeys {
		think, requests := j.ThinkTime, 0.0
		for _, st := range j.Steps {
			v := visitsOf(st)
			think += v * (st.ThinkTime + demand[st.Class])
			requests += v
		}
		count(j.ArrivalRate, j.Population, think, requests)
	}
	if rate == 0 {
		return 1
	}
	return max(wanted/rate, min(20*slowest, mostRequests/rate))
}

// mostRequests bounds a duration for what comes seldom beside much that does not:
// a daily job beside ten requests a second is simulated for two days, not twenty.
const mostRequests = 2_000_000

// sum adds in the order of stations' names, so that it is the same each time.
func sum(m map[string]float64) float64 {
	var total float64
	for _, k := range sortedKeys(m) {
		total += m[k]
	}
	return total
}

// Solution is the result in the form of `model system`.
func (r *Result) Solution(s headroom.System) headroom.Solution {
	out := headroom.Solution{Method: "discrete-event simulation", Warnings: []string{}, Pools: []headroom.PoolSolution{}, Journeys: []headroom.JourneySolution{}}
	if len(r.Each) > 1 {
		out.Method = fmt.Sprintf("discrete-event simulation, %d replications", len(r.Each))
	}
	for i := range r.Classes {
		out.Classes = append(out.Classes, r.class(&r.Classes[i], s.Classes[i]))
	}
	for i := range r.Journeys {
		j := &r.Journeys[i]
		out.Journeys = append(out.Journeys, headroom.JourneySolution{Name: j.Name, Throughput: r.perSecond(j.Count),
			ResponseMean: known(j.Response.Mean()), ResponseP50: known(j.Response.Percentile(50)), ResponseP95: known(j.Response.Percentile(95))})
	}
	for _, st := range r.Stations {
		out.Stations = append(out.Stations, headroom.StationSolution{Name: st.Name, Utilization: st.Utilization})
		if st.Utilization > 0.99 && open(s) {
			out.Warnings = append(out.Warnings, fmt.Sprintf("station %q is %.1f %% busy: response times are those of a run of %.4g s, a longer one may show longer ones", st.Name, 100*st.Utilization, r.Measured))
		}
	}
	workers := map[string]int{}
	for _, p := range s.AllPools() {
		workers[p.Name] = p.Workers()
	}
	for _, p := range r.Pools {
		out.Pools = append(out.Pools, headroom.PoolSolution{Name: p.Name, BusyMean: p.BusyMean})
		if p.BusyMean > 0.99*float64(workers[p.Name]) && open(s) {
			out.Warnings = append(out.Warnings, fmt.Sprintf("pool %q has %.4g of %d workers busy: response times are those of a run of %.4g s, a longer one may show longer ones", p.Name, p.BusyMean, workers[p.Name], r.Measured))
		}
		if p.Refused > 0 {
			out.Warnings = append(out.Warnings, fmt.Sprintf("pool %q refused %d connections for a full backlog; they came again after 1 s and more", p.Name, p.Refused))
		}
	}
	return out
}

func (r *Result) class(c *ClassResult, spec headroom.Class) headroom.ClassSolution {
	out := headroom.ClassSolution{Name: c.Name, Throughput: r.perSecond(c.Count),
		ResponseMean: known(c.Response.Mean()), ResponseP50: known(c.Response.Percentile(50)),
		ResponseP95: known(c.Response.Percentile(95)), ResponseP99: known(c.Response.Percentile(99)),
		PoolWaitMean: known(c.PoolWaitMean())}
	if spec.Conflict != nil {
		out.RetryShare = known(c.RetryShare())
	}
	if spec.Pool == headroom.NoPool {
		out.PoolWaitMean = nil
	}
	return out
}

func (r *Result) perSecond(n int) float64 {
	if r.Measured == 0 {
		return 0
	}
	return float64(n) / r.Measured
}

func known(v float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &v
}

func open(s headroom.System) bool {
	for _, c := range s.Classes {
		if c.ArrivalRate > 0 || c.Every > 0 {
			return true
		}
	}
	for _, j := range s.Journeys {
		if j.ArrivalRate > 0 {
			return true
		}
	}
	return false
}
