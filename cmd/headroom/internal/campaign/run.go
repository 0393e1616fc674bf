package campaign

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// A Campaign is combinations of one plan that are run in one workspace. What
// was run completely before is kept, so that a campaign that was interrupted
// goes on where it ended.
type Campaign struct {
	Plan      headroom.Plan
	Players   map[string]calendar.Player
	Workspace string
	// Run replays a schedule of a variant as the bundle runs/NAME.
	Run func(ctx context.Context, variant headroom.Plan, t headroom.Topology, s headroom.Schedule, name string) error
	// Disturbed says why a bundle's run was disturbed; "" of one that was not. Such a run is set
	// aside and made again; nil keeps every run.
	Disturbed func(folder string) (why string, err error)
	Say       func(format string, args ...any)
}

// mostTries is how often a run is made that is disturbed each time; the last one is
// kept, and whoever reads it is told.
const mostTries = 3

// Folder is a combination's bundle.
func (c *Campaign) Folder(name string) string { return filepath.Join(c.Workspace, "runs", name) }

// Done says whether a combination was run completely at a scale of its load. A
// complete run of its name with another load or topology is an error: it must
// not be taken for this one.
func (c *Campaign) Done(k Combination, scale float64) (bool, error) {
	r, err := results.Open(c.Folder(k.Name))
	if err != nil {
		return false, nil // Prepare sets aside what cannot be opened
	}
	defer func() { _ = r.Close() }() // only read from
	if !r.Info().Complete {
		return false, nil
	}
	variant, schedule, err := c.load(k, scale)
	if err != nil {
		return false, err
	}
	was, err := offered(r.Info())
	if err != nil {
		return false, err
	}
	is, err := offered(headroom.RunInfo{Plan: variant, Topology: k.Topology, Schedule: schedule.Header()})
	if err != nil {
		return false, err
	}
	if !bytes.Equal(was, is) {
		return false, &headroom.InputError{What: "was run with another load, topology or plan than combination " + k.Name + " has now", Where: c.Folder(k.Name),
			Do: "take another workspace, or move that folder away, so that it is run again"}
	}
	return true, nil
}

// offered is what a run's figures depend on, in a form that can be compared:
// not its objectives, which judge them.
func offered(run headroom.RunInfo) ([]byte, error) {
	return json.Marshal(struct {
		Processes []headroom.Process
		Topology  headroom.Topology
		Schedule  headroom.Header
	}{run.Plan.Processes, run.Topology, run.Schedule})
}

// Measure runs a combination at a scale of its load, unless it was run, and
// returns its bundle.
func (c *Campaign) Measure(ctx context.Context, k Combination, scale float64) (string, error) {
	folder := c.Folder(k.Name)
	if done, err := c.Done(k, scale); err != nil {
		return folder, err
	} else if done {
		c.Say("%s was measured before: kept", k.Name)
		return folder, nil
	}
	for try := 1; ; try++ {
		variant, schedule, err := c.Prepare(k, scale)
		if err != nil {
			return folder, err
		}
		if err := c.Run(ctx, variant, k.Topology, schedule, k.Name); err != nil || c.Disturbed == nil || try == mostTries {
			return folder, err
		}
		why, err := c.Disturbed(folder)
		if err != nil || why == "" {
			return folder, err
		}
		c.Say("%s: %s", k.Name, why)
		if err := c.setAside(folder, "was disturbed"); err != nil {
			return folder, err
		}
	}
}

// Prepare makes a combination's variant and its schedule at a scale, and room
// for its bundle: a run that did not come to its end is set aside.
func (c *Campaign) Prepare(k Combination, scale float64) (headroom.Plan, headroom.Schedule, error) {
	variant, schedule, err := c.load(k, scale)
	if err != nil {
		return variant, nil, err
	}
	return variant, schedule, c.setAside(c.Folder(k.Name), "was not finished")
}

// load is a combination's variant and its schedule at a scale.
func (c *Campaign) load(k Combination, scale float64) (headroom.Plan, headroom.Schedule, error) {
	variant, err := k.Variant(c.Plan)
	if err != nil {
		return variant, nil, err
	}
	schedule, err := k.Schedule(variant, scale, c.Players)
	if err != nil {
		return variant, nil, fmt.Errorf("combination %s: %w", k.Name, err)
	}
	return variant, schedule, nil
}

// setAside moves a run that is not to be used out of the way.
func (c *Campaign) setAside(folder, why string) error {
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for i := 1; ; i++ {
		to := filepath.Join(c.Workspace, "unfinished", fmt.Sprintf("%s-%d", filepath.Base(folder), i))
		if _, err := os.Stat(to); err == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return &headroom.MeasureError{What: "the workspace cannot be written", Err: err}
		}
		if err := os.Rename(folder, to); err != nil {
			return &headroom.MeasureError{What: "a run that " + why + " cannot be set aside", Err: err}
		}
		c.Say("%s %s: set aside as %s", filepath.Base(folder), why, to)
		return nil
	}
}
