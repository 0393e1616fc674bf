package prove

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

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

// Rules say what of a run is scored.
type Rules struct {
	Least     int            // journeys of a process
	Operators map[string]int // by process: the throughput of open arrivals is what was offered
	Confirms  []string       // classes whose retries have a target
	Late      bool           // the forecast was made after the run had begun
}

// confirming are the scenarios that confirm sales orders, each in its step confirm.
var confirming = []string{"order_entry", "edi_order", "order_to_ship"}

// Confirms are the classes of a plan that confirm sales orders.
func Confirms(plan headroom.Plan) (out []string) {
	for _, p := range plan.Processes {
		if slices.Contains(confirming, p.Scenario) {
			out = append(out, p.Name+".confirm")
		}
	}
	return out
}

// Figures put a forecast beside a measurement, process by process of those that
// are on both sides. AtSpeed is the forecast for a machine as fast as it was
// during the run; nil where that is not known.
func Figures(f headroom.Forecast, atSpeed *headroom.Forecast, m Measured, r Rules) []headroom.ProofFigure {
	var out []headroom.ProofFigure
	for _, name := range slices.Sorted(maps.Keys(m.Processes)) {
		p, there := process(f, name)
		if !there {
			continue
		}
		var same *headroom.ProcessForecast
		if atSpeed != nil {
			s, _ := process(*atSpeed, name)
			same = &s
		}
		out = append(out, r.figures(p, same, m)...)
	}
	return out
}

// figures are those of one process.
func (r Rules) figures(f headroom.ProcessForecast, same *headroom.ProcessForecast, m Measured) (out []headroom.ProofFigure) {
	p := m.Processes[f.Process]
	why := r.lacks(p)
	add := func(g headroom.ProofFigure, measured headroom.Estimate, of func(headroom.ProcessForecast) headroom.Estimate) {
		g.Process, g.Forecast, g.Measured = f.Process, of(f), measured
		compare(&g)
		if same != nil {
			v := of(*same).Value
			g.AtSpeed, g.ErrorAtSpeed = &v, errorOf(g, v)
		}
		if g.Scored && r.Late {
			g.Scored, g.Why = false, headroom.AfterMeasurement
		}
		out = append(out, g)
	}
	add(headroom.ProofFigure{What: headroom.ProofMean, Count: p.Journeys, Why: why}, p.Mean, func(f headroom.ProcessForecast) headroom.Estimate { return f.Mean })
	add(headroom.ProofFigure{What: headroom.ProofMedian, Count: p.Journeys, Why: cause(why, headroom.NoTarget)}, p.P50, percentile("50"))
	add(headroom.ProofFigure{What: headroom.ProofP95, Count: p.Journeys, Why: why}, p.P95, percentile("95"))
	if r.Operators[f.Process] > 0 {
		add(headroom.ProofFigure{What: headroom.ProofThroughput, Count: p.Throughput.N, Why: why}, p.Throughput, func(f headroom.ProcessForecast) headroom.Estimate { return f.Throughput })
	}
	for _, class := range r.conflicting(f) {
		if measured, ok := m.Retries[class]; ok {
			lacks := cause(why, r.retriesLack(class, f.Retries[class], measured))
			add(headroom.ProofFigure{What: headroom.ProofRetries, Class: class, Count: measured.N, Why: lacks}, measured,
				func(f headroom.ProcessForecast) headroom.Estimate { return f.Retries[class] })
		}
	}
	return out
}

func percentile(p string) func(headroom.ProcessForecast) headroom.Estimate {
	return func(f headroom.ProcessForecast) headroom.Estimate { return f.Percentile[p] }
}

// lacks says why times and throughput of a process are not scored.
func (r Rules) lacks(p MeasuredProcess) string {
	switch {
	case p.Journeys < r.Least:
		return fmt.Sprintf("%d journeys, and %d are wanted", p.Journeys, r.Least)
	case float64(p.Failed) > mostFailed*float64(p.Failed+p.Journeys):
		return fmt.Sprintf("%d journeys failed", p.Failed)
	}
	return ""
}

// conflicting are the classes of a process whose retries are compared: those
// that are forecast, and its confirms. A model that knows no conflict of a confirm
// has said that there will be none.
func (r Rules) conflicting(f headroom.ProcessForecast) []string {
	out := slices.Collect(maps.Keys(f.Retries))
	for _, class := range r.Confirms {
		if strings.HasPrefix(class, f.Process+".") {
			out = append(out, class)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// retriesLack says why a share of retries is not scored.
func (r Rules) retriesLack(class string, forecast, measured headroom.Estimate) string {
	if !slices.Contains(r.Confirms, class) {
		return headroom.NoTarget
	}
	n := float64(measured.N)
	lost := math.Round(measured.Value * n)
	if lost >= leastRetried || math.Round(forecast.Value*n) >= leastRetried {
		return ""
	}
	return fmt.Sprintf("%.0f requests were retried, and %d are wanted", lost, leastRetried)
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
	if e := errorOf(*g, g.Forecast.Value); e != nil {
		g.Error, g.Scored = *e, g.Why == ""
		return
	}
	g.Scored, g.Why = false, cause(g.Why, "nothing was measured")
}

// errorOf is a forecast's error against a figure's measurement; nil where there
// is nothing to divide by.
//
// It is (forecast - measured) / measured. A retry share is divided by the larger
// of the measured one and what leastRetried of the requests would be: where fewer
// were retried, chance alone says how many. So none measured where leastRetried or
// more were forecast is an error of 1 or more, and where leastRetried were
// measured nothing differs.
func errorOf(g headroom.ProofFigure, forecast float64) *float64 {
	by := g.Measured.Value
	if g.What == headroom.ProofRetries && g.Count > 0 {
		by = max(by, leastRetried/float64(g.Count))
	}
	e := (forecast - g.Measured.Value) / by
	if by <= 0 || math.IsNaN(e) || math.IsInf(e, 0) {
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
