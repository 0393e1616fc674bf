package demand

import (
	"fmt"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// Bounds of what a fit tries: rows of one group, and their intensity.
const (
	mostRows       = 1e6
	leastIntensity = 1e-3
	mostIntensity  = 30
)

// priorSpread is the standard deviation of the logarithm of a documents' rows'
// intensity before anything was seen: the mechanism says 1, and what it leaves
// out (when in its work a row is touched, how long a slow try is) was worth less
// than a third in every run of Odoo 19 and of the stand-in that was fitted.
const priorSpread = 0.3

// unseen is the number of lost tries that none seen stands for where nothing else
// is known: the median of what may be expected then, a gamma of shape 1/2 (Jeffreys' prior).
const unseen = 0.23

// hot is a family's fit under way.
//
// What is fitted is how far its transactions are spread: the number of equally
// hot rows or, where the rows are those of documents, 1/intensity. Lost tries
// fall with it.
type hot struct {
	name      string
	classes   []int
	documents bool
	least     float64 // spread, at least
	most      float64
	measured  int     // lost tries in all runs that show them
	tries     int     // of those runs
	spread    float64 // as far as it is known
	over      float64 // variance of lost tries, which come in bursts, over their mean
	points    []hotPoint
}

type hotPoint struct{ spread, lost float64 }

// hotGroups are the families that the model's rules name and can lose to, in
// the classes' order.
func (s *survey) hotGroups(m *headroom.Model) []*hot {
	var out []*hot
	for i, c := range m.Classes {
		if c.Rule == nil || c.Rule.Queues {
			continue
		}
		name := c.Rule.Family()
		at := slices.IndexFunc(out, func(g *hot) bool { return g.name == name })
		if at < 0 {
			at = len(out)
			g := &hot{name: name, documents: c.Rule.Documents, least: 1, most: mostRows, over: 1}
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
		g.spread = g.start()
		s.eachShown(func(l *line) {
			if slices.Contains(g.classes, l.class) {
				g.measured += l.lost
				g.tries += l.tries
			}
		})
	}
	return out
}

func (g *hot) set(m *headroom.Model, spread float64) {
	for _, c := range g.classes {
		if g.documents {
			m.Classes[c].Rule.Intensity = 1 / spread
		} else {
			m.Classes[c].Rule.Population = spread
		}
	}
}

// start is where a fit begins to look.
func (g *hot) start() float64 {
	if g.documents {
		return 1
	}
	return max(g.least, 100)
}

// wanted is the number of lost tries that a spread should give: those that
// were seen, for documents drawn towards the prior's. With Poisson counts, over-dispersed
// by over, and the prior, it is where the posterior of x = log intensity has its
// maximum:
//
//	d/dx [(n log L(x) - L(x))/over - x²/2 priorSpread²] = 0, d log L/dx = power
func (g *hot) wanted(spread float64) float64 {
	if !g.documents {
		return max(unseen, float64(g.measured))
	}
	return float64(g.measured) + g.over*math.Log(spread)/(priorSpread*priorSpread*g.power())
}

// close is how near to what is wanted is near enough: a tenth of what chance
// does to it, and a factor of two of what stands for nothing.
func (g *hot) close(lost, want float64) bool {
	if g.measured == 0 && !g.documents {
		return lost > want/2 && lost < 2*want
	}
	return math.Abs(lost-want) < 0.1*math.Sqrt(g.over*max(unseen, want))
}

// step is Newton's, on the logarithm of the spread.
func (g *hot) step(lost, want float64) float64 {
	if !g.documents {
		return math.Log(max(lost, 0.3)/want) / g.power()
	}
	return (lost - want) / (g.power()*max(lost, 1) + g.over/(priorSpread*priorSpread*g.power()))
}

// power is about how lost tries fall with the spread, the first guess of a
// fit: a pair meets on one of population rows, and both have to touch a
// document's row.
func (g *hot) power() float64 {
	if g.documents {
		return 1.7
	}
	return 1.1
}

func (g *hot) what() string {
	if g.documents {
		return fmt.Sprintf("intensity of the documents' rows of %s", g.name)
	}
	return fmt.Sprintf("number of equally hot rows of %s", g.name)
}

// bounds are the ends of the spread's interval. Lost tries are Poisson but for
// their bursts; doubt is by how much more than that a simulated number varies.
// Where something is known beforehand, its weight is added to theirs.
func (g *hot) bounds(doubt float64) (low, high float64) {
	n, over := float64(g.measured), g.over*doubt
	if g.documents {
		p := g.slope()
		seen := max(n, g.lostAt(g.spread)) * p * p / over
		half := z90 / math.Sqrt(seen+1/(priorSpread*priorSpread))
		return g.spread * math.Exp(-half), g.spread * math.Exp(half)
	}
	few, many := poissonLimits(n / over)
	few, many = few*over, many*over
	want := max(unseen, n)
	low = g.spread * math.Pow(want/many, 1/g.slope())
	high = g.most
	if few > 0 {
		high = g.spread * math.Pow(want/few, 1/g.slope())
	}
	return low, high
}

// lostAt is what was simulated nearest to a spread.
func (g *hot) lostAt(spread float64) float64 {
	best, at := math.Inf(1), 0.0
	for _, p := range g.points {
		if d := math.Abs(math.Log(p.spread / spread)); d < best {
			best, at = d, p.lost
		}
	}
	return at
}

// report puts the spread and its interval into the model's words.
func (g *hot) report(out *headroom.ConflictModel, low, high float64) {
	e := headroom.Estimate{
		Value: g.spread, Low: min(g.spread, max(g.least, low)), High: max(g.spread, min(g.most, high)), Level: headroom.Level, N: g.measured,
		Method: "lost tries of the runs, replayed in simulation", Identified: g.measured >= enoughLost,
	}
	if !g.documents {
		out.Population = e
		return
	}
	e.Method = "lost tries of the runs, replayed in simulation, and 1 as prior"
	if g.tries == 0 {
		e.Method = "prior: each line's product is touched"
	}
	e.Value, e.Low, e.High = 1/e.Value, 1/e.High, 1/e.Low
	out.Intensity = &e
}

// slope is how fast log lost tries fall with log spread around the answer,
// within what is plausible.
func (g *hot) slope() float64 {
	var rows [][]float64
	var y []float64
	at := g.lostAt(g.spread)
	for _, p := range g.points {
		if p.lost >= 1 && p.lost > 0.25*at && p.lost < 4*at {
			rows = append(rows, []float64{1, math.Log(p.spread)})
			y = append(y, math.Log(p.lost))
		}
	}
	r, err := fit.LeastSquares(rows, y, nil)
	if err != nil {
		return 0.8 * g.power()
	}
	return min(1.4*g.power(), max(0.3*g.power(), -r.Coefficients[1]))
}
