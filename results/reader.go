package results

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/headroom-erp/headroom"
	lib "modernc.org/sqlite/lib"
)

// cutOff is the reason of a run whose end nobody wrote down.
const cutOff = "the run was cut off, or still goes on: its end was not written; all but the last second of what was recorded is here"

// A Reader reads a bundle: all its parts as one run. It implements
// headroom.Run; its sequences may be ranged over more than once, and at the
// same time. It works on a run that is still being recorded, too: a sequence
// then sees what was committed when it began.
type Reader struct {
	dir   string
	info  headroom.RunInfo
	parts []*partFile
	temp  string // copies of parts that could not be recovered in place; "" without
	once  sync.Once
}

var _ headroom.Run = (*Reader)(nil)

// A partFile is one part that can be read.
type partFile struct {
	name  string
	path  string
	query string // of its URI
	held  *db    // keeps the log of a part that was cut off recovered; nil for others
}

// Open opens the bundle in dir. It returns an *headroom.InputError when dir is
// no bundle or from a newer headroom. A part whose writer was killed is
// recovered: in place where we may write, else in a temporary copy.
func Open(dir string) (*Reader, error) {
	where := filepath.Join(dir, infoName)
	data, err := readBounded(where)
	if err != nil {
		return nil, &headroom.InputError{What: "is not the folder of a run: no readable " + infoName + " in it: " + cause(err), Where: dir, Do: "give the folder that a run was written to; 'headroom runs' lists them", Err: err}
	}
	info, err := readInfo(data, where)
	if err != nil {
		return nil, err
	}
	if !info.Complete && info.Reason == "" {
		info.Reason = cutOff
	}
	paths, err := filepath.Glob(filepath.Join(globEscape(dir), "parts", "*.sqlite"))
	if err != nil {
		return nil, fmt.Errorf("results: %s: %w", dir, err)
	}
	slices.Sort(paths)
	r := &Reader{dir: dir, info: info}
	for _, path := range paths {
		part, err := r.openPart(path)
		if err != nil {
			r.Close()
			return nil, err
		}
		if part != nil {
			r.parts = append(r.parts, part)
		}
	}
	return r, nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxInfo+1))
	if err == nil && len(data) > maxInfo {
		err = fmt.Errorf("larger than %d bytes", maxInfo)
	}
	return data, err
}

// globEscape makes a folder's name match itself only.
func globEscape(dir string) string {
	out := make([]rune, 0, len(dir))
	for _, c := range dir {
		switch c {
		case '*', '?', '[', '\\':
			out = append(out, '[', c, ']')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// openPart returns nil for a part whose writer was killed before it had a
// schema.
func (r *Reader) openPart(path string) (*partFile, error) {
	p := &partFile{name: filepath.Base(path), path: path}
	if _, err := os.Stat(path + "-wal"); errors.Is(err, fs.ErrNotExist) {
		// Nobody writes it and nothing is to be recovered: reading it as
		// immutable leaves no -shm file behind and works on any medium.
		p.query = "mode=ro&immutable=1"
		return p.check(nil)
	}
	p.query = "mode=rw"
	// A plain open is lazy: only reading shows whether the log can be recovered
	// here. The connection is held until Close, so that no sequence has to
	// recover again; the last close of a file that nobody writes tidies the log up.
	held, err := p.connect()
	if err == nil {
		if _, err = userVersion(held); err == nil {
			return p.check(held)
		}
		held.Close()
	}
	if notSQLite(err) {
		return nil, notAPart(path, err)
	}
	if err := r.copyPart(p); err != nil {
		return nil, err
	}
	return p.check(nil)
}

// copyPart copies a part with its log to where it can be recovered.
func (r *Reader) copyPart(p *partFile) (err error) {
	if r.temp == "" {
		if r.temp, err = os.MkdirTemp("", "headroom-read-"); err != nil {
			return &headroom.MeasureError{What: "cannot read " + p.path + ", which was cut off, without a temporary copy", Err: err}
		}
	}
	to := filepath.Join(r.temp, p.name)
	for _, suffix := range []string{"", "-wal"} {
		err := copyFile(to+suffix, p.path+suffix)
		if suffix != "" && errors.Is(err, fs.ErrNotExist) {
			continue // the writer was killed before it had a log
		}
		if err != nil {
			return diskError(to+suffix, err)
		}
	}
	p.path, p.query = to, "mode=rw"
	return nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// check looks at the schema's version. It takes held over.
func (p *partFile) check(held *db) (*partFile, error) {
	c := held
	if c == nil {
		var err error
		if c, err = p.connect(); err != nil {
			return nil, notAPart(p.path, err)
		}
		defer c.Close()
	}
	version, err := userVersion(c)
	switch {
	case err != nil:
		err = notAPart(p.path, err)
	case version > schemaVersion:
		err = newer(p.path, int(version), schemaVersion)
	case version == schemaVersion:
		p.held = held
		return p, nil
	}
	if held != nil {
		held.Close()
	}
	return nil, err
}

func notAPart(path string, err error) error {
	return &headroom.InputError{What: "is not a part of a run: " + err.Error(), Where: path, Do: "restore the file, or move it out of the run's folder to read the others", Err: err}
}

func notSQLite(err error) bool {
	code := primary(err)
	return code == lib.SQLITE_NOTADB || code == lib.SQLITE_CORRUPT
}

func (p *partFile) connect() (*db, error) {
	return connect(p.path, p.query, append(careful, "PRAGMA busy_timeout = 5000")...)
}

// careful says that a file may be damaged, or not be what it seems to be.
var careful = []string{"PRAGMA query_only = 1", "PRAGMA trusted_schema = 0", "PRAGMA cell_size_check = 1"}

func userVersion(d *db) (int64, error) { return d.number("PRAGMA user_version") }

// Close releases what Open needed. Sequences must have ended.
func (r *Reader) Close() error {
	var errs []error
	r.once.Do(func() {
		for _, p := range r.parts {
			if p.held != nil {
				errs = append(errs, p.held.Close())
			}
		}
		if r.temp != "" {
			errs = append(errs, os.RemoveAll(r.temp))
		}
	})
	return errors.Join(errs...)
}

// Dir is the bundle's folder.
func (r *Reader) Dir() string { return r.dir }

// Parts names the parts' files in order.
func (r *Reader) Parts() []string {
	var names []string
	for _, p := range r.parts {
		names = append(names, p.name)
	}
	return names
}

// Info is what run.json says; of a run that was cut off, also that it was.
func (r *Reader) Info() headroom.RunInfo { return r.info }

// concurrent says that sequences may be ranged over at the same time.
func (r *Reader) concurrent() {}

// Arrivals are read from the bundle's schedule, each time anew. The error of a
// schedule that is missing is an *headroom.MeasureError.
func (r *Reader) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		path := SchedulePath(r.dir)
		f, err := os.Open(path)
		if err != nil {
			yield(headroom.Arrival{}, &headroom.MeasureError{What: "cannot read the run's schedule " + path, Do: "restore the file, or repeat the run", Err: err})
			return
		}
		defer f.Close()
		_, arrivals, err := headroom.ReadSchedule(f)
		if err != nil {
			yield(headroom.Arrival{}, fmt.Errorf("results: %s: %w", path, err))
			return
		}
		for a, err := range arrivals {
			if err != nil {
				err = fmt.Errorf("results: %s: %w", path, err)
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// Journeys are ordered by scheduled time, then arrival.
func (r *Reader) Journeys() iter.Seq2[headroom.Journey, error] { return merged(r, &journeys) }

// Requests are ordered by start, then arrival and number.
func (r *Reader) Requests() iter.Seq2[headroom.Request, error] { return merged(r, &requests) }

// Server is ordered by end, then arrival and number.
func (r *Reader) Server() iter.Seq2[headroom.ServerRequest, error] {
	return merged(r, &serverRequests)
}

// Samples are ordered by time; those of one time by part, then as recorded.
func (r *Reader) Samples() iter.Seq2[headroom.Sample, error] { return merged(r, &samples) }

// Gaps are ordered like Samples.
func (r *Reader) Gaps() iter.Seq2[headroom.Gap, error] { return merged(r, &gaps) }

// Documents are ordered by time, then arrival.
func (r *Reader) Documents() iter.Seq2[headroom.DocumentEvent, error] { return merged(r, &documents) }
