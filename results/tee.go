package results

import (
	"errors"

	"github.com/headroom-erp/headroom"
)

// A Writer is an open part: a file's or a store's.
type Writer interface {
	headroom.Recorder
	// Flush returns when everything that was recorded before it is committed.
	Flush() error
	// Close commits what waits. It may be called twice.
	Close() error
}

var (
	_ Writer = (*Part)(nil)
	_ Writer = (*StorePart)(nil)
)

// Both writes everything to two parts. The first error of either is final for
// both: a run whose copies differ would be worth less than one that ended.
func Both(a, b Writer) Writer { return both{a, b} }

type both struct{ a, b Writer }

func (w both) Record(r headroom.Records) error {
	if err := w.a.Record(r); err != nil {
		return err
	}
	return w.b.Record(r)
}

func (w both) Flush() error {
	if err := w.a.Flush(); err != nil {
		return err
	}
	return w.b.Flush()
}

// Close closes both, whatever becomes of the first.
func (w both) Close() error { return errors.Join(w.a.Close(), w.b.Close()) }
