package demand

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// retriedLines are clean lines of documents of 1 to 9 lines, and retried ones
// whose lost tries did a share of a try's queries and of its app work.
func retriedLines(lost int, queries, work float64) *survey {
	r := &run{}
	add := func(lines float64, tries int) {
		all := 1 + queries*float64(tries-1)
		r.lines = append(r.lines, line{
			size: lines, tries: tries, lost: tries - 1, clean: tries == 1,
			queries: all * (100 + 10*lines), work: [2]float64{app: (1 + work*float64(tries-1)) * (0.08 + 0.01*lines), database: 0.05},
		})
	}
	for i := range 90 {
		add(float64(1+i%9), 1)
	}
	for i := range lost {
		add(float64(1+i%9), 2+i%2)
	}
	return &survey{runs: []*run{r}, classes: []class{{name: "order.confirm", process: "order", step: "confirm"}}}
}

// Where a try loses is what its lines say, the more of them the more, and the
// habit's without any.
func TestTouches(t *testing.T) {
	book := ruleBook{habits: OdooHabits()}
	habit := book.at(class{process: "order", step: "confirm"})
	at := func(s *survey) float64 { return s.touches(make([]tally, 1), book)[0] }
	if got := at(retriedLines(0, 0.4, 0.4)); got != habit {
		t.Errorf("nothing lost: %.3f, habit %.3f", got, habit)
	}
	away := math.Inf(1)
	for _, lost := range []int{1, 5, 50} {
		got := at(retriedLines(lost, 0.4, 0.4))
		if d := got - 0.4; d <= 0 || d >= away {
			t.Errorf("%d lost at 0.4: %.3f", lost, got)
		} else {
			away = d
		}
	}
	if away > 0.1 {
		t.Errorf("50 lost at 0.4: off by %.3f", away)
	}
	// Queries and app work are heard alike.
	if a, b := at(retriedLines(30, 0.3, 0.6)), at(retriedLines(30, 0.6, 0.3)); math.Abs(a-b) > 1e-9 || a < 0.4 || a > 0.6 {
		t.Errorf("queries at 0.3 and work at 0.6: %.3f; the other way round: %.3f", a, b)
	}
	// One odd line moves nothing.
	s := retriedLines(20, 0.5, 0.5)
	before := at(s)
	s.runs[0].lines[len(s.runs[0].lines)-1].work[app] *= 20
	if got := at(s); math.Abs(got-before) > 0.02 {
		t.Errorf("%.3f with one odd line, %.3f without", got, before)
	}
	// A class that touches twice keeps its habit.
	s = retriedLines(50, 0.9, 0.9)
	s.classes[0] = class{name: "pick.validate", process: "pick", step: "validate"}
	if got := at(s); got != book.at(s.classes[0]) {
		t.Errorf("pick.validate: %.3f", got)
	}
}

// What a process plays decides what its steps touch, then its name, then the step's.
func TestHabits(t *testing.T) {
	book := ruleBook{habits: OdooHabits(), scenario: map[string]string{"receive": "buy_and_receive", "evening": "pick"}}
	for _, c := range []struct {
		process, step, group string
		also                 int
	}{
		{"receive", "validate", quants, 1}, {"evening", "validate", quants, 1}, {"pick", "validate", quants, 1}, {"putaway", "validate", quants, 1},
		{"ship", "validate", leaving, 1}, {"order", "confirm", quants, 0}, {"buy_and_receive", "confirm", "", 0}, {"scan", "lookup", "", 0},
	} {
		h := book.habit(class{process: c.process, step: c.step})
		if h.Group != c.group || len(h.Also) != c.also {
			t.Errorf("%s.%s: %+v", c.process, c.step, h)
		}
	}
	book.scenario = nil
	if h := book.habit(class{process: "receive", step: "validate"}); h.Group != vendors || h.Also[0] != arriving || h.Again <= h.At {
		t.Errorf("receive.validate: %+v", h)
	}
	odoo, standing := class{process: "order", step: "confirm"}, book
	standing.waits = true
	if !book.skips(odoo) || standing.skips(odoo) || book.skips(class{process: "invoice", step: "post"}) {
		t.Error("only Odoo's quants are skipped while they are held")
	}
	if post := (class{process: "invoice", step: "post"}); !book.queues(post, tally{}) || book.queues(post, tally{retried: 1}) || standing.queues(post, tally{}) || book.queues(odoo, tally{}) {
		t.Error("only Odoo's numbers queue, and not those that lost")
	}
}

// What operators take, and what others make for them, is the scenario's, however
// the process is called.
func TestPassOn(t *testing.T) {
	book := ruleBook{scenario: map[string]string{"evening": "pick", "desk": "order_entry", "scan": "scan"}}
	journeys := []headroom.JourneyModel{{Process: "evening"}, {Process: "desk"}, {Process: "scan"}, {Process: "pick"}}
	book.passOn(journeys)
	for i, want := range [][2]string{{"ship", "pick"}, {"pick", ""}, {}, {}} {
		if j := journeys[i]; j.Makes != want[0] || j.Takes != want[1] {
			t.Errorf("%s makes %q and takes %q, want %q", j.Process, j.Makes, j.Takes, want)
		}
	}
}
