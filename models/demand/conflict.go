package demand

import (
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
	"github.com/headroom-erp/headroom/models/sim"
	"github.com/headroom-erp/headroom/models/sizing"
)

// finest is how many database calls a simulated request is cut to: finer
// slices change nothing that the fit looks at.
const finest = 6

// fewLost is the number of lost tries below which a group's rows are left
// alone, unless they are rareShare of its tries: one lost try fits any rows.
const (
	fewLost   = 5
	rareShare = 0.05
)

// fitConflicts finds, for each group of rows in which tries were lost, the
// number of equally hot rows, or the intensity of its documents, with which
// the simulator, replaying the very schedules of the runs, loses as many.
func (s *survey) fitConflicts(m *headroom.Model, o Options) {
	if o.Simulations < 0 {
		for i := range m.Classes {
			m.Classes[i].Rule = nil
		}
		return
	}
	groups := s.hotGroups(m)
	for _, g := range groups {
		g.set(m, g.start()) // for the groups that are fitted later
	}
	for range min(2, len(groups)) {
		for _, g := range groups {
			spread, err := s.bisect(m, g, o)
			if err != nil {
				s.warn("conflicts over %s could not be simulated, so that their rows are not known: %v", g.name, err)
				for _, c := range g.classes {
					m.Classes[c].Rule = nil
				}
				g.classes = nil
				continue
			}
			g.set(m, spread)
		}
	}
	for _, g := range groups {
		if len(g.classes) > 0 {
			m.Conflicts = append(m.Conflicts, s.conflictModel(m, g, o))
		}
	}
}

func (s *survey) hotGroups(m *headroom.Model) []*hot {
	var out []*hot
	for i, c := range m.Classes {
		if c.Rule == nil {
			continue
		}
		at := slices.IndexFunc(out, func(g *hot) bool { return g.name == c.Rule.Group })
		if at < 0 {
			at = len(out)
			g := &hot{name: c.Rule.Group, documents: c.Rule.Documents, least: 1, most: mostRows}
			if g.documents {
				g.least, g.most = 1/float64(mostIntensity), 1/leastIntensity
			}
			out = append(out, g)
		}
		out[at].classes = append(out[at].classes, i)
		if !out[at].documents {
			out[at].least = max(out[at].least, math.Ceil(c.Rule.Rows))
		}
	}
	for _, g := range out {
		s.eachJoined(func(l *line) {
			if slices.Contains(g.classes, l.class) {
				g.measured += l.lost
				g.tries += l.tries
			}
		})
	}
	return slices.DeleteFunc(out, func(g *hot) bool {
		rare := g.measured < fewLost && float64(g.measured) < rareShare*float64(g.tries)
		if rare {
			s.warn("only %d of %d tries were lost over %s: too few to say how hot its rows are; forecasts are without these conflicts", g.measured, g.tries, g.name)
			for _, c := range g.classes {
				m.Classes[c].Rule = nil
			}
		}
		return rare
	})
}

// replayed is lost tries and tries of a group, by run and replication.
type replayed struct{ lost, tries [][]float64 }

func (a replayed) total(v [][]float64) float64 {
	var sum, n float64
	for _, byRun := range v {
		for _, x := range byRun {
			sum += x
		}
		n = float64(len(byRun))
	}
	return sum / max(1, n)
}

// simulate replays every run with the model as it stands. The same seeds each
// time: what differs is the model alone.
func (s *survey) simulate(m *headroom.Model, g *hot, o Options) (replayed, error) {
	var out replayed
	for _, r := range s.runs {
		system := sizing.System(*m, r.info.Topology)
		l := r.replay(*m, system)
		var lost, tries []float64
		if len(l.Journeys) > 0 {
			res, err := sim.Run(system, l, sim.Options{
				Seed: o.Seed ^ 0x686f74, Replications: max(2, o.Simulations), Parallel: 2, MaxCalls: finest, MaxEvents: 20_000_000,
			})
			if err != nil {
				return out, err
			}
			for _, e := range res.Each {
				var a, b float64
				for _, c := range g.classes {
					a += float64(e.Classes[c].Lost)
					b += float64(e.Classes[c].Tries)
				}
				lost, tries = append(lost, a), append(tries, b)
			}
		}
		out.lost, out.tries = append(out.lost, lost), append(out.tries, tries)
	}
	return out, nil
}

// bisect solves lost(spread) = measured on the logarithm; lost tries fall
// with the spread.
func (s *survey) bisect(m *headroom.Model, g *hot, o Options) (float64, error) {
	low, high := math.Log(g.least), math.Log(g.most)
	want := float64(g.measured)
	g.points = g.points[:0]
	x := math.Log(g.start())
	for range 12 {
		g.set(m, math.Exp(x))
		res, err := s.simulate(m, g, o)
		if err != nil {
			return 0, err
		}
		lost := res.total(res.lost)
		g.points = append(g.points, hotPoint{math.Exp(x), lost})
		if math.Abs(lost-want) < 0.01*want {
			break
		}
		if lost > want {
			low = max(low, x)
		} else {
			high = min(high, x)
		}
		if high-low < 0.01 {
			break
		}
		next := x + math.Log(max(lost, 0.3)/want)/g.power()
		if next <= low || next >= high {
			next = (low + high) / 2
		}
		x = next
	}
	return math.Exp(x), nil
}

// conflictModel reports a fitted group. The interval comes from the spread of
// lost tries between replications, which is what one measurement shows too,
// by the slope of lost tries over what was fitted.
func (s *survey) conflictModel(m *headroom.Model, g *hot, o Options) headroom.ConflictModel {
	out := headroom.ConflictModel{Group: g.name, Measured: map[string]float64{}, Fitted: map[string]float64{}}
	rule := m.Classes[g.classes[0]].Rule
	spread := rule.Population
	if g.documents {
		spread = 1 / rule.Intensity
	}
	res, err := s.simulate(m, g, o)
	if err != nil { // it worked a moment ago with the same input
		s.warn("conflicts over %s could not be simulated again: %v", g.name, err)
		g.report(&out, spread, spread, spread)
		return out
	}
	var variance float64
	for _, byRun := range res.lost {
		sd := fit.Spread(byRun)
		variance += sd * sd
	}
	variance = max(variance, float64(g.measured)) * (1 + 1/float64(max(2, o.Simulations)))
	half := fit.StudentT(headroom.Level, max(2, o.Simulations*len(s.runs)-1)) * math.Sqrt(variance)
	want := float64(g.measured)
	slope := g.slope()
	low := max(min(g.least, spread), spread*math.Exp(-math.Log((want+half)/want)/slope))
	high := min(g.most, spread*math.Exp(math.Log(want/max(0.5, want-half))/slope))
	g.report(&out, spread, low, max(high, spread))
	s.shares(&out, g, res)
	if total := res.total(res.lost); math.Abs(total-want) > half {
		s.warn("no %s loses as many tries as were measured: %d measured, %.0f at best in the model; forecasts of retries are off by as much", g.what(), g.measured, total)
	}
	if g.measured < enoughLost {
		s.warn("only %d tries were lost over %s: how hot its rows are is rough", g.measured, g.name)
	}
	return out
}

// shares fills in lost tries by topology, as measured and as the model has it.
func (s *survey) shares(out *headroom.ConflictModel, g *hot, res replayed) {
	type count struct{ lost, tries, simLost, simTries float64 }
	by := map[string]*count{}
	for i, r := range s.runs {
		c := by[r.name]
		if c == nil {
			c = &count{}
			by[r.name] = c
		}
		for _, l := range r.lines {
			if slices.Contains(g.classes, l.class) {
				c.lost += float64(l.lost)
				c.tries += float64(l.tries)
			}
		}
		for k := range res.lost[i] {
			c.simLost += res.lost[i][k]
			c.simTries += res.tries[i][k]
		}
	}
	for name, c := range by {
		out.Measured[name] = c.lost / max(1, c.tries)
		out.Fitted[name] = c.simLost / max(1, c.simTries)
	}
}
