package sim

import (
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
)

// skipping is clash with rows that are skipped while they are held.
func skipping() headroom.System {
	s := documented(0)
	for i := range s.Classes {
		s.Classes[i].Conflict.SkipLocked = true
	}
	return s
}

// meet plays journeys of "early" (0, touches at 0.25 of its second) and "late"
// (1, at 0.75), each over product 0, and says which of them lost how often.
func meet(t *testing.T, s headroom.System, starts []float64, journeys []int) []bool {
	t.Helper()
	load := Load{Products: headroom.NewPopularity(3, 0)}
	for i, at := range starts {
		load.Journeys = append(load.Journeys, Timed{At: at, Journey: journeys[i], Lane: -1, Seed: uint64(i), Document: Document{Products: []int32{0}}})
	}
	r, err := Run(s, load, Options{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	lost := make([]bool, len(starts))
	for i := range lost {
		lost[i] = r.Responses[i].Seconds > 1.0001
	}
	return lost
}

// By hand, on the one row and its copies.
func TestHeldRowsAreSkipped(t *testing.T) {
	const early, late = 0, 1
	for name, c := range map[string]struct {
		starts   []float64
		journeys []int
		lost     []bool
	}{
		// Late touches at 0.75 what early holds from 0.65 to 1.4: it takes a copy.
		"held is no conflict": {[]float64{0, 0.4}, []int{late, early}, []bool{false, false}},
		// Late's snapshot is of 0.5, early commits at 1, late touches at 1.25.
		"committed since the snapshot": {[]float64{0, 0.5}, []int{early, late}, []bool{false, true}},
		// The first holds the row from 0.25, the second makes a copy at 0.35. They commit
		// at 1 and 1.1. The third starts at 0.9, sees no copy, and finds at 1.15 the row committed.
		"a copy saves nobody from the row": {[]float64{0, 0.1, 0.9}, []int{early, early, early}, []bool{false, false, true}},
		// As before, but the third starts at 2 and takes the row at 2.25; the fourth
		// takes the copy at 2.35, which it sees. The fifth, from 2.9 on, loses the row.
		// The sixth starts when both are done.
		"a copy is used again": {[]float64{0, 0.1, 2, 2.1, 2.9, 9}, []int{early, early, early, early, early, early}, []bool{false, false, false, false, true, false}},
		// Three at once: a copy each, and the second copy of two is used while the
		// row and the first one are held. The fifth of the second wave starts at 3.15, and the
		// copy that it would take at 3.4 ... is the row, committed at 3: all since 3.15 is nothing.
		"many copies": {[]float64{0, 0.01, 0.02, 2, 2.01, 2.02, 3.15}, []int{0, 0, 0, 0, 0, 0, 0}, make([]bool, 7)},
		// The row is held by the second wave's first (2.25 to 3), the copy was committed at 2.9
		// by its second (born at 1.1): late, from 2.1, touches at 2.85 - before that; no loss.
		"before it commits": {[]float64{0, 0.1, 2, 2.1}, []int{early, early, early, late}, make([]bool, 4)},
		// The first two leave a row and a copy. From 2 on: one holds the row (2.25 to 3). The next
		// starts at 1.6, takes the row first (1.85) ... and commits at 2.6, so that the one from 2 loses.
		"an older rival": {[]float64{0, 0.1, 1.9, 1.6}, []int{early, early, late, early}, []bool{false, false, true, false}},
	} {
		got := meet(t, skipping(), c.starts, c.journeys)
		for i, want := range c.lost {
			if got[i] != want {
				t.Errorf("%s: journey %d lost %v, want %v", name, i, got[i], want)
			}
		}
	}
}

// A copy that was committed since the snapshot is refused like the row itself.
func TestCopyCommittedSinceSnapshot(t *testing.T) {
	l := newLocks([]float64{1}, 1)
	at := l.index(0, 0, 0)
	l.rows[at].holder = 7
	first := l.unlocked(at, 99, 1)
	if first == at || l.rows[first].born != unborn {
		t.Fatalf("row %d born %d", first, l.rows[first].born)
	}
	l.rows[first].holder = 8
	second := l.unlocked(at, 99, 1)
	if second == at || second == first {
		t.Fatalf("row %d", second)
	}
	// The first is committed as number 2, the second rolled back.
	l.rows[first].holder, l.rows[first].born, l.rows[first].committed = -1, 2, 2
	l.rows[second].holder = -1
	if got := l.unlocked(at, 99, 1); got != second {
		t.Errorf("row %d: one who does not see the copy takes %d, which nobody committed", got, second)
	}
	if got := l.unlocked(at, 99, 2); got != first {
		t.Errorf("row %d: one who sees the copy takes %d", got, first)
	}
	l.rows[first].holder, l.rows[first].committed = 9, 3
	if got := l.unlocked(at, 99, 2); got != first {
		t.Errorf("row %d: a copy committed since is refused, though it is held", got)
	}
	if n := len(l.rows); n != 4 { // with the one in reserve of newLocks
		t.Errorf("%d rows", n)
	}
}

// Rivals of any of the groups are rivals.
func TestAlso(t *testing.T) {
	for name, c := range map[string]struct {
		group string
		also  []string
		lost  bool
	}{"none in common": {"b", []string{"c"}, false}, "also": {"b", []string{"quant"}, true}, "twice": {"quant", []string{"quant"}, true}} {
		s := skipping()
		s.Classes[1].Conflict.Group, s.Classes[1].Conflict.Also = c.group, c.also
		if got := meet(t, s, []float64{0, 0.5}, []int{0, 1}); got[1] != c.lost {
			t.Errorf("%s: lost %v", name, got[1])
		}
	}
}

// By hand: rows of Also, touched at 0.25 and again at 0.75 of a second.
func TestAgain(t *testing.T) {
	for name, c := range map[string]struct {
		again  float64
		starts []float64
		lost   []bool
	}{
		// The second finds the row held at 0.55 and takes a copy; the first commits
		// at 1, and the second sees that at 1.05.
		"skipped and committed": {0.75, []float64{0, 0.3}, []bool{false, true}},
		"not again":             {0, []float64{0, 0.3}, []bool{false, false}},
		// It is again at 0.95, before the first commits.
		"still held": {0.75, []float64{0, 0.2}, []bool{false, false}},
		// Whoever was first has the row at both times, though the other commits its copy first.
		"first come": {0.75, []float64{0, 0.01}, []bool{false, false}},
		// A copy of two is taken again by who made it.
		"own copies": {0.75, []float64{0, 0.1, 0.2}, make([]bool, 3)},
	} {
		s := skipping()
		for i := range s.Classes {
			s.Classes[i].Conflict.Group, s.Classes[i].Conflict.Also, s.Classes[i].Conflict.Again = "own", []string{"place"}, c.again
			s.Classes[i].Conflict.Documents = true
		}
		// Their first group is apart, so that only the second one counts.
		s.Classes = append(s.Classes, s.Classes[0])
		s.Classes[2].Name = "third"
		s.Journeys = append(s.Journeys, headroom.SystemJourney{Name: "third", Steps: []headroom.SystemStep{{Class: "third"}}})
		for i := range s.Classes {
			rule := *s.Classes[i].Conflict
			rule.At, rule.Group = 0.25, string(rune('a'+i))
			s.Classes[i].Conflict = &rule
		}
		journeys := []int{0, 1, 2}[:len(c.starts)]
		got := meet(t, s, c.starts, journeys)
		for i, want := range c.lost {
			if got[i] != want {
				t.Errorf("%s: journey %d lost %v, want %v", name, i, got[i], want)
			}
		}
	}
}

// By hand: three of one second that touch the only row at 0.25 and queue for
// it: each goes on where the one before it ends, and nobody loses.
func TestQueuesLoseNothing(t *testing.T) {
	s := clash(8)
	for i := range s.Classes {
		s.Classes[i].Conflict.Queues, s.Classes[i].Conflict.At = true, 0.25
	}
	var load Load
	for i := range 3 {
		load.Journeys = append(load.Journeys, Timed{At: float64(i) / 10, Journey: i % 2, Lane: -1, Seed: uint64(i)})
	}
	r, err := Run(s, load, Options{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	for i, end := range []float64{1, 1.75, 2.5} { // the last 0.75 s after the end of the one before
		near(t, "end", load.Journeys[i].At+r.Responses[i].Seconds, end, 1e-9)
	}
	if lost := r.Classes[0].Lost + r.Classes[1].Lost; lost != 0 {
		t.Errorf("%d lost", lost)
	}
}

// Whatever the rules, every journey ends, and what is measured is in its bounds.
func TestAnyRules(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 8))
	for n := range 150 {
		s := typical(0.7)
		s.Pools[0].Servers = 1 + random.IntN(6)
		for i := range s.Classes {
			if random.IntN(4) == 0 {
				continue
			}
			at := random.Float64()
			s.Classes[i].Conflict = &headroom.ConflictRule{
				Group: string(rune('a' + random.IntN(2))), Rows: 1 + 3*random.Float64(), Population: 1 + float64(random.IntN(30)), Popularity: float64(random.IntN(2)),
				At: at, Documents: random.IntN(3) > 0, Intensity: 2 * random.Float64(), SkipLocked: random.IntN(3) > 0,
				Queues: random.IntN(4) == 0,
				Also:   [][]string{nil, {"a"}, {"c"}, {"b", "c"}}[random.IntN(4)], Again: []float64{0, at + (1-at)*random.Float64(), 1}[random.IntN(3)],
			}
		}
		r := mustRun(t, s, Options{Seed: uint64(n), Duration: 150})
		for _, c := range r.Classes {
			if c.Lost > c.Tries || c.Retried > c.Count+c.Failed || c.Tries < c.Count {
				t.Errorf("%d: %s: %d tries, %d lost, %d retried of %d done and %d failed", n, c.Name, c.Tries, c.Lost, c.Retried, c.Count, c.Failed)
			}
		}
	}
}

// Who skips loses less often than who waits, and late touches lose more.
func TestSkippingLosesLess(t *testing.T) {
	lost := func(skip bool) [2]int {
		s := wanted(1, 0.8)
		for i := 1; i <= 2; i++ {
			s.Classes[i].Conflict.SkipLocked = skip
		}
		r := mustRun(t, s, Options{Seed: 2, Duration: 3000, Replications: 2, Parallel: 2})
		return [2]int{r.Classes[1].Lost, r.Classes[2].Lost}
	}
	wait, skip := lost(false), lost(true)
	if skip[0] == 0 || 10*skip[0] > 9*wait[0] {
		t.Errorf("lost %v skipping, %v waiting", skip, wait)
	}
}
