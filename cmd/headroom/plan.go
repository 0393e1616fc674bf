package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/profiles"
	"github.com/headroom-erp/headroom/scenarios"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// loadPlan reads a plan by path or shipped name, checks it whole, and returns
// it resolved; scripts of the user's are named by absolute paths.
func loadPlan(pathOrName string) (headroom.Plan, error) {
	folder, err := filepath.Abs(filepath.Dir(pathOrName))
	if err != nil {
		return headroom.Plan{}, readable(pathOrName, err)
	}
	plan, _, err := profiles.Open(pathOrName, planChecks(folder))
	if err != nil {
		return headroom.Plan{}, err
	}
	return scenarios.Resolved(*plan, folder), nil
}

// players says who plays each scenario of a loaded plan.
func players(plan headroom.Plan) map[string]calendar.Player {
	out := map[string]calendar.Player{}
	for _, p := range plan.Processes {
		if s, err := scenarios.Find(p.Scenario); err == nil { // else the plan was refused
			out[p.Scenario] = calendar.Player{Engine: s.Engine, Technical: s.Technical}
		}
	}
	return out
}

func newPlan(std stdio) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan PLAN",
		Short: "Check a plan and print it with every default filled in",
		Long: "Check a plan, the path of a YAML file or the name of a shipped profile, whole, and\n" +
			"print it with every default filled in. Every problem is printed with file, line and column.",
		Example: "  headroom plan pilot\n  headroom plan my-plan.yaml --json",
		Args:    exactArgs(1, "one plan"),
		RunE: func(_ *cobra.Command, args []string) error {
			plan, err := loadPlan(args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(std.out, plan)
			}
			_, err = std.out.Write(profiles.Marshal(plan))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

// topologyNamed finds a topology of the plan.
func topologyNamed(plan headroom.Plan, name string) (headroom.Topology, error) {
	var names []string
	for _, t := range plan.Topologies {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return headroom.Topology{}, &headroom.InputError{
		What: fmt.Sprintf("plan %s has no topology %q", plan.Name, name),
		Do:   "it has " + strings.Join(names, ", "),
	}
}

// readable turns a file that cannot be opened into an input error.
func readable(path string, err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return &headroom.InputError{What: "cannot be read: there is no such file", Where: path, Err: err}
	case errors.Is(err, syscall.EISDIR):
		return &headroom.InputError{What: "is a folder", Where: path, Do: "name a file", Err: err}
	case errors.Is(err, os.ErrPermission):
		return &headroom.InputError{What: "cannot be read", Where: path, Err: err}
	}
	return err
}
