package conduct

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/carrier"
	"github.com/headroom-erp/headroom/odoo"
)

// Events are the names of what a run can make happen.
func Events() []string { return []string{carrier.Down, carrier.Errors, carrier.Slow} }

// System parameters by which the ERP finds the carrier.
const (
	carrierURL     = "headroom_carrier.url"
	carrierTimeout = "headroom_carrier.timeout"
)

// patience of the ERP with a carrier, in seconds, where the plan gives none.
const patience = 10

// announceCarrier tells the ERP where the carrier's stub listens.
func (s Spec) announceCarrier(ctx context.Context, admin *odoo.Session, database string) error {
	if s.Carrier == nil {
		return nil
	}
	seconds := s.Plan.Carrier.Timeout
	if seconds == 0 {
		seconds = patience
	}
	for _, p := range [][2]string{{carrierURL, s.Carrier.URL()}, {carrierTimeout, strconv.FormatFloat(seconds, 'g', -1, 64)}} {
		_, err := admin.Call(ctx, odoo.Call{Model: "ir.config_parameter", Method: "set_param", Args: []any{p[0], p[1]}})
		if err != nil {
			return fmt.Errorf("conduct: telling database %s of the carrier: %w", database, err)
		}
	}
	return nil
}

// An Incident is an event of the plan that falls into a run, in seconds since
// the run's start.
type Incident struct {
	What     string
	From, To float64
	Value    float64
}

// happen makes the incidents happen at their times, and records when they did:
// samples of probe "event", subject the event's name, metric "on", 1 and 0.
// The function returned ends it and leaves the carrier as it was.
func (s Spec) happen(start time.Time, part headroom.Recorder) func() error {
	if s.Carrier == nil || len(s.Incidents) == 0 {
		return func() error { return nil }
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var failed error
	base := s.Carrier.State()
	wg.Go(func() { failed = s.follows(ctx, base, start, part) })
	return func() error {
		cancel()
		wg.Wait()
		return first(failed, s.Carrier.Set(base))
	}
}

// follows sets the carrier at each moment at which an incident begins or ends.
func (s Spec) follows(ctx context.Context, base carrier.State, start time.Time, part headroom.Recorder) error {
	var changes []carrier.Change
	var moments []float64
	for _, in := range s.Incidents {
		changes = append(changes, carrier.Change{What: in.What, From: in.From, To: in.To, Value: in.Value})
		moments = append(moments, in.From, in.To)
	}
	slices.Sort(moments)
	for _, at := range slices.Compact(moments) {
		if !sleep(ctx, time.Until(start.Add(time.Duration(at*float64(time.Second))))) {
			return nil
		}
		if err := s.Carrier.Set(carrier.StateAt(base, changes, at)); err != nil {
			return err
		}
		var samples []headroom.Sample
		for _, in := range s.Incidents {
			if at != in.From && at != in.To {
				continue
			}
			on, word := 1.0, "begins"
			if at == in.To {
				on, word = 0, "is over"
			}
			s.Say("event: %s %s", in.What, word)
			samples = append(samples, headroom.Sample{T: time.Since(start).Seconds(), Probe: "event", Subject: in.What, Metric: "on", Value: on})
		}
		if err := part.Record(headroom.Records{Samples: samples}); err != nil {
			return err
		}
	}
	return nil
}

// sleep is false when ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
