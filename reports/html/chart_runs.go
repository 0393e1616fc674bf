package html

import (
	"fmt"
	"math"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// maxPoints is how many points of a line are drawn; maxRows how many rows of
// a chart's table. Beyond, neighbours are averaged.
const (
	maxPoints = 240
	maxRows   = 20
)

// A timeline is a chart over the time of the run.
type timeline struct {
	chart chart
	y     axis
	role  role
	write func(float64) string
	lines []series
}

type series struct {
	headroom.Series
	name  string
	color int
}

func (b *builder) arrivals() []chart {
	if len(b.report.Runs) == 0 {
		return nil
	}
	t := timeline{role: areaRole, y: number(1, "/s"), write: func(v float64) string { return figure.Number(v) + "/s" },
		chart: chart{ID: "arrivals", Title: "Load replayed", Lead: "Arrivals per second by process, stacked.", Wide: true, Height: 260}}
	for _, s := range b.report.Runs[0].Series {
		if s.Name == "arrivals" {
			t.lines = append(t.lines, series{s, s.Label, b.color("process " + s.Label)})
		}
	}
	return b.timeline(t)
}

func (b *builder) inFlight() []chart {
	t := timeline{role: lineRole, y: number(1, ""), write: figure.Number,
		chart: chart{ID: "in-flight", Title: "Journeys in flight", Lead: "Due but not finished, by run. A line that keeps rising is a backlog.", Height: 220}}
	t.lines = b.byRun("in_flight", "")
	return b.timeline(t)
}

// byRun gathers a series of every run; with label "" whatever its label.
func (b *builder) byRun(name, label string) []series {
	var out []series
	for i, run := range b.report.Runs {
		for _, s := range run.Series {
			if s.Name == name && (label == "" || s.Label == label) {
				out = append(out, series{s, b.runName(i), i})
			}
		}
	}
	return out
}

// runName tells runs apart: by topology, and by number where one was run twice.
func (b *builder) runName(i int) string {
	name := prose.Topology(b.report.Runs[i].Topology)
	for j, other := range b.report.Runs {
		if j != i && prose.Topology(other.Topology) == name {
			return fmt.Sprintf("%s, run %d", name, i+1)
		}
	}
	return name
}

// labels lists the labels of a series over all runs, in order of appearance.
func (b *builder) labels(name string) []string {
	var out []string
	for _, run := range b.report.Runs {
		for _, s := range run.Series {
			if s.Name == name && !slices.Contains(out, s.Label) {
				out = append(out, s.Label)
			}
		}
	}
	return out
}

func (b *builder) utilization() []chart {
	var out []chart
	for i, station := range b.labels("utilization") {
		t := timeline{role: lineRole, y: number(0.01, "%"), write: figure.Share, lines: b.byRun("utilization", station),
			chart: chart{ID: fmt.Sprintf("utilization-%d", i), Title: "Utilization, " + station, Lead: "Busy share of its cores, by run.", Height: 220}}
		out = append(out, b.timeline(t)...)
	}
	return out
}

func (b *builder) responses() []chart {
	var out []chart
	for i, process := range b.labels("response") {
		lines := b.byRun("response", process)
		highest := 0.0
		for _, s := range lines {
			for _, v := range s.V {
				highest = max(highest, v)
			}
		}
		t := timeline{role: lineRole, y: durations(highest), write: figure.Seconds, lines: lines,
			chart: chart{ID: fmt.Sprintf("response-%d", i), Title: "Journey time, " + process, Lead: "Mean of those that were due at that time, by run.", Height: 200}}
		out = append(out, b.timeline(t)...)
	}
	return out
}

func (b *builder) timeline(t timeline) []chart {
	t.lines = slices.DeleteFunc(t.lines, func(s series) bool { return min(len(s.T), len(s.V)) == 0 })
	if len(t.lines) == 0 {
		return nil
	}
	h := b.report.Schedule
	x, offset := clock(h)
	end := h.Duration()
	for _, s := range t.lines {
		end = max(end, slices.Max(s.T))
	}
	p := newPlot(x, t.y, opts.XAxis{Type: "value", Min: offset, Max: offset + end, MinInterval: 1}, opts.YAxis{Type: "value"})
	p.perAxis = true
	t.chart.Table.Head = []cell{{Text: "Time", Left: true}}
	below := stacked(t)
	for i, s := range t.lines {
		var options []charts.SeriesOpts
		if i == 0 {
			options = append(options, b.spans(offset, end))
		}
		var points []point
		for k, pt := range thin(s.T, s.V, maxPoints) {
			at := point{X: offset + pt.X, Y: pt.Y, Label: t.write(pt.Y)}
			if t.role == areaRole {
				at.Y += below[i][k]
			}
			points = append(points, at)
		}
		if n := len(points); t.role == areaRole && n > 1 { // the last bin has a width as well
			last := points[n-1]
			last.X += last.X - points[n-2].X
			points = append(points, last)
		}
		p.add(s.name, t.role, s.color, points, options...)
		shape := "line"
		if t.role == areaRole {
			shape = "box"
		}
		t.chart.Legend = append(t.chart.Legend, legend{s.name, shape, colorClass(s.color)})
		t.chart.Table.Head = append(t.chart.Table.Head, text(s.name))
	}
	if h.LeadIn > 0 {
		t.chart.Legend = append(t.chart.Legend, legend{"lead-in, not counted", "box", "shade"})
	}
	t.chart.Table.Rows = timeRows(t, x, offset)
	t.chart.Table.Note = "Neighbouring values are averaged."
	t.chart.Alt = t.chart.Title + " over " + figure.Seconds(end) + ": " + prose.And(highs(t)) + "."
	return []chart{b.finish(t.chart, p)}
}

// stacked is what lies below each point of each line. echarts stacks only over
// categories; here lines are drawn from the highest to the lowest, each down to
// zero. The last line lies lowest.
func stacked(t timeline) [][]float64 {
	if t.role != areaRole {
		return nil
	}
	below := make([][]float64, len(t.lines))
	var sum []float64
	for i := len(t.lines) - 1; i >= 0; i-- {
		points := thin(t.lines[i].T, t.lines[i].V, maxPoints)
		below[i] = make([]float64, len(points))
		sum = append(sum, make([]float64, max(0, len(points)-len(sum)))...)
		for k, pt := range points {
			below[i][k] = sum[k]
			sum[k] += pt.Y
		}
	}
	return below
}

func highs(t timeline) []string {
	var out []string
	for _, s := range t.lines {
		out = append(out, s.name+" reaches "+t.write(slices.Max(s.V)))
	}
	return out
}

// clock is the axis of time: of the day where the calendar says it, else since
// the run's start. offset is added to a time since the start.
func clock(h headroom.Header) (x axis, offset float64) {
	if h.WindowAt.IsZero() {
		return axis{Kind: "elapsed", Size: 1}, 0
	}
	at := h.WindowAt
	return axis{Kind: "clock", Size: 1}, float64(at.Hour()*3600+at.Minute()*60+at.Second()) - h.LeadIn
}

// spans shades the lead-in and names the peaks.
func (b *builder) spans(offset, end float64) charts.SeriesOpts {
	h := b.report.Schedule
	var areas []any
	mark := func(name, kind string, from, to float64, line int) {
		from, to = max(0, from), min(end, to)
		if to > from {
			areas = append(areas, []any{
				map[string]any{"name": name, "xAxis": offset + from, "kind": kind, "label": map[string]any{"offset": []int{0, 14 * line}}},
				map[string]any{"xAxis": offset + to},
			})
		}
	}
	if h.LeadIn > 0 {
		mark("", "lead-in", 0, h.LeadIn, 0)
	}
	for i, s := range h.Spans {
		kind := "whole"
		if s.From > h.LeadIn || s.To < h.Duration() {
			kind = "part"
		}
		mark(s.Name, kind, max(s.From, h.LeadIn), s.To, i)
	}
	return charts.WithSeriesOpts(func(s *charts.SingleSeries) {
		if len(areas) > 0 {
			s.MarkAreas = &opts.MarkAreas{Data: areas}
		}
	})
}

// thin averages neighbours so that at most n points are left.
func thin(t, v []float64, n int) []point {
	length := min(len(t), len(v))
	group := max(1, int(math.Ceil(float64(length)/float64(n))))
	var out []point
	for i := 0; i < length; i += group {
		j := min(i+group, length)
		var st, sv float64
		for k := i; k < j; k++ {
			st += t[k]
			sv += v[k]
		}
		out = append(out, point{X: st / float64(j-i), Y: sv / float64(j-i)})
	}
	return out
}

func timeRows(t timeline, x axis, offset float64) [][]cell {
	longest := 0
	thinned := make([][]point, len(t.lines))
	for i, s := range t.lines {
		thinned[i] = thin(s.T, s.V, maxRows)
		if len(thinned[i]) > len(thinned[longest]) {
			longest = i
		}
	}
	var rows [][]cell
	for k, at := range thinned[longest] {
		row := []cell{text(moment(x, offset+at.X))}
		for i := range t.lines {
			value := figure.Unknown
			if k < len(thinned[i]) {
				value = t.write(thinned[i][k].Y)
			}
			row = append(row, text(value))
		}
		rows = append(rows, row)
	}
	return rows
}

func moment(x axis, v float64) string {
	s := int(math.Round(v))
	if x.Kind != "clock" {
		return figure.Seconds(v)
	}
	s = ((s % 86400) + 86400) % 86400
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}
