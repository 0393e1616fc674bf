package calendar

import (
	"time"
)

// dues says when documents are due, for a rising sequence of arrivals.
//
// A document that arrives in the window of a peak with a cutoff, which brings
// documents of its process, is due at the cutoff; if the windows of several
// hold it, at the earliest cutoff that is not before its arrival. Otherwise it
// is due so long after its arrival as the process says, or never.
type dues struct {
	source
	day     day
	end     time.Duration // of the day
	windows []dueWindow
}

type dueWindow struct{ from, to, due time.Duration }

// never is no due time, or one that is over before anything arrives.
const never = time.Duration(-1)

func newDues(s source) dues {
	x := s.schedule
	return dues{source: s, day: x.first - 1, end: x.epoch.since(s.site.clock.at(x.first, 0))}
}

// of is when what arrives at a moment is due; 0 for never. Own is the cutoff of
// the peak whose batch it is in: a batch may come at the very end of its
// peak's window, which is no longer in it.
func (d *dues) of(at, own time.Duration) time.Duration {
	x := d.schedule
	for len(d.process.dues) > 0 && at >= d.end && d.day < x.last {
		d.day++
		d.look()
	}
	due := never
	if own >= at {
		due = own
	}
	for _, w := range d.windows {
		if w.from <= at && at < w.to && at <= w.due && (due < 0 || w.due < due) {
			due = w.due
		}
	}
	switch {
	case due >= 0:
		return max(due, 1) // 0 is for never
	case d.process.DueWithin > 0:
		return at + duration(d.process.DueWithin)
	}
	return 0
}

// look finds the windows of the day.
func (d *dues) look() {
	c, e := d.site.clock, d.schedule.epoch
	d.end = e.since(c.at(d.day+1, 0))
	d.windows = d.windows[:0]
	for _, p := range d.process.dues {
		if p.days.has(d.day) {
			d.windows = append(d.windows, dueWindow{e.since(c.at(d.day, p.from)), e.since(c.at(d.day, p.to)), e.since(c.at(d.day, p.due))})
		}
	}
}
