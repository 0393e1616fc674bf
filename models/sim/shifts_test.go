package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// visit is a journey of one request of constant work.
func visit(work float64, workers int) headroom.System {
	return headroom.System{
		Stations: []headroom.Station{{Name: "app", Servers: float64(workers)}},
		Pool:     &headroom.Pool{Name: "web", Servers: workers},
		Classes:  []headroom.Class{{Name: "r", Demand: map[string]float64{"app": work}, SCV: map[string]float64{"app": 0}}},
		Journeys: []headroom.SystemJourney{{Name: "visit", Steps: []headroom.SystemStep{{Class: "r"}}}},
	}
}

// A lone operator's journeys follow from headroom.Arrival alone: the next one
// begins after the answer and its journey's pause, none at or after Until.
func TestAShiftIsTheReplayedOne(t *testing.T) {
	process := headroom.ScheduledProcess{ThinkTime: 7, ThinkSCV: 0.5}
	shift := headroom.Arrival{ID: 3, Kind: headroom.Closed, Seed: 99, At: 20 * time.Second, Until: 500 * time.Second}
	r, err := Run(visit(2, 1), Load{Operators: []Operator{{From: 20, Until: 500, Think: 7, ThinkSCV: 0.5, Seed: 99}}}, Options{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	at, n := 20.0, 0
	for ; at < 500; n++ {
		if n >= len(r.OperatorJourneys) {
			t.Fatalf("%d journeys, and one more at %g", n, at)
		}
		got := r.OperatorJourneys[n]
		near(t, "begin", got.At, at, 1e-9)
		near(t, "end", got.End, at+2, 1e-9)
		if got.N != n+1 || got.Operator != 0 || got.Failed || got.Nothing {
			t.Errorf("journey %d: %+v", n+1, got)
		}
		at += 2 + shift.Journey(uint32(n+1), 0).Pause(process).Seconds()
	}
	if len(r.OperatorJourneys) != n || n < 20 {
		t.Errorf("%d journeys, want %d", len(r.OperatorJourneys), n)
	}
	if j := r.Journeys[0]; j.Count != n {
		t.Errorf("%d journeys counted, want %d", j.Count, n)
	}
}

// An operator's journey is the one that a schedule with its seed and document replays.
func TestAnOperatorsJourneyIsPairedWithItsReplay(t *testing.T) {
	s := hotDocuments(1.3, 0.9)
	law := headroom.NewPopularity(100, 1.1)
	lines := headroom.Lines{Mean: 4, Max: 20}
	o := Operator{From: 1, Until: 2000, Think: 20, ThinkSCV: 1, Seed: 7, Lines: lines, Law: &law, Catalogue: 1}
	l := Load{Products: headroom.NewPopularity(100, 0.5), Catalogues: 2, Operators: []Operator{o}}
	a, err := Run(s, l, Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	replayed := l
	replayed.Operators = nil
	for _, j := range a.OperatorJourneys {
		arrival := headroom.Arrival{Seed: o.Seed}.Journey(uint32(j.N), 0)
		timed := Timed{At: j.At, Lane: -1, Seed: arrival.Seed, Catalogue: 1}
		for _, line := range arrival.Document(lines, law) {
			timed.Document.Products = append(timed.Document.Products, int32(line.Product))
		}
		replayed.Journeys = append(replayed.Journeys, timed)
	}
	b, err := Run(s, replayed, Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i, j := range a.OperatorJourneys {
		near(t, "response", b.Responses[i].Seconds, j.End-j.At, 1e-9)
	}
	if len(a.OperatorJourneys) < 30 {
		t.Errorf("%d journeys", len(a.OperatorJourneys))
	}
}

// Operators without end are a closed population: the machine repairman, whose
// throughput depends on the mean of the think time alone.
func TestOperatorsAreTheMachineRepairman(t *testing.T) {
	const n, think, service = 10, 8.0, 1.0
	sum, term := 1.0, 1.0
	for k := range n {
		term *= float64(n-k) * service / think
		sum += term
	}
	x := (1 - 1/sum) / service
	s := visit(1, 1)
	s.Classes[0].SCV = nil
	var l Load
	for i := range n {
		l.Operators = append(l.Operators, Operator{Until: 1e5, Think: think, ThinkSCV: 0.7, Seed: uint64(i)})
	}
	r, err := Run(s, l, Options{Seed: 5, Warmup: 1e3, Duration: 1e5, Replications: 2, Parallel: 2})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "throughput", float64(r.Journeys[0].Count)/r.Measured, x, 0.01)
	near(t, "response", mean(t, r.Journeys[0].Response), n/x-think, 0.02)
	if !slices.IsSortedFunc(r.Each[0].OperatorJourneys, func(a, b Ended) int { return int(max(-1, min(1, 1e9*(a.End-b.End)))) }) {
		t.Error("journeys are not in the order of their ends")
	}
}

// hotDocuments is the typical system without load of its own, whose later
// steps touch their documents' rows.
func hotDocuments(intensity, lineShare float64) headroom.System {
	s := hot(0, 100, 4)
	for i := range s.Classes {
		s.Classes[i].LineShare, s.Classes[i].Lines = lineShare, 4
		if r := s.Classes[i].Conflict; r != nil {
			r.Documents, r.Intensity = true, intensity
		}
	}
	return s
}
