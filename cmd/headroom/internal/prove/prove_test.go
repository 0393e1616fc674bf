package prove

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// fake is a run of what it holds: a window of 1,000 s behind 100 s of lead-in.
type fake struct {
	journeys []headroom.Journey
	requests []headroom.Request
	server   []headroom.ServerRequest
	samples  []headroom.Sample
	stopped  bool // before its end
}

func all[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range list {
			if !yield(x, nil) {
				return
			}
		}
	}
}

func (f fake) Info() headroom.RunInfo {
	return headroom.RunInfo{Complete: !f.stopped, Schedule: headroom.Header{LeadIn: 100, Window: 1000}}
}
func (f fake) Arrivals() iter.Seq2[headroom.Arrival, error]     { return all[headroom.Arrival](nil) }
func (f fake) Journeys() iter.Seq2[headroom.Journey, error]     { return all(f.journeys) }
func (f fake) Requests() iter.Seq2[headroom.Request, error]     { return all(f.requests) }
func (f fake) Server() iter.Seq2[headroom.ServerRequest, error] { return all(f.server) }
func (f fake) Samples() iter.Seq2[headroom.Sample, error]       { return all(f.samples) }
func (f fake) Gaps() iter.Seq2[headroom.Gap, error]             { return all[headroom.Gap](nil) }
func (f fake) Documents() iter.Seq2[headroom.DocumentEvent, error] {
	return all[headroom.DocumentEvent](nil)
}

// picks is one operator who picks every 2 s from the run's begin to its end, 0.5 s
// each, with one request a journey of which every tenth lost a try.
func picks() fake {
	var f fake
	for i := range 550 {
		id, at := uint64(i+1), float64(2*i)
		f.journeys = append(f.journeys, headroom.Journey{Arrival: id, Process: "pick", Kind: headroom.Closed, Scheduled: at, Start: at, End: at + 0.5, Outcome: headroom.OK})
		f.requests = append(f.requests, headroom.Request{Arrival: id, N: 1, Process: "pick", Step: "validate", Start: at, End: at + 0.5, Outcome: headroom.OK, Status: 200})
		tries := 1
		if i%10 == 0 {
			tries = 2
		}
		f.server = append(f.server, headroom.ServerRequest{Arrival: id, N: 1, End: at + 0.5, Tries: tries})
	}
	for i := range 1100 {
		f.samples = append(f.samples, headroom.Sample{T: float64(i), Probe: "speed", Subject: "machine", Metric: "unit_seconds", Value: 0.0015})
	}
	return f
}

func measure(t *testing.T, f fake) Measured {
	t.Helper()
	m, err := Measure(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMeasureCountsTheWindowAlone(t *testing.T) {
	f := picks()
	f.journeys[100].Outcome = headroom.Fault
	f.journeys[101].Outcome = headroom.NothingToDo
	f.journeys[10].Outcome = headroom.Fault // in the lead-in: nobody counts it
	m := measure(t, f)
	p := m.Processes["pick"]
	if p.Journeys != 498 || p.Failed != 1 {
		t.Errorf("%d journeys, %d failed; want 498, 1", p.Journeys, p.Failed)
	}
	if math.Abs(p.Mean.Value-0.5) > 1e-9 || math.Abs(p.P95.Value-0.5) > 1e-9 {
		t.Errorf("mean %g and p95 %g, want 0.5", p.Mean.Value, p.P95.Value)
	}
	if x := p.Throughput; !near(x.Value, 0.498) || x.Low > x.Value || x.High < x.Value || x.High-x.Low > 0.02 {
		t.Errorf("throughput %+v, want 0.498 and little around it", x)
	}
	if r := m.Retries["pick.validate"]; r.N != 500 || r.Value != 0.1 || r.Low >= 0.1 || r.High <= 0.1 {
		t.Errorf("retried %+v, want 0.1 of 500", r)
	}
	if m.Speed == nil || m.Speed.Value != 0.0015 {
		t.Errorf("speed %+v, want 1.5 ms", m.Speed)
	}
}

func TestOthersAreWhatIsLeftOfTheMachine(t *testing.T) {
	f := picks()
	add := func(probe, subject string, cores float64) {
		for i := range 1200 {
			v := cores * float64(i)
			if i < 100 {
				v = 0 // the lead-in is not the window
			}
			f.samples = append(f.samples, headroom.Sample{T: float64(i), Probe: probe, Subject: subject, Metric: "cpu_seconds", Value: v})
		}
	}
	if m := measure(t, f); m.Others != nil {
		t.Errorf("%g cores of others, and nobody looked", *m.Others)
	}
	add("generator", "host", 1.5)
	add("generator", "generator", 0.1)
	add("process", "web", 0.7)
	add("process", "database", 0.4)
	if m := measure(t, f); m.Others == nil || math.Abs(*m.Others-0.3) > 1e-6 {
		t.Errorf("others %v, want 0.3", m.Others)
	}
}

// Readings above twice the median are those of cores that stood still; the lead-in
// is not the window, and a few readings say nothing.
func TestStalledAreTheLongReadings(t *testing.T) {
	f := picks()
	f.samples = nil
	stalled := func() *float64 {
		v, err := Stalled(f)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	add := func(at, unit float64) {
		f.samples = append(f.samples, headroom.Sample{T: at, Probe: "speed", Subject: "machine", Metric: "unit_seconds", Value: unit},
			headroom.Sample{T: at, Probe: "speed", Subject: "machine", Metric: "warm_seconds", Value: 9})
	}
	for i := range 99 {
		add(0, 9) // in the lead-in
		add(200+float64(i), 0.002)
	}
	if v := stalled(); v != nil {
		t.Errorf("99 readings say %g", *v)
	}
	for i := range 101 {
		add(400+float64(i), []float64{0.002, 0.0041, 0.0039, 0.002}[i%4])
	}
	if v := stalled(); v == nil || math.Abs(*v-25.0/200) > 1e-9 {
		t.Errorf("%v of the readings are long, want 25 of 200", v)
	}
	if v := StalledShare(nil); v != 0 {
		t.Errorf("of no reading %g are long", v)
	}
}

func TestWithoutAProbeNothingIsSaidOfTheSpeed(t *testing.T) {
	f := picks()
	f.samples = nil
	if m := measure(t, f); m.Speed != nil {
		t.Errorf("speed %+v", m.Speed)
	}
}

// The interval of a throughput holds the true rate as often as it says.
func TestThroughputsIntervalCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const repeats = 400
	covered := 0
	for range repeats {
		var ends []float64
		for at := 0.0; ; {
			if at += random.ExpFloat64() / 0.5; at >= 1000 {
				break
			}
			ends = append(ends, 100+at)
		}
		if e := throughput(ends, 100, 1100); e.Low <= 0.5 && e.High >= 0.5 {
			covered++
		}
	}
	// 90 % of 400 is 360 with a standard deviation of 6.
	if covered < 342 || covered > 378 {
		t.Errorf("%d of %d intervals hold the rate, want about 360", covered, repeats)
	}
}

func estimate(v, low, high float64) headroom.Estimate {
	return headroom.Estimate{Value: v, Low: low, High: high, Level: headroom.Level, N: 1, Identified: true}
}

// forecast of picks: a mean 10 % too high whose interval still holds it, a p95
// 20 % too low whose interval does not.
func forecast() headroom.Forecast {
	return headroom.Forecast{Processes: []headroom.ProcessForecast{{Process: "pick", Mean: estimate(0.55, 0.45, 0.6), Throughput: estimate(0.5, 0.49, 0.51),
		Percentile: map[string]headroom.Estimate{"50": estimate(0.5, 0.4, 0.6), "95": estimate(0.4, 0.3, 0.45)},
		Retries:    map[string]headroom.Estimate{"pick.validate": estimate(0.15, 0.05, 0.2)}}}}
}

func figure(t *testing.T, list []headroom.ProofFigure, what string) headroom.ProofFigure {
	t.Helper()
	i := slices.IndexFunc(list, func(g headroom.ProofFigure) bool { return g.What == what })
	if i < 0 {
		t.Fatalf("no figure of %s among %+v", what, list)
	}
	return list[i]
}

// rules score picks with so many journeys; its validations are taken for confirms.
func rules(least int) Rules {
	return Rules{Least: least, Operators: map[string]int{"pick": 1}, Confirms: []string{"pick.validate"}}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestFigures(t *testing.T) {
	slower := forecast()
	slower.Processes[0].Mean.Value = 0.5
	list := Figures(forecast(), &slower, measure(t, picks()), rules(500))
	mean, p95, x, retries := figure(t, list, headroom.ProofMean), figure(t, list, headroom.ProofP95), figure(t, list, headroom.ProofThroughput), figure(t, list, headroom.ProofRetries)
	if !near(mean.Error, 0.1) || !mean.Covered || !mean.Scored || mean.ErrorAtSpeed == nil || !near(*mean.ErrorAtSpeed, 0) {
		t.Errorf("mean %+v", mean)
	}
	if !near(p95.Error, -0.2) || p95.Covered || !p95.Scored {
		t.Errorf("p95 %+v", p95)
	}
	if !near(x.Error, 0) || !x.Covered || !x.Scored {
		t.Errorf("throughput %+v", x)
	}
	if retries.Class != "pick.validate" || !near(retries.Error, 0.5) || !retries.Scored {
		t.Errorf("retries %+v", retries)
	}
	if g := figure(t, list, headroom.ProofMedian); g.Scored || g.Why == "" {
		t.Errorf("the median is scored: %+v", g)
	}
}

func TestWhatIsNotScored(t *testing.T) {
	failing := picks()
	for i := 200; i < 220; i++ {
		failing.journeys[i].Outcome = headroom.Timeout
	}
	calm := picks()
	for i := range calm.server {
		calm.server[i].Tries = 1
	}
	for _, c := range []struct {
		run   fake
		what  string
		least int
		why   string
	}{
		{picks(), headroom.ProofMean, 501, "500 journeys, and 501 are wanted"},
		{failing, headroom.ProofP95, 100, "20 journeys failed"},
	} {
		g := figure(t, Figures(forecast(), nil, measure(t, c.run), rules(c.least)), c.what)
		if g.Scored || g.Why != c.why {
			t.Errorf("%s: scored %v because %q, want %q", c.what, g.Scored, g.Why, c.why)
		}
	}
	// A share that is forecast far too high is not left out because so little, or
	// nothing, came of it: it is held against what 16 of 500 would be.
	if g := figure(t, Figures(forecast(), nil, measure(t, calm), rules(100)), headroom.ProofRetries); !g.Scored || !near(g.Error, 0.15/0.032) || g.Covered {
		t.Errorf("15 %% forecast, none of 500 measured: %+v", g)
	}
	for i := range 4 {
		calm.server[100+i].Tries = 2
	}
	if g := figure(t, Figures(forecast(), nil, measure(t, calm), rules(100)), headroom.ProofRetries); !g.Scored || !near(g.Error, (0.15-0.008)/0.032) {
		t.Errorf("15 %% forecast, 4 of 500 measured: %+v", g)
	}
	rarely := forecast()
	rarely.Processes[0].Retries["pick.validate"] = estimate(0.01, 0, 0.02)
	if g := figure(t, Figures(rarely, nil, measure(t, calm), rules(100)), headroom.ProofRetries); g.Scored || g.Why != "4 requests were retried, and 16 are wanted" {
		t.Errorf("1 %% forecast, 4 of 500 measured: %+v", g)
	}
	// Throughput of open load is what was offered.
	for _, g := range Figures(forecast(), nil, measure(t, picks()), Rules{Least: 100}) {
		if g.What == headroom.ProofThroughput {
			t.Errorf("%+v without operators", g)
		}
	}
	m := measure(t, picks())
	if got := Unforecast(headroom.Forecast{}, m); !slices.Equal(got, []string{"pick"}) {
		t.Errorf("not forecast: %v", got)
	}
	if got := Figures(headroom.Forecast{}, nil, m, rules(1)); len(got) != 0 {
		t.Errorf("figures without a forecast: %+v", got)
	}
}

func TestScores(t *testing.T) {
	half := 0.5
	g := func(what string, err float64, covered, scored bool) headroom.ProofFigure {
		return headroom.ProofFigure{Process: "pick", What: what, Error: err, Covered: covered, Scored: scored, ErrorAtSpeed: &half}
	}
	proofs := []headroom.Proof{
		{Name: "a", Figures: []headroom.ProofFigure{g(headroom.ProofMean, 0.1, true, true), g(headroom.ProofMean, 9, false, false)}},
		{Name: "b", Figures: []headroom.ProofFigure{g(headroom.ProofMean, -0.3, false, true)},
			Capacity: &headroom.CapacityCheck{Forecast: estimate(1, 0.9, 1.1), Measured: estimate(0.98, 0.95, 1), Error: 0.02}},
		{Name: "c", Invalid: "the generator was late", Figures: []headroom.ProofFigure{g(headroom.ProofMean, 5, false, true)}},
	}
	got := map[string]headroom.Score{}
	for _, s := range Score(proofs) {
		got[s.What] = s
	}
	if s := got[headroom.ProofMean]; s.N != 2 || !near(s.Value, 0.2) || !near(s.Worst, 0.3) || s.Met == nil || *s.Met || s.AtSpeed == nil || !near(*s.AtSpeed, 0.5) {
		t.Errorf("mean %+v", s)
	}
	if s := got[headroom.ProofCapacity]; s.N != 1 || !near(s.Value, 1/0.98-1) || s.Met == nil || !*s.Met {
		t.Errorf("capacity %+v", s)
	}
	if s := got[headroom.ProofCoverage]; s.N != 3 || !near(s.Value, 2.0/3) || s.Met == nil || *s.Met {
		t.Errorf("coverage %+v", s)
	}
	if s := got[headroom.ProofP95]; s.N != 0 || s.Met != nil {
		t.Errorf("p95 without a figure: %+v", s)
	}
	failures := Failures(proofs)
	if len(failures) != 2 ||
		!strings.HasPrefix(failures[0], "b: pick mean is forecast 30 % too low; with the machine's speed taken out 50 % too high; its interval does not hold") ||
		!strings.HasPrefix(failures[1], "a: pick mean is forecast 10 % too high") {
		t.Errorf("failures %q", failures)
	}
}
