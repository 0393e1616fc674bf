package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sizing"
	"github.com/headroom-erp/headroom/reports/text"
)

// simulateOptions are the flags of simulate.
type simulateOptions struct {
	outlookOptions
	whatIfOptions
	topology string
}

func newSimulate(std stdio) *cobra.Command {
	var o simulateOptions
	cmd := &cobra.Command{
		Use:   "simulate PLAN",
		Short: "Simulate a window of the plan's calendar on one topology, with a learned model",
		Long: `Simulate what one topology would do in a window of a plan's calendar: the very
schedule that 'headroom run' would replay with the same flags and seed, each
arrival and each operator's shift, again and again with what the model does not
know for sure drawn anew. Nothing is run.

Printed are the journey times of every process, how busy the stations are, what
becomes of documents that are due, the course over time, and the plan's
objectives. Every figure has an interval that holds 90 % of the repetitions. The
window is chosen as in 'headroom run'; without --peak and --from it is the demo's.

The what-if flags are those of 'headroom forecast', with one value each.

` + changeHelp + `

Ends with 1 when an objective would be missed.`,
		Example: "  headroom simulate pilot --model model.json --topology standard-6\n" +
			"  headroom simulate pilot --model model.json --topology large-9 --peak dispatch_cutoff --for 10m --scale 1.2 --json\n" +
			"  headroom simulate pilot --model model.json --topology standard-6 --change +20s:web=3:lost --change +40s:web=6",
		Args: exactArgs(1, "one plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			if err := o.window.alone(cmd); err != nil {
				return err
			}
			return simulate(cmd.Context(), o, std, time.Now())
		},
	}
	o.outlookOptions.flags(cmd)
	o.modelTarget(cmd)
	o.whatIfOptions.flags(cmd)
	cmd.Flags().StringVar(&o.topology, "topology", "", "the plan's topology that serves")
	return cmd
}

// simulationAnswer is the --json answer.
type simulationAnswer struct {
	headroom.Simulation
	Changes []headroom.Reconfiguration `json:"changes,omitempty"` // times are since the lead-in's begin
}

// simulate prints the simulation.
func simulate(ctx context.Context, o simulateOptions, std stdio, now time.Time) error {
	a, err := computed(ctx, func() (simulationAnswer, error) { return simulated(o, now) })
	if err != nil {
		return err
	}
	if o.json {
		err = writeJSON(std.out, a)
	} else {
		err = text.Simulation(std.out, a.Simulation)
	}
	if err != nil {
		return err
	}
	return missed(a.Forecast)
}

func simulated(o simulateOptions, now time.Time) (simulationAnswer, error) {
	var none simulationAnswer
	o.scale = 1
	x, err := newOutlook(o.outlookOptions, now)
	if err != nil {
		return none, err
	}
	t, err := x.one(o.topology)
	if err != nil {
		return none, err
	}
	w, err := o.single()
	if err != nil {
		return none, err
	}
	v, err := x.variant(t, w)
	if err != nil {
		return none, err
	}
	s, err := sizing.Simulate(x.model, v.topology, v.load, v.plan.Objectives, v.options)
	if err != nil {
		return none, asFlags(err)
	}
	s.Forecast.Warnings = append(s.Forecast.Warnings, eventful(v.plan, v.load.Header)...)
	w.Scale = 0 // the schedule says it
	s.Forecast.Topology.Name = named(t, w)
	return simulationAnswer{s, v.options.Changes}, nil
}

// one is the topology that was named.
func (x *outlook) one(name string) (headroom.Topology, error) {
	if name == "" {
		return headroom.Topology{}, &headroom.InputError{What: "no topology was chosen", Where: "--topology", Do: "name one of the plan's, see 'headroom plan'"}
	}
	list, err := x.topologies(x.plan, []string{name})
	if err != nil {
		return headroom.Topology{}, err
	}
	return list[0], nil
}
