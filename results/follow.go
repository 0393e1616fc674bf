package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// followRows bounds the rows of one kind that one call of Next takes from one
// part: whoever begins to follow a run of a day must not hold it in memory.
const followRows = 200000

// A Follower reads a run while it is recorded, by this process or others: each
// row once, soon after its commit. It writes nothing and never holds a writer
// up. It is not safe for concurrent use.
type Follower struct {
	dir   string
	parts []*followed // by name
	most  int         // followRows
}

// A followed part has one connection, and remembers how far it was read.
type followed struct {
	path  string
	conn  *db
	words words
	texts map[string]string
	last  map[string]int64 // rowid of the last row read, by table
}

// Follow follows the run in dir, from its first row. The folder's run.json must
// be there; parts may still be missing. It returns an *headroom.InputError when
// dir is no bundle.
func Follow(dir string) (*Follower, error) {
	if _, err := os.Stat(filepath.Join(dir, infoName)); err != nil {
		return nil, &headroom.InputError{What: "is not the folder of a run: no readable " + infoName + " in it: " + cause(err), Where: dir, Do: "give the folder that a run is written to; 'headroom runs' lists them", Err: err}
	}
	return &Follower{dir: dir, most: followRows}, nil
}

// Next returns what was committed since the last call: each row once, in order
// of its recording within its part. It returns at once, with nothing when there
// is nothing new. A row of a part that appears later comes with a later call.
// Of one kind and part it takes at most 200,000 rows; the next call has the
// others. With an error comes what was read before it; the next call goes on
// behind that.
func (f *Follower) Next() (headroom.Records, error) {
	var rs headroom.Records
	if err := f.discover(); err != nil {
		return rs, err
	}
	for _, p := range f.parts {
		if err := p.next(&rs, f.most); err != nil {
			return rs, err
		}
	}
	return rs, nil
}

// Close ends the following. It may be called twice.
func (f *Follower) Close() error {
	var errs []error
	for _, p := range f.parts {
		errs = append(errs, p.conn.Close())
	}
	f.parts = nil
	return errors.Join(errs...)
}

// discover opens the parts that appeared since the last call.
func (f *Follower) discover() error {
	dir := filepath.Join(f.dir, "parts")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &headroom.MeasureError{What: "cannot follow the run in " + f.dir, Err: err}
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !strings.HasSuffix(path, ".sqlite") || slices.ContainsFunc(f.parts, func(p *followed) bool { return p.path == path }) {
			continue
		}
		p, err := follow(path)
		if err != nil {
			return err
		}
		if p != nil {
			f.parts = append(f.parts, p)
		}
	}
	slices.SortFunc(f.parts, func(a, b *followed) int { return strings.Compare(a.path, b.path) })
	return nil
}

// follow returns nil for a part whose writer has not yet made its schema.
func follow(path string) (*followed, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil, nil
	}
	// Read and write, though we only read: the last connection that is closed
	// tidies the log up, and that may be ours. Where we may not write, the file is
	// a finished one on a medium of its own.
	var conn *db
	var version int64
	for _, query := range []string{"mode=rw", "mode=ro", "mode=ro&immutable=1"} {
		if conn, err = connect(path, query, append(careful, "PRAGMA busy_timeout = 1000")...); err != nil {
			continue
		}
		if version, err = userVersion(conn); err == nil {
			break
		}
		conn.Close()
	}
	switch {
	case err != nil:
		return nil, notAPart(path, err)
	case version == 0:
		return nil, conn.Close()
	case version > schemaVersion:
		conn.Close()
		return nil, newer(path, int(version), schemaVersion)
	}
	return &followed{path: path, conn: conn, texts: map[string]string{}, last: map[string]int64{}}, nil
}

func (p *followed) next(rs *headroom.Records, most int) (err error) {
	// One transaction: all tables of one moment, so that a journey and its
	// requests, recorded together, are seen together.
	if err := p.conn.exec("BEGIN"); err != nil {
		return p.failed(err)
	}
	defer func() {
		if end := p.conn.exec("COMMIT"); err == nil && end != nil {
			err = p.failed(end)
		}
	}()
	if err := p.words.more(p.conn); err != nil {
		return p.failed(err)
	}
	return p.failed(errors.Join(
		since(p, &journeys, &rs.Journeys, most), since(p, &requests, &rs.Requests, most), since(p, &serverRequests, &rs.Server, most),
		since(p, &samples, &rs.Samples, most), since(p, &gaps, &rs.Gaps, most), since(p, &documents, &rs.Documents, most)))
}

func since[T any](p *followed, t *table[T], to *[]T, most int) error {
	query := fmt.Sprintf("SELECT %s, rowid FROM %s WHERE rowid > %d ORDER BY rowid LIMIT %d", strings.Join(t.columns, ", "), t.name, p.last[t.name], most)
	c := cells{words: p.words, texts: p.texts}
	return p.conn.each(query, func(s *stmt) error {
		c.stmt = s
		v := t.get(&c)
		last := c.int()
		if c.err != nil {
			return c.err
		}
		*to = append(*to, v)
		p.last[t.name] = last
		return nil
	})
}

func (p *followed) failed(err error) error {
	if err == nil {
		return nil
	}
	return &headroom.MeasureError{What: "cannot follow " + p.path, Err: err}
}
