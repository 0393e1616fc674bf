package sim

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// limited is a system of one class that works a second on the CPU, under a
// quota of servers on a machine of so many cores.
func limited(servers, cores, period float64, class headroom.Class) headroom.System {
	class.Name = "a"
	if class.SCV == nil {
		class.SCV = map[string]float64{"app": 0}
	}
	return headroom.System{Hosts: []headroom.Host{{Name: "machine", Cores: cores}},
		Stations: []headroom.Station{{Name: "app", Servers: servers, Host: "machine", Period: period}},
		Pool:     &headroom.Pool{Servers: 100}, Classes: []headroom.Class{class}}
}

// replayed are the responses of requests that come at given times.
func replayed(t *testing.T, s headroom.System, at ...float64) []float64 {
	t.Helper()
	s.Journeys = []headroom.SystemJourney{{Name: "j", Steps: []headroom.SystemStep{{Class: "a"}}}}
	var l Load
	for _, v := range at {
		l.Journeys = append(l.Journeys, Timed{At: v, Lane: -1})
	}
	r, err := Run(s, l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	for _, v := range r.Responses {
		out = append(out, v.Seconds)
	}
	return out
}

func TestQuotaByHand(t *testing.T) {
	work := func(d float64) headroom.Class { return headroom.Class{Demand: map[string]float64{"app": d}} }
	for _, c := range []struct {
		what    string
		system  headroom.System
		at      []float64
		expects []float64
	}{
		{"work within the quota is not stretched", limited(0.5, 2, 0.1, work(0.04)), []float64{0}, []float64{0.04}},
		{"it stands still when the quota is used up", limited(0.5, 2, 0.1, work(0.07)), []float64{0}, []float64{0.12}},
		{"a whole number of periods ends with the last one's quota", limited(0.5, 2, 0.1, work(0.15)), []float64{0}, []float64{0.25}},
		{"what was not used has expired", limited(0.5, 2, 0.1, work(0.06)), []float64{0.08}, []float64{0.06}},
		{"late in a period the quota is the whole period's", limited(0.5, 2, 0.1, work(0.05)), []float64{0.05}, []float64{0.05}},
		{"two at once use it up twice as fast", limited(0.5, 2, 0.1, work(0.03)), []float64{0, 0}, []float64{0.105, 0.105}},
		{"more than the cores share them", limited(4, 2, 0.1, work(0.02)), []float64{0, 0, 0, 0}, []float64{0.04, 0.04, 0.04, 0.04}},
		{"all cores as a quota are no limit", limited(2, 2, 0.1, work(1)), []float64{0, 0}, []float64{1, 1}},
	} {
		for i, got := range replayed(t, c.system, c.at...) {
			if math.Abs(got-c.expects[i]) > 1e-9 {
				t.Errorf("%s: request %d took %.12g s, not %g", c.what, i, got, c.expects[i])
			}
		}
	}
}

// What a period leaves is there in the next, as far as the slack goes.
func TestSlackByHand(t *testing.T) {
	for _, c := range []struct {
		what    string
		slack   float64
		work    float64
		at      []float64
		expects []float64
	}{
		{"at the very first there is what an idle system keeps", 0.02, 0.07, []float64{0}, []float64{0.07}},
		{"what was not used is kept, as much as the slack", 0.02, 0.11, []float64{0.07}, []float64{0.14}},
		{"nobody keeps more than the slack, however long it was idle", 0.02, 0.08, []float64{1}, []float64{0.11}},
		{"what is left of little is little", 0.02, 0.045, []float64{0, 0.1}, []float64{0.045, 0.045}},
		{"what one period after the other leaves", 0.02, 0.08, []float64{0, 0.15, 0.35}, []float64{0.11, 0.09, 0.08}},
	} {
		s := limited(0.5, 2, 0.1, headroom.Class{Demand: map[string]float64{"app": c.work}})
		s.Stations[0].Slack = c.slack
		for i, got := range replayed(t, s, c.at...) {
			if math.Abs(got-c.expects[i]) > 1e-9 {
				t.Errorf("%s: request %d took %.12g s, not %g", c.what, i, got, c.expects[i])
			}
		}
	}
}

// Periods of several stations begin one after the other.
func TestPeriodsAreNotInStep(t *testing.T) {
	s := limited(0.5, 2, 0.1, headroom.Class{Demand: map[string]float64{"app": 0.06}})
	s.Stations = append(s.Stations, headroom.Station{Name: "database", Servers: 0.5, Host: "machine", Period: 0.1})
	s.Classes[0].Demand = map[string]float64{"database": 0.06}
	s.Classes[0].SCV = map[string]float64{"database": 0}
	for i, got := range replayed(t, s, 0, 0.25) { // the database's periods end at 0.05, 0.15, 0.25
		if want := []float64{0.06, 0.11}[i]; math.Abs(got-want) > 1e-9 {
			t.Errorf("request %d took %g s, not %g", i, got, want)
		}
	}
}

// Two stations' quotas may be more than the machine: then they share its cores.
func TestQuotasShareTheirHost(t *testing.T) {
	s := limited(1, 1, 0.1, headroom.Class{Demand: map[string]float64{"app": 0.05}})
	s.Stations = append(s.Stations, headroom.Station{Name: "database", Servers: 1, Host: "machine", Period: 0.1})
	s.Classes = append(s.Classes, headroom.Class{Name: "b", Demand: map[string]float64{"database": 0.05}, SCV: map[string]float64{"database": 0}})
	s.Journeys = []headroom.SystemJourney{{Name: "a", Steps: []headroom.SystemStep{{Class: "a"}}}, {Name: "b", Steps: []headroom.SystemStep{{Class: "b"}}}}
	r, err := Run(s, Load{Journeys: []Timed{{Journey: 0, Lane: -1}, {Journey: 1, Lane: -1}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range r.Responses {
		if math.Abs(v.Seconds-0.1) > 1e-9 {
			t.Errorf("request %d took %g s; half of the only core gives 0.1", i, v.Seconds)
		}
	}
}

// Cores that disturb each other: two at once each take (1 + 0.5) times as long
// as alone, and a demand that was measured beside another is 1/1.5 alone.
func TestInterferenceByHand(t *testing.T) {
	s := limited(2, 2, 0.1, headroom.Class{Demand: map[string]float64{"app": 1}})
	for _, c := range []struct {
		reference float64
		at        []float64
		expects   []float64
	}{
		{0, []float64{0}, []float64{1}},
		{0, []float64{0, 0}, []float64{1.5, 1.5}},
		{0, []float64{0, 0, 0, 0}, []float64{3, 3, 3, 3}},
		{0, []float64{0, 0.5}, []float64{1.25, 1.25}}, // half of each in company
		{1, []float64{0}, []float64{1 / 1.5}},
		{1, []float64{0, 0}, []float64{1, 1}},
		{0.5, []float64{0}, []float64{1 / 1.25}},
	} {
		s.Hosts[0].Interference, s.Hosts[0].Reference = 0.5, c.reference
		for i, got := range replayed(t, s, c.at...) {
			if math.Abs(got-c.expects[i]) > 1e-9 {
				t.Errorf("reference %g, request %d of %d took %.12g s, not %g", c.reference, i, len(c.at), got, c.expects[i])
			}
		}
	}
}

// With a period that is short beside the work, a quota of c of c cores or fewer
// is processor sharing over c servers: the exact station that it refines.
func TestShortPeriodsAreProcessorSharing(t *testing.T) {
	class := headroom.Class{Demand: map[string]float64{"app": 1}, SCV: map[string]float64{"app": 1}, ArrivalRate: 0.7}
	s := limited(1, 1, 0.001, class)
	got, err := Solve(s, Options{Seed: 5, Duration: 40000, Warmup: 2000, MaxEvents: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 / (1 - 0.7); math.Abs(*got.Classes[0].ResponseMean/want-1) > 0.06 { // M/M/1-PS
		t.Errorf("mean response %g, M/M/1 has %g", *got.Classes[0].ResponseMean, want)
	}
	if u := got.Stations[0].Utilization; math.Abs(u-0.7) > 0.02 {
		t.Errorf("utilization %g of 0.7", u)
	}
}

// What is within a quota holds its worker for its demand only: a transient must
// not take the system for overloaded because a core of that size would be.
func TestTransientUnderQuota(t *testing.T) {
	s := limited(0.25, 2, 0.1, headroom.Class{Demand: map[string]float64{"app": 0.01}, Delay: 0.04, ArrivalRate: 15})
	s.Pool.Servers = 1
	got, err := Transient(headroom.Transient{System: s, Batches: []headroom.Burst{{T: 1, Class: "a", Count: 20}}}, Options{Seed: 1, Replications: 30})
	if err != nil {
		t.Fatal(err)
	}
	// 20 requests of 0.05 s and what comes meanwhile: 1/(1 - 0.75) s, and a bit for who was there.
	if got.Drain == nil || !(got.Drain.Mean > 2.5 && got.Drain.Mean < 9) {
		t.Errorf("drain %+v, warnings %q", got.Drain, got.Warnings)
	}
	// Two quotas' worth of a single core are one core.
	s = limited(2, 1, 0.1, headroom.Class{Demand: map[string]float64{"app": 0.1}, ArrivalRate: 15})
	got, err = Transient(headroom.Transient{System: s, Until: 5}, Options{Seed: 1, Replications: 3})
	if err != nil {
		t.Fatal(err)
	}
	if got.Drain != nil {
		t.Errorf("1.5 cores of work on one core drain: %+v", got.Drain)
	}
}

// FuzzQuota: whatever the quota, work is conserved, nobody is faster than a
// core of his own, and never slower than the quota alone would make him.
func FuzzQuota(f *testing.F) {
	f.Add(0.5, 2.0, 0.1, 0.07, 0.01)
	f.Add(0.05, 1.0, 0.01, 1.0, 0.0)
	f.Fuzz(func(t *testing.T, servers, cores, period, work, gap float64) {
		if !(servers >= 0.05 && servers <= 8 && cores >= 0.1 && cores <= 8 && period >= 0.001 && period <= 1 && work > 1e-4 && work < 5 && gap >= 0 && gap < 3) {
			return
		}
		s := limited(servers, cores, period, headroom.Class{Demand: map[string]float64{"app": work}})
		got := replayed(t, s, 0, gap)
		slowest := max(work, 2*work/min(servers, cores)) + 2*period
		for _, v := range got {
			if !(v >= work-1e-9) || v > slowest+1e-6 {
				t.Fatalf("%g s of work took %g s under %g of %g cores by %g s, at most %g", work, v, servers, cores, period, slowest)
			}
		}
	})
}
