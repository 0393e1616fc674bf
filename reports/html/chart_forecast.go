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
	for i, o := range objectivesOf(list) {
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
	yo := opts.YAxis{Type: r.kind()}
	if r.kind() == "log" {
		yo.Min, yo.Max = r.bounds()
	}
	p := newPlot(number(1, ""), durations(r.high), xo, yo)
	p.add("objective", boundRole, 0, []point{{X: float64(first), Y: o.Within}, {X: float64(last), Y: o.Within}})
	if n := rec.RuleOfThumb.Workers; n >= first && n <= last && n > 0 {
		low, high := r.bounds()
		p.add("rule of thumb", ruleRole, 0, []point{{X: float64(n), Y: low}, {X: float64(n), Y: high}})
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
		if m.Web.Workers == t.Web.Workers && m.Web.Cores == t.Web.Cores && m.Database == t.Database && m.SharedHost == t.SharedHost {
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

// bounds are those of the axis: from zero, or from the power of ten below.
func (r *reach) bounds() (low, high float64) {
	if r.kind() == "log" {
		return math.Pow(10, math.Floor(math.Log10(r.low))), math.Pow(10, math.Ceil(math.Log10(r.high)))
	}
	return 0, r.high
}

// comparisonCharts are one chart a topology: forecast and measured figures,
// one above the other.
func (b *builder) comparisonCharts() []chart {
	errors := prose.Errors(b.report.Comparisons)
	var r reach
	for _, e := range errors {
		r.add(e.Forecast.Value, e.Forecast.Low, e.Forecast.High, e.Measured.Value, e.Measured.Low, e.Measured.High)
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
		above, below := float64(row)-0.16, float64(row)+0.16
		if figure.Known(e.Forecast) {
			forecast = append(forecast, point{X: e.Forecast.Value, Y: above, Label: name + ", forecast: " + figure.Estimate(e.Forecast, figure.Time)})
			forecastBars = append(forecastBars, stroke(e.Forecast.Low, e.Forecast.High, above, above)...)
		}
		if figure.Known(e.Measured) {
			measured = append(measured, point{X: e.Measured.Value, Y: below, Label: name + ", measured: " + figure.Estimate(e.Measured, figure.Time)})
			measuredBars = append(measuredBars, stroke(e.Measured.Low, e.Measured.High, below, below)...)
		}
		out.Table.Rows = append(out.Table.Rows, []cell{text(name), leftly(estimate(e.Forecast, figure.Time)), leftly(estimate(e.Measured, figure.Time)), text(figure.Signed(e.Relative))})
	}
	xo := opts.XAxis{Type: r.kind()}
	if r.kind() == "log" {
		xo.Min, xo.Max = r.bounds()
	}
	yo := opts.YAxis{Type: "value", Min: -1, Max: len(names), Inverse: opts.Bool(true), MinInterval: 1, MaxInterval: 1}
	p := newPlot(durations(r.high), axis{Kind: "names", Size: 1, Names: names}, xo, yo)
	p.add("90 % interval", errorRole, 0, forecastBars)
	p.add("90 % interval", errorRole, 1, measuredBars)
	p.add("forecast", dotRole, 0, forecast)
	p.add("measured", ringRole, 1, measured)
	out.Legend = []legend{{"forecast", "dot", "c0"}, {"measured", "ring", "c1"}}
	out.Alt = fmt.Sprintf("Forecast and measured journey times on %s with their 90 %% intervals; the table below has the figures.", c.Topology)
	return b.finish(out, p)
}
