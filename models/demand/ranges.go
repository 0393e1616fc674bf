package demand

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// measuredRange is what the runs covered, beyond which forecasts extrapolate.
func (s *survey) measuredRange() *headroom.MeasuredRange {
	out := &headroom.MeasuredRange{Workers: [2]int{math.MaxInt, 0}, Popularity: [2]float64{math.Inf(1), 0}}
	for _, r := range s.runs {
		web := r.info.Topology.Web
		workers := web.Workers * max(1, web.Replicas)
		out.Workers[0], out.Workers[1] = min(out.Workers[0], workers), max(out.Workers[1], workers)
		out.Busy = max(out.Busy, r.busyWorkers())
		played := map[string]bool{}
		for _, j := range r.journeys {
			played[j.Process] = true
		}
		for _, p := range r.info.Schedule.Processes {
			if !played[p.Name] {
				continue
			}
			x := r.info.Schedule.Catalogue.Popularity
			if p.Popularity != nil {
				x = *p.Popularity
			}
			out.Popularity[0], out.Popularity[1] = min(out.Popularity[0], x), max(out.Popularity[1], x)
		}
	}
	if len(s.runs) == 0 || math.IsInf(out.Popularity[0], 1) {
		return nil
	}
	return out
}

// busyWorkers is the mean number of them over the window, as the log shows it.
func (r *run) busyWorkers() float64 {
	from, to := r.window()
	held := 0.0
	for _, l := range r.lines {
		held += max(0, min(l.end, to)-max(l.start, from))
	}
	return held / max(1e-9, to-from)
}
