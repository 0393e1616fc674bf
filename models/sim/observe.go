package sim

import (
	"errors"
	"math"
)

// ErrOverload is the cause of an error of a run that was given up, because it
// took more events or held more journeys than Options allow.
var ErrOverload = errors.New("the load is more than the system carries")

// A Request is one request that ended, as Options.Each is told of it.
type Request struct {
	Class    int // index into System.Classes
	Replay   int // index into Load.Journeys, -1
	Operator int // index into Load.Operators, -1
	Start    float64
	Waited   float64 // seconds, for a worker
	End      float64
	Tries    int
	Failed   bool
}

// tell tells of a request that ended.
func (e *engine) tell(c *customer, end float64, ok bool) {
	if e.o.Each != nil {
		e.o.Each(Request{int(c.class), int(c.replay), int(c.operator), c.asked, c.waited, end, int(c.try), !ok})
	}
}

// paper is the number of the document that a journey was about: of the one
// that it took, else of the one that it makes, else 0. It is asked once, at the
// journey's end.
func (e *engine) paper(c *customer, ok bool) int32 {
	j := &e.journeys[c.journey]
	c.paper = 0
	switch {
	case c.nothing:
	case c.took >= 0:
		c.paper = e.items[c.took].paper
	case ok && j.makes >= 0:
		e.papers++
		c.paper = e.papers
	}
	return c.paper
}

// A trace integrates a level by bins of a width, from 0 on, until it has as many as
// are wanted: a replay may go on for far longer than anybody looks at.
type trace struct {
	width, last, level float64
	most               int
	bins               []float64
}

// newTrace is one that looks until a time, or for ever.
func newTrace(width, until float64) *trace {
	t := &trace{width: width, most: math.MaxInt}
	if !math.IsInf(until, 1) {
		t.most = int(math.Ceil(until/width)) + 1 // rounding must not cost the last one
	}
	return t
}

// binned are a station's bins.
func (s *station) binned() []float64 {
	if s.trace == nil {
		return nil
	}
	return s.trace.bins
}

func (t *trace) set(now, level float64) {
	for t.last < now {
		i := int(t.last / t.width)
		end := min(now, float64(i+1)*t.width)
		if end <= t.last { // rounding: the next bin begins here
			i, end = i+1, min(now, float64(i+2)*t.width)
		}
		if i >= t.most {
			t.last = now
			break
		}
		for len(t.bins) <= i {
			t.bins = append(t.bins, 0)
		}
		t.bins[i] += t.level * (end - t.last)
		t.last = end
	}
	t.level = level
}
