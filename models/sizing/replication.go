package sizing

import (
	"math"
	"sort"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// maxCalls cuts the alternation of a request: under processor sharing, finer
// slices change response times by a percent or two and cost most of the time.
const maxCalls = 6

// budget bounds one replication; a topology that needs more events does not
// serve its load in any useful time.
const (
	eventsPerJourney = 2000
	leastEvents      = 2_000_000
)

// replicate simulates one replication: one draw of the model, one run of the schedule.
func replicate(m headroom.Model, t headroom.Topology, r *replay, seed uint64, n int) (sim.Result, error) {
	s := System(drawn(m, seed, n), t)
	return sim.Run(s, r.load, sim.Options{
		Seed: seed + uint64(n)*0x9e3779b97f4a7c15, Duration: r.to, Warmup: r.from, MaxCalls: maxCalls,
		MaxEvents: max(leastEvents, eventsPerJourney*len(r.load.Journeys)),
	})
}

// responses of the journeys of a process that count for a peak ("" for all),
// sorted. A journey that failed stands behind every one that did not: it was
// not done, however quickly it failed.
func responses(res *sim.Result, r *replay, process, peak string) []float64 {
	var out []float64
	failed, longest := 0, 0.0
	for i, p := range r.process {
		if p != process || !r.in(i, peak) {
			continue
		}
		x := res.Responses[i]
		longest = max(longest, x.Seconds)
		if x.Failed {
			failed++
			continue
		}
		out = append(out, x.Seconds)
	}
	sort.Float64s(out)
	for range failed {
		out = append(out, longest)
	}
	return out
}

func mean(v []float64) float64 {
	var s float64
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

// miss is how much of its bound an objective takes in one replication: above 1
// it is missed. NaN when nothing of the process was scheduled.
func miss(res *sim.Result, r *replay, o headroom.Objective) float64 {
	v := responses(res, r, o.Process, o.Peak)
	if len(v) == 0 || !(o.Within > 0) {
		return math.NaN()
	}
	if done := len(v) - failures(res, r, o); float64(done) < o.Percentile/100*float64(len(v)) {
		return math.Inf(1) // the percentile itself failed
	}
	return sim.Quantile(v, o.Percentile/100) / o.Within
}

func failures(res *sim.Result, r *replay, o headroom.Objective) int {
	n := 0
	for i, p := range r.process {
		if p == o.Process && r.in(i, o.Peak) && res.Responses[i].Failed {
			n++
		}
	}
	return n
}

// worst is the largest miss of all objectives, and whose; -1 when none applies.
func worst(res *sim.Result, r *replay, objectives []headroom.Objective) (float64, int) {
	most, whose := 0.0, -1
	for i, o := range objectives {
		if m := miss(res, r, o); m > most {
			most, whose = m, i
		}
	}
	return most, whose
}
