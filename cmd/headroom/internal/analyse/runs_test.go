package analyse

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// ordersOf is a run of n successful orders of 1 to n seconds and of some that
// failed, one of each scheduled each second from 10 on, with a peak from 5 s to
// 30 s.
func ordersOf(n, failed int) fake {
	f := complete(10, 100, headroom.Span{Name: "cutoff", From: 5, To: 30})
	for i := range n {
		f.journeys = append(f.journeys, journey(float64(10+i), float64(i+1)))
	}
	for i := range failed {
		f.journeys = append(f.journeys, failing(journey(float64(10+i), 1), headroom.Fault, "no"))
	}
	return f
}

func TestRatio(t *testing.T) {
	half := headroom.Objective{Process: "order", Percentile: 50, Within: 10}
	inPeak := half
	inPeak.Peak = "cutoff"
	for _, c := range []struct {
		what string
		run  fake
		o    headroom.Objective
		want float64
	}{
		{"the median of 1 to 20 s against 10 s", ordersOf(20, 0), half, 1},
		{"of 1 to 21 s", ordersOf(21, 0), half, 1.1},
		{"failed journeys rank behind: the median of 30 is the 15th", ordersOf(20, 10), half, 1.5},
		{"half of all failed, and the median is the last that did not", ordersOf(20, 20), half, 2},
		{"more than half of all failed", ordersOf(20, 21), half, Beyond},
		{"everything failed", ordersOf(0, 5), half, Beyond},
		{"only the peak's arrivals", ordersOf(100, 0), inPeak, 1},
	} {
		got := Ratio(judgeOf(t, c.run, c.o))
		if got == nil || !near(*got, c.want) {
			t.Errorf("%s: %v; want %g", c.what, deref(got), c.want)
		}
	}
	another := inPeak
	another.Peak = "another"
	for what, r := range map[string]headroom.ObjectiveReport{
		"without a journey":                   judgeOf(t, ordersOf(0, 0), half),
		"of a peak that is not in the window": judgeOf(t, ordersOf(20, 0), another),
		"of errors":                           judgeOf(t, ordersOf(20, 0), headroom.Objective{Measure: headroom.MeasureErrorShare, AtMost: 0.1}),
	} {
		if got := Ratio(r); got != nil {
			t.Errorf("%s: %g", what, *got)
		}
	}
}

func TestHeadline(t *testing.T) {
	yes, no := true, false
	held := headroom.ObjectiveReport{Objective: headroom.Objective{Process: "order", Percentile: 50, Within: 20}, Value: exactly(10, 1, ""), Met: &yes}
	missed := headroom.ObjectiveReport{Objective: headroom.Objective{Process: "order", Percentile: 95, Within: 5}, Value: exactly(6, 1, ""), Met: &no}
	failed := headroom.ObjectiveReport{Objective: headroom.Objective{Process: "order", Percentile: 99, Within: 5}, Met: &no}
	unjudged := headroom.ObjectiveReport{Objective: headroom.Objective{Process: "order", Percentile: 99.9, Within: 5}}
	other := headroom.ObjectiveReport{Objective: headroom.Objective{Process: "order", Measure: headroom.MeasureErrorShare}, Met: &no}
	for _, c := range []struct {
		what       string
		judged     []headroom.ObjectiveReport
		met        *bool
		percentile float64
	}{
		{"the one that takes most of its bound", []headroom.ObjectiveReport{held, missed}, &no, 95},
		{"in whatever order", []headroom.ObjectiveReport{missed, held}, &no, 95},
		{"one without a figure takes more than any", []headroom.ObjectiveReport{missed, failed, held}, &no, 99},
		{"one that could not be judged, and one of errors, say nothing", []headroom.ObjectiveReport{unjudged, other, held}, &yes, 50},
	} {
		p := headroom.ProcessReport{Process: "order"}
		headline(&p, c.judged)
		if p.Met == nil || *p.Met != *c.met || p.Objective == nil || p.Objective.Percentile != c.percentile {
			t.Errorf("%s: met %v, shown %+v", c.what, p.Met, p.Objective)
		}
	}
	p := headroom.ProcessReport{Process: "order"}
	if headline(&p, []headroom.ObjectiveReport{unjudged}); p.Met != nil || p.Objective != nil {
		t.Errorf("of nothing: %+v", p)
	}
}

func TestSeries(t *testing.T) {
	journeys := []headroom.Journey{
		{Process: "order", Scheduled: 0.2, End: 2.5, Outcome: headroom.OK},
		{Process: "order", Scheduled: 0.9, End: 1.5, Outcome: headroom.OK},
		{Process: "scan", Scheduled: 3.1, End: 3.2, Outcome: headroom.Fault},
	}
	run := complete(0, 4)
	run.journeys = journeys
	j, h := evidenceOf(t, run).journeys, run.info.Schedule
	a := arrivals(j, h)
	if len(a) != 2 || a[0].Label != "order" || a[0].V[0] != 2 || a[1].V[3] != 1 {
		t.Errorf("arrivals %+v", a)
	}
	f := inFlight(j, h)
	// At 1 s both orders are under way, at 2 s one, at 3 s none.
	if f.V[1] != 2 || f.V[2] != 1 || f.V[3] != 0 || f.V[len(f.V)-1] != 0 {
		t.Errorf("in flight %v", f.V)
	}
	r := responses(j, h)
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
