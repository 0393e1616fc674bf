package main

import (
	"context"
	"fmt"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/results"
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

// searchCapacity searches the capacity of a topology on the system, beginning
// at the forecast.
func (d *demo) searchCapacity(ctx context.Context, name string, forecast headroom.Estimate) (*headroom.CapacityCheck, error) {
	topology, err := topologyNamed(d.plan, name)
	if err != nil {
		return nil, err
	}
	s := capacitySearch{topology: name, forecast: forecast, most: mostRuns, within: endsWithin}
	s.probe = func(ctx context.Context, scale float64, _ bool) (headroom.CapacityProbe, error) {
		schedule, err := d.schedule(scale)
		if err != nil {
			return headroom.CapacityProbe{}, err
		}
		return d.probe(ctx, topology, schedule, scale, fmt.Sprintf("%s-at-%.3f", name, scale))
	}
	return s.run(ctx)
}
