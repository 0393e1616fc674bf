package html

import (
	"encoding/json"
	"fmt"
	"html/template"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/headroom-erp/headroom/reports/prose"
)

// A heat is a heat map: of columns and rows, or of a year's days.
type heat struct {
	highest float64
	width   int      // columns
	columns []string // their names; nil: hours of the day
	rows    []string
	year    int // 0: none
	data    []opts.HeatMapData
}

func (h *heat) add(column, row int, v float64, label string) {
	h.data = append(h.data, opts.HeatMapData{Name: label, Value: []any{column, row, short(v)}})
}

func (h *heat) addDay(date string, v float64, label string) {
	h.data = append(h.data, opts.HeatMapData{Name: label, Value: []any{date, short(v)}})
}

// option is echarts' own; colours and sizes are the page's script's business.
func (h *heat) option() map[string]any {
	m := charts.NewHeatMap()
	m.SetGlobalOptions(charts.WithAnimation(false), charts.WithVisualMapOpts(opts.VisualMap{Min: 0, Max: float32(max(h.highest, 1e-9))}))
	if h.year > 0 {
		m.AddCalendar(&opts.Calendar{Range: []string{fmt.Sprint(h.year)}})
		m.AddSeries("documents", h.data, charts.WithCoordinateSystem("calendar"))
	} else {
		names := h.columns
		for i := len(names); i < h.width; i++ {
			names = append(names, fmt.Sprintf("%02d", i))
		}
		m.SetGlobalOptions(charts.WithXAxisOpts(opts.XAxis{Type: "category", Data: names}), charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: h.rows, Inverse: opts.Bool(true)}))
		m.AddSeries("documents", h.data)
	}
	m.Validate()
	option := m.JSON()
	for _, key := range []string{"title", "toolbox", "color", "legend"} {
		delete(option, key)
	}
	if h.year > 0 {
		delete(option, "xAxis")
		delete(option, "yAxis")
	}
	option["tooltip"] = map[string]any{"trigger": "item", "renderMode": "richText", "confine": true}
	return option
}

// finish puts a heat map into its chart, as data for the page's script.
func (b *calendarBuilder) finish(c chart, h heat) chart {
	c.Table.ID = c.ID + "-table"
	raw, err := json.Marshal(map[string]any{"option": h.option(), "year": h.year, "highest": prose.Documents(h.highest)})
	if err != nil && b.err == nil {
		b.err = fmt.Errorf("html: heat map: %w", err)
	}
	c.Data = template.JS(raw) // encoding/json escapes <, >, & and the line separators
	return c
}
