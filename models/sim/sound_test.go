package sim

import (
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
)

// Whatever happened, in the end nobody holds a worker, a row or a place, and
// every journey has its answer.
func TestNothingIsLeftOver(t *testing.T) {
	ended, lost := 0, 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 2))
		s, l := randomSystem(r)
		for i := range s.Classes {
			s.Classes[i].ArrivalRate, s.Classes[i].Population, s.Classes[i].Every = 0, 0, 0
		}
		s.Journeys[0].Population = 0
		p, err := compile(s, l, 2)
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Seed: seed, MaxEvents: 200_000, MaxCustomers: 20_000}
		if l.check(len(s.Journeys)) != nil || len(l.Journeys)+len(l.Operators) == 0 {
			continue
		}
		e := newEngine(p, l, o)
		if e.run() != nil || e.inReplay > 0 { // a budget, or a station that stands still to the end
			continue
		}
		ended++
		if e.number != 0 || e.lock.blocked != 0 {
			t.Errorf("seed %d: %d requests, %d blocked", seed, e.number, e.lock.blocked)
		}
		for i := range e.pool {
			q := &e.pool[i]
			if q.working != 0 || q.waiting != 0 {
				t.Errorf("seed %d: pool %d has %d working, %d waiting", seed, i, q.working, q.waiting)
			}
			for n := range q.host {
				h := &q.host[n]
				if h.active != 0 || h.queue.len() != 0 {
					t.Errorf("seed %d: pool %d, host %d has %d connections", seed, i, n, h.active)
				}
				lost += countGone(h)
			}
		}
		for i, row := range e.lock.rows {
			if row.holder >= 0 || row.first >= 0 {
				t.Errorf("seed %d: row %d is held by %d", seed, i, row.holder)
			}
		}
		for i := range e.station {
			if len(e.station[i].jobs) > 0 {
				t.Errorf("seed %d: %d jobs at station %d", seed, len(e.station[i].jobs), i)
			}
		}
		for i, a := range e.tally.responses {
			if !(a.Seconds >= 0) {
				t.Errorf("seed %d: journey %d: %+v", seed, i, a)
			}
		}
	}
	if ended < 200 || lost < 100 {
		t.Errorf("%d runs ended, %d workers were taken away: too few to tell", ended, lost)
	}
}

func countGone(h *host) int {
	n := 0
	for _, k := range h.worker {
		if k.state == gone {
			n++
		}
	}
	return n
}

// No transient makes it hang, panic, or answer NaN.
func FuzzTransient(f *testing.F) {
	for seed := range uint64(60) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 3))
		s, l := randomSystem(r)
		x := headroom.Transient{System: s, Changes: l.Changes, Until: 20 * r.Float64() * float64(r.IntN(2)), Step: 3 * r.Float64() * float64(r.IntN(2))}
		class := func() string { return s.Classes[r.IntN(len(s.Classes))].Name }
		for range r.IntN(4) {
			from := 20*r.Float64() - 5
			x.Load = append(x.Load, headroom.LoadStep{From: from, To: from + 20*r.Float64(), Class: class(), ArrivalRate: 10 * r.Float64()})
		}
		for range r.IntN(3) {
			x.Batches = append(x.Batches, headroom.Burst{T: 10 * r.Float64(), Class: class(), Count: r.IntN(30)})
		}
		got, err := Transient(x, Options{Seed: seed, Replications: 2 + r.IntN(3), Parallel: 2, MaxEvents: 40_000, MaxCalls: r.IntN(3)})
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		if len(got.Series) == 0 && len(got.Warnings) == 0 || len(got.Series) > mostPoints+1 {
			t.Fatalf("%d points", len(got.Series))
		}
		for _, p := range got.Series {
			if !(p.NumberMean >= p.WaitingMean && p.WaitingMean >= 0 && p.NumberMean < 1e9 && p.T >= 0) || p.ResponseP95 != nil && !(*p.ResponseP95 > 0) {
				t.Fatalf("%+v", p)
			}
		}
		if d := got.Drain; d != nil && !(d.Mean >= 0 && d.P50 <= d.P95 && d.Interval[0] <= d.Mean && d.Mean <= d.Interval[1] && d.P95 < 1e12) {
			t.Fatalf("%+v", *d)
		}
	})
}

// A clock's grain is coarser late in a run: a quota that is used up there ends
// all the same (it once was asked for again and again at one instant).
func TestQuotasLateInALongRun(t *testing.T) {
	s := typical(0)
	s.Pools[0].Servers = 12
	s.Hosts = []headroom.Host{{Name: "metal", Cores: 2.3}}
	for i := range s.Stations {
		s.Stations[i].Host = "metal"
	}
	for _, start := range []float64{28_800, 1e6, 1e9 / 3} {
		var l Load
		for i := range 2000 {
			l.Journeys = append(l.Journeys, Timed{At: start + float64(i), Lane: -1, Seed: uint64(i)})
		}
		if _, err := Run(s, l, Options{Seed: 1, MaxEvents: 1_000_000}); err != nil {
			t.Errorf("from %g s on: %v", start, err)
		}
	}
}
