package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

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
		Long: `Solve a system described in JSON (stations, pools, classes, journeys) in its steady
state, by the analytic layered solver or, with --simulate, by simulation. A file
named - is standard input. The answer is JSON either way.`,
		Example: "  headroom model system system.json\n  headroom model system --simulate - < system.json",
		Args:    exactArgs(1, "one file"),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := readSystem(args[0], std.in)
			if err != nil {
				return err
			}
			var answer headroom.Solution
			if simulate {
				answer, err = sim.Solve(s, sim.Options{Seed: seed})
			} else {
				answer, err = layered.Solve(s)
			}
			if err != nil {
				return &headroom.InputError{What: err.Error(), Where: args[0], Err: err}
			}
			return writeJSON(std.out, answer)
		},
	}
	cmd.Flags().BoolVar(&simulate, "simulate", false, "by simulation")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the simulation")
	cmd.Flags().BoolVar(&asJSON, "json", true, "accepted as everywhere; the answer is JSON either way")
	return cmd
}

func readSystem(path string, stdin io.Reader) (headroom.System, error) {
	var s headroom.System
	in := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return s, readable(path, err)
		}
		defer func() { _ = f.Close() }() // only read from
		in = f
	}
	dec := json.NewDecoder(in)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return s, &headroom.InputError{What: fmt.Sprintf("is not a system: %v", err), Where: path, Err: err}
	}
	return s, nil
}
