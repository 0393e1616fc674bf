package analyse

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// process of n successful journeys of 1 to n seconds, one scheduled each
// second from 10 on.
func processOf(n, failed int) results.ProcessSummary {
	p := results.ProcessSummary{Process: "order", Journeys: n + failed, OK: n, Failed: failed}
	for i := range n {
		p.Responses = append(p.Responses, results.ScheduledResponse{Scheduled: float64(10 + i), Response: float64(i + 1)})
	}
	for i := range failed {
		p.FailedAt = append(p.FailedAt, float64(10+i))
	}
	return p
}

var window = headroom.Header{LeadIn: 10, Window: 100, Spans: []headroom.Span{{Name: "cutoff", From: 5, To: 30}}}

func TestObjectives(t *testing.T) {
	half := headroom.Objective{Process: "order", Percentile: 50, Within: 10}
	for _, c := range []struct {
		what string
		p    results.ProcessSummary
		o    headroom.Objective
		want float64
	}{
		{"the median of 1 to 20 s against 10 s", processOf(20, 0), half, 1.05},
		{"failed journeys rank behind: the median of 30 is the 15th", processOf(20, 10), half, 1.5},
		{"half of all failed", processOf(20, 20), half, Beyond},
		{"everything failed", processOf(0, 5), half, Beyond},
		{"only the peak's arrivals", processOf(100, 0), headroom.Objective{Process: "order", Percentile: 50, Within: 10, Peak: "cutoff"}, 1.05},
	} {
		got, err := Ratio(c.p, c.o, window)
		if err != nil || got == nil || math.Abs(*got-c.want) > 0.06 {
			t.Errorf("%s: %v, %v; want %g", c.what, deref(got), err, c.want)
		}
	}
	if got, err := Ratio(processOf(0, 0), half, window); got != nil || err != nil {
		t.Errorf("without a journey: %v, %v", deref(got), err)
	}
	if got, err := Ratio(processOf(20, 0), headroom.Objective{Process: "order", Percentile: 50, Within: 10, Peak: "another"}, window); got != nil || err != nil {
		t.Errorf("of a peak that is not in the window: %v, %v", deref(got), err)
	}
	two := []headroom.Objective{{Process: "order", Percentile: 50, Within: 20}, {Process: "order", Percentile: 95, Within: 5}}
	for _, order := range [][]headroom.Objective{two, {two[1], two[0]}} {
		var r headroom.ProcessReport
		err := judge(&r, processOf(20, 0), headroom.RunInfo{Complete: true, Schedule: window, Plan: headroom.Plan{Objectives: order}})
		if err != nil || r.Met == nil || *r.Met || r.Objective.Percentile != 95 {
			t.Errorf("one objective held and one missed: met %v, shown %+v, %v", r.Met, r.Objective, err)
		}
	}
}

func deref(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

func TestSeries(t *testing.T) {
	journeys := []headroom.Journey{
		{Process: "order", Scheduled: 0.2, End: 2.5, Outcome: headroom.OK},
		{Process: "order", Scheduled: 0.9, End: 1.5, Outcome: headroom.OK},
		{Process: "scan", Scheduled: 3.1, End: 3.2, Outcome: headroom.Fault},
	}
	h := headroom.Header{Window: 4}
	a := arrivals(journeys, h)
	if len(a) != 2 || a[0].Label != "order" || a[0].V[0] != 2 || a[1].V[3] != 1 {
		t.Errorf("arrivals %+v", a)
	}
	f := inFlight(journeys, h)
	// At 1 s both orders are under way, at 2 s one, at 3 s none.
	if f.V[1] != 2 || f.V[2] != 1 || f.V[3] != 0 || f.V[len(f.V)-1] != 0 {
		t.Errorf("in flight %v", f.V)
	}
	r := responses(journeys, h)
	if len(r) != 1 || math.Abs(r[0].V[0]-1.45) > 1e-9 {
		t.Errorf("responses %+v", r)
	}
}

func TestCounters(t *testing.T) {
	c := []reading{{0, 0}, {10, 5}, {20, 5}}
	for at1, want := range map[float64]float64{-1: 0, 0: 0, 4: 2, 10: 5, 15: 5, 25: 5} {
		if got := at(c, at1); math.Abs(got-want) > 1e-9 {
			t.Errorf("at %g s: %g, want %g", at1, got, want)
		}
	}
	if got := meanRate(c, 0, 20); got != 0.25 {
		t.Errorf("mean rate %g, want 0.25", got)
	}
	two := sum(map[string][]reading{"web": c, "cron": {{0, 1}, {20, 3}}})
	if len(two) != 3 || two[1].v != 5+2 {
		t.Errorf("sum %v", two)
	}
}
