package sizing

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// warehouse is a model of orders that are entered, picked and shipped, without
// conflicts and without doubt: every step takes 0.1 s of app CPU, constant.
func warehouse() headroom.Model {
	m := headroom.Model{Headroom: 1, Plan: "two steps", Background: map[string]headroom.Estimate{}, MeasuredUtilization: map[string]float64{}}
	for _, p := range []string{"order", "pick", "ship"} {
		j := headroom.JourneyModel{Process: p}
		for _, step := range []string{"find", "write"} {
			m.Classes = append(m.Classes, headroom.ClassModel{Name: p + "." + step, Pooled: true,
				Demand: map[string]headroom.Estimate{"app": known(0.1, 0)}, SCV: map[string]float64{"app": 0, "database": 0}})
			j.Steps, j.Visits = append(j.Steps, p+"."+step), append(j.Visits, 1)
		}
		m.Journeys = append(m.Journeys, j)
	}
	return m
}

// shift is a schedule of 600 s after 60 s of orders at even gaps, with pickers
// and packers who are there all the time and pause 4 s, constant.
func shift(every float64, pickers, packers int, c headroom.Catalogue) Load {
	l := Load{Header: headroom.Header{Seed: 7, Scale: 1, LeadIn: 60, Window: 600, Catalogue: c,
		Sites: []headroom.ScheduledSite{{Name: "hub", Database: "hub", Users: 20}},
		Processes: []headroom.ScheduledProcess{{Name: "order", Scenario: "order_entry"}, {Name: "pick", Scenario: "pick", ThinkTime: 4},
			{Name: "ship", Scenario: "ship", ThinkTime: 4}},
		Spans: []headroom.Span{{Name: "rush", From: 120, To: 420}}}}
	id, r := uint64(0), rand.New(rand.NewPCG(7, 1))
	add := func(a headroom.Arrival) {
		id++
		a.ID, a.Seed = id, r.Uint64()
		l.Arrivals = append(l.Arrivals, a)
	}
	for range pickers {
		add(headroom.Arrival{Kind: headroom.Closed, Process: 1, Until: 660 * time.Second})
	}
	for range packers {
		add(headroom.Arrival{Kind: headroom.Closed, Process: 2, Until: 660 * time.Second})
	}
	for t := every; every > 0 && t < 660; t += every {
		add(headroom.Arrival{At: seconds(t), Process: 0, Due: seconds(t + 60)})
	}
	return l
}

func seconds(t float64) time.Duration { return time.Duration(t * float64(time.Second)) }

// Operators who never wait do a journey each pause and journey time: the
// response time law X = N / (R + Z), with R = 0.2 s and Z = 4 s.
func TestOperatorsThroughput(t *testing.T) {
	m := warehouse()
	l := shift(0, 6, 0, headroom.Catalogue{Products: 10, OpenOrders: 5000})
	f, err := Forecast(m, topology("big", 20, 20, 4), l, nil, Options{Seed: 1, Replications: 5})
	if err != nil {
		t.Fatal(err)
	}
	pick := f.Processes[0]
	if pick.Process != "pick" || pick.Operators != 6 || math.Abs(pick.Mean.Value-0.2) > 1e-6 {
		t.Fatalf("%+v", pick)
	}
	if want := 6 / 4.2; math.Abs(pick.Throughput.Value/want-1) > 0.01 || math.Abs(float64(pick.Journeys)/600/want-1) > 0.01 {
		t.Errorf("throughput %g, %d journeys; want %g", pick.Throughput.Value, pick.Journeys, want)
	}
	// On half a core 12 operators wait for each other. Both the shared processor
	// and the pauses are insensitive to their distributions, so that mean value
	// analysis is exact: R(n) = D (1 + Q(n-1)), X = n / (Z + R), Q = X R.
	l = shift(0, 12, 0, headroom.Catalogue{Products: 10, OpenOrders: 5000})
	l.Header.Processes[1].ThinkSCV = 1
	if f, err = Forecast(m, topology("small", 20, 0.5, 4), l, nil, Options{Seed: 1, Replications: 10}); err != nil {
		t.Fatal(err)
	}
	var x, r, q float64
	for n := 1.0; n <= 12; n++ {
		r = 0.4 * (1 + q)
		x = n / (4 + r)
		q = x * r
	}
	if got := f.Processes[0]; math.Abs(got.Throughput.Value/x-1) > 0.02 || math.Abs(got.Mean.Value/r-1) > 0.04 || math.Abs(f.Utilization["app"].Value/(x*0.4)-1) > 0.02 {
		t.Errorf("throughput %g of %g, mean %g of %g, %+v", got.Throughput.Value, x, got.Mean.Value, r, f.Utilization)
	}
}

// Where there is no work left, journeys find nothing: they are none of the
// process', and its throughput is the work there was.
func TestOperatorsRunOutOfWork(t *testing.T) {
	s, err := newScene(warehouse(), topology("big", 20, 20, 4), shift(0, 3, 0, headroom.Catalogue{Products: 10, OpenOrders: 50}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.replicate(1, 0, look{})
	if err != nil {
		t.Fatal(err)
	}
	done, none := 0, 0
	for _, j := range c.journeys {
		switch j.outcome {
		case well:
			done++
		case idle:
			none++
		}
	}
	if done != 50 || none < 100 || !slices.Equal(responses(c.journeys[:1]), []float64{c.journeys[0].response()}) {
		t.Errorf("%d picks of 50, %d in vain", done, none)
	}
}

// Each order is picked, then shipped, and is the same document all the way.
func TestDocumentsArePassedOn(t *testing.T) {
	run := func(pickers, packers int) (*course, headroom.Forecast) {
		l := shift(2, pickers, packers, headroom.Catalogue{Products: 10})
		objectives := []headroom.Objective{{Measure: headroom.MeasureAttainment, AtLeast: 0.95}, {Measure: headroom.MeasureDrain, Peak: "rush", AtMost: 60}}
		s, courses, err := play(warehouse(), topology("big", 20, 20, 4), l, Options{Seed: 1, Replications: 3}.defaults(), look{}, func(int, *course) {})
		if err != nil {
			t.Fatal(err)
		}
		f, _ := s.forecast(courses, objectives, Options{})
		return courses[0], f
	}
	// 0.5 orders a second need 0.5 x 4.2 s = 2.1 of each; 5 have time to spare.
	c, f := run(5, 5)
	if len(c.papers) != 329 {
		t.Fatalf("%d documents of 329 orders", len(c.papers))
	}
	released := 0.0
	for _, p := range c.papers {
		if p.kind != "delivery" || p.released <= released || !(p.done > p.released+0.4) || p.done > p.released+20 && p.released < 600 {
			t.Fatalf("%+v", p) // two journeys of 0.2 s at least
		}
		released = p.released
	}
	if a := f.Attainment["delivery"]; a.Value != 1 || !f.Meets || f.Drain["rush"].Value > 20 {
		t.Errorf("attainment %+v, drain %+v, meets %v", a, f.Drain, f.Meets)
	}
	// One packer ships at most 1/4.2 a second: less than half of what comes.
	c, f = run(5, 1)
	done := 0
	for _, p := range c.papers {
		if p.done <= 660 {
			done++
		}
	}
	if want := 660 / 4.2; math.Abs(float64(done)-want) > 4 {
		t.Errorf("%d shipped by one packer, want about %g", done, want)
	}
	if f.Meets || f.Attainment["delivery"].Value > 0.4 || *f.Objectives[1].Met {
		t.Errorf("one packer: attainment %+v, objectives %+v", f.Attainment, f.Objectives)
	}
	if _, err := json.Marshal(f); err != nil {
		t.Error(err) // no figure is infinite
	}
}

// Open orders are the very documents that seeding makes: by hand, with the
// schedule's seed and the site's name.
func TestStockIsWhatSeedingMakes(t *testing.T) {
	l := shift(0, 1, 0, headroom.Catalogue{Products: 40, Popularity: 0.8, OpenOrders: 3, OpenDeliveries: 2, OpenReceipts: 4})
	l.Header.Processes[0].Lines = headroom.Lines{Mean: 3, Max: 8}
	r := newReplay(System(passing(warehouse(), l.Header), topology("s", 3, 1, 1)), l, everywhere)
	if len(r.load.Stock) != 2 { // nobody receives
		t.Fatalf("%+v", r.load.Stock)
	}
	picks, ships := r.load.Stock[0], r.load.Stock[1]
	if picks.Kind != "pick" || len(picks.Documents) != 3 || ships.Kind != "ship" || len(ships.Documents) != 2 {
		t.Fatalf("%+v", r.load.Stock)
	}
	law := headroom.NewPopularity(40, 0.8)
	want := sim.NewDocument(headroom.Arrival{Seed: 7 ^ fnv1a("headroom-order-hub")}.Journey(2, 0).Document(headroom.Lines{Mean: 3, Max: 8}, law))
	if got := picks.Documents[1]; !slices.Equal(got.Products, want.Products) || got.Quantities != want.Quantities {
		t.Errorf("the second open order has %v, want %v", picks.Documents[1], want)
	}
}

func fnv1a(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// A schedule's operators are counted where their shift touches the window.
func TestOperatorsInTheWindow(t *testing.T) {
	l := shift(0, 2, 0, headroom.Catalogue{Products: 10, OpenOrders: 10})
	l.Arrivals = append(l.Arrivals, headroom.Arrival{ID: 90, Kind: headroom.Closed, Process: 1, Until: 30 * time.Second})
	s, err := newScene(warehouse(), topology("s", 3, 1, 1), l, Options{})
	if err != nil || s.operators["pick"] != 2 {
		t.Errorf("%v, %v", s.operators, err)
	}
}

// FuzzForecast: whatever the load, every figure can be written down, shares are
// shares, and intervals hold their value.
func FuzzForecast(f *testing.F) {
	f.Add(uint64(1), 3, 2.0, 1.0)
	f.Add(uint64(2), 1, 60.0, 0.3)
	f.Add(uint64(3), 8, 0.1, 4.0)
	f.Fuzz(func(t *testing.T, seed uint64, workers int, rate, cores float64) {
		if workers < 1 || workers > 30 || !(rate > 0.01 && rate < 80) || !(cores > 0.05 && cores < 30) {
			return
		}
		r := rand.New(rand.NewPCG(seed, 3))
		l, _ := schedule(rate, rate, 0.1)(1)
		objectives := []headroom.Objective{{Process: "order", Percentile: 95, Within: 1}, {Process: "scan", Percentile: 50, Within: 0.1, Sliding: 5 + 20*r.Float64()},
			{Measure: headroom.MeasureErrorShare, AtMost: 0.01}, {Measure: headroom.MeasureAppCPU, AtMost: 0.8, Sliding: 7}, {Measure: headroom.MeasureConflictShare, AtMost: 0.1, Peak: "cutoff"},
			{Measure: headroom.MeasureDrain, Peak: "cutoff", AtMost: 5}, {Measure: headroom.MeasureAttainment, AtLeast: 1}}
		sim, err := Simulate(withConflicts(model(), 20), topology("t", workers, cores, cores), l, objectives, Options{Seed: seed, Replications: 2 + int(seed%3)})
		if overloaded(err) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(sim); err != nil {
			t.Fatal(err)
		}
		for name, u := range sim.Forecast.Utilization {
			if !(u.Value >= 0 && u.Value <= 1 && u.Low <= u.Value && u.Value <= u.High) {
				t.Errorf("%s: %+v", name, u)
			}
		}
		for _, x := range sim.Series {
			if len(x.T) != len(x.V) || len(x.V) == 0 || slices.Min(x.V) < 0 || x.Name == "utilization" && slices.Max(x.High) > 1+1e-9 {
				t.Errorf("%s of %s: %v", x.Name, x.Label, x.V)
			}
		}
	})
}
