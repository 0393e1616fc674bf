package sizing

import (
	"fmt"
	"math"
	"strings"

	"github.com/headroom-erp/headroom"
)

// name of an objective: "order p95 within 5 s in peak "cutoff"".
func name(o headroom.Objective) string {
	var s string
	switch o.Measure {
	case headroom.MeasureErrorShare:
		s = fmt.Sprintf("errors of %s at most %g %%", orAll(o.Process), 100*o.AtMost)
	case headroom.MeasureConflictShare:
		s = fmt.Sprintf("requests of %s that lost a conflict at most %g %%", orAll(o.Process), 100*o.AtMost)
	case headroom.MeasureAttainment:
		s = fmt.Sprintf("%s done in time at least %g %%", orDocuments(o.Documents), 100*o.AtLeast)
	case headroom.MeasureDrain:
		return fmt.Sprintf("backlog of %s gone within %g s%s", o.Peak, o.AtMost, site(o))
	case headroom.MeasureAppCPU, headroom.MeasureDatabaseCPU:
		s = fmt.Sprintf("%s CPU at most %g %%", strings.TrimSuffix(o.Measure, "_cpu"), 100*o.AtMost)
	case headroom.MeasureReplicationLag, headroom.MeasureSample:
		s = fmt.Sprintf("%s at most %g", strings.TrimSpace(o.Measure+" "+o.Sample), o.AtMost)
	default:
		s = fmt.Sprintf("%s p%g within %g s", o.Process, o.Percentile, o.Within)
	}
	s += during(o) + site(o)
	if o.Sliding > 0 {
		s += fmt.Sprintf(" in every %g s", o.Sliding)
	}
	return s
}

func orAll(process string) string {
	if process == "" {
		return "all journeys"
	}
	return process
}

func orDocuments(kind string) string {
	if kind == "" {
		return "documents"
	}
	return kind + " documents"
}

func site(o headroom.Objective) string {
	if o.Site == "" {
		return ""
	}
	return " at " + o.Site
}

func during(o headroom.Objective) string {
	switch {
	case o.Peak == "":
		return ""
	case o.Phase == "before" || o.Phase == "after":
		return fmt.Sprintf(" %s peak %q", o.Phase, o.Peak)
	}
	return fmt.Sprintf(" in peak %q", o.Peak)
}

// amount writes a figure of an objective in its unit.
func amount(o headroom.Objective, e headroom.Estimate) string {
	switch o.Measure {
	case "", headroom.MeasureResponse, headroom.MeasureDrain, headroom.MeasureReplicationLag:
		return span(e, "s")
	}
	return span(times(e, 100), "%")
}

// judged holds replications against one objective: the median decides.
func judged(o headroom.Objective, name string, figures []figure) headroom.ObjectiveReport {
	r := headroom.ObjectiveReport{Objective: o, Name: name}
	var values []float64
	reason := ""
	for _, f := range figures {
		if math.IsNaN(f.value) {
			if reason == "" {
				reason = f.reason
			}
			continue
		}
		values = append(values, f.value)
	}
	if 2*len(values) < len(figures) || len(values) == 0 {
		r.Reason = reason
		return r
	}
	e := estimate(values, len(values), method)
	bound, least := o.Bound()
	met, sure := e.Value <= bound, e.High <= bound
	if least {
		met, sure = e.Value >= bound, e.Low >= bound
	}
	if !met {
		if sure = e.Low > bound; least {
			sure = e.High < bound
		}
	}
	middle := figures[nearest(figures, e.Value)]
	// An upper end that nobody knows makes a miss no less sure.
	r.Met, r.Sure = &met, sure && (e.Identified || !met && !least)
	if middle.where != "" {
		r.Name += " (" + middle.where + ")"
	}
	if !math.IsNaN(middle.at) {
		r.At = &middle.at
	}
	if math.IsInf(e.Value, 1) {
		r.Reason, r.Sure = middle.reason, math.IsInf(e.Low, 1)
		if r.Reason == "" {
			r.Reason = "the percentile lies among journeys that fail"
		}
		return r
	}
	r.Value = &e
	return r
}

// nearest is the replication whose figure is nearest to a value.
func nearest(figures []figure, v float64) int {
	best := 0
	distance := math.Inf(1)
	for i, f := range figures {
		d := math.Abs(f.value - v)
		if f.value == v { // +Inf too
			d = 0
		}
		if d < distance {
			best, distance = i, d
		}
	}
	return best
}
