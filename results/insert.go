package results

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"syscall"

	"github.com/headroom-erp/headroom"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// inserts are the prepared statements of a part.
type inserts struct {
	begin, commit, rollback                            driver.Stmt
	word, journey, request, server, smp, gap, document driver.Stmt
}

func (i *inserts) prepare(c driver.Conn) error {
	for _, s := range []struct {
		stmt *driver.Stmt
		sql  string
	}{
		{&i.begin, "BEGIN IMMEDIATE"}, {&i.commit, "COMMIT"}, {&i.rollback, "ROLLBACK"},
		{&i.word, "INSERT INTO words (id, word) VALUES (?, ?)"},
		{&i.journey, journeys.insert()}, {&i.request, requests.insert()},
		{&i.server, serverRequests.insert()}, {&i.smp, samples.insert()}, {&i.gap, gaps.insert()},
		{&i.document, documents.insert()},
	} {
		var err error
		if *s.stmt, err = c.Prepare(s.sql); err != nil {
			return err
		}
	}
	return nil
}

func (i *inserts) close() {
	for _, s := range []driver.Stmt{i.begin, i.commit, i.rollback, i.word, i.journey, i.request, i.server, i.smp, i.gap, i.document} {
		if s != nil {
			s.Close()
		}
	}
}

func run(s driver.Stmt, args []driver.NamedValue) error {
	_, err := s.(driver.StmtExecContext).ExecContext(context.Background(), args)
	return err
}

// commit writes a chunk in one transaction.
func (p *Part) commit(c *headroom.Records) error {
	if err := run(p.ins.begin, nil); err != nil {
		return err
	}
	err := p.insertChunk(c)
	if err == nil {
		err = run(p.ins.commit, nil)
	}
	if err != nil {
		// A full disk may have rolled back already; then this fails, harmlessly.
		_ = run(p.ins.rollback, nil)
	}
	return err
}

func (p *Part) insertChunk(c *headroom.Records) error {
	if err := insertAll(p, p.ins.journey, &journeys, c.Journeys); err != nil {
		return err
	}
	if err := insertAll(p, p.ins.request, &requests, c.Requests); err != nil {
		return err
	}
	if err := insertAll(p, p.ins.server, &serverRequests, c.Server); err != nil {
		return err
	}
	if err := insertAll(p, p.ins.smp, &samples, c.Samples); err != nil {
		return err
	}
	if err := insertAll(p, p.ins.gap, &gaps, c.Gaps); err != nil {
		return err
	}
	return insertAll(p, p.ins.document, &documents, c.Documents)
}

func insertAll[T any](p *Part, stmt driver.Stmt, t *table[T], rows []T) error {
	for i := range rows {
		p.bind.args = p.bind.args[:0]
		t.put(&p.bind, &rows[i])
		if len(p.bind.fresh) > 0 {
			if err := p.insertWords(); err != nil {
				return err
			}
		}
		if err := run(stmt, p.bind.args); err != nil {
			return err
		}
	}
	return nil
}

func (p *Part) insertWords() error {
	for _, w := range p.bind.fresh {
		err := run(p.ins.word, []driver.NamedValue{{Ordinal: 1, Value: p.bind.words[w]}, {Ordinal: 2, Value: w}})
		if err != nil {
			return err
		}
	}
	p.bind.fresh = p.bind.fresh[:0]
	return nil
}

// fileURI is path as an SQLite URI: a name may hold any character.
func fileURI(path string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath()
}

// diskError says what a failed write means to whoever must act.
func diskError(path string, err error) error {
	full := &headroom.MeasureError{
		What: fmt.Sprintf("the disk is full: %s cannot grow", path),
		Do:   "what was recorded until then is kept; make room and run again", Err: err,
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return full
	}
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case sqlitelib.SQLITE_FULL:
			return full
		case sqlitelib.SQLITE_IOERR:
			return &headroom.MeasureError{What: "the disk failed to keep " + path, Do: "look at the disk; what was recorded until then is kept", Err: err}
		}
	}
	return &headroom.MeasureError{What: "cannot write " + path, Err: err}
}
