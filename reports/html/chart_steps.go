package html

import (
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
)

// stepCharts are one chart a run: means per request of each step, stacked.
func (b *builder) stepCharts() []chart {
	highest := 0.0
	for _, run := range b.report.Runs {
		for _, s := range run.Steps {
			highest = max(highest, s.Client)
		}
	}
	var out []chart
	for i, run := range b.report.Runs {
		if len(run.Steps) > 0 {
			out = append(out, b.stepChart(i, run, highest))
		}
	}
	return out
}

// parts of a step's time; the colours are the palette's.
var parts = []struct {
	name  string
	color int
	of    func(headroom.StepReport) *float64
}{
	{"waiting for a worker", 7, func(s headroom.StepReport) *float64 { return s.Waiting }},
	{"Python", 0, func(s headroom.StepReport) *float64 { return s.Python }},
	{"SQL", 2, func(s headroom.StepReport) *float64 { return s.SQL }},
	{"retry sleep", 1, func(s headroom.StepReport) *float64 { return s.Sleep }},
	{"not told apart", 6, func(s headroom.StepReport) *float64 {
		if s.Waiting != nil || s.Python != nil || s.SQL != nil || s.Sleep != nil {
			return nil
		}
		return &s.Client
	}},
}

func (b *builder) stepChart(i int, run headroom.RunReport, highest float64) chart {
	c := chart{ID: fmt.Sprintf("steps-%d", i), Title: b.runName(i), Height: 50 + 24*len(run.Steps), Wide: len(b.report.Runs) == 1,
		Table: table{Caption: "Where a request's time goes on " + b.runName(i) + ", means per request",
			Head: heads("Step", "<Protocol", "Requests", "Failed", "Client", "p95", "Waiting", "Python", "SQL", "Retry sleep", "Lost tries", "Retried")}}
	var names []string
	for _, s := range run.Steps {
		names = append(names, s.Process+"."+s.Step)
		c.Table.Rows = append(c.Table.Rows, stepRow(s))
	}
	p := newPlot(durations(roundUp(highest)), axis{Kind: "names", Size: 1, Names: names}, opts.XAxis{Type: "value", Max: roundUp(highest)},
		opts.YAxis{Type: "category", Inverse: opts.Bool(true), Data: names})
	p.perAxis = true
	for _, part := range parts {
		var points []point
		seen := false
		for row, s := range run.Steps {
			if v := part.of(s); v != nil {
				seen = seen || *v > 0
				points = append(points, point{X: max(0, *v), Y: float64(row), Label: figure.Seconds(*v)})
			}
		}
		if seen {
			p.add(part.name, barRole, part.color, points)
			c.Legend = append(c.Legend, legend{part.name, "box", colorClass(part.color)})
		}
	}
	c.Alt = "Stacked bars of where the time of each step's mean request goes on " + b.runName(i) + "; the table below has the figures."
	return b.finish(c, p)
}

func stepRow(s headroom.StepReport) []cell {
	lost, retried := figure.Unknown, figure.Unknown
	if s.Conflicts != nil {
		lost = figure.Count(*s.Conflicts)
	}
	if s.RetryShare != nil {
		retried = figure.Share(*s.RetryShare)
	}
	row := []cell{text(s.Process + "." + s.Step), left(s.Protocol), text(figure.Count(s.Requests)), text(figure.Count(s.Failed)), text(figure.Seconds(s.Client)), text(figure.Seconds(s.P95))}
	for _, v := range []*float64{s.Waiting, s.Python, s.SQL, s.Sleep} {
		if v == nil {
			row = append(row, text(figure.Unknown))
			continue
		}
		row = append(row, text(figure.Seconds(*v)))
	}
	return append(row, text(lost), text(retried))
}

// roundUp gives the next round figure, so that the charts of all runs share an
// axis that ends on one.
func roundUp(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 1.5, 2, 2.5, 3, 4, 5, 6, 8} {
		if v <= step*power {
			return step * power
		}
	}
	return 10 * power
}
