package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/conduct"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/models/sizing"
	"github.com/headroom-erp/headroom/profiles"
	"github.com/headroom-erp/headroom/scenarios"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// outlookOptions are the flags that simulate, forecast and capacity share: what
// is looked at, and with which model.
type outlookOptions struct {
	plan         string
	model        string
	target       string
	window       windowOptions
	scale        float64
	speed        float64
	seed         uint64
	replications int
	json         bool
}

func (o *outlookOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.model, "model", "", "file of the capacity model, as calibrate, learn, model fit and demo write it")
	o.window.flags(cmd)
	f.Float64Var(&o.speed, "speed", 1, "how many times as long CPU work takes as on the machine where the model was measured")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the arrivals and of every simulation")
	f.IntVar(&o.replications, "replications", 20, "how often the window is simulated")
	f.BoolVar(&o.json, "json", false, "one JSON document on standard output, nothing else")
}

// scaleFlag is that of a verb without the what-if flags.
func (o *outlookOptions) scaleFlag(cmd *cobra.Command) {
	cmd.Flags().Float64Var(&o.scale, "scale", 1, "multiplies every rate, batch and number of operators")
}

// modelTarget is the flag of verbs that run nothing.
func (o *outlookOptions) modelTarget(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.target, "target", "", "whose demo is looked at without --peak and --from; of odoo and compose the cores are quotas of this machine's, as they would run here (default the plan's own cores, and the demo of erp or else odoo)")
}

// An outlook is a plan's window before a model.
type outlook struct {
	o     outlookOptions
	plan  headroom.Plan
	model headroom.Model
	now   time.Time
}

// newOutlook checks everything that can be found out before anything is simulated.
func newOutlook(o outlookOptions, now time.Time) (*outlook, error) {
	switch {
	case !(o.scale > 0):
		return nil, &headroom.InputError{What: fmt.Sprintf("%g is not above 0", o.scale), Where: "--scale"}
	case !(o.speed >= 1/mostSpeed && o.speed <= mostSpeed):
		return nil, &headroom.InputError{What: fmt.Sprintf("%g times as long is not %g to %g", o.speed, 1/mostSpeed, mostSpeed), Where: "--speed"}
	case o.replications < 1 || o.replications > mostRepetitions:
		return nil, &headroom.InputError{What: fmt.Sprintf("%d replications", o.replications), Where: "--replications", Do: fmt.Sprintf("ask for 1 to %d, which take most of 1 GB of memory for a window like the demo's", mostRepetitions)}
	case o.model == "":
		return nil, &headroom.InputError{What: "no model was named", Where: "--model", Do: "give the file that 'headroom calibrate', 'headroom learn' or 'headroom demo' wrote"}
	}
	if o.target != "" {
		if err := knownTarget(o.target); err != nil {
			return nil, err
		}
	}
	x := &outlook{o: o, now: now}
	var err error
	if x.plan, err = loadPlan(o.plan); err != nil {
		return nil, err
	}
	x.model, err = readModel(o.model)
	return x, err
}

// mostSpeed is how many times as long CPU work may take, or as short: no two
// machines are so far apart.
const mostSpeed = 1e3

// mostRepetitions keeps a slip of the finger from taking a day, and all memory:
// of each the journeys stay until all are over, 0.2 MB for the pilot's demo.
const mostRepetitions = 4000

// readModel reads a capacity model from a file.
func readModel(path string) (headroom.Model, error) {
	var m headroom.Model
	text, err := os.ReadFile(path)
	if err != nil {
		return m, readable(path, err)
	}
	bad := func(what string, err error) (headroom.Model, error) {
		return m, &headroom.InputError{What: what, Where: path, Do: "give the file that 'headroom calibrate', 'headroom learn' or 'headroom demo' wrote", Err: err}
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return bad("is not a model: "+jsonFault(err), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return bad("goes on behind its end", nil)
	}
	where, what := wrongModel(m)
	switch {
	case m.Headroom != 1:
		return bad(fmt.Sprintf("is not a model: its version is %d, and this program knows 1", m.Headroom), nil)
	case len(m.Classes) == 0 || len(m.Journeys) == 0:
		return bad("is a model that knows no process", nil)
	case what != "":
		return bad(where+" "+what, nil)
	}
	return m, nil
}

// topologies are those of the names, all of the plan's without any, as the
// target serves them.
func (x *outlook) topologies(plan headroom.Plan, names []string) ([]headroom.Topology, error) {
	if len(names) == 0 {
		for _, t := range plan.Topologies {
			names = append(names, t.Name)
		}
	}
	var out []headroom.Topology
	for i, name := range names {
		t, err := topologyNamed(plan, name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(names[:i], name) {
			return nil, &headroom.InputError{What: fmt.Sprintf("names %s twice", name), Where: "--topology"}
		}
		out = append(out, ground.Given(x.o.target, t))
	}
	return out, nil
}

// chosen is the part of the calendar, and the scale that its demo gives it.
func (x *outlook) chosen(plan headroom.Plan) (calendar.Window, float64, error) {
	if x.o.window.given() {
		w, err := x.o.window.window(plan, x.now)
		return w, 1, err
	}
	targets := []string{x.o.target}
	switch x.o.target {
	case "":
		targets = []string{ground.ERP, ground.Odoo}
	case ground.External:
		targets = append(targets, ground.Odoo)
	}
	for _, t := range targets {
		if block, ok := plan.Demo[t]; ok {
			w, err := calendar.DemoWindow(plan, block)
			scale := block.Scale
			if scale == 0 {
				scale = 1
			}
			return w, scale, err
		}
	}
	what := fmt.Sprintf("what is to be looked at? plan %s has no demo", plan.Name)
	if x.o.target != "" {
		what += fmt.Sprintf(" for target %q", x.o.target)
	}
	return calendar.Window{}, 0, &headroom.InputError{What: what,
		Where: "--peak", Do: "name a peak, or a window with --from and --for"}
}

// provider makes the window's schedule at multiples of its load.
func (x *outlook) provider(plan headroom.Plan, w calendar.Window, scale float64) sizing.Provider {
	players := players(plan)
	return func(by float64) (sizing.Load, error) {
		s, err := calendar.New(plan, w, x.o.seed, scale*by, players)
		if err != nil {
			return sizing.Load{}, err
		}
		return sizing.Collect(s)
	}
}

// load is the window's schedule at a scale.
func (x *outlook) load(plan headroom.Plan, scale float64) (sizing.Load, error) {
	w, base, err := x.chosen(plan)
	if err != nil {
		return sizing.Load{}, err
	}
	l, err := x.provider(plan, w, base*scale)(1)
	if err != nil {
		return l, err
	}
	return l, x.known(l.Header)
}

// known refuses a window of which the model knows nothing.
func (x *outlook) known(h headroom.Header) error {
	var here, learned []string
	for _, p := range h.Processes {
		here = append(here, p.Name)
	}
	for _, j := range x.model.Journeys {
		if slices.Contains(here, j.Process) {
			return nil
		}
		learned = append(learned, j.Process)
	}
	return &headroom.InputError{What: fmt.Sprintf("knows none of the plan's processes: it has %s, the plan %s", strings.Join(learned, ", "), strings.Join(here, ", ")),
		Where: x.o.model, Do: "learn a model from runs of this plan"}
}

func (x *outlook) options(plan headroom.Plan) sizing.Options {
	return sizing.Options{Seed: x.o.seed, Replications: x.o.replications, Speed: x.o.speed, Parallel: runtime.GOMAXPROCS(0), Dues: analyse.Cutoffs(plan), Name: analyse.Name}
}

// eventful says which of the plan's events fall into a window: nothing that is
// simulated knows of them.
func eventful(plan headroom.Plan, h headroom.Header) []string {
	list, err := incidents(plan, h)
	if err != nil {
		return nil // whoever runs it is told
	}
	var out []string
	for _, e := range list {
		out = append(out, fmt.Sprintf("the plan's event %s falls into the window; the forecast knows nothing of it", e.What))
	}
	return slices.Compact(out)
}

// missed is why a verb ends with 1; nil when every forecast holds.
func missed(list ...headroom.Forecast) error {
	for _, f := range list {
		for _, o := range f.Objectives {
			if o.Met != nil && !*o.Met {
				return fmt.Errorf("%s on %s: %w", o.Name, f.Topology.Name, headroom.ErrMissed)
			}
		}
	}
	return nil
}

// recheck checks a plan that was changed as one that is loaded.
func recheck(plan headroom.Plan, what string) error {
	_, _, err := profiles.Load(what, bytes.NewReader(profiles.Marshal(plan)), planChecks(filepath.Dir(what)))
	return err
}

// planChecks is what the loader is told of the rest of the program.
func planChecks(folder string) profiles.Options {
	var names []string
	for _, s := range scenarios.All() {
		names = append(names, s.Name)
	}
	return profiles.Options{
		Scenarios: names, Events: conduct.Events(), ReadICal: calendar.ReadICal,
		Check: []func(headroom.Plan) []headroom.Problem{calendar.Check, conduct.CheckProbes, func(p headroom.Plan) []headroom.Problem {
			return scenarios.Check(scenarios.Resolved(p, folder))
		}},
	}
}
