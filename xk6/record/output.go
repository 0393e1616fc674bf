// Package record is the k6 output that puts journeys and their requests into
// this process' part of the run bundle. k6's own metrics pass it by.
package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.k6.io/k6/metrics"
	"go.k6.io/k6/output"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// Name is what --out calls the output.
const Name = "headroom-record"

// Writer is the name of the part's writer in the bundle.
const Writer = "k6"

// flushEvery is how long a record may wait here. The part promises a second
// of its own from then on, of which it uses half.
const flushEvery = 200 * time.Millisecond

// An Output is a PeriodicFlusher before a part.
type Output struct {
	output.SampleBuffer
	child   *child.Child
	part    part
	flusher *output.PeriodicFlusher
	open    func(headroom.ChildSetup) (part, error)
	next    headroom.Records // of a flush; the part copies it, so that its room is used again
	err     error            // the part's first; it is final
}

type part interface {
	headroom.Recorder
	Close() error
}

var _ output.Output = (*Output)(nil)

// Constructor makes the output of one process.
func Constructor(c *child.Child) output.Constructor {
	return func(output.Params) (output.Output, error) {
		return &Output{child: c, open: open}, nil
	}
}

// open opens the part, and the one in the store where there is a store.
func open(setup headroom.ChildSetup) (part, error) {
	file, err := results.OpenPart(setup.Part, Writer)
	if err != nil || setup.Store == nil {
		return file, err
	}
	stored, err := results.JoinPart(context.Background(), headroom.Secret(setup.Store.URL), setup.Store.Run, setup.Store.Part)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return results.Both(file, stored), nil
}

// Description is one line for people.
func (o *Output) Description() string { return Name }

// Start opens the part.
func (o *Output) Start() error {
	setup, err := o.child.Setup()
	if err != nil {
		return err
	}
	if o.part, err = o.open(setup); err != nil {
		o.child.Fail(err)
		return fmt.Errorf("record: %w", err)
	}
	o.flusher, err = output.NewPeriodicFlusher(flushEvery, o.flush)
	return err
}

// flush moves what was collected into the part. A part that failed ends the
// run: load that nobody records is worth nothing.
func (o *Output) flush() {
	r := &o.next
	r.Journeys, r.Requests, r.Documents = r.Journeys[:0], r.Requests[:0], r.Documents[:0]
	for _, c := range o.GetBufferedSamples() {
		e := c.(child.Entry) // AddMetricSamples took nothing else
		if e.Journey != nil {
			r.Journeys = append(r.Journeys, *e.Journey)
		}
		if e.Request != nil {
			r.Requests = append(r.Requests, *e.Request)
		}
		if e.Document != nil {
			r.Documents = append(r.Documents, *e.Document)
		}
	}
	if o.err != nil || len(r.Journeys)+len(r.Requests)+len(r.Documents) == 0 {
		return
	}
	if o.err = o.part.Record(*r); o.err != nil {
		o.child.Fail(o.err)
	}
}

// AddMetricSamples keeps our entries until the next flush.
func (o *Output) AddMetricSamples(containers []metrics.SampleContainer) {
	var mine []metrics.SampleContainer
	for _, c := range containers {
		if _, ok := c.(child.Entry); ok {
			mine = append(mine, c)
		}
	}
	o.SampleBuffer.AddMetricSamples(mine)
}

// Stop writes the rest, closes the part, and tells the parent that everything
// is on disk.
func (o *Output) Stop() error {
	o.flusher.Stop()
	err := o.part.Close()
	if o.err == nil && err != nil {
		o.child.Fail(err)
	}
	o.child.SayDone()
	return errors.Join(o.err, err)
}
