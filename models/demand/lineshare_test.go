package demand

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// TestLineShare finds the part of the work that goes with a document's lines,
// and does not take the conflicts of long documents for more rows.
func TestLineShare(t *testing.T) {
	const made = 0.6
	for seed := range uint64(2) {
		change := func(w *world) { documented(w); w.perLine = made }
		m, err := Estimate([]headroom.Run{with(small(), change).run(seed + 90), with(large(), change).run(seed + 190)}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var sum, n float64
		for _, c := range m.Classes {
			if !c.Pooled || c.Count < 2*enoughLines {
				continue
			}
			sum += c.LineShare
			n++
			if c.Count >= 100 && (math.Abs(c.LineShare-made) > 0.2 || c.Lines < 4 || c.Lines > 6) {
				t.Errorf("%s: share %.2f of %.2f lines, made with %g of 5", c.Name, c.LineShare, c.Lines, made)
			}
			if c.Count >= 100 && c.Rule == nil && (c.SCV["app"] < 0.05 || c.SCV["app"] > 0.3) {
				t.Errorf("%s: SCV %.3f, made with 0.15 beside the lines", c.Name, c.SCV["app"])
			}
		}
		if mean := sum / n; math.Abs(mean-made) > 0.08 {
			t.Errorf("mean share %.3f of %g classes, made with %g", mean, n, made)
		}
		if x := m.Conflicts[0].Intensity.Value; x < 0.75 || x > 1.3 {
			t.Errorf("intensity %.2f, made with 1", x)
		}
	}
}

// TestNoLineShare: where work does not go with lines hardly a class seems to,
// and without a schedule none is looked for.
func TestNoLineShare(t *testing.T) {
	r := with(large(), documented).run(91)
	shares := func() (n int, most float64) {
		m, err := Estimate([]headroom.Run{r}, Options{Simulations: -1})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range m.Classes {
			if c.LineShare > 0 {
				n++
			}
			most = max(most, c.LineShare)
		}
		return n, most
	}
	if n, most := shares(); n > 3 || most > 0.25 {
		t.Errorf("%d classes have a share, up to %.2f", n, most)
	}
	change := func(w *world) { w.perLine = 0.6 }
	r = with(large(), change).run(91)
	if n, _ := shares(); n > 0 {
		t.Errorf("%d classes have a share without a schedule", n)
	}
}

// What somebody takes has a size that only his requests tell; what is made has lines.
func TestSizes(t *testing.T) {
	s := &survey{scenarios: map[string]string{"evening": "pick", "rounds": "wave", "desk": "order_entry"}}
	r := &run{journeys: []headroom.Journey{{Arrival: 1, Process: "evening", Lines: 1}, {Arrival: 2, Process: "desk", Lines: 4}, {Arrival: 3, Process: "rounds", Lines: 1}}}
	clients := map[key]client{}
	for n, step := range []string{"find", "take", "take", "take", "validate"} {
		clients[key{1, n}] = client{req: headroom.Request{Process: "evening", Step: step}}
		clients[key{3, n}] = client{req: headroom.Request{Process: "rounds", Step: step}}
	}
	got := s.sizes(r, clients)
	for arrival, want := range map[uint64]float64{1: 3, 2: 4, 3: 1} {
		if got[arrival] != want {
			t.Errorf("the journey of arrival %d has size %g, want %g", arrival, got[arrival], want)
		}
	}
}
