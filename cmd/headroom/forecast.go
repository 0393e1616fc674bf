package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sizing"
	"github.com/headroom-erp/headroom/reports/text"
)

// forecastOptions are the flags of forecast.
type forecastOptions struct {
	outlookOptions
	topologies []string
	workers    []int
	app        []float64
	database   []float64
	scales     []float64
	sites      []string
}

func newForecast(std stdio) *cobra.Command {
	var o forecastOptions
	cmd := &cobra.Command{
		Use:   "forecast PLAN",
		Short: "Forecast topologies side by side, and what would change if, with a learned model",
		Long: `Forecast what topologies of a plan would do in a window of its calendar, side by
side, each as 'headroom simulate' has it and under the same arrivals and the
same doubts. Without --topology all of the plan's are forecast. Nothing is run.

What-if flags change every named topology, or the load, and put the changed
forecasts beside the unchanged one: --workers, --app-cores, --database-cores and
--scale take several values with commas, and each combination is forecast.
--add-site NAME=LIKE adds a site that does all that another one does, in a
database of its own (a company of its own, where LIKE is one).

Ends with 1 when a forecast misses an objective; with what-if flags, when a
changed one does.`,
		Example: "  headroom forecast pilot --model model.json\n" +
			"  headroom forecast pilot --model model.json --topology standard-6 --workers 4,6,9 --add-site north=pilot",
		Args: exactArgs(1, "one plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			if err := o.window.alone(cmd); err != nil {
				return err
			}
			return forecast(o, std, time.Now())
		},
	}
	o.flags(cmd)
	o.modelTarget(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&o.topologies, "topology", nil, "the plan's topologies, with commas (default all)")
	f.IntSliceVar(&o.workers, "workers", nil, "what if each replica had so many workers")
	f.Float64SliceVar(&o.app, "app-cores", nil, "what if the web workers' host had so many cores")
	f.Float64SliceVar(&o.database, "database-cores", nil, "what if the database had so many cores")
	f.Float64SliceVar(&o.scales, "scale", nil, "what if every rate, batch and number of operators were so many times as much")
	f.StringArrayVar(&o.sites, "add-site", nil, "what if there were one more site, NAME, like another, LIKE: NAME=LIKE; may be given again")
	noDefault(cmd, "app-cores", "database-cores", "scale")
	return cmd
}

// forecast prints the forecasts of every topology, unchanged and changed.
func forecast(o forecastOptions, std stdio, now time.Time) error {
	o.scale = 1
	x, err := newOutlook(o.outlookOptions, now)
	if err != nil {
		return err
	}
	topologies, err := x.topologies(x.plan, o.topologies)
	if err != nil {
		return err
	}
	ifs, err := o.whatIfs()
	if err != nil {
		return err
	}
	report := headroom.ForecastReport{Plan: x.plan.Name}
	var judged []headroom.Forecast
	for _, t := range topologies {
		for i, w := range ifs {
			f, h, err := x.whatIf(t, w)
			if err != nil {
				return err
			}
			if len(report.Entries) == 0 {
				report.Schedule = h
			}
			report.Entries = append(report.Entries, headroom.ForecastedPlan{Name: named(t, w), Changed: i > 0, Forecast: f})
			if i > 0 || len(ifs) == 1 {
				judged = append(judged, f)
			}
		}
	}
	if o.json {
		err = writeJSON(std.out, report)
	} else {
		err = text.Forecasts(std.out, report)
	}
	if err != nil {
		return err
	}
	return missed(judged...)
}

// whatIf is a topology's forecast with a change, and the schedule's header.
func (x *outlook) whatIf(t headroom.Topology, w sizing.WhatIf) (headroom.Forecast, headroom.Header, error) {
	plan, t, err := w.Apply(x.plan, t)
	if err != nil {
		return headroom.Forecast{}, headroom.Header{}, err
	}
	if len(w.AddSites) > 0 {
		if err := recheck(plan, x.o.plan+" with "+strings.Join(w.AddSites, ", ")); err != nil {
			return headroom.Forecast{}, headroom.Header{}, err
		}
	}
	scale := 1.0
	if w.Scale > 0 {
		scale = w.Scale
	}
	l, err := x.load(plan, scale)
	if err != nil {
		return headroom.Forecast{}, l.Header, err
	}
	f, err := sizing.Forecast(x.model, t, l, plan.Objectives, x.options(plan))
	if err != nil {
		return f, l.Header, err
	}
	f.Warnings = append(f.Warnings, eventful(plan, l.Header)...)
	return f, l.Header, nil
}

// mostChanges keeps the combinations of what-if flags to what somebody reads.
const mostChanges = 100

// whatIfs are the unchanged plan and every combination of the changes.
func (o *forecastOptions) whatIfs() ([]sizing.WhatIf, error) {
	list := []sizing.WhatIf{{AddSites: o.sites}}
	list = cross(list, o.workers, func(w *sizing.WhatIf, v int) { w.Workers = v })
	list = cross(list, o.app, func(w *sizing.WhatIf, v float64) { w.AppCores = v })
	list = cross(list, o.database, func(w *sizing.WhatIf, v float64) { w.DatabaseCores = v })
	list = cross(list, o.scales, func(w *sizing.WhatIf, v float64) { w.Scale = v })
	if len(list) > mostChanges {
		return nil, &headroom.InputError{What: fmt.Sprintf("%d combinations of changes are more than anybody reads", len(list)), Where: "--workers, --app-cores, --database-cores, --scale",
			Do: fmt.Sprintf("ask for %d at most", mostChanges)}
	}
	for _, v := range slices.Concat(o.app, o.database, o.scales) {
		if !(v > 0) {
			return nil, &headroom.InputError{What: fmt.Sprintf("%g is not above 0", v), Where: "--app-cores, --database-cores, --scale"}
		}
	}
	for _, v := range o.workers {
		if v < 1 {
			return nil, &headroom.InputError{What: fmt.Sprintf("%d workers serve nobody", v), Where: "--workers"}
		}
	}
	if len(list) == 1 && !list[0].Changes() {
		return list, nil
	}
	return append([]sizing.WhatIf{{}}, list...), nil
}

// cross combines each of a list with each of the values.
func cross[V any](list []sizing.WhatIf, values []V, set func(*sizing.WhatIf, V)) []sizing.WhatIf {
	if len(values) == 0 {
		return list
	}
	var out []sizing.WhatIf
	for _, w := range list {
		for _, v := range values {
			set(&w, v)
			out = append(out, w)
		}
	}
	return out
}

// named is a topology with what was changed.
func named(t headroom.Topology, w sizing.WhatIf) string {
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
	return strings.Join(parts, ", ")
}
