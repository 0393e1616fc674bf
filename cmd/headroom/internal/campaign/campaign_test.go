package campaign

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/design"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

var playersOfTest = map[string]calendar.Player{"order_entry": {Engine: "k6"}, "pick": {Engine: "k6"}, "scan": {Engine: "k6"}, "receive": {Engine: "k6"}}

func plan() headroom.Plan {
	shift := headroom.Shift{From: "06:00", To: "14:00", Operators: 5}
	return headroom.Plan{
		Headroom: 1, Name: "hub", Sites: []headroom.Site{{Name: "hub", TimeZone: "Europe/Berlin", Users: 10}},
		Catalogue: headroom.Catalogue{Products: 100, Popularity: 0.8, OpenOrders: 200, OpenReceipts: 200, Partners: 5},
		Processes: []headroom.Process{
			{Name: "order", Scenario: "order_entry", PerHour: 60, Open: &headroom.Hours{From: "08:00", To: "09:00"}, Lines: headroom.Lines{Mean: 2.5, Max: 8}},
			{Name: "pick", Scenario: "pick", ThinkTime: 60, Shifts: []headroom.Shift{shift}},
			{Name: "receive", Scenario: "receive", ThinkTime: 60, Shifts: []headroom.Shift{shift}},
			{Name: "scan", Scenario: "scan"},
		},
		Peaks:  []headroom.Peak{{Name: "cutoff", From: "15:00", To: "17:00", PerHour: map[string]float64{"scan": 7200}}},
		Events: []headroom.Event{{At: "16:00", What: "carrier_down"}}, Growth: &headroom.Growth{PerYear: 9, Since: "2020-01-01"}, DayVariation: 0.5,
		Objectives: []headroom.Objective{
			{Process: "order", Percentile: 95, Within: 3}, {Process: "scan", Percentile: 95, Within: 1}, {Process: "order", Percentile: 95, Within: 2, Peak: "cutoff"},
		},
	}
}

func combination() Combination {
	return Combination{Name: "c", Topology: topology(2, 1, 0.5), PerHour: map[string]float64{"order": 1800}, Operators: map[string]int{"pick": 3},
		ThinkTime: map[string]float64{"pick": 2}, Seconds: 100, LeadIn: 20, Seed: 7}
}

// A variant has its combination's load at all times, and nothing else happens.
func TestVariantIsTheCombinationsLoadAlone(t *testing.T) {
	hot := 1.5
	c := combination()
	c.Popularity = &hot
	v, err := c.Variant(plan())
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Schedule(v, 1, playersOfTest)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for a, err := range s.Arrivals() {
		if err != nil {
			t.Fatal(err)
		}
		counts[s.Header().Processes[a.Process].Name]++
	}
	// 60 orders are expected in 120 s, with a standard deviation of 7.7.
	if counts["pick"] != 3 || counts["order"] < 35 || counts["order"] > 85 || len(counts) != 2 {
		t.Errorf("arrivals %v, want 3 operators and about 60 orders", counts)
	}
	if h := s.Header(); h.LeadIn != 20 || h.Window != 100 || h.Seed != 7 || *h.Processes[0].Popularity != hot || h.Processes[1].ThinkTime != 2 {
		t.Errorf("header %+v", h)
	}
	if len(v.Objectives) != 1 || v.Objectives[0].Within != 3 {
		t.Errorf("objectives %+v, want the one that holds at any time, of a process with a load", v.Objectives)
	}
	if plan := plan(); plan.Processes[1].Shifts[0].Operators != 5 || len(v.Topologies) != 1 {
		t.Error("the plan itself was changed")
	}
	want := []headroom.ProofLoad{{Process: "order", PerHour: 1800}, {Process: "pick", Operators: 3}}
	if got := c.Load(plan()); !slices.Equal(got, want) {
		t.Errorf("load %+v", got)
	}
	if got := Offered(v); !slices.Equal(got, want) {
		t.Errorf("the variant offers %+v", got)
	}
}

// What will be too little to be scored is known beforehand.
func TestPlannedJourneys(t *testing.T) {
	c := combination()
	v, err := c.Variant(plan())
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Planned(v, playersOfTest)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Schedule(v, 1, playersOfTest)
	if err != nil {
		t.Fatal(err)
	}
	orders := 0
	for a := range s.Arrivals() {
		if a.Kind != headroom.Closed && a.At.Seconds() >= 20 {
			orders++
		}
	}
	// Three operators who pause for 2 s on the mean, in 100 s.
	if len(got) != 2 || got["order"] != orders || orders < 25 || got["pick"] != 150 {
		t.Errorf("planned %v, want %d orders and at most 150 picks", got, orders)
	}
	c.PerHour["order"] = math.Inf(1)
	if v, err = c.Variant(plan()); err == nil {
		_, err = c.Planned(v, playersOfTest)
	}
	var in *headroom.InputError
	if !errors.As(err, &in) {
		t.Errorf("an endless rate: %v", err)
	}
}

func TestCombinationsThatCannotBe(t *testing.T) {
	for want, change := range map[string]func(*Combination){
		`plan hub has no process "ship"`:        func(c *Combination) { c.PerHour = map[string]float64{"ship": 1} },
		"-1 arrivals of order":                  func(c *Combination) { c.PerHour = map[string]float64{"order": -1} },
		"-2 operators of pick":                  func(c *Combination) { c.Operators = map[string]int{"pick": -2} },
		"it has no load":                        func(c *Combination) { c.PerHour, c.Operators = nil, nil },
		"a window of 0 s after a lead-in of 20": func(c *Combination) { c.Seconds = 0 },
		"combination c: it has no load":         func(c *Combination) { c.PerHour["order"], c.Operators = 0, nil },
		"a pause of 0 s":                        func(c *Combination) { c.ThinkTime["pick"] = 0 },
		"a pause of NaN s":                      func(c *Combination) { c.ThinkTime["pick"] = math.NaN() },
		"a popularity of -1":                    func(c *Combination) { c.Popularity = new(-1.0) },
		"windows of -5 s":                       func(c *Combination) { c.CapacitySeconds = -5 },
	} {
		c := combination()
		change(&c)
		var in *headroom.InputError
		if _, err := c.Variant(plan()); !errors.As(err, &in) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

const book = `
headroom: 1
defaults: {workers: 2, app_cores: 1, database_cores: 0.5, seconds: 60, lead_in: 5}
combinations:
  - {name: c1, role: calibrate, per_hour: {order: 100}, seed: 4}
  - {name: p1, workers: 4, app_cores: 1.5, operators: {pick: 2}, think_time: {pick: 3}, popularity: 1.2, lead_in: 0, capacity_seconds: 90}
`

func TestParse(t *testing.T) {
	b, err := Parse([]byte(book), "book.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Calibration) != 1 || len(b.Proofs) != 1 || len(b.All()) != 2 {
		t.Fatalf("%+v", b)
	}
	c, p := b.Calibration[0], b.Proofs[0]
	if c.Topology.Name != "w2-a1-d0.5" || c.Seconds != 60 || c.LeadIn != 5 || c.Seed != 4 || c.PerHour["order"] != 100 {
		t.Errorf("%+v", c)
	}
	if p.Topology.Name != "w4-a1.5-d0.5" || p.Topology.Web.Workers != 4 || p.LeadIn != 0 || p.Seed != 1 || *p.Popularity != 1.2 || p.CapacitySeconds != 90 || p.ThinkTime["pick"] != 3 {
		t.Errorf("%+v", p)
	}
}

func TestParseRefuses(t *testing.T) {
	entry := func(s string) string {
		return "headroom: 1\ndefaults: {workers: 1, app_cores: 1, database_cores: 1}\ncombinations:\n  - " + s + "\n"
	}
	for text, want := range map[string]string{
		"":                                "it is empty",
		"headroom: 1\nfoo: 2":             "field foo not found",
		"headroom: 2":                     "version 2 of the language",
		"headroom: 1":                     "it has no combinations",
		entry("{name: A}"):                "combination 1 (A): a name is of small letters",
		entry("{name: ../x}"):             "a name is of small letters",
		entry("{name: a, role: b}"):       `there is no role "b"`,
		entry("{name: a, workers: -1}"):   "-1 workers, app_cores 1 and database_cores 1 are no topology",
		entry("{name: a}\n  - {name: a}"): "combination 2 (a): there is another of this name",
		"headroom: 1\ncalibration: {workers: 2}\n" + entry("{name: a}")[len("headroom: 1\n"):]:                                                   "calibration: wants workers",
		"headroom: 1\ncalibration: {workers: 2, app_cores: 1, database_cores: 1}\n" + entry("{name: a, role: calibrate}")[len("headroom: 1\n"):]: "write one of both",
	} {
		var in *headroom.InputError
		if _, err := Parse([]byte(text), "book.yaml"); !errors.As(err, &in) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "book.yaml") {
			t.Errorf("%q gives %v, want %q", text, err, want)
		}
	}
}

// measuring is a campaign whose runs are made by f.
func measuring(t *testing.T, f func(folder string, info headroom.RunInfo) error) (*Campaign, *int) {
	t.Helper()
	ran := 0
	c := &Campaign{Plan: plan(), Players: playersOfTest, Workspace: t.TempDir(), Say: t.Logf}
	c.Run = func(_ context.Context, variant headroom.Plan, topology headroom.Topology, s headroom.Schedule, name string) error {
		ran++
		return f(c.Folder(name), headroom.RunInfo{ID: name, Plan: variant, Topology: topology, Schedule: s.Header()})
	}
	return c, &ran
}

func bundle(folder string, info headroom.RunInfo, complete bool) error {
	b, err := results.Create(folder, info)
	if err != nil {
		return err
	}
	part, err := results.OpenPart(b.PartPath("test"), "test")
	if err != nil {
		return err
	}
	return errors.Join(part.Close(), b.Finish(complete, "because"))
}

// What was measured is kept; what did not come to its end is set aside, and
// measured again.
func TestACampaignGoesOn(t *testing.T) {
	complete := false
	c, ran := measuring(t, func(folder string, info headroom.RunInfo) error { return bundle(folder, info, complete) })
	measure := func(wantRan int, wantDone bool) {
		t.Helper()
		if _, err := c.Measure(t.Context(), combination(), 1); err != nil {
			t.Fatal(err)
		}
		if done, err := c.Done(combination(), 1); *ran != wantRan || done != wantDone || err != nil {
			t.Errorf("ran %d times, done %v, %v; want %d, %v", *ran, done, err, wantRan, wantDone)
		}
	}
	measure(1, false)
	measure(2, false)
	complete = true
	measure(3, true)
	measure(3, true)
	for _, name := range []string{"c-1", "c-2"} {
		if _, err := os.Stat(filepath.Join(c.Workspace, "unfinished", name, "run.json")); err != nil {
			t.Errorf("what was not finished is gone: %v", err)
		}
	}
}

// A run that was disturbed is set aside and made again, and the last try is kept,
// whatever it was.
func TestADisturbedRunIsMadeAgain(t *testing.T) {
	for _, x := range []struct{ disturbed, runs, aside int }{{0, 1, 0}, {1, 2, 1}, {9, mostTries, mostTries - 1}} {
		runs, judged := 0, 0
		c := &Campaign{Plan: plan(), Players: playersOfTest, Workspace: t.TempDir(), Say: t.Logf}
		c.Run = func(_ context.Context, _ headroom.Plan, _ headroom.Topology, _ headroom.Schedule, name string) error {
			runs++
			return os.MkdirAll(c.Folder(name), 0o755)
		}
		c.Disturbed = func(folder string) (string, error) {
			if judged++; folder != c.Folder("c") || judged > x.disturbed {
				return "", nil
			}
			return "somebody built something", nil
		}
		folder, err := c.Measure(context.Background(), combination(), 1)
		if err != nil || folder != c.Folder("c") || runs != x.runs {
			t.Errorf("%d disturbed: %s after %d runs, %v; want %d", x.disturbed, folder, runs, err, x.runs)
		}
		if _, err := os.Stat(folder); err != nil {
			t.Error(err)
		}
		if aside, _ := filepath.Glob(filepath.Join(c.Workspace, "unfinished", "c-*")); len(aside) != x.aside {
			t.Errorf("%d disturbed: set aside %v, want %d", x.disturbed, aside, x.aside)
		}
	}
	broken := errors.New("cannot be read")
	c := &Campaign{Plan: plan(), Players: playersOfTest, Workspace: t.TempDir(), Say: t.Logf,
		Run:       func(context.Context, headroom.Plan, headroom.Topology, headroom.Schedule, string) error { return nil },
		Disturbed: func(string) (string, error) { return "", broken }}
	if _, err := c.Measure(context.Background(), combination(), 1); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// A run is never taken for one of another load, topology, seed or scale that
// happens to have its name.
func TestARunIsOfItsCombinationAlone(t *testing.T) {
	c, ran := measuring(t, func(folder string, info headroom.RunInfo) error { return bundle(folder, info, true) })
	if _, err := c.Measure(t.Context(), combination(), 1); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*Combination){
		"rate":       func(k *Combination) { k.PerHour = map[string]float64{"order": 1801} },
		"topology":   func(k *Combination) { k.Topology = topology(3, 1, 0.5) },
		"seed":       func(k *Combination) { k.Seed++ },
		"window":     func(k *Combination) { k.Seconds++ },
		"pause":      func(k *Combination) { k.ThinkTime = map[string]float64{"pick": 3} },
		"popularity": func(k *Combination) { k.Popularity = new(1.1) },
	} {
		k := combination()
		change(&k)
		var in *headroom.InputError
		if _, err := c.Measure(t.Context(), k, 1); !errors.As(err, &in) || !strings.Contains(err.Error(), "was run with another load") {
			t.Errorf("another %s: %v", what, err)
		}
	}
	if _, err := c.Done(combination(), 1.5); err == nil {
		t.Error("a run at another scale is taken for it")
	}
	c.Plan.Objectives = nil // they judge a run, and do not change it
	if done, err := c.Done(combination(), 1); !done || err != nil || *ran != 1 {
		t.Errorf("done %v, %v, ran %d times", done, err, *ran)
	}
}

func TestASearchesRunIsAtItsScale(t *testing.T) {
	var scale float64
	c, _ := measuring(t, func(folder string, info headroom.RunInfo) error {
		scale = info.Schedule.Scale
		return bundle(folder, info, true)
	})
	if _, err := c.Measure(t.Context(), combination(), 1.25); err != nil || scale != 1.25 {
		t.Errorf("scale %g, %v", scale, err)
	}
}

func experiment(t *testing.T) *Experiment {
	t.Helper()
	e, err := NewExperiment(plan(), topology(2, 1, 0.5), 60, 10)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Every step can be run, keeps the busiest resource at its level or below, and
// takes no more work than there is.
func TestStepsOfAnExperiment(t *testing.T) {
	e := experiment(t)
	steps := e.Steps()
	if len(steps) < 8 {
		t.Fatalf("%d steps", len(steps))
	}
	names := map[string]bool{}
	for _, s := range steps {
		names[s.Combination.Name] = true
		v, err := s.Combination.Variant(plan())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Combination.Schedule(v, 1, playersOfTest); err != nil {
			t.Fatal(err)
		}
		app, db := 0.0, 0.0
		for i, k := range e.Problem.Classes {
			app, db = app+s.Phase.Rates[i]*k.Demand[0], db+s.Phase.Rates[i]*k.Demand[1]
		}
		if app > 0.46 || db > 0.46*0.5 {
			t.Errorf("%s uses %.2f of 1 app core and %.2f of 0.5", s.Combination.Name, app, db)
		}
		if r := s.Phase.Rates[2]; r*70 > 200 {
			t.Errorf("%s receives %.0f of 200 receipts", s.Combination.Name, r*70)
		}
	}
	for _, want := range []string{"mixed-15", "mixed-45", "even-30", "order-40", "pick-20", "receive-40", "scan-40", "hot-30"} {
		if !names[want] {
			t.Errorf("no step %s among %v", want, names)
		}
	}
	if _, err := e.Problem.Choose([]design.Phase{steps[0].Phase}, nil, 1000, design.A); err != nil {
		t.Error(err)
	}
}

func TestAnExperimentWithoutWorkHasNoPicks(t *testing.T) {
	p := plan()
	p.Catalogue.OpenOrders, p.Catalogue.OpenReceipts = 0, 0
	e, err := NewExperiment(p, topology(2, 1, 0.5), 60, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range e.Steps() {
		if strings.HasPrefix(s.Combination.Name, "receive") {
			t.Errorf("%s has nothing to receive", s.Combination.Name)
		}
	}
	p.Processes, p.Peaks = p.Processes[3:], nil
	if _, err := NewExperiment(p, topology(2, 1, 0.5), 60, 10); err == nil {
		t.Error("an experiment without arrivals")
	}
}

// What a model knows takes the place of the guesses, and loads follow.
func TestAnExperimentLearns(t *testing.T) {
	e := experiment(t)
	est := func(v float64) headroom.Estimate {
		return headroom.Estimate{Value: v, Low: v / 2, High: 2 * v, Identified: true, N: 5}
	}
	m := headroom.Model{
		Classes: []headroom.ClassModel{
			{Name: "scan.a", Demand: map[string]headroom.Estimate{"app": est(0.1), "database": est(0.02)}}, {Name: "scan.b", Demand: map[string]headroom.Estimate{"app": est(0.2), "database": est(0.01)}},
		},
		Journeys: []headroom.JourneyModel{{Process: "scan", Steps: []string{"scan.a", "scan.b"}, Visits: []float64{1, 2}}},
	}
	d, known := JourneyDemand(m, "scan", "app")
	if !known || d.Value != 0.5 || d.Low != 0.25 || d.High != 1 || !d.Identified {
		t.Errorf("%+v, %v", d, known)
	}
	if _, known := JourneyDemand(m, "pick", "app"); known {
		t.Error("a demand of a process that the model does not know")
	}
	before := e.Problem.Classes[1].Demand[0]
	e.Learned(m)
	if got := e.Problem.Classes[3].Demand[0]; got != 0.5 || e.Problem.Classes[1].Demand[0] != before {
		t.Errorf("scan %g, pick %g", got, e.Problem.Classes[1].Demand[0])
	}
	for _, s := range e.Steps() {
		if s.Combination.Name == "scan-40" && (s.Phase.Rates[3] < 0.6 || s.Phase.Rates[3] > 0.81) {
			t.Errorf("%.2f scans a second of 0.5 s take 40 %% of a core", s.Phase.Rates[3])
		}
	}
}
