package analyse

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sizing"
)

// crowded is a two-step warehouse with an office, a rush that is more than it
// carries, and hot rows, so that nothing is met by chance.
func crowded() (headroom.Model, headroom.Topology, sizing.Load) {
	known := func(v float64) headroom.Estimate {
		return headroom.Estimate{Value: v, Low: 0.9 * v, High: 1.1 * v, Level: headroom.Level, Identified: true}
	}
	m := headroom.Model{Headroom: 1, Background: map[string]headroom.Estimate{"app": known(0.05)}, MeasuredUtilization: map[string]float64{}}
	for i, p := range []string{"order", "pick", "ship", "scan"} {
		j := headroom.JourneyModel{Process: p, Steps: []string{p + ".find", p + ".write"}, Visits: []float64{1, 1}}
		for n, step := range j.Steps {
			k := headroom.ClassModel{Name: step, Pooled: true, Count: 100, DatabaseCalls: 10, Overhead: 0.002, Delay: known(0.002),
				Demand: map[string]headroom.Estimate{"app": known(0.04 + 0.03*float64(n)), "database": known(0.03)}, SCV: map[string]float64{"app": 0.5, "database": 0.5}}
			if n == 1 && i < 2 {
				k.Rule = &headroom.ConflictRule{Group: "quant", Rows: 2, Population: 20, At: 0.5, Documents: true}
			}
			m.Classes = append(m.Classes, k)
		}
		m.Journeys = append(m.Journeys, j)
	}
	l := sizing.Load{Header: headroom.Header{Seed: 3, Scale: 1, LeadIn: 20, Window: 240, Catalogue: headroom.Catalogue{Products: 60, Popularity: 1, OpenOrders: 4},
		Sites: []headroom.ScheduledSite{{Name: "hub", Database: "one", Users: 9}, {Name: "annex", Database: "two", Users: 9}},
		Processes: []headroom.ScheduledProcess{{Name: "order", Scenario: "order_entry", Lines: headroom.Lines{Mean: 3, Max: 9}}, {Name: "pick", Scenario: "pick", ThinkTime: 3, ThinkSCV: 1},
			{Name: "ship", Scenario: "ship", ThinkTime: 3, ThinkSCV: 1}, {Name: "scan", Scenario: "scan"}},
		Spans: []headroom.Span{{Name: "rush", From: 80, To: 130}, {Name: "late", From: 180, To: 200, Sites: []string{"annex"}}}}}
	r := rand.New(rand.NewPCG(4, 2))
	seconds := func(t float64) time.Duration { return time.Duration(t * 1e9) }
	for i := range 12 {
		l.Arrivals = append(l.Arrivals, headroom.Arrival{Seed: r.Uint64(), Kind: headroom.Closed, Process: uint16(1 + i%2), Site: uint16(i / 2 % 2), Until: seconds(260)})
	}
	for p, rate := range map[uint16]float64{0: 1.2, 3: 5} {
		for t := 0.0; ; {
			by := rate
			if t > 80 && t < 130 {
				by *= 3
			}
			if t += r.ExpFloat64() / by; t >= 260 {
				break
			}
			a := headroom.Arrival{At: seconds(t), Seed: r.Uint64(), Process: p, Site: uint16(r.IntN(2))}
			if p == 0 {
				a.Due = seconds(t + 25)
			}
			l.Arrivals = append(l.Arrivals, a)
		}
	}
	slices.SortStableFunc(l.Arrivals, func(a, b headroom.Arrival) int { return int(a.At - b.At) })
	for i := range l.Arrivals {
		l.Arrivals[i].ID = uint64(i + 1)
	}
	return m, headroom.Topology{Name: "t", Web: headroom.Web{Workers: 5, Cores: 1.2}, Database: headroom.Database{Cores: 1}}, l
}

// A forecast means what a run means: the records of one replication, judged as
// a run, give the figures that the forecast of it has.
func TestForecastsMeanWhatRunsMean(t *testing.T) {
	m, top, l := crowded()
	var list []headroom.Objective
	for _, o := range []headroom.Objective{
		{Process: "order", Percentile: 95, Within: 1}, {Process: "pick", Percentile: 50, Within: 0.5}, {Measure: headroom.MeasureErrorShare, AtMost: 0.01},
		{Measure: headroom.MeasureAttainment, AtLeast: 0.9}, {Measure: headroom.MeasureAttainment, Documents: "delivery", AtLeast: 0.9},
		{Measure: headroom.MeasureAppCPU, AtMost: 0.8}, {Measure: headroom.MeasureDatabaseCPU, AtMost: 0.8}, {Measure: headroom.MeasureConflictShare, AtMost: 0.1}, {Measure: headroom.MeasureConflictShare, Process: "order", AtMost: 0.1},
	} {
		for _, peak := range []string{"", "rush", "late"} {
			for _, phase := range []string{"", "before", "after"} {
				for _, site := range []string{"", "hub", "annex"} {
					for _, sliding := range []float64{0, 30} {
						if phase != "" && (peak == "" || o.Measure == headroom.MeasureAttainment) || sliding > 0 && o.Measure == headroom.MeasureAttainment {
							continue
						}
						o.Peak, o.Phase, o.Site, o.Sliding = peak, phase, site, sliding
						list = append(list, o)
					}
				}
			}
		}
	}
	for _, peak := range []string{"rush", "late"} {
		for _, bound := range []float64{5, 1000} {
			list = append(list, headroom.Objective{Measure: headroom.MeasureDrain, Peak: peak, AtMost: bound})
		}
	}
	o := sizing.Options{Seed: 5, Replications: 1}
	f, err := sizing.Forecast(m, top, l, list, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := sizing.Replicate(m, top, l, o, 0)
	if err != nil {
		t.Fatal(err)
	}
	run := fake{info: headroom.RunInfo{Complete: true, Schedule: l.Header, Topology: top, Plan: headroom.Plan{Sites: []headroom.Site{{Name: "hub", Database: "one"}, {Name: "annex", Database: "two"}}}},
		journeys: r.Journeys, documents: r.Documents, samples: r.Samples, requests: r.Requests, server: r.Server}
	figures := 0
	for i, x := range list {
		judged := judgeOf(t, run, x)
		got := f.Objectives[i]
		same := (got.Value == nil) == (judged.Value == nil) && (got.Met == nil) == (judged.Met == nil) && (got.Met == nil || *got.Met == *judged.Met)
		if same && got.Value != nil {
			figures++
			tolerance := 1e-9
			if x.Sliding > 0 && (x.Measure == headroom.MeasureAppCPU || x.Measure == headroom.MeasureDatabaseCPU) {
				tolerance = 0.01 // windows of a forecast begin at full seconds of the part
			}
			same = math.Abs(got.Value.Value-judged.Value.Value) <= tolerance
		}
		if !same {
			t.Errorf("%s: forecast %s, judged as a run %s", Name(x), told(got), told(judged))
		}
	}
	if figures < len(list)*3/4 {
		t.Errorf("only %d of %d objectives had a figure", figures, len(list))
	}
	// Where none fails, so do the processes: forecasts count one that fails as the
	// longest, as comparisons do.
	report, compared := reportOf(t, run), 0
	for _, p := range f.Processes {
		for _, q := range report.Processes {
			if q.Process != p.Process || q.Outcomes[headroom.Conflict]+q.Outcomes[headroom.Aborted] > 0 {
				continue
			}
			compared++
			if q.Done != p.Journeys || math.Abs(q.Mean.Value-p.Mean.Value) > 1e-9 || math.Abs(q.Percentile["95"].Value-p.Percentile["95"].Value) > 1e-9 || math.Abs(q.Throughput-p.Throughput.Value) > 1e-9 {
				t.Errorf("%s: forecast %+v, as a run %+v, %d done, %g/s", p.Process, p.Mean, q.Mean, q.Done, q.Throughput)
			}
		}
	}
	if compared < 2 {
		t.Errorf("only %d processes were compared", compared)
	}
}

func told(r headroom.ObjectiveReport) string {
	s := "no figure"
	if r.Value != nil {
		s = fmt.Sprintf("%.6g", r.Value.Value)
	}
	if r.Met != nil {
		s += fmt.Sprintf(", met %v", *r.Met)
	}
	return s + " (" + r.Reason + ")"
}
