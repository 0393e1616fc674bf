package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/layered"
	"github.com/headroom-erp/headroom/models/sim"
)

func newModel(std stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "model",
		Short: "The solvers, on files",
		Args:  unknownVerb,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newModelFit(std), newModelSystem(std), newModelTransient(std), newModelUSL(std), newModelQueue(std), newModelClosed(std))
	return cmd
}

func newModelSystem(std stdio) *cobra.Command {
	var simulate, asJSON bool
	var seed uint64
	cmd := &cobra.Command{
		Use:   "system FILE.json",
		Short: "Solve a system of stations, worker pools, request classes and journeys",
		Long: `Solve a system described in JSON in its steady state, by the analytic layered solver
or, with --simulate, by simulation:

  {"stations": [{"name": "app", "servers": 2}, {"name": "database", "servers": 1}],
   "pool": {"servers": 4},
   "classes": [{"name": "search", "demand": {"app": 0.03, "database": 0.01}, "database_calls": 6},
               {"name": "invoice", "demand": {"app": 0.2, "database": 0.1}, "arrival_rate": 2}],
   "journeys": [{"name": "pick", "population": 30, "think_time": 20,
                 "steps": [{"class": "search", "visits": 2}, {"class": "search", "think_time": 3}]}]}

Stations are CPUs, pools are workers before them. Classes of requests, and journeys
of several, come at an arrival_rate (1/s) or from a population that thinks; times are
in seconds. docs/systems.md has every key, with unit, range and default. A file named
- is standard input. The answer is JSON either way.`,
		Example: "  headroom model system system.json\n  headroom model system --simulate - < system.json",
		Args:    exactArgs(1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var s headroom.System
			if err := readStrict(args[0], std, "a system", "docs/systems.md has its keys, and "+cmd.CommandPath()+" --help an example", &s); err != nil {
				return err
			}
			answer, err := computed(cmd.Context(), func() (headroom.Solution, error) {
				if simulate {
					return sim.Solve(s, sim.Options{Seed: seed})
				}
				return layered.Solve(s)
			})
			if err != nil {
				return unsolved(err, called(args[0]))
			}
			return writeJSON(std.out, answer)
		},
	}
	cmd.Flags().BoolVar(&simulate, "simulate", false, "by simulation")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the simulation")
	cmd.Flags().BoolVar(&asJSON, "json", true, "accepted as everywhere; the answer is JSON either way")
	return cmd
}

// unsolved is a solver's complaint: about its input, or that a simulation was
// given up, which is no fault of the file.
func unsolved(err error, where string) error {
	if errors.Is(err, sim.ErrOverload) {
		return &headroom.MeasureError{What: where, Err: err, Do: "solve it without --simulate, or take less load"}
	}
	what := err.Error()
	if bad, ok := errors.AsType[*headroom.InputError](err); ok { // without the solver's name before it
		what = bad.Error()
	}
	return &headroom.InputError{What: what, Where: where, Err: err}
}
