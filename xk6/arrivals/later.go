package arrivals

import (
	"container/heap"
	"time"
)

// A later holds jobs until a time of their own: the next journeys of operators
// who pause, and documents that a gateway will send again. It is as large as
// their number, whatever the length of the run.
type later struct {
	entries entries
	next    uint64 // jobs of one time leave in the order in which they came
}

type entry struct {
	at    time.Duration
	order uint64
	job   job
}

// add keeps a job; true when it is the first that is due now.
func (l *later) add(at time.Duration, j job) bool {
	l.next++
	heap.Push(&l.entries, entry{at, l.next, j})
	return l.entries[0].order == l.next
}

// first is when the next one is due; false when there is none.
func (l *later) first() (time.Duration, bool) {
	if len(l.entries) == 0 {
		return 0, false
	}
	return l.entries[0].at, true
}

func (l *later) take() job { return heap.Pop(&l.entries).(entry).job }

func (l *later) drain() []job {
	left := make([]job, 0, len(l.entries))
	for len(l.entries) > 0 {
		left = append(left, l.take())
	}
	return left
}

// entries implement heap.Interface.
type entries []entry

func (e entries) Len() int { return len(e) }
func (e entries) Less(i, k int) bool {
	if e[i].at != e[k].at {
		return e[i].at < e[k].at
	}
	return e[i].order < e[k].order
}
func (e entries) Swap(i, k int) { e[i], e[k] = e[k], e[i] }
func (e *entries) Push(v any)   { *e = append(*e, v.(entry)) }
func (e *entries) Pop() any {
	last := len(*e) - 1
	v := (*e)[last]
	(*e)[last] = entry{}
	*e = (*e)[:last]
	return v
}
