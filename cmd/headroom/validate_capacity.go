package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/campaign"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/prove"
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
	if err := v.awaitCalm(ctx); err != nil {
		return p, err
	}
	q, err := v.probe(ctx, k.Topology, schedule, scale, k.Name)
	q.Folder = p.Folder
	return q, err
}

// ofCapacity says how much of the capacity that the model forecasts a
// combination's load is: of the one that was written down, or else of one that is
// searched now with the model that made the forecast.
func (v *validation) ofCapacity(p *headroom.Proof, k campaign.Combination, w writtenForecast) {
	c := w.Capacity
	if k.CapacitySeconds == 0 && w.Model == v.hash {
		limit, err := v.limit(k)
		if err != nil { // the page is worth having without it
			p.Warnings = append(p.Warnings, "what its load is of the capacity is not known: "+err.Error())
		}
		c = limit.Capacity
	}
	if c != nil && c.Value > 0 {
		p.OfCapacity = new(1 / c.Value)
	}
}

// capacityWhy says why a measured capacity is shown and not scored; "" of one
// that is.
func (v *validation) capacityWhy(p headroom.Proof, k campaign.Combination) (string, error) {
	c := p.Capacity
	if !c.Measured.Identified {
		return "all its runs lie on one side of it", nil
	}
	why, late := "", p.Late
	for _, probe := range c.Probes {
		err := opened(v.path(probe.Folder), func(run *results.Reader) error {
			late = late || run.Info().Started.Before(p.ForecastAt)
			what, err := v.disturbed(v.path(probe.Folder))
			if what != "" {
				why = fmt.Sprintf("%s in %s; remove that run and run again when it is quiet", what, probe.Folder)
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	if why != "" {
		return why, nil
	}
	if why, err := v.fewAtEnds(c.Probes, k); err != nil || why != "" {
		return why, err
	}
	if late {
		return headroom.AfterMeasurement, nil
	}
	return "", nil
}

// fewAtEnds says in which of the two runs that a capacity lies between too few
// journeys were made of the process whose objective limits it; "" in none.
func (v *validation) fewAtEnds(probes []headroom.CapacityProbe, k campaign.Combination) (string, error) {
	variant, err := k.Variant(v.plan)
	if err != nil {
		return "", err
	}
	low, high := heldAndMissed(probes)
	o, named := limiting(variant.Objectives, high, low)
	if !named {
		return "neither run beside it says which objective limits it", nil
	}
	why, least := "", prove.LeastAtEnds(o)
	for _, p := range []*headroom.CapacityProbe{low, high} {
		err := opened(v.path(p.Folder), func(run *results.Reader) error {
			n, err := prove.JourneysOf(run, o.Process)
			if err == nil && n < least {
				why = fmt.Sprintf("%d journeys of %s in %s, and %d are wanted", n, o.Process, p.Folder, least)
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return why, nil
}

// limiting is the objective that limits a capacity: the one that the run beyond
// it missed, or, where that was broken off and names none, the one that was
// nearest to its bound in the run that held.
func limiting(objectives []headroom.Objective, runs ...*headroom.CapacityProbe) (headroom.Objective, bool) {
	for _, p := range runs {
		for _, o := range objectives {
			if analyse.Name(o) == p.Worst {
				return o, true
			}
		}
	}
	return headroom.Objective{}, false
}
