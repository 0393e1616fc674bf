package prose

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
)

// perSecond is the unit of a throughput.
var perSecond figure.Unit = func(float64) (float64, string, func(float64) string) { return 1, "/s", figure.Number }

// ProofUnit is how figures of a kind are written.
func ProofUnit(what string) figure.Unit {
	switch what {
	case headroom.ProofThroughput:
		return perSecond
	case headroom.ProofRetries:
		return figure.Part
	case headroom.ProofCapacity:
		return figure.Times
	}
	return figure.Time
}

// ScoreName is a kind of figure in words.
func ScoreName(what string) string {
	switch what {
	case headroom.ProofCapacity:
		return "capacity: highest rate within the objectives"
	case headroom.ProofThroughput:
		return "throughput of operators"
	case headroom.ProofMean:
		return "mean journey time"
	case headroom.ProofP95:
		return "p95 of journey times"
	case headroom.ProofRetries:
		return "share of confirms that were retried"
	case headroom.ProofCoverage:
		return "measured figures within the forecast's 90 % interval"
	}
	return what
}

// ScoreTarget is what is wanted: "at most 9 %".
func ScoreTarget(s headroom.Score) string {
	if s.What == headroom.ProofCoverage {
		return "at least " + figure.Share(s.Target)
	}
	return "at most " + figure.Share(s.Target)
}

// ScoreValue is what was found: "6.1 %", or a dash without a figure.
func ScoreValue(s headroom.Score) string {
	if s.N == 0 {
		return figure.Unknown
	}
	return figure.Share(s.Value)
}

// ScoreVerdict is met, missed or not scored.
func ScoreVerdict(s headroom.Score) string {
	switch {
	case s.Met == nil:
		return "not scored"
	case *s.Met:
		return "met"
	}
	return "missed"
}

// ScoreAtSpeed is a score with the machine's speed taken out, or a dash.
func ScoreAtSpeed(s headroom.Score) string {
	if s.AtSpeed == nil {
		return figure.Unknown
	}
	return figure.Share(*s.AtSpeed)
}

// Validated is a validation in one sentence.
func Validated(v headroom.Validation) string {
	met, judged := 0, 0
	var missed []string
	for _, s := range v.Scores {
		switch {
		case s.Met == nil:
			continue
		case *s.Met:
			met++
		default:
			missed = append(missed, fmt.Sprintf("%s (%s, wanted %s)", ScoreName(s.What), ScoreValue(s), ScoreTarget(s)))
		}
		judged++
	}
	measured := slices.IndexFunc(v.Proofs, func(p headroom.Proof) bool { return p.MeasuredAt != nil }) >= 0
	if judged == 0 && !measured {
		return "Nothing that was forecast has been measured yet."
	}
	if judged == 0 {
		return "Nothing that was measured can be scored; each combination says why."
	}
	out := fmt.Sprintf("Of %d targets %d are met", judged, met)
	if len(missed) > 0 {
		out += "; missed: " + strings.Join(missed, "; ")
	}
	return out + "."
}

// ValidationHeld says whether every target that was judged is met; nil without.
func ValidationHeld(v headroom.Validation) *bool {
	var held *bool
	for _, s := range v.Scores {
		if s.Met != nil {
			both := *s.Met && (held == nil || *held)
			held = &both
		}
	}
	return held
}

// OfferedLoad is what is offered, process by process: "order_entry 3780/h, pick
// 4 operators; popularity 1.4".
func OfferedLoad(load []headroom.ProofLoad, popularity *float64) string {
	var parts []string
	for _, l := range load {
		if l.PerHour > 0 {
			parts = append(parts, l.Process+" "+figure.Exact(l.PerHour)+"/h")
		}
		if l.Operators > 0 {
			parts = append(parts, fmt.Sprintf("%s %s operators", l.Process, figure.Count(l.Operators)))
		}
	}
	out := strings.Join(parts, ", ")
	if popularity != nil {
		out += "; popularity " + figure.Exact(*popularity)
	}
	return out
}

// FigureName names a proof's figure: "pick p95", "order_entry.confirm retry share".
func FigureName(g headroom.ProofFigure) string {
	name := g.Process
	if g.Class != "" {
		name = g.Class
	}
	return name + " " + g.What
}

// FigureError is the error of a forecast, or a dash where nothing was measured
// that it could be held against.
func FigureError(g headroom.ProofFigure) string {
	if !(g.Measured.Value > 0) && g.Error == 0 {
		return figure.Unknown
	}
	return figure.Signed(g.Error)
}

// FigureAtSpeed is the error at the run's own speed, or a dash.
func FigureAtSpeed(g headroom.ProofFigure) string {
	if g.ErrorAtSpeed == nil {
		return figure.Unknown
	}
	return figure.Signed(*g.ErrorAtSpeed)
}

// OfCapacity is how much of the forecast capacity a load is, or a dash.
func OfCapacity(p headroom.Proof) string {
	if p.OfCapacity == nil {
		return figure.Unknown
	}
	return figure.Share(*p.OfCapacity)
}

// SpeedOf is how fast the machine was in a run beside the calibration: "4.1 %
// slower", or a dash where nobody looked.
func SpeedOf(ratio *float64) string {
	switch {
	case ratio == nil || !(*ratio > 0):
		return figure.Unknown
	case math.Abs(*ratio-1) < 0.0005:
		return "as fast"
	case *ratio > 1:
		return figure.Share(*ratio-1) + " slower"
	}
	return figure.Share(1-*ratio) + " faster"
}

// Wandering says how the machine's speed changed by itself while the model was
// measured; nothing where nobody looked.
func Wandering(m headroom.ValidatedModel) string {
	if m.Drift == nil {
		return ""
	}
	out := fmt.Sprintf("CPU work took more or less by %s from run to run and by %s within one (standard deviations), there for some %s at a time",
		figure.Share(m.Drift.Between), figure.Share(m.Drift.SD), figure.Seconds(m.Drift.Seconds))
	if m.Elasticity != nil {
		out += fmt.Sprintf("; that of requests follows the probe's to the power of %s", figure.Estimate(*m.Elasticity, figure.Plain))
	}
	return out
}

// OthersOf is how many cores other work took, or a dash where nobody looked.
func OthersOf(cores *float64) string {
	if cores == nil {
		return figure.Unknown
	}
	return figure.Number(math.Round(*cores*100) / 100)
}

// ProcessErrors are mean absolute errors by process and kind, of scored figures.
type ProcessErrors struct {
	Process string
	Mean    map[string]float64 // by kind
	N       map[string]int
}

// ErrorsByProcess sums the scored figures of all proofs up by process, in the order
// of their names.
func ErrorsByProcess(v headroom.Validation) []ProcessErrors {
	all := map[string]*ProcessErrors{}
	for _, p := range v.Proofs {
		if p.Invalid != "" {
			continue
		}
		for _, g := range p.Figures {
			if !g.Scored {
				continue
			}
			e := all[g.Process]
			if e == nil {
				e = &ProcessErrors{g.Process, map[string]float64{}, map[string]int{}}
				all[g.Process] = e
			}
			n := float64(e.N[g.What])
			e.Mean[g.What] = (e.Mean[g.What]*n + math.Abs(g.Error)) / (n + 1)
			e.N[g.What]++
		}
	}
	var out []ProcessErrors
	for _, name := range Keys(all) {
		out = append(out, *all[name])
	}
	return out
}

// Unscored says of a proof what is left out and what is to be known beside it,
// each cause once: "p1, scan: 412 journeys, and 1000 are wanted".
func Unscored(p headroom.Proof) []string {
	var out []string
	for _, w := range p.Warnings {
		out = append(out, p.Name+": "+w)
	}
	if p.Late {
		out = append(out, p.Name+": its forecast was made after its run had begun, so that nothing of it is scored")
	}
	if p.MeasuredAt == nil {
		out = append(out, p.Name+": it was not measured yet")
	}
	if p.Capacity != nil && p.CapacityWhy != "" {
		out = append(out, p.Name+", capacity: "+p.CapacityWhy)
	}
	if p.Invalid != "" {
		return append(out, p.Name+": "+p.Invalid)
	}
	for _, g := range p.Figures {
		if g.Scored || g.Why == headroom.NoTarget || g.Why == headroom.AfterMeasurement {
			continue
		}
		name := g.Process
		if g.What == headroom.ProofRetries {
			name = FigureName(g)
		}
		if s := p.Name + ", " + name + ": " + g.Why; !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
