package html

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// wideRange is the ratio of a chart's largest to its smallest figure from
// which its axis is logarithmic.
const wideRange = 20

// mostBounds is where a chart of an objective ends, in multiples of its bound:
// what matters is on which side of the bound a figure lies.
const mostBounds = 3

// workerCharts are one chart a process that has an objective: its percentile
// against the number of workers.
func (b *builder) workerCharts() []chart {
	rec := b.report.Recommendation
	if rec == nil || len(rec.ByWorkers) < 2 {
		return nil
	}
	list := slices.Clone(rec.ByWorkers)
	slices.SortStableFunc(list, func(a, b headroom.Candidate) int {
		return cmp.Compare(a.Topology.Web.Workers, b.Topology.Web.Workers)
	})
	var out []chart
	for i, o := range prose.Objectives(list) {
		out = append(out, b.workerChart(i, o, list))
	}
	return out
}

func (b *builder) workerChart(i int, o headroom.Objective, list []headroom.Candidate) chart {
	rec := b.report.Recommendation
	what := o.Process + " " + figure.Percentile(o.Percentile)
	c := chart{ID: fmt.Sprintf("workers-%d", i), Title: what, Height: 240,
		Table: table{Caption: what + " by number of workers", Head: heads("Workers", "<Forecast", "<Measured", "<Objective")}}
	var forecast, bars, chosen, measured []point
	r := reach{}
	r.add(o.Within)
	for _, candidate := range list {
		n := candidate.Topology.Web.Workers
		p := processOf(candidate.Forecast, o.Process)
		e := prose.At(p.Percentile, &o)
		seen := b.measuredAt(candidate.Topology, o)
		c.Table.Rows = append(c.Table.Rows, []cell{text(figure.Count(n)), leftly(estimate(e, figure.Time)), leftly(estimate(seen, figure.Time)), judged(cell{Left: true}, p.Met)})
		if figure.Known(e) {
			label := prose.Workers(n) + ", forecast: " + figure.Estimate(e, figure.Time)
			pt := point{X: float64(n), Y: e.Value, Label: label}
			forecast = append(forecast, pt)
			bars = append(bars, stroke(pt.X, pt.X, e.Low, e.High)...)
			r.add(e.Value, e.Low, e.High)
			if n == rec.Workers {
				chosen = append(chosen, pt)
			}
		}
		if figure.Known(seen) {
			measured = append(measured, point{X: float64(n), Y: seen.Value, Label: prose.Workers(n) + ", measured: " + figure.Estimate(seen, figure.Time)})
			r.add(seen.Value)
		}
	}
	first, last := list[0].Topology.Web.Workers, list[len(list)-1].Topology.Web.Workers
	xo := opts.XAxis{Type: "value", Min: first, Max: last, MinInterval: 1, Name: "workers", NameLocation: "middle", NameGap: 26}
	top := o.Within * min(mostBounds, max(2, math.Ceil(r.high/o.Within)))
	p := newPlot(number(1, ""), durations(top), xo, opts.YAxis{Type: "value", Min: 0, Max: top})
	p.y.Step = o.Within
	p.add("objective", boundRole, 0, []point{{X: float64(first), Y: o.Within}, {X: float64(last), Y: o.Within}})
	if n := rec.RuleOfThumb.Workers; n >= first && n <= last && n > 0 {
		p.add("rule of thumb", ruleRole, 0, []point{{X: float64(n), Y: 0}, {X: float64(n), Y: top}})
	}
	p.add("90 % interval", errorRole, 0, bars)
	p.add("forecast", dotLine, 0, forecast)
	p.add("recommended", dotRole, 0, chosen)
	p.add("measured", ringRole, 1, measured)
	c.Legend = []legend{{"forecast, 90 % interval", "dotline", "c0"}, {"recommended", "dot", "c0"}}
	if len(measured) > 0 {
		c.Legend = append(c.Legend, legend{"measured", "ring", "c1"})
	}
	c.Legend = append(c.Legend, legend{"objective, " + figure.Bound(o.Within), "dash", "bound"})
	if n := rec.RuleOfThumb.Workers; n >= first && n <= last && n > 0 {
		c.Legend = append(c.Legend, legend{"rule of thumb", "dotted", "quiet"})
	}
	if r.high > top {
		c.Lead = "Cut off at " + figure.Bound(top) + "; the table has what lies above."
	}
	c.Alt = fmt.Sprintf("%s of journey times against the number of workers, from %d to %d; the objective is %s.", what, first, last, figure.Bound(o.Within))
	return b.finish(c, p)
}

func leftly(c cell) cell { c.Left = true; return c }

func processOf(f headroom.Forecast, name string) headroom.ProcessForecast {
	for _, p := range f.Processes {
		if p.Process == name {
			return p
		}
	}
	return headroom.ProcessForecast{}
}

// measuredAt is the measured percentile of the hardware with that many workers.
func (b *builder) measuredAt(t headroom.Topology, o headroom.Objective) headroom.Estimate {
	for _, c := range b.report.Comparisons {
		m := c.Measured.Topology
		if m.Web.Workers == t.Web.Workers && m.Web.Cores == t.Web.Cores && m.Database.Cores == t.Database.Cores && m.SharedHost == t.SharedHost {
			return prose.At(processOf(c.Measured, o.Process).Percentile, &o)
		}
	}
	return headroom.Estimate{}
}

// stroke is an interval's line, and the break behind it.
func stroke(x0, x1, y0, y1 float64) []point {
	return []point{{X: x0, Y: y0}, {X: x1, Y: y1}, {Gap: true}}
}

// A reach is the range of a chart's positive figures.
type reach struct{ low, high float64 }

func (r *reach) add(values ...float64) {
	for _, v := range values {
		if v <= 0 || math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		if r.low == 0 || v < r.low {
			r.low = v
		}
		r.high = max(r.high, v)
	}
}

func (r *reach) kind() string {
	if r.low > 0 && r.high/r.low > wideRange {
		return "log"
	}
	return "value"
}

// bounds are those of the axis, and the step between its ticks; a logarithmic
// axis ends at powers of ten and chooses its own.
func (r *reach) bounds() (low, high, step float64) {
	if r.kind() == "log" {
		return math.Pow(10, math.Floor(math.Log10(r.low))), math.Pow(10, math.Ceil(math.Log10(r.high))), 0
	}
	step = 0.25
	for (r.high-r.low)/step > 5 {
		step *= 2
	}
	return math.Floor(r.low/step) * step, math.Ceil(r.high/step) * step, step
}

// comparisonCharts are one chart a topology: forecast and measured figures,
// one above the other, divided by the measured one so that they share a scale.
func (b *builder) comparisonCharts() []chart {
	errors := slices.DeleteFunc(prose.Errors(b.report.Comparisons), func(e prose.Error) bool { return math.IsNaN(e.Relative) })
	r := reach{}
	r.add(0.75, 1.25)
	for _, e := range errors {
		m := e.Measured.Value
		r.add(e.Forecast.Value/m, e.Forecast.Low/m, e.Forecast.High/m, e.Measured.Low/m, e.Measured.High/m)
	}
	var out []chart
	for i, c := range b.report.Comparisons {
		var own []prose.Error
		for _, e := range errors {
			if e.Topology == c.Topology && e.InFit == c.InFit {
				own = append(own, e)
			}
		}
		if len(own) > 0 {
			out = append(out, b.comparisonChart(i, c, own, &r))
		}
	}
	return out
}

func (b *builder) comparisonChart(i int, c headroom.Comparison, errors []prose.Error, r *reach) chart {
	out := chart{ID: fmt.Sprintf("comparison-%d", i), Title: c.Topology + ", " + prose.FitWord(c.InFit), Height: 60 + 30*len(errors),
		Table: table{Caption: "Forecast and measurement of " + c.Topology, Head: heads("Figure", "<Forecast", "<Measured", "Error")}}
	var names []string
	var forecast, measured, forecastBars, measuredBars []point
	for row, e := range errors {
		name := e.Process + " " + e.What
		names = append(names, name)
		above, below, m := float64(row)-0.17, float64(row)+0.17, e.Measured.Value
		forecast = append(forecast, point{X: e.Forecast.Value / m, Y: above, Label: name + ", forecast: " + figure.Estimate(e.Forecast, figure.Time) + ", " + figure.Signed(e.Relative)})
		forecastBars = append(forecastBars, stroke(e.Forecast.Low/m, e.Forecast.High/m, above, above)...)
		measured = append(measured, point{X: 1, Y: below, Label: name + ", measured: " + figure.Estimate(e.Measured, figure.Time)})
		measuredBars = append(measuredBars, stroke(e.Measured.Low/m, e.Measured.High/m, below, below)...)
		out.Table.Rows = append(out.Table.Rows, []cell{text(name), leftly(estimate(e.Forecast, figure.Time)), leftly(estimate(e.Measured, figure.Time)), text(figure.Signed(e.Relative))})
	}
	xo := opts.XAxis{Type: r.kind()}
	low, high, step := r.bounds()
	xo.Min, xo.Max = low, high
	yo := opts.YAxis{Type: "value", Min: -1, Max: len(names), Inverse: opts.Bool(true)}
	p := newPlot(number(0.01, "%"), axis{Kind: "names", Size: 1, Names: names, Step: 1}, xo, yo)
	p.x.Step = step
	p.add("measured", ruleRole, 0, []point{{X: 1, Y: -1}, {X: 1, Y: float64(len(names))}})
	p.add("90 % interval", errorRole, 0, forecastBars)
	p.add("90 % interval", errorRole, 1, measuredBars)
	p.add("forecast", dotRole, 0, forecast)
	p.add("measured", ringRole, 1, measured)
	out.Legend = []legend{{"forecast", "dot", "c0"}, {"measured = 100 %", "ring", "c1"}}
	out.Alt = fmt.Sprintf("Forecast and measured journey times on %s with their 90 %% intervals, as shares of the measured figure; the table below has the figures.", c.Topology)
	return b.finish(out, p)
}
