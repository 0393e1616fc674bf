package arrivals

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// A job is a journey whose time has come.
type job struct {
	arrival    headroom.Arrival
	dispatched time.Duration // when the clock let it go
	granted    time.Duration // when its lane let it go; equal to dispatched for all but documents of a batch

	shift headroom.Arrival // of an operator's journey
	n     uint32           // its number in the shift, from 1

	begun   *child.Instance // a document that is sent again; nil before the first attempt
	attempt int             // failed attempts so far
}

// firstOf is the job of an arrival; of a shift it is the first journey.
func firstOf(a headroom.Arrival) job {
	if a.Kind == headroom.Closed {
		return job{arrival: a.Journey(1, a.At), shift: a, n: 1}
	}
	return job{arrival: a}
}

// A worker is a virtual user with a desk that holds one job.
type worker struct {
	vu   vu
	desk chan job // capacity 1; filled only while the worker is idle
}

// A lane is a partner's few connections and the documents that wait for one.
type lane struct {
	free    int
	waiting queue
}

// A pool pairs jobs with workers. Whoever waits, waits in order of arrival:
// first for a connection of its lane, then for a worker. Operators who pause
// and documents that are to be sent again have neither.
type pool struct {
	now  func() time.Duration
	wake func() // tells who asks resume that something is due earlier than it knows

	mu      sync.Mutex
	idle    []*worker // the one that was busy last is taken first: its caches are warm
	waiting queue
	lanes   []lane
	later   later
	open    int           // arrivals that came and are not over: shifts, and documents with all their attempts
	closed  bool          // no job starts any more
	sealed  bool          // no job comes any more
	empty   chan struct{} // closed when sealed and nothing is open
}

func newPool(c clock, lanes []headroom.Lane, workers []*worker) *pool {
	p := &pool{now: c.Now, wake: c.wake, empty: make(chan struct{})}
	for _, l := range lanes {
		p.lanes = append(p.lanes, lane{free: max(1, l.Connections)})
	}
	p.idle = append(p.idle, workers...)
	return p
}

// arrive takes an arrival that the clock let go at the given time. It returns
// false when the pool is closed.
func (p *pool) arrive(a headroom.Arrival, at time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.open++
	p.enter(firstOf(a), at)
	return true
}

// enter lets a job queue for what it needs.
func (p *pool) enter(j job, at time.Duration) {
	j.dispatched, j.granted = at, at
	if j.arrival.Kind == headroom.Batched {
		l := &p.lanes[j.arrival.Lane]
		if l.free == 0 {
			l.waiting.push(j)
			return
		}
		l.free--
	}
	p.admit(j)
}

// postpone keeps a job of an arrival that is not over until a time of its own.
// It returns false when the pool is closed.
func (p *pool) postpone(j job, at time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	if p.later.add(at, j) {
		p.wake()
	}
	return true
}

// resume lets those enter that were postponed until now, and tells when the
// next is due: far away when there is none.
func (p *pool) resume(now time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		at, ok := p.later.first()
		switch {
		case !ok:
			return never
		case at > now:
			return at
		}
		p.enter(p.later.take(), now)
	}
}

// admit gives a job to an idle worker, or lets it wait for one.
func (p *pool) admit(j job) {
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		w.desk <- j
		return
	}
	p.waiting.push(j)
}

// finish says that a worker is done with a job, and whether the arrival is over
// with it; the worker gets the next job, if any.
func (p *pool) finish(w *worker, j job, over bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if j.arrival.Kind == headroom.Batched {
		l := &p.lanes[j.arrival.Lane]
		if next, ok := l.waiting.pop(); ok {
			next.granted = p.now()
			p.waiting.push(next)
		} else {
			l.free++
		}
	}
	p.idle = append(p.idle, w)
	if next, ok := p.waiting.pop(); ok {
		p.admit(next)
	}
	if over {
		p.settle(1)
	}
}

// settle counts arrivals that are over.
func (p *pool) settle(n int) {
	p.open -= n
	if p.sealed && p.open == 0 {
		p.sealed = false // once
		close(p.empty)
	}
}

// seal says that no further job comes. The channel is closed when the last
// one has finished.
func (p *pool) seal() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sealed = true
	p.settle(0)
	return p.empty
}

// close lets no further job start and returns those that waited, in the order
// of arrival. An operator who pauses waits for nothing: the shift is over. A
// second call returns none.
func (p *pool) close() []job {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	left := p.waiting.drain()
	now := p.now()
	for i := range p.lanes {
		for _, j := range p.lanes[i].waiting.drain() {
			j.granted = now // it waited for its connection until the end
			left = append(left, j)
		}
	}
	for _, j := range p.later.drain() {
		if j.begun != nil {
			left = append(left, j)
			continue
		}
		p.settle(1)
	}
	slices.SortFunc(left, func(a, b job) int { return cmp.Compare(a.arrival.ID, b.arrival.ID) })
	p.settle(len(left))
	return left
}

// A queue is first in, first out.
type queue struct {
	jobs []job
	head int
}

func (q *queue) push(j job) { q.jobs = append(q.jobs, j) }

func (q *queue) pop() (job, bool) {
	if q.head == len(q.jobs) {
		return job{}, false
	}
	j := q.jobs[q.head]
	q.head++
	switch {
	case q.head == len(q.jobs):
		q.jobs, q.head = q.jobs[:0], 0
	case q.head >= 1024 && q.head*2 >= len(q.jobs): // a queue that never empties still gives memory back
		q.jobs, q.head = append(q.jobs[:0], q.jobs[q.head:]...), 0
	}
	return j, true
}

func (q *queue) drain() []job {
	left := append([]job(nil), q.jobs[q.head:]...)
	q.jobs, q.head = nil, 0
	return left
}
