package sim

import "math"

// unborn is a copy that nobody has committed: under way, or rolled back.
const unborn = math.MaxUint64

// unlocked is the row, or the first copy of it, that a transaction with this
// snapshot sees and nobody else holds; a new copy where there is none
// (headroom.ConflictRule.SkipLocked). One that was committed since the snapshot
// is given as well, whoever holds it now: there PostgreSQL refuses, and looks no further.
func (l *locks) unlocked(at, who int32, snapshot uint64) int32 {
	spare, last, head := int32(-1), at, at
	for ; at >= 0; last, at = at, l.rows[at].copy {
		switch r := &l.rows[at]; {
		case r.holder == who:
			return at
		case r.born == unborn && r.holder < 0:
			if spare < 0 {
				spare = at
			}
		case r.born > snapshot: // not seen, whoever holds it
		case r.holder < 0, r.committed > snapshot:
			return at
		}
	}
	if spare >= 0 {
		return spare
	}
	at = int32(len(l.rows))
	l.rows[last].copy = at
	r := newRow()
	r.born, r.head = unborn, head
	l.rows = append(l.rows, r)
	return at
}

// touchAgain locks the rows of the further groups once more
// (headroom.ConflictRule.Again): the first one of each that nobody else holds by now.
func (e *engine) touchAgain(i int32) {
	c := &e.customers[i]
	all := len(c.rows)
	for n := all / (1 + len(e.classes[c.class].also)); n < all; n++ {
		at := c.rows[n]
		if head := e.lock.rows[at].head; head >= 0 {
			at = head
		}
		at = e.lock.unlocked(at, i, c.snapshot)
		r := &e.lock.rows[at]
		if r.holder == i {
			continue
		}
		if r.committed > c.snapshot {
			e.lose(i)
			return
		}
		r.holder = i
		c.rows = append(c.rows, at)
		c.held++
	}
	c.touchAt = math.Inf(1)
	e.proceed(i)
}
