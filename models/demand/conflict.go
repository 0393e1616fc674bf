package demand

import (
	"fmt"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
	"github.com/headroom-erp/headroom/models/sim"
	"github.com/headroom-erp/headroom/models/sizing"
)

// fitConflicts finds, for each family of rows, the number of equally hot rows,
// or the intensity of its documents, with which the simulator, replaying the very
// schedules of the runs, loses as many tries. What no run shows stays as little
// known as it was.
func (s *survey) fitConflicts(m *headroom.Model, o Options) {
	if o.Simulations < 0 {
		for i := range m.Classes {
			m.Classes[i].Rule = nil
		}
		return
	}
	groups := s.hotGroups(m)
	groups = slices.DeleteFunc(groups, func(g *hot) bool { return s.unknowable(m, g) })
	for _, g := range groups {
		g.set(m, g.spread) // for the families that are fitted later
	}
	for range min(2, len(groups)) {
		for _, g := range groups {
			if err := s.solve(m, g, o); err != nil {
				s.warn("conflicts over %s could not be simulated, so that their rows are not known: %v", g.name, err)
				g.drop(m)
			}
			g.set(m, g.spread)
		}
	}
	for _, g := range groups {
		if len(g.classes) > 0 {
			m.Conflicts = append(m.Conflicts, s.conflictModel(m, g, o))
		}
	}
}

// unknowable drops a family of which nothing is known: none of its tries was
// seen to win or lose, and no documents say which rows they touched.
func (s *survey) unknowable(m *headroom.Model, g *hot) bool {
	switch {
	case g.tries > 0:
		return false
	case g.documents:
		s.warn("no run shows conflicts (the log of its requests hides them): those over %s are forecast as if each document touched the rows of its products, and how often that goes wrong is not known; let Odoo log at level info", g.name)
		return false
	}
	s.warn("no run shows conflicts (the log of its requests hides them): forecasts are without those over %s, which is not to say that there are none; let Odoo log at level info", g.name)
	g.drop(m)
	return true
}

func (g *hot) drop(m *headroom.Model) {
	for _, c := range g.classes {
		m.Classes[c].Rule = nil
	}
	g.classes = nil
}

// replayed is lost tries and tries of a family, by run and replication.
type replayed struct{ lost, tries [][]float64 }

// total is the lost tries of all runs, the mean over replications.
func (a replayed) total() float64 {
	var sum, n float64
	for _, byRun := range a.lost {
		for _, x := range byRun {
			sum += x
		}
		n = max(n, float64(len(byRun)))
	}
	return sum / max(1, n)
}

// over is the variance of the lost tries of a run over their mean, at least 1:
// who has the most wanted products loses again and again.
func (a replayed) over() float64 {
	var variance float64
	for _, byRun := range a.lost {
		if len(byRun) > 1 {
			sd := fit.Spread(byRun)
			variance += sd * sd
		}
	}
	if total := a.total(); total >= 1 {
		return min(mostOver, max(1, variance/total))
	}
	return 1
}

// mostOver keeps a few replications from making bursts of chance.
const mostOver = 4

// simulate replays every run that shows conflicts with the model as it stands. The same seeds each
// time: what differs is the model alone.
func (s *survey) simulate(m *headroom.Model, g *hot, o Options) (replayed, error) {
	var out replayed
	for _, r := range s.runs {
		var lost, tries []float64
		if r.shows() {
			system := sizing.System(*m, r.info.Topology)
			if l := r.replay(*m, system); len(l.Journeys) > 0 {
				res, err := sim.Run(system, l, sim.Options{
					Seed: o.Seed ^ 0x686f74, Replications: max(2, o.Simulations), Parallel: 2, MaxCalls: sizing.Calls(system), MaxEvents: 20_000_000,
				})
				if err != nil {
					return out, fmt.Errorf("run %q: %w", r.info.ID, err)
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
		}
		out.lost, out.tries = append(out.lost, lost), append(out.tries, tries)
	}
	return out, nil
}

// solve finds the spread that loses as many as is wanted, on its logarithm:
// lost tries fall with the spread, what is wanted does not.
func (s *survey) solve(m *headroom.Model, g *hot, o Options) error {
	if g.tries == 0 {
		return nil
	}
	low, high := math.Log(g.least), math.Log(g.most)
	g.points = g.points[:0]
	x := math.Log(g.spread)
	for range 12 {
		g.spread = math.Exp(x)
		g.set(m, g.spread)
		res, err := s.simulate(m, g, o)
		if err != nil {
			return err
		}
		lost := res.total()
		g.over = res.over()
		g.points = append(g.points, hotPoint{g.spread, lost})
		want := g.wanted(g.spread)
		if g.close(lost, want) {
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
		next := x + g.step(lost, want)
		if next <= low || next >= high {
			next = (low + high) / 2
		}
		x = next
	}
	return nil
}

// conflictModel reports a fitted family, beside what was measured.
func (s *survey) conflictModel(m *headroom.Model, g *hot, o Options) headroom.ConflictModel {
	out := headroom.ConflictModel{Group: g.name, Measured: map[string]float64{}, Fitted: map[string]float64{}}
	res, err := s.simulate(m, g, o)
	if err != nil { // it worked a moment ago with the same input
		s.warn("conflicts over %s could not be simulated again: %v", g.name, err)
		g.report(&out, g.least, g.most)
		return out
	}
	student := fit.StudentT(headroom.Level, max(2, o.Simulations*len(s.runs)-1)) / z90
	low, high := g.bounds((1 + 1/float64(max(2, o.Simulations))) * student * student)
	g.report(&out, low, high)
	s.shares(&out, g, res)
	total, want := res.total(), float64(g.measured)
	if off := math.Abs(total - want); g.tries > 0 && off > 2*math.Sqrt(g.over*max(1, want)) {
		s.warn("no %s loses as many tries as were measured: %d measured, %.0f at best in the model; forecasts of retries are off by as much", g.what(), g.measured, total)
	}
	switch {
	case g.tries > 0 && g.measured == 0:
		s.warn("none of %d tries was lost over %s: how hot its rows are has a bound on one side only", g.tries, g.name)
	case g.tries > 0 && g.measured < fewLost:
		s.warn("only %d tries were lost over %s: how hot its rows are is rough", g.measured, g.name)
	}
	return out
}

// fewLost is the number of lost tries below which a family's rows are told to be rough.
const fewLost = 20

// shares fills in lost tries by topology, as measured and as the model has it.
func (s *survey) shares(out *headroom.ConflictModel, g *hot, res replayed) {
	type count struct{ lost, tries, simLost, simTries float64 }
	by := map[string]*count{}
	for i, r := range s.runs {
		if !r.shows() {
			continue
		}
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
