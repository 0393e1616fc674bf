package main

import (
	"context"
	"fmt"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/awake"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/prove"
	"github.com/headroom-erp/headroom/probes"
	"github.com/headroom-erp/headroom/results"
)

// A disturbance is what else the machine did during a run; nil where nobody looked.
type disturbance struct {
	others  *float64 // cores busy with other work
	stalled *float64 // share of the speed probe's readings
	stolen  *float64 // share of the CPU time that the hypervisor counts as given to others
}

func disturbanceOf(run headroom.Run, report headroom.RunReport) (d disturbance, err error) {
	if d.others, err = prove.Others(run); err != nil {
		return d, err
	}
	if report.Generator != nil {
		d.stolen = report.Generator.Steal
	}
	d.stalled, err = prove.Stalled(run)
	return d, err
}

// why says what of it was more than a figure bears; "" where nothing was. A stand-in's
// CPUs are virtual: only other work keeps it from its schedule.
func (d disturbance) why(target string) string {
	switch {
	case d.others != nil && *d.others > prove.MostOthers:
		return fmt.Sprintf("%.1f cores of the machine were busy with other work", *d.others)
	case target != ground.Odoo:
		return ""
	case d.stolen != nil && *d.stolen > prove.MostStolen:
		return fmt.Sprintf("the hypervisor gave %.1f %% of the machine's CPU time to others", 100**d.stolen)
	case d.stalled != nil && *d.stalled > prove.MostStalled:
		return fmt.Sprintf("the machine's cores stood still in between: %.1f %% of the speed probe's readings were above twice their median", 100**d.stalled)
	}
	return ""
}

// disturbed is why a bundle's run was disturbed; "" of one that was not.
func (w *workshop) disturbed(folder string) (why string, err error) {
	err = opened(folder, func(run *results.Reader) error {
		report, err := analyse.RunReport(run, run.Dir())
		if err != nil {
			return err
		}
		d, err := disturbanceOf(run, report)
		why = d.why(w.target)
		return err
	})
	return why, err
}

// How long a machine is watched before it counts as calm, how often it is looked at
// meanwhile, and how long a run waits for that.
const (
	calmFor   = 20 * time.Second
	calmEvery = 50 * time.Millisecond
	calmPause = 40 * time.Second
	calmWait  = 45 * time.Minute
)

// awaitCalm returns when the machine's cores do not stand still in between, or do after
// all that waiting: its run says so itself then. Neighbours of a virtual machine are noisy for
// minutes and for hours, and a run beside them would have to be made again.
func (w *workshop) awaitCalm(ctx context.Context) error {
	if w.target != ground.Odoo {
		return nil
	}
	if cores, err := awake.Keep(); err == nil { // as in the run
		defer func() { _ = cores.Close() }() // nothing was written
	}
	for began := time.Now(); ; {
		var units unitTimes
		watched, stop := context.WithTimeout(ctx, calmFor)
		err := probes.Speed{Interval: calmEvery}.Run(watched, probes.Clock{Start: time.Now()}, &units)
		stop()
		if ctx.Err() != nil {
			return headroom.ErrInterrupted
		}
		share := prove.StalledShare(units)
		switch {
		case err != nil || share <= prove.MostStalled:
			return err
		case time.Since(began) > calmWait:
			w.say("the machine does not become calm: going on")
			return nil
		}
		w.say("the machine's cores stand still in between (%.0f %% of readings): waiting until it is calm", 100*share)
		select {
		case <-ctx.Done():
			return headroom.ErrInterrupted
		case <-time.After(calmPause):
		}
	}
}

// unitTimes are the readings of the speed probe.
type unitTimes []float64

// Record keeps what the work took.
func (u *unitTimes) Record(r headroom.Records) error {
	for _, s := range r.Samples {
		if s.Metric == "unit_seconds" {
			*u = append(*u, s.Value)
		}
	}
	return nil
}
