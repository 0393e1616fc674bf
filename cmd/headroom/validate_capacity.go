package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/campaign"
	"github.com/headroom-erp/headroom/results"
)

// A search for a capacity ends when its two ends are within searchWithin of each
// other, which is finer than what it is held against. It usually takes
// usualProbes runs, and never more than mostProbes.
const (
	searchWithin = 1.04
	usualProbes  = 4
	mostProbes   = 8
)

// errNotYet is that a capacity was not searched to its end.
var errNotYet = errors.New("not measured yet")

// searchCapacity finds the scale of a combination's load between a run that held
// every objective and one that did not, beginning at the forecast. Without
// leave to run it only reads the runs that there are; then it gives nil where
// they are not all there.
func (v *validation) searchCapacity(ctx context.Context, k campaign.Combination, may bool) (*headroom.CapacityCheck, error) {
	w, err := v.written(k)
	if err != nil {
		return nil, err
	}
	if w.Capacity == nil {
		v.say("no capacity of %s was forecast, so that none is searched", k.Name)
		return nil, nil
	}
	s := capacitySearch{topology: k.Topology.Name, forecast: *w.Capacity, most: mostProbes, within: searchWithin}
	s.probe = func(ctx context.Context, scale float64, _ bool) (headroom.CapacityProbe, error) {
		return v.probeCapacity(ctx, longer(k), scale, may)
	}
	check, err := s.run(ctx)
	if errors.Is(err, errNotYet) {
		return nil, nil
	}
	return check, err
}

// probeCapacity runs a combination at a scale, or reads the run that there is,
// and holds it against the objectives.
func (v *validation) probeCapacity(ctx context.Context, k campaign.Combination, scale float64, may bool) (headroom.CapacityProbe, error) {
	k.Name = fmt.Sprintf("%s-at-%.3f", k.Name, scale)
	folder := v.campaign.Folder(k.Name)
	p := headroom.CapacityProbe{Scale: scale, Met: true, Seconds: k.Seconds, Folder: filepath.Join("runs", k.Name)}
	done, err := v.campaign.Done(k, scale)
	if err != nil {
		return p, err
	}
	if done {
		return p, opened(folder, func(run *results.Reader) error {
			report, err := analyse.RunReport(run, folder)
			if err != nil {
				return err
			}
			if err := v.weigh(&p, report); err != nil {
				return fmt.Errorf("%w; remove %s, so that it is run again", err, folder)
			}
			return nil
		})
	}
	if reason, stopped := brokenOff(folder); stopped {
		p.Met, p.Early, p.Ratio, p.Worst = false, true, analyse.Beyond, reason
		return p, nil
	}
	if !may {
		return p, errNotYet
	}
	variant, schedule, err := v.campaign.Prepare(k, scale)
	if err != nil {
		return p, err
	}
	if err := v.ready(ctx, v.topologies()); err != nil {
		return p, err
	}
	base := v.plan
	v.plan = variant
	defer func() { v.plan = base }()
	q, err := v.probe(ctx, k.Topology, schedule, scale, k.Name)
	q.Folder = p.Folder
	return q, err
}
