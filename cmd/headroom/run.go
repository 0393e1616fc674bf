package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/reports/text"
	"github.com/headroom-erp/headroom/results"
)

func newRun(std stdio) *cobra.Command {
	var o demoOptions
	var topology string
	var scale float64
	cmd := &cobra.Command{
		Use:   "run PLAN",
		Short: "Replay a plan's window on one topology and keep the run bundle",
		Long: `Replay the demo window of a plan on one topology: bring the target up, seed it,
offer the load, observe, and keep the run bundle in the workspace. Ends with 1
when an objective was missed.

An external target is described by environment variables; those that hold a
secret can be given as NAME_FILE, the path of a file:
  HEADROOM_ODOO_URL        http://127.0.0.1:8069
  HEADROOM_ODOO_DATABASE   the database that may be loaded
  HEADROOM_ODOO_LOGIN      a user of the settings group, such as admin
  HEADROOM_ODOO_PASSWORD   secret
  HEADROOM_ODOO_LOG        path of the request log; without it no demands are learned
  HEADROOM_ODOO_DSN        secret; PostgreSQL address of that database, for BI reads and probes
  HEADROOM_ODOO_PIDS, HEADROOM_POSTGRES_PIDS   local processes to observe`,
		Example: "  headroom run pilot --target erp --topology standard-6\n" +
			"  HEADROOM_ODOO_URL=http://127.0.0.1:8069 HEADROOM_ODOO_DATABASE=test HEADROOM_ODOO_LOGIN=admin \\\n" +
			"  HEADROOM_ODOO_PASSWORD_FILE=password headroom run pilot --target external --topology odoo-2",
		Args: exactArgs(1, "one plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			return runOne(cmd.Context(), o, topology, scale, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.target, "target", ground.External, "what to load: erp, odoo or external")
	f.StringVar(&topology, "topology", "", "the plan's topology that serves; an external target must be one already")
	f.StringVar(&o.workspace, "workspace", "", "folder for everything that is written; it must not exist (default headroom-workspace/run-TIME)")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the arrivals")
	f.Float64Var(&o.seconds, "seconds", 0, "length of the window in seconds, counted from its end; 0 is the plan's")
	f.Float64Var(&scale, "scale", 1, "multiplies every rate and batch")
	f.BoolVar(&o.json, "json", false, "the run's figures as one JSON document on standard output, nothing else")
	return cmd
}

func runOne(ctx context.Context, o demoOptions, topology string, scale float64, std stdio) (err error) {
	d := &demo{o: o, std: std, started: time.Now()}
	if o.workspace == "" {
		d.o.workspace = filepath.Join("headroom-workspace", "run-"+d.started.UTC().Format("20060102-150405"))
	}
	if topology == "" {
		return &headroom.InputError{What: "no topology was chosen", Where: "--topology", Do: "name one of the plan's, see 'headroom plan'"}
	}
	if scale <= 0 {
		return &headroom.InputError{What: fmt.Sprintf("%g is not above 0", scale), Where: "--scale"}
	}
	if err := d.check(); err != nil {
		return err
	}
	if _, err := topologyNamed(d.plan, topology); err != nil {
		return err
	}
	d.block.Run = []string{topology}
	if err := d.makeWorkspace(); err != nil {
		return err
	}
	defer func() { err = d.close(ctx, err) }()
	if err := d.open(ctx); err != nil {
		return err
	}
	folder, err := d.runOnce(ctx, topology, scale, topology)
	if err != nil {
		return err
	}
	return showRun(folder, o.json, std)
}

// generatorHeld says why a run's generator was the bottleneck.
func generatorHeld(d headroom.Delays) error {
	if d.VUWait.P99 > d.TimerLate.P99 {
		return &headroom.MeasureError{What: "every virtual user was waiting for the server, so that journeys began late",
			Do: "the load is far beyond this topology: give it more workers or cores, or replay less with --scale"}
	}
	return &headroom.MeasureError{What: "the load generator was the bottleneck", Do: "free the machine and run again"}
}

func newShow(std stdio) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show RUN",
		Short:   "Show a run bundle: times, delays, where the time went, errors",
		Long:    "Show a run bundle, also one that was cut off. Ends with 1 when an objective was\nmissed, and with 3 when the run is incomplete or its generator was the bottleneck.",
		Example: "  headroom show headroom-workspace/demo-20261120-164500/runs/standard-6\n  headroom show RUN --json",
		Args:    exactArgs(1, "one run"),
		RunE: func(_ *cobra.Command, args []string) error {
			return showRun(args[0], asJSON, std)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

// showRun prints a run; a missed objective is headroom.ErrMissed.
func showRun(folder string, asJSON bool, std stdio) error {
	if inside, _ := filepath.Glob(filepath.Join(folder, "runs", "*", "run.json")); len(inside) > 0 {
		names := make([]string, len(inside))
		for i, path := range inside {
			names[i] = filepath.Join("runs", filepath.Base(filepath.Dir(path)))
		}
		return &headroom.InputError{What: "is a workspace, which holds runs", Where: folder, Do: "name one of them: " + strings.Join(names, ", ")}
	}
	run, err := results.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = run.Close() }() // only read from
	r, err := analyse.RunReport(run, folder)
	if err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(std.out, r)
	} else {
		err = text.Run(std.out, r, run.Info())
	}
	if err != nil {
		return err
	}
	if !r.Complete {
		return &headroom.MeasureError{What: "the run is incomplete: " + r.Reason}
	}
	if !r.Valid {
		return generatorHeld(r.Delays)
	}
	for _, p := range r.Processes {
		if p.Met != nil && !*p.Met {
			return fmt.Errorf("%s: %w", p.Process, headroom.ErrMissed)
		}
	}
	return nil
}
