package campaign

import (
	"context"
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
	Say func(format string, args ...any)
}

// Folder is a combination's bundle.
func (c *Campaign) Folder(name string) string { return filepath.Join(c.Workspace, "runs", name) }

// Done says whether a combination was run completely.
func (c *Campaign) Done(k Combination) bool {
	r, err := results.Open(c.Folder(k.Name))
	if err != nil {
		return false
	}
	defer func() { _ = r.Close() }() // only read from
	return r.Info().Complete
}

// Missing are the combinations that are yet to be run.
func (c *Campaign) Missing(all []Combination) []Combination {
	var out []Combination
	for _, k := range all {
		if !c.Done(k) {
			out = append(out, k)
		}
	}
	return out
}

// Measure runs a combination at a scale of its load, unless it was run, and
// returns its bundle.
func (c *Campaign) Measure(ctx context.Context, k Combination, scale float64) (string, error) {
	folder := c.Folder(k.Name)
	if c.Done(k) {
		c.Say("%s was measured before: kept", k.Name)
		return folder, nil
	}
	variant, schedule, err := c.Prepare(k, scale)
	if err != nil {
		return folder, err
	}
	return folder, c.Run(ctx, variant, k.Topology, schedule, k.Name)
}

// Prepare makes a combination's variant and its schedule at a scale, and room
// for its bundle: a run that did not come to its end is set aside.
func (c *Campaign) Prepare(k Combination, scale float64) (headroom.Plan, headroom.Schedule, error) {
	variant, err := k.Variant(c.Plan)
	if err != nil {
		return variant, nil, err
	}
	schedule, err := k.Schedule(variant, scale, c.Players)
	if err != nil {
		return variant, nil, fmt.Errorf("combination %s: %w", k.Name, err)
	}
	return variant, schedule, c.setAside(c.Folder(k.Name))
}

// setAside moves a run that did not come to its end out of the way.
func (c *Campaign) setAside(folder string) error {
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
			return &headroom.MeasureError{What: "a run that was not finished cannot be set aside", Err: err}
		}
		c.Say("%s was not finished: set aside as %s", filepath.Base(folder), to)
		return nil
	}
}
