package demand

import (
	"math"
	"slices"
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

// TestNoConflicts: where nothing was lost the rows may be so hot and no hotter.
func TestNoConflicts(t *testing.T) {
	change := func(w *world) { w.rows = 1 << 20 }
	m, err := Estimate([]headroom.Run{with(small(), change).run(80), with(large(), change).run(81)}, Options{Simulations: 4})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Conflicts) != 1 || !warned(m, "bound on one side") {
		t.Fatalf("conflicts %+v, warnings %q", m.Conflicts, m.Warnings)
	}
	if e := m.Conflicts[0].Population; e.Identified || e.N != 0 || !(e.Low > 200) || !(e.Value > 2*e.Low) || e.High != mostRows {
		t.Errorf("population %+v", e)
	}
	touch := 0
	for _, c := range m.Classes {
		if c.Rule == nil {
			continue
		}
		touch++
		if s := c.RetryShare; s == nil || s.Value != 0 || s.Low > 1e-9 || !(s.High > 0) {
			t.Errorf("%s: retry share %+v", c.Name, s)
		}
	}
	if touch != 4 {
		t.Errorf("%d classes have a rule", touch)
	}
}

// TestHiddenConflicts: a log that hides conflicts says nothing of them. With
// documents there is what Odoo does with their rows, else nothing; and a run that
// shows them speaks for itself alone.
func TestHiddenConflicts(t *testing.T) {
	hide := func(r *fakeRun) *fakeRun {
		for i := range r.server {
			q := &r.server[i]
			q.Tries, q.Sleep = 1, 0
		}
		r.samples = append(r.samples, headroom.Sample{T: 65, Probe: "odoo_log", Subject: "log", Metric: "conflicts_shown", Value: 0})
		return r
	}
	m, err := Estimate([]headroom.Run{hide(small().run(40))}, Options{Simulations: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Conflicts) != 0 || !warned(m, "not to say that there are none") {
		t.Errorf("conflicts %+v, warnings %q", m.Conflicts, m.Warnings)
	}
	m, err = Estimate([]headroom.Run{hide(with(small(), documented).run(90))}, Options{Simulations: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Conflicts) != 1 || m.Conflicts[0].Intensity == nil || len(m.Conflicts[0].Measured) != 0 || !warned(m, "hides them") {
		t.Fatalf("conflicts %+v, warnings %q", m.Conflicts, m.Warnings)
	}
	if e := *m.Conflicts[0].Intensity; e.Value != 1 || e.N != 0 || e.Identified || e.Low > 0.65 || e.High < 1.5 {
		t.Errorf("intensity %+v", e)
	}
	for _, c := range m.Classes {
		if c.RetryShare != nil {
			t.Errorf("%s: retry share %+v of a log that hides retries", c.Name, *c.RetryShare)
		}
	}
	shown := with(large(), documented).run(95)
	m, err = Estimate([]headroom.Run{hide(with(small(), documented).run(90)), shown}, Options{Simulations: 2})
	if err != nil {
		t.Fatal(err)
	}
	lost := 0
	for _, q := range shown.server {
		lost += q.Tries - 1
	}
	if e := *m.Conflicts[0].Intensity; e.N != lost || lost == 0 {
		t.Errorf("%d lost tries, %d were shown", e.N, lost)
	}
}

// documented is the pilot with documents of a catalogue whose first products
// are in many of them.
func documented(w *world) {
	w.kept, w.rows, w.exponent = true, 400, 0.8
}

// TestIntensity: a world whose transactions touch the very rows of their
// documents has intensity 1.
func TestIntensity(t *testing.T) {
	held, seeds := 0, 3
	for seed := range uint64(seeds) {
		runs := []headroom.Run{with(small(), documented).run(seed + 90), with(large(), documented).run(seed + 95)}
		m, err := Estimate(runs, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Conflicts) != 1 || m.Conflicts[0].Intensity == nil || m.Conflicts[0].Population.Value != 0 {
			t.Fatalf("conflicts %+v", m.Conflicts)
		}
		e := *m.Conflicts[0].Intensity
		t.Logf("%+v of %d lost", e, e.N)
		if e.Low <= 1 && 1 <= e.High {
			held++
		}
		if !e.Identified || e.Value < 0.7 || e.Value > 1.4 {
			t.Errorf("seed %d: intensity %.2f, made with 1", seed, e.Value)
		}
		for _, c := range m.Classes {
			if c.Rule != nil && (!c.Rule.Documents || c.Rule.Population != 400 || c.Rule.Popularity != 0.8 || c.Rule.Intensity != e.Value) {
				t.Errorf("%s: %+v", c.Name, c.Rule)
			}
		}
		checkReplay(t, runs, m)
	}
	if held < seeds-1 {
		t.Errorf("the interval held the intensity in %d of %d", held, seeds)
	}
}

// TestWithoutSchedule: a run that kept no schedule is fitted with equally hot
// rows, and one that knows only a part of its journeys, too; both are said.
func TestWithoutSchedule(t *testing.T) {
	for name, change := range map[string]func(*fakeRun){
		"no schedule":             func(r *fakeRun) { r.schedule = nil },
		"are not in its schedule": func(r *fakeRun) { r.schedule = r.schedule[10:] },
		"1 of ":                   func(r *fakeRun) { r.schedule[3].Process++ },
	} {
		r, other := with(small(), documented).run(90), with(large(), documented).run(95)
		change(r)
		m, err := Estimate([]headroom.Run{r, other}, Options{Simulations: 2})
		if err != nil {
			t.Fatal(err)
		}
		if !warned(m, name) || !warned(m, "equally hot") {
			t.Errorf("%s: warnings %q", name, m.Warnings)
		}
		if len(m.Conflicts) != 1 || m.Conflicts[0].Intensity != nil || !(m.Conflicts[0].Population.Value > 1) {
			t.Errorf("%s: conflicts %+v", name, m.Conflicts)
		}
	}
}

// TestFewLost: one lost try says that the rows are hot, and hardly how hot.
func TestFewLost(t *testing.T) {
	lose := func(r *fakeRun, process string, lines, lost int) {
		for i := range lines {
			a := uint64(1<<32 + i)
			at := 6 + 50*float64(i)/float64(lines)
			r.journeys = append(r.journeys, headroom.Journey{Arrival: a, Process: process, Site: "hub", Scheduled: at, Start: at, End: at + 0.02, Outcome: headroom.OK, Lines: 1})
			r.requests = append(r.requests, headroom.Request{Arrival: a, N: 1, Site: "hub", Process: process, Step: "post", Protocol: "http", Start: at, End: at + 0.02, Outcome: headroom.OK})
			s := headroom.ServerRequest{End: at + 0.019, PID: 1, Arrival: a, N: 1, Status: 200, Queries: 3, SQL: 0.006, Other: 0.01, Tries: 1}
			if i < lost {
				s.Tries = 2
			}
			r.server = append(r.server, s)
		}
	}
	for _, lines := range []int{100, 12} {
		r := with(small(), func(w *world) { w.rows = 1 << 20 }).run(5)
		lose(r, "webhook", lines, 1)
		m, err := Estimate([]headroom.Run{r}, Options{Simulations: 2})
		if err != nil {
			t.Fatal(err)
		}
		rule := m.Classes[slices.IndexFunc(m.Classes, func(c headroom.ClassModel) bool { return c.Name == "webhook.post" })].Rule
		if rule == nil || rule.Group != partners || len(m.Conflicts) != 2 {
			t.Fatalf("1 of %d lost: rule %+v, conflicts %+v", lines, rule, m.Conflicts)
		}
		if e := m.Conflicts[1].Population; e.Identified || e.N != 1 || e.High < 3*e.Low {
			t.Errorf("1 of %d lost: population %+v", lines, e)
		}
		if !warned(m, "rough") {
			t.Errorf("1 of %d lost: warnings %q", lines, m.Warnings)
		}
	}
}
