package conduct

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// A book is where a run is written: its bundle, and where the user wants one a
// copy in a store. The bundle alone is the run: whatever reads it while it is
// recorded needs no store, and a store that fails costs nothing that was
// measured until then.
type book struct {
	*results.Bundle
	ctx   context.Context // not cancelled: a run is also finished after Ctrl-C
	url   headroom.Secret
	store *results.RunWriter // nil without a store
	copy  *results.StorePart // of this process; nil without a store, and before open
}

// begin makes the bundle and begins the run in the store.
func (s Spec) begin(ctx context.Context, info headroom.RunInfo) (*book, error) {
	bundle, err := results.Create(s.Dir, info)
	if err != nil {
		return nil, err
	}
	b := &book{Bundle: bundle, ctx: context.WithoutCancel(ctx), url: s.Store}
	if s.Store == "" {
		return b, nil
	}
	store, err := results.OpenStore(ctx, s.Store)
	if err == nil {
		b.store, err = store.Create(ctx, info)
	}
	if err != nil {
		return nil, first(err, bundle.Finish(false, why(err)))
	}
	s.Say("also written to the store, as store:%s", b.store.ID())
	return b, nil
}

// open opens this process' part. A store that fails also closes what lost has
// by the name of "the store".
func (b *book) open(lost map[string]<-chan struct{}) (results.Writer, error) {
	part, err := results.OpenPart(b.PartPath("conduct"), "conduct")
	if err != nil || b.store == nil {
		return part, err
	}
	if b.copy, err = b.store.Part(b.ctx, "conduct"); err != nil {
		return nil, first(err, part.Close())
	}
	lost["the store"] = b.copy.Failed()
	return results.Both(part, b.copy), nil
}

// blame is err, or what became of the store where that is the reason for it.
func (b *book) blame(err error) error {
	if err != nil && b.copy != nil && b.copy.Err() != nil {
		return b.copy.Err()
	}
	return err
}

// child is what a child needs to write its part to the store as well.
func (b *book) child(name string) *headroom.ChildStore {
	if b.store == nil {
		return nil
	}
	return &headroom.ChildStore{URL: b.url.Reveal(), Run: b.store.ID(), Part: name}
}

// keepInputs copies plan and schedule into the store.
func (b *book) keepInputs() error {
	if b.store == nil {
		return nil
	}
	for name, path := range map[string]string{results.PlanFile: b.Plan(), results.ScheduleFile: b.Schedule()} {
		if err := b.keep(name, path); err != nil {
			return err
		}
	}
	return nil
}

func (b *book) keep(name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return &headroom.MeasureError{What: name + " could not be read again", Err: err}
	}
	defer func() { _ = f.Close() }() // only read from
	return b.store.Keep(b.ctx, name, io.Reader(f))
}

// Update is Bundle.Update for both.
func (b *book) Update(change func(*headroom.RunInfo)) error {
	if err := b.Bundle.Update(change); err != nil || b.store == nil {
		return err
	}
	return b.store.Update(b.ctx, change)
}

// Finish is Bundle.Finish for both: the bundle's end is written whatever becomes
// of the store, which says by itself that a run has no end.
func (b *book) Finish(complete bool, reason string) error {
	err := b.Bundle.Finish(complete, reason)
	if b.store == nil {
		return err
	}
	return errors.Join(err, b.store.Finish(b.ctx, complete && err == nil, reason))
}
