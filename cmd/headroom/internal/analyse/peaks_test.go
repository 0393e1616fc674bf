package analyse

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// cutoff is a peak from 100 s to 200 s of a run of 400 s.
func cutoff(sites ...string) fake {
	return complete(50, 350, headroom.Span{Name: "cutoff", From: 100, To: 200, Sites: sites})
}

// TestBacklogOfKnownWork has 2 journeys due at 90 s, 5 at 150 s and 1 at 190 s,
// which end at 110, 130, then 240, 250, 260, 270, 280 and 290 s: 2 before the
// peak, 6 at its end, and no more than 2 again from 270 s on.
func TestBacklogOfKnownWork(t *testing.T) {
	f := cutoff()
	for _, at := range [][2]float64{{90, 110}, {90, 130}, {150, 240}, {150, 250}, {150, 260}, {150, 270}, {150, 280}, {190, 290}} {
		f.journeys = append(f.journeys, journey(at[0], at[1]-at[0]))
	}
	operator := journey(120, 250)
	operator.Kind = headroom.Closed
	f.journeys = append(f.journeys, operator)
	r := reportOf(t, f)
	if len(r.Peaks) != 1 {
		t.Fatalf("peaks %+v", r.Peaks)
	}
	p := r.Peaks[0]
	if p.BacklogFrom != 2 || p.BacklogTo != 6 || p.BacklogMost != 6 || p.MostAt != 190 || p.Drain == nil || *p.Drain != 70 || p.Unfinished != 0 {
		t.Errorf("%+v, drain %g", p, deref(p.Drain))
	}
	for _, s := range r.Series {
		if s.Name == "backlog" && s.Label == work && (s.V[90] != 2 || s.V[110] != 1 || s.V[150] != 5 || s.V[190] != 6 || s.V[290] != 0) {
			t.Errorf("the series says %g, %g, %g, %g, %g at 90, 110, 150, 190 and 290 s", s.V[90], s.V[110], s.V[150], s.V[190], s.V[290])
		}
	}
	within := func(most float64) headroom.ObjectiveReport {
		return judgeOf(t, f, headroom.Objective{Measure: headroom.MeasureDrain, Peak: "cutoff", AtMost: most})
	}
	if j := within(70); j.Met == nil || !*j.Met || j.Value.Value != 70 || !j.Sure {
		t.Errorf("within 70 s: %+v", j)
	}
	if j := within(math.Nextafter(70, 0)); j.Met == nil || *j.Met || !j.Sure {
		t.Errorf("within a little less: %+v", j)
	}
}

// TestOrdinaryBacklog has three journeys at once half a minute before the peak,
// four two minutes before it, and none when it begins: three are ordinary.
func TestOrdinaryBacklog(t *testing.T) {
	f := complete(50, 350, headroom.Span{Name: "cutoff", From: 200, To: 250})
	for range 4 {
		f.journeys = append(f.journeys, journey(80, 10))
	}
	for i := range 3 {
		f.journeys = append(f.journeys, journey(170, 10), journey(240, float64(20+10*i)), journey(240, float64(50+10*i)))
	}
	p := reportOf(t, f).Peaks[0]
	if p.BacklogFrom != 0 || p.Ordinary != 3 || p.BacklogTo != 6 || deref(p.Drain) != 30 {
		t.Errorf("%+v, drain %g; want 30 s until three are left", p, deref(p.Drain))
	}
	// A run that begins within the peak: what there was in the lead-in.
	f.info.Schedule.Spans = []headroom.Span{{Name: "cutoff", From: 0, To: 250}}
	f.journeys = append(f.journeys, journey(20, 20))
	if p := reportOf(t, f).Peaks[0]; p.BacklogFrom != 0 || p.Ordinary != 1 || deref(p.Drain) != 50 {
		t.Errorf("%+v, drain %g; want 50 s until one is left", p, deref(p.Drain))
	}
}

// TestDrainThatIsNotOver ends 200 s behind the peak with more than was there
// before it.
func TestDrainThatIsNotOver(t *testing.T) {
	f := cutoff()
	f.journeys = []headroom.Journey{journey(150, 500), journey(160, 500)}
	p := reportOf(t, f).Peaks[0]
	if p.Drain != nil || p.Unfinished != 200 || p.BacklogTo != 2 {
		t.Errorf("%+v", p)
	}
	for most, want := range map[float64]string{199: "missed", 200: "not judged", 300: "not judged"} {
		j := judgeOf(t, f, headroom.Objective{Measure: headroom.MeasureDrain, Peak: "cutoff", AtMost: most})
		if got := map[bool]string{true: "not judged", false: "missed"}[j.Met == nil]; got != want || j.Value != nil || j.Reason == "" {
			t.Errorf("within %g s: %+v, want %s", most, j, want)
		}
	}
}

// TestDrainThatComesBack falls to where it was at 210 s, rises and falls for
// good at 260 s: the first counts, and the interval holds both.
func TestDrainThatComesBack(t *testing.T) {
	f := cutoff()
	f.journeys = []headroom.Journey{journey(150, 60), journey(230, 30)}
	j := judgeOf(t, f, headroom.Objective{Measure: headroom.MeasureDrain, Peak: "cutoff", AtMost: 30})
	if j.Met == nil || !*j.Met || j.Value.Value != 10 || j.Value.High != 60 || j.Sure {
		t.Errorf("%+v %+v", j, j.Value)
	}
}

func TestPeaksAtOtherTimesElsewhere(t *testing.T) {
	f := complete(0, 400, headroom.Span{Name: "cutoff", From: 100, To: 200, Sites: []string{"hub"}}, headroom.Span{Name: "cutoff", From: 250, To: 300, Sites: []string{"depot"}})
	f.info.Schedule.Sites = []headroom.ScheduledSite{{Name: "hub"}, {Name: "depot"}}
	depot := func(at, took float64) headroom.Journey {
		j := journey(at, took)
		j.Site, j.Arrival = "depot", j.Arrival+1000000
		return j
	}
	f.journeys = []headroom.Journey{journey(150, 60), journey(160, 1), journey(270, 9), depot(150, 5), depot(260, 45), depot(290, 100)}
	r := reportOf(t, f)
	if len(r.Peaks) != 2 || deref(r.Peaks[0].Drain) != 10 || r.Peaks[0].BacklogMost != 2 || deref(r.Peaks[1].Drain) != 90 || r.Peaks[1].BacklogTo != 2 {
		t.Errorf("peaks %+v: drains %g and %g", r.Peaks, deref(r.Peaks[0].Drain), deref(r.Peaks[1].Drain))
	}
	// Before, during and after the hub's peak at the hub alone.
	want := map[string][3]int{"hub": {0, 2, 1}, "depot": {1, 2, 0}}
	for _, p := range r.Phases {
		n := 0
		for _, x := range p.Processes {
			n += x.Scheduled
		}
		if i := map[string]int{"before": 0, "during": 1, "after": 2}[p.Phase]; n != want[p.Sites[0]][i] {
			t.Errorf("%s %s: %d journeys, want %d", p.Phase, p.Sites[0], n, want[p.Sites[0]][i])
		}
	}
	// An objective of the peak is about each site's own time: four journeys.
	j := judgeOf(t, f, headroom.Objective{Process: "order", Percentile: 50, Within: 45, Peak: "cutoff"})
	if j.Value == nil || j.Value.N != 4 || j.Value.Value != 45 || !*j.Met {
		t.Errorf("%+v %+v", j, j.Value)
	}
	if j := judgeOf(t, f, headroom.Objective{Process: "order", Percentile: 50, Within: 45, Peak: "cutoff", Site: "hub"}); j.Value == nil || j.Value.N != 2 {
		t.Errorf("at the hub: %+v", j)
	}
	// The worst of both drains.
	if j := judgeOf(t, f, headroom.Objective{Measure: headroom.MeasureDrain, Peak: "cutoff", AtMost: 60}); j.Met == nil || *j.Met || j.Value.Value != 90 {
		t.Errorf("drain: %+v", j)
	}
	if sites := r.Sites; len(sites) != 2 || sites[0].Site != "hub" || sites[1].Processes[0].Scheduled != 3 {
		t.Errorf("sites %+v", sites)
	}
}

// TestPhasesThatMeet has a peak twice: what lies between is after the one and
// before the other, half of it each, so that nothing counts twice.
func TestPhasesThatMeet(t *testing.T) {
	e := evidenceOf(t, complete(0, 1000, headroom.Span{Name: "p", From: 100, To: 200}, headroom.Span{Name: "q", From: 150, To: 350}, headroom.Span{Name: "p", From: 400, To: 500}))
	for _, c := range []struct {
		span     int
		phase    string
		from, to float64
	}{
		{0, "before", 0, 100}, {0, "during", 100, 200}, {0, "after", 200, 300}, {2, "before", 300, 400}, {2, "after", 500, 1000}, {1, "before", 0, 150}, {1, "after", 350, 1000},
	} {
		if p := e.phase(e.info.Schedule.Spans[c.span], c.phase); p.from != c.from || p.to != c.to {
			t.Errorf("%s peak %d: %g to %g, want %g to %g", c.phase, c.span, p.from, p.to, c.from, c.to)
		}
	}
}

func TestEmptyPhases(t *testing.T) {
	f := complete(10, 100, headroom.Span{Name: "all", From: 0, To: 110}, headroom.Span{Name: "lead-in", From: 0, To: 10})
	f.journeys = []headroom.Journey{journey(5, 1)}
	r := reportOf(t, f)
	for _, p := range r.Phases {
		if p.From >= p.To || p.Peak == "all" && p.Phase != "during" || p.Peak == "lead-in" && p.Phase != "after" {
			t.Errorf("%+v", p)
		}
		if len(p.Processes) != 0 {
			t.Errorf("nothing was due %s %s: %+v", p.Phase, p.Peak, p.Processes)
		}
	}
	if len(r.Peaks) != 1 || r.Peaks[0].Name != "all" {
		t.Errorf("peaks in the window: %+v", r.Peaks)
	}
	for phase, found := range map[string]bool{"before": false, "": true} {
		j := judgeOf(t, f, headroom.Objective{Process: "order", Percentile: 50, Within: 1, Peak: "all", Phase: phase})
		if j.Met != nil || j.Reason == "" || found == (j.Reason == "nothing of the window lies before all") {
			t.Errorf("%q: %+v", phase, j)
		}
	}
}

func documentsOf(done ...[2]float64) []headroom.DocumentEvent { // due and done; done 0: never
	var out []headroom.DocumentEvent
	for i, d := range done {
		out = append(out, headroom.DocumentEvent{T: 60 + float64(i), Site: "hub", Kind: "delivery", Document: int64(i), Due: d[0]})
		if d[1] > 0 {
			out = append(out, headroom.DocumentEvent{T: d[1], Site: "hub", Kind: "delivery", Document: int64(i), Done: true})
		}
	}
	return out
}

func TestAttainment(t *testing.T) {
	f := cutoff()
	f.documents = documentsOf(
		[2]float64{200, 200},                    // on the stroke
		[2]float64{200, math.Nextafter(200, 0)}, // in time
		[2]float64{200, 200.5},                  // late
		[2]float64{200, 0},                      // never
		[2]float64{100, 90},                     // due when the peak begins: not the peak's
		[2]float64{201, 90},                     // due behind it
		[2]float64{500, 0},                      // due behind the run
	)
	p := reportOf(t, f).Peaks[0]
	if a := p.Attainment["delivery"]; a.N != 4 || a.Value != 0.5 || a.Identified {
		t.Errorf("of the peak: %+v", a)
	}
	if p.BacklogFrom != 5 || p.BacklogTo != 4 || deref(p.Drain) != 0 { // seven but for two at 90 s, and one just before 200 s
		t.Errorf("backlog of documents: %+v", p)
	}
	of := func(o headroom.Objective) headroom.ObjectiveReport {
		o.Measure = headroom.MeasureAttainment
		return judgeOf(t, f, o)
	}
	if j := of(headroom.Objective{AtLeast: 0.5, Peak: "cutoff"}); j.Met == nil || !*j.Met || j.Sure {
		t.Errorf("at least a half: %+v", j)
	}
	if j := of(headroom.Objective{AtLeast: 0.51, Peak: "cutoff", Documents: "delivery"}); j.Met == nil || *j.Met {
		t.Errorf("at least a little more: %+v", j)
	}
	if j := of(headroom.Objective{AtLeast: 0.5}); j.Value == nil || j.Value.N != 6 {
		t.Errorf("of the whole window: %+v", j)
	}
	for _, o := range []headroom.Objective{{AtLeast: 0.5, Documents: "receipt"}, {AtLeast: 0.5, Site: "depot"}, {AtLeast: 0.5, Peak: "other"}} {
		if j := of(o); j.Met != nil || j.Value != nil || j.Reason == "" {
			t.Errorf("%+v: %+v", o, j)
		}
	}
	// A cutoff a quarter of an hour behind the peak's end.
	f.info.Plan.Peaks = []headroom.Peak{{Name: "cutoff", To: "17:00", Due: "17:15"}}
	f.info.Schedule.Window = 2000
	if a := reportOf(t, f).Peaks[0].Attainment["delivery"]; a.N != 6 {
		t.Errorf("with a later cutoff: %+v", a)
	}
	f.info.Plan.Peaks = []headroom.Peak{{Name: "cutoff", To: "16:59:59", Due: "17:00"}} // a second is enough for the one at 201 s
	if a := reportOf(t, f).Peaks[0].Attainment["delivery"]; a.N != 5 {
		t.Errorf("with a cutoff that tells seconds: %+v", a)
	}
}

// TestWorkThatIsHandedOn has a journey from 100 s to 120 s that releases a
// document at 110 s, which is done at 130 s, and one that does its own: each is
// one piece of work at any time.
func TestWorkThatIsHandedOn(t *testing.T) {
	f := cutoff()
	f.journeys = []headroom.Journey{journey(100, 20), journey(101, 20)}
	for i, j := range f.journeys {
		f.documents = append(f.documents, headroom.DocumentEvent{T: 110, Site: "hub", Kind: "delivery", Document: int64(i), Arrival: j.Arrival})
	}
	f.documents = append(f.documents, headroom.DocumentEvent{T: 118, Site: "hub", Kind: "delivery", Document: 1, Done: true}, headroom.DocumentEvent{T: 130, Site: "hub", Kind: "delivery", Done: true})
	e := evidenceOf(t, f)
	for at, want := range map[float64][2]float64{105: {2, 0}, 115: {2, 2}, 119: {2, 1}, 120.5: {2, 1}, 125: {1, 1}, 131: {0, 0}} {
		if all, papers := e.backlog(everything, nil).Before(at), e.backlog("delivery", nil).Before(at); all != want[0] || papers != want[1] {
			t.Errorf("at %g s: %g in all, %g deliveries; want %v", at, all, papers, want)
		}
	}
}
