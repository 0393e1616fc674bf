package text

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

func TestForecasts(t *testing.T) {
	nothing := example.Capacity()
	nothing.Model, nothing.Check, nothing.At, nothing.Low, nothing.High, nothing.Headroom = nil, nil, nil, nil, nil, nil
	alone := example.Capacity()
	alone.Check, alone.At = nil, nil
	hostile := example.HostileForecast()
	for name, write := range map[string]func(io.Writer) error{
		"simulation":         func(w io.Writer) error { return Simulation(w, example.Simulation()) },
		"simulation-hostile": func(w io.Writer) error { return Simulation(w, hostile) },
		"simulation-empty":   func(w io.Writer) error { return Simulation(w, headroom.Simulation{}) },
		"forecasts":          func(w io.Writer) error { return Forecasts(w, example.Forecasts()) },
		"forecasts-hostile": func(w io.Writer) error {
			return Forecasts(w, headroom.ForecastReport{Entries: []headroom.ForecastedPlan{{Name: example.Hostile, Forecast: hostile.Forecast}}})
		},
		"forecasts-empty": func(w io.Writer) error { return Forecasts(w, headroom.ForecastReport{}) },
		"capacity":        func(w io.Writer) error { return Capacity(w, example.Capacity()) },
		"capacity-model":  func(w io.Writer) error { return Capacity(w, alone) },
		"capacity-none":   func(w io.Writer) error { return Capacity(w, nothing) },
		"capacity-empty":  func(w io.Writer) error { return Capacity(w, headroom.CapacityReport{}) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
			printable(t, b.String())
			for _, line := range strings.Split(b.String(), "\n") {
				if n := utf8.RuneCountInString(line); n > 160 && !strings.HasSuffix(name, "-hostile") {
					t.Errorf("%d characters wide: %s", n, line)
				}
			}
			if err := write(broken{}); b.Len() > 0 && !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("a full disk: %v", err)
			}
		})
	}
}

// Whoever reads a question mark is told what it means, and nobody else.
func TestQuestionMarksAreExplained(t *testing.T) {
	sure, doubtful := example.Simulation(), example.Simulation()
	doubtful.Forecast.Processes[0].Percentile["95"] = headroom.Estimate{Value: 73.6, Low: 70, High: 90, Level: headroom.Level, N: 20}
	for want, s := range map[bool]headroom.Simulation{false: sure, true: doubtful} {
		var b bytes.Buffer
		if err := Simulation(&b, s); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "A figure with ? had no end in some"); got != want {
			t.Errorf("explained: %v, want %v\n%s", got, want, b.String())
		}
	}
}
