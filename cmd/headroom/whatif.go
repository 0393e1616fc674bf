package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sizing"
)

// whatIfOptions are the flags that change a plan, a topology, or its servers
// while the window is on.
type whatIfOptions struct {
	workers  []int
	app      []float64
	database []float64
	scales   []float64
	sites    []string
	changes  []string
}

func (o *whatIfOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntSliceVar(&o.workers, "workers", nil, "what if each replica had so many workers")
	f.Float64SliceVar(&o.app, "app-cores", nil, "what if the web workers' host had so many cores")
	f.Float64SliceVar(&o.database, "database-cores", nil, "what if the database had so many cores")
	f.Float64SliceVar(&o.scales, "scale", nil, "what if every rate, batch and number of operators were so many times as much")
	f.StringArrayVar(&o.sites, "add-site", nil, "what if there were one more site, NAME, like another, LIKE: NAME=LIKE; may be given again")
	f.StringArrayVar(&o.changes, "change", nil, "what if there were N of PART from TIME on: TIME:PART=N, or TIME:PART=N:lost; may be given again")
	noDefault(cmd, "app-cores", "database-cores", "scale")
}

// changeHelp explains --change in the help of the verbs that have it.
const changeHelp = `--change 16:40:web=4 leaves 4 web workers, of all replicas together, from 16:40 on,
by the window's clock; +90s in place of 16:40 is 90 s after the window's begin.
Workers that go finish what they do; with :lost behind it, as of a node that dies,
what they hold fails. app, database and host in place of web are cores. Of several
stacks one is named: own-hub/web.`

// severalValues are the flags of which each combination is a forecast of its own.
const severalValues = "--workers, --app-cores, --database-cores, --scale"

// mostChanges keeps the combinations of what-if flags to what somebody reads.
const mostChanges = 100

// Bounds of cores and scales: beyond, a figure is a slip of the finger.
const (
	mostOf     = 1_000_000
	leastCores = 0.01 // of a system's host, too
)

// A whatIf is one combination of changes.
type whatIf struct {
	sizing.WhatIf
	steps []step // while the window is on
}

// combinations are the unchanged plan and every combination of the changes.
func (o *whatIfOptions) combinations() ([]whatIf, error) {
	steps, err := stepsOf(o.changes)
	if err != nil {
		return nil, err
	}
	list := []whatIf{{sizing.WhatIf{AddSites: o.sites}, steps}}
	list = cross(list, o.workers, func(w *whatIf, v int) { w.Workers = v })
	list = cross(list, o.app, func(w *whatIf, v float64) { w.AppCores = v })
	list = cross(list, o.database, func(w *whatIf, v float64) { w.DatabaseCores = v })
	list = cross(list, o.scales, func(w *whatIf, v float64) { w.Scale = v })
	if len(list) > mostChanges {
		return nil, &headroom.InputError{What: fmt.Sprintf("%d combinations of changes are more than anybody reads", len(list)), Where: severalValues,
			Do: fmt.Sprintf("ask for %d at most", mostChanges)}
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if len(list) == 1 && !list[0].Changes() && len(steps) == 0 {
		return list, nil
	}
	return append([]whatIf{{}}, list...), nil
}

// check refuses numbers that are none of anything.
func (o *whatIfOptions) check() error {
	for _, f := range []struct {
		flag  string
		cores []float64
	}{{"--app-cores", o.app}, {"--database-cores", o.database}} {
		for _, v := range f.cores {
			if !(v >= leastCores && v <= mostOf) {
				return &headroom.InputError{What: fmt.Sprintf("%g cores are not %g to %d", v, leastCores, mostOf), Where: f.flag}
			}
		}
	}
	for _, v := range o.scales {
		if !(v > 0) || v > mostOf {
			return &headroom.InputError{What: fmt.Sprintf("%g is not above 0 and at most %d", v, mostOf), Where: "--scale"}
		}
	}
	for _, v := range o.workers {
		if v < 1 {
			return &headroom.InputError{What: fmt.Sprintf("%d workers serve nobody", v), Where: "--workers"}
		}
	}
	return nil
}

// single is the combination of a verb that looks at one.
func (o *whatIfOptions) single() (whatIf, error) {
	list, err := o.combinations()
	if err != nil {
		return whatIf{}, err
	}
	if len(list) > 2 {
		return whatIf{}, &headroom.InputError{What: fmt.Sprintf("%d combinations of changes, and one is simulated", len(list)-1), Where: severalValues,
			Do: "give one value of each, or ask 'headroom forecast' for all of them side by side"}
	}
	return list[len(list)-1], nil
}

// cross combines each of a list with each of the values.
func cross[V any](list []whatIf, values []V, set func(*whatIf, V)) []whatIf {
	if len(values) == 0 {
		return list
	}
	var out []whatIf
	for _, w := range list {
		for _, v := range values {
			set(&w, v)
			out = append(out, w)
		}
	}
	return out
}

// named is a topology with what was changed.
func named(t headroom.Topology, w whatIf) string {
	parts := []string{t.Name}
	if w.Workers > 0 {
		parts = append(parts, fmt.Sprintf("%d workers", w.Workers))
	}
	if w.AppCores > 0 {
		parts = append(parts, fmt.Sprintf("%g app cores", w.AppCores))
	}
	if w.DatabaseCores > 0 {
		parts = append(parts, fmt.Sprintf("%g database cores", w.DatabaseCores))
	}
	if w.Scale > 0 && w.Scale != 1 {
		parts = append(parts, fmt.Sprintf("%g times the load", w.Scale))
	}
	for _, s := range w.AddSites {
		parts = append(parts, "with "+s)
	}
	for _, s := range w.steps {
		parts = append(parts, s.words())
	}
	return strings.Join(parts, ", ")
}

// A variant is what one combination of changes makes of a plan and a topology.
type variant struct {
	plan     headroom.Plan
	topology headroom.Topology
	load     sizing.Load
	options  sizing.Options
}

// variant changes what is looked at.
func (x *outlook) variant(t headroom.Topology, w whatIf) (variant, error) {
	plan, t, err := w.Apply(x.plan, t)
	if err != nil {
		return variant{}, asFlags(err)
	}
	if len(w.AddSites) > 0 {
		if err := recheck(plan, x.o.plan+" with "+strings.Join(w.AddSites, ", ")); err != nil {
			return variant{}, err
		}
	}
	scale := 1.0
	if w.Scale > 0 {
		scale = w.Scale
	}
	v := variant{plan: plan, topology: t, options: x.options(plan)}
	if v.load, err = x.load(plan, scale); err != nil {
		return variant{}, err
	}
	for _, s := range w.steps {
		r, err := s.in(v.load.Header)
		if err != nil {
			return variant{}, err
		}
		v.options.Changes = append(v.options.Changes, r)
	}
	return v, nil
}

// asFlags is a complaint about a what-if in the words of the flags that it came by.
func asFlags(err error) error {
	bad, ok := errors.AsType[*headroom.InputError](err)
	if !ok {
		return err
	}
	flags := strings.Split(bad.Where, ", ")
	for i, f := range flags {
		if !slices.Contains([]string{"workers", "app-cores", "database-cores", "scale", "add-site", "change"}, f) {
			return err
		}
		flags[i] = "--" + f
	}
	return &headroom.InputError{What: bad.What, Where: strings.Join(flags, ", "), Do: bad.Do, Err: err}
}
