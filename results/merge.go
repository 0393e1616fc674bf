package results

import (
	"fmt"
	"iter"

	"github.com/headroom-erp/headroom"
)

// merged ranges over a table of all parts in its order. Records that compare
// equal come in order of part, then as they were recorded. Each part is read
// ahead by a goroutine of its own; leaving the sequence early ends them.
func merged[T any](r *Reader, t *table[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		quit := make(chan struct{})
		cursors := make([]*cursor[T], len(r.parts))
		for i, p := range r.parts {
			cursors[i] = startCursor(p, t, lagBlocks(len(r.parts)), quit)
		}
		defer func() {
			close(quit)
			for _, c := range cursors {
				<-c.done
			}
		}()
		if err := merge(t, cursors, yield); err != nil {
			var zero T
			yield(zero, err)
		}
	}
}

// merge yields what the cursors have; the error is theirs.
func merge[T any](t *table[T], cursors []*cursor[T], yield func(T, error) bool) error {
	var live []*cursor[T]
	for _, c := range cursors {
		ok, err := c.fill()
		if err != nil {
			return err
		}
		if ok {
			live = append(live, c)
		}
	}
	for len(live) > 0 {
		// Parts are few: a heap would not be quicker.
		least := 0
		for i := 1; i < len(live); i++ {
			if t.compare(live[i].head(), live[least].head()) < 0 {
				least = i
			}
		}
		c := live[least]
		if !yield(*c.head(), nil) {
			return nil
		}
		c.next++
		ok, err := c.fill()
		if err != nil {
			return err
		}
		if !ok {
			live = append(live[:least:least], live[least+1:]...)
		}
	}
	return nil
}

const (
	// batchRows go from a part's goroutine to the reader at once.
	batchRows = 1024
	// batchesAhead are decoded before the reader wants them.
	batchesAhead = 3
)

// A batch of rows in order, or the error behind the last one.
type batch[T any] struct {
	rows []T
	err  error
}

// A cursor reads one table of one part in order.
type cursor[T any] struct {
	rows []T // of the batch that is read now
	next int // in rows

	in   chan batch[T] // closed by the goroutine after the last
	used chan []T      // batches to write to again
	quit <-chan struct{}
	done chan struct{} // closed when the goroutine has ended
}

func startCursor[T any](p *partFile, t *table[T], lag int, quit <-chan struct{}) *cursor[T] {
	c := &cursor[T]{in: make(chan batch[T], batchesAhead), used: make(chan []T, batchesAhead+2), quit: quit, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		defer close(c.in)
		s := sorter[T]{table: t, lag: lag, send: c.send}
		if err := s.read(p); err != nil {
			select {
			case c.in <- batch[T]{err: p.failed(err)}:
			case <-quit:
			}
		}
	}()
	return c
}

// send hands a full batch over and returns an empty one; nil when nobody reads
// any more.
func (c *cursor[T]) send(rows []T) []T {
	if len(rows) > 0 {
		select {
		case c.in <- batch[T]{rows: rows}:
		case <-c.quit:
			return nil
		}
	}
	select {
	case again := <-c.used:
		return again[:0]
	default:
		return make([]T, 0, batchRows)
	}
}

// fill makes sure that there is a head; ok is false at the end.
func (c *cursor[T]) fill() (ok bool, err error) {
	for c.next >= len(c.rows) {
		if cap(c.rows) > 0 {
			select {
			case c.used <- c.rows:
			default:
			}
		}
		b, more := <-c.in
		if !more || b.err != nil {
			return false, b.err
		}
		c.rows, c.next = b.rows, 0
	}
	return true, nil
}

func (c *cursor[T]) head() *T { return &c.rows[c.next] }

func (p *partFile) failed(err error) error {
	return &headroom.MeasureError{What: fmt.Sprintf("cannot read all of %s", p.path), Err: err}
}
