package results

import (
	"errors"
	"fmt"
	"net/url"
	"sync"
	"syscall"
	"unsafe"

	"github.com/headroom-erp/headroom"
	"modernc.org/libc"
	_ "modernc.org/sqlite" // patches its lib when it is loaded
	lib "modernc.org/sqlite/lib"
)

// A db is a connection to an SQLite file, below database/sql and its driver: a
// bundle has millions of rows, and turning each cell into a driver.Value and an
// allocation would take most of the time. It belongs to one goroutine at a
// time; SQLite's own locks are off.
type db struct {
	tls    *libc.TLS
	handle uintptr
	closed bool
}

// A sqliteError is what SQLite refused.
type sqliteError struct {
	code int32 // extended
	text string
}

func (e *sqliteError) Error() string { return e.text }

// primary is the error's code without its extension; 0 of any other error.
func primary(err error) int32 {
	var se *sqliteError
	if errors.As(err, &se) {
		return se.code & 0xff
	}
	return 0
}

// opening keeps first opens apart: SQLite initialises itself in the first one.
var opening sync.Mutex

// connect opens the file at path, which must exist. Query is that of an SQLite
// URI: "mode=rw"; setup are statements such as pragmas, run one after the other.
func connect(path, query string, setup ...string) (*db, error) {
	name, err := libc.CString(fileURI(path) + "?" + query)
	if err != nil {
		return nil, err
	}
	d := &db{tls: libc.NewTLS()}
	defer libc.Xfree(d.tls, name)
	out := libc.Xmalloc(d.tls, 8)
	if out == 0 {
		d.tls.Close()
		return nil, errOutOfMemory
	}
	defer libc.Xfree(d.tls, out)
	opening.Lock()
	rc := lib.Xsqlite3_open_v2(d.tls, name, out, lib.SQLITE_OPEN_READWRITE|lib.SQLITE_OPEN_URI|lib.SQLITE_OPEN_NOMUTEX, 0)
	opening.Unlock()
	d.handle = *(*uintptr)(pointer(out))
	if rc != lib.SQLITE_OK {
		err := d.failure(rc)
		d.Close()
		return nil, err
	}
	lib.Xsqlite3_extended_result_codes(d.tls, d.handle, 1)
	for _, s := range setup {
		if err := d.exec(s); err != nil {
			d.Close()
			return nil, err
		}
	}
	return d, nil
}

var errOutOfMemory = errors.New("out of memory")

// pointer is an address of SQLite's memory, which Go's collector does not move.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// Close closes the connection; its statements must be closed. It may be called
// twice. It fails when what it had to write could not be written.
func (d *db) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	var err error
	if rc := lib.Xsqlite3_close_v2(d.tls, d.handle); rc != lib.SQLITE_OK {
		err = &sqliteError{rc, libc.GoString(lib.Xsqlite3_errstr(d.tls, rc))}
	}
	d.tls.Close()
	return err
}

// failure is the error behind a result code.
func (d *db) failure(rc int32) error {
	text := libc.GoString(lib.Xsqlite3_errstr(d.tls, rc))
	if d.handle != 0 && lib.Xsqlite3_extended_errcode(d.tls, d.handle) == rc {
		if more := libc.GoString(lib.Xsqlite3_errmsg(d.tls, d.handle)); more != text {
			text += ": " + more
		}
	}
	return &sqliteError{rc, fmt.Sprintf("%s (%d)", text, rc)}
}

// exec runs statements that give no rows.
func (d *db) exec(script string) error {
	s, err := libc.CString(script)
	if err != nil {
		return err
	}
	defer libc.Xfree(d.tls, s)
	if rc := lib.Xsqlite3_exec(d.tls, d.handle, s, 0, 0, 0); rc != lib.SQLITE_OK {
		return d.failure(rc)
	}
	return nil
}

// each calls f for every row of a query.
func (d *db) each(query string, f func(*stmt) error) error {
	s, err := d.prepare(query)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		ok, err := s.step()
		if err != nil || !ok {
			return err
		}
		if err := f(s); err != nil {
			return err
		}
	}
}

// number is the one number that a query gives; 0 when it gives no row.
func (d *db) number(query string) (n int64, err error) {
	err = d.each(query, func(s *stmt) error {
		n = s.int()
		return s.err
	})
	return n, err
}

// checkpoint moves what it can of the log into the file, without waiting for
// anybody, and returns how many pages stayed in the log.
func (d *db) checkpoint() (left int, err error) {
	out := libc.Xmalloc(d.tls, 8)
	if out == 0 {
		return 0, errOutOfMemory
	}
	defer libc.Xfree(d.tls, out)
	if rc := lib.Xsqlite3_wal_checkpoint_v2(d.tls, d.handle, 0, lib.SQLITE_CHECKPOINT_PASSIVE, out, out+4); rc != lib.SQLITE_OK {
		return 0, d.failure(rc)
	}
	counts := (*[2]int32)(pointer(out))
	return int(counts[0] - counts[1]), nil
}

// pagesWritten counts the pages that this connection wrote; from 0 again after
// a call with reset.
func (d *db) pagesWritten(reset bool) int {
	out := libc.Xmalloc(d.tls, 8)
	if out == 0 {
		return 0
	}
	defer libc.Xfree(d.tls, out)
	var flag int32
	if reset {
		flag = 1
	}
	if lib.Xsqlite3_db_status(d.tls, d.handle, lib.SQLITE_DBSTATUS_CACHE_WRITE, out, out+4, flag) != lib.SQLITE_OK {
		return 0
	}
	return int((*[2]int32)(pointer(out))[0])
}

// diskError says what a failed write means to whoever must act.
func diskError(path string, err error) error {
	full := &headroom.MeasureError{
		What: fmt.Sprintf("the disk is full: %s cannot grow", path),
		Do:   "what was recorded until then is kept; make room and run again", Err: err,
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || primary(err) == lib.SQLITE_FULL {
		return full
	}
	if primary(err) == lib.SQLITE_IOERR {
		return &headroom.MeasureError{What: "the disk failed to keep " + path, Do: "look at the disk; what was recorded until then is kept", Err: err}
	}
	return &headroom.MeasureError{What: "cannot write " + path, Err: err}
}

// fileURI is path as an SQLite URI: a name may hold any character.
func fileURI(path string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath()
}
