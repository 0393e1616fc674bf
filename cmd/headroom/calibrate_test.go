package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/campaign"
)

// knownWithin is a model of proofPlan's processes whose intervals are as wide as a
// share of the demands, to either side.
func knownWithin(share float64) headroom.Model {
	var m headroom.Model
	for _, k := range []struct {
		process       string
		app, database float64
	}{{"order_entry", 0.2, 0.1}, {"pick", 0.2, 0.1}, {"scan", 0.02, 0.01}} {
		about := func(v float64) headroom.Estimate {
			return headroom.Estimate{Value: v, Low: v * (1 - share), High: v * (1 + share), Level: headroom.Level, N: 100, Identified: true}
		}
		step := k.process + ".step"
		m.Classes = append(m.Classes, headroom.ClassModel{Name: step, Demand: map[string]headroom.Estimate{"app": about(k.app), "database": about(k.database)}})
		m.Journeys = append(m.Journeys, headroom.JourneyModel{Process: k.process, Steps: []string{step}, Visits: []float64{1}})
	}
	return m
}

// A calibration ends as soon as its intervals are narrow enough, with time left;
// where they never are, when no phase fits into the time any more.
func TestCalibrationEnds(t *testing.T) {
	dir := inFolder(t, map[string]string{"plan.yaml": proofPlan})
	plan, err := loadPlan(filepath.Join(dir, "plan.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const wanted, phase = 0.1, 60
	for what, k := range map[string]struct {
		width  func(phases int) float64
		narrow bool
	}{
		"narrow in time": {func(phases int) float64 { return 0.25 / float64(phases) }, true},
		"never narrow":   {func(int) float64 { return 0.5 }, false},
	} {
		c, err := newCalibration(&workshop{plan: plan, std: stdio{err: io.Discard}}, plan.Topologies[0], 20, wanted, phase)
		if err != nil {
			t.Fatal(err)
		}
		c.measure = func(_ context.Context, s campaign.Step) (headroom.Model, error) {
			if n := len(c.measured); n > 0 && k.width(n) <= wanted && c.overlaps() {
				t.Errorf("%s: it went on after %d phases, and ±%.0f %%", what, n, 100*k.width(n))
			}
			c.measured, c.runs, c.spent = append(c.measured, s.Phase), append(c.runs, s.Combination), c.spent+s.Phase.Length()
			return knownWithin(k.width(len(c.measured))), nil
		}
		m, err := c.run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		r, left := c.result(&m), c.budget-c.spent
		if r.Narrow == nil || *r.Narrow != k.narrow || r.Minutes != c.spent/60 || len(r.Phases) != len(c.measured) {
			t.Errorf("%s: %+v after %d phases", what, r.Narrow, len(c.measured))
		}
		if fits := left >= c.measured[0].Length(); fits != k.narrow {
			t.Errorf("%s: it ended after %d phases with %.0f s left, and one takes %.0f", what, len(c.measured), left, c.measured[0].Length())
		}
		if k.narrow && (len(c.measured) < 3 || !c.overlaps()) {
			t.Errorf("%s: it ended after %d phases", what, len(c.measured))
		}
	}
}

// What is announced stops where the calibration itself would: with intervals that
// are narrow enough, and two overlaps of transactions that differ.
func TestCalibrationAnnouncesItsEnd(t *testing.T) {
	dir := inFolder(t, map[string]string{"plan.yaml": proofPlan})
	plan, err := loadPlan(filepath.Join(dir, "plan.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for within, want := range map[float64]string{2: "it is expected to stop after phase ", 1e-4: "the intervals are not expected to be that narrow"} {
		c, err := newCalibration(&workshop{plan: plan, std: stdio{err: io.Discard}}, plan.Topologies[0], 20, within, 60)
		if err != nil {
			t.Fatal(err)
		}
		d, err := c.planned()
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		c.announce(&said, d)
		if lines := strings.Split(said.String(), "\n"); !strings.Contains(lines[0], "up to") || !strings.HasPrefix(lines[1], want) {
			t.Errorf("within %g: %s\n%s", within, lines[0], lines[1])
		}
		end := c.expectedEnd(d)
		if r := c.result(nil); r.Stops == nil || *r.Stops != end {
			t.Errorf("within %g: JSON says %v, want %d", within, r.Stops, end)
		}
		for i := range d.Phases {
			c.measured = append(c.measured, c.experiment.Steps()[d.Phases[i]].Phase)
			if stops := d.After[i] <= within && c.overlaps(); stops != (end > 0 && i+1 >= end) {
				t.Errorf("within %g: it would stop after phase %d: %v, and %d was announced", within, i+1, stops, end)
			}
		}
	}
}
