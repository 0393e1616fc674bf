package sizing

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// errands is a model of requests that take so many seconds of app CPU, constant
// and without doubt, and nothing else.
func errands(demand float64) headroom.Model {
	return headroom.Model{Headroom: 1, Background: map[string]headroom.Estimate{}, MeasuredUtilization: map[string]float64{},
		Classes:  []headroom.ClassModel{{Name: "errand.go", Pooled: true, Demand: map[string]headroom.Estimate{"app": known(demand, 0)}, SCV: map[string]float64{"app": 0, "database": 0}}},
		Journeys: []headroom.JourneyModel{{Process: "errand", Steps: []string{"errand.go"}, Visits: []float64{1}}}}
}

// coming is a schedule of errands at their times, without a lead-in.
func coming(window float64, times ...float64) Load {
	l := Load{Header: headroom.Header{Scale: 1, Window: window, Processes: []headroom.ScheduledProcess{{Name: "errand"}}}}
	for i, t := range times {
		l.Arrivals = append(l.Arrivals, headroom.Arrival{ID: uint64(i + 1), Seed: uint64(i + 1), At: seconds(t)})
	}
	return l
}

// answered are response times of a forecast's journeys, those that failed below 0.
func answered(t *testing.T, m headroom.Model, top headroom.Topology, l Load, changes []headroom.Reconfiguration) []float64 {
	t.Helper()
	_, courses, err := play(m, top, l, Options{Replications: 1, Changes: changes}, look{}, func(int, *course) {})
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	for _, j := range courses[0].journeys {
		out = append(out, signed(j.response(), j.outcome == failed))
	}
	return out
}

func signed(seconds float64, failed bool) float64 {
	if failed {
		return -seconds
	}
	return seconds
}

func ofWeb(at, servers float64, lost bool) headroom.Reconfiguration {
	return headroom.Reconfiguration{At: at, Pool: "web", Servers: servers, Lost: lost}
}

func ofApp(at, cores float64) headroom.Reconfiguration {
	return headroom.Reconfiguration{At: at, Station: "app", Servers: cores}
}

// Two hosts of one worker each, and four cores: what happens to them on the way is
// what happens to the very system in the simulator, and what a hand finds.
func TestChangesAreTheSimulators(t *testing.T) {
	top := topology("two", 1, 4, 1)
	top.Web.Replicas = 2
	system := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: 4}}, Pools: []headroom.Pool{{Name: "web", Servers: 1, Replicas: 2}},
		Classes:  []headroom.Class{{Name: "errand", Demand: map[string]float64{"app": 10}, SCV: map[string]float64{"app": 0}}},
		Journeys: []headroom.SystemJourney{{Name: "errand", Steps: []headroom.SystemStep{{Class: "errand"}}}}}
	for what, c := range map[string]struct {
		changes     []headroom.Reconfiguration
		times, want []float64
	}{
		"as they are": {nil, []float64{0, 1, 2, 3}, []float64{10, 10, 18, 18}},
		// The second host has the second at work and the fourth before it.
		"a host is lost":          {[]headroom.Reconfiguration{ofWeb(5, 1, true)}, []float64{0, 1, 2, 3, 6}, []float64{10, -4, 18, -2, 24}},
		"one is shut down":        {[]headroom.Reconfiguration{ofWeb(5, 1, false)}, []float64{0, 1, 2, 3, 6}, []float64{10, 10, 18, 27, 34}},
		"it comes back":           {[]headroom.Reconfiguration{ofWeb(7, 2, false), ofWeb(5, 1, true)}, []float64{0, 1, 8, 8.5}, []float64{10, -4, 12, 10}},
		"a CPU that stands still": {[]headroom.Reconfiguration{ofApp(5, 0), ofApp(8, 4)}, []float64{0}, []float64{13}},
		"a slower one":            {[]headroom.Reconfiguration{ofApp(5, 0.5)}, []float64{0}, []float64{15}},
	} {
		var load sim.Load
		for _, at := range c.times {
			load.Journeys = append(load.Journeys, sim.Timed{At: at, Lane: -1})
		}
		load.Changes = c.changes
		r, err := sim.Run(system, load, sim.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		got := answered(t, errands(10), top, coming(60, c.times...), c.changes)
		if len(got) != len(c.want) {
			t.Fatalf("%s: %d journeys, want %d", what, len(got), len(c.want))
		}
		for i, x := range r.Responses {
			if simulated := signed(x.Seconds, x.Failed); math.Abs(got[i]-c.want[i]) > 1e-9 || math.Abs(got[i]-simulated) > 1e-9 {
				t.Errorf("%s: journey %d takes %g s, the simulator's %g, want %g", what, i, got[i], simulated, c.want[i])
			}
		}
	}
}

// Background load takes its share of the cores that there are, and utilization is
// of those: half of one for 2 s is taken by it, then half of 1.2.
func TestUtilizationIsOfTheCoresThatThereAre(t *testing.T) {
	m := errands(3)
	m.Background["app"] = known(0.5, 0)
	s, err := Simulate(m, topology("grows", 2, 1, 1), coming(10, 0), nil, Options{Replications: 2, Changes: []headroom.Reconfiguration{ofApp(2, 1.2)}})
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %g, want %g", what, got, want)
		}
	}
	// 1 s of the 3 is done by 2 s, and the rest with 0.7 of a core.
	const end = 2 + 2/0.7
	near("response", s.Forecast.Processes[0].Mean.Value, end)
	near("utilization", s.Forecast.Utilization["app"].Value, (0.3+0.5)/(0.2*1+0.8*1.2))
	near("busy workers", s.Forecast.PoolBusy.Value, end/10)
	for _, x := range s.Series {
		if x.Name == "utilization" && x.Label == "app" {
			near("before", x.V[0], 1)
			near("after", x.V[2], 1)
			near("nothing else", x.V[5], 0.5/1.2)
			return
		}
	}
	t.Error("no series of the app's utilization")
}

// Of several stacks a change is of the one that it names.
func TestChangesAreOfOneStack(t *testing.T) {
	l := twoSites(3, 12)
	top := topology("own", 3, 1, 1)
	top.Dedicated = true
	forecast := func(changes ...headroom.Reconfiguration) headroom.Forecast {
		t.Helper()
		f, err := Forecast(model(), top, l, nil, Options{Seed: 3, Replications: 3, Changes: changes})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	before, after := forecast(), forecast(headroom.Reconfiguration{At: 40, Pool: "own-hub/web", Servers: 0, Lost: true})
	if got, want := after.Utilization["own-annex/app"], before.Utilization["own-annex/app"]; got != want {
		t.Errorf("the other stack's app: %+v, was %+v", got, want)
	}
	// Half of its window nobody works there.
	if got, want := after.Utilization["own-hub/app"].Value, before.Utilization["own-hub/app"].Value; !(got < 0.7*want && got > 0.3*want) {
		t.Errorf("its own app: %.3f busy, was %.3f", got, want)
	}
}

func TestChangesBeyondWhatWasMeasured(t *testing.T) {
	m := model()
	m.Measured = &headroom.MeasuredRange{Workers: [2]int{2, 4}}
	top := topology("s", 3, 1, 1)
	top.Pooler = &headroom.Pooler{Size: 10}
	l, _ := schedule(1, 4, 0.1)(1)
	f, err := Forecast(m, top, l, nil, Options{Replications: 1, Changes: []headroom.Reconfiguration{ofWeb(30, 12, false), ofWeb(40, 3, false)}})
	all := strings.Join(f.Warnings, "\n")
	for _, want := range []string{"has 12 workers in this forecast, and the runs had 4 at most", "lets 10 of 12 workers"} {
		if err != nil || !strings.Contains(all, want) {
			t.Errorf("%v: no warning of %q in %q", err, want, all)
		}
	}
}

func TestWrongChanges(t *testing.T) {
	plain, own, shared, limited := topology("t", 3, 1, 1), topology("own", 3, 1, 1), topology("one", 3, 1, 0), topology("quota", 3, 1, 1)
	own.Dedicated, shared.SharedHost, limited.Quota = true, true, &headroom.Quota{Cores: 2}
	for want, c := range map[string]struct {
		top    headroom.Topology
		change headroom.Reconfiguration
	}{
		`topology "t" has no "own-hub/web"; it has web, app, database`:     {plain, headroom.Reconfiguration{Pool: "own-hub/web", Servers: 1}},
		`has no "app"; it has web`:                                         {plain, headroom.Reconfiguration{Pool: "app", Servers: 1}},
		`has no ""`:                                                        {plain, headroom.Reconfiguration{}},
		`has no "web"; it has own-hub/web, own-hub/app, own-hub/database`:  {own, ofWeb(1, 1, false)},
		`has no "database"; it has web, host`:                              {shared, headroom.Reconfiguration{Station: "database", Servers: 1}},
		`change[0].servers: 1.5 workers are not a whole number`:            {plain, ofWeb(1, 1.5, false)},
		`change[0].servers: -1`:                                            {plain, ofApp(1, -1)},
		`change[0].at: NaN`:                                                {plain, ofWeb(math.NaN(), 1, false)},
		`change[0].lost: a station holds no worker that could be lost`:     {plain, headroom.Reconfiguration{Station: "app", Servers: 1, Lost: true}},
		`topology "quota" would have a limit of 4 cores on a machine of 2`: {limited, ofApp(1, 4)},
	} {
		_, err := Forecast(model(), c.top, twoSites(1, 1), nil, Options{Replications: 1, Changes: []headroom.Reconfiguration{c.change}})
		if bad := (*headroom.InputError)(nil); !errors.As(err, &bad) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Where half of a process' journeys fail in half of the repetitions, there are no times of it: what
// they took to fail says nothing.
func TestAProcessThatFailsHasNoTimes(t *testing.T) {
	lost := headroom.Reconfiguration{At: 5, Pool: "web", Lost: true}
	for _, c := range []struct {
		times []float64
		known bool
	}{{[]float64{1, 6, 7, 8}, false}, {[]float64{1, 6}, false}, {[]float64{1, 2, 3, 6}, true}} {
		s, err := Simulate(errands(0.1), topology("falls", 2, 1, 1), coming(10, c.times...), nil, Options{Replications: 3, Changes: []headroom.Reconfiguration{lost}})
		if err != nil {
			t.Fatal(err)
		}
		p := s.Forecast.Processes[0]
		_, median := p.Percentile["50"]
		if p.Mean.Identified != c.known || median != c.known || p.Journeys != len(c.times) || !p.Throughput.Identified {
			t.Errorf("%v: %+v", c.times, p)
		}
	}
}

// A process of which no demand is known is forecast with a warning.
func TestAProcessWithoutDemandIsWarnedOf(t *testing.T) {
	for demand, want := range map[float64]bool{0: true, 0.1: false} {
		s, err := Simulate(errands(demand), topology("one", 2, 1, 1), coming(10, 1), nil, Options{Replications: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(s.Forecast.Warnings, "\n"), "what errand demands is not known"); got != want {
			t.Errorf("demand %g: %q", demand, s.Forecast.Warnings)
		}
	}
}
