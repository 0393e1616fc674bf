package sim

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// A lane lets one journey of two through; the second waits by design, from its
// scheduled time on.
func TestLaneHoldsTheWholeJourney(t *testing.T) {
	s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: 8}}, Classes: []headroom.Class{{Name: "r", Overhead: 0.5,
		Demand: map[string]float64{"app": 1}, SCV: map[string]float64{"app": 0}}},
		Journeys: []headroom.SystemJourney{{Name: "j", Steps: []headroom.SystemStep{{Class: "r"}, {Class: "r"}}}}}
	l := Load{Lanes: []int{1}, Journeys: []Timed{{At: 1, Lane: 0}, {At: 1, Lane: 0}, {At: 1, Lane: -1}}}
	r, err := Run(s, l, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{3, 6, 3} {
		near(t, "response", r.Responses[i].Seconds, want, 1e-9)
	}
}

// One worker, a backlog of one, 1 s of work: of four at once the first is
// served, the second waits, the others come again after 1 s. At 1 s the second
// has begun and the third takes its place in the backlog; the fourth comes
// again at 3 s, when the third has just ended.
func TestFullBacklogConnectsAgain(t *testing.T) {
	s := fcfs(1, 0, 1, 0)
	s.Pool.Backlog = 1
	s.Journeys = []headroom.SystemJourney{{Name: "j", Steps: []headroom.SystemStep{{Class: "r"}}}}
	var l Load
	for i := range 4 {
		l.Journeys = append(l.Journeys, Timed{At: 0.01 * float64(i), Lane: -1})
	}
	r, err := Run(s, l, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{1, 1.99, 2.98, 4} {
		near(t, "response", r.Responses[i].Seconds, want, 1e-9)
	}
	if r.Pools[0].Refused != 3 {
		t.Errorf("%d connections refused, want 3", r.Pools[0].Refused)
	}
}

func TestConnectionFailsAfter127Seconds(t *testing.T) {
	s := fcfs(1, 0, 1000, 0)
	s.Pool.Backlog = 1
	s.Journeys = []headroom.SystemJourney{{Name: "j", Steps: []headroom.SystemStep{{Class: "r"}}}}
	l := Load{Journeys: []Timed{{Lane: -1}, {Lane: -1}, {Lane: -1}}}
	r, err := Run(s, l, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Responses[2]; !got.Failed || math.Abs(got.Seconds-127) > 1e-9 {
		t.Errorf("got %+v, want a failure after 127 s", got)
	}
	if r.Journeys[0].Failed != 1 || r.Classes[0].Failed != 1 {
		t.Errorf("failed: %d journeys, %d requests", r.Journeys[0].Failed, r.Classes[0].Failed)
	}
}

// A journey demands the same under any number of workers: alone in an empty
// system, it takes the same time.
func TestCommonRandomNumbers(t *testing.T) {
	var l Load
	for i := range 20 {
		l.Journeys = append(l.Journeys, Timed{At: 100 * float64(i), Lane: -1, Seed: uint64(i)})
	}
	one, many := typical(0), typical(0)
	one.Pools[0].Servers, many.Pools[0].Servers = 1, 9
	a, err := Run(one, l, Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Run(many, l, Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a.Responses, b.Responses) {
		t.Error("responses differ")
	}
	c, err := Run(many, l, Options{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	if reflect.DeepEqual(b.Responses, c.Responses) {
		t.Error("another seed gives the same")
	}
}

func TestSameSeedSameResult(t *testing.T) {
	s := hot(0.8, 30, 4)
	var first Result
	for i, width := range []int{1, 1, 2} {
		r := mustRun(t, s, Options{Seed: 5, Duration: 500, Replications: 3, Parallel: width})
		if i == 0 {
			first = r
		} else if !reflect.DeepEqual(first, r) {
			t.Error("results differ")
		}
	}
}

// Fewer, larger slices change responses little under processor sharing.
func TestCuttingCallsChangesLittle(t *testing.T) {
	s := typical(1.2)
	for i := range s.Classes {
		s.Classes[i].DatabaseCalls = 100
	}
	exact := mustRun(t, s, Options{Seed: 5, Duration: 4000, Replications: 2, Parallel: 2})
	cut := mustRun(t, s, Options{Seed: 5, Duration: 4000, Replications: 2, Parallel: 2, MaxCalls: 6})
	near(t, "mean", mean(t, cut.Journeys[0].Response), mean(t, exact.Journeys[0].Response), 0.03)
	p, _ := cut.Journeys[0].Response.Percentile(95)
	q, _ := exact.Journeys[0].Response.Percentile(95)
	near(t, "p95", p, q, 0.04)
}

func TestFractionalVisits(t *testing.T) {
	s := typical(1)
	s.Journeys[0].Steps[1].Visits = 2.25
	s.Journeys[0].Steps[2].Visits = 0.5
	for i := range s.Classes {
		s.Classes[i].Demand = map[string]float64{"app": 0.001}
	}
	r := mustRun(t, s, Options{Seed: 1, Duration: 20000})
	near(t, "2.25 visits", float64(r.Classes[1].Count)/float64(r.Classes[0].Count), 2.25, 0.01)
	near(t, "0.5 visits", float64(r.Classes[2].Count)/float64(r.Classes[0].Count), 0.5, 0.03)
}

func TestHistogramTakesOver(t *testing.T) {
	var x Times
	for i := range keptSamples + 1000 {
		x.Add(float64(i%1000+1) / 100)
	}
	p, _ := x.Percentile(95)
	near(t, "p95", p, 9.5, 0.002)
	near(t, "mean", mean(t, x), 5.005, 1e-3)
}

func TestWrongSystems(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*headroom.System)
		want string
	}{
		{"station", func(s *headroom.System) { s.Classes[0].Demand["disk"] = 1 }, `classes[0].demand.disk: there is no station "disk"`},
		{"pool", func(s *headroom.System) { s.Classes[1].Pool = "cron" }, `classes[1].pool: there is no pool "cron"`},
		{"class", func(s *headroom.System) { s.Journeys[0].Steps[2].Class = "sip" }, `journeys[0].steps[2].class: there is no class "sip"`},
		{"negative", func(s *headroom.System) { s.Classes[2].Delay = -1 }, "classes[2].delay: -1 is not between"},
		{"NaN", func(s *headroom.System) { s.Classes[2].SCV["app"] = math.NaN() }, "classes[2].scv.app: NaN is not between"},
		{"no servers", func(s *headroom.System) { s.Stations[1].Servers = 0 }, `stations[1].servers: station "database" has no servers`},
		{"no workers", func(s *headroom.System) { s.Pools[0].Servers = 0 }, "pools[0].servers: 0 is not between 1"},
		{"twice", func(s *headroom.System) { s.Classes[1].Name = "create" }, `classes[1].name: the name "create" is used twice`},
		{"both", func(s *headroom.System) { s.Journeys[0].Population = 3 }, "journeys[0]: arrival_rate and population exclude each other"},
		{"rule", func(s *headroom.System) { s.Classes[0].Conflict = &headroom.ConflictRule{Population: 0.5} }, "classes[0].conflict.population: 0.5 is not"},
		{"nothing", func(s *headroom.System) { *s = headroom.System{} }, "classes: a system needs at least one class"},
	} {
		s := typical(1)
		c.edit(&s)
		_, err := Run(s, Load{}, Options{Duration: 1})
		var input *headroom.InputError
		if !errors.As(err, &input) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestWrongLoadsAndOptions(t *testing.T) {
	for _, c := range []struct {
		l    Load
		o    Options
		want string
	}{
		{Load{}, Options{}, "needs a duration"},
		{Load{}, Options{Duration: 5, Warmup: 5}, "leaves nothing"},
		{Load{}, Options{Duration: math.NaN()}, "Duration NaN"},
		{Load{Journeys: []Timed{{At: -1, Lane: -1}}}, Options{}, "load[0]: time -1"},
		{Load{Journeys: []Timed{{Journey: 1, Lane: -1}}}, Options{}, "there is no journey 1; the system has 1"},
		{Load{Journeys: []Timed{{Lane: 0}}}, Options{}, "there is no lane 0"},
		{Load{Lanes: []int{0}}, Options{Duration: 1}, "lanes[0]: a lane needs a connection"},
	} {
		if _, err := Run(typical(1), c.l, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestBudgetsEndARun(t *testing.T) {
	still := headroom.System{Classes: []headroom.Class{{Name: "r", Population: 1, Delay: 1e-6}}}
	if _, err := Run(still, Load{}, Options{Duration: 1, MaxEvents: 1000}); err == nil || !strings.Contains(err.Error(), "1000 events") {
		t.Errorf("a loop that takes hardly any time: %v", err)
	}
	if _, err := Run(fcfs(1, 1000, 1, 1), Load{}, Options{Duration: 1e6, MaxCustomers: 500}); err == nil || !strings.Contains(err.Error(), "500 journeys") {
		t.Errorf("an overload: %v", err)
	}
}

func TestSolveHasTheDoorsFields(t *testing.T) {
	s := hot(0.7, 40, 4)
	got, err := Solve(s, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "throughput", got.Journeys[0].Throughput, 0.7, 0.02)
	c := got.Classes[1]
	if c.ResponseP99 == nil || c.PoolWaitMean == nil || c.RetryShare == nil || *c.RetryShare <= 0 || *c.ResponseP50 >= *c.ResponseP95 {
		t.Errorf("class: %+v", c)
	}
	if got.Classes[0].RetryShare != nil {
		t.Error("a class without a rule has a retry share")
	}
}

// benchmark runs for about a second, so that one iteration tells something.
func benchmark(b *testing.B, s headroom.System, duration float64) {
	events := 0
	b.ReportAllocs()
	for b.Loop() {
		r, err := Run(s, Load{}, Options{Seed: 1, Duration: duration})
		if err != nil {
			b.Fatal(err)
		}
		events += r.Events
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}

func BenchmarkMM8(b *testing.B)  { benchmark(b, fcfs(8, 6.4, 1, 1), 1.5e6) }
func BenchmarkPool(b *testing.B) { benchmark(b, hot(0.9, 200, 4), 1e5) }
