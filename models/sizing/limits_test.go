package sizing

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// A quota on a machine is no slow core: what is short runs at full speed, as the
// simulator has it, and a search or a what-if keeps it so.
func TestQuotaIsNoSlowCore(t *testing.T) {
	l, _ := schedule(0.2, 0.5, 0.02)(1)
	mean := func(change func(*headroom.Topology)) float64 {
		top := topology("t", 4, 0.5, 0.5)
		change(&top)
		f, err := Forecast(model(), top, l, nil, Options{Seed: 1, Replications: 8})
		if err != nil {
			t.Fatal(err)
		}
		return f.Processes[0].Mean.Value
	}
	own := mean(func(*headroom.Topology) {})
	limited := mean(func(top *headroom.Topology) { top.Quota = &headroom.Quota{Cores: 4} })
	short := mean(func(top *headroom.Topology) { top.Quota = &headroom.Quota{Cores: 4, Period: 0.001} })
	full := mean(func(top *headroom.Topology) { top.Web.Cores, top.Database.Cores = 4, 4 })
	// Alone on half a core everything takes twice as long. A request that is alone
	// is at the application for two thirds of its time, at most 4/3 of a quota of half.
	if !(own > 1.7*full) || !(limited < 1.4*full) || !(limited >= 0.999*full) {
		t.Errorf("cores of its own %.3f s, a quota %.3f s, all it wants %.3f s", own, limited, full)
	}
	if short < 0.999*full || short > own {
		t.Errorf("periods of 1 ms: %.3f s, between %.3f and %.3f", short, full, own)
	}
	s := System(model(), headroom.Topology{Web: headroom.Web{Workers: 2, Cores: 1}, Database: headroom.Database{Cores: 0.5}, Quota: &headroom.Quota{Cores: 2, Period: 0.05}})
	if len(s.Hosts) != 1 || s.Hosts[0].Cores != 2 || s.Stations[0].Host != s.Hosts[0].Name || s.Stations[1].Host != s.Hosts[0].Name || s.Stations[1].Period != 0.05 || s.Check() != nil {
		t.Errorf("%+v, %v", s, s.Check())
	}
}

// Where no objective says anything of any load, nothing is held: the capacity is
// not known, whatever the search went up to.
func TestCapacityOfWhatNobodyCanJudge(t *testing.T) {
	limit, err := Capacity(model(), topology("t", 3, 1, 1), schedule(1, 4, 0.1), []headroom.Objective{{Process: "ship", Percentile: 95, Within: 1}}, Options{CapacityReplications: 2})
	if err != nil || limit.Capacity != nil || limit.Station != "" || len(limit.Warnings) != 1 || !strings.Contains(limit.Warnings[0], "no objective could be judged (ship p95") {
		t.Errorf("%v: %+v", err, limit)
	}
}

// A journey that failed counts as the longest of all, be they failed or not, as in
// a run: what fails throughout does not take no time.
func TestFailedJourneysTakeTheLongest(t *testing.T) {
	s := &scene{horizon: 100}
	lost := journey{scheduled: 10, end: 32, outcome: failed}
	for _, c := range []struct {
		of   []journey
		want []float64
	}{
		{[]journey{lost, lost}, []float64{22, 22}},
		{[]journey{{scheduled: 1, end: 3}, lost}, []float64{2, 22}},
		{[]journey{{scheduled: 1, end: 60}, lost}, []float64{59, 59}},
		{[]journey{{scheduled: 90, end: 500, outcome: failed, cut: true}, {scheduled: 5, end: 99, outcome: idle}}, []float64{10}},
		{nil, nil},
	} {
		got := s.filled(c.of)
		if len(got) != len(c.want) {
			t.Fatalf("%+v: %v", c.of, got)
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%+v: %v, want %v", c.of, got, c.want)
			}
		}
	}
}

// Busy seconds up to a time are those of the whole bins before it and a part of the
// one that it is in.
func TestBusySecondsUpToATime(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		bins, width := make([]float64, random.IntN(6)), 0.5+2*random.Float64()
		for i := range bins {
			bins[i] = random.Float64()
		}
		u := usage{sums: cumulated(bins), width: width}
		at := (random.Float64()*8 - 1) * width
		want := 0.0
		for i, b := range bins {
			want += b * min(1, max(0, at/width-float64(i)))
		}
		if got := u.before(at); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v of %g s up to %g: %g, want %g", bins, width, at, got, want)
		}
	}
}

// TestAForecastAtTheCapacityHolds: what a forecast says at the capacity, with the same
// repetitions, is that it is held, and a bisection's step beyond it no more.
func TestAForecastAtTheCapacityHolds(t *testing.T) {
	provider := schedule(2, 5, 0.2)
	held := 0
	for seed := range uint64(8) {
		o := Options{Seed: seed, Replications: 10, CapacityReplications: 10}
		limit, err := Capacity(withConflicts(model(), 60), topology("t", 3, 1, 1), provider, plan().Objectives, o)
		if err != nil || limit.Capacity == nil || limit.Capacity.N != 10 {
			t.Fatalf("%v: %+v", err, limit)
		}
		v := limit.Capacity.Value
		for _, scale := range []float64{v, v * math.Exp2(1.0/4)} {
			l, err := provider(scale)
			if err != nil {
				t.Fatal(err)
			}
			f, err := Forecast(withConflicts(model(), 60), topology("t", 3, 1, 1), l, plan().Objectives, o)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case scale == v && (!f.Meets || f.Confidence < 0.5):
				t.Errorf("seed %d: at %g, the capacity, %g of the repetitions hold: %+v", seed, v, f.Confidence, f.Objectives)
			case scale > v && f.Meets:
				held++
			}
		}
	}
	if held > 2 {
		t.Errorf("%d of 8 hold a fifth more than their capacity", held)
	}
}
