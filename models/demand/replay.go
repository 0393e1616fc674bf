package demand

import (
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
	"github.com/headroom-erp/headroom/models/sizing"
)

// arrivals is a run's own schedule as its journeys tell it, with the
// processes numbered as in the model; the journeys are in the same order.
func (r *run) arrivals(m headroom.Model) (sizing.Load, []headroom.Journey) {
	l := sizing.Load{Header: r.info.Schedule}
	l.Header.Processes = nil
	index := map[string]int{}
	for i, j := range m.Journeys {
		index[j.Process] = i
		l.Header.Processes = append(l.Header.Processes, headroom.ScheduledProcess{Name: j.Process})
	}
	from, to := r.window()
	l.Header.LeadIn, l.Header.Window = from, to-from
	var journeys []headroom.Journey
	for _, j := range r.journeys {
		p, ok := index[j.Process]
		if !ok || j.Scheduled < 0 || j.Scheduled > mostScheduled || j.Outcome == headroom.Aborted || j.Outcome == headroom.NothingToDo {
			continue
		}
		a := headroom.Arrival{ID: j.Arrival, At: time.Duration(j.Scheduled * float64(time.Second)), Seed: j.Arrival, Process: uint16(p)}
		if n := r.lane(j); j.Kind == headroom.Batched && n >= 0 {
			a.Kind, a.Lane = headroom.Batched, uint16(n)
		}
		l.Arrivals = append(l.Arrivals, a)
		journeys = append(journeys, j)
	}
	return l, journeys
}

// mostScheduled bounds a scheduled time, in seconds: a year and more.
const mostScheduled = 4e7

// window is what counts of a run, in seconds: the schedule's window, or all
// that was observed where it has none.
func (r *run) window() (from, to float64) {
	from, to = r.info.Schedule.LeadIn, r.info.Schedule.Duration()
	if !(to > from) {
		from, to = 0, r.span
	}
	return from, to
}

// replay is the same for the simulator, whole.
func (r *run) replay(m headroom.Model, s headroom.System) sim.Load {
	index := map[string]int{}
	for i, j := range s.Journeys {
		index[j.Name] = i
	}
	var out sim.Load
	for _, lane := range r.info.Schedule.Lanes {
		out.Lanes = append(out.Lanes, max(1, lane.Connections))
	}
	l, _ := r.arrivals(m)
	for _, a := range l.Arrivals {
		j, ok := index[l.Header.Processes[a.Process].Name]
		if !ok {
			continue
		}
		t := sim.Timed{At: a.At.Seconds(), Journey: j, Lane: -1, Seed: a.Seed}
		if a.Kind == headroom.Batched {
			t.Lane = int(a.Lane)
		}
		out.Journeys = append(out.Journeys, t)
	}
	return out
}

// lane is the lane of a batched journey. Records do not keep it; its site and
// the partners that send its process do. Where that leaves several, batches
// are dealt out in turn; where it leaves none, all are.
func (r *run) lane(j headroom.Journey) int {
	partner := map[string]bool{}
	for _, p := range r.info.Plan.Peaks {
		for _, b := range p.Batches {
			if b.Process == j.Process {
				partner[b.Partner] = true
			}
		}
	}
	lanes := r.info.Schedule.Lanes
	var exact, near []int
	for i, l := range lanes {
		site, name, _ := strings.Cut(l.Name, "/")
		if site == j.Site {
			near = append(near, i)
			if partner[name] {
				exact = append(exact, i)
			}
		}
	}
	for _, list := range [][]int{exact, near} {
		if len(list) > 0 {
			return list[int(j.Arrival%uint64(len(list)))]
		}
	}
	if len(lanes) == 0 {
		return -1
	}
	return int(j.Arrival % uint64(len(lanes)))
}
