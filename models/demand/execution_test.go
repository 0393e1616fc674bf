package demand

import (
	"slices"
	"testing"

	"github.com/headroom-erp/headroom"
)

// counted is a run with what pg_stat_statements would say each 10 s: all of the
// log's SQL seconds but for so many of each call.
func counted(made *fakeRun, outside, until float64) *fakeRun {
	r := *made
	r.samples = slices.Clone(made.samples)
	for s := 0.0; s <= until; s += 10 {
		var executed float64
		for _, l := range r.server {
			if l.End <= s {
				executed += l.SQL - outside*float64(l.Queries)
			}
		}
		r.samples = append(r.samples, headroom.Sample{T: s, Probe: "postgres", Subject: "hub", Metric: "statement_seconds", Value: executed})
	}
	return &r
}

// The way to the database and back is known by call when the server says how
// long it executed; and there is none when it executed all the time.
func TestExecution(t *testing.T) {
	const way, duration = 0.0006, 300
	long := func(w *world) { w.duration, w.excess = duration, way }
	first, second := asReal(with(small(), long).run(301), nobody), asReal(with(large(), long).run(302), nobody)
	for _, c := range []struct {
		name          string
		outside, want float64
	}{{"on the way", way, way}, {"executing", 0, 0}} {
		s, err := newSurvey([]headroom.Run{counted(first, c.outside, duration), counted(second, c.outside, duration)})
		if err != nil {
			t.Fatal(err)
		}
		tallies := s.tallies(s.book(OdooHabits()))
		s.findWork(tallies, Options{}.withDefaults())
		// The driver takes nothing in this world.
		within(t, c.name+": seconds of a call that are no work of the database's", s.unlogged.wait+s.unlogged.call, c.want, 0.3*c.want+way/10)
		s.eachExecuted(t, tallies)
	}
}

// A stand-in's demands are virtual: what its statements took is none of them.
func TestStandInExecutesNothing(t *testing.T) {
	for _, c := range estimated(t, counted(small().run(303), 0, 60)).Classes {
		if c.Executed != nil {
			t.Errorf("%s: %+v", c.Name, *c.Executed)
		}
	}
}

// eachExecuted holds the classes' seconds against all that was executed.
func (s *survey) eachExecuted(t *testing.T, tallies []tally) {
	t.Helper()
	var all, explained float64
	for _, r := range s.runs {
		c := r.executionOf()
		all += (c.v[len(c.v)-1] - c.v[0]) / micro
		for i := range r.lines {
			if l := &r.lines[i]; l.class != unjoined && l.end <= c.t[len(c.t)-1] {
				explained += s.executed[l.class].Value * l.effective(tallies[l.class].lost)
			}
		}
	}
	within(t, "seconds of execution in all", explained, all, 0.1*all)
}
