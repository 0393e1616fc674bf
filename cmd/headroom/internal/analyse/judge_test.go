package analyse

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// naive is the highest figure over windows of a width that begin at every time,
// TestSlidingResponses has one slow order a window: journeys each 10 s from 10 s
// on take 1 s, those at 40 s and 50 s take 9 s and 8 s.
func TestSlidingResponses(t *testing.T) {
	f := complete(10, 100)
	for at := 10.0; at < 110; at += 10 {
		took := 1.0
		switch at {
		case 40:
			took = 9
		case 50:
			took = 8
		}
		f.journeys = append(f.journeys, journey(at, took))
	}
	o := headroom.Objective{Process: "order", Percentile: 50, Within: 8}
	for _, c := range []struct {
		sliding, value float64
		n              int
	}{
		{0, 1, 10},       // the median of all
		{10, 9, 1},       // a window that holds the order at 40 s alone
		{20, 8, 2},       // two: the median is the smaller one
		{30, 8, 3},       // three, two of them slow
		{50, 1, 5},       // every window of four or five has a median of 1 s
		{1000, 1, 10},    // as long as the window, and longer
		{100, 1, 10},     // exactly as long
		{0.001, 9, 1},    // shorter than the gaps between journeys
		{10.001, 9, 1},   // two fit into one, but so does the one of 40 s alone
		{9.999999, 9, 1}, // never two
	} {
		o.Sliding = c.sliding
		j := judgeOf(t, f, o)
		want := c.value
		if j.Value == nil || j.Value.Value != want || c.n != j.Value.N || (j.At == nil) != (c.sliding == 0) {
			t.Errorf("in every %g s: %+v, %+v, want %g", c.sliding, j, j.Value, want)
			continue
		}
		if met := want <= 8; j.Met == nil || *j.Met != met {
			t.Errorf("in every %g s: met %v", c.sliding, j.Met)
		}
		if j.At != nil && (*j.At < 10 || *j.At > math.Max(10, 110-c.sliding)) {
			t.Errorf("in every %g s: the worst begins at %g", c.sliding, *j.At)
		}
	}
}

func TestAllFailed(t *testing.T) {
	f := complete(0, 100)
	for i := range 20 {
		f.journeys = append(f.journeys, failing(journey(float64(i), 2), headroom.Fault, "Internal Server Error"))
	}
	f.info.Plan.Objectives = []headroom.Objective{{Process: "order", Percentile: 95, Within: 3}, {Measure: headroom.MeasureErrorShare, AtMost: 0.5}, {Process: "order", Percentile: 95, Within: 3, Sliding: 10}}
	r := reportOf(t, f)
	for _, o := range r.Objectives {
		if o.Met == nil || *o.Met {
			t.Errorf("%s: %+v", o.Name, o)
		}
	}
	if o := r.Objectives[0]; o.Value != nil || !o.Sure || o.Reason != "20 of 20 journeys failed: the percentile lies among them" {
		t.Errorf("%+v", o)
	}
	if o := r.Objectives[1]; o.Value == nil || o.Value.Value != 1 || !o.Sure {
		t.Errorf("%+v %+v", o, o.Value)
	}
	if p := r.Processes[0]; p.Met == nil || *p.Met || p.Mean != nil || p.Done != 0 {
		t.Errorf("%+v", p)
	}
	if len(r.Errors) != 1 || r.Errors[0].Count != 20 || r.Errors[0].Cause != "Internal Server Error" || r.Errors[0].At != 2 {
		t.Errorf("errors %+v", r.Errors)
	}
	plainJSON(t, r)
}

// plainJSON wants a report that JSON can hold, which knows neither NaN nor
// infinity.
func plainJSON(t *testing.T, r headroom.RunReport) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// everyMeasure has an objective of each kind, whole, of a phase, and sliding.
func everyMeasure() []headroom.Objective {
	var out []headroom.Objective
	for _, m := range headroom.Measures() {
		o := headroom.Objective{Measure: m, Peak: "cutoff", AtMost: 0.5, AtLeast: 0.5, Sample: "redis/redis/used_memory_bytes"}
		if m == headroom.MeasureResponse {
			o.Process, o.Percentile, o.Within = "order", 95, 1
		}
		sliding, after := o, o
		sliding.Sliding, sliding.Peak, after.Phase = 10, "", "after"
		out = append(out, o, sliding, after)
	}
	return out
}

func TestRunsOfNextToNothing(t *testing.T) {
	for what, list := range map[string][]headroom.Journey{"nothing": nil, "one journey": {journey(60, 1)}, "one that failed": {failing(journey(60, 1), headroom.Timeout, "")},
		"one that never began": {failing(journey(60, 0), headroom.Aborted, "the run ended")}, "one that found nothing to do": {failing(journey(60, 0.1), headroom.NothingToDo, "")}} {
		f := complete(50, 100, headroom.Span{Name: "cutoff", From: 55, To: 90})
		f.journeys = list
		f.info.Plan.Objectives = everyMeasure()
		r := reportOf(t, f)
		if text := plainJSON(t, r); !strings.Contains(text, `"drain":`) || len(r.Objectives) != 3*len(headroom.Measures()) {
			t.Errorf("%s: %s", what, text)
		}
		f.info.Complete, f.info.Reason = false, "killed"
		r = reportOf(t, f)
		for _, o := range r.Objectives {
			if o.Met != nil || o.Reason == "" {
				t.Errorf("%s, cut off: %s is judged: %+v", what, o.Name, o)
			}
		}
		plainJSON(t, r)
	}
}

func TestOneJourney(t *testing.T) {
	f := complete(0, 100)
	f.journeys = []headroom.Journey{journey(60, 1)}
	j := judgeOf(t, f, headroom.Objective{Process: "order", Percentile: 95, Within: 1})
	if j.Met == nil || !*j.Met || j.Sure || j.Value.Value != 1 || j.Value.N != 1 {
		t.Errorf("%+v %+v", j, j.Value)
	}
}

// TestSureness has the median of a thousand journeys, uniform from 0 to 2 s:
// about 1 s, give or take 0.05 s.
func TestSureness(t *testing.T) {
	f := complete(0, 1000)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 1000 {
		f.journeys = append(f.journeys, journey(float64(i), 2*r.Float64()))
	}
	for within, want := range map[float64][2]bool{0.5: {false, true}, 1.5: {true, true}} {
		j := judgeOf(t, f, headroom.Objective{Process: "order", Percentile: 50, Within: within})
		if *j.Met != want[0] || j.Sure != want[1] {
			t.Errorf("within %g s: %+v %+v", within, j, j.Value)
		}
	}
	median := judgeOf(t, f, headroom.Objective{Process: "order", Percentile: 50, Within: 1}).Value.Value
	for within, met := range map[float64]bool{median: true, math.Nextafter(median, 0): false} {
		j := judgeOf(t, f, headroom.Objective{Process: "order", Percentile: 50, Within: within})
		if *j.Met != met || j.Sure || j.Value.Low >= median || j.Value.High <= median {
			t.Errorf("at the bound: %+v %+v", j, j.Value)
		}
	}
}

// TestServers has an app of 2 cores whose counter grows by 0.5/s, in [40, 60) by
// 1.6/s; a lag of 0.1 s with 3 s at 55 s; a log in which one of four lost a try.
func TestServers(t *testing.T) {
	f := complete(0, 100, headroom.Span{Name: "cutoff", From: 40, To: 60})
	f.info.Topology = headroom.Topology{Web: headroom.Web{Workers: 4, Cores: 2}, Database: headroom.Database{Cores: 1}}
	f.journeys = []headroom.Journey{journey(50, 1)}
	busy := 0.0
	for i := range 101 {
		at := float64(i)
		f.samples = append(f.samples, headroom.Sample{T: at, Probe: "process", Subject: "web", Metric: "cpu_seconds", Value: busy})
		if busy += 0.5; at >= 40 && at < 60 {
			busy += 1.1
		}
		lag := 0.1
		if i == 55 {
			lag = 3
		}
		f.samples = append(f.samples, headroom.Sample{T: at, Probe: "postgres", Subject: "replica", Metric: lagMetric, Value: lag},
			headroom.Sample{T: at, Probe: "redis", Subject: "redis", Metric: "used_memory_bytes", Value: 1000 + at})
	}
	for i := range 8 {
		f.requests = append(f.requests, headroom.Request{Arrival: uint64(i + 1), N: 1, Site: "hub", Process: "order", Start: float64(10 * i), End: float64(10*i) + 1, Outcome: headroom.OK})
		f.server = append(f.server, headroom.ServerRequest{End: float64(10*i) + 1, Arrival: uint64(i + 1), N: 1, Tries: 1 + (i+1)/4%2})
	}
	for _, c := range []struct {
		what  string
		o     headroom.Objective
		value float64
		at    float64
	}{
		{"app CPU: 72 s of 200", headroom.Objective{Measure: headroom.MeasureAppCPU}, 0.36, -1},
		{"in the peak", headroom.Objective{Measure: headroom.MeasureAppCPU, Peak: "cutoff"}, 0.8, -1},
		{"in the busiest 20 s", headroom.Objective{Measure: headroom.MeasureAppCPU, Sliding: 20}, 0.8, 40},
		{"in the busiest 40 s: half of them", headroom.Objective{Measure: headroom.MeasureAppCPU, Sliding: 40}, 0.525, 20},
		{"lag at its highest", headroom.Objective{Measure: headroom.MeasureReplicationLag}, 3, -1},
		{"before the peak", headroom.Objective{Measure: headroom.MeasureReplicationLag, Peak: "cutoff", Phase: "before"}, 0.1, -1},
		{"mean of ten readings", headroom.Objective{Measure: headroom.MeasureReplicationLag, Sliding: 10}, 0.39, -2},
		{"a gauge", headroom.Objective{Measure: headroom.MeasureSample, Sample: "redis/redis/used_memory_bytes"}, 1099, -1},
		{"conflicts: the 4th to the 7th of eight", headroom.Objective{Measure: headroom.MeasureConflictShare}, 0.5, -1},
		{"in the worst 40 s", headroom.Objective{Measure: headroom.MeasureConflictShare, Process: "order", Sliding: 40}, 1, -2},
	} {
		j := judgeOf(t, f, c.o)
		if j.Value == nil || math.Abs(j.Value.Value-c.value) > 1e-9 || j.Value.Low > j.Value.Value || j.Value.High < j.Value.Value || j.Value.Level != headroom.Level {
			t.Errorf("%s: %+v %+v, want %g", c.what, j, j.Value, c.value)
			continue
		}
		if (j.At == nil) != (c.at == -1) || c.at >= 0 && !near(*j.At, c.at) {
			t.Errorf("%s: worst at %v", c.what, deref(j.At))
		}
	}
	f.server = nil
	for what, o := range map[string]headroom.Objective{
		"no request log":             {Measure: headroom.MeasureConflictShare},
		"database's CPU was not obs": {Measure: headroom.MeasureDatabaseCPU},
		"no probe gave":              {Measure: headroom.MeasureSample, Sample: "redis/redis/connected_clients"},
	} {
		if j := judgeOf(t, f, o); j.Met != nil || j.Value != nil || !strings.Contains(j.Reason, what) {
			t.Errorf("%s: %+v", what, j)
		}
	}
	f.samples = nil
	if j := judgeOf(t, f, headroom.Objective{Measure: headroom.MeasureReplicationLag}); j.Value != nil || j.Reason != "no replica was observed" {
		t.Errorf("without a replica: %+v", j)
	}
}

func TestNames(t *testing.T) {
	for want, o := range map[string]headroom.Objective{
		"order p95 within 5 s during cutoff":                          {Process: "order", Percentile: 95, Within: 5, Peak: "cutoff"},
		"order p95 within 800 ms after cutoff at hub":                 {Process: "order", Percentile: 95, Within: 0.8, Peak: "cutoff", Phase: "after", Site: "hub"},
		"errors of all journeys at most 0.1 %":                        {Measure: headroom.MeasureErrorShare, AtMost: 0.001},
		"order errors at most 1.0 % in every 60 s":                    {Measure: headroom.MeasureErrorShare, Process: "order", AtMost: 0.01, Sliding: 60},
		"delivery documents done in time at least 98 % during cutoff": {Measure: headroom.MeasureAttainment, Documents: "delivery", AtLeast: 0.98, Peak: "cutoff"},
		"backlog of cutoff gone within 10 min":                        {Measure: headroom.MeasureDrain, Peak: "cutoff", AtMost: 600},
		"database CPU at most 80 %":                                   {Measure: headroom.MeasureDatabaseCPU, AtMost: 0.8},
		"replicas behind at most 1 s":                                 {Measure: headroom.MeasureReplicationLag, AtMost: 1},
		"redis/redis/used_memory_bytes at most 1e+09":                 {Measure: headroom.MeasureSample, Sample: "redis/redis/used_memory_bytes", AtMost: 1e9},
	} {
		if got := Name(o); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
