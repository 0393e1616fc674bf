package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sizing"
	"github.com/headroom-erp/headroom/reports/text"
)

// forecastOptions are the flags of forecast.
type forecastOptions struct {
	outlookOptions
	whatIfOptions
	topologies []string
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

` + changeHelp + `

Ends with 1 when a forecast misses an objective; with what-if flags, when a
changed one does.`,
		Example: "  headroom forecast pilot --model model.json\n" +
			"  headroom forecast pilot --model model.json --topology standard-6 --workers 4,6,9 --add-site north=pilot\n" +
			"  headroom forecast pilot --model model.json --topology standard-6 --change 16:59:20:web=3:lost",
		Args: exactArgs(1, "one plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			if err := o.window.alone(cmd); err != nil {
				return err
			}
			return forecast(cmd.Context(), o, std, time.Now())
		},
	}
	o.outlookOptions.flags(cmd)
	o.modelTarget(cmd)
	o.whatIfOptions.flags(cmd)
	cmd.Flags().StringSliceVar(&o.topologies, "topology", nil, "the plan's topologies, with commas (default all)")
	return cmd
}

// forecastAnswer is the --json answer.
type forecastAnswer struct {
	headroom.ForecastReport
	// Changes happen in every changed forecast; times are since the lead-in's begin.
	Changes []headroom.Reconfiguration `json:"changes,omitempty"`
}

// forecast prints the forecasts of every topology, unchanged and changed.
func forecast(ctx context.Context, o forecastOptions, std stdio, now time.Time) error {
	o.scale = 1
	x, err := newOutlook(o.outlookOptions, now)
	if err != nil {
		return err
	}
	topologies, err := x.topologies(x.plan, o.topologies)
	if err != nil {
		return err
	}
	ifs, err := o.combinations()
	if err != nil {
		return err
	}
	answer, err := computed(ctx, func() (forecastAnswer, error) { return x.beside(topologies, ifs) })
	if err != nil {
		return err
	}
	if o.json {
		err = writeJSON(std.out, answer)
	} else {
		err = text.Forecasts(std.out, answer.ForecastReport)
	}
	if err != nil {
		return err
	}
	return missed(answer.judged()...)
}

// judged are the changed forecasts, where there are any.
func (a forecastAnswer) judged() []headroom.Forecast {
	var all, changed []headroom.Forecast
	for _, e := range a.Entries {
		all = append(all, e.Forecast)
		if e.Changed {
			changed = append(changed, e.Forecast)
		}
	}
	if len(changed) > 0 {
		return changed
	}
	return all
}

// beside forecasts every topology with every combination of changes, of which the
// first is none.
func (x *outlook) beside(topologies []headroom.Topology, ifs []whatIf) (answer forecastAnswer, err error) {
	answer.Plan = x.plan.Name
	for _, t := range topologies {
		for i, w := range ifs {
			v, err := x.variant(t, w)
			if err != nil {
				return answer, err
			}
			f, err := sizing.Forecast(x.model, v.topology, v.load, v.plan.Objectives, v.options)
			if err != nil {
				return answer, asFlags(err)
			}
			f.Warnings = append(f.Warnings, eventful(v.plan, v.load.Header)...)
			if len(answer.Entries) == 0 {
				answer.Schedule = v.load.Header
			}
			answer.Changes = v.options.Changes
			answer.Entries = append(answer.Entries, headroom.ForecastedPlan{Name: named(t, w), Changed: i > 0, Forecast: f})
		}
	}
	return answer, nil
}
