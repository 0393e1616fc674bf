package sim

import (
	"errors"
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// passedOn is two makers a second apart and two takers behind them, each of one
// request of 0.5 s.
func passedOn() (headroom.System, Load) {
	s := headroom.System{Stations: []headroom.Station{{Name: "cpu", Servers: 4}},
		Classes:  []headroom.Class{{Name: "c", Pool: headroom.NoPool, Demand: map[string]float64{"cpu": 0.5}, SCV: map[string]float64{"cpu": 0}}},
		Journeys: []headroom.SystemJourney{{Name: "make", Makes: "x", Steps: []headroom.SystemStep{{Class: "c"}}}, {Name: "pass", Takes: "x", Makes: "y", Steps: []headroom.SystemStep{{Class: "c"}}}, {Name: "end", Takes: "y", Steps: []headroom.SystemStep{{Class: "c"}}}}}
	at := func(t float64, journey int) Timed {
		return Timed{At: t, Journey: journey, Lane: -1, Seed: uint64(10 * t)}
	}
	return s, Load{Journeys: []Timed{at(0, 0), at(1, 0), at(2, 1), at(3, 1), at(4, 2), at(5, 2), at(6, 2)}}
}

// A document keeps its number from hand to hand.
func TestDocumentsAreNumbered(t *testing.T) {
	s, l := passedOn()
	r, err := Run(s, l, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int32{1, 2, 1, 2, 1, 2, 0} {
		if got := r.Responses[i]; got.Document != want || got.Nothing != (i == 6) {
			t.Errorf("journey %d: %+v, want document %d", i, got, want)
		}
	}
	l.Stock = []Stock{{Kind: "x", Documents: []Document{{}}}}
	if r, err = Run(s, l, Options{Seed: 1}); err != nil || r.Responses[2].Document != 0 || r.Responses[3].Document != 1 {
		t.Errorf("%v: what lay there is taken first, and has no number: %+v", err, r.Responses)
	}
}

// Bins add up to what a station was busy, and Each is told of every request.
func TestBinsAndEach(t *testing.T) {
	s, l := passedOn()
	var seen []Request
	r, err := Run(s, l, Options{Seed: 1, Duration: 10, Grain: 0.3, Each: func(x Request) { seen = append(seen, x) }})
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for i, b := range r.Stations[0].Bins {
		// Each whole second up to the sixth begins half a second of work.
		from, to, want := 0.3*float64(i), 0.3*float64(i+1), 0.0
		for k := range 7 {
			want += max(0, min(to, float64(k)+0.5)-max(from, float64(k)))
		}
		if math.Abs(b-want) > 1e-9 {
			t.Errorf("bin %d: %g, want %g", i, b, want)
		}
		sum += b
	}
	if math.Abs(sum-r.Stations[0].BusySeconds) > 1e-9 || math.Abs(sum-3.5) > 1e-9 {
		t.Errorf("bins %g, busy %g", sum, r.Stations[0].BusySeconds)
	}
	if len(seen) != 7 {
		t.Fatalf("%d requests of 7", len(seen))
	}
	for i, x := range seen {
		if x.Replay != i || x.Operator != -1 || x.Start != float64(i) || math.Abs(x.End-x.Start-0.5) > 1e-12 || x.Tries != 1 || x.Failed || x.Waited != 0 {
			t.Errorf("%+v", x)
		}
	}
}

// Work that ends long after what is looked at takes no memory.
func TestBinsEndWithWhatIsMeasured(t *testing.T) {
	s, l := passedOn()
	s.Stations[0].Servers = 1e-12
	r, err := Run(s, l, Options{Seed: 1, Duration: 10, Grain: 1})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Stations[0].Bins); n < 10 || n > 11 || r.End < 1e12 || math.Abs(r.Stations[0].Bins[9]-1e-12) > 1e-18 {
		t.Errorf("%d bins %g of a run that ends at %g s", n, r.Stations[0].Bins, r.End)
	}
}

func TestOverloadIsTold(t *testing.T) {
	s, l := passedOn()
	if _, err := Run(s, l, Options{Seed: 1, MaxEvents: 5}); !errors.Is(err, ErrOverload) {
		t.Errorf("%v", err)
	}
}
