package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sizing"
	"github.com/headroom-erp/headroom/reports/text"
)

func newSimulate(std stdio) *cobra.Command {
	var o outlookOptions
	var topology string
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

Ends with 1 when an objective would be missed.`,
		Example: "  headroom simulate pilot --model model.json --topology standard-6\n" +
			"  headroom simulate pilot --model model.json --topology large-9 --peak dispatch_cutoff --for 10m --scale 1.2 --json",
		Args: exactArgs(1, "one plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			if err := o.window.alone(cmd); err != nil {
				return err
			}
			return simulate(o, topology, std, time.Now())
		},
	}
	o.flags(cmd)
	o.scaleFlag(cmd)
	o.modelTarget(cmd)
	cmd.Flags().StringVar(&topology, "topology", "", "the plan's topology that serves")
	return cmd
}

func simulate(o outlookOptions, topology string, std stdio, now time.Time) error {
	x, err := newOutlook(o, now)
	if err != nil {
		return err
	}
	t, err := x.one(topology)
	if err != nil {
		return err
	}
	l, err := x.load(x.plan, o.scale)
	if err != nil {
		return err
	}
	s, err := sizing.Simulate(x.model, t, l, x.plan.Objectives, x.options(x.plan))
	if err != nil {
		return err
	}
	s.Forecast.Warnings = append(s.Forecast.Warnings, eventful(x.plan, l.Header)...)
	if o.json {
		err = writeJSON(std.out, s)
	} else {
		err = text.Simulation(std.out, s)
	}
	if err != nil {
		return err
	}
	return missed(s.Forecast)
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
