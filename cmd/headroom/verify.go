package main

import (
	"context"
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/results"
)

// Bounds of the search for a capacity on the running system: the first step up
// or down from the forecast, how often the bracket may be halved, and how many
// steps may look for one.
const (
	capacityStep  = 1.15
	capacitySteps = 4
	capacityHalve = 2
)

// verify runs the topology that was only forecast, puts the measurement beside
// the forecast, and searches its capacity on the system.
func (d *demo) verify(ctx context.Context, a analyse.Analysis, r *headroom.Report) error {
	name := d.block.Forecast
	d.say("verifying: %s was forecast; now it is run", name)
	folder, err := d.runOnce(ctx, name, 1, name)
	if err != nil {
		return err
	}
	run, err := results.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = run.Close() }() // only read from
	rr, err := analyse.RunReport(run, folder)
	if err != nil {
		return err
	}
	r.Runs = append(r.Runs, rr)
	unseen, err := analyse.Compare([]headroom.Run{run}, a.Model, d.o.seed, false)
	if err != nil {
		return err
	}
	r.Comparisons = append(r.Comparisons, unseen...)
	if !d.o.capacity {
		return nil
	}
	forecast := a.Forecasts[0]
	if forecast.Capacity == nil {
		d.say("no capacity was forecast, so that none is searched")
		return nil
	}
	r.Verified, err = d.searchCapacity(ctx, name, *forecast.Capacity)
	return err
}

// searchCapacity finds the scale of the load between a run that held every
// objective and one that did not, beginning at the forecast.
func (d *demo) searchCapacity(ctx context.Context, name string, forecast headroom.Estimate) (*headroom.CapacityCheck, error) {
	check := &headroom.CapacityCheck{Topology: name, Forecast: forecast}
	var low, high *headroom.CapacityProbe // the highest scale that held, the lowest that did not
	scale := forecast.Value
	for step := 0; step < capacitySteps+capacityHalve && !(low != nil && high != nil && high.Scale/low.Scale < math.Sqrt(capacityStep)); step++ {
		p, err := d.probeCapacity(ctx, name, scale)
		if err != nil {
			return nil, err
		}
		check.Probes = append(check.Probes, p)
		if p.Met && (low == nil || p.Scale > low.Scale) {
			low = &p
		}
		if !p.Met && (high == nil || p.Scale < high.Scale) {
			high = &p
		}
		switch {
		case high == nil:
			scale = low.Scale * capacityStep
		case low == nil:
			scale = high.Scale / capacityStep
		default:
			scale = math.Sqrt(low.Scale * high.Scale)
		}
	}
	check.Measured = between(low, high)
	check.Error = forecast.Value/check.Measured.Value - 1
	return check, nil
}

// between is the measured capacity: where the worst objective's ratio to its
// bound, taken as a power of the scale between the two runs, reaches 1.
func between(low, high *headroom.CapacityProbe) headroom.Estimate {
	e := headroom.Estimate{Level: headroom.Level, N: 2, Method: "bracketed by runs, interpolated", Identified: true}
	switch {
	case low == nil:
		e.Value, e.High, e.Identified = high.Scale, high.Scale, false
	case high == nil:
		e.Value, e.Low, e.High, e.Identified = low.Scale, low.Scale, low.Scale, false
	default:
		at := math.Log(1/low.Ratio) / math.Log(min(high.Ratio, analyse.Beyond)/low.Ratio)
		e.Value = low.Scale * math.Pow(high.Scale/low.Scale, min(1, max(0, at)))
		e.Low, e.High = low.Scale, high.Scale
	}
	return e
}

// probeCapacity runs the topology at a scale and holds it against the
// objectives.
func (d *demo) probeCapacity(ctx context.Context, name string, scale float64) (headroom.CapacityProbe, error) {
	id := fmt.Sprintf("%s-at-%.3f", name, scale)
	p := headroom.CapacityProbe{Scale: scale, Met: true}
	folder, err := d.runOnce(ctx, name, scale, id)
	if err != nil {
		return p, err
	}
	p.Folder = folder
	run, err := results.Open(folder)
	if err != nil {
		return p, err
	}
	defer func() { _ = run.Close() }() // only read from
	r, err := analyse.RunReport(run, folder)
	if err != nil {
		return p, err
	}
	if late := r.Delays.Generator.P99; late > analyse.MaxGeneratorDelay {
		return p, &headroom.MeasureError{What: fmt.Sprintf("at %.3f of the load the generator was the bottleneck (99 %% of journeys began within %.0f ms)", scale, 1000*late),
			Do: "free the machine, or leave out the search with --capacity=false"}
	}
	for _, o := range r.Objectives {
		if ratio := analyse.Ratio(o); ratio != nil && *ratio > p.Ratio {
			p.Ratio, p.Worst = *ratio, o.Name
		}
	}
	if p.Ratio == 0 {
		return p, &headroom.MeasureError{What: fmt.Sprintf("at %.3f of the load no objective has a journey in the window", scale), Do: "choose a longer window, or objectives of processes that are in it"}
	}
	p.Met = p.Ratio <= 1
	d.say("at %.3f of the load: %s takes %.0f %% of its bound", scale, p.Worst, 100*p.Ratio)
	return p, nil
}
