package sim

import "math"

// finish closes the books: what was measured ends with the run.
func (e *engine) finish() {
	end := e.time
	if !math.IsInf(e.o.Duration, 1) {
		end = max(end, e.o.Duration)
	}
	for i := range e.station {
		s := &e.station[i]
		s.busy.set(end, 0)
		s.work.set(end, 0)
		if s.trace != nil {
			s.trace.set(end, 0)
		}
		s.offered.set(end, 0)
	}
	e.unfinished(end)
	for i := range e.pool {
		e.pool[i].busy.set(end, 0)
		e.pool[i].queued.set(end, 0)
		e.pool[i].close(end, e.o.DrainAfter)
	}
}

// unfinished fails what was replayed and will never end: it stands at a station
// without servers.
func (e *engine) unfinished(end float64) {
	if e.inReplay == 0 {
		return
	}
	for i := range e.customers {
		c := &e.customers[i]
		if c.active && !c.ended && (c.replay >= 0 || c.operator >= 0 && c.round > 0) {
			e.tally.journey(e, c, end, false)
		}
	}
}
