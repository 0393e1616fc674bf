package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/conduct"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/fixtures/external"
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
	return cmd
}

// demo is one demo under way.
type demo struct {
	o       demoOptions
	std     stdio
	plan    headroom.Plan
	block   headroom.Demo
	folder  string
	binary  string
	ground  *ground.Ground
	started time.Time
}

func runDemo(ctx context.Context, o demoOptions, std stdio) (err error) {
	d := &demo{o: o, std: std, started: time.Now()}
	if err := d.check(); err != nil {
		return err
	}
	if err := d.makeWorkspace(); err != nil {
		return err
	}
	defer func() { err = d.close(ctx, err) }()
	if err := d.open(ctx); err != nil {
		return err
	}
	folders, err := d.replay(ctx, d.block.Run)
	if err != nil {
		return err
	}
	return d.conclude(ctx, folders)
}

// say prints a line of progress with the time since the start.
func (d *demo) say(format string, args ...any) {
	since := time.Since(d.started).Round(time.Second)
	fmt.Fprintf(d.std.err, "%02d:%02d  %s\n", int(since.Minutes()), int(since.Seconds())%60, fmt.Sprintf(format, args...))
}

// close stops what was started and removes the files with secrets; after bad
// input that was found before anything ran, the whole workspace.
func (d *demo) close(ctx context.Context, err error) error {
	if d.ground != nil {
		err = errors.Join(err, d.ground.Close(ctx))
	}
	rubbish := d.private()
	if _, ran := os.Stat(d.path("runs")); ran != nil && headroom.ExitCode(err) == headroom.ExitBadInput {
		rubbish = d.folder
	}
	err = errors.Join(err, os.RemoveAll(rubbish))
	if rubbish == d.folder && d.o.workspace == "" {
		_ = os.Remove(filepath.Dir(d.folder)) // it stays when it holds something else
	}
	return err
}

// check is everything that can be found out before anything starts.
func (d *demo) check() error {
	targets := []string{ground.ERP, ground.Odoo, ground.External}
	if !slices.Contains(targets, d.o.target) {
		return &headroom.InputError{What: fmt.Sprintf("there is no target %q", d.o.target), Where: "--target", Do: "choose " + strings.Join(targets, ", ")}
	}
	if d.o.target == ground.External {
		if _, err := external.New(os.Getenv); err != nil {
			return err
		}
	}
	plan, err := loadPlan(d.o.plan)
	if err != nil {
		return err
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
	if d.binary, err = os.Executable(); err != nil {
		return &headroom.MeasureError{What: "the program cannot find itself", Err: err}
	}
	return nil
}

// checkExternal refuses what cannot be asked of a system that we do not run:
// another number of workers, and reads of a database whose DSN is not known.
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
	return conduct.CheckReads(schedule, func(string) bool { return os.Getenv(external.EnvDSN) != "" || os.Getenv(external.EnvDSN+"_FILE") != "" })
}

func (d *demo) makeWorkspace() error {
	folder := d.o.workspace
	if folder == "" {
		folder = filepath.Join("headroom-workspace", "demo-"+d.started.UTC().Format("20060102-150405"))
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return &headroom.InputError{What: err.Error(), Where: "--workspace"}
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return &headroom.InputError{What: "cannot be made: " + err.Error(), Where: folder, Do: "choose another folder with --workspace", Err: err}
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return &headroom.InputError{What: "cannot be made: " + err.Error(), Where: folder, Do: "choose a folder that does not exist with --workspace", Err: err}
	}
	d.folder = folder
	d.say("workspace %s", folder)
	if err := os.Mkdir(d.private(), 0o700); err != nil {
		return &headroom.MeasureError{What: "the workspace cannot be written", Err: err}
	}
	return nil
}

// path is a file of the workspace.
func (d *demo) path(name string) string { return filepath.Join(d.folder, name) }

// private is the folder for files with secrets, removed at the end.
func (d *demo) private() string { return d.path("private") }

// open starts and seeds the target.
func (d *demo) open(ctx context.Context) (err error) {
	d.ground, err = ground.New(ctx, ground.Options{
		Target: d.o.target, Workspace: d.private(), Binary: d.binary, Seed: d.o.seed, Cores: d.cores(),
		Getenv: os.Getenv, Out: d.std.err, Say: d.say,
		Log: func(t headroom.Topology) string { return filepath.Join(d.folder, "logs", t.Name+".log") },
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(d.folder, "logs"), 0o755); err != nil {
		return &headroom.MeasureError{What: "the workspace cannot be written", Err: err}
	}
	if d.ground.External != nil {
		for i := range d.plan.Sites {
			d.plan.Sites[i].Database = d.ground.External.Database()
		}
	}
	d.say("seeding %d products and %d users", d.plan.Catalogue.Products, d.plan.Sites[0].Users)
	return d.ground.Fill(ctx, d.plan)
}

// cores of the topologies that will be brought up.
func (d *demo) cores() []float64 {
	var out []float64
	for _, t := range d.plan.Topologies {
		if slices.Contains(d.block.Run, t.Name) || d.o.verify && t.Name == d.block.Forecast {
			out = append(out, t.Web.Cores)
		}
	}
	return out
}

// writeFile writes a file of the workspace through a renderer.
func (d *demo) writeFile(name string, write func(io.Writer) error) (string, error) {
	path := d.path(name)
	f, err := os.Create(path)
	if err != nil {
		return path, &headroom.MeasureError{What: name + " cannot be written", Err: err}
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return path, &headroom.MeasureError{What: name + " cannot be written", Err: err}
	}
	return path, nil
}
