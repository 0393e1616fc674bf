package results

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results/stats"
)

// day is a run with known figures: 100 orders scheduled each second from 0,
// answered after i ms of response time, the first 20 before the window.
func day() headroom.Records {
	var rs headroom.Records
	for i := 1; i <= 100; i++ {
		t := float64(i - 1)
		id := uint64(i)
		rs.Journeys = append(rs.Journeys, headroom.Journey{
			Arrival: id, Site: []string{"hub", "north"}[i%2], Process: "order", Scheduled: t, Start: t + 0.003,
			End: t + float64(i)/1000, TimerLate: 0.001, VUWait: 0.002, Outcome: headroom.OK, Lines: 1,
		})
		for n, step := range []string{"create", "approve"} {
			r := headroom.Request{
				Arrival: id, N: n + 1, Site: "hub", Process: "order", Step: step, Protocol: "jsonrpc",
				Start: t + float64(n), End: t + float64(n) + 0.5, Outcome: headroom.OK, Status: 200,
			}
			s := headroom.ServerRequest{End: r.End, PID: 1, Database: "hub", Arrival: id, N: n + 1, Status: 200, Queries: 10, SQL: 0.1, Other: 0.2, Tries: 1}
			if step == "approve" && i%4 == 0 { // every fourth lost two tries and slept
				s.Other, s.Sleep, s.Tries = 0.3, 0.15, 3
			}
			rs.Requests = append(rs.Requests, r)
			rs.Server = append(rs.Server, s)
		}
	}
	failed := func(t float64, o headroom.Outcome, why string) headroom.Journey {
		return headroom.Journey{Arrival: uint64(1000 + t), Site: "hub", Process: "order", Scheduled: t, End: t + 30, Outcome: o, Error: why}
	}
	rs.Journeys = append(rs.Journeys,
		failed(50, headroom.Fault, "first"), failed(51, headroom.Fault, "second"), failed(52, headroom.Timeout, "late"),
		headroom.Journey{Arrival: 2000, Process: "invoice", Scheduled: 60, End: 60.1, Outcome: headroom.NothingToDo},
	)
	rs.Requests = append(rs.Requests, headroom.Request{Arrival: 2000, N: 1, Process: "invoice", Step: "read", Protocol: "sql", Start: 60, End: 60.1, Outcome: headroom.OK})
	rs.Server = append(rs.Server, headroom.ServerRequest{End: 61, Path: "/web/health"})
	rs.Gaps = []headroom.Gap{{T: 5, Probe: "postgres", Reason: "gone"}, {T: 9, Probe: "postgres", Reason: "still gone"}}
	return rs
}

func close9(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestSummaryOfKnownRun(t *testing.T) {
	run := newBundle(t, map[string][]headroom.Records{"k6": {day()}})
	s, err := Summarize(run, 20, 100)
	must(t, err)
	p := s.Process("order")
	if p == nil || p.Journeys != 83 || p.OK != 80 || p.Failed != 3 || p.NothingToDo != 0 {
		t.Fatalf("order: %+v", p)
	}
	// Response times in the window: 21 to 100 ms.
	if !close9(p.Mean.Value, 0.0605) || !close9(p.P50.Value, 0.060) || !close9(p.P95.Value, 0.096) || !close9(p.P99.Value, 0.100) || !close9(*p.Max, 0.1) {
		t.Errorf("mean %v p50 %v p95 %v p99 %v max %v", p.Mean.Value, p.P50.Value, p.P95.Value, p.P99.Value, *p.Max)
	}
	if !p.P95.Identified || p.P99.Identified || p.Mean.Low >= p.Mean.Value || p.Mean.High <= p.Mean.Value {
		t.Errorf("intervals: mean %+v, p95 %+v, p99 %+v (of 80 journeys)", p.Mean, p.P95, p.P99)
	}
	// All 80 ended before 100, the last at 99.1; the 20th ended before the window.
	if !close9(p.OfferedRate, 83.0/80) || !close9(p.Throughput, 1) {
		t.Errorf("offered %v, throughput %v", p.OfferedRate, p.Throughput)
	}
	want := []FailureSummary{{headroom.Fault, 2, "first"}, {headroom.Timeout, 1, "late"}}
	if !reflect.DeepEqual(p.Failures, want) {
		t.Errorf("failures %+v", p.Failures)
	}
	if !reflect.DeepEqual(p.Sites, []SiteSummary{{"hub", 43, 3}, {"north", 40, 0}}) {
		t.Errorf("sites %+v", p.Sites)
	}
	inv := s.Process("invoice")
	if inv == nil || inv.NothingToDo != 1 || inv.Mean.N != 0 || inv.Max != nil || inv.Mean.Identified {
		t.Errorf("invoice: %+v", inv)
	}
	if s.Delays.Journeys != 84 || !near(s.Delays.Harness.P50, 0.003) || !near(s.Delays.TimerLate.P99, 0.001) || !near(s.Delays.VUWait.Max, 0.002) || s.Delays.DesignWait.Max != 0 {
		t.Errorf("delays %+v", s.Delays)
	}
	if !reflect.DeepEqual(s.Gaps, []GapSummary{{"postgres", 2, 5, 9, "gone"}}) {
		t.Errorf("gaps %+v", s.Gaps)
	}
	if !s.Complete {
		t.Error("not complete")
	}
}

// near allows for the three digits that a histogram keeps.
func near(a, b float64) bool { return math.Abs(a-b) <= b*1e-3+1e-9 }

func TestStepsSplitTheClientsTime(t *testing.T) {
	run := newBundle(t, map[string][]headroom.Records{"k6": {day()}})
	s, err := Summarize(run, 20, 100)
	must(t, err)
	var names []string
	for _, st := range s.Steps {
		names = append(names, st.Name)
	}
	if !slices.Equal(names, []string{"invoice.read", "order.create", "order.approve"}) {
		t.Fatalf("steps %v, want them as the journey goes", names)
	}
	if sql := s.Steps[0]; sql.Found != nil || sql.Server != nil || sql.Requests != 1 {
		t.Errorf("an SQL step: %+v", sql)
	}
	approve := s.Steps[2]
	if approve.Requests != 80 || approve.Failed != 0 || !close9(approve.Mean, 0.5) || !near(approve.P95, 0.5) || *approve.Found != 1 {
		t.Errorf("approve: %+v", approve)
	}
	// A quarter of 80 lost two tries: other 0.3 with 0.15 of sleep, else 0.2.
	v := approve.Server
	if v == nil || v.Requests != 80 || !close9(v.SQL, 0.1) || !close9(v.Python, 0.75*0.2+0.25*0.15) || !close9(v.RetrySleep, 0.25*0.15) ||
		!close9(v.Waiting, 0.5-0.1-0.75*0.2-0.25*0.3) || !close9(v.Tries, 1.5) || v.Conflicts != 40 || v.Retried != 20 || v.Queries != 10 {
		t.Errorf("approve: %+v", v)
	}
	if sum := v.SQL + v.Python + v.RetrySleep + v.Waiting; !close9(sum, v.Client) {
		t.Errorf("parts add up to %v, the client's time is %v", sum, v.Client)
	}
	if s.Join.Requests != 201 || s.Join.Found != 200 || s.Join.Unlogged != 1 || s.Join.Foreign != 1 || s.Join.Missing != 0 || s.Join.Server != 201 {
		t.Errorf("join %+v", s.Join)
	}
}

func TestWithoutALogNothingIsClaimed(t *testing.T) {
	rs := day()
	rs.Server = nil
	s, err := Summarize(newBundle(t, map[string][]headroom.Records{"k6": {rs}}), 20, 100)
	must(t, err)
	for _, st := range s.Steps {
		if st.Found != nil || st.Server != nil {
			t.Errorf("%s: %+v", st.Name, st)
		}
	}
	if s.Join.FoundShare() != nil || s.Join.Missing != 200 {
		t.Errorf("join %+v", s.Join)
	}
}

func TestSummaryIsTheSameHoweverTheRunWasDealtOut(t *testing.T) {
	whole := day()
	half := len(whole.Requests) / 2
	parts := map[string][]headroom.Records{
		"a": {{Journeys: whole.Journeys[50:], Requests: whole.Requests[half:], Gaps: whole.Gaps}},
		"b": {{Journeys: whole.Journeys[:50], Requests: whole.Requests[:half]}, {Server: whole.Server}},
	}
	one, err := Summarize(newBundle(t, map[string][]headroom.Records{"k6": {whole}}), 20, 100)
	must(t, err)
	two, err := Summarize(newBundle(t, parts), 20, 100)
	must(t, err)
	if !reflect.DeepEqual(one, two) {
		t.Errorf("one part: %+v\ntwo parts: %+v", one, two)
	}
}

func TestSummaryRefusesAnEmptyWindow(t *testing.T) {
	run := newBundle(t, nil)
	for _, w := range [][2]float64{{1, 1}, {2, 1}, {math.NaN(), 1}, {0, math.Inf(1)}} {
		if _, err := Summarize(run, w[0], w[1]); headroom.ExitCode(err) != headroom.ExitBadInput {
			t.Errorf("window %v: %v", w, err)
		}
	}
	s, err := Summarize(run, 0, 1)
	if err != nil || len(s.Processes) != 0 || len(s.Steps) != 0 || s.Delays.Journeys != 0 {
		t.Errorf("a run without records: %+v, %v", s, err)
	}
}

func TestPercentileOfAPeak(t *testing.T) {
	s, err := Summarize(newBundle(t, map[string][]headroom.Records{"k6": {day()}}), 20, 100)
	must(t, err)
	e, err := s.Process("order").Percentile(90, 40, 60)
	if err != nil || !close9(e.Value, 0.058) || e.N != 20 { // 41 to 60 ms
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := s.Process("order").Percentile(90, 200, 300); !errors.Is(err, ErrNoJourneys) {
		t.Errorf("error %v", err)
	}
}

func TestJoinCountsWhatDoesNotPair(t *testing.T) {
	req := func(arrival uint64, n int, start float64) headroom.Request {
		return headroom.Request{Arrival: arrival, N: n, Start: start, Protocol: "jsonrpc"}
	}
	line := func(arrival uint64, n int, end float64) headroom.ServerRequest {
		return headroom.ServerRequest{Arrival: arrival, N: n, End: end}
	}
	run := newBundle(t, map[string][]headroom.Records{"k6": {{
		Requests: []headroom.Request{req(1, 1, 1), req(1, 2, 2), req(2, 1, 3), req(3, 1, 4), req(3, 1, 5)},
		Server:   []headroom.ServerRequest{line(1, 1, 1.5), line(2, 1, 3.5), line(2, 1, 3.7), line(3, 1, 4.5), line(9, 9, 200), line(0, 0, 7)},
	}}})
	joined, counts := Join(run)
	for range 2 { // twice: the counts start anew
		var ends []float64
		for j, err := range joined {
			must(t, err)
			if j.Server == nil {
				ends = append(ends, -1)
			} else {
				ends = append(ends, j.Server.End)
			}
		}
		if !slices.Equal(ends, []float64{1.5, -1, 3.7, 4.5, -1}) {
			t.Errorf("joined to lines that ended at %v", ends)
		}
		want := JoinCounts{Requests: 5, Found: 3, Missing: 2, Server: 6, Foreign: 1, Unmatched: 1, Duplicates: 2}
		if *counts != want {
			t.Errorf("counts %+v, want %+v", *counts, want)
		}
	}
	if share := counts.FoundShare(); share == nil || !close9(*share, 0.6) {
		t.Errorf("found share %v", share)
	}
}

func TestHistogramsMerge(t *testing.T) {
	whole, a, b := NewHistogram(), NewHistogram(), NewHistogram()
	values := mm1(3, 2000)
	for i, v := range values {
		whole.Add(v)
		[]*Histogram{a, b}[i%2].Add(v)
	}
	a.Merge(b)
	if a.Count() != whole.Count() || !close9(a.Mean(), whole.Mean()) || a.Max() != whole.Max() {
		t.Errorf("merged: %d, %v, %v; whole: %d, %v, %v", a.Count(), a.Mean(), a.Max(), whole.Count(), whole.Mean(), whole.Max())
	}
	slices.Sort(values)
	for _, q := range []float64{0.01, 0.5, 0.95, 0.99, 1} {
		if a.Quantile(q) != whole.Quantile(q) {
			t.Errorf("quantile %v: merged %v, whole %v", q, a.Quantile(q), whole.Quantile(q))
		}
		if exact := values[stats.NearestRank(q, len(values))]; math.Abs(a.Quantile(q)-exact) > exact*1e-3+1e-6 {
			t.Errorf("quantile %v: %v, exactly %v: more than 3 digits off", q, a.Quantile(q), exact)
		}
	}
	for _, odd := range []float64{-1, math.NaN(), math.Inf(1), 1e9} {
		whole.Add(odd)
	}
	if whole.Count() != 2004 || math.Abs(whole.Max()-86400) > 86400e-3 {
		t.Errorf("%d values, max %v", whole.Count(), whole.Max())
	}
	if e := NewHistogram(); !math.IsNaN(e.Mean()) || !math.IsNaN(e.Quantile(0.5)) || !math.IsNaN(e.Max()) {
		t.Error("an empty histogram has figures")
	}
}

// BenchmarkOpenAndSummarize is what `headroom report` waits for: a bundle of
// 20,000 journeys with a request and a log line each.
func BenchmarkOpenAndSummarize(b *testing.B) {
	const n = 20000
	rs := numbered(1, n)
	for i := range rs.Journeys {
		rs.Journeys[i].Outcome = headroom.OK
	}
	dir := newBundle(b, map[string][]headroom.Records{"k6": {rs}}).Dir()
	for b.Loop() {
		r, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		if s, err := Summarize(r, 0, n); err != nil || s.Process("order").OK != n {
			b.Fatal(s, err)
		}
		r.Close()
	}
	b.ReportMetric(3*n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
