package sim

import "math"

// row is what is known of a row that was touched.
type row struct {
	committed   uint64 // number of the last commit of it
	born        uint64 // number of the commit that made it; 0: always there
	copy        int32  // the next copy of it, -1
	head        int32  // the row that it is a copy of, -1: it is none
	holder      int32  // who has it uncommitted, -1
	first, last int32  // who waits for that one's end, -1
}

// locks are the rows of every group.
type locks struct {
	now     uint64 // commits so far
	rows    []row
	offset  []int             // of a group with few rows in rows
	each    []int64           // rows of a group, of one tenant
	sparse  []map[int64]int32 // a group with many: row to index in rows; nil for few
	blocked int               // transactions that wait for a row
}

func newRow() row { return row{holder: -1, first: -1, last: -1, copy: -1, head: -1} }

const fewRows = 1 << 16

func newLocks(space []float64, tenants int) locks {
	l := locks{now: 1}
	for _, n := range space {
		l.offset = append(l.offset, len(l.rows))
		l.each = append(l.each, int64(n)+1)
		if (n+1)*float64(tenants) > fewRows {
			l.sparse = append(l.sparse, map[int64]int32{})
			continue
		}
		l.sparse = append(l.sparse, nil)
		for range (int(n) + 1) * tenants {
			l.rows = append(l.rows, newRow())
		}
	}
	return l
}

func (l *locks) index(group, tenant int, row int32) int32 {
	m := l.sparse[group]
	n := int64(tenant)*l.each[group] + int64(row)
	if m == nil {
		return int32(l.offset[group]) + int32(n)
	}
	i, ok := m[n]
	if !ok {
		i = int32(len(l.rows))
		l.rows = append(l.rows, newRow())
		m[n] = i
	}
	return i
}

// touch locks the transaction's rows, one after the other, as far as it gets.
func (e *engine) touch(i int32) {
	c := &e.customers[i]
	if c.touched {
		e.touchAgain(i)
		return
	}
	rule := e.classes[c.class].rule
	for int(c.held) < len(c.rows) {
		at := c.rows[c.held]
		if rule.SkipLocked {
			at = e.lock.unlocked(at, i, c.snapshot)
			c.rows[c.held] = at
		}
		r := &e.lock.rows[at]
		if r.committed > c.snapshot && !rule.Queues {
			e.lose(i)
			return
		}
		if r.holder >= 0 {
			e.wait(i, at)
			return
		}
		r.holder = i
		c.held++
	}
	c.touched = true
	c.touchAt, c.againAt = c.againAt, math.Inf(1)
	e.proceed(i)
}

// wait queues behind the row's holder. Whoever closes a cycle finds out after
// PostgreSQL's deadlock_timeout.
func (e *engine) wait(i, at int32) {
	c, r := &e.customers[i], &e.lock.rows[at]
	c.waits, c.behind = at, -1
	if r.first < 0 {
		r.first = i
	} else {
		e.customers[r.last].behind = i
	}
	r.last = i
	e.lock.blocked++
	if e.cycle(i) {
		e.calendar.add(event{t: e.time + deadlockTimeout, kind: deadlock, what: i, mark: c.epoch})
	}
}

const deadlockTimeout = 1 // s; PostgreSQL's default

// cycle says whether a transaction waits for itself.
func (e *engine) cycle(i int32) bool {
	at := i
	for range e.lock.blocked {
		if e.customers[at].waits < 0 {
			return false
		}
		if at = e.lock.rows[e.customers[at].waits].holder; at == i {
			return true
		}
	}
	return false // a cycle of others
}

func (e *engine) deadlocked(i int32, epoch uint32) {
	c := &e.customers[i]
	if c.epoch != epoch || c.waits < 0 || !e.cycle(i) {
		return
	}
	e.unqueue(i)
	e.lose(i)
}

// unqueue takes a waiter out of the middle of its row's queue.
func (e *engine) unqueue(i int32) {
	c := &e.customers[i]
	r := &e.lock.rows[c.waits]
	before := int32(-1)
	for at := r.first; at != i; at = e.customers[at].behind {
		before = at
	}
	if before < 0 {
		r.first = c.behind
	} else {
		e.customers[before].behind = c.behind
	}
	if r.last == i {
		r.last = before
	}
	e.stopWaiting(c)
}

func (e *engine) stopWaiting(c *customer) {
	c.waits, c.behind = -1, -1
	c.epoch++
	e.lock.blocked--
}

// release ends a transaction's hold of its rows. After a commit those who wait
// for one of them have lost, but for the first that queues, who takes it; after a
// rollback the first takes it.
func (e *engine) release(c *customer, commit bool) {
	for _, at := range c.rows[:c.held] {
		r := &e.lock.rows[at]
		r.holder = -1
		if commit {
			r.committed = e.lock.now
			if r.born == unborn {
				r.born = e.lock.now
			}
		}
		for r.first >= 0 {
			first := r.first
			w := &e.customers[first]
			r.first = w.behind
			if r.first < 0 {
				r.last = -1
			}
			e.stopWaiting(w)
			if !commit || e.classes[w.class].rule.Queues {
				r.holder = first
				w.held++
				e.soon(first, proceed)
				break
			}
			e.soon(first, lose)
		}
	}
	c.held = 0
}

// lose rolls back, and sleeps in the worker before the next try.
func (e *engine) lose(i int32) {
	c := &e.customers[i]
	e.release(c, false)
	e.tally.lost(e, c)
	if c.try == maxTries {
		e.answer(i, false, true)
		return
	}
	e.stream(c, 2*uint64(c.try))
	sleep := e.random.Float64() * float64(uint(1)<<c.try)
	e.at(e.time+sleep, endOfSleep, i)
}
