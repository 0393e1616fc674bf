package analyse

import (
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// machine is a run on four CPUs of which so many cores are used.
func machine(generator, host, steal float64) fake {
	f := complete(10, 90)
	f.journeys = []headroom.Journey{journey(20, 1)}
	for i := range 101 {
		t := float64(i)
		add := func(subject, metric string, v float64) {
			f.samples = append(f.samples, headroom.Sample{T: t, Probe: "generator", Subject: subject, Metric: metric, Value: v})
		}
		add("generator", "cpu_seconds", generator*t)
		add("host", "cpu_seconds", host*t)
		add("host", "steal_seconds", steal*t)
		add("host", "cpus", 4)
	}
	return f
}

func TestGenerator(t *testing.T) {
	late := machine(0.2, 1, 0)
	late.journeys[0].TimerLate = 0.06
	starved := machine(0.2, 1, 0)
	starved.journeys[0].VUWait = 0.06
	atBound := machine(0.2, 1, 0)
	atBound.journeys[0].TimerLate = MaxGeneratorDelay
	for _, c := range []struct {
		what       string
		run        fake
		bottleneck bool
		reason     string // a part of the only one
	}{
		{"nothing wrong", machine(0.2, 2, 0.1), false, ""},
		{"timers late", late, true, "its timers were late: the 99th percentile of journeys began 60 ms late, allowed are 50 ms"},
		{"no virtual user", starved, true, "every virtual user was waiting"},
		{"as late as is allowed", atBound, false, ""},
		{"steal", machine(0.2, 2, 0.5), true, "12 % of its machine's CPU time to others, allowed are 10 %"},
		{"steal below the bound", machine(0.2, 2, 0.39), false, ""},
		{"the generator's own CPU", machine(3.5, 3.6, 0), true, "it used 3.5 of its machine's 4 CPUs"},
		{"a machine that is busy with it", machine(2.1, 3.9, 0), true, "its machine was 98 % busy, mostly with it"},
		{"a machine that is busy with the ERP", machine(0.3, 3.9, 0), false, "98 % busy, mostly with other work"},
	} {
		r := reportOf(t, c.run)
		g := r.Generator
		if g == nil || g.Bottleneck != c.bottleneck || r.Valid == c.bottleneck {
			t.Errorf("%s: %+v, valid %v", c.what, g, r.Valid)
			continue
		}
		if c.reason == "" && len(g.Reasons) > 0 || c.reason != "" && (len(g.Reasons) != 1 || !strings.Contains(g.Reasons[0], c.reason)) {
			t.Errorf("%s: %q", c.what, g.Reasons)
		}
	}
	g := reportOf(t, machine(0.5, 2, 0.1)).Generator
	if !near(deref(g.CPU), 0.5) || !near(deref(g.Host), 0.5) || !near(deref(g.Steal), 0.025) {
		t.Errorf("%g cores, host %g, steal %g", deref(g.CPU), deref(g.Host), deref(g.Steal))
	}
	unseen := complete(10, 90)
	if g := reportOf(t, unseen).Generator; g.CPU != nil || g.Host != nil || g.Steal != nil || g.Bottleneck {
		t.Errorf("unobserved: %+v", g)
	}
}

// TestCutOffRun stops at 60 of 100 s: what was not offered neither counts as
// failed nor thins the rates.
func TestCutOffRun(t *testing.T) {
	f := complete(10, 90)
	f.info.Complete, f.info.Reason = false, "a stop rule"
	for at := 10.0; at < 100; at++ {
		j := journey(at, 0.5)
		if at >= 60 {
			j.End, j.Outcome, j.Error = j.Start, headroom.Aborted, "the run ended"
		}
		f.journeys = append(f.journeys, j)
	}
	waiting := failing(journey(55, 0), headroom.Aborted, "the run ended") // due, and given up at the stop
	waiting.Arrival, waiting.Start, waiting.End = 9999, 60, 60
	f.journeys = append(f.journeys, waiting)
	f.info.Plan.Objectives = []headroom.Objective{{Measure: headroom.MeasureErrorShare, AtMost: 0.1}}
	r := reportOf(t, f)
	if r.Window.From != 10 || r.Window.To != 60 {
		t.Errorf("window %+v", r.Window)
	}
	p := r.Processes[0]
	if p.Done != 50 || p.Scheduled != 51 || p.NeverBegun != 1 || p.Outcomes[headroom.Aborted] != 0 || !near(p.Throughput, 1) {
		t.Errorf("%+v", p)
	}
	if o := r.Objectives[0]; o.Met != nil || o.Value == nil || o.Value.Value != 0 {
		t.Errorf("%+v %+v", o, o.Value)
	}
	// Killed: nothing was recorded behind the last second.
	f.journeys = f.journeys[:50]
	if w := reportOf(t, f).Window; w.To != 59.5 {
		t.Errorf("a killed run's window ends at %g", w.To)
	}
	// In a run that came to its end what never began is work that was not done.
	f.journeys = append(f.journeys, waiting)
	f.info.Complete = true
	r = reportOf(t, f)
	if o := r.Objectives[0]; o.Met == nil || !*o.Met || !near(o.Value.Value, 1./51) || r.Window.To != 100 {
		t.Errorf("%+v %+v", o, o.Value)
	}
}

func TestIncidents(t *testing.T) {
	f := complete(0, 100)
	event := func(at float64, what string, v float64) {
		f.samples = append(f.samples, headroom.Sample{T: at, Probe: "event", Subject: what, Value: v})
	}
	event(10, "carrier_down", 1)
	event(15, "carrier_down", 1)
	event(20, "carrier_down", 0)
	event(30, "deployment", 1)
	event(90, "other", 0)
	got := reportOf(t, f).Incidents
	want := []headroom.Span{{Name: "carrier_down", From: 10, To: 20}, {Name: "deployment", From: 30, To: 90}}
	if len(got) != 2 || got[0].Name != want[0].Name || got[0].To != 20 || got[1].From != 30 || got[1].To != 90 {
		t.Errorf("%+v, want %+v", got, want)
	}
}
