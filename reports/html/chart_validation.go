package html

import (
	"fmt"

	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// proofChart sets the figures of a combination on one scale: forecast and
// measured, one above the other, divided by the measured one.
func (b *validationBuilder) proofChart(i int, p headroom.Proof) chart {
	out := chart{ID: fmt.Sprintf("proof-%d", i), Title: p.Name + ": " + prose.Workers(p.Topology.Web.Workers) + ", " + prose.Hardware(p.Topology),
		Lead: prose.OfferedLoad(p.Load, p.Popularity),
		Table: table{Caption: "Forecast and measurement of " + p.Name,
			Head: heads("Figure", "<Forecast", "<Measured", "Error", "At the run's own speed", "<In the interval", "<Scored")}}
	var names []string
	var forecast, measured, forecastBars, measuredBars []point
	r := reach{}
	r.add(0.75, 1.25)
	for _, g := range p.Figures {
		out.Table.Rows = append(out.Table.Rows, proofRow(g))
		m := g.Measured.Value
		if !(m > 0) || !figure.Known(g.Forecast) || !(g.Forecast.Value > 0) {
			continue
		}
		unit, name := prose.ProofUnit(g.What), prose.FigureName(g)
		above, below := float64(len(names))-0.17, float64(len(names))+0.17
		names = append(names, name)
		r.add(g.Forecast.Value / m)
		for _, end := range []float64{g.Forecast.Low, g.Forecast.High, g.Measured.Low, g.Measured.High} {
			r.add(min(widestShown, max(1/widestShown, end/m)))
		}
		forecast = append(forecast, point{X: g.Forecast.Value / m, Y: above, Label: name + ", forecast: " + figure.Estimate(g.Forecast, unit) + ", " + figure.Signed(g.Error)})
		forecastBars = append(forecastBars, stroke(g.Forecast.Low/m, g.Forecast.High/m, above, above)...)
		measured = append(measured, point{X: 1, Y: below, Label: name + ", measured: " + figure.Estimate(g.Measured, unit)})
		measuredBars = append(measuredBars, stroke(g.Measured.Low/m, g.Measured.High/m, below, below)...)
	}
	out.Height = 60 + 26*max(1, len(names))
	xo := opts.XAxis{Type: r.kind()}
	low, high, step := r.bounds()
	xo.Min, xo.Max = low, high
	yo := opts.YAxis{Type: "value", Min: -1, Max: max(1, len(names)), Inverse: opts.Bool(true)}
	plot := newPlot(number(0.01, "%"), axis{Kind: "names", Size: 1, Names: names, Step: 1}, xo, yo)
	plot.x.Step = step
	plot.add("measured", ruleRole, 0, []point{{X: 1, Y: -1}, {X: 1, Y: float64(max(1, len(names)))}})
	plot.add("90 % interval", errorRole, 0, within(low, high, forecastBars))
	plot.add("90 % interval", errorRole, 1, within(low, high, measuredBars))
	plot.add("forecast", dotRole, 0, forecast)
	plot.add("measured", ringRole, 1, measured)
	out.Legend = []legend{{"forecast", "dot", "c0"}, {"measured = 100 %", "ring", "c1"}}
	out.Alt = fmt.Sprintf("Forecast and measured figures of %s with their 90 %% intervals, as shares of the measured figure; the table below has them.", p.Name)
	return b.finish(out, plot)
}

// widestShown is how many times the measured figure an interval is shown to, or
// what part of it: beyond, every other one would be a dot.
const widestShown = 4

// within cuts strokes off where the axis ends.
func within(low, high float64, points []point) []point {
	for i := range points {
		points[i].X = min(high, max(points[i].X, low))
	}
	return points
}

func proofRow(g headroom.ProofFigure) []cell {
	unit := prose.ProofUnit(g.What)
	covered := "no"
	if g.Covered {
		covered = "yes"
	}
	scored := cell{Text: "yes", Left: true, Class: "prose"}
	if !g.Scored {
		scored.Text = "no: " + g.Why
	}
	return []cell{text(prose.FigureName(g)), leftly(estimate(g.Forecast, unit)), leftly(estimate(g.Measured, unit)), text(prose.FigureError(g)), text(prose.FigureAtSpeed(g)), left(covered), scored}
}
