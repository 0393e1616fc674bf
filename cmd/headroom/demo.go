package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/models/sizing"
)

// demoOptions are the flags of demo.
type demoOptions struct {
	target    string
	plan      string
	workspace string
	seed      uint64
	seconds   float64
	topology  string // of an external target
	verify    bool
	capacity  bool
	json      bool
	live      string
	store     bool
}

func newDemo(std stdio) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The whole chain: replay a peak on two topologies, fit, forecast a third, recommend",
		Long: `Start a private PostgreSQL and the target, seed it, replay the demo window of a
plan against two topologies, fit the capacity model to what was measured,
forecast a third topology that was not run, recommend, and write the report.
Everything that was started is stopped again; the workspace folder stays.

Targets: erp is the stand-in ERP that comes with headroom; odoo is the real Odoo
19 of 'make odoo'; external is an Odoo of yours, given by HEADROOM_ODOO_URL,
HEADROOM_ODOO_DATABASE, HEADROOM_ODOO_LOGIN and HEADROOM_ODOO_PASSWORD, and
marked by 'headroom allow'. Its workers cannot be changed from here: it is run
once, as the topology that you name.`,
		Example: "  headroom demo\n  headroom demo --target odoo --verify",
		Args:    exactArgs(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.target, "target", ground.ERP, "what to load: erp, odoo or external")
	f.StringVar(&o.plan, "plan", "pilot", "a plan with a demo for the target: a path or a shipped name")
	f.StringVar(&o.workspace, "workspace", "", "folder for everything that is written; it must not exist (default headroom-workspace/demo-TIME)")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the arrivals and of every simulation")
	f.StringVar(&o.topology, "topology", "", "which of the plan's topologies an external target is (default the first of the plan's demo)")
	f.Float64Var(&o.seconds, "seconds", 0, "length of the window in seconds, counted from its end; 0 is the plan's")
	f.BoolVar(&o.verify, "verify", false, "run the forecast topology afterwards, to see how wrong the forecast was")
	f.BoolVar(&o.capacity, "capacity", true, "with --verify: search its capacity on the system too, which takes several runs")
	f.BoolVar(&o.json, "json", false, "the report as one JSON document on standard output, nothing else")
	liveFlag(cmd, &o.live)
	storeFlag(cmd, &o.store)
	return cmd
}

// demo is one demo under way.
type demo struct {
	workshop
	o     demoOptions
	block headroom.Demo
}

func runDemo(ctx context.Context, o demoOptions, std stdio) (err error) {
	d := &demo{o: o, workshop: workshop{std: std, target: o.target, seed: o.seed, started: time.Now()}}
	if err := d.check(); err != nil {
		return err
	}
	topologies, err := d.topologies()
	if err != nil {
		return err
	}
	if err := d.useStore(ctx, o.store); err != nil {
		return err
	}
	if err := d.make(o.workspace, "demo", o.live); err != nil {
		return err
	}
	defer func() { err = d.close(ctx, err, o.workspace == "") }()
	if err := d.open(ctx, topologies...); err != nil {
		return err
	}
	folders, err := d.replay(ctx, d.block.Run)
	if err != nil {
		return err
	}
	return d.conclude(ctx, folders)
}

// check is everything that can be found out before anything starts.
func (d *demo) check() error {
	if err := knownTarget(d.o.target); err != nil {
		return err
	}
	plan, err := loadPlan(d.o.plan)
	if err != nil {
		return err
	}
	if d.o.target == ground.External {
		if plan, err = adopt(plan); err != nil {
			return err
		}
	}
	for i, t := range plan.Topologies {
		plan.Topologies[i] = ground.Given(d.o.target, t)
	}
	block, ok := plan.Demo[d.o.target]
	if !ok && d.o.target == ground.External {
		block, ok = plan.Demo[ground.Odoo]
	}
	if !ok {
		return &headroom.InputError{What: fmt.Sprintf("plan %s has no demo for target %q", plan.Name, d.o.target), Where: "--plan", Do: "add it under demo:, or choose another plan"}
	}
	if d.o.seconds < 0 || d.o.seconds > block.Seconds {
		return &headroom.InputError{What: fmt.Sprintf("%g is not within 0 and the plan's %g", d.o.seconds, block.Seconds), Where: "--seconds"}
	}
	d.plan, d.block = plan, block
	if d.o.target == ground.External {
		if err := d.checkExternal(); err != nil {
			return err
		}
	}
	return nil
}

// checkExternal refuses what cannot be asked of a system that we do not run,
// another number of workers above all.
func (d *demo) checkExternal() error {
	if d.o.topology != "" {
		if _, err := topologyNamed(d.plan, d.o.topology); err != nil {
			return err
		}
		d.block.Run = []string{d.o.topology}
	}
	d.block.Run = d.block.Run[:1]
	if d.o.verify {
		return &headroom.InputError{What: "an external target cannot be given another topology", Where: "--verify", Do: "leave it out, or use --target odoo"}
	}
	schedule, err := d.schedule(1)
	if err != nil {
		return err
	}
	return checkExternal(d.plan, schedule)
}

// topologies are those that will be brought up; each can be forecast.
func (d *demo) topologies() ([]headroom.Topology, error) {
	var out []headroom.Topology
	for _, name := range append(slices.Clone(d.block.Run), d.block.Forecast) {
		t, err := topologyNamed(d.plan, name)
		if err != nil {
			return nil, err
		}
		if err := sizing.CheckTopology(t); err != nil {
			return nil, err // found out now, not after the runs
		}
		out = append(out, t)
	}
	if !d.o.verify {
		out = out[:len(out)-1]
	}
	return out, nil
}
