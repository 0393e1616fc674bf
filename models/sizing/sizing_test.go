package sizing

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// known is an estimate with an interval of some width, as a fraction.
func known(v, width float64) headroom.Estimate {
	return headroom.Estimate{Value: v, Low: v * (1 - width), High: v * (1 + width), Level: headroom.Level, Identified: true}
}

func model() headroom.Model {
	class := func(name string, app, db float64) headroom.ClassModel {
		return headroom.ClassModel{Name: name, Pooled: true, DatabaseCalls: 40, Overhead: 0.003, Delay: known(0.004, 0.2),
			Demand: map[string]headroom.Estimate{"app": known(app, 0.05), "database": known(db, 0.05)}, SCV: map[string]float64{"app": 0.3, "database": 0.4}}
	}
	m := headroom.Model{Headroom: 1, Plan: "pilot", Topologies: []string{"small"},
		Classes: []headroom.ClassModel{class("order.create", 0.06, 0.03), class("order.confirm", 0.1, 0.06), class("order.read", 0.01, 0.004),
			class("order.ship", 0.07, 0.05), class("scan.lookup", 0.012, 0.006), class("bi.read", 0, 0.3)},
		Journeys: []headroom.JourneyModel{
			{Process: "order", Steps: []string{"order.create", "order.confirm", "order.read", "order.ship"}, Visits: []float64{1, 1, 2, 1}},
			{Process: "scan", Steps: []string{"scan.lookup"}, Visits: []float64{1}},
			{Process: "bi", Steps: []string{"bi.read"}, Visits: []float64{1}}},
		Background:          map[string]headroom.Estimate{"app": known(0.02, 0.1), "database": known(0.03, 0.1)},
		MeasuredUtilization: map[string]float64{"app": 0.8, "database": 0.8}}
	m.Classes[5].Pooled = false
	return m
}

// withConflicts makes the order's rows hot.
func withConflicts(m headroom.Model, population float64) headroom.Model {
	m.Classes = append([]headroom.ClassModel(nil), m.Classes...)
	m.Classes[1].Rule = &headroom.ConflictRule{Group: "quant", Rows: 4, Population: population, At: 0.7}
	m.Classes[3].Rule = &headroom.ConflictRule{Group: "quant", Rows: 4, Population: population, At: 0.3}
	m.Conflicts = []headroom.ConflictModel{{Group: "quant", Population: known(population, 0.15)}}
	return m
}

func topology(name string, workers int, app, db float64) headroom.Topology {
	return headroom.Topology{Name: name, Web: headroom.Web{Workers: workers, Cores: app}, Database: headroom.Database{Cores: db}}
}

// schedule is Poisson: 60 s after a lead-in of 10 s, the rates times the scale.
func schedule(orders, scans, bi float64) Provider {
	return func(scale float64) (Load, error) {
		l := Load{Header: headroom.Header{Scale: scale, LeadIn: 10, Window: 60, Lanes: []headroom.Lane{{Name: "edi", Connections: 2}},
			Spans: []headroom.Span{{Name: "cutoff", From: 30, To: 70}}}}
		for p, rate := range []float64{orders, scans, bi} {
			l.Header.Processes = append(l.Header.Processes, headroom.ScheduledProcess{Name: []string{"order", "scan", "bi"}[p]})
			r := rand.New(rand.NewPCG(uint64(p), 5))
			for t := 0.0; ; {
				if t += r.ExpFloat64() / (rate * scale); t >= 70 {
					break
				}
				l.Arrivals = append(l.Arrivals, headroom.Arrival{At: time.Duration(t * 1e9), Seed: r.Uint64(), Process: uint16(p)})
			}
		}
		sort.SliceStable(l.Arrivals, func(a, b int) bool { return l.Arrivals[a].At < l.Arrivals[b].At })
		for i := range l.Arrivals {
			l.Arrivals[i].ID = uint64(i + 1)
		}
		return l, nil
	}
}

func plan() headroom.Plan {
	return headroom.Plan{Name: "pilot", Topologies: []headroom.Topology{topology("small", 3, 1, 1), topology("large", 4, 2, 1)},
		Objectives: []headroom.Objective{{Process: "order", Percentile: 95, Within: 2}, {Process: "scan", Percentile: 95, Within: 0.6}},
		Prices:     &headroom.Prices{Currency: "EUR", AppCoreMonth: 30, DatabaseCoreMonth: 60, GigabyteMonth: 4}}
}

func recommend(t *testing.T, m headroom.Model, p headroom.Plan, load Provider) headroom.Recommendation {
	t.Helper()
	r, err := Recommend(m, p, load, Options{Seed: 1, Parallel: 2})
	if err != nil {
		t.Fatal(err)
	}
	if testing.Verbose() {
		t.Logf("%s, met %v:\n  %s\n  warnings %q", r.Topology.Name, r.Met, strings.Join(r.Reasons, "\n  "), r.Warnings)
	}
	return r
}

func cost(r headroom.Recommendation) float64 { return *Cost(r.Topology, nil, plan().Prices) }

// More demand, a tighter objective and hotter rows each need more, or say that
// nothing is enough; a light load takes the cheapest.
func TestRecommendationMovesTheRightWay(t *testing.T) {
	load := schedule(2, 10, 0.2)
	base := recommend(t, model(), plan(), load)
	if !base.Met || base.Topology.Web.Cores != 1 {
		t.Fatalf("base: met %v on %g cores", base.Met, base.Topology.Web.Cores)
	}

	heavy := model()
	heavy.Classes[1].Demand["app"] = known(0.3, 0.05)
	if r := recommend(t, heavy, plan(), load); !(r.Topology.Web.Cores > base.Topology.Web.Cores) || !(cost(r) > cost(base)) {
		t.Errorf("three times the demand: %q at %.0f after %.0f", r.Topology.Name, cost(r), cost(base))
	}

	strict := plan()
	strict.Objectives = append([]headroom.Objective(nil), strict.Objectives...)
	strict.Objectives[0].Within = 1.3
	if r := recommend(t, model(), strict, load); !r.Met || !(cost(r) > cost(base)) {
		t.Errorf("a tighter objective: %q at %.0f after %.0f", r.Topology.Name, cost(r), cost(base))
	}
	strict.Objectives[0].Within = 0.1
	if r := recommend(t, model(), strict, load); r.Met || !strings.HasPrefix(r.Reasons[0], "No topology holds every objective") {
		t.Errorf("an impossible objective: met %v, %s", r.Met, r.Reasons[0])
	}

	hot := recommend(t, withConflicts(model(), 12), plan(), load)
	if hot.Met && cost(hot) <= cost(base) && hot.Workers >= base.Workers && hot.Forecast.Confidence >= base.Forecast.Confidence {
		t.Errorf("hot rows change nothing: %q, %.2f sure", hot.Topology.Name, hot.Forecast.Confidence)
	}
}

// With hot rows and short overlaps, few workers serve one transaction at a
// time; many let them destroy one another's work.
func TestFewerWorkersWin(t *testing.T) {
	p := plan()
	p.Topologies = []headroom.Topology{topology("eight", 8, 4, 4)}
	p.Objectives = []headroom.Objective{{Process: "order", Percentile: 95, Within: 4.5}}
	load := schedule(2.4, 1, 0.05)
	cool := recommend(t, model(), p, load)
	hot := recommend(t, withConflicts(model(), 20), p, load)
	if !hot.Met || hot.Workers >= 8 {
		t.Fatalf("hot rows: %d workers, met %v", hot.Workers, hot.Met)
	}
	listed := hot.Candidates[0].Forecast
	if listed.Meets || listed.Confidence >= hot.Forecast.Confidence {
		t.Errorf("8 workers on hot rows: meets %v, %.2f sure; %d: %.2f", listed.Meets, listed.Confidence, hot.Workers, hot.Forecast.Confidence)
	}
	if !cool.Candidates[0].Forecast.Meets {
		t.Error("8 workers do not hold without conflicts: the case shows nothing")
	}
	if !strings.Contains(strings.Join(hot.Reasons, " "), "more workers make it worse") {
		t.Errorf("the reasons do not say so: %q", hot.Reasons)
	}
}

func TestSameInputSameOutput(t *testing.T) {
	var first []byte
	for i, width := range []int{1, 2, 1} {
		r, err := Recommend(withConflicts(model(), 60), plan(), schedule(2, 5, 0.2), Options{Seed: 4, Parallel: width, Replications: 6, CapacityReplications: 3, SweepReplications: 3})
		if err != nil {
			t.Fatal(err)
		}
		d, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = d
		} else if !reflect.DeepEqual(first, d) {
			t.Error("recommendations differ")
		}
	}
}

func forecastOf(t *testing.T, m headroom.Model, top headroom.Topology, load Provider, objectives []headroom.Objective) headroom.Forecast {
	t.Helper()
	l, err := load(1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Forecast(m, top, l, objectives, Options{Seed: 1, Parallel: 2})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The forecast's figures follow from the schedule by hand where nothing waits.
func TestForecastOfALightLoad(t *testing.T) {
	m := model()
	for i := range m.Classes {
		for st, e := range m.Classes[i].Demand {
			m.Classes[i].Demand[st] = known(e.Value, 0)
		}
	}
	f := forecastOf(t, m, topology("big", 20, 16, 16), schedule(2, 10, 0.2), plan().Objectives)
	order := f.Processes[0]
	// create + confirm + 2 reads + ship: demands, delays and overheads.
	want := 0.09 + 0.16 + 2*0.014 + 0.12 + 5*0.007
	if math.Abs(order.Mean.Value/want-1) > 0.03 {
		t.Errorf("order mean %.4f, want %.4f", order.Mean.Value, want)
	}
	// 2/s of 0.25 s app, 10/s of 0.012 s, and 0.02 of background on 16 cores.
	if got, want := f.Utilization["app"].Value, (2*0.25+10*0.012+0.02)/16; math.Abs(got/want-1) > 0.15 {
		t.Errorf("app utilization %.4f, want about %.4f", got, want)
	}
	if !f.Meets || f.Confidence != 1 || !*order.Met || order.Journeys < 90 || order.Journeys > 150 {
		t.Errorf("meets %v, confidence %g, %d orders in the window", f.Meets, f.Confidence, order.Journeys)
	}
	for _, p := range f.Processes {
		if e := p.Percentile["95"]; !(e.Low <= e.Value && e.Value <= e.High && e.Low < e.High) {
			t.Errorf("%s p95: %+v", p.Process, e)
		}
	}
}

// Doubt in the estimates widens what is forecast.
func TestDoubtTravels(t *testing.T) {
	width := func(w float64) float64 {
		m := model()
		for i := range m.Classes {
			for st, e := range m.Classes[i].Demand {
				m.Classes[i].Demand[st] = known(e.Value, w)
			}
		}
		e := forecastOf(t, m, topology("small", 3, 1, 1), schedule(2, 10, 0.2), nil).Processes[0].Mean
		return e.High - e.Low
	}
	if sure, unsure := width(0), width(0.4); unsure < 1.5*sure {
		t.Errorf("interval %.3f s with sure estimates, %.3f s with wide ones", sure, unsure)
	}
}

func TestForecastWarns(t *testing.T) {
	m := model()
	m.MeasuredUtilization = map[string]float64{"app": 0.2, "database": 0.9}
	m.Journeys = m.Journeys[:2]
	f := forecastOf(t, m, topology("small", 3, 1, 1), schedule(2, 10, 0.2), []headroom.Objective{{Process: "bi", Percentile: 95, Within: 1}})
	all := strings.Join(f.Warnings, "\n")
	for _, want := range []string{`no journey of process "bi"`, "app is", "it extrapolates", `objective "bi p95 within 1 s" is not judged: none of it is scheduled`} {
		if !strings.Contains(all, want) {
			t.Errorf("warnings lack %q: %s", want, all)
		}
	}
	if strings.Contains(all, "database is") {
		t.Errorf("warns of the database: %s", all)
	}
}

// Objectives that no forecast speaks of change nothing but that they are listed.
func TestMeasuredObjectivesAreLeftOut(t *testing.T) {
	top, load := topology("small", 3, 1, 1), schedule(2, 10, 0.2)
	own := plan().Objectives
	more := append(slices.Clone(own), headroom.Objective{Measure: headroom.MeasureReplicationLag, AtMost: 1},
		headroom.Objective{Measure: headroom.MeasureSample, Sample: "redis/redis/used_memory", AtMost: 1})
	a, b := forecastOf(t, model(), top, load, own), forecastOf(t, model(), top, load, more)
	if len(b.Warnings) != len(a.Warnings)+2 || !strings.Contains(strings.Join(b.Warnings, "\n"), "replication_lag at most 1") || len(b.Objectives) != len(a.Objectives)+2 || b.Objectives[2].Met != nil {
		t.Errorf("warnings %q, objectives %+v", b.Warnings, b.Objectives)
	}
	b.Warnings, b.Objectives = a.Warnings, a.Objectives
	if !reflect.DeepEqual(a, b) {
		t.Errorf("the forecast changed: %+v, was %+v", b, a)
	}
}

func TestSharedHostSumsDemands(t *testing.T) {
	top := topology("one", 4, 2, 0)
	top.SharedHost = true
	s := System(model(), top)
	if len(s.Stations) != 1 || math.Abs(s.Stations[0].Servers-1.95) > 1e-12 {
		t.Errorf("stations %+v", s.Stations)
	}
	c := s.Classes[0]
	if math.Abs(c.Demand[Host]-0.09) > 1e-12 || math.Abs(c.SCV[Host]-(0.0036*0.3+0.0009*0.4)/0.0081) > 1e-12 {
		t.Errorf("class %+v", c)
	}
	if s.Pools[0].Backlog != 32 || s.Classes[5].Pool != headroom.NoPool {
		t.Errorf("pool %+v, bi in %q", s.Pools[0], s.Classes[5].Pool)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// Capacity falls with demand, and at it the objective is just held.
func TestCapacity(t *testing.T) {
	top, load := topology("small", 3, 1, 1), schedule(2, 10, 0.2)
	limit, err := Capacity(model(), top, load, plan().Objectives, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := limit.Capacity
	if c == nil || !(c.Low <= c.Value && c.Value <= c.High) || c.Value < 0.5 || c.Value > 3 {
		t.Fatalf("capacity %+v", c)
	}
	if !strings.Contains(limit.By, "busiest") || !strings.Contains(limit.By, "p95") {
		t.Errorf("limited by %q", limit.By)
	}
	heavy := model()
	heavy.Classes[1].Demand["app"] = known(0.2, 0.05)
	less, err := Capacity(heavy, top, load, plan().Objectives, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !(less.Capacity.Value < c.Value) {
		t.Errorf("capacity %.2f with more demand, %.2f without", less.Capacity.Value, c.Value)
	}
	for scale, want := range map[float64]bool{c.Value * 0.7: true, c.Value * 1.4: false} {
		l, _ := load(scale)
		f, err := Forecast(model(), top, l, plan().Objectives, Options{Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		if f.Meets != want {
			t.Errorf("at %.2f of the load, capacity %.2f: meets %v", scale, c.Value, f.Meets)
		}
	}
	never, err := Capacity(model(), top, load, []headroom.Objective{{Process: "order", Percentile: 95, Within: 0.01}}, Options{})
	if err != nil || never.Capacity != nil || len(never.Warnings) == 0 {
		t.Errorf("an impossible objective: %+v, %v", never, err)
	}
}

func TestCostsAndRuleOfThumb(t *testing.T) {
	p := plan().Prices
	small, large := *Cost(topology("s", 3, 1, 1), nil, p), *Cost(topology("l", 3, 2, 1), nil, p)
	if large-small != 30 {
		t.Errorf("a core more costs %g", large-small)
	}
	if got, want := *Cost(topology("s", 4, 1, 1), nil, p)-small, 324.8/1024*4; math.Abs(got-want) > 1e-9 {
		t.Errorf("a worker more costs %g, want %g", got, want)
	}
	if Cost(topology("s", 3, 1, 1), nil, nil) != nil {
		t.Error("a cost without prices")
	}
	if r := RuleOfThumb(topology("s", 3, 4, 1)); r.Workers != 9 || math.Abs(r.MemoryBytes-9*324.8*(1<<20)) > 1 {
		t.Errorf("rule of thumb %+v", r)
	}
}

func TestWrongInput(t *testing.T) {
	var wrong *headroom.InputError
	if _, err := Forecast(model(), topology("s", 0, 1, 1), Load{}, nil, Options{}); !errors.As(err, &wrong) || !strings.Contains(err.Error(), `topology "s", workers`) {
		t.Errorf("no workers: %v", err)
	}
	if _, err := Recommend(model(), headroom.Plan{}, schedule(1, 1, 1), Options{}); !errors.As(err, &wrong) {
		t.Errorf("no topology: %v", err)
	}
	fails := func(float64) (Load, error) { return Load{}, fmt.Errorf("calendar: no such day") }
	if _, err := Recommend(model(), plan(), fails, Options{}); err == nil || !strings.Contains(err.Error(), "no such day") {
		t.Errorf("a provider that fails: %v", err)
	}
}

// 1,500 journeys in 70 s, 20 replications.
func BenchmarkForecast(b *testing.B) {
	l, _ := schedule(4, 17, 0.4)(1)
	b.Logf("%d journeys", len(l.Arrivals))
	for b.Loop() {
		if _, err := Forecast(withConflicts(model(), 200), topology("t", 6, 2, 1), l, plan().Objectives, Options{Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecommend(b *testing.B) {
	p := plan()
	p.Topologies = append(p.Topologies, topology("xl", 6, 4, 2))
	for b.Loop() {
		if _, err := Recommend(withConflicts(model(), 200), p, schedule(4, 17, 0.4), Options{Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
}

// 10 minutes of 12,000 journeys, which must take less than a minute on one core.
func BenchmarkCapacity(b *testing.B) {
	load := func(scale float64) (Load, error) {
		l := Load{Header: headroom.Header{Scale: scale, LeadIn: 10, Window: 600}}
		for p, rate := range []float64{4, 16, 0.3} {
			l.Header.Processes = append(l.Header.Processes, headroom.ScheduledProcess{Name: []string{"order", "scan", "bi"}[p]})
			r := rand.New(rand.NewPCG(uint64(p), 5))
			for t := 0.0; ; {
				if t += r.ExpFloat64() / (rate * scale); t >= 610 {
					break
				}
				l.Arrivals = append(l.Arrivals, headroom.Arrival{At: time.Duration(t * 1e9), Seed: r.Uint64(), Process: uint16(p)})
			}
		}
		slices.SortStableFunc(l.Arrivals, func(a, b headroom.Arrival) int { return int(a.At - b.At) })
		return l, nil
	}
	for b.Loop() {
		limit, err := Capacity(withConflicts(model(), 200), topology("t", 6, 2, 1), load, plan().Objectives, Options{Seed: 1})
		if err != nil || limit.Capacity == nil {
			b.Fatal(limit, err)
		}
		b.ReportMetric(limit.Capacity.Value, "capacity")
	}
}
