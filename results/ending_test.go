package results

import (
	"testing"

	"github.com/headroom-erp/headroom"
)

func TestEnding(t *testing.T) {
	began := headroom.Journey{Scheduled: 40, Start: 41, End: 47, Outcome: headroom.OK}
	cut := headroom.Journey{Scheduled: 55, Start: 55, End: 60.5, Outcome: headroom.Aborted}
	waiting := headroom.Journey{Scheduled: 50, Start: 60, End: 60, Outcome: headroom.Aborted}
	later := headroom.Journey{Scheduled: 80, Start: 80, End: 80, Outcome: headroom.Aborted}
	for _, c := range []struct {
		what     string
		journeys []headroom.Journey
		want     float64
	}{
		{"nothing", nil, 0},
		{"killed: the last record", []headroom.Journey{began, cut}, 60.5},
		{"told to stop: when what waited was given up", []headroom.Journey{later, began, waiting, cut}, 60},
		{"nothing waited: the next arrival had not come", []headroom.Journey{began, cut, later}, 80},
		{"stopped before anything began", []headroom.Journey{later}, 80},
	} {
		var e Ending
		for _, j := range c.journeys {
			e.Add(j)
		}
		if got := e.At(); got != c.want {
			t.Errorf("%s: %g, want %g", c.what, got, c.want)
		}
	}
}

// cutShort is a run that did not come to its end.
type cutShort struct{ headroom.Run }

func (c cutShort) Info() headroom.RunInfo {
	info := c.Run.Info()
	info.Complete, info.Reason = false, "a stop rule"
	return info
}

// TestSummaryOfARunCutShort has an order each second of 100, of which the run
// offered 60: two thirds of the window of [10, 100) would thin its rates.
func TestSummaryOfARunCutShort(t *testing.T) {
	var rs headroom.Records
	for i := range 100 {
		at := float64(i)
		j := headroom.Journey{Arrival: uint64(i + 1), Site: "hub", Process: "order", Scheduled: at, Start: at, End: at + 0.25, Outcome: headroom.OK}
		if i >= 60 {
			j.End, j.Outcome = at, headroom.Aborted
		}
		rs.Journeys = append(rs.Journeys, j)
	}
	run := cutShort{newBundle(t, map[string][]headroom.Records{"k6": {rs}})}
	s, err := Summarize(run, 10, 100)
	must(t, err)
	p := s.Process("order")
	if s.Until != 60 || p.Journeys != 90 || p.OK != 50 || p.NeverBegun != 40 || p.Failed != 0 || len(p.Failures) != 0 || len(p.FailedAt) != 40 {
		t.Errorf("until %g: %+v", s.Until, p)
	}
	if !close9(p.OfferedRate, 1) || !close9(p.Throughput, 1) {
		t.Errorf("offered %g/s, done %g/s; want 1 and 1", p.OfferedRate, p.Throughput)
	}
	// What was under way at the stop and ended after it is no throughput of before.
	for i := range 20 {
		rs.Journeys = append(rs.Journeys, headroom.Journey{Arrival: uint64(1000 + i), Site: "hub", Process: "order", Scheduled: 59, Start: 59, End: 65, Outcome: headroom.OK})
	}
	late := cutShort{newBundle(t, map[string][]headroom.Records{"k6": {rs}})}
	if s, err := Summarize(late, 10, 100); err != nil || !close9(s.Process("order").Throughput, 1) {
		t.Errorf("with what ended behind the stop %g/s, %v; want 1", s.Process("order").Throughput, err)
	}
	if s, err = Summarize(run, 70, 100); err != nil || s.Until != 70 || s.Process("order").OfferedRate != 0 {
		t.Errorf("of what came behind the end: %+v, %v", s, err)
	}
}
