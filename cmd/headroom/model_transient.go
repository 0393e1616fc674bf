package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

func newModelTransient(std stdio) *cobra.Command {
	var asJSON bool
	var seed uint64
	var replications int
	cmd := &cobra.Command{
		Use:   "transient FILE.json",
		Short: "Follow a system through bursts, batches and lost nodes until its backlog is gone",
		Long: `Simulate what comes to a system over time, from a steady start. The file is that of
'model system' with load, batches and changes beside its keys:

  {"stations": [{"name": "cpu", "servers": 8}], "pool": {"name": "web", "servers": 8},
   "classes": [{"name": "edi_order", "demand": {"cpu": 1}, "arrival_rate": 4}],
   "load": [{"from": 60, "to": 120, "class": "edi_order", "arrival_rate": 8}],
   "batches": [{"t": 10, "class": "edi_order", "count": 100}],
   "changes": [{"at": 30, "pool": "web", "servers": 6, "lost": true}]}

The load is added to the system's own; a change is of a pool or a station. Times are
in seconds, rates in 1/s. docs/systems.md has every key, with unit, range and default.
The answer is JSON: the state over time; the drain, which is the time from the end of
the last burst or batch until no request waits for a worker; and how many requests
fail (failed_mean), which wait no longer: with a worker that is lost, before a pool
without workers, at a full backlog, or after five conflicts. A file named - is
standard input.`,
		Example: "  headroom model transient burst.json\n  headroom model transient --seed 7 - < burst.json",
		Args:    exactArgs(1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if replications < 0 || replications > mostReplications {
				return &headroom.InputError{What: fmt.Sprintf("%d replications are not 0 to %d", replications, mostReplications), Where: "--replications"}
			}
			var t headroom.Transient
			if err := readStrict(args[0], std, "a transient", "docs/systems.md has its keys: a system's at the top, and load, batches and changes beside them", &t); err != nil {
				return err
			}
			answer, err := computed(cmd.Context(), func() (headroom.TransientSolution, error) {
				return sim.Transient(t, sim.Options{Seed: seed, Replications: replications, Parallel: runtime.GOMAXPROCS(0)})
			})
			if err != nil {
				return unsolved(err, called(args[0]))
			}
			return writeJSON(std.out, answer)
		},
	}
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the simulation")
	cmd.Flags().IntVar(&replications, "replications", 0, "how often it is simulated; 0: as often as some seconds allow")
	cmd.Flags().BoolVar(&asJSON, "json", true, "accepted as everywhere; the answer is JSON either way")
	return cmd
}

// mostReplications that a user may ask for.
const mostReplications = 1_000_000
