package prove

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// LeastJourneys of a process are wanted in a measurement that is scored:
// with fewer the measured p95 is itself too uncertain.
const LeastJourneys = 1000

// leastRetried is how many retried requests a scored share rests on, measured or
// forecast: of fewer the share's own standard error is more than a quarter of
// it. To ask it of the measured ones alone would leave out the forecasts that are
// far too high.
const leastRetried = 16

// mostFailed is the share of journeys that may fail: the others' times are then
// still the process' times.
const mostFailed = 0.01

// Figures put a forecast beside a measurement, process by process of those that
// are on both sides. AtSpeed is the forecast for a machine as fast as it was
// during the run; nil where that is not known.
func Figures(f headroom.Forecast, atSpeed *headroom.Forecast, m Measured, operators map[string]int, least int) []headroom.ProofFigure {
	var out []headroom.ProofFigure
	for _, name := range slices.Sorted(maps.Keys(m.Processes)) {
		p := m.Processes[name]
		fp, there := process(f, name)
		if !there {
			continue
		}
		why := ""
		switch {
		case p.Journeys < least:
			why = fmt.Sprintf("%d journeys, and %d are wanted", p.Journeys, least)
		case float64(p.Failed) > mostFailed*float64(p.Failed+p.Journeys):
			why = fmt.Sprintf("%d journeys failed", p.Failed)
		}
		var fs headroom.ProcessForecast
		if atSpeed != nil {
			fs, _ = process(*atSpeed, name)
		}
		add := func(what string, forecast, same, measured headroom.Estimate, n int, why string) *headroom.ProofFigure {
			g := headroom.ProofFigure{Process: name, What: what, Forecast: forecast, Measured: measured, Count: n, Why: why, Scored: why == ""}
			compare(&g)
			if atSpeed != nil {
				v := same.Value
				g.AtSpeed, g.ErrorAtSpeed = &v, relative(v, measured.Value)
			}
			out = append(out, g)
			return &out[len(out)-1]
		}
		add(headroom.ProofMean, fp.Mean, fs.Mean, p.Mean, p.Journeys, why)
		add(headroom.ProofMedian, fp.Percentile["50"], fs.Percentile["50"], p.P50, p.Journeys, cause(why, "it has no target"))
		add(headroom.ProofP95, fp.Percentile["95"], fs.Percentile["95"], p.P95, p.Journeys, why)
		if operators[name] > 0 {
			add(headroom.ProofThroughput, fp.Throughput, fs.Throughput, p.Throughput, p.Throughput.N, why)
		}
		for _, class := range slices.Sorted(maps.Keys(fp.Retries)) {
			measured, ok := m.Retries[class]
			if !ok {
				continue
			}
			lacks, forecast := why, math.Round(fp.Retries[class].Value*float64(measured.N))
			if lost := math.Round(measured.Value * float64(measured.N)); lost < leastRetried && forecast < leastRetried {
				lacks = cause(why, fmt.Sprintf("%.0f requests were retried, and %d are wanted", lost, leastRetried))
			} else if lost == 0 {
				lacks = cause(why, fmt.Sprintf("no request was retried, and %.0f of %d were forecast to be", forecast, measured.N))
			}
			add(headroom.ProofRetries, fp.Retries[class], fs.Retries[class], measured, measured.N, lacks).Class = class
		}
	}
	return out
}

// Unforecast are processes that were measured, and that a forecast lacks.
func Unforecast(f headroom.Forecast, m Measured) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(m.Processes)) {
		if _, there := process(f, name); !there {
			out = append(out, name)
		}
	}
	return out
}

func cause(first, otherwise string) string {
	if first != "" {
		return first
	}
	return otherwise
}

// compare fills in what follows from forecast and measurement. What cannot be
// compared is not scored.
func compare(g *headroom.ProofFigure) {
	g.Covered = g.Measured.Value >= g.Forecast.Low && g.Measured.Value <= g.Forecast.High
	if e := relative(g.Forecast.Value, g.Measured.Value); e != nil {
		g.Error = *e
		return
	}
	g.Scored, g.Why = false, cause(g.Why, "nothing was measured")
}

// relative is a forecast's error; nil where there is nothing to divide by.
func relative(forecast, measured float64) *float64 {
	e := forecast/measured - 1
	if measured <= 0 || math.IsNaN(e) || math.IsInf(e, 0) {
		return nil
	}
	if math.Abs(e) < 1e-12 { // what arithmetic leaves of equal figures
		e = 0
	}
	return &e
}

func process(f headroom.Forecast, name string) (headroom.ProcessForecast, bool) {
	for _, p := range f.Processes {
		if p.Process == name {
			return p, true
		}
	}
	return headroom.ProcessForecast{}, false
}

// Void takes the figures of a run that shows nothing out of all scores.
func Void(figures []headroom.ProofFigure, why string) {
	for i := range figures {
		figures[i].Scored, figures[i].Why = false, why
	}
}
