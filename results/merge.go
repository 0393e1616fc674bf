package results

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/headroom-erp/headroom"
)

// A cursor reads one table of one part in order.
type cursor[T any] struct {
	part  *partFile
	conn  driver.Conn
	rows  driver.Rows
	cells cells
	get   func(*cells) T
	head  T
}

func openCursor[T any](p *partFile, t *table[T]) (*cursor[T], error) {
	conn, err := connect(p.path, p.query)
	if err != nil {
		return nil, p.failed(err)
	}
	c := &cursor[T]{part: p, conn: conn, get: t.get}
	c.cells.words, c.cells.texts = map[int64]string{}, map[string]string{}
	// Words first and rows in one transaction: while the part is being written,
	// no row names a word that we have not read.
	err = exec(conn, "BEGIN")
	if err == nil {
		err = each(conn, "SELECT id, word FROM words", func(row []driver.Value) error {
			r := cells{row: row}
			id := r.int()
			c.cells.words[id] = r.text()
			return r.err
		})
	}
	if err == nil {
		c.rows, err = conn.(driver.QueryerContext).QueryContext(context.Background(), t.query(), nil)
	}
	if err != nil {
		conn.Close()
		return nil, p.failed(err)
	}
	c.cells.row = make([]driver.Value, len(t.columns))
	return c, nil
}

// next reads the next record into head; ok is false at the end.
func (c *cursor[T]) next() (ok bool, err error) {
	if err := c.rows.Next(c.cells.row); err != nil {
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		return false, c.part.failed(err)
	}
	c.cells.next = 0
	c.head = c.get(&c.cells)
	if c.cells.err != nil {
		return false, c.part.failed(c.cells.err)
	}
	return true, nil
}

func (c *cursor[T]) close() {
	if c.rows != nil {
		c.rows.Close()
	}
	c.conn.Close()
}

func (p *partFile) failed(err error) error {
	return &headroom.MeasureError{What: fmt.Sprintf("cannot read all of %s", p.path), Err: err}
}

// merged ranges over a table of all parts in its order. Records that compare
// equal come in order of part, then as they were recorded.
func merged[T any](r *Reader, t *table[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		var cursors []*cursor[T]
		defer func() {
			for _, c := range cursors {
				c.close()
			}
		}()
		var live []*cursor[T]
		for _, p := range r.parts {
			c, err := openCursor(p, t)
			if err != nil {
				yield(zero, err)
				return
			}
			cursors = append(cursors, c)
			ok, err := c.next()
			if err != nil {
				yield(zero, err)
				return
			}
			if ok {
				live = append(live, c)
			}
		}
		for len(live) > 0 {
			// Parts are few: a heap would not be quicker.
			least := 0
			for i := 1; i < len(live); i++ {
				if t.compare(&live[i].head, &live[least].head) < 0 {
					least = i
				}
			}
			if !yield(live[least].head, nil) {
				return
			}
			ok, err := live[least].next()
			if err != nil {
				yield(zero, err)
				return
			}
			if !ok {
				live = append(live[:least:least], live[least+1:]...)
			}
		}
	}
}
