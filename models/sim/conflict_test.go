package sim

import (
	"testing"

	"github.com/headroom-erp/headroom"
)

// clash is two classes of 1 s of constant work that both want the only row:
// "early" at a quarter of its work, "late" at three quarters.
func clash(workers int) headroom.System {
	class := func(name string, at float64) headroom.Class {
		return headroom.Class{Name: name, Demand: map[string]float64{"app": 1}, SCV: map[string]float64{"app": 0},
			Conflict: &headroom.ConflictRule{Group: "quant", Rows: 1, Population: 1, At: at}}
	}
	return headroom.System{
		Stations: []headroom.Station{{Name: "app", Servers: 8}},
		Pool:     &headroom.Pool{Name: "web", Servers: workers},
		Classes:  []headroom.Class{class("early", 0.25), class("late", 0.75)},
		Journeys: []headroom.SystemJourney{
			{Name: "early", Steps: []headroom.SystemStep{{Class: "early"}}},
			{Name: "late", Steps: []headroom.SystemStep{{Class: "late"}}},
		},
	}
}

// By hand: who starts first and touches at .25 holds the row till its commit
// at 1; the other, which started at 0.5 and touches at 1.25, finds it committed
// since its snapshot, loses at 1.25, sleeps u in (0, 2), and works 1 s again.
func TestLoserByHand(t *testing.T) {
	load := Load{Journeys: []Timed{{At: 0, Journey: 0, Lane: -1, Seed: 1}, {At: 0.5, Journey: 1, Lane: -1, Seed: 2}}}
	r, err := Run(clash(2), load, Options{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "winner", r.Responses[0].Seconds, 1, 1e-9)
	if s := r.Responses[1].Seconds; s < 0.75+1 || s > 0.75+2+1 {
		t.Errorf("loser took %g s, want 1.75 to 3.75", s)
	}
	if c := r.Classes[1]; c.Tries != 2 || c.Lost != 1 || c.Retried != 1 || c.Count != 1 {
		t.Errorf("loser: %d tries, %d lost, %d retried, %d done", c.Tries, c.Lost, c.Retried, c.Count)
	}
	near(t, "work done", r.Stations[0].BusySeconds, 1+0.75+1, 1e-9)
}

// By hand: late starts at 0 and would touch at 0.75; early starts at 0.4,
// takes the row at 0.65 and commits at 1.4. Late waits from 0.75 to 1.4, and loses.
func TestWaiterLosesWhenTheHolderCommits(t *testing.T) {
	load := Load{Journeys: []Timed{{At: 0, Journey: 1, Lane: -1, Seed: 1}, {At: 0.4, Journey: 0, Lane: -1, Seed: 2}}}
	r, err := Run(clash(2), load, Options{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "holder", r.Responses[1].Seconds, 1, 1e-9)
	if s := r.Responses[0].Seconds; s < 1.4+1 || s > 1.4+2+1 {
		t.Errorf("waiter took %g s, want 2.4 to 4.4", s)
	}
	near(t, "work done", r.Stations[0].BusySeconds, 1+0.75+1, 1e-9)
}

// One worker never conflicts, whatever is hot; separate groups do not either.
func TestNoConflictWithoutOverlap(t *testing.T) {
	var load Load
	for i := range 50 {
		load.Journeys = append(load.Journeys, Timed{At: float64(i) / 10, Journey: i % 2, Lane: -1, Seed: uint64(i)})
	}
	apart := clash(4)
	apart.Classes[0].Conflict.Group = "sequence"
	apart.Journeys = apart.Journeys[:2]
	for name, s := range map[string]headroom.System{"one worker": clash(1), "groups": apart} {
		l := load
		if name == "groups" { // one of each at a time
			l = Load{Journeys: []Timed{{At: 0, Journey: 0, Lane: -1}, {At: 0, Journey: 1, Lane: -1}}}
		}
		r, err := Run(s, l, Options{Seed: 4})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range r.Classes {
			if c.Lost != 0 {
				t.Errorf("%s: %d tries of %s lost", name, c.Lost, c.Name)
			}
		}
	}
}

// Two transactions that take two rows in opposite orders wait for each other:
// one loses after a second, the other then takes its row and commits.
func TestDeadlockEnds(t *testing.T) {
	s := clash(64)
	for i := range s.Classes {
		s.Classes[i].Conflict.Rows, s.Classes[i].Conflict.Population = 2, 2
	}
	// Constant work and equal starts: both are at their row at one instant, so
	// that only the order of draws decides; many pairs meet every case.
	var load Load
	for i := range 400 {
		load.Journeys = append(load.Journeys, Timed{At: float64(i/2) * 40, Journey: 0, Lane: -1, Seed: uint64(i)})
	}
	r, err := Run(s, load, Options{Seed: 8})
	if err != nil {
		t.Fatal(err)
	}
	if r.Classes[0].Failed > 0 || r.Classes[0].Count != 400 {
		t.Errorf("%d of 400 done", r.Classes[0].Count)
	}
	if r.Classes[0].Retried != 200 {
		t.Errorf("%d of 200 pairs had a loser", r.Classes[0].Retried)
	}
}

// hot is the typical system with rows to fight for.
func hot(rate, population float64, workers int) headroom.System {
	s := typical(rate)
	s.Pools[0].Servers = workers
	s.Classes[1].Conflict = &headroom.ConflictRule{Group: "quant", Rows: 4.5, Population: population, At: 0.7}
	s.Classes[2].Conflict = &headroom.ConflictRule{Group: "quant", Rows: 4.5, Population: population, At: 0.3}
	return s
}

// The hotter the rows, the more retries; and also in between whole numbers.
func TestRetriesFallWithPopulation(t *testing.T) {
	last := 1.0
	for _, n := range []float64{20, 20.5, 21, 40, 80, 160, 1e5, 1e8} {
		r := mustRun(t, hot(0.7, n, 4), Options{Seed: 2, Duration: 6000, Replications: 4, Parallel: 2})
		share, _ := r.Classes[1].RetryShare()
		if share > last+0.004 {
			t.Errorf("population %g: retry share %.3f, above %.3f of fewer rows", n, share, last)
		}
		if n == 20 && share < 0.1 {
			t.Errorf("retry share %.3f at 20 rows: nothing to compare", share)
		}
		if n == 1e8 && share > 0.001 {
			t.Errorf("retry share %.4f at 1e8 rows", share)
		}
		last = share
	}
}

func TestRetriesRiseWithWorkers(t *testing.T) {
	last := -1.0
	for _, w := range []int{1, 2, 4, 8} {
		r := mustRun(t, hot(0.7, 40, w), Options{Seed: 2, Duration: 6000, Replications: 2, Parallel: 2})
		share, _ := r.Classes[1].RetryShare()
		if share < last-0.01 || (w == 1 && share != 0) {
			t.Errorf("%d workers: retry share %.3f after %.3f", w, share, last)
		}
		last = share
	}
}
