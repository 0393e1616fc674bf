package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/campaign"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/prove"
	"github.com/headroom-erp/headroom/models/design"
	"github.com/headroom-erp/headroom/results"
)

// A calibration is a designed experiment under way.
type calibration struct {
	shop       *workshop
	experiment *campaign.Experiment
	campaign   *campaign.Campaign
	budget     float64 // seconds
	within     float64

	// measure runs one phase more, and learns from all of them.
	measure  func(context.Context, campaign.Step) (headroom.Model, error)
	measured []design.Phase
	runs     []campaign.Combination // of measured
	spent    float64                // seconds, as planned: so that a calibration that is gone on with chooses the same
}

// phases are the candidates by themselves.
func phases(steps []campaign.Step) []design.Phase {
	var out []design.Phase
	for _, s := range steps {
		out = append(out, s.Phase)
	}
	return out
}

// planned is what is best done in the time that is left.
func (c *calibration) planned() (design.Design, error) {
	steps := c.experiment.Steps()
	if len(steps) == 0 && len(c.measured) > 0 {
		return design.Design{}, nil // by what was measured, no other phase would tell enough
	}
	if len(steps) == 0 {
		return design.Design{}, &headroom.InputError{What: "no phase has journeys enough: there is too little work ready", Where: "catalogue",
			Do: "raise open_orders and open_receipts, or give longer phases with --phase"}
	}
	d, err := c.experiment.Problem.Choose(phases(steps), c.measured, c.budget-c.spent, design.A)
	if err == nil && len(d.Phases) == 0 && len(c.measured) == 0 {
		err = &headroom.InputError{What: fmt.Sprintf("not one phase fits into %.1f minutes: it takes %.0f s", c.budget/60, steps[0].Phase.Length()), Where: "--minutes"}
	}
	return d, err
}

// run measures phase after phase, and learns after each.
func (c *calibration) run(ctx context.Context) (headroom.Model, error) {
	var m headroom.Model
	for {
		d, err := c.planned()
		if err != nil || len(d.Phases) == 0 {
			return m, err
		}
		step := c.experiment.Steps()[d.Phases[0]]
		if m, err = c.measure(ctx, step); err != nil {
			return m, err
		}
		widest, ok := c.narrow(m)
		c.shop.say("after %d phases and %.1f minutes the widest interval is that of %s", len(c.measured), c.spent/60, widest)
		if ok {
			c.shop.say("narrow enough")
			return m, nil
		}
	}
}

// phase measures one phase and learns from all of them.
func (c *calibration) phase(ctx context.Context, step campaign.Step) (m headroom.Model, err error) {
	n := len(c.measured) + 1
	k := step.Combination
	k.Name = fmt.Sprintf("calibrate-%02d-%s", n, k.Name)
	k.Seed = c.shop.seed + uint64(n)
	c.shop.say("phase %d: %s: %s", n, step.Combination.Name, c.load(k))
	folder, err := c.campaign.Measure(ctx, k, 1)
	if err != nil {
		return m, err
	}
	if err := opened(folder, func(run *results.Reader) error { return c.observe(run, &step.Phase) }); err != nil {
		return m, err
	}
	c.runs, c.measured = append(c.runs, k), append(c.measured, step.Phase)
	c.spent += step.Phase.Length()
	var folders []string
	for _, r := range c.runs {
		folders = append(folders, c.campaign.Folder(r.Name))
	}
	if m, err = learnFrom(ctx, folders, c.shop.seed); err != nil {
		return m, err
	}
	c.experiment.Learned(m)
	return m, nil
}

// observe puts what a phase really had in the place of what was planned.
func (c *calibration) observe(run headroom.Run, phase *design.Phase) error {
	seen, err := prove.Measure(run)
	if err != nil {
		return err
	}
	phase.Rates = slices.Clone(phase.Rates)
	for i, k := range c.experiment.Problem.Classes {
		phase.Rates[i] = float64(seen.Processes[k.Name].Journeys) / phase.Seconds
	}
	return nil
}

// A demandWidth is a process' demand at a station with its interval.
type demandWidth struct {
	Process string            `json:"process"`
	Station string            `json:"station"`
	Demand  headroom.Estimate `json:"demand"`
	// Relative is half of the interval over the demand; nil where nothing is known,
	// 0 of a demand that is known to be none.
	Relative *float64 `json:"relative"`
}

func (c *calibration) widths(m headroom.Model) []demandWidth {
	var out []demandWidth
	for _, k := range c.experiment.Problem.Classes {
		for _, station := range c.experiment.Problem.Stations {
			d, known := campaign.JourneyDemand(m, k.Name, station)
			w := demandWidth{Process: k.Name, Station: station, Demand: d}
			switch half := (d.High - d.Low) / 2; {
			case known && d.Value > 0:
				w.Relative = new(half / d.Value)
			case known && half == 0:
				w.Relative = new(0.0)
			}
			out = append(out, w)
		}
	}
	return out
}

// smallShare is the share of the mix's demand at a station below which a
// process' interval may be as wide as it is: it moves nothing.
const smallShare = 0.02

// narrow says which interval is widest, and whether all that matter are narrow
// enough. Those of conflicts do not count: conflicts want two overlaps that differ.
func (c *calibration) narrow(m headroom.Model) (string, bool) {
	total := map[string]float64{}
	widths := c.widths(m)
	for _, w := range widths {
		total[w.Station] += w.Demand.Value * c.experiment.Share(w.Process)
	}
	widest := demandWidth{Relative: new(-1.0)}
	for _, w := range widths {
		share, matters := c.experiment.Share(w.Process), smallShare*total[w.Station]
		switch {
		case w.Relative == nil && w.Demand.High > 0 && w.Demand.High*share < matters: // at most little
		case w.Relative == nil:
			return fmt.Sprintf("%s at %s, of which nothing is known yet", w.Process, w.Station), false
		case w.Demand.Value*share >= matters && *w.Relative > *widest.Relative:
			widest = w
		}
	}
	word := fmt.Sprintf("%s at %s, ±%.0f %%", widest.Process, widest.Station, 100**widest.Relative)
	return word, *widest.Relative <= c.within && c.overlaps()
}

// differentOverlaps is the ratio from which two overlaps tell how conflicts grow.
const differentOverlaps = 1.5

func (c *calibration) overlaps() bool { return c.differ(c.measured) }

// differ says whether phases tell how conflicts grow.
func (c *calibration) differ(phases []design.Phase) bool {
	if !c.experiment.Problem.Conflicts {
		return true
	}
	low, high := math.Inf(1), 0.0
	for _, p := range phases {
		if p.Overlap > 0 {
			low, high = min(low, p.Overlap), max(high, p.Overlap)
		}
	}
	return high >= differentOverlaps*low
}

// expectedEnd is after how many phases of a design the calibration is expected to
// stop, as narrow has it; 0: after none of them.
func (c *calibration) expectedEnd(d design.Design) int {
	steps := c.experiment.Steps()
	done := slices.Clone(c.measured)
	for i, k := range d.Phases {
		if done = append(done, steps[k].Phase); d.After[i] <= c.within && c.differ(done) {
			return i + 1
		}
	}
	return 0
}

// A calibrationResult is what calibrate --json prints.
type calibrationResult struct {
	Headroom int                `json:"headroom"` // version of this format, 1
	Plan     string             `json:"plan"`
	Topology string             `json:"topology"`
	Minutes  float64            `json:"minutes"` // that the phases took, as planned
	Within   float64            `json:"within"`
	Narrow   *bool              `json:"narrow"` // nil before anything was measured
	Phases   []calibrationPhase `json:"phases"` // measured, or with --dry-run planned
	// Stops is, with --dry-run, after how many of the phases the intervals are expected
	// to be narrow enough; 0: after none of them.
	Stops    *int            `json:"expected_phases,omitempty"`
	Expected []design.Width  `json:"expected,omitempty"`
	Demands  []demandWidth   `json:"demands,omitempty"`
	Model    *headroom.Model `json:"model,omitempty"`
	Left     []string        `json:"not_calibrated,omitempty"`
	File     string          `json:"file,omitempty"`
}

type calibrationPhase struct {
	Name    string               `json:"name"`
	Load    []headroom.ProofLoad `json:"load"`
	Seconds float64              `json:"seconds"`
	Widest  float64              `json:"widest,omitempty"` // expected after it
}

// result is what was learned; of a nil model what is planned.
func (c *calibration) result(m *headroom.Model) calibrationResult {
	r := calibrationResult{Headroom: 1, Plan: c.experiment.Plan.Name, Topology: c.experiment.Topology.Name, Within: c.within, Left: c.experiment.Left}
	if m == nil {
		d, err := c.planned()
		if err != nil {
			return r
		}
		steps := c.experiment.Steps()
		r.Minutes, r.Expected, r.Stops = d.Seconds/60, d.Expect.Widths(), new(c.expectedEnd(d))
		for i, k := range d.Phases {
			s := steps[k].Combination
			r.Phases = append(r.Phases, calibrationPhase{s.Name, s.Load(c.experiment.Plan), s.Seconds, d.After[i]})
		}
		return r
	}
	_, narrow := c.narrow(*m)
	r.Minutes, r.Narrow, r.Demands, r.Model, r.File = c.spent/60, &narrow, c.widths(*m), m, c.shop.path(modelFile)
	for _, k := range c.runs {
		r.Phases = append(r.Phases, calibrationPhase{Name: k.Name, Load: k.Load(c.experiment.Plan), Seconds: k.Seconds})
	}
	return r
}
