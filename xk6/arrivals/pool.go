package arrivals

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/headroom-erp/headroom"
)

// A job is an arrival whose time has come.
type job struct {
	arrival    headroom.Arrival
	dispatched time.Duration // when the clock let it go
	granted    time.Duration // when its lane let it go; equal to dispatched for open arrivals
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
// first for a connection of its lane, then for a worker.
type pool struct {
	now func() time.Duration

	mu      sync.Mutex
	idle    []*worker // the one that was busy last is taken first: its caches are warm
	waiting queue
	lanes   []lane
	open    int           // jobs that came and have not finished
	closed  bool          // no job starts any more
	sealed  bool          // no job comes any more
	empty   chan struct{} // closed when sealed and nothing is open
}

func newPool(now func() time.Duration, lanes []headroom.Lane, workers []*worker) *pool {
	p := &pool{now: now, empty: make(chan struct{})}
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
	j := job{arrival: a, dispatched: at, granted: at}
	if a.Kind == headroom.Batched {
		l := &p.lanes[a.Lane]
		if l.free == 0 {
			l.waiting.push(j)
			return true
		}
		l.free--
	}
	p.admit(j)
	return true
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

// finish says that a worker is done with a job; it gets the next one, if any.
func (p *pool) finish(w *worker, j job) {
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
	p.settle(1)
}

// settle counts jobs that are over.
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
// of arrival. A second call returns none.
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
