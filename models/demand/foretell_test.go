package demand

import (
	"math"
	"slices"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
	"github.com/headroom-erp/headroom/models/sizing"
)

// shop is a world of open load whose conflicts are to be foretold.
func shop(workers int, scale, exponent, seconds float64, skips bool) *world {
	w := pilot("shop", workers, 2, 1)
	w.duration, w.kept, w.rows, w.exponent, w.skips = seconds, true, 400, exponent, skips
	w.journeys = slices.DeleteFunc(w.journeys, func(j worldJourney) bool { return j.batch > 0 })
	for i := range w.journeys {
		w.journeys[i].rate *= scale
	}
	return w
}

// lostShare is the part of the tries of a class that were lost, in a run and in a model's replay of it.
func lostShare(t *testing.T, run *fakeRun, m headroom.Model, class string) (measured, foretold, lost float64) {
	t.Helper()
	s, err := newSurvey([]headroom.Run{run})
	if err != nil {
		t.Fatal(err)
	}
	var tries float64
	s.eachJoined(func(l *line) {
		if s.classes[l.class].name == class {
			lost += float64(l.lost)
			tries += float64(l.tries)
		}
	})
	system := sizing.System(m, run.info.Topology)
	r, err := sim.Run(system, s.runs[0].replay(m, system), sim.Options{Seed: 3, Replications: 12, Parallel: 2, MaxCalls: sizing.Calls(system)})
	if err != nil {
		t.Fatal(err)
	}
	c := r.Classes[slices.IndexFunc(m.Classes, func(c headroom.ClassModel) bool { return c.Name == class })]
	return lost / tries, float64(c.Lost) / float64(c.Tries), lost
}

// TestForetells: conflicts are learned at 2 workers and two loads, and foretold
// for other workers, loads and popularities, where rows that are held are waited for (the
// stand-in) and where they are not (Odoo).
func TestForetells(t *testing.T) {
	for _, skips := range []bool{false, true} {
		m, err := Estimate([]headroom.Run{shop(2, 0.6, 0.8, 300, skips).run(1), shop(2, 1.1, 0.8, 300, skips).run(2)}, Options{Simulations: 4})
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Conflicts) != 1 || m.Conflicts[0].Intensity == nil {
			t.Fatalf("conflicts %+v", m.Conflicts)
		}
		e := *m.Conflicts[0].Intensity
		t.Logf("skips %v: intensity %.2f (%.2f-%.2f) of %d lost", skips, e.Value, e.Low, e.High, e.N)
		if e.Low > 1 || e.High < 1 || e.Value < 0.75 || e.Value > 1.35 {
			t.Errorf("skips %v: intensity %.2f (%.2f-%.2f), made with 1", skips, e.Value, e.Low, e.High)
		}
		var off, n float64
		for i, c := range []*world{
			shop(1, 0.5, 0.8, 300, skips), shop(3, 1.2, 0.8, 400, skips), shop(4, 1.4, 0.8, 400, skips), shop(4, 0.8, 1.4, 300, skips), shop(3, 1, 0.3, 600, skips),
		} {
			run := c.run(uint64(10 + i))
			for _, class := range []string{"order.confirm", "order.ship", "receive.validate"} {
				measured, foretold, lost := lostShare(t, run, m, class)
				t.Logf("%d workers, popularity %.1f: %-16s lost %.3f (%.0f), foretold %.3f", c.topology.Web.Workers, c.exponent, class, measured, lost, foretold)
				if c.topology.Web.Workers == 1 && foretold != 0 {
					t.Errorf("%s: one worker has no rival, and %.3f is foretold", class, foretold)
				}
				if lost < 20 {
					continue // too few to hold anything against
				}
				d := math.Abs(foretold/measured - 1)
				off, n = off+d, n+1
				// Chance moves what was measured by 1/sqrt(lost), and more with its bursts.
				if d > 0.3+3/math.Sqrt(lost) {
					t.Errorf("%d workers, popularity %.1f: %s lost %.3f of %.0f, foretold %.3f", c.topology.Web.Workers, c.exponent, class, measured, lost, foretold)
				}
			}
		}
		t.Logf("skips %v: mean error %.2f over %.0f", skips, off/n, n)
		if n < 4 || off/n > 0.2 {
			t.Errorf("skips %v: mean error %.2f over %.0f shares", skips, off/n, n)
		}
	}
}
