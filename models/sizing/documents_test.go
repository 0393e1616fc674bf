package sizing

import (
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
)

// wanted gives a schedule a catalogue, documents and sites.
func wanted(l Load) Load {
	l.Header.Catalogue = headroom.Catalogue{Products: 200, Popularity: 0.8}
	l.Header.Sites = []headroom.ScheduledSite{{Name: "a", Database: "one"}, {Name: "b", Database: "one"}, {Name: "c", Database: "two"}}
	for i := range l.Header.Processes {
		l.Header.Processes[i].Lines = headroom.Lines{Mean: 4, Max: 12}
	}
	return l
}

// A replay's documents are the arrivals' own; sites of one database share a catalogue.
func TestReplayHasDocuments(t *testing.T) {
	l, _ := schedule(2, 10, 0.2)(1)
	l = wanted(l)
	for i := range l.Arrivals {
		l.Arrivals[i].Site = uint16(i % 3)
	}
	got := l.Replay(System(model(), topology("s", 3, 1, 1)))
	if got.Products.Len() != 200 || got.Products.Weight(0) != headroom.NewPopularity(200, 0.8).Weight(0) || got.Catalogues != 2 || len(got.Journeys) != len(l.Arrivals) {
		t.Fatalf("%d products, %d catalogues, %d journeys", got.Products.Len(), got.Catalogues, len(got.Journeys))
	}
	law := headroom.NewPopularity(200, 0.8)
	for i, a := range l.Arrivals {
		want := a.Document(headroom.Lines{Mean: 4, Max: 12}, law)
		if len(want) != len(got.Journeys[i].Document.Products) || got.Journeys[i].Document.Quantities != headroom.Quantities(want) || got.Journeys[i].Catalogue != i%3/2 {
			t.Fatalf("journey %d: %+v, want %+v", i, got.Journeys[i], want)
		}
		for n, line := range want {
			if int(got.Journeys[i].Document.Products[n]) != line.Product {
				t.Fatalf("journey %d: %v, want %+v", i, got.Journeys[i].Document, want)
			}
		}
	}
	l.Header.Catalogue.Products = 0
	if got := l.Replay(System(model(), topology("s", 3, 1, 1))); got.Products.Len() != 0 || got.Journeys[0].Document.Products != nil {
		t.Errorf("no catalogue: %d products, document %v", got.Products.Len(), got.Journeys[0].Document)
	}
}

// More intensity loses more, in forecasts too, and doubt in it widens them.
func TestIntensityMovesForecasts(t *testing.T) {
	forecast := func(intensity, doubt float64) headroom.ProcessForecast {
		m := withConflicts(model(), 200)
		for _, i := range []int{1, 3} {
			rule := *m.Classes[i].Rule
			rule.Documents, rule.Popularity, rule.Intensity = true, 0.8, intensity
			m.Classes[i].Rule = &rule
		}
		e := known(intensity, doubt)
		m.Conflicts[0] = headroom.ConflictModel{Group: "quant", Intensity: &e}
		load := func(scale float64) (Load, error) {
			l, err := schedule(2, 10, 0.2)(scale)
			return wanted(l), err
		}
		return forecastOf(t, m, topology("big", 8, 2, 1), load, nil).Processes[0]
	}
	last := -1.0
	for _, x := range []float64{0.1, 0.5, 1, 2} {
		share := forecast(x, 0).RetryShare.Value
		if share <= last {
			t.Errorf("intensity %g: retry share %.4f after %.4f", x, share, last)
		}
		last = share
	}
	sure, unsure := forecast(1, 0).RetryShare, forecast(1, 0.7).RetryShare
	if unsure.High-unsure.Low < 1.2*(sure.High-sure.Low) {
		t.Errorf("retry share %+v when sure, %+v when not", sure, unsure)
	}
}

// A draw's intensity stays within what a system may have.
func TestDrawnIntensityIsValid(t *testing.T) {
	m := withConflicts(model(), 200)
	rule := *m.Classes[1].Rule
	rule.Documents, rule.Intensity = true, 90
	m.Classes[1].Rule = &rule
	e := headroom.Estimate{Value: 90, Low: 1, High: 1000}
	m.Conflicts[0] = headroom.ConflictModel{Group: "quant", Intensity: &e}
	r := rand.New(rand.NewPCG(1, 1))
	for n := range 50 {
		d := drawn(m, r.Uint64(), n)
		if err := System(d, topology("s", 3, 1, 1)).Check(); err != nil {
			t.Fatal(err)
		}
	}
	if rule.Intensity != 90 || m.Classes[1].Rule.Intensity != 90 {
		t.Error("the model itself was changed")
	}
}
