package sizing

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results/stats"
)

// byHand is a course of 100 s after 10 s of orders at two sites, with a rush from 40
// to 70 s: an order each 10 s that takes 1 s, at 40 s 9 s, at 50 s failed.
func byHand() *course {
	s := &scene{header: headroom.Header{LeadIn: 10, Window: 100, Sites: []headroom.ScheduledSite{{Name: "hub"}, {Name: "annex"}},
		Processes: []headroom.ScheduledProcess{{Name: "order"}, {Name: "scan"}}, Spans: []headroom.Span{{Name: "rush", From: 40, To: 70}}},
		processes: map[string]int{"order": 0, "scan": 1}, window: part{from: 10, to: 110}, end: 110, horizon: 200,
		stacks: []stack{{name: "one/", sites: []string{"hub"}}, {name: "two/", sites: []string{"annex"}}}, dues: map[string]float64{"rush": 20}}
	c := &course{scene: s, backlogs: map[string]*stats.Backlog{}}
	for i := range 10 {
		at := 10 * float64(i+1)
		j := journey{scheduled: at, end: at + 1, site: uint16(i % 2)}
		switch i {
		case 3:
			j.end = at + 9
		case 4:
			j.outcome, j.end = failed, at+2
		case 9:
			j.outcome = idle
		}
		c.journeys = append(c.journeys, j)
		c.requests = append(c.requests, request{start: at + 0.5, site: j.site, lost: i == 3 || i == 4})
		due := at + 15
		if i == 8 {
			due = 0
		}
		c.papers = append(c.papers, paper{site: j.site, kind: "delivery", released: j.end, due: due, done: at + 10 + float64(i)})
	}
	full := make([]float64, 110)
	for i := range full {
		full[i] = 0.5
		if i >= 50 && i < 60 {
			full[i] = 1.5
		}
	}
	c.stations = []usage{{stack: 0, what: "app", cores: supplies{{0, 2}}, background: 0.2, sums: cumulated(full), width: 1, total: 60},
		{stack: 1, what: "app", cores: supplies{{0, 4}}, sums: cumulated(full), width: 1, total: 60}, {stack: 0, what: "database", cores: supplies{{0, 1}}, sums: cumulated(make([]float64, 110)), width: 1}}
	return c
}

// Every measure by hand.
func TestJudgedByHand(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		what string
		o    headroom.Objective
		want float64
		at   float64 // NaN: none
	}{
		{"of nine, the eighth", headroom.Objective{Process: "order", Percentile: 80, Within: 1}, 9, math.NaN()},
		{"the percentile lies among the failed", headroom.Objective{Process: "order", Percentile: 95, Within: 1}, inf, math.NaN()},
		{"at one site", headroom.Objective{Process: "order", Percentile: 95, Site: "annex", Within: 1}, 9, math.NaN()},
		{"before the rush", headroom.Objective{Process: "order", Percentile: 95, Peak: "rush", Phase: "before", Within: 1}, 1, math.NaN()},
		{"the worst 20 s hold the failed one alone with one other", headroom.Objective{Process: "order", Percentile: 50, Within: 1, Sliding: 20}, 9, 40},
		{"of all", headroom.Objective{Measure: headroom.MeasureErrorShare, AtMost: 0.1}, 0.1, math.NaN()},
		{"in the rush", headroom.Objective{Measure: headroom.MeasureErrorShare, Peak: "rush", AtMost: 0.1}, 1.0 / 3, math.NaN()},
		{"in the worst 10 s", headroom.Objective{Measure: headroom.MeasureErrorShare, Sliding: 10, AtMost: 0.1}, 1, 50},
		{"requests that lost", headroom.Objective{Measure: headroom.MeasureConflictShare, Process: "order", AtMost: 0.1}, 0.2, math.NaN()},
		// Due are those with a due time from 10 to 110 s: eight of ten, of which the
		// first six, done 10 + i s after they came, are in time (up to 15 s).
		{"in time", headroom.Objective{Measure: headroom.MeasureAttainment, AtLeast: 1}, 6.0 / 8, math.NaN()},
		// In the rush and 20 s more: due in (40, 90], which came from 30 to 70 s.
		{"in time by the cutoff", headroom.Objective{Measure: headroom.MeasureAttainment, Peak: "rush", AtLeast: 1}, 4.0 / 5, math.NaN()},
		{"another kind", headroom.Objective{Measure: headroom.MeasureAttainment, Documents: "receipt", AtLeast: 1}, math.NaN(), math.NaN()},
		// 90 s at 0.5 and 10 s at 1.5 of 2 cores, with 0.2 of background.
		{"the busier stack", headroom.Objective{Measure: headroom.MeasureAppCPU, AtMost: 1}, (0.6 + 0.2) / 2, math.NaN()},
		{"the other site's stack", headroom.Objective{Measure: headroom.MeasureAppCPU, Site: "annex", AtMost: 1}, 0.6 / 4, math.NaN()},
		{"the busiest 10 s", headroom.Objective{Measure: headroom.MeasureAppCPU, Sliding: 10, AtMost: 1}, 1.7 / 2, 50},
		{"an idle database", headroom.Objective{Measure: headroom.MeasureDatabaseCPU, AtMost: 1}, 0, math.NaN()},
		{"no forecast speaks of it", headroom.Objective{Measure: headroom.MeasureReplicationLag, AtMost: 1}, math.NaN(), math.NaN()},
		{"no such peak", headroom.Objective{Process: "order", Percentile: 95, Peak: "lull", Within: 1}, math.NaN(), math.NaN()},
		{"none of it came", headroom.Objective{Process: "scan", Percentile: 95, Within: 1}, math.NaN(), math.NaN()},
	} {
		f := byHand().judge(c.o)
		same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-9 }
		if !same(f.value, c.want) || !same(f.at, c.at) || math.IsNaN(c.want) != (f.reason != "") {
			t.Errorf("%s: %+v, want %g at %g", c.what, f, c.want, c.at)
		}
	}
}

// The backlog before the rush is that of its last minute at most.
func TestDrainByHand(t *testing.T) {
	c := byHand()
	// At any time one document at most waits until 10 + i s after it came; those
	// that came at 60 and 70 s overlap: done at 75 and 86 s.
	b := c.backlog(everything, nil)
	if got := b.Before(73); got != 2 { // of 60 s and 70 s
		t.Fatalf("backlog %g at 73 s", got)
	}
	o := headroom.Objective{Measure: headroom.MeasureDrain, Peak: "rush", AtMost: 30}
	first, _, _ := b.Falls(b.Ordinary(40), 70, 110)
	if f := c.judge(o); f.value != first-70 {
		t.Errorf("%+v, want %g", f, first-70)
	}
	c = byHand()
	for i := range c.papers {
		c.papers[i].done = math.Inf(1)
	}
	if f := c.judge(o); !math.IsInf(f.value, 1) || f.reason == "" {
		t.Errorf("never done: %+v", f)
	}
	o.AtMost = 3600
	if f := c.judge(o); !math.IsNaN(f.value) {
		t.Errorf("a run of 40 s more cannot say: %+v", f)
	}
}

func TestRatio(t *testing.T) {
	inf := math.Inf(1)
	within := headroom.Objective{Within: 2}
	share := headroom.Objective{Measure: headroom.MeasureAttainment, AtLeast: 0.9}
	never := headroom.Objective{Measure: headroom.MeasureErrorShare}
	for _, c := range []struct {
		o       headroom.Objective
		v, want float64
	}{
		{within, 2, 1}, {within, 3, 1.5}, {within, inf, most}, {within, 0, 0},
		{share, 0.9, 1}, {share, 0.45, 2}, {share, 0, most}, {share, 1, 0.9},
		{headroom.Objective{Measure: headroom.MeasureAttainment}, 0, 0}, {never, 0, 0}, {never, 0.001, most},
	} {
		if got := ratio(c.o, c.v); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v of %g takes %g, want %g", c.o, c.v, got, c.want)
		}
	}
}

// The median decides, and what is beyond any figure is never written as one.
func TestJudgedReplications(t *testing.T) {
	inf, none := math.Inf(1), math.NaN()
	o := headroom.Objective{Process: "order", Percentile: 95, Within: 2}
	figures := func(v ...float64) (out []figure) {
		for _, x := range v {
			out = append(out, figure{value: x, at: none, reason: "why"})
		}
		return out
	}
	yes, no := true, false
	for _, c := range []struct {
		what  string
		of    []figure
		met   *bool
		sure  bool
		value float64 // NaN: nil
	}{
		{"all hold", figures(1, 1.5, 1.9), &yes, true, 1.5},
		{"the median holds", figures(1, 1.5, 3), &yes, false, 1.5},
		{"the median misses", figures(1, 2.5, 3), &no, false, 2.5},
		{"all miss", figures(2.1, 2.5, 3), &no, true, 2.5},
		{"most fail", figures(1, inf, inf), &no, false, none},
		{"all fail", figures(inf, inf, inf), &no, true, none},
		{"all of an even number fail", figures(inf, inf, inf, inf), &no, true, none},
		{"most of an even number fail", figures(1, inf, inf, inf), &no, false, none},
		{"all miss, and one fails", figures(2.1, 2.5, inf), &no, true, 2.5},
		{"one fails", figures(1, 1.5, inf), &yes, false, 1.5},
		{"most say nothing", figures(none, none, 1), nil, false, none},
	} {
		r := judged(o, "x", c.of)
		if (r.Met == nil) != (c.met == nil) || r.Met != nil && *r.Met != *c.met || r.Sure != c.sure || (r.Value == nil) != math.IsNaN(c.value) || r.Value != nil && r.Value.Value != c.value {
			t.Errorf("%s: met %v, sure %v, %+v", c.what, r.Met, r.Sure, r.Value)
		}
		if (r.Value == nil) == (r.Reason == "") {
			t.Errorf("%s: reason %q with %+v", c.what, r.Reason, r.Value)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}
