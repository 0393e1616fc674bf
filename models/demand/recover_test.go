package demand

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// A case is two topologies that run the pilot's peak for 65 s each.
type recoverCase struct {
	name         string
	small, large func() *world
	abs          float64 // bound of the mean absolute error over classes and seeds
}

func with(w *world, change func(*world)) *world {
	change(w)
	return w
}

func small() *world { return pilot("small", 4, 2, 1) }
func large() *world { return pilot("large", 8, 3, 2) }

func both(name string, abs float64, change func(*world)) recoverCase {
	return recoverCase{name, func() *world { return with(small(), change) }, func() *world { return with(large(), change) }, abs}
}

func recoverCases() []recoverCase {
	scaled := func(f float64) func(*world) {
		return func(w *world) {
			for i := range w.journeys {
				w.journeys[i].rate *= f
				w.journeys[i].batch = int(float64(w.journeys[i].batch) * f)
			}
		}
	}
	spread := func(w *world) {
		for k, s := range w.steps {
			s.scv = 0.6
			w.steps[k] = s
		}
	}
	return []recoverCase{
		both("pilot", 0.05, func(*world) {}),
		{"heavy", func() *world { return pilot("a", 4, 1.5, 1) }, func() *world { return with(pilot("b", 8, 2, 1), scaled(1.2)) }, 0.05},
		{"fractional cores", func() *world { return pilot("a", 3, 1.2, 0.8) }, func() *world { return pilot("b", 6, 1.6, 0.8) }, 0.06},
		both("light", 0.08, scaled(0.4)),
		both("wide spread", 0.09, spread),
		both("shared host", 0.05, func(w *world) { w.topology.SharedHost = true }),
		both("shared host, one counter", 0.06, func(w *world) { w.topology.SharedHost, w.only = true, true }),
		both("documents of different size", 0.06, func(w *world) { w.perLine = 0.6 }),
		both("registry load", 0.05, func(w *world) { w.registry = 0.5 }),
		both("time without CPU", 0.06, func(w *world) { w.excess = 0.0003 }),
		both("background", 0.05, func(w *world) { w.idle = [2]float64{0.04, 0.02} }),
	}
}

// score is what came of one station of one case, over classes and seeds.
type score struct {
	n, bias, abs, worst, within, held, idle, scv, utilization float64
}

func (s *score) add(e headroom.Estimate, want float64) {
	d := e.Value/want - 1
	s.n++
	s.bias += d
	s.abs += math.Abs(d)
	s.worst = max(s.worst, math.Abs(d))
	if math.Abs(d) <= 0.1 {
		s.within++
	}
	if e.Low <= want && want <= e.High {
		s.held++
	}
}

func pilotRuns(seed uint64) []headroom.Run {
	return []headroom.Run{small().run(seed), large().run(seed + 1000)}
}

// truthOf is the mean demand of a class' requests as they were made.
func truthOf(class string, worlds ...*world) [2]float64 {
	var n float64
	var sum [2]float64
	for _, w := range worlds {
		if v := w.seen[class]; v != nil {
			n += v.n
			sum[app] += v.work[app]
			sum[database] += v.work[database]
		}
	}
	return [2]float64{sum[app] / n, sum[database] / n}
}

// TestRecovers compares what is learned from two runs of 65 s with what made
// them, case by case over seeds.
func TestRecovers(t *testing.T) {
	const seeds = 3
	var table strings.Builder
	for _, c := range recoverCases() {
		var scores [2]score
		for seed := range uint64(seeds) {
			a, b := c.small(), c.large()
			first, second := a.run(seed), b.run(seed+1000)
			if a.excess > 0 { // of each call: a real database's
				first, second = asReal(first, nobody), asReal(second, nobody)
			}
			m, err := Estimate([]headroom.Run{first, second}, Options{Simulations: -1})
			if err != nil {
				t.Fatal(err)
			}
			for st, name := range stationNames {
				s := &scores[st]
				s.idle += m.Background[name].Value / seeds
				s.utilization = max(s.utilization, m.MeasuredUtilization[name])
				for _, k := range m.Classes {
					if k.Pooled {
						s.add(k.Demand[name], truthOf(k.Name, a, b)[st])
						s.scv += k.SCV[name]
					}
				}
			}
		}
		for st, name := range stationNames {
			s := scores[st]
			bias, abs, held := s.bias/s.n, s.abs/s.n, s.held/s.n
			fmt.Fprintf(&table, "%-28s %-8s utilization to %.2f: bias %+4.1f %%, mean error %3.1f %%, worst %4.1f %%, within 10 %%: %3.0f %%, interval held %3.0f %%, background %.3f, scv %.2f\n",
				c.name, name, s.utilization, 100*bias, 100*abs, 100*s.worst, 100*s.within/s.n, 100*held, s.idle, s.scv/s.n)
			if math.Abs(bias) > 0.04 || abs > c.abs {
				t.Errorf("%s: %s: bias %.3f, mean error %.3f", c.name, name, bias, abs)
			}
			if held < 0.8 { // 0.9 is claimed; classes of one seed share their level's error
				t.Errorf("%s: %s: intervals held the truth in %.2f of cases", c.name, name, held)
			}
		}
	}
	t.Log("\n" + table.String())
}

// TestRecoversClasses shows the classes of the pilot over seeds.
func TestRecoversClasses(t *testing.T) {
	const seeds = 6
	scores := map[string]*[2]score{}
	for seed := range uint64(seeds) {
		a, b := small(), large()
		m, err := Estimate([]headroom.Run{a.run(seed + 300), b.run(seed + 1300)}, Options{Simulations: -1})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range m.Classes {
			if !k.Pooled {
				continue
			}
			if scores[k.Name] == nil {
				scores[k.Name] = &[2]score{}
			}
			for st, name := range stationNames {
				scores[k.Name][st].add(k.Demand[name], truthOf(k.Name, a, b)[st])
			}
			if k.Overhead < parse-0.0015 || k.Overhead > parse+0.0015 {
				t.Errorf("%s: overhead %.4f, made with %.4f", k.Name, k.Overhead, parse)
			}
			if want := float64(a.steps[k.Name].calls); k.DatabaseCalls != want {
				t.Errorf("%s: %g database calls, made with %g", k.Name, k.DatabaseCalls, want)
			}
		}
	}
	names := make([]string, 0, len(scores))
	for n := range scores {
		names = append(names, n)
	}
	sort.Strings(names)
	var table strings.Builder
	for _, n := range names {
		for st, s := range scores[n] {
			fmt.Fprintf(&table, "%-18s %-8s bias %+5.1f %%  mean error %4.1f %%  worst %4.1f %%  held %.0f/%d\n", n, stationNames[st], 100*s.bias/s.n, 100*s.abs/s.n, 100*s.worst, s.held, seeds)
			// The mean of 60 requests of squared variation 0.15 is off by 4 % on average.
			if s.abs/s.n > 0.08 || math.Abs(s.bias/s.n) > 0.05 {
				t.Errorf("%s at the %s: mean error %.3f, bias %.3f", n, stationNames[st], s.abs/s.n, s.bias/s.n)
			}
		}
	}
	t.Log("\n" + table.String())
}

// TestRecoversSpread: the squared variation without and with sharing.
func TestRecoversSpread(t *testing.T) {
	for _, want := range []float64{0, 0.15, 0.6} {
		var got [2]float64
		const seeds = 3
		for seed := range uint64(seeds) {
			change := func(w *world) {
				for k, s := range w.steps {
					s.scv = want
					w.steps[k] = s
				}
			}
			m, err := Estimate([]headroom.Run{with(small(), change).run(seed), with(large(), change).run(seed + 50)}, Options{Simulations: -1})
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range m.Classes {
				if k.Name == "order.create" || k.Name == "order.pick" {
					got[app] += k.SCV["app"] / (2 * seeds)
					got[database] += k.SCV["database"] / (2 * seeds)
				}
			}
		}
		for st, v := range got {
			if math.Abs(v-want) > 0.04+0.2*want {
				t.Errorf("squared variation at the %s: %.3f, made with %.2f", stationNames[st], v, want)
			}
		}
	}
}
