package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/campaign"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/prove"
	"github.com/headroom-erp/headroom/models/sizing"
)

// validateOptions are the flags of validate.
type validateOptions struct {
	plan         string
	combinations string
	target       string
	workspace    string
	seed         uint64
	least        int
	measureOnly  bool
	again        bool
	dry          bool
	json         bool
}

func newValidate(std stdio) *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate PLAN",
		Short: "How wrong is the model? Calibrate on one topology, forecast others, then measure them",
		Long: `Learn a model on one topology, forecast other topologies and loads, write the
forecasts down, and only then measure them: the page puts forecast and
measurement side by side, with both intervals, and says where the model fails
(docs/validation.md).

The file of combinations says what is run: those with the role calibrate, or the
designed experiment that calibration: asks for, are learned from; the others are
forecast and measured. Every run is a bundle of its own in the workspace's folder
runs, on a fresh clone of a database that is seeded once. In a workspace that is
there already, what was measured is kept and the rest is run; forecasts that
were written down stay as they are.

Ends with 1 when an error is beyond its target.`,
		Example: "  headroom validate profiles/validation/warehouse.yaml --combinations profiles/validation/combinations.yaml --dry-run\n" +
			"  headroom validate profiles/validation/warehouse.yaml --combinations profiles/validation/combinations.yaml --target odoo --workspace proof",
		Args: exactArgs(1, "one plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			return runValidate(cmd.Context(), o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.combinations, "combinations", "", "file with the combinations of topology and load")
	f.StringVar(&o.target, "target", ground.Odoo, "what to load: erp or odoo")
	f.StringVar(&o.workspace, "workspace", "", "folder for everything that is written; an earlier validation's is gone on with (default headroom-workspace/validate-TIME)")
	f.Uint64Var(&o.seed, "seed", 1, "seed of every simulation; the arrivals' are the combinations' own")
	f.IntVar(&o.least, "journeys", prove.LeastJourneys, "journeys of a process that a measurement needs to be scored")
	f.BoolVar(&o.measureOnly, "measure-only", false, "run the combinations, forecast nothing")
	f.BoolVar(&o.again, "again", false, "learn and forecast anew though it was done before; of what is measured already the page says that its forecast came later")
	f.BoolVar(&o.dry, "dry-run", false, "say what would run and for how long, and end")
	f.BoolVar(&o.json, "json", false, "the result as one JSON document on standard output, nothing else")
	return cmd
}

// A validation is one under way.
type validation struct {
	workshop
	o        validateOptions
	book     campaign.Book
	campaign *campaign.Campaign
	designed *calibration // nil where the combinations say what is learned from
	model    headroom.Model
	hash     string // of the model's file
	options  sizing.Options
	// capacities are those that were searched to their end, by combination; nil
	// where none was forecast.
	capacities map[string]*headroom.CapacityCheck
}

func runValidate(ctx context.Context, o validateOptions, std stdio) (err error) {
	v, err := newValidation(o, std)
	if err != nil {
		return err
	}
	if err := v.announce(); err != nil || o.dry {
		return err
	}
	if err := v.makeOrReopen(o.workspace, "validate"); err != nil {
		return err
	}
	defer func() { err = v.close(ctx, err, o.workspace == "") }()
	v.campaign.Workspace = v.folder
	if o.measureOnly {
		return v.measure(ctx, v.book.All())
	}
	if err := v.calibrate(ctx); err != nil {
		return err
	}
	if err := v.forecastAll(ctx); err != nil {
		return err
	}
	return v.prove(ctx)
}

// newValidation checks everything that can be found out before anything starts.
func newValidation(o validateOptions, std stdio) (*validation, error) {
	v := &validation{o: o, workshop: workshop{std: std, target: o.target, seed: o.seed, started: time.Now()}, options: simulations(o.seed)}
	if err := ownTarget(o.target); err != nil {
		return nil, err
	}
	var err error
	if v.plan, err = loadPlan(o.plan); err != nil {
		return nil, err
	}
	if o.combinations == "" {
		return nil, &headroom.InputError{What: "no combinations were named", Where: "--combinations", Do: "name their file; docs/validation.md shows one"}
	}
	text, err := os.ReadFile(o.combinations)
	if err != nil {
		return nil, readable(o.combinations, err)
	}
	if v.book, err = campaign.Parse(text, o.combinations); err != nil {
		return nil, err
	}
	for _, list := range [][]campaign.Combination{v.book.Calibration, v.book.Proofs} {
		for i := range list {
			list[i].Topology = ground.Given(o.target, list[i].Topology)
		}
	}
	if err := v.check(); err != nil {
		return nil, err
	}
	if d := v.book.Design; d != nil && !o.measureOnly {
		t := ground.Given(o.target, d.Topology())
		if v.designed, err = newCalibration(&v.workshop, t, d.Minutes, d.Within, d.PhaseSeconds); err != nil {
			return nil, err
		}
		if _, err := v.designed.planned(); err != nil {
			return nil, err
		}
	}
	v.campaign = v.newCampaign(v.topologies())
	if v.designed != nil {
		v.designed.campaign = v.campaign
	}
	return v, nil
}

// check refuses combinations that could not be run, forecast or learned from.
func (v *validation) check() error {
	if v.o.least < 1 {
		return &headroom.InputError{What: fmt.Sprintf("%d journeys measure nothing", v.o.least), Where: "--journeys", Do: "give 1 or more"}
	}
	for _, k := range v.book.All() {
		variant, err := k.Variant(v.plan)
		if err != nil {
			return err
		}
		if _, err := k.Schedule(variant, 1, players(v.plan)); err != nil {
			return fmt.Errorf("combination %s: %w", k.Name, err)
		}
		if err := sizing.CheckTopology(k.Topology); err != nil {
			return err
		}
		if k.CapacitySeconds > 0 && len(variant.Objectives) == 0 {
			return &headroom.InputError{What: "its capacity is asked for, and the plan has no objective of a response of its processes", Where: "combination " + k.Name,
				Do: "add one without a peak under objectives:"}
		}
	}
	if v.o.measureOnly {
		return nil
	}
	if len(v.book.Calibration) == 0 && v.book.Design == nil {
		return &headroom.InputError{What: "nothing is learned from", Where: v.o.combinations, Do: "give one combination or more the role calibrate, or write a calibration:"}
	}
	if len(v.book.Proofs) == 0 {
		return &headroom.InputError{What: "nothing is forecast", Where: v.o.combinations, Do: "add combinations without the role calibrate"}
	}
	return nil
}

// ownTarget refuses targets whose topology cannot be chosen.
func ownTarget(target string) error {
	if err := knownTarget(target); err != nil {
		return err
	}
	if target == ground.External {
		return &headroom.InputError{What: "an external target cannot be given another topology", Where: "--target", Do: "choose erp or odoo"}
	}
	return nil
}

func (v *validation) topologies() []headroom.Topology {
	var out []headroom.Topology
	if v.designed != nil {
		out = append(out, v.designed.experiment.Topology)
	}
	for _, k := range v.book.All() {
		out = append(out, k.Topology)
	}
	return out
}

// newCampaign runs combinations of the workshop's plan. The target is brought
// up and seeded when the first of them has to be run.
func (w *workshop) newCampaign(topologies []headroom.Topology) *campaign.Campaign {
	base := w.plan
	c := &campaign.Campaign{Plan: base, Players: players(base), Workspace: w.folder, Say: w.say,
		Run: func(ctx context.Context, variant headroom.Plan, t headroom.Topology, s headroom.Schedule, name string) error {
			if err := w.ready(ctx, topologies); err != nil {
				return err
			}
			if err := w.awaitCalm(ctx); err != nil {
				return err
			}
			w.plan = variant
			defer func() { w.plan = base }()
			_, err := w.run(ctx, t, s, name)
			return err
		}}
	if w.target == ground.Odoo {
		c.Disturbed = w.disturbed
	}
	return c
}

// ready brings the target up and seeds it, unless that was done.
func (w *workshop) ready(ctx context.Context, topologies []headroom.Topology) error {
	if w.estate != nil {
		return nil
	}
	return w.open(ctx, topologies...)
}

// measure runs combinations that are missing.
func (v *validation) measure(ctx context.Context, list []campaign.Combination) error {
	for _, k := range list {
		if _, err := v.campaign.Measure(ctx, k, 1); err != nil {
			return err
		}
	}
	return nil
}

// makeOrReopen makes the workspace, or goes on in one of an earlier time.
func (w *workshop) makeOrReopen(folder, verb string) error {
	if folder == "" || !begun(folder) {
		return w.make(folder, verb, "")
	}
	folder, err := w.enter(folder, "")
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(folder, "private"), 0o700); err != nil {
		if errors.Is(err, os.ErrExist) {
			return &headroom.InputError{What: "another program works in it, or one was killed", Where: folder, Do: "wait for it, or remove its folder private"}
		}
		return &headroom.MeasureError{What: "the workspace cannot be written", Err: err}
	}
	w.folder = folder
	w.say("going on in workspace %s", folder)
	w.std.rites.add(func() { _ = os.RemoveAll(w.private()) })
	if err := os.MkdirAll(w.path("logs"), 0o700); err != nil {
		return &headroom.MeasureError{What: "the workspace cannot be written", Err: err}
	}
	return nil
}

// begun says whether a folder is a workspace: it has runs, or whoever made it
// was interrupted before the first.
func begun(folder string) bool {
	if _, err := os.Stat(filepath.Join(folder, "runs")); err == nil {
		return true
	}
	entries, err := os.ReadDir(folder)
	return err == nil && len(entries) > 0 && !slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return e.Name() != "logs" && e.Name() != "private"
	})
}
