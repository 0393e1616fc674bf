package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/learn"
	"github.com/headroom-erp/headroom/odoo"
)

// serverLogs are log files, read as one in the order of their lines' times.
// Files that follow each other are those of one server, rotated; files that
// overlap are of several servers.
type serverLogs struct {
	waiting []*logFile // in the order of their first lines
	open    []*logFile
	idle    []int // servers whose last file has ended
	servers int
}

// logFile is one file and its next line.
type logFile struct {
	path    string
	first   time.Time
	stdin   io.Reader // nil for a file
	file    *os.File
	zip     *gzip.Reader
	scanner *odoo.Scanner
	line    odoo.LogLine
	server  int
}

// openLogs looks when each file begins. Each is opened again when its time comes,
// so that many rotated files need little memory.
func openLogs(paths []string, std stdio, zone *time.Location) (*serverLogs, error) {
	l := &serverLogs{}
	seen := map[string]bool{}
	for _, path := range paths {
		if seen[path] {
			return nil, &headroom.InputError{What: "the log is named twice", Where: called(path), Do: "name each file once"}
		}
		seen[path] = true
		f := &logFile{path: path}
		if path == "-" {
			f.stdin, f.path = std.in, called(path)
		}
		begun, err := f.begin(zone)
		if err != nil {
			l.close()
			return nil, err
		}
		if !begun {
			f.close() // it is empty
			continue
		}
		f.first = f.line.Time
		if f.stdin == nil {
			f.close()
		}
		l.waiting = append(l.waiting, f)
	}
	slices.SortStableFunc(l.waiting, func(a, b *logFile) int { return a.first.Compare(b.first) })
	return l, nil
}

// begin opens a file and reads its first line with a time; false of an empty one.
func (f *logFile) begin(zone *time.Location) (bool, error) {
	in := f.stdin
	if in == nil {
		file, err := os.Open(f.path)
		if err != nil {
			return false, readable(f.path, err)
		}
		f.file, in = file, file
	}
	buffered := bufio.NewReader(in)
	if magic, _ := buffered.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		zip, err := gzip.NewReader(buffered)
		if err != nil {
			return false, &headroom.InputError{What: fmt.Sprintf("cannot be unpacked: %v", err), Where: f.path}
		}
		f.zip, buffered = zip, bufio.NewReader(zip)
	}
	_, err := buffered.Peek(1)
	if errors.Is(err, syscall.EISDIR) {
		return false, readable(f.path, err)
	}
	empty := errors.Is(err, io.EOF)
	f.scanner = odoo.NewScanner(buffered, zone)
	for {
		err := f.next()
		switch {
		case errors.Is(err, io.EOF) && empty:
			return false, nil
		case errors.Is(err, io.EOF): // or what is no log would be left out in silence
			return false, &headroom.InputError{What: "has not one line of an Odoo log", Where: f.path,
				Do: "name request logs; statistics and CPU series have flags of their own, see 'headroom learn --help'"}
		}
		if err != nil {
			return false, err
		}
		if f.line.Kind != odoo.Continuation {
			return true, nil
		}
	}
}

func (f *logFile) next() (err error) {
	f.line, err = f.scanner.Next()
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	if f.zip != nil {
		return &headroom.InputError{What: fmt.Sprintf("its compressed content is damaged: %v", err), Where: f.path, Do: "unpack as much as can be (zcat), and give that", Err: err}
	}
	return fmt.Errorf("%s: %w", f.path, err)
}

func (f *logFile) close() {
	if f.zip != nil {
		_ = f.zip.Close() // only read from
	}
	if f.file != nil {
		_ = f.file.Close()
	}
	f.zip, f.file = nil, nil
}

func (l *serverLogs) close() {
	for _, f := range append(l.open, l.waiting...) {
		f.close()
	}
}

// feed gives every line to the accumulator.
func (l *serverLogs) feed(ctx context.Context, a *learn.Accumulator) error {
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		f, err := l.earliest()
		if err != nil || f == nil {
			return err
		}
		a.Add(f.server, f.line)
		if err := l.advance(f, a); err != nil {
			return err
		}
	}
}

// advance goes on to a file's next line with a time; the lines of a traceback
// before it belong to the one that was taken.
func (l *serverLogs) advance(f *logFile, a *learn.Accumulator) error {
	for {
		err := f.next()
		if errors.Is(err, io.EOF) {
			a.Damaged(f.scanner.Damaged)
			f.close()
			l.open = slices.DeleteFunc(l.open, func(o *logFile) bool { return o == f })
			l.idle = append(l.idle, f.server)
			return nil
		}
		if err != nil {
			return err
		}
		if f.line.Kind != odoo.Continuation {
			return nil
		}
		a.Add(f.server, f.line)
	}
}

// earliest is the open file whose line is the earliest; files whose time has
// come are opened first.
func (l *serverLogs) earliest() (*logFile, error) {
	for {
		var best *logFile
		for _, f := range l.open {
			if best == nil || f.line.Time.Before(best.line.Time) {
				best = f
			}
		}
		if len(l.waiting) == 0 || best != nil && best.line.Time.Before(l.waiting[0].first) {
			return best, nil
		}
		f := l.waiting[0]
		l.waiting = l.waiting[1:]
		if f.stdin == nil {
			zone := f.first.Location()
			if begun, err := f.begin(zone); err != nil || !begun {
				if err == nil {
					err = fmt.Errorf("%s: it was changed while it was read", f.path)
				}
				return nil, err
			}
		}
		f.server = l.server()
		l.open = append(l.open, f)
	}
}

// server is that of the file that ended last, else a new one.
func (l *serverLogs) server() int {
	if n := len(l.idle); n > 0 {
		s := l.idle[n-1]
		l.idle = l.idle[:n-1]
		return s
	}
	l.servers++
	return l.servers - 1
}
