package probes

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
)

// maxLine bounds a line in bytes; a longer one (a traceback with data in it) is
// dropped and counted.
const maxLine = 1 << 20

// A tail follows a growing file by name through rotation (renamed and made
// anew) and truncation.
type tail struct {
	path     string
	file     *os.File
	offset   int64
	partial  []byte // of a line whose end is not written yet
	skipping bool   // the rest of an overlong line
	overlong int    // lines that were dropped
	buf      []byte
}

// toEnd opens the file and skips what it holds. A file that does not exist yet
// will be read from its beginning.
func (t *tail) toEnd() error {
	f, err := os.Open(t.path)
	if err != nil {
		return err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
		return err
	}
	t.file, t.offset = f, end
	return nil
}

// read hands over every complete line that is new. While the file is renamed
// and its successor not there yet, the old one is followed.
func (t *tail) read(line func(string)) error {
	for {
		if t.file == nil {
			f, err := os.Open(t.path)
			if err != nil {
				return err
			}
			t.file = f
			t.restart()
		}
		if err := t.rest(line); err != nil {
			return err
		}
		now, err := os.Stat(t.path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		open, err := t.file.Stat()
		if err != nil {
			return err
		}
		switch {
		case !os.SameFile(now, open):
			// The writer may have added to the old file until the new one was there.
			err := t.rest(line)
			t.close()
			if err != nil {
				return err
			}
		case now.Size() < t.offset:
			t.restart()
		default:
			return nil
		}
	}
}

func (t *tail) restart() {
	t.offset, t.partial, t.skipping = 0, t.partial[:0], false
}

func (t *tail) close() {
	if t.file != nil {
		t.file.Close()
		t.file = nil
	}
}

// rest reads to the end of the open file.
func (t *tail) rest(line func(string)) error {
	if t.buf == nil {
		t.buf = make([]byte, 64<<10)
	}
	for {
		n, err := t.file.ReadAt(t.buf, t.offset)
		t.offset += int64(n)
		t.split(t.buf[:n], line)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tail) split(data []byte, line func(string)) {
	for {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			break
		}
		if t.skipping {
			t.skipping = false
		} else {
			t.partial = append(t.partial, data[:i]...)
			line(string(bytes.TrimSuffix(t.partial, []byte("\r"))))
		}
		t.partial, data = t.partial[:0], data[i+1:]
	}
	if t.skipping {
		return
	}
	t.partial = append(t.partial, data...)
	if len(t.partial) > maxLine {
		t.partial, t.skipping = t.partial[:0], true
		t.overlong++
	}
}
