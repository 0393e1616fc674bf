package results

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Rows lie in a part as they were recorded, which is nearly their order: a
// journey is recorded when it ends and read by when it was scheduled. SQLite
// would sort each table whole, through temporary files, at ten times the cost
// of reading it. A sorter instead holds back a window of rows, and looks ahead
// for the few that belong before it.
//
// The table is taken in blocks. A row is late when it belongs before the median
// of the block that lies lag blocks before its own (or of one before that: the
// medians' maximum so far, the floor). A first pass over the times finds the
// late rows, which are few: they are read first. Then every row that is not
// late and still to come lies at or above the floor, so what waits below it can
// go. Medians do not mind single rows whose times are far off. When too many
// rows are late, SQLite sorts after all.
type sorter[T any] struct {
	table *table[T]
	lag   int
	send  func([]T) []T // hands a batch over, returns an empty one; nil: stop
	out   []T
	most  int64 // rows that the part can hold

	late    []T       // in order; those that are still to be sent
	slots   []T       // rows that wait, in no order
	free    []int32   // slots without a row
	waiting []waiting // in order
	fresh   []waiting // of the block that is being read
	merged  []waiting // scratch
}

// A waiting row.
type waiting struct {
	at   float64
	slot int32
	nth  int32 // of its block
}

const (
	blockRows = 4096
	// medianOf each so many rows.
	medianOf = 16
	// smallTable rows are sorted whole.
	smallTable = 4 * blockRows
	// mostLate rows are held in memory, or an eighth of a table that has fewer.
	mostLate = 16 * blockRows
)

// lagBlocks shares a window of 65,000 rows, in some 10 MB, between the parts: of
// a rate that more parts share, each has less, and is less out of order.
func lagBlocks(parts int) int { return max(2, 16/parts) }

// leastRow is the size of the smallest row, in bytes: a pointer to it, its length,
// its number, and a header for three columns.
const leastRow = 8

// errTooMany is of a damaged file, whose pages name one another in circles.
var errTooMany = errors.New("the part has more rows than fit into it: it is damaged")

// errStopped says that nobody reads any more.
var errStopped = errors.New("stopped")

// read sends the table's rows of a part in order.
func (s *sorter[T]) read(p *partFile) error {
	d, err := p.connect()
	if err != nil {
		return err
	}
	defer d.Close()
	// Words first and rows in one transaction: while the part is being written,
	// no row names a word that we have not read.
	if err := d.exec("BEGIN"); err != nil {
		return err
	}
	c := cells{texts: map[string]string{}}
	if err := c.words.more(d); err != nil {
		return err
	}
	if s.out = s.send(nil); s.out == nil {
		return nil
	}
	if err := s.readRows(d, &c); err != nil && !errors.Is(err, errStopped) {
		return err
	}
	if s.out != nil {
		s.send(s.out)
	}
	return nil
}

func (s *sorter[T]) readRows(d *db, c *cells) error {
	last, err := d.number("SELECT ifnull(max(rowid), 0) FROM " + s.table.name)
	if err != nil {
		return err
	}
	size, err := d.number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
	if err != nil {
		return err
	}
	s.most = size / leastRow
	late, tooMany := []int64(nil), false
	if last > smallTable {
		if late, tooMany, err = s.findLate(d, int(min(last/8, mostLate))); err != nil {
			return err
		}
	}
	if tooMany {
		return s.each(d, c, "ORDER BY "+s.table.order, s.put)
	}
	for _, rowid := range late {
		if err := s.each(d, c, fmt.Sprintf("WHERE rowid = %d", rowid), func(v *T) error {
			s.late = append(s.late, *v)
			return nil
		}); err != nil {
			return err
		}
	}
	slices.SortStableFunc(s.late, func(a, b T) int { return s.table.compare(&a, &b) })
	return s.stream(d, c)
}

// each calls f for the rows that a clause selects. The row is reused.
func (s *sorter[T]) each(d *db, c *cells, clause string, f func(*T) error) error {
	var v T
	n := int64(0)
	return d.each(s.table.query()+" "+clause, func(row *stmt) error {
		if n++; n > s.most {
			return errTooMany
		}
		c.stmt = row
		v = s.table.get(c)
		if c.err != nil {
			return c.err
		}
		return f(&v)
	})
}

// findLate returns the rowids of the late rows, or that they are more than most.
func (s *sorter[T]) findLate(d *db, most int) (late []int64, tooMany bool, err error) {
	f := newFloor(s.lag)
	query := fmt.Sprintf("SELECT %s, rowid FROM %s ORDER BY rowid", s.table.time, s.table.name)
	n := int64(0)
	err = d.each(query, func(row *stmt) error {
		if n++; n > s.most {
			return errTooMany
		}
		if f.add(row.float()) {
			if len(late) >= most {
				tooMany = true
				return errStopped
			}
			late = append(late, row.int())
		}
		return row.err
	})
	if tooMany {
		err = nil
	}
	return late, tooMany, err
}

// stream reads the table as it lies and sends what waits below the floor.
func (s *sorter[T]) stream(d *db, c *cells) error {
	f := newFloor(s.lag)
	err := s.each(d, c, "ORDER BY rowid", func(v *T) error {
		at := s.table.at(v)
		if !f.add(at) {
			s.wait(v, at)
		}
		if !f.full() {
			return nil
		}
		s.order()
		return s.sendBelow(f.low)
	})
	if err != nil {
		return err
	}
	s.order()
	if err := s.sendBelow(math.Inf(1)); err != nil {
		return err
	}
	for i := range s.waiting { // those at +Inf
		if err := s.sendWaiting(s.waiting[i]); err != nil {
			return err
		}
	}
	for i := range s.late {
		if err := s.put(&s.late[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *sorter[T]) wait(v *T, at float64) {
	slot := int32(len(s.slots))
	if n := len(s.free); n > 0 {
		slot, s.free = s.free[n-1], s.free[:n-1]
		s.slots[slot] = *v
	} else {
		s.slots = append(s.slots, *v)
	}
	if math.IsNaN(at) {
		at = math.Inf(-1)
	}
	s.fresh = append(s.fresh, waiting{at, slot, int32(len(s.fresh))})
}

func (s *sorter[T]) compare(a, b waiting) int {
	switch {
	case a.at < b.at:
		return -1
	case a.at > b.at:
		return 1
	}
	return s.table.compare(&s.slots[a.slot], &s.slots[b.slot])
}

// order moves the fresh rows to where they belong among those that wait. Of
// equal ones, those that were read first come first.
func (s *sorter[T]) order() {
	slices.SortFunc(s.fresh, func(a, b waiting) int {
		if c := s.compare(a, b); c != 0 {
			return c
		}
		return int(a.nth - b.nth)
	})
	s.merged = s.merged[:0]
	i := 0
	for _, w := range s.fresh {
		for i < len(s.waiting) && s.compare(s.waiting[i], w) <= 0 {
			s.merged = append(s.merged, s.waiting[i])
			i++
		}
		s.merged = append(s.merged, w)
	}
	s.merged = append(s.merged, s.waiting[i:]...)
	s.waiting, s.merged, s.fresh = s.merged, s.waiting, s.fresh[:0]
}

func (s *sorter[T]) sendBelow(low float64) error {
	n := 0
	for n < len(s.waiting) && s.waiting[n].at < low {
		if err := s.sendWaiting(s.waiting[n]); err != nil {
			return err
		}
		n++
	}
	s.waiting = append(s.waiting[:0], s.waiting[n:]...)
	return nil
}

func (s *sorter[T]) sendWaiting(w waiting) error {
	v := &s.slots[w.slot]
	// Of equal ones the late row was recorded later.
	for len(s.late) > 0 && s.table.compare(&s.late[0], v) < 0 {
		if err := s.put(&s.late[0]); err != nil {
			return err
		}
		s.late = s.late[1:]
	}
	s.free = append(s.free, w.slot)
	return s.put(v)
}

// put sends one row.
func (s *sorter[T]) put(v *T) error {
	s.out = append(s.out, *v)
	if len(s.out) < batchRows {
		return nil
	}
	if s.out = s.send(s.out); s.out == nil {
		return errStopped
	}
	return nil
}
