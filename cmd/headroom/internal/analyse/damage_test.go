package analyse

import (
	"math"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// TestDamagedTimes has a journey, a request, a line of the log, a document, a
// sample and a gap for each time that is none: the figures are those of the
// rest, JSON can hold them, and the report says that something is left out.
func TestDamagedTimes(t *testing.T) {
	sound := func() fake {
		f := cutoff()
		f.info.Plan.Objectives = everyMeasure()
		for i := range 100 {
			at := 50 + 3*float64(i)
			f.journeys = append(f.journeys, journey(at, 1))
			id := f.journeys[i].Arrival
			f.requests = append(f.requests, headroom.Request{Arrival: id, N: 1, Site: "hub", Process: "order", Step: "confirm", Protocol: "jsonrpc", Start: at, End: at + 1, Outcome: headroom.OK})
			f.server = append(f.server, headroom.ServerRequest{End: at + 1, Arrival: id, N: 1, SQL: 0.2, Other: 0.5, Tries: 1})
			f.samples = append(f.samples, headroom.Sample{T: at, Probe: "redis", Subject: "redis", Metric: "used_memory_bytes", Value: 1})
		}
		return f
	}
	whole := reportOf(t, sound())
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300} {
		f := sound()
		f.journeys = append(f.journeys,
			headroom.Journey{Arrival: 1, Site: "hub", Process: "order", Scheduled: bad, Start: 1, End: 1, Outcome: headroom.OK},
			headroom.Journey{Arrival: 2, Site: "hub", Process: "order", Scheduled: 120, Start: 120, End: bad, Outcome: headroom.OK})
		f.requests = append(f.requests, headroom.Request{Arrival: f.journeys[5].Arrival, N: 2, Process: "order", Step: "confirm", Start: 66, End: bad, Outcome: headroom.Fault})
		f.server = append(f.server, headroom.ServerRequest{End: 66, Arrival: f.journeys[5].Arrival, N: 2, SQL: bad, Tries: 1})
		f.documents = []headroom.DocumentEvent{{T: bad, Site: "hub", Kind: "delivery", Document: 1, Due: 150}, {T: 120, Site: "hub", Kind: "delivery", Document: 2, Due: bad}}
		f.samples = append(f.samples, headroom.Sample{T: bad, Probe: "redis", Subject: "redis", Metric: "used_memory_bytes", Value: 2})
		f.gaps = []headroom.Gap{{T: bad, Probe: "redis", Reason: "gone"}}
		r := reportOf(t, f)
		plainJSON(t, r)
		p, want := r.Processes[0], whole.Processes[0]
		if p.Done != want.Done || p.Mean.Value != want.Mean.Value || p.Throughput != want.Throughput || len(r.Errors) != 0 {
			t.Errorf("%g: %+v, want %+v", bad, p, want)
		}
		if s := r.Steps[0]; s.Requests != 100 || *s.SQL != *whole.Steps[0].SQL {
			t.Errorf("%g: step %+v", bad, s)
		}
		if last := r.Gaps[len(r.Gaps)-1]; !strings.HasPrefix(last.Reason, "2 journeys have no times") {
			t.Errorf("%g: gaps %+v", bad, r.Gaps)
		}
	}
	// A time that could be one of another run must not take memory for years.
	f := sound()
	f.journeys[0].End = 9e7
	for _, s := range reportOf(t, f).Series {
		if len(s.T) > 100_000 {
			t.Errorf("series %s has %d points", s.Name, len(s.T))
		}
	}
}

// TestDoneTwice was done in time, and again by someone later.
func TestDoneTwice(t *testing.T) {
	f := cutoff()
	f.documents = []headroom.DocumentEvent{{T: 110, Site: "hub", Kind: "delivery", Document: 1, Due: 150},
		{T: 140, Site: "hub", Kind: "delivery", Document: 1, Done: true}, {T: 160, Site: "hub", Kind: "delivery", Document: 1, Done: true}}
	if d := reportOf(t, f).Documents[0]; d.InTime != 1 || *d.Longest != 30 {
		t.Errorf("%+v", d)
	}
}

// TestCountersThatRestart are at 30, begin again at 0, and come to 20.
func TestCountersThatRestart(t *testing.T) {
	f := complete(0, 100)
	f.info.Topology = headroom.Topology{Web: headroom.Web{Workers: 4, Cores: 1}, Database: headroom.Database{Cores: 1}}
	for i := range 11 {
		v := 6 * float64(i)
		if i > 5 {
			v = 5 * float64(i-6)
		}
		f.samples = append(f.samples, headroom.Sample{T: 10 * float64(i), Probe: "process", Subject: "web", Metric: "cpu_seconds", Value: v},
			headroom.Sample{T: 10 * float64(i), Probe: "generator", Subject: "generator", Metric: "cpu_seconds", Value: v})
	}
	r := reportOf(t, f)
	if u := r.Utilization["app"]; !near(u, 0.5) {
		t.Errorf("utilization %g, want 30 + 20 of 100 s", u)
	}
	if c := r.Generator.CPU; !near(deref(c), 0.5) {
		t.Errorf("the generator used %g", deref(c))
	}
}
