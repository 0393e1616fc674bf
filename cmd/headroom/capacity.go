package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sizing"
	"github.com/headroom-erp/headroom/reports/text"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// capacityOptions are the flags of capacity.
type capacityOptions struct {
	outlookOptions
	topology  string
	modelOnly bool
	runs      int
	confirm   bool
	workspace string
	live      string
	store     bool
}

func newCapacity(std stdio) *cobra.Command {
	var o capacityOptions
	cmd := &cobra.Command{
		Use:   "capacity PLAN",
		Short: "How much of a load does a topology hold within its objectives?",
		Long: `Find the highest multiple of a window's load at which a topology holds every
objective of the plan. The model answers first: it doubles and bisects the scale
of the simulated schedule, for each repetition by itself, and says which
objective is missed first beyond, and which station is busiest there.

Then, unless --model-only is given, the answer is looked for on a system, as
'headroom run' would run it: from the model's answer by steps that double until
one run held and one did not, halving what is between them, and once more over a
window twice as long that ends at the same time. A run is broken off as soon as
it is clear that it misses an objective.

Ends with 1 when the topology does not hold the load itself (a capacity below 1).`,
		Example: "  headroom capacity pilot --model model.json --topology standard-6 --model-only\n" +
			"  headroom capacity pilot --model model.json --topology standard-6 --target erp",
		Args: exactArgs(1, "one plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			if err := o.window.alone(cmd); err != nil {
				return err
			}
			return capacity(cmd.Context(), o, std, time.Now())
		},
	}
	o.flags(cmd)
	o.scaleFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&o.topology, "topology", "", "the plan's topology that serves; an external target must be one already")
	f.StringVar(&o.target, "target", "", "the system to confirm on: erp, odoo, external or compose; with --model-only, whose demo is looked at")
	f.BoolVar(&o.modelOnly, "model-only", false, "ask the model alone, and run nothing")
	f.IntVar(&o.runs, "runs", mostRuns, "how many runs the search on the system may take, at least 2")
	f.BoolVar(&o.confirm, "confirm", true, "confirm the answer over a window twice as long")
	f.StringVar(&o.workspace, "workspace", "", "folder for everything that is written; it must not exist (default headroom-workspace/capacity-TIME)")
	liveFlag(cmd, &o.live)
	storeFlag(cmd, &o.store)
	return cmd
}

func capacity(ctx context.Context, o capacityOptions, std stdio, now time.Time) error {
	switch {
	case !o.modelOnly && o.target == "":
		return &headroom.InputError{What: "which system is to be loaded was not said", Where: "--target", Do: "name it, or ask the model alone with --model-only"}
	case o.modelOnly && (o.workspace != "" || o.live != "" || o.store):
		return &headroom.InputError{What: "the model alone runs nothing that could be watched or kept", Where: "--model-only", Do: "leave out --workspace, --live and --store, or leave out this"}
	case o.runs < 2:
		return &headroom.InputError{What: fmt.Sprintf("%d runs have nothing between them", o.runs), Where: "--runs", Do: "allow at least 2"}
	}
	x, err := newOutlook(o.outlookOptions, now)
	if err != nil {
		return err
	}
	c := &capacitySought{outlook: x, o: o, std: std}
	if err := c.prepare(); err != nil {
		return err
	}
	if c.report, err = computed(ctx, c.ask); err != nil {
		return err
	}
	if !o.modelOnly {
		if err := c.search(ctx); err != nil {
			return err
		}
	}
	if err := c.show(); err != nil {
		return err
	}
	return c.verdict()
}

// A capacitySought is a capacity under way.
type capacitySought struct {
	*outlook
	o        capacityOptions
	std      stdio
	topology headroom.Topology
	window   calendar.Window
	base     float64 // scale of the load that multiples are of
	report   headroom.CapacityReport
}

// prepare finds the window and the topology, before anything is computed.
func (c *capacitySought) prepare() error {
	var err error
	if c.topology, err = c.one(c.o.topology); err != nil {
		return err
	}
	if len(c.plan.Objectives) == 0 {
		return &headroom.InputError{What: fmt.Sprintf("plan %s has no objective: capacity has no meaning", c.plan.Name), Where: "objectives", Do: "say in the plan what must hold"}
	}
	window, scale, err := c.chosen(c.plan)
	if err != nil {
		return err
	}
	c.window = window
	c.base = scale * c.o.scale
	return nil
}

// ask asks the model.
func (c *capacitySought) ask() (r headroom.CapacityReport, err error) {
	provider := c.provider(c.plan, c.window, c.base)
	l, err := provider(1)
	if err != nil {
		return r, err
	}
	if err := c.known(l.Header); err != nil {
		return r, err
	}
	options := c.options(c.plan)
	options.CapacityReplications = c.o.replications
	limit, err := sizing.Capacity(c.model, c.topology, provider, c.plan.Objectives, options)
	if err != nil {
		return r, err
	}
	if limit.Capacity == nil && limit.Station == "" { // nothing was missed: nothing was judged
		return r, &headroom.MeasureError{What: strings.Join(limit.Warnings, "; "), Do: "choose a longer window, or objectives of processes that are in it and that the model knows"}
	}
	r = headroom.CapacityReport{Plan: c.plan.Name, Schedule: l.Header, Topology: c.topology, Model: limit.Capacity, Station: limit.Station,
		Warnings: append(limit.Warnings, eventful(c.plan, l.Header)...)}
	if limit.Objective != nil {
		r.Objective = options.Name(*limit.Objective)
	}
	if limit.Capacity == nil {
		return r, nil
	}
	putCapacity(&r, *limit.Capacity)
	if l, err = provider(limit.Capacity.Value); err != nil {
		return r, err
	}
	f, err := sizing.Forecast(c.model, c.topology, l, c.plan.Objectives, options)
	r.At = &f
	return r, err
}

// putCapacity puts an estimate of the capacity into the report.
func putCapacity(r *headroom.CapacityReport, e headroom.Estimate) {
	r.Low, r.High, r.Headroom = nil, nil, nil
	if e.Low > 0 {
		r.Low = &e.Low
	}
	if e.Identified || e.Low == 0 {
		r.High = &e.High
	}
	if e.Value > 0 {
		left := 1 - 1/e.Value
		r.Headroom = &left
	}
}

// search looks for the capacity on the system.
func (c *capacitySought) search(ctx context.Context) (err error) {
	if c.report.Model == nil {
		return &headroom.MeasureError{What: "the model found no load that the topology holds, so that none is searched on the system", Do: "see its warnings with --model-only"}
	}
	r, err := newRunner(runOptions{plan: c.o.plan, target: c.o.target, topology: c.o.topology, seed: c.o.seed, live: c.o.live, store: c.o.store, json: c.o.json}, c.std)
	if err != nil {
		return err
	}
	schedule, err := calendar.New(r.plan, c.window, c.o.seed, c.base*c.report.Model.Value, players(r.plan))
	if err != nil {
		return err
	}
	if err := r.refuse(schedule); err != nil {
		return err
	}
	if err := announce(r.std.err, r, schedule); err != nil {
		return err
	}
	if err := r.useStore(ctx, c.o.store); err != nil {
		return err
	}
	if err := r.make(c.o.workspace, "capacity", c.o.live); err != nil {
		return err
	}
	defer func() { err = r.close(ctx, err, c.o.workspace == "") }()
	if err := r.open(ctx, r.topology); err != nil {
		return err
	}
	s := capacitySearch{topology: r.topology.Name, forecast: *c.report.Model, most: c.o.runs, within: endsWithin, confirm: c.o.confirm}
	s.probe = func(ctx context.Context, scale float64, long bool) (headroom.CapacityProbe, error) {
		w, id := c.window, fmt.Sprintf("%s-at-%.3f", r.topology.Name, scale)
		if long { // the same end, where a cutoff is
			w.At, w.Seconds, id = w.At.Add(-seconds(w.Seconds)), 2*w.Seconds, id+"-long"
		}
		schedule, err := calendar.New(r.plan, w, c.o.seed, c.base*scale, players(r.plan))
		if err != nil {
			return headroom.CapacityProbe{}, err
		}
		return r.probe(ctx, r.topology, schedule, scale, id)
	}
	if c.report.Check, err = s.run(ctx); err != nil {
		return err
	}
	putCapacity(&c.report, c.report.Check.Measured)
	if _, high := heldAndMissed(c.report.Check.Probes); high != nil {
		c.report.Objective = high.Worst
	}
	return nil
}

func (c *capacitySought) show() error {
	if c.o.json {
		return writeJSON(c.std.out, c.report)
	}
	return text.Capacity(c.std.out, c.report)
}

// verdict is a miss where the load itself is more than the topology holds.
func (c *capacitySought) verdict() error {
	e := c.report.Model
	if c.report.Check != nil {
		e = &c.report.Check.Measured
	}
	if e == nil || e.Value < 1 {
		return fmt.Errorf("%s does not hold the load: %w", c.topology.Name, headroom.ErrMissed)
	}
	return nil
}
