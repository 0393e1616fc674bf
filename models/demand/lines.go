package demand

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/headroom-erp/headroom"
)

func (s *survey) readServer(in headroom.Run, r *run, clients map[key]client, sizes map[uint64]float64) error {
	seen := 0
	claimed := map[key]bool{}
	met := map[string]bool{}
	for l, err := range in.Server() {
		if err != nil {
			return fmt.Errorf("demand: server log of run %q: %w", r.info.ID, err)
		}
		seen++
		if !finite(l.End, l.SQL, l.Other, l.Sleep) || l.SQL < 0 || l.Other < 0 || l.Sleep < 0 {
			continue
		}
		w := newLine(l)
		w.pid, w.database = l.PID, l.Database
		w.size = sizes[l.Arrival]
		// A worker's first request to a database loads its registry; that is no
		// class' demand.
		worker := fmt.Sprint(l.PID, " ", l.Database)
		w.first = !met[worker] && l.PID != 0
		met[worker] = true
		k := key{l.Arrival, l.N}
		if c, ok := clients[k]; ok && l.Arrival != 0 {
			w.join(c)
			w.clean = w.clean && !w.first && !claimed[k]
			claimed[k] = true
		}
		r.lines = append(r.lines, w)
	}
	if err := joinable(r.info.ID, seen, len(claimed)); err != nil {
		return err
	}
	for k, c := range clients {
		if !claimed[k] && !s.classes[c.class].direct {
			r.lost++
		}
	}
	slices.SortStableFunc(r.lines, func(a, b line) int {
		switch {
		case a.start != b.start:
			return cmpFloat(a.start, b.start)
		case a.end != b.end:
			return cmpFloat(a.end, b.end)
		}
		return a.class - b.class
	})
	return nil
}

// joinable says what is wrong with a log that no demand can be learned from.
func joinable(id string, seen, joined int) error {
	switch {
	case seen == 0:
		return &headroom.MeasureError{
			What: fmt.Sprintf("run %q has no line of the server's request log, so no request's work is known", id),
			Do:   "give the target's request log (log level info, logger werkzeug) to the run and repeat it",
		}
	case joined == 0:
		return &headroom.MeasureError{
			What: fmt.Sprintf("none of the %d lines of the server's request log of run %q belongs to a request of the run", seen, id),
			Do:   "check that the log is the target's own and that its lines carry the hr parameter of the URL",
		}
	}
	return nil
}

// newLine is a line that no client claims yet.
func newLine(l headroom.ServerRequest) line {
	tries := max(1, l.Tries)
	return line{
		class: unjoined, arrival: l.Arrival, number: l.N, end: l.End, start: l.End - l.SQL - l.Other, busyAtSend: -1,
		sql: l.SQL, other: max(0, l.Other-l.Sleep), sleep: min(l.Sleep, l.Other),
		tries: tries, lost: tries - 1, queries: float64(max(0, l.Queries)),
	}
}

func (l *line) join(c client) {
	l.class = c.class
	l.overhead = max(0, c.req.End-c.req.Start-l.hold())
	l.busyAtSend = 0
	l.clean = l.tries == 1 && c.req.Outcome == headroom.OK && l.active() > 0
	if c.req.Outcome == headroom.Conflict {
		l.lost = l.tries // the last one as well
	}
}

// findRepeated marks the lines of a stand-in whose work was seen before: it draws
// the work of a request by its arrival and number, in every run alike, and what
// was drawn once is one observation however often it is replayed.
func (s *survey) findRepeated() {
	type drawn struct {
		key
		class int
	}
	seen := map[drawn]bool{}
	for _, r := range s.runs {
		if !r.virtual() {
			continue
		}
		for i := range r.lines {
			if l := &r.lines[i]; l.clean {
				d := drawn{key{l.arrival, l.number}, l.class}
				l.again = seen[d]
				seen[d] = true
			}
		}
	}
}

func cmpFloat(a, b float64) int {
	if a < b {
		return -1
	}
	return 1
}

// concurrencyAtSend counts, for each joined line, the workers that were held
// when its client sent it: where one was free, nothing but network and
// parsing stands between the client's time and the server's.
func (r *run) concurrencyAtSend() {
	starts := make([]float64, len(r.lines))
	ends := make([]float64, len(r.lines))
	for i, l := range r.lines {
		starts[i], ends[i] = l.start, l.end
	}
	sort.Float64s(starts)
	sort.Float64s(ends)
	for i := range r.lines {
		l := &r.lines[i]
		if l.busyAtSend < 0 {
			continue
		}
		sent := l.start - l.overhead
		began := sort.SearchFloat64s(starts, sent)
		over := sort.SearchFloat64s(ends, math.Nextafter(sent, math.Inf(1)))
		l.busyAtSend = began - over
	}
}
