package demand

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// Two requests of equal halves on one core each: states are weighed by
// f(2,1) = 2 where both are at one station and 1 where they are apart, so
// that one at the app meets the other there with 2/3 and is served at
// 1/3·1 + 2/3·1/2 = 2/3.
func TestCrowdOfTwo(t *testing.T) {
	c := crowd{share: []float64{0.5, 0.5}, cores: [2]float64{1, 1}}
	present, progress := c.one(0, false)
	for st := range stationNames {
		if math.Abs(present[st]-0.5) > 1e-12 || math.Abs(progress[st]/present[st]-2.0/3) > 1e-12 {
			t.Errorf("%s: present %.4f, rate %.4f", stationNames[st], present[st], progress[st]/present[st])
		}
	}
	// With cores for all nobody is in the way; on a shared host all always are.
	c = crowd{share: []float64{0.2, 0.7, 0.4}, cores: [2]float64{3, 3}}
	present, progress = c.one(1, false)
	if math.Abs(present[database]-0.7) > 1e-12 || progress != present {
		t.Errorf("alone: present %v, progress %v", present, progress)
	}
	if _, progress = c.one(1, true); progress[app] != 1 {
		t.Errorf("three on three shared cores progress at %g", progress[app])
	}
}

// A large crowd's answer, with nobody left out, is close to the exact one,
// and stays a number when it is huge.
func TestCrowdLarge(t *testing.T) {
	for _, n := range []int{maxCrowd, maxCrowd + 1, 64, 500} {
		c := crowd{cores: [2]float64{4, 2}}
		for range n {
			c.share = append(c.share, 0.3)
		}
		present, progress := c.one(0, false)
		busy := float64(n) * (progress[app] + progress[database])
		if math.IsNaN(busy) || busy > 6.01 || busy < 5 {
			t.Errorf("%d requests keep %.3f of 6 cores busy; present %v", n, busy, present)
		}
	}
}

// TestStretchObeysCounters: without looking at them, freed wall times add up
// to the counters, at low load and near saturation.
func TestStretchObeysCounters(t *testing.T) {
	var implied, counted [2][3]float64
	for seed := range uint64(3) {
		w := pilot("a", 8, 1.5, 1)
		s, err := newSurvey([]headroom.Run{w.run(seed)})
		if err != nil {
			t.Fatal(err)
		}
		s.findWork(s.tallies(s.book(OdooHabits())), Options{}.withDefaults())
		law := s.newLaw()
		for _, r := range law.rows {
			// By the mean of both: chosen by one alone, its errors would choose.
			b := min(2, int(3*(r.y+law.implied(r))/2/cell/w.topology.Web.Cores))
			implied[r.kind][b] += law.implied(r)
			counted[r.kind][b] += r.y
		}
	}
	for st := range stationNames {
		for b := range 3 {
			if counted[st][b] == 0 {
				continue
			}
			tolerance := 0.05
			if b == 0 {
				tolerance = 0.1 // few cells, where lost tries of hardly known place weigh most
			}
			if r := implied[st][b] / counted[st][b]; math.Abs(r-1) > tolerance {
				t.Errorf("%s, busy third %d: the log implies %.3f of what was counted", stationNames[st], b, r)
			}
		}
	}
}

func TestPieces(t *testing.T) {
	l := line{start: 10, end: 13, sql: 0.4, other: 1.4, sleep: 1.2, tries: 2}
	p := l.pieces(0, 0.8, 0.4)
	if len(p) != 2 || math.Abs(p[0].end-10.8) > 1e-9 || math.Abs(p[1].start-12) > 1e-9 || math.Abs(p[0].share-0.8/1.8) > 1e-9 {
		t.Errorf("pieces of one lost try: %+v", p)
	}
	l.tries = 3
	l.end = 16
	var share float64
	for _, q := range l.pieces(0, 0.8, 0.4) {
		share += q.share
		if q.end < q.start || q.start < 10 || q.end > 16 {
			t.Errorf("a piece outside of its line: %+v", q)
		}
	}
	if math.Abs(share-1) > 1e-9 {
		t.Errorf("the pieces hold %.3f of the work", share)
	}
	if (&line{start: 1, end: 1}).pieces(0, 1, 0) != nil {
		t.Error("a line of no time has pieces")
	}
}
