package prose

import (
	"fmt"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
)

// unit is that of an objective's figure and bound.
func unit(o headroom.Objective) figure.Unit {
	switch o.Measure {
	case "", headroom.MeasureResponse, headroom.MeasureDrain, headroom.MeasureReplicationLag:
		return figure.Time
	case headroom.MeasureSample:
		return figure.Plain
	}
	return figure.Part
}

// Figure writes what was measured of an objective, with its interval.
func Figure(r headroom.ObjectiveReport) string {
	if r.Value == nil {
		return figure.Unknown
	}
	u := unit(r.Objective)
	if r.Value.Value == 0 && r.Value.High == 0 { // seen, and nothing: not unknown
		return "0"
	}
	s := figure.Value(*r.Value, u)
	if !r.Value.Identified {
		s += figure.Doubtful
	}
	if interval := figure.Interval(*r.Value, u); interval != "" {
		s += " " + interval
	}
	return s
}

// Judged is the verdict on an objective: "met", "MISSED" or "not judged", and
// whether the interval leaves a doubt.
func Judged(r headroom.ObjectiveReport) string {
	s := "met"
	switch {
	case r.Met == nil:
		return "not judged"
	case !*r.Met:
		s = "MISSED"
	}
	if !r.Sure {
		s += ", not surely"
	}
	return s
}

// Aside says where the worst of an objective was, or why there is no figure.
func Aside(r headroom.ObjectiveReport) string {
	var parts []string
	if r.At != nil {
		parts = append(parts, "worst from "+figure.Seconds(*r.At)+" on")
	}
	if r.Reason != "" {
		parts = append(parts, r.Reason)
	}
	return strings.Join(parts, "; ")
}

// Warmup says what was found of the warm-up; "" where it was not looked for.
func Warmup(run headroom.RunReport) string {
	w := run.Warmup
	switch {
	case w == nil:
		return ""
	case !w.Found:
		return "The load was steady, and the window is too short to tell its warm-up (MSER-5): all of it is counted."
	case w.Seconds == 0:
		return "The load was steady, and no warm-up was found (MSER-5)."
	}
	return fmt.Sprintf("The load was steady: its first %s were found to be warm-up (MSER-5) and are not counted.", figure.Seconds(w.Seconds))
}

// Drain says when the backlog of a peak was gone.
func Drain(p headroom.PeakReport) string {
	switch {
	case p.Drain == nil && p.Unfinished > 0:
		return "not within " + figure.Seconds(p.Unfinished)
	case p.Drain == nil:
		return "the run ended with it"
	case *p.Drain == 0:
		return "at once"
	}
	return figure.Seconds(*p.Drain)
}

// Attained writes the attainment of a peak by kind of document.
func Attained(p headroom.PeakReport) string {
	var parts []string
	for _, kind := range Keys(p.Attainment) {
		parts = append(parts, kind+" "+figure.Estimate(p.Attainment[kind], figure.Part)+" of "+figure.Count(p.Attainment[kind].N))
	}
	return strings.Join(parts, ", ")
}

// Load says what the load generator used.
func Load(g *headroom.GeneratorReport) string {
	if g == nil || g.CPU == nil {
		return ""
	}
	s := "It used " + figure.Number(*g.CPU) + " cores"
	if g.Host != nil {
		s += "; its machine was " + figure.Share(*g.Host) + " busy"
	}
	if g.Steal != nil {
		s += ", and " + figure.Share(*g.Steal) + " of it went to other machines"
	}
	return s + "."
}

// Bottleneck is what a run whose generator was the bottleneck says in large
// letters; "" of any other.
func Bottleneck(run headroom.RunReport) string {
	if run.Valid || run.Generator == nil && run.ID == "" {
		return ""
	}
	return "THE LOAD GENERATOR WAS THE BOTTLENECK: IT MEASURED ITSELF"
}

// Phases are those of a run's peaks that the table of its processes does not
// show already, as it does a peak that lasts through the whole window everywhere.
func Phases(run headroom.RunReport) []headroom.PhaseReport {
	var out []headroom.PhaseReport
	for _, p := range run.Phases {
		if p.From > run.Window.From || p.To < run.Window.To || len(p.Sites) > 0 {
			out = append(out, p)
		}
	}
	return out
}
