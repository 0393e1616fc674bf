package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/campaign"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/models/design"
	"github.com/headroom-erp/headroom/models/sizing"
)

// calibrateOptions are the flags of calibrate.
type calibrateOptions struct {
	plan      string
	target    string
	topology  string
	workspace string
	out       string
	minutes   float64
	within    float64
	phase     time.Duration
	seed      uint64
	dry       bool
	json      bool
}

func newCalibrate(std stdio) *cobra.Command {
	var o calibrateOptions
	cmd := &cobra.Command{
		Use:   "calibrate PLAN",
		Short: "Learn a model in the fewest minutes: a designed experiment that stops when its intervals are narrow enough",
		Long: `Run a designed experiment on one topology and learn a model from it. Its phases
are processes by themselves and in mixes, at several loads and with hotter
products, each on a fresh clone of a database that is seeded once. Which of them
come, and in which order, follows from how much each is expected to tell about
the demands and the conflicts; after each the model is learned anew and the rest
is chosen again. What is planned, how long it takes and how wide the intervals
will be is printed first.

It stops when half of every interval is within the given share of its demand,
or when the time is over. In a workspace that is there already, phases that were
measured are kept.`,
		Example: "  headroom calibrate pilot --target erp --topology standard-6 --dry-run\n" +
			"  headroom calibrate pilot --target odoo --topology odoo-2 --within 0.1 --minutes 20",
		Args: exactArgs(1, "one plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			return runCalibrate(cmd.Context(), o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.target, "target", ground.ERP, "what to load: erp or odoo")
	f.StringVar(&o.topology, "topology", "", "the plan's topology to learn on")
	f.StringVar(&o.workspace, "workspace", "", "folder for everything that is written; an earlier calibration's is gone on with (default headroom-workspace/calibrate-TIME)")
	f.StringVar(&o.out, "out", "", "also write the model into this file; it must not exist")
	f.Float64Var(&o.minutes, "minutes", 20, "time for all phases, with what each takes beside its window; the seeding is not counted")
	f.Float64Var(&o.within, "within", 0.1, "half of every interval is to be within this share of its demand")
	f.DurationVar(&o.phase, "phase", time.Minute, "window of each phase")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the arrivals")
	f.BoolVar(&o.dry, "dry-run", false, "print the phases and the expected intervals, and end")
	f.BoolVar(&o.json, "json", false, "the result as one JSON document on standard output, nothing else")
	return cmd
}

// shortestPhase is the shortest window that tells anything.
const shortestPhase = 10 * time.Second

// mostMinutes bounds a calibration: the phases of a working day are chosen in
// seconds, those of a year never.
const mostMinutes = 8 * 60

func runCalibrate(ctx context.Context, o calibrateOptions, std stdio) (err error) {
	w := &workshop{std: std, target: o.target, seed: o.seed, started: time.Now()}
	if err := ownTarget(o.target); err != nil {
		return err
	}
	if !(o.minutes > 0) || !(o.minutes <= mostMinutes) || !(o.within > 0) || o.phase < shortestPhase {
		return &headroom.InputError{What: fmt.Sprintf("%g minutes, intervals within %g and phases of %v make no calibration", o.minutes, o.within, o.phase),
			Where: "--minutes, --within and --phase", Do: fmt.Sprintf("give numbers above 0, at most %d minutes, and phases of %v or more", mostMinutes, shortestPhase)}
	}
	if err := writable(o.out); err != nil {
		return err
	}
	if w.plan, err = loadPlan(o.plan); err != nil {
		return err
	}
	if o.topology == "" {
		return &headroom.InputError{What: "no topology was chosen", Where: "--topology", Do: "name one of the plan's, see 'headroom plan'"}
	}
	t, err := topologyNamed(w.plan, o.topology)
	if err != nil {
		return err
	}
	t = ground.Given(o.target, t)
	c, err := newCalibration(w, t, o.minutes, o.within, o.phase.Seconds())
	if err != nil {
		return err
	}
	first, err := c.planned()
	if err != nil {
		return err
	}
	c.announce(std.err, first)
	if o.dry {
		return c.show(o.json, nil)
	}
	if err := w.makeOrReopen(o.workspace, "calibrate"); err != nil {
		return err
	}
	defer func() { err = w.close(ctx, err, o.workspace == "") }()
	c.campaign = w.newCampaign([]headroom.Topology{t})
	m, err := c.run(ctx)
	if err != nil {
		return err
	}
	return c.conclude(o, m)
}

// conclude writes the model, and says what was found.
func (c *calibration) conclude(o calibrateOptions, m headroom.Model) error {
	if _, err := c.shop.writeFile(modelFile, indented(m)); err != nil {
		return err
	}
	if o.out != "" {
		if err := writeWhole(o.out, indented(m)); err != nil {
			return writing(err, o.out)
		}
	}
	return c.show(o.json, &m)
}

// writable finds out before an hour of measuring whether its result can be
// written.
func writable(path string) error {
	if path == "" {
		return nil
	}
	if exists(path) {
		return &headroom.InputError{What: "exists already, and nothing is overwritten", Where: path, Do: "name another file with --out"}
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return &headroom.InputError{What: "its folder does not exist", Where: path, Do: "make it, or name another file with --out"}
	}
	return nil
}

// newCalibration checks what can be checked before anything starts.
func newCalibration(w *workshop, t headroom.Topology, minutes, within, seconds float64) (*calibration, error) {
	if err := sizing.CheckTopology(t); err != nil {
		return nil, err
	}
	if parts := t.Parts(w.plan.Sites); len(parts) != 1 {
		return nil, &headroom.InputError{What: fmt.Sprintf("topology %s is %d stacks, and one is calibrated at a time", t.Name, len(parts)), Where: "--topology",
			Do: "choose one with a single stack"}
	}
	e, err := campaign.NewExperiment(w.plan, t, seconds, warmUp(w.target))
	if err != nil {
		return nil, err
	}
	c := &calibration{shop: w, experiment: e, budget: minutes * 60, within: within}
	c.measure = c.phase
	return c, nil
}

// announce says what is planned, how long it takes, and what is to be expected.
func (c *calibration) announce(out io.Writer, d design.Design) {
	steps, end := c.experiment.Steps(), c.expectedEnd(d)
	fmt.Fprintf(out, "calibration of plan %s on %s: up to %d phases in %.0f minutes, and the seeding; intervals are wanted within ±%.0f %%\n",
		c.experiment.Plan.Name, c.experiment.Topology.Name, len(d.Phases), d.Seconds/60, 100*c.within)
	fmt.Fprintln(out, c.ending(d, end))
	for i, k := range d.Phases {
		s := steps[k]
		fmt.Fprintf(out, "  %2d  %-20s widest interval then ±%2.0f %%: %s\n", i+1, s.Combination.Name, 100*d.After[i], c.load(s.Combination))
	}
	fmt.Fprintf(out, "expected after all of them, as half of the 90 %% intervals: %s\n", strings.Join(c.widthsInWords(d), "; "))
	for _, left := range c.experiment.Left {
		fmt.Fprintf(out, "not calibrated: %s\n", left)
	}
}

// ending says after which phase of a design the calibration is expected to stop.
func (c *calibration) ending(d design.Design, end int) string {
	if end == 0 {
		return "the intervals are not expected to be that narrow in this time; give more --minutes, or a wider --within"
	}
	steps, seconds := c.experiment.Steps(), 0.0
	for _, k := range d.Phases[:end] {
		seconds += steps[k].Phase.Length()
	}
	text := fmt.Sprintf("it is expected to stop after phase %d, in %.0f minutes", end, seconds/60)
	if n := d.Enough(c.within); n < end {
		text += fmt.Sprintf(": intervals are narrow enough after phase %d, and how conflicts grow takes another load", n)
	}
	if end < len(d.Phases) {
		text += "; the phases after it come only if intervals turn out wider"
	}
	return text
}

func (c *calibration) load(k campaign.Combination) string {
	var parts []string
	for _, l := range k.Load(c.experiment.Plan) {
		if l.PerHour > 0 {
			parts = append(parts, fmt.Sprintf("%s %.0f/h", l.Process, l.PerHour))
		}
		if l.Operators > 0 {
			parts = append(parts, fmt.Sprintf("%s %d operators", l.Process, l.Operators))
		}
	}
	return strings.Join(parts, ", ")
}

func (c *calibration) widthsInWords(d design.Design) []string {
	var out []string
	for _, w := range d.Expect.Widths() {
		out = append(out, fmt.Sprintf("%s at %s ±%.0f %%", w.Class, w.Station, 100*w.Relative))
	}
	if c.experiment.Problem.Conflicts {
		level, growth := d.Expect.ConflictWidths(c.typicalOverlap())
		out = append(out, fmt.Sprintf("share of conflicts ±%.0f %%, the power of its growth ±%.1f", 100*level, growth))
	}
	return out
}

// typicalOverlap is that of the middle phase that could be run.
func (c *calibration) typicalOverlap() float64 {
	steps := c.experiment.Steps()
	return max(1e-6, steps[min(1, len(steps)-1)].Phase.Overlap)
}

// show prints what was learned.
func (c *calibration) show(asJSON bool, m *headroom.Model) error {
	if asJSON {
		return writeJSON(c.shop.std.out, c.result(m))
	}
	if m == nil {
		return nil
	}
	out := c.shop.std.out
	for _, w := range c.widths(*m) {
		if w.Relative == nil {
			known := "nothing is known"
			if w.Demand.High > 0 {
				known = fmt.Sprintf("at most %.1f ms", 1000*w.Demand.High)
			}
			fmt.Fprintf(out, "%-24s %-9s %s\n", w.Process, w.Station, known)
			continue
		}
		mark := ""
		if *w.Relative > c.within {
			mark = "  wider than wanted"
		}
		fmt.Fprintf(out, "%-24s %-9s %8.1f ms  (%.1f–%.1f)  ±%.0f %%%s\n", w.Process, w.Station, 1000*w.Demand.Value, 1000*w.Demand.Low, 1000*w.Demand.High, 100**w.Relative, mark)
	}
	for _, warning := range m.Warnings {
		fmt.Fprintf(out, "! %s\n", printableLines(warning))
	}
	fmt.Fprintf(out, "%d phases, %.1f minutes; the model is in %s\n", len(c.measured), c.spent/60, filepath.Join(c.shop.folder, modelFile))
	return nil
}

// warmUp is how many seconds a target's workers take to fill their caches: Odoo
// 19 makes half as many database calls again in a confirmation at first, and the
// usual number from 100 s on. The stand-in has none.
func warmUp(target string) float64 {
	if target == ground.Odoo {
		return 100
	}
	return 10
}
