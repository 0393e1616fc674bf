package layered

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// wildSystem is anything that a description may say: every feature, figures
// over fifteen decades.
func wildSystem(r *rand.Rand) headroom.System {
	maybe := func(v float64) float64 {
		if r.IntN(3) == 0 {
			return 0
		}
		return v
	}
	magnitude := func() float64 { return maybe(math.Pow(10, 15*r.Float64()-8)) }
	count := func(most float64) int { return int(math.Pow(most, r.Float64())) }
	s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: 0.01 + math.Pow(10, 3*r.Float64()-1)}, {Name: "database", Servers: 0.1 + 2*r.Float64()}}}
	if r.IntN(4) == 0 {
		s.Hosts = []headroom.Host{{Name: "host", Cores: 0.5 + 3*r.Float64()}}
		for i := range 1 + r.IntN(2) {
			st := &s.Stations[(r.IntN(2)+i)%2]
			st.Host, st.Period = "host", maybe(math.Pow(10, -3*r.Float64()))
		}
	}
	for i := range 1 + r.IntN(3) {
		s.Pools = append(s.Pools, headroom.Pool{Name: fmt.Sprint("p", i), Servers: count(300), Backlog: int(maybe(float64(count(2000)))), Replicas: r.IntN(5),
			Balance: []string{"", headroom.RoundRobin, headroom.LeastConnections, headroom.RandomBalance}[r.IntN(4)], RegistryLoad: maybe(r.Float64()), Registries: r.IntN(3), RecycleAfter: int(maybe(float64(count(1000))))})
		if p := &s.Pools[i]; p.RecycleAfter > 0 {
			p.RecycleTime = maybe(10 * r.Float64())
		}
	}
	for i := range 1 + r.IntN(6) {
		c := headroom.Class{Name: fmt.Sprint("c", i), Pool: s.Pools[r.IntN(len(s.Pools))].Name, Demand: map[string]float64{"app": magnitude(), "database": magnitude()},
			SCV: map[string]float64{"app": min(1e4, magnitude())}, DatabaseCalls: min(1e6, magnitude()), Delay: magnitude(), DelaySCV: min(1e4, magnitude()), Overhead: magnitude(), OverheadSCV: min(1e4, magnitude()),
			Tenant: []string{"", "a", "b", "c"}[r.IntN(4)]}
		if r.IntN(5) == 0 {
			c.Pool = headroom.NoPool
		}
		switch r.IntN(5) {
		case 0:
			c.ArrivalRate = magnitude()
		case 1:
			c.Population, c.ThinkTime = count(1e6), magnitude()
		case 2:
			c.Every = 1e-3 + magnitude()
		}
		if r.IntN(3) == 0 {
			c.Quantiles = map[string][]float64{"app": {0, 2}}
		}
		if r.IntN(2) == 0 {
			c.Conflict = &headroom.ConflictRule{Group: "g", Rows: 10 * r.Float64(), Population: 1 + float64(count(1e6)), Popularity: maybe(10 * r.Float64()), At: r.Float64(), Documents: r.IntN(2) == 0, Intensity: maybe(5 * r.Float64())}
			if r.IntN(3) == 0 {
				c.Conflict.SkipLocked = true
			}
		}
		s.Classes = append(s.Classes, c)
	}
	for i := range r.IntN(4) {
		j := headroom.SystemJourney{Name: fmt.Sprint("j", i), Makes: []string{"", "x"}[r.IntN(2)], Takes: []string{"", "x"}[r.IntN(2)]}
		for range 1 + r.IntN(5) {
			j.Steps = append(j.Steps, headroom.SystemStep{Class: s.Classes[r.IntN(len(s.Classes))].Name, ThinkTime: magnitude(), Visits: min(1e6, magnitude())})
		}
		if r.IntN(2) == 0 {
			j.ArrivalRate = magnitude()
		} else {
			j.Population, j.ThinkTime = count(1e6), magnitude()
		}
		s.Journeys = append(s.Journeys, j)
	}
	return s
}

// longest is the time that an answer may take on a busy machine.
const longest = 20 * time.Second

// sound fails where an answer has NaN, infinity, negative figures, or none at
// all for what is not said to be overloaded.
func sound(t *testing.T, s headroom.System) {
	t.Helper()
	started := time.Now()
	got, err := Solve(s)
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(started); d > longest {
		t.Errorf("took %v", d)
	}
	d, err := json.Marshal(got) // refuses NaN and infinities
	if err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	if strings.Contains(string(d), `":-`) {
		t.Fatalf("negative: %s", d)
	}
	for _, st := range got.Stations {
		if st.Utilization > 1 {
			t.Fatalf("utilization %g", st.Utilization)
		}
	}
	for _, c := range got.Classes {
		if c.ResponseMean == nil && !strings.Contains(strings.Join(got.Warnings, " "), "is offered") {
			t.Fatalf("class %s has no response and no warning says by how much: %q", c.Name, got.Warnings)
		}
	}
}

// No system makes the solver hang, panic or answer NaN, infinity or a negative figure.
func FuzzSolve(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		s := wildSystem(rand.New(rand.NewPCG(seed, 2)))
		if err := s.Check(); err != nil {
			t.Fatal(err) // the generator is to make systems
		}
		sound(t, s)
	})
}
