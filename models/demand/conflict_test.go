package demand

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// TestPopulation finds the number of hot rows that made the runs, and a model
// that replays them.
func TestPopulation(t *testing.T) {
	held, seeds := 0, 3
	for seed := range uint64(seeds) {
		runs := pilotRuns(seed + 40)
		m, err := Estimate(runs, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Conflicts) != 1 {
			t.Fatalf("conflicts %+v", m.Conflicts)
		}
		c := m.Conflicts[0]
		t.Logf("%+v", c)
		if c.Population.Low <= 150 && 150 <= c.Population.High {
			held++
		}
		if r := c.Population.Value / 150; r < 0.55 || r > 1.8 {
			t.Errorf("seed %d: population %.0f, made with 150", seed, c.Population.Value)
		}
		checkReplay(t, runs, m)
	}
	if held < seeds-1 {
		t.Errorf("the interval held the population in %d of %d", held, seeds)
	}
}

func checkReplay(t *testing.T, runs []headroom.Run, m headroom.Model) {
	t.Helper()
	all, err := Check(runs, m, true, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if len(c.Forecast.Processes) != len(c.Measured.Processes) {
			t.Fatalf("%d processes forecast, %d measured", len(c.Forecast.Processes), len(c.Measured.Processes))
		}
		for i, f := range c.Forecast.Processes {
			g := c.Measured.Processes[i]
			t.Logf("%-6s %-10s n %3d/%3d mean %.3f (%.3f-%.3f) measured %.3f (%.3f-%.3f) %+.0f %%; p95 %.3f measured %.3f %+.0f %%; retry %.3f measured %.3f", c.Topology, f.Process, f.Journeys, g.Journeys,
				f.Mean.Value, f.Mean.Low, f.Mean.High, g.Mean.Value, g.Mean.Low, g.Mean.High, 100*(f.Mean.Value/g.Mean.Value-1),
				f.Percentile["95"].Value, g.Percentile["95"].Value, 100*(f.Percentile["95"].Value/g.Percentile["95"].Value-1), f.RetryShare.Value, g.RetryShare.Value)
			if f.Mean.High < 0.97*g.Mean.Low || f.Mean.Low > 1.03*g.Mean.High {
				t.Errorf("%s on %s: forecast mean %.3f-%.3f and measured %.3f-%.3f do not meet", f.Process, c.Topology, f.Mean.Low, f.Mean.High, g.Mean.Low, g.Mean.High)
			}
		}
		for name, u := range c.Forecast.Utilization {
			if d := math.Abs(u.Value - c.Measured.Utilization[name].Value); d > 0.05 {
				t.Errorf("%s of %s: utilization %.3f, measured %.3f", name, c.Topology, u.Value, c.Measured.Utilization[name].Value)
			}
		}
	}
}

// TestTwoGroups: quants and a journal's numbering, which is a single row, are
// told apart.
func TestTwoGroups(t *testing.T) {
	change := func(w *world) {
		w.more = 1
		w.steps["invoice.find"] = truth{work: [2]float64{0.01, 0.005}, scv: 0.15, calls: 2}
		w.steps["invoice.post"] = truth{work: [2]float64{0.06, 0.04}, scv: 0.15, calls: 10, lines: 1, touch: 0.5, of: 1}
		w.journeys = append(w.journeys, worldJourney{process: "invoice", steps: []string{"find", "post"}, rate: 1})
	}
	m, err := Estimate([]headroom.Run{with(small(), change).run(70), with(large(), change).run(71)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Conflicts) != 2 {
		t.Fatalf("conflicts %+v", m.Conflicts)
	}
	for _, c := range m.Conflicts {
		t.Logf("%+v", c)
		want, most := 150.0, 1.8
		if c.Group == numbering {
			want, most = 1, 2.5
		}
		if r := c.Population.Value / want; r < 1/most || r > most {
			t.Errorf("%s: population %.1f, made with %g", c.Group, c.Population.Value, want)
		}
	}
	for _, c := range m.Classes {
		if c.Name == "invoice.post" && (c.Rule == nil || c.Rule.Group != numbering || math.Abs(c.Rule.At-0.5) > 0.15) {
			t.Errorf("invoice.post: %+v", c.Rule)
		}
	}
}

// TestNoConflicts: where nothing was lost nothing is invented.
func TestNoConflicts(t *testing.T) {
	change := func(w *world) { w.rows = 1 << 20 }
	m, err := Estimate([]headroom.Run{with(small(), change).run(80), with(large(), change).run(81)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range m.Classes {
		if c.Rule != nil || c.RetryShare != nil {
			t.Errorf("%s: %+v", c.Name, c.Rule)
		}
	}
	if len(m.Conflicts) > 0 {
		t.Errorf("%+v", m.Conflicts)
	}
}
