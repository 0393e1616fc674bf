package analyse

import (
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// observedUntil is a run of 100 s of which a probe saw so much, at a value.
func observedUntil(until int, value float64) fake {
	f := complete(0, 100)
	f.info.Topology = headroom.Topology{Web: headroom.Web{Workers: 4, Cores: 1}, Database: headroom.Database{Cores: 1}}
	for i := range until + 1 {
		at := float64(i)
		f.samples = append(f.samples, headroom.Sample{T: at, Probe: "process", Subject: "web", Metric: "cpu_seconds", Value: value * at},
			headroom.Sample{T: at, Probe: "postgres", Subject: "replica", Metric: lagMetric, Value: value})
	}
	return f
}

// TestHalfSeenIsNotSure: a probe that ended early says nothing of what came
// then; but a gauge that was beyond its bound was.
func TestHalfSeenIsNotSure(t *testing.T) {
	for _, c := range []struct {
		what    string
		measure string
		until   int
		value   float64
		sliding float64
		met     bool
		sure    bool
	}{
		{"CPU, all of it", headroom.MeasureAppCPU, 100, 0.2, 0, true, true},
		{"CPU, a third", headroom.MeasureAppCPU, 33, 0.2, 0, true, false},
		{"CPU, a third, too much", headroom.MeasureAppCPU, 33, 0.8, 0, false, false},
		{"lag, all of it", headroom.MeasureReplicationLag, 100, 0.2, 0, true, true},
		{"lag, 99 %", headroom.MeasureReplicationLag, 98, 0.2, 0, true, true},
		{"lag, a third", headroom.MeasureReplicationLag, 33, 0.2, 0, true, false},
		{"lag, a third, sliding", headroom.MeasureReplicationLag, 33, 0.2, 10, true, false},
		{"lag, once", headroom.MeasureReplicationLag, 0, 0.2, 0, true, false},
		{"lag, a third, too much", headroom.MeasureReplicationLag, 33, 0.8, 0, false, true},
	} {
		j := judgeOf(t, observedUntil(c.until, c.value), headroom.Objective{Measure: c.measure, AtMost: 0.5, Sliding: c.sliding})
		if j.Met == nil || *j.Met != c.met || j.Sure != c.sure {
			t.Errorf("%s: %+v %+v", c.what, j, j.Value)
		}
		if seen := c.until >= 90; seen != (j.Reason == "") && !(c.sure && !c.met) {
			t.Errorf("%s: reason %q", c.what, j.Reason)
		}
	}
}

// TestConflictsOfAPartOfTheLog has a log that was read for the first half of
// 200 requests, none of which lost a try.
func TestConflictsOfAPartOfTheLog(t *testing.T) {
	f := complete(0, 200)
	for i := range 200 {
		at := float64(i)
		f.journeys = append(f.journeys, journey(at, 0.5))
		f.requests = append(f.requests, headroom.Request{Arrival: f.journeys[i].Arrival, N: 1, Site: "hub", Process: "order", Protocol: "jsonrpc", Start: at, End: at + 0.5, Outcome: headroom.OK},
			headroom.Request{Arrival: f.journeys[i].Arrival, N: 2, Site: "hub", Process: "order", Protocol: "sql", Start: at, End: at + 0.5, Outcome: headroom.OK})
		f.server = append(f.server, headroom.ServerRequest{End: at + 0.5, Arrival: f.journeys[i].Arrival, N: 1, Tries: 1})
	}
	o := headroom.Objective{Measure: headroom.MeasureConflictShare, AtMost: 0.2}
	if j := judgeOf(t, f, o); j.Met == nil || !*j.Met || !j.Sure || j.Reason != "" {
		t.Errorf("the whole log: %+v %+v", j, j.Value)
	}
	f.server = f.server[:100]
	for _, sliding := range []float64{0, 90} {
		o.Sliding = sliding
		if j := judgeOf(t, f, o); j.Met == nil || !*j.Met || j.Sure || !strings.Contains(j.Reason, "100 of 200") {
			t.Errorf("half of it: %+v %+v", j, j.Value)
		}
	}
}

// TestCPUOfAPeakElsewhere has a stack for each of two sites, of which only hub
// has the peak: what the other's CPU did then is no matter of it.
func TestCPUOfAPeakElsewhere(t *testing.T) {
	f := complete(0, 100, headroom.Span{Name: "cutoff", From: 40, To: 60, Sites: []string{"hub"}})
	stack := func(site string) headroom.Topology {
		return headroom.Topology{Name: site, Sites: []string{site}, Web: headroom.Web{Workers: 2, Cores: 1}, Database: headroom.Database{Cores: 1}}
	}
	f.info.Plan.Sites = []headroom.Site{{Name: "hub"}, {Name: "north"}}
	f.info.Topology = headroom.Topology{Stacks: []headroom.Topology{stack("hub"), stack("north")}}
	for i := range 101 {
		for name, cores := range map[string]float64{"hub": 0.3, "north": 0.9} {
			f.samples = append(f.samples, headroom.Sample{T: float64(i), Probe: "process", Subject: name + "/web", Metric: "cpu_seconds", Value: cores * float64(i)})
		}
	}
	for peak, want := range map[string]float64{"": 0.9, "cutoff": 0.3} {
		j := judgeOf(t, f, headroom.Objective{Measure: headroom.MeasureAppCPU, Peak: peak, AtMost: 0.5})
		if j.Value == nil || !near(j.Value.Value, want) {
			t.Errorf("peak %q: %+v %+v, want %g", peak, j, j.Value, want)
		}
	}
}

// TestWorkThatWasGivenUpStays: a run that is stopped at 250 s gives up two
// journeys of the peak, one of which had begun. That is no drain.
func TestWorkThatWasGivenUpStays(t *testing.T) {
	f := cutoff()
	f.info.Complete, f.info.Reason = false, "a stop rule"
	begun, never, notDue := failing(journey(150, 100), headroom.Aborted, ""), failing(journey(160, 0), headroom.Aborted, ""), failing(journey(300, 0), headroom.Aborted, "")
	never.Start, never.End = 250, 250
	f.journeys = []headroom.Journey{journey(140, 20), begun, never, notDue}
	for _, documents := range [][]headroom.DocumentEvent{nil, {{T: 170, Arrival: begun.Arrival, Site: "hub", Kind: "delivery", Document: 1, Due: 390}}} {
		f.documents = documents // of the journey that was given up: the same work
		if p := reportOf(t, f).Peaks[0]; p.Drain != nil || p.Unfinished != 50 || p.BacklogTo != 2 || p.BacklogMost != 2 {
			t.Errorf("%d documents: %+v", len(documents), p)
		}
	}
}

// TestSharedHost has one host of 2 cores, of which the web uses 1 and the
// database 0.5: either's CPU is the host's.
func TestSharedHost(t *testing.T) {
	f := observedUntil(100, 1)
	f.info.Topology = headroom.Topology{Web: headroom.Web{Workers: 4, Cores: 2}, SharedHost: true}
	for i := range 101 {
		f.samples = append(f.samples, headroom.Sample{T: float64(i), Probe: "process", Subject: "database", Metric: "cpu_seconds", Value: 0.5 * float64(i)})
	}
	for _, m := range []string{headroom.MeasureAppCPU, headroom.MeasureDatabaseCPU} {
		if j := judgeOf(t, f, headroom.Objective{Measure: m, AtMost: 0.7}); j.Value == nil || !near(j.Value.Value, 0.75) || *j.Met {
			t.Errorf("%s: %+v %+v", m, j, j.Value)
		}
	}
}
