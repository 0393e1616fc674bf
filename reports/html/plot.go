package html

import (
	"encoding/json"
	"fmt"
	"html/template"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// A chart is a figure of the page: the plot, its words, and the same as a
// table for those who cannot see it.
type chart struct {
	ID, Title, Lead string
	Alt             string // what the plot shows, in a sentence
	Wide            bool   // takes a whole row
	Height          int    // of the plot, in CSS pixels; fixed, so that nothing moves when it is drawn
	Legend          []legend
	Data            template.JS
	Table           table
}

// A legend is one key of a chart; Shape and Color are classes of the style.
type legend struct{ Name, Shape, Color string }

// palette is the number of colours that the style has.
const palette = 8

func colorClass(i int) string { return fmt.Sprintf("c%d", i%palette) }

// A role is how the page's script draws a series. Colours are its business as
// well, since they depend on the reader's light or dark.
type role string

const (
	lineRole  role = "line"
	dotLine   role = "dotline" // a line with a dot at each figure
	dotRole   role = "dot"
	ringRole  role = "ring"  // hollow: measured
	errorRole role = "error" // strokes of intervals
	areaRole  role = "area"  // filled down to zero
	barRole   role = "bar"   // stacked, lying
	boundRole role = "bound" // the dashed line of an objective
	ruleRole  role = "rule"  // the dotted line of the rule of thumb
)

// An axis says how its ticks read.
type axis struct {
	Kind  string   `json:"kind"` // "number", "clock" (seconds of the day), "elapsed" (seconds) or "names"
	Size  float64  `json:"size"` // ticks are values divided by it
	Unit  string   `json:"unit,omitempty"`
	Names []string `json:"names,omitempty"`
	Step  float64  `json:"step,omitempty"` // between ticks; 0 leaves it to echarts
}

// number is an axis of plain figures.
func number(size float64, unit string) axis { return axis{Kind: "number", Size: size, Unit: unit} }

// durations is an axis of seconds up to a largest value.
func durations(largest float64) axis {
	switch {
	case largest >= 600:
		return number(60, "min")
	case largest < 1:
		return number(1e-3, "ms")
	}
	return number(1, "s")
}

// A point is a datum; Label is what its tooltip says.
type point struct {
	X, Y  float64
	Label string
	Gap   bool // the line is broken here
}

// A look is a series' role and colour, for the script.
type look struct {
	Role  role `json:"role"`
	Color int  `json:"color"`
}

// A plot gathers series for echarts.
type plot struct {
	line  *charts.Line
	x, y  axis
	looks []look
	// perAxis shows the tooltip of all series at a place of the axis, not of one datum.
	perAxis bool
}

func newPlot(x, y axis, xo opts.XAxis, yo opts.YAxis) *plot {
	p := &plot{line: charts.NewLine(), x: x, y: y}
	p.line.SetGlobalOptions(charts.WithXAxisOpts(xo), charts.WithYAxisOpts(yo), charts.WithAnimation(false))
	return p
}

func (p *plot) add(name string, r role, color int, points []point, options ...charts.SeriesOpts) {
	switch r {
	case dotRole, ringRole:
		data := make([]opts.ScatterData, len(points))
		for i, pt := range points {
			data[i] = opts.ScatterData{Name: pt.Label, Value: pt.value()}
		}
		scatter := charts.NewScatter()
		scatter.AddSeries(name, data, options...)
		p.line.Overlap(scatter)
	case barRole:
		data := make([]opts.BarData, len(points))
		for i, pt := range points {
			data[i] = opts.BarData{Name: pt.Label, Value: pt.value()}
		}
		bar := charts.NewBar()
		bar.AddSeries(name, data, append(options, charts.WithBarChartOpts(opts.BarChart{Stack: "all"}))...)
		p.line.Overlap(bar)
	default:
		data := make([]opts.LineData, len(points))
		for i, pt := range points {
			data[i] = opts.LineData{Name: pt.Label, Value: pt.value()}
		}
		if r == areaRole {
			options = append(options, charts.WithLineChartOpts(opts.LineChart{Step: "end"}))
		}
		p.line.AddSeries(name, data, options...)
	}
	p.looks = append(p.looks, look{r, color})
}

func (p point) value() []any {
	if p.Gap || math.IsNaN(p.X) || math.IsNaN(p.Y) || math.IsInf(p.X, 0) || math.IsInf(p.Y, 0) {
		return []any{"-", "-"} // echarts' word for nothing
	}
	return []any{short(p.X), short(p.Y)}
}

// short leaves six significant digits of a coordinate: more cannot be seen.
func short(v float64) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-5)
	if unit >= 1 {
		return math.Round(v*10) / 10
	}
	return math.Round(v/unit) / math.Round(1/unit)
}

// data is what the page's script draws. encoding/json escapes <, >, & and the
// line separators, so that no name can end the script element.
func (p *plot) data() (template.JS, error) {
	p.line.Validate()
	option := p.line.JSON()
	delete(option, "title")
	delete(option, "toolbox")
	delete(option, "color")
	option["legend"] = map[string]any{"show": false}
	trigger := "item"
	if p.perAxis {
		trigger = "axis"
	}
	option["tooltip"] = map[string]any{"trigger": trigger, "renderMode": "richText", "confine": true}
	raw, err := json.Marshal(map[string]any{"option": option, "x": p.x, "y": p.y, "looks": p.looks})
	if err != nil {
		return "", fmt.Errorf("html: chart: %w", err)
	}
	return template.JS(raw), nil
}

// finish puts a plot into its chart.
func (b *builder) finish(c chart, p *plot) chart {
	data, err := p.data()
	if err != nil && b.err == nil {
		b.err = err
	}
	c.Data = data
	c.Table.ID = c.ID + "-table"
	if c.Table.Caption == "" {
		c.Table.Caption = c.Title
	}
	return c
}

// color of a name, the same all over the page.
func (b *builder) color(name string) int {
	if _, ok := b.colors[name]; !ok {
		b.colors[name] = len(b.colors)
	}
	return b.colors[name]
}
