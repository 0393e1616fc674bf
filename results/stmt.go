package results

import (
	"fmt"
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// A stmt is a prepared statement: bind from left to right and step, or step and
// read from left to right. A cell of another type than the one that is asked
// for sets err; a file may be damaged, and must not end in a panic.
type stmt struct {
	db     *db
	handle uintptr
	next   int32 // column that is read or bound next, from 0
	err    error
	text   textMemory
}

func (d *db) prepare(query string) (*stmt, error) {
	q, err := libc.CString(query)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(d.tls, q)
	out := libc.Xmalloc(d.tls, 8)
	if out == 0 {
		return nil, errOutOfMemory
	}
	defer libc.Xfree(d.tls, out)
	if rc := lib.Xsqlite3_prepare_v2(d.tls, d.handle, q, -1, out, 0); rc != lib.SQLITE_OK {
		return nil, d.failure(rc)
	}
	return &stmt{db: d, handle: *(*uintptr)(pointer(out))}, nil
}

func (s *stmt) close() {
	lib.Xsqlite3_finalize(s.db.tls, s.handle)
	s.text.free(s.db.tls)
}

// step goes to the next row; false at the end.
func (s *stmt) step() (bool, error) {
	s.next = 0
	switch rc := lib.Xsqlite3_step(s.db.tls, s.handle); rc {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	default:
		return false, s.db.failure(rc)
	}
}

// run executes an insert whose arguments are bound, and makes it ready for the
// next ones.
func (s *stmt) run() error {
	err := s.err
	if err == nil {
		_, err = s.step()
	}
	lib.Xsqlite3_reset(s.db.tls, s.handle)
	s.next, s.err = 0, nil
	s.text.reset()
	return err
}

// kind is the type of the next column, which it goes past.
func (s *stmt) kind() (column, kind int32) {
	column = s.next
	s.next++
	return column, lib.Xsqlite3_column_type(s.db.tls, s.handle, column)
}

func (s *stmt) bad(column, kind int32, want string) {
	if s.err == nil {
		name := [...]string{"?", "an integer", "a number", "a text", "a blob", "nothing"}[kind]
		s.err = fmt.Errorf("column %d holds %s, not %s", column+1, name, want)
	}
}

func (s *stmt) int() int64 {
	column, kind := s.kind()
	if kind != lib.SQLITE_INTEGER {
		s.bad(column, kind, "an integer")
		return 0
	}
	return lib.Xsqlite3_column_int64(s.db.tls, s.handle, column)
}

// float is NaN of NULL, as which SQLite keeps it.
func (s *stmt) float() float64 {
	column, kind := s.kind()
	switch kind {
	case lib.SQLITE_FLOAT:
		return lib.Xsqlite3_column_double(s.db.tls, s.handle, column)
	case lib.SQLITE_NULL:
		return math.NaN()
	}
	s.bad(column, kind, "a number")
	return 0
}

// bytes is a text, "" of NULL. It is valid until the next step.
func (s *stmt) bytes() []byte {
	column, kind := s.kind()
	switch kind {
	case lib.SQLITE_TEXT:
		p := lib.Xsqlite3_column_text(s.db.tls, s.handle, column)
		n := lib.Xsqlite3_column_bytes(s.db.tls, s.handle, column)
		if p == 0 || n <= 0 {
			return nil
		}
		return unsafe.Slice((*byte)(pointer(p)), n)
	case lib.SQLITE_NULL:
		return nil
	}
	s.bad(column, kind, "a text")
	return nil
}

func (s *stmt) bound(rc int32) {
	if rc != lib.SQLITE_OK && s.err == nil {
		s.err = s.db.failure(rc)
	}
}

func (s *stmt) putInt(v int64) {
	s.next++
	s.bound(lib.Xsqlite3_bind_int64(s.db.tls, s.handle, s.next, v))
}

func (s *stmt) putFloat(v float64) {
	s.next++
	s.bound(lib.Xsqlite3_bind_double(s.db.tls, s.handle, s.next, v))
}

func (s *stmt) putNull() {
	s.next++
	s.bound(lib.Xsqlite3_bind_null(s.db.tls, s.handle, s.next))
}

func (s *stmt) putText(v string) {
	s.next++
	p := s.text.copy(s.db.tls, v)
	if p == 0 {
		s.bound(lib.SQLITE_NOMEM)
		return
	}
	// No destructor (SQLITE_STATIC): the copy is ours until run.
	s.bound(lib.Xsqlite3_bind_text(s.db.tls, s.handle, s.next, p, int32(len(v)), 0))
}

// textMemory is where the texts of a row stand while it is inserted: outside of
// Go's memory, and reused from row to row.
type textMemory struct {
	chunks []uintptr
	used   int // bytes of the last chunk
	size   int // of the last chunk
}

// copy returns the address of a copy of v; 0 when there is no memory.
func (m *textMemory) copy(tls *libc.TLS, v string) uintptr {
	if len(m.chunks) == 0 || m.used+len(v) > m.size {
		size := max(1024, 2*m.size, len(v))
		p := libc.Xmalloc(tls, libc.Tsize_t(size))
		if p == 0 {
			return 0
		}
		m.chunks, m.used, m.size = append(m.chunks, p), 0, size
	}
	p := m.chunks[len(m.chunks)-1] + uintptr(m.used)
	if len(v) > 0 {
		copy(unsafe.Slice((*byte)(pointer(p)), len(v)), v)
	}
	m.used += len(v)
	return p
}

// reset forgets the texts and keeps the memory of the largest chunk.
func (m *textMemory) reset() { m.used = 0 }

func (m *textMemory) free(tls *libc.TLS) {
	for _, p := range m.chunks {
		libc.Xfree(tls, p)
	}
	*m = textMemory{}
}
