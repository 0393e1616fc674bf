package demand

import (
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
	"github.com/headroom-erp/headroom/models/sim"
	"github.com/headroom-erp/headroom/models/sizing"
)

// Bounds of a population that a fit tries: rows of one group.
const mostRows = 1e6

// finest is how many database calls a simulated request is cut to: finer
// slices change nothing that the fit looks at.
const finest = 6

// hot is a group's fit under way.
type hot struct {
	name     string
	classes  []int
	least    float64 // rows that one transaction needs
	measured int     // lost tries in all runs
	tries    int
	points   []hotPoint // that were tried
}

type hotPoint struct{ population, lost float64 }

// fitConflicts finds, for each group of rows in which tries were lost, the
// number of equally hot rows with which the simulator, replaying the very
// schedules of the runs, loses as many.
func (s *survey) fitConflicts(m *headroom.Model, o Options) {
	if o.Simulations < 0 {
		for i := range m.Classes {
			m.Classes[i].Rule = nil
		}
		return
	}
	groups := s.hotGroups(m)
	set := func(g *hot, population float64) {
		for _, c := range g.classes {
			m.Classes[c].Rule.Population = population
		}
	}
	for _, g := range groups {
		set(g, max(g.least, 100)) // a start for the groups that are fitted later
	}
	for range min(2, len(groups)) {
		for _, g := range groups {
			population, err := s.bisect(m, g, o, set)
			if err != nil {
				s.warn("conflicts over %s could not be simulated, so that their rows are not known: %v", g.name, err)
				for _, c := range g.classes {
					m.Classes[c].Rule = nil
				}
				g.classes = nil
				continue
			}
			set(g, population)
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
			out = append(out, &hot{name: c.Rule.Group, least: 1})
		}
		out[at].classes = append(out[at].classes, i)
		out[at].least = max(out[at].least, math.Ceil(c.Rule.Rows))
	}
	for _, g := range out {
		s.eachJoined(func(l *line) {
			if slices.Contains(g.classes, l.class) {
				g.measured += l.lost
				g.tries += l.tries
			}
		})
	}
	return out
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

// bisect solves lost(population) = measured on the logarithm; lost tries fall
// with the population.
func (s *survey) bisect(m *headroom.Model, g *hot, o Options, set func(*hot, float64)) (float64, error) {
	low, high := math.Log(max(1, g.least)), math.Log(mostRows)
	want := float64(g.measured)
	g.points = g.points[:0]
	try := func(x float64) (float64, error) {
		set(g, math.Exp(x))
		res, err := s.simulate(m, g, o)
		lost := res.total(res.lost)
		g.points = append(g.points, hotPoint{math.Exp(x), lost})
		return lost, err
	}
	// Lost tries go about as 1/population, which tells where to look first.
	x := math.Log(max(g.least, 100))
	for range 12 {
		lost, err := try(x)
		if err != nil {
			return 0, err
		}
		if math.Abs(lost-want) < 0.01*want {
			return math.Exp(x), nil
		}
		if lost > want {
			low = max(low, x)
		} else {
			high = min(high, x)
		}
		if high-low < 0.01 {
			break
		}
		next := x + 0.9*math.Log(max(lost, 0.3)/want)
		if next <= low || next >= high {
			next = (low + high) / 2
		}
		x = next
	}
	return math.Exp(x), nil
}

// conflictModel reports a fitted group. The interval comes from the spread of
// lost tries between replications, which is what one measurement shows too,
// by the slope of lost tries over the population.
func (s *survey) conflictModel(m *headroom.Model, g *hot, o Options) headroom.ConflictModel {
	population := m.Classes[g.classes[0]].Rule.Population
	out := headroom.ConflictModel{
		Group: g.name, Measured: map[string]float64{}, Fitted: map[string]float64{},
		Population: headroom.Estimate{
			Value: population, Level: headroom.Level, N: g.measured, Method: "lost tries of the runs, replayed in simulation",
			Identified: g.measured >= enoughLost,
		},
	}
	res, err := s.simulate(m, g, o)
	if err != nil { // it worked a moment ago with the same input
		s.warn("conflicts over %s could not be simulated again: %v", g.name, err)
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
	out.Population.Low = max(min(g.least, population), population*math.Exp(-math.Log((want+half)/want)/slope))
	out.Population.High = min(mostRows, population*math.Exp(math.Log(want/max(0.5, want-half))/slope))
	out.Population.High = max(out.Population.High, population)
	s.shares(&out, g, res)
	if total := res.total(res.lost); math.Abs(total-want) > half {
		s.warn("no number of equally hot rows of %s loses as many tries as were measured: %d measured, %.0f at best in the model; forecasts of retries are off by as much", g.name, g.measured, total)
	}
	if !out.Population.Identified {
		s.warn("only %d tries were lost over %s: how hot its rows are is rough", g.measured, g.name)
	}
	return out
}

// slope is how fast log lost tries fall with log population around the
// answer, within what is plausible.
func (g *hot) slope() float64 {
	var rows [][]float64
	var y []float64
	for _, p := range g.points {
		if p.lost >= 1 && p.lost > 0.25*float64(g.measured) && p.lost < 4*float64(g.measured) {
			rows = append(rows, []float64{1, math.Log(p.population)})
			y = append(y, math.Log(p.lost))
		}
	}
	r, err := fit.LeastSquares(rows, y, nil)
	if err != nil {
		return 0.8
	}
	return min(1.5, max(0.3, -r.Coefficients[1]))
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
