package probes

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// A splitter cuts what it is given into lines.
type splitter struct {
	partial  []byte // of a line whose end is not there yet
	skipping bool   // the rest of an overlong line
	overlong int    // lines that were dropped
}

func (s *splitter) split(data []byte, line func(string)) {
	for {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			break
		}
		if s.skipping {
			s.skipping = false
		} else {
			s.partial = append(s.partial, data[:i]...)
			// A writer that does not append goes on behind a truncation where it was:
			// what lies before is zeros.
			line(string(bytes.TrimLeft(bytes.TrimSuffix(s.partial, []byte("\r")), "\x00")))
		}
		s.partial, data = s.partial[:0], data[i+1:]
	}
	if s.skipping {
		return
	}
	s.partial = append(s.partial, data...)
	if len(s.partial) > maxLine {
		s.partial, s.skipping = s.partial[:0], true
		s.overlong++
	}
}

// A filePlace is how far a file was read.
type filePlace struct {
	splitter
	file   *os.File
	offset int64
	mark   []byte // the last bytes before offset
}

func (p *filePlace) close() {
	if p != nil {
		p.file.Close()
	}
}

// advance notes bytes that were read.
func (p *filePlace) advance(data []byte) {
	p.offset += int64(len(data))
	if len(data) >= markLength {
		p.mark = append(p.mark[:0], data[len(data)-markLength:]...)
		return
	}
	p.mark = append(p.mark, data...)
	if over := len(p.mark) - markLength; over > 0 {
		p.mark = append(p.mark[:0], p.mark[over:]...)
	}
}

// holds says whether a file has the remembered bytes where they were read.
func (p *filePlace) holds(f *os.File) bool {
	found := make([]byte, len(p.mark))
	_, err := f.ReadAt(found, p.offset-int64(len(p.mark)))
	return (err == nil || errors.Is(err, io.EOF)) && bytes.Equal(found, p.mark)
}
