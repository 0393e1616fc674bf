package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/conduct"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/live"
	"github.com/headroom-erp/headroom/fixtures/external"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// runOptions are the flags of run, and of arrivals replay.
type runOptions struct {
	plan      string
	target    string
	topology  string
	window    windowOptions
	scale     float64
	seed      uint64
	repeat    int
	workspace string
	dry       bool
	json      bool
	live      string // address of the page; "" for none
	store     bool
}

func newRun(std stdio) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run PLAN",
		Short: "Replay a peak of the plan's calendar on one topology and keep the run bundle",
		Long: `Replay a part of a plan's calendar on one topology: bring the target up, seed it,
offer the load, observe, and keep the run bundle in the workspace. The part is
the next occurrence of a peak (--peak), a window (--from, --for), or the plan's
demo. Of a longer peak --for replays the end, where the cutoff is: rates stay
what they are, and the run is marked as shortened. What will be replayed, for
how long, where, and what it writes there is printed first.

Ends with 1 when an objective was missed.

An external target is described by environment variables; those that hold a
secret can be given as NAME_FILE, the path of a file:
  HEADROOM_ODOO_URL        http://127.0.0.1:8069
  HEADROOM_ODOO_DATABASE   the database that may be loaded; several with commas
  HEADROOM_ODOO_LOGIN      a user of the settings group, such as admin
  HEADROOM_ODOO_PASSWORD   secret
  HEADROOM_ODOO_LOG        the request log: a path, docker:CONTAINER or
                           kubernetes:NAMESPACE/POD; without it no demands are learned
  HEADROOM_ODOO_DSN        secret; PostgreSQL address of that database, for BI reads and probes
  HEADROOM_ODOO_PIDS, HEADROOM_POSTGRES_PIDS       local processes to observe,
                           or docker:CONTAINER
  HEADROOM_ODOO_CGROUP, HEADROOM_POSTGRES_CGROUP   or local control groups

With any target these are observed as well where they are set (docs/probes.md);
each may be given as NAME_FILE too, and none is ever shown:
  HEADROOM_REDIS_URL       redis://:PASSWORD@127.0.0.1:6379/0
  HEADROOM_PGBOUNCER_DSN   postgres://USER:PASSWORD@127.0.0.1:6432/pgbouncer
  HEADROOM_METRICS         pages for Prometheus, name=http://…,name=http://…#PATTERN
  HEADROOM_PROMETHEUS_URL  http://[USER:PASSWORD@|TOKEN@]127.0.0.1:9090, which the
                           plan's observe.queries are asked`,
		Example: "  headroom run pilot --target erp --topology standard-6\n" +
			"  headroom run pilot --target odoo --topology odoo-2 --peak dispatch_cutoff --for 2m --scale 0.3 --repeat 3",
		Args: exactArgs(1, "one plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			if err := o.window.alone(cmd); err != nil {
				return err
			}
			return runPlan(cmd.Context(), o, std)
		},
	}
	f := cmd.Flags()
	o.flags(cmd)
	o.window.flags(cmd)
	f.Float64Var(&o.scale, "scale", 1, "multiplies every rate, batch and number of operators")
	f.IntVar(&o.repeat, "repeat", 1, "how many runs, each on a fresh clone and with a seed of its own")
	f.BoolVar(&o.dry, "dry-run", false, "print what would run, and end")
	return cmd
}

// flags are those that run shares with arrivals replay.
func (o *runOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.target, "target", ground.External, "what to load: erp, odoo, external or compose")
	f.StringVar(&o.topology, "topology", "", "the plan's topology that serves; an external target must be one already")
	f.StringVar(&o.workspace, "workspace", "", "folder for everything that is written; it must not exist (default headroom-workspace/run-TIME)")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the arrivals")
	f.BoolVar(&o.json, "json", false, "the runs' figures as one JSON document on standard output, nothing else")
	liveFlag(cmd, &o.live)
	storeFlag(cmd, &o.store)
}

// runPlan replays a part of the calendar.
func runPlan(ctx context.Context, o runOptions, std stdio) error {
	if !(o.scale > 0) {
		return &headroom.InputError{What: fmt.Sprintf("%g is not above 0", o.scale), Where: "--scale"}
	}
	if o.repeat < 1 {
		return &headroom.InputError{What: fmt.Sprintf("%d runs", o.repeat), Where: "--repeat", Do: "ask for at least 1"}
	}
	r, err := newRunner(o, std)
	if err != nil {
		return err
	}
	w, scale, err := r.chooseWindow()
	if err != nil {
		return err
	}
	players := players(r.plan)
	return r.replay(ctx, func(seed uint64) (headroom.Schedule, error) {
		return calendar.New(r.plan, w, seed, scale, players)
	})
}

// A runner replays schedules on one topology.
type runner struct {
	workshop
	o        runOptions
	topology headroom.Topology
}

// newRunner checks everything that can be found out before anything starts.
func newRunner(o runOptions, std stdio) (*runner, error) {
	if o.live != "" {
		if err := live.CheckAddress(o.live); err != nil {
			return nil, err
		}
	}
	r := &runner{o: o, workshop: workshop{std: std, target: o.target, seed: o.seed, started: time.Now()}}
	if err := knownTarget(o.target); err != nil {
		return nil, err
	}
	var err error
	if r.plan, err = loadPlan(o.plan); err != nil {
		return nil, err
	}
	if o.topology == "" {
		return nil, &headroom.InputError{What: "no topology was chosen", Where: "--topology", Do: "name one of the plan's, see 'headroom plan'"}
	}
	if r.topology, err = topologyNamed(r.plan, o.topology); err != nil {
		return nil, err
	}
	r.topology = ground.Given(o.target, r.topology)
	if r.services, err = environmentServices(r.plan); err != nil {
		return nil, err
	}
	if o.target == ground.External {
		r.plan, err = adopt(r.plan)
	}
	return r, err
}

// environmentServices are what the environment names to be observed; what the
// plan asks for must be among them.
func environmentServices(plan headroom.Plan) ([]headroom.Service, error) {
	services, err := external.Services(os.Getenv)
	if err != nil {
		return nil, err
	}
	return services, conduct.CheckObserve(plan, services)
}

func knownTarget(target string) error {
	if targets := ground.Targets(); !slices.Contains(targets, target) {
		return &headroom.InputError{What: fmt.Sprintf("there is no target %q", target), Where: "--target", Do: "choose " + strings.Join(targets, ", ")}
	}
	return nil
}

// adopt puts a plan's only site on the external target's only database; of
// several sites each names its own.
func adopt(plan headroom.Plan) (headroom.Plan, error) {
	target, err := external.New(os.Getenv)
	if err != nil {
		return plan, err
	}
	given := target.Databases()
	tenants := map[string]bool{}
	for _, s := range plan.Sites {
		tenants[s.Tenant()] = true
	}
	if len(tenants) == 1 && len(given) == 1 {
		plan.Sites = slices.Clone(plan.Sites)
		for i := range plan.Sites {
			plan.Sites[i].Database = given[0]
		}
	}
	return plan, nil
}

// chooseWindow is the part of the calendar and the scale of its load.
func (r *runner) chooseWindow() (calendar.Window, float64, error) {
	o := r.o.window
	if o.given() {
		w, err := o.window(r.plan, r.started)
		return w, r.o.scale, err
	}
	block, ok := r.plan.Demo[r.target]
	if !ok && r.target == ground.External {
		block, ok = r.plan.Demo[ground.Odoo]
	}
	if !ok {
		return calendar.Window{}, 0, &headroom.InputError{What: fmt.Sprintf("what is to be replayed? plan %s has no demo for target %q", r.plan.Name, r.target),
			Where: "--peak", Do: "name a peak, or a window with --from and --for"}
	}
	w, err := calendar.DemoWindow(r.plan, block)
	scale := r.o.scale
	if block.Scale > 0 {
		scale *= block.Scale
	}
	return w, scale, err
}

// replay announces the schedule, prepares the target, and runs as often as was
// asked, each time with the next seed on a fresh clone.
func (r *runner) replay(ctx context.Context, of func(seed uint64) (headroom.Schedule, error)) (err error) {
	schedule, err := of(r.o.seed)
	if err != nil {
		return err
	}
	if err := r.refuse(schedule); err != nil {
		return err
	}
	if err := announce(r.std.err, r, schedule); err != nil || r.o.dry {
		return err
	}
	if err := r.useStore(ctx, r.o.store); err != nil {
		return err
	}
	if err := r.make(r.o.workspace, "run", r.o.live); err != nil {
		return err
	}
	defer func() { err = r.close(ctx, err, r.o.workspace == "") }()
	if err := r.open(ctx, r.topology); err != nil {
		return err
	}
	var folders []string
	for i := range r.o.repeat {
		if i > 0 {
			if schedule, err = of(r.o.seed + uint64(i)); err != nil {
				return err
			}
		}
		id := r.topology.Name
		if r.o.repeat > 1 {
			id = fmt.Sprintf("%s-%d", id, i+1)
		}
		folder, err := r.run(ctx, r.topology, schedule, id)
		if err != nil {
			return r.showSoFar(append(folders, folder), err)
		}
		folders = append(folders, folder)
	}
	return showRuns(folders, r.o.json, r.std)
}

// showSoFar shows the runs of which the last was ended by err: interrupted,
// stopped by a rule of the plan, or for want of something that was lost. What
// was measured until then is shown as far as there is any.
func (r *runner) showSoFar(folders []string, err error) error {
	last := len(folders) - 1
	if run, cannot := results.Open(folders[last]); cannot != nil {
		folders = folders[:last]
	} else {
		if run.Info().Started.IsZero() {
			folders = folders[:last]
		}
		_ = run.Close() // only read from
	}
	if len(folders) > 0 {
		_ = showRuns(folders, r.o.json, r.std) // its verdict is err's
	}
	return err
}

// refuse finds what the target lacks before anything starts.
func (r *runner) refuse(schedule headroom.Schedule) error {
	if r.target != ground.External {
		return nil
	}
	return checkExternal(r.plan, schedule)
}

// checkExternal refuses what cannot be played on a system that we do not run:
// a carrier, and reads of a database whose DSN is not known.
func checkExternal(plan headroom.Plan, schedule headroom.Schedule) error {
	if plan.Carrier != nil {
		return &headroom.InputError{What: "the plan has a carrier, which is a stub of this machine", Where: "carrier",
			Do: "leave it out for an external target: its own carriers must not be called"}
	}
	return conduct.CheckReads(schedule, func(string) bool { return os.Getenv(external.EnvDSN) != "" || os.Getenv(external.EnvDSN+"_FILE") != "" })
}

// showRuns prints the runs one after the other; the worst of their verdicts
// is the verb's.
func showRuns(folders []string, asJSON bool, std stdio) error {
	if len(folders) == 1 {
		return showRun(folders[0], asJSON, std)
	}
	var missed, failed error
	var all []any
	for _, folder := range folders {
		r, err := reportRun(folder)
		if err != nil {
			return err
		}
		if asJSON {
			all = append(all, r.report)
		} else if err := r.print(std.out); err != nil {
			return err
		}
		switch err := r.verdict(); {
		case errors.Is(err, headroom.ErrMissed):
			missed = err
		case err != nil:
			failed = err
		}
	}
	if asJSON {
		if err := writeJSON(std.out, all); err != nil {
			return err
		}
	}
	if failed != nil {
		return failed
	}
	return missed
}
