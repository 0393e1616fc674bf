package demand

import (
	"slices"
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
		l.Header.Processes = append(l.Header.Processes, r.process(j.Process))
	}
	// Those that nobody played still say how open documents were drawn.
	for _, p := range r.makers() {
		if _, known := index[p.Name]; !known {
			index[p.Name] = len(l.Header.Processes)
			l.Header.Processes = append(l.Header.Processes, p)
		}
	}
	if !r.documents {
		l.Header.Catalogue = headroom.Catalogue{}
	}
	from, to := r.window()
	l.Header.LeadIn, l.Header.Window = from, to-from
	var journeys []headroom.Journey
	for _, j := range r.journeys {
		p, ok := index[j.Process]
		if !ok || p >= len(m.Journeys) || j.Scheduled < 0 || j.Scheduled > mostScheduled || j.Outcome == headroom.Aborted || j.Outcome == headroom.NothingToDo {
			continue
		}
		a := headroom.Arrival{ID: j.Arrival, At: time.Duration(j.Scheduled * float64(time.Second)), Seed: j.Arrival, Process: uint16(p)}
		known, ok := r.scheduled(j)
		if ok {
			a.Seed, a.Site = known.Seed, known.Site
		}
		switch n := r.lane(j); {
		case j.Kind != headroom.Batched:
		case ok && known.Kind == headroom.Batched:
			a.Kind, a.Lane = headroom.Batched, known.Lane
		case n >= 0:
			a.Kind, a.Lane = headroom.Batched, uint16(n)
		}
		l.Arrivals = append(l.Arrivals, a)
		journeys = append(journeys, j)
	}
	return l, journeys
}

// scheduled is the arrival that a journey was, if the schedule has it.
func (r *run) scheduled(j headroom.Journey) (headroom.Arrival, bool) {
	a, ok := r.schedule[headroom.ShiftOf(j.Arrival)]
	if ok && a.Kind == headroom.Closed {
		a = a.Journey(uint32(j.Arrival>>32), time.Duration(j.Scheduled*float64(time.Second)))
	}
	return a, ok && int(a.Process) < len(r.info.Schedule.Processes) && r.info.Schedule.Processes[a.Process].Name == j.Process
}

// process is what the schedule knows of a process, as far as its documents go.
func (r *run) process(name string) headroom.ScheduledProcess {
	for _, p := range r.info.Schedule.Processes {
		if p.Name == name {
			return headroom.ScheduledProcess{Name: name, Scenario: p.Scenario, Lines: r.lawOf(p).Lines, Popularity: r.lawOf(p).Popularity}
		}
	}
	return headroom.ScheduledProcess{Name: name}
}

// lawOf is the process that drew what a process works on: the one whose work
// it takes, which may be one that the run did not play.
func (r *run) lawOf(p headroom.ScheduledProcess) headroom.ScheduledProcess {
	makers := r.makers()
	for range makers { // handovers are no longer than that
		takes := headroom.HandoverOf(p.Scenario).Takes
		at := slices.IndexFunc(makers, func(q headroom.ScheduledProcess) bool {
			return takes != "" && headroom.HandoverOf(q.Scenario).Makes == takes
		})
		if at < 0 {
			break
		}
		p = makers[at]
	}
	return p
}

// makers are the processes of the schedule, then those of the plan.
func (r *run) makers() []headroom.ScheduledProcess {
	out := slices.Clone(r.info.Schedule.Processes)
	for _, q := range r.info.Plan.Processes {
		out = append(out, headroom.ScheduledProcess{Name: q.Name, Scenario: q.Scenario, Lines: q.Lines, Popularity: q.Popularity})
	}
	return out
}

// readSchedule reads what the journeys' documents follow from.
func (s *survey) readSchedule(in headroom.Run, r *run) {
	products := r.info.Schedule.Catalogue.Products
	if products < 1 {
		return
	}
	r.schedule = map[uint64]headroom.Arrival{}
	for a, err := range in.Arrivals() {
		if err != nil {
			s.warn("run %s: which products its documents had is not known, so that all of %s count as equally hot: %v", r.info.ID, quants, err)
			return
		}
		r.schedule[a.ID] = a
	}
	unknown := 0
	for _, j := range r.journeys {
		if _, ok := r.scheduled(j); !ok {
			unknown++
		}
	}
	if unknown > 0 {
		s.warn("run %s: %d of %d journeys are not in its schedule, so that all of %s count as equally hot", r.info.ID, unknown, len(r.journeys), quants)
		return
	}
	r.documents = true
}

// shows says whether conflicts can be seen in the run: its log was looked at,
// and was not one that hides them.
func (r *run) shows() bool {
	for _, subject := range r.observed.subjects("odoo_log", "conflicts_shown") {
		c := r.observed.of("odoo_log", subject, "conflicts_shown")
		if n := len(c.v); n > 0 && c.v[n-1] == 0 {
			return false
		}
	}
	return true
}

// eachShown goes through the joined lines of runs that show conflicts.
func (s *survey) eachShown(f func(*line)) {
	for _, r := range s.runs {
		if !r.shows() {
			continue
		}
		for i := range r.lines {
			if r.lines[i].class != unjoined {
				f(&r.lines[i])
			}
		}
	}
}

// documents says whether it is known of all runs what their journeys' documents had.
func (s *survey) documents() bool {
	for _, r := range s.runs {
		if !r.documents {
			return false
		}
	}
	return true
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
	l, _ := r.arrivals(m)
	return l.Replay(s)
}

// lane is the lane of a batched journey where no schedule tells it: its site and
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
