package sim

import "math"

// watch looks at one replication of a transient, in the engine's time.
type watch struct {
	start, step float64 // of the series
	points      int
	origin      float64 // from which on the drain is looked for
	until       float64 // the series ends
	seek        bool    // go on until nobody waits
	drained     float64 // NaN until then

	next   int  // point
	passed bool // the origin
	seen   *course
}

// course sums replications up: all in whole numbers, so that their order does
// not matter.
type course struct {
	seen            []int64 // replications that came so far
	number, waiting []int64
	responses       []spread // of the requests that ended in the step before the point
	failed          int64    // requests
}

func newCourse(points int) *course {
	c := &course{seen: make([]int64, points), number: make([]int64, points), waiting: make([]int64, points), responses: make([]spread, points)}
	for i := range c.responses {
		c.responses[i].bits = coarseBits
	}
	return c
}

func (c *course) add(o *course) {
	c.failed += o.failed
	for i := range c.number {
		c.seen[i] += o.seen[i]
		c.number[i] += o.number[i]
		c.waiting[i] += o.waiting[i]
		c.responses[i].add(&o.responses[i])
	}
}

// attach makes the engine show itself.
func (w *watch) attach(e *engine) {
	e.watch, w.drained, w.next, w.passed = w, math.NaN(), 0, false
	e.sampleAt = w.soonest()
}

// soonest is the next time that the state of is wanted.
func (w *watch) soonest() float64 {
	at := math.Inf(1)
	if w.next < w.points {
		at = w.start + float64(w.next)*w.step
	}
	if w.seek && !w.passed {
		at = min(at, w.origin)
	}
	return at
}

// sample sees the state that lasts from the last event until before t.
func (w *watch) sample(e *engine, t float64) {
	waiting := e.waiting()
	for ; w.next < w.points && w.start+float64(w.next)*w.step < t; w.next++ {
		w.seen.seen[w.next]++
		w.seen.number[w.next] += int64(e.number)
		w.seen.waiting[w.next] += int64(waiting)
	}
	if w.seek && !w.passed && w.origin < t {
		w.passed = true
		if waiting == 0 {
			w.drained = w.origin
		}
	}
	e.sampleAt = w.soonest()
}

func (e *engine) waiting() int {
	n := 0
	for i := range e.pool {
		n += e.pool[i].waiting
	}
	return n
}

// over looks whether nobody waits any more, and whether all has been seen.
func (w *watch) over(e *engine) bool {
	if w.seek && math.IsNaN(w.drained) {
		if !w.passed || e.waiting() > 0 {
			return false
		}
		w.drained = e.time
	}
	return w.next == w.points && e.time > w.until
}

// request is one that ended now and is answered at end. One that failed counts
// from the start until all that is looked for has been seen.
func (w *watch) request(e *engine, end, seconds float64, ok bool) {
	if w.points == 0 {
		return
	}
	if !ok {
		if e.time >= w.start && (e.time <= w.until || w.seek && math.IsNaN(w.drained)) {
			w.seen.failed++
		}
		return
	}
	if i := int(math.Ceil((end - w.start) / w.step)); i >= 1 && i < w.points {
		w.seen.responses[i].record(seconds)
	}
}
