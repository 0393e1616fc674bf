package demand

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// Bounds of what a fit tries: rows of one group, and their intensity.
const (
	mostRows       = 1e6
	leastIntensity = 1e-3
	mostIntensity  = 30
)

// hot is a group's fit under way.
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
	measured  int // lost tries in all runs
	tries     int
	points    []hotPoint // that were tried
}

type hotPoint struct{ spread, lost float64 }

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

// report puts a spread and its interval into the model's words.
func (g *hot) report(out *headroom.ConflictModel, spread, low, high float64) {
	e := headroom.Estimate{
		Value: spread, Low: low, High: high, Level: headroom.Level, N: g.measured,
		Method: "lost tries of the runs, replayed in simulation", Identified: g.measured >= enoughLost,
	}
	if !g.documents {
		out.Population = e
		return
	}
	e.Value, e.Low, e.High = 1/spread, 1/high, 1/low
	out.Intensity = &e
}

// slope is how fast log lost tries fall with log spread around the answer,
// within what is plausible.
func (g *hot) slope() float64 {
	var rows [][]float64
	var y []float64
	for _, p := range g.points {
		if p.lost >= 1 && p.lost > 0.25*float64(g.measured) && p.lost < 4*float64(g.measured) {
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
