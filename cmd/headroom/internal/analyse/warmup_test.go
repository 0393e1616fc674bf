package analyse

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// steady is a run of 2000 s behind 10 s of lead-in with a Poisson process of an
// order a second, whose times begin 5 s too long and come down within 100 s.
func steady(extra float64) fake {
	f := complete(10, 2000)
	f.info.Schedule.Processes = []headroom.ScheduledProcess{{Name: "order"}}
	f.info.Schedule.Sites = []headroom.ScheduledSite{{Name: "hub"}}
	r := rand.New(rand.NewPCG(5, 5))
	for at := r.ExpFloat64(); at < 2010; at += r.ExpFloat64() {
		f.arrivals = append(f.arrivals, headroom.Arrival{ID: uint64(len(f.arrivals) + 1), At: time.Duration(at * 1e9)})
		f.journeys = append(f.journeys, journey(at, 1+0.2*r.Float64()+extra*math.Exp(-(at-10)/40)))
	}
	return f
}

func TestWarmupIsFound(t *testing.T) {
	r := reportOf(t, steady(5))
	w := r.Warmup
	if w == nil || !w.Found || w.Seconds < 60 || w.Seconds > 400 {
		t.Fatalf("%+v", w)
	}
	if r.Window.From != 10+w.Seconds || r.Window.To != 2010 {
		t.Errorf("window %+v of a warm-up of %g s", r.Window, w.Seconds)
	}
	if mean := r.Processes[0].Mean.Value; math.Abs(mean-1.1) > 0.03 {
		t.Errorf("the mean of what is left is %g, want 1.1", mean)
	}
	if len(w.T) != len(w.Mean) || len(w.T) != len(w.MSER) || len(w.T) < 100 || len(w.T) > maxWarmupPoints || w.T[0] < 10 {
		t.Errorf("%d, %d and %d points", len(w.T), len(w.Mean), len(w.MSER))
	}
	if w := reportOf(t, steady(0)).Warmup; w == nil || !w.Found || w.Seconds > 200 {
		t.Errorf("of a steady run: %+v", w)
	}
	plainJSON(t, r)
}

func TestWarmupOnlyWhereLoadIsSteady(t *testing.T) {
	at := func(kind headroom.Kind, from, until float64) headroom.Arrival {
		return headroom.Arrival{Kind: kind, At: time.Duration(from * 1e9), Until: time.Duration(until * 1e9)}
	}
	for what, change := range map[string]func(*fake){
		"a peak":              func(f *fake) { f.info.Schedule.Spans = []headroom.Span{{Name: "p", From: 2009, To: 2010}} },
		"a batch":             func(f *fake) { f.arrivals = append(f.arrivals, at(headroom.Batched, 500, 0)) },
		"an occasion":         func(f *fake) { f.arrivals = append(f.arrivals, at(headroom.Scheduled, 500, 0)) },
		"a shift that begins": func(f *fake) { f.arrivals = append(f.arrivals, at(headroom.Closed, 500, 5000)) },
		"a shift that ends":   func(f *fake) { f.arrivals = append(f.arrivals, at(headroom.Closed, 0, 500)) },
		"an event of the plan": func(f *fake) {
			f.samples = append(f.samples, headroom.Sample{T: 20, Probe: "event", Subject: "carrier_down", Value: 1}, headroom.Sample{T: 80, Probe: "event", Subject: "carrier_down"})
		},
		"a rate that rises at many small sites": func(f *fake) {
			for i := range f.arrivals { // 1 - 0.3 at the begin to 1 + 0.3 at the end
				x := (f.arrivals[i].At.Seconds() - 10) / 2000
				f.arrivals[i].Site = uint16(i % 40)
				f.arrivals[i].At = time.Duration((10 + 2000*(math.Sqrt(0.49+1.2*max(0, x))-0.7)/0.6) * 1e9)
			}
		},
		"a rate that is doubled": func(f *fake) {
			for i := range 900 {
				f.arrivals = append(f.arrivals, at(headroom.Open, 1010+float64(i), 0))
			}
		},
	} {
		f := steady(5)
		change(&f)
		if r := reportOf(t, f); r.Warmup != nil || r.Window.From != 10 {
			t.Errorf("%s: %+v, window %+v", what, r.Warmup, r.Window)
		}
	}
	for what, change := range map[string]func(*fake){
		"a peak that is over":       func(f *fake) { f.info.Schedule.Spans = []headroom.Span{{Name: "p", From: 0, To: 10}} },
		"a batch in the lead-in":    func(f *fake) { f.arrivals = append(f.arrivals, at(headroom.Batched, 5, 0)) },
		"a shift that is always on": func(f *fake) { f.arrivals = append(f.arrivals, at(headroom.Closed, 0, 2010)) },
		"a run that was cut short":  func(f *fake) { f.info.Complete = false },
	} {
		f := steady(5)
		change(&f)
		if r := reportOf(t, f); r.Warmup == nil {
			t.Errorf("%s: no warm-up was looked for", what)
		}
	}
}

func TestUneven(t *testing.T) {
	even := make([]float64, 1000)
	for i := range even {
		even[i] = (float64(i) + 0.5) / 1000
	}
	squeezed := make([]float64, 1000) // a rate that rises by a quarter from end to end
	for i, x := range even {
		squeezed[i] = math.Pow(x, 0.8)
	}
	if uneven(even) || !uneven(squeezed) || uneven(nil) || uneven([]float64{0.9}) {
		t.Errorf("even %v, squeezed %v, none %v, one %v", uneven(even), uneven(squeezed), uneven(nil), uneven([]float64{0.9}))
	}
	// One of a thousand Poisson windows fails: of 2000, two.
	r := rand.New(rand.NewPCG(3, 3))
	failed := 0
	for range 2000 {
		for i := range squeezed {
			squeezed[i] = r.Float64()
		}
		if uneven(squeezed) {
			failed++
		}
	}
	if failed > 8 {
		t.Errorf("%d of 2000 windows of a constant rate are called uneven", failed)
	}
}
