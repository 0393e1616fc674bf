package sizing

import (
	"slices"
	"strings"
	"testing"
)

// TestAProcessOfAnotherScenario: a process of the plan's name that did something
// else is said to be so, and journeys that find nothing to do are no quiet zero.
func TestAProcessOfAnotherScenario(t *testing.T) {
	m := model()
	m.Journeys[1].Scenario = "receive"
	m.Journeys[1].Takes = "receive"
	l, err := schedule(1, 3, 0.1)(1)
	if err != nil {
		t.Fatal(err)
	}
	l.Header.Processes[1].Scenario = "buy_and_receive"
	f, err := Forecast(m, topology("t", 3, 2, 2), l, nil, Options{Seed: 1, Replications: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`process "scan" is scenario buy_and_receive in the plan and receive in the model`, `100 % of the journeys of "scan" find no transfer of kind "receive"`} {
		if !slices.ContainsFunc(f.Warnings, func(w string) bool { return strings.Contains(w, want) }) {
			t.Errorf("no %q in %q", want, f.Warnings)
		}
	}
	l.Header.Processes[1].Scenario, m.Journeys[1].Scenario, m.Journeys[1].Takes = "scan", "scan", ""
	if f, err = Forecast(m, topology("t", 3, 2, 2), l, nil, Options{Seed: 1, Replications: 3}); err != nil || len(f.Warnings) > 0 {
		t.Errorf("%v, %q", err, f.Warnings)
	}
}
