package prove

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// What was forecast when it had been measured is shown, and counts for nothing
// but the fit.
func TestLateForecastsAreNotScored(t *testing.T) {
	r := rules(100)
	r.Late = true
	late := headroom.Proof{Late: true, Figures: Figures(forecast(), nil, measure(t, picks()), r)}
	for _, g := range late.Figures {
		want := headroom.AfterMeasurement
		if g.What == headroom.ProofMedian {
			want = headroom.NoTarget
		}
		if g.Scored || g.Why != want {
			t.Errorf("%s: scored %v because %q, want %q", g.What, g.Scored, g.Why, want)
		}
	}
	late.Capacity, late.CapacityWhy = &headroom.CapacityCheck{Forecast: estimate(1, 0.9, 1.1), Measured: estimate(0.8, 0.79, 0.81)}, headroom.AfterMeasurement
	for _, s := range Score([]headroom.Proof{late}) {
		if s.N != 0 || s.Met != nil {
			t.Errorf("scored: %+v", s)
		}
	}
	if list := Failures([]headroom.Proof{late}); len(list) != 0 {
		t.Errorf("failures %q", list)
	}
	got := map[string]headroom.Score{}
	for _, s := range Fit([]headroom.Proof{late}) {
		got[s.What] = s
		if s.Met != nil {
			t.Errorf("a fit has a verdict: %+v", s)
		}
	}
	if mean, capacity := got[headroom.ProofMean], got[headroom.ProofCapacity]; mean.N != 1 || !near(mean.Value, 0.1) || capacity.N != 1 || !near(capacity.Value, 0.25) {
		t.Errorf("fit %+v", got)
	}
	// mean, p95, throughput, retries, capacity: of the p95 and the capacity the
	// intervals do not hold what was measured.
	if c := got[headroom.ProofCoverage]; c.N != 5 || !near(c.Value, 0.6) {
		t.Errorf("coverage of the fit %+v", c)
	}
	r.Late = false
	early := headroom.Proof{Figures: Figures(forecast(), nil, measure(t, picks()), r)}
	if Fit([]headroom.Proof{early}) != nil {
		t.Error("forecasts in time are counted as a fit")
	}
	Void(late.Figures, "its run is not valid")
	late.Invalid, late.Capacity = "the machine was busy", nil
	if Fit([]headroom.Proof{late}) != nil {
		t.Error("a run that shows nothing is counted as a fit")
	}
}

// The target is of confirms. Other retries are shown, and a confirm of which the
// model knows no conflict is a forecast of none.
func TestTheRetriesOfConfirmsAreScored(t *testing.T) {
	r := rules(100)
	r.Confirms = []string{"order.confirm"}
	if g := figure(t, Figures(forecast(), nil, measure(t, picks()), r), headroom.ProofRetries); g.Scored || g.Why != headroom.NoTarget || !near(g.Error, 0.5) {
		t.Errorf("another class: %+v", g)
	}
	silent := forecast()
	silent.Processes[0].Retries = nil
	if g := figure(t, Figures(silent, nil, measure(t, picks()), rules(100)), headroom.ProofRetries); !g.Scored || !near(g.Error, -1) || g.Covered {
		t.Errorf("50 of 500 were retried, and no conflict was known: %+v", g)
	}
}

// A process' confirms are known by its scenario, whatever it is called; which
// scenarios confirm sales orders their scripts say.
func TestConfirmsAreThoseOfTheScripts(t *testing.T) {
	scripts, err := filepath.Glob("../../../../scenarios/scripts/*.js")
	if err != nil || len(scripts) < 10 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	confirms := regexp.MustCompile(`call\("confirm", "sale\.order"`)
	var plan headroom.Plan
	var want []string
	for _, path := range scripts {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		scenario := strings.TrimSuffix(filepath.Base(path), ".js")
		plan.Processes = append(plan.Processes, headroom.Process{Name: "our_" + scenario, Scenario: scenario})
		if confirms.Match(text) {
			want = append(want, "our_"+scenario+".confirm")
		}
	}
	if got := Confirms(plan); !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("confirms %q, the scripts' %q", got, want)
	}
}

// 300 journeys for a p95: 15 lie beyond it.
func TestLeastAtTheEndsOfACapacity(t *testing.T) {
	for percentile, want := range map[float64]int{95: 300, 90: 150, 99: 1500, 50: 30} {
		if got := LeastAtEnds(headroom.Objective{Percentile: percentile}); got != want {
			t.Errorf("p%g: %d journeys, want %d", percentile, got, want)
		}
	}
}

// picks has 550 journeys, one each 2 s, 500 of them in the window.
func TestJourneysOfARun(t *testing.T) {
	f := picks()
	f.journeys[100].Outcome = headroom.NothingToDo // no journey
	f.journeys[101].Outcome = headroom.Fault       // one that counts in an objective
	f.journeys[102].Process = "scan"
	expect := func(what string, want int) {
		t.Helper()
		if n, err := JourneysOf(f, "pick"); err != nil || n != want {
			t.Errorf("%s: %d journeys, %v; want %d", what, n, err, want)
		}
	}
	expect("complete", 498)
	// Broken off at 60.5 s, when 31 had been made: 31 / 60.5 s * 1,000 s.
	f.stopped, f.journeys = true, f.journeys[:31]
	expect("broken off", 512)
	f.journeys = nil
	expect("broken off at once", 0)
}

func TestACapacityThatIsNotScored(t *testing.T) {
	p := headroom.Proof{CapacityWhy: "212 journeys of order in runs/a, and 300 are wanted",
		Capacity: &headroom.CapacityCheck{Forecast: estimate(1, 0.9, 1.1), Measured: estimate(0.5, 0.49, 0.51)}}
	for _, s := range append(Score([]headroom.Proof{p}), Fit([]headroom.Proof{p})...) {
		if s.N != 0 {
			t.Errorf("%+v", s)
		}
	}
}

// A capacity is covered as every other figure is: what was measured lies in the
// forecast's interval; that the intervals touch is not enough.
func TestACapacityIsCoveredByTheForecastsInterval(t *testing.T) {
	for _, c := range []struct {
		measured headroom.Estimate
		covered  float64
	}{{estimate(1.08, 1.04, 1.12), 1}, {estimate(1.12, 1.08, 1.16), 0}} {
		p := headroom.Proof{Capacity: &headroom.CapacityCheck{Forecast: estimate(1, 0.9, 1.1), Measured: c.measured}}
		for _, s := range Score([]headroom.Proof{p}) {
			if s.What == headroom.ProofCoverage && (s.N != 1 || s.Value != c.covered) {
				t.Errorf("measured %g: %+v", c.measured.Value, s)
			}
		}
	}
}

func TestWhatShowsNothingIsNotScored(t *testing.T) {
	list := Figures(forecast(), nil, measure(t, picks()), rules(100))
	Void(list, "the machine was busy")
	for _, g := range list {
		if g.Scored || g.Why != "the machine was busy" {
			t.Errorf("%+v", g)
		}
	}
}

func TestManyFailuresAreCounted(t *testing.T) {
	var p headroom.Proof
	for i := range 12 {
		p.Figures = append(p.Figures, headroom.ProofFigure{Process: fmt.Sprint(i), What: headroom.ProofMean, Error: 1 + float64(i), Scored: true})
	}
	got := Failures([]headroom.Proof{p})
	if len(got) != mostFailures+1 || !strings.Contains(got[0], "11 mean") || got[mostFailures] != "And 4 more figures are beyond their kind's target." {
		t.Errorf("%q", got)
	}
}
