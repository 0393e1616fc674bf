package probes

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/headroom-erp/headroom/odoo"
)

const (
	// maxLine bounds a line in bytes; a longer one (a traceback with data in it) is
	// dropped and counted.
	maxLine = 1 << 20
	// markLength is how many bytes before the place that was read to are
	// remembered: they tell a file that was truncated and has grown again from one
	// that has only grown.
	markLength = 64
	// oldPatience is how long a rotated file is followed beside its successor: of
	// several writers each opens the new one with its own next line.
	oldPatience = 5 * time.Second
)

// A tail follows a growing file by name through rotation: by rename (the old
// file is followed on for oldPatience) and by truncation (what was not read yet
// is looked for in the copy). It gives each line once.
type tail struct {
	path        string
	now         *filePlace
	old         *filePlace
	oldUntil    time.Time
	rotations   int // files that were renamed
	truncations int
	lost        int // of them, those whose copy was not found: lines of the last moment may be missing
	skipped     int // overlong lines of files that are closed
	buf         []byte
}

func (t *tail) overlong() int {
	n := t.skipped
	for _, p := range []*filePlace{t.now, t.old} {
		if p != nil {
			n += p.overlong
		}
	}
	return n
}

func (t *tail) counts() []value {
	return []value{
		{"", "overlong", float64(t.overlong())}, {"", "rotations", float64(t.rotations)},
		{"", "truncations", float64(t.truncations)}, {"", "truncations_unread", float64(t.lost)},
	}
}

// begin opens the file and skips what it holds. A file that does not exist yet
// will be read from its beginning.
func (t *tail) begin() error {
	f, err := os.Open(t.path)
	if err != nil {
		return err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
		return err
	}
	t.now = &filePlace{file: f, offset: end}
	t.now.mark = make([]byte, min(end, markLength))
	if _, err := f.ReadAt(t.now.mark, end-int64(len(t.now.mark))); err != nil && !errors.Is(err, io.EOF) {
		t.close()
		return err
	}
	return nil
}

// read hands over every complete line that is new. While the file is renamed
// and its successor not there yet, the old one is followed.
func (t *tail) read(line func(string)) error {
	if err := t.readOld(line); err != nil {
		return err
	}
	if t.now == nil {
		f, err := os.Open(t.path)
		if err != nil {
			return err
		}
		t.now = &filePlace{file: f}
	}
	// Rotation is looked for before reading: what is read then is what the file
	// had at least until then.
	named, err := os.Stat(t.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	open, statErr := t.now.file.Stat()
	if statErr != nil {
		return statErr
	}
	if open.Size() < t.now.offset || open.Size() > t.now.offset && !t.now.holds(t.now.file) {
		if err := t.truncated(line); err != nil {
			return err
		}
	}
	if err := t.rest(t.now, line); err != nil {
		return err
	}
	if named == nil || os.SameFile(named, open) {
		return nil
	}
	return t.rotated(line)
}

// rotated goes on with the file that now has the name.
func (t *tail) rotated(line func(string)) error {
	f, err := os.Open(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	t.drop(t.old)
	t.rotations++
	t.old, t.oldUntil, t.now = t.now, time.Now().Add(oldPatience), &filePlace{file: f}
	return t.rest(t.now, line)
}

// readOld reads what still comes to a rotated file.
func (t *tail) readOld(line func(string)) error {
	if t.old == nil {
		return nil
	}
	err := t.rest(t.old, line)
	if err != nil || time.Now().After(t.oldUntil) {
		t.drop(t.old)
		t.old = nil
	}
	return err
}

// truncated begins again at the file's start, after what the copy has that
// was not read yet.
func (t *tail) truncated(line func(string)) error {
	t.truncations++
	p := t.now
	if copied := t.copyOf(p); copied != nil {
		defer copied.Close()
		at := *p
		at.file = copied
		if err := t.rest(&at, line); err != nil {
			return err
		}
		p.overlong = at.overlong
	} else {
		t.lost++
	}
	p.offset, p.mark, p.partial, p.skipping = 0, p.mark[:0], p.partial[:0], false
	return nil
}

// copyOf finds the copy that was taken before the truncation: a file of the
// same name with something behind it (odoo.log.1, odoo.log-20261121), which
// goes on where we were.
func (t *tail) copyOf(p *filePlace) *os.File {
	if len(p.mark) == 0 {
		return nil
	}
	names, err := filepath.Glob(globQuote(t.path) + "?*")
	if err != nil {
		return nil
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() || info.Size() < p.offset {
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		if p.holds(f) {
			return f
		}
		f.Close()
	}
	return nil
}

// lookBack is how much of a log's end is looked at for lines of level INFO.
const lookBack = 1 << 20

// informed says whether the log's end has a line of level INFO of one of Odoo's
// own loggers.
func (t *tail) informed() bool {
	f, err := os.Open(t.path)
	if err != nil {
		return false // who reads it says so
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > lookBack {
		if _, err := f.Seek(-lookBack, io.SeekEnd); err != nil {
			return false
		}
	}
	var tally odoo.LogTally
	for line, err := range odoo.NewParser(nil).Lines(f) {
		if err != nil {
			break
		}
		tally.Add(line)
	}
	return tally.Informed
}

// globQuote takes the special meaning from the characters of a path.
func globQuote(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func (t *tail) drop(p *filePlace) {
	if p != nil {
		t.skipped += p.overlong
		p.close()
	}
}

func (t *tail) close() {
	t.drop(t.now)
	t.drop(t.old)
	t.now, t.old = nil, nil
}

// rest reads to the end of an open file.
func (t *tail) rest(p *filePlace, line func(string)) error {
	if t.buf == nil {
		t.buf = make([]byte, 64<<10)
	}
	for {
		n, err := p.file.ReadAt(t.buf, p.offset)
		p.advance(t.buf[:n])
		p.split(t.buf[:n], line)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
