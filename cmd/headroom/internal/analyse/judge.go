package analyse

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
)

// Judge holds a run against an objective: the figure with its interval, whether
// it is within the bound, and whether the whole interval is. An objective that
// nothing can be said of has no Met and says why. What a run that was cut off
// measured is given, and not judged.
func Judge(run headroom.Run, o headroom.Objective) (headroom.ObjectiveReport, error) {
	e, err := read(run, o.Sample)
	if err != nil {
		return headroom.ObjectiveReport{}, err
	}
	return e.judge(o)
}

// fewest is how many values an interval takes that says anything.
const fewest = 10

// A finding is what was measured of an objective.
type finding struct {
	value  *headroom.Estimate
	beyond bool     // it is worse than any figure
	sure   bool     // of beyond: the interval knows no other
	at     *float64 // where a worst sliding window begins
	reason string   // why there is no value
	where  string   // of several stations, replicas or peaks: the worst
	// partial says what part of it was not seen, so that what is within the bound
	// or beyond it is so for what was seen.
	partial string
}

// leastSeen is the share of what a figure is of that must have been seen for it
// to be sure.
const leastSeen = 0.9

func nothing(format string, args ...any) finding {
	return finding{reason: fmt.Sprintf(format, args...)}
}

// judge finds the figure and compares it.
func (e *evidence) judge(o headroom.Objective) (headroom.ObjectiveReport, error) {
	r := headroom.ObjectiveReport{Objective: o, Name: Name(o)}
	f, err := e.find(o)
	if err != nil {
		return r, err
	}
	r.Value, r.At, r.Reason = f.value, f.at, f.reason
	if f.where != "" {
		r.Name += " (" + f.where + ")"
	}
	switch {
	case f.value == nil && !f.beyond:
	case !e.info.Complete:
		r.Reason = "the run was cut off: what it measured says nothing about the whole window"
	default:
		e.compare(&r, f)
	}
	return r, nil
}

func (e *evidence) compare(r *headroom.ObjectiveReport, f finding) {
	bound, least := r.Objective.Bound()
	if f.beyond {
		met := false
		r.Met, r.Sure = &met, f.sure
		return
	}
	v := f.value
	met, sure := v.Value <= bound, v.High <= bound
	if least {
		met, sure = v.Value >= bound, v.Low >= bound
	}
	if !met {
		if sure = v.Low > bound; least {
			sure = v.High < bound
		}
	}
	// A tail of which too little was seen leaves the interval's upper end open: it
	// is no doubt of a lower end that is beyond the bound.
	enough := v.Identified || !met && !least && v.N >= fewest
	r.Met, r.Sure = &met, sure && enough && f.partial == ""
	r.Reason = f.partial
}

func (e *evidence) find(o headroom.Objective) (finding, error) {
	if o.Measure == headroom.MeasureDrain {
		return e.findDrain(o), nil
	}
	parts := e.parts(o)
	if len(parts) == 0 {
		return nothing("%s", e.absent(o)), nil
	}
	switch o.Measure {
	case "", headroom.MeasureResponse:
		return e.findResponse(o, parts), nil
	case headroom.MeasureErrorShare:
		return e.findErrors(o, parts), nil
	case headroom.MeasureAttainment:
		return e.findAttainment(o), nil
	case headroom.MeasureAppCPU:
		return e.findCPU(o, "app", parts), nil
	case headroom.MeasureDatabaseCPU:
		return e.findCPU(o, "database", parts), nil
	case headroom.MeasureReplicationLag:
		return e.findLag(o, parts), nil
	case headroom.MeasureSample:
		return findGauge(e.samples.wanted[o.Sample], o, parts, "no probe gave "+o.Sample), nil
	case headroom.MeasureConflictShare:
		return e.findConflicts(o, parts)
	}
	return nothing("measure %q is not known", o.Measure), nil
}

// absent says why no part of the window is one that the objective speaks of.
func (e *evidence) absent(o headroom.Objective) string {
	switch {
	case e.window.To <= e.window.From:
		return "the run was cut off before its window"
	case o.Peak == "":
		return "the window is empty"
	case o.Phase == "before" || o.Phase == "after":
		return fmt.Sprintf("nothing of the window lies %s %s", o.Phase, o.Peak)
	}
	return "nothing of " + o.Peak + " is in the window"
}

// worst keeps the finding that is worst: beyond any figure, then the largest,
// or (least) the smallest. The first of equal ones stays.
func worst(findings []finding, least bool) finding {
	var out finding
	for i, f := range findings {
		switch {
		case i == 0:
			out = f
		case out.beyond:
		case f.beyond, f.value != nil && out.value == nil:
			out = f
		case f.value == nil:
		case !least && f.value.Value > out.value.Value, least && f.value.Value < out.value.Value:
			out = f
		}
	}
	return out
}

// exactly is a figure that was seen as it is, without an interval.
func exactly(v float64, n int, method string) *headroom.Estimate {
	return &headroom.Estimate{Value: v, Low: v, High: v, Level: headroom.Level, N: n, Method: method, Identified: true}
}

// findDrain is the longest drain of a peak's occurrences. Its interval is from
// the first to the last moment at which the backlog came down to where it was.
func (e *evidence) findDrain(o headroom.Objective) finding {
	var found []finding
	for _, s := range e.info.Schedule.Spans {
		sites := s.Sites
		if o.Site != "" {
			if !(part{sites: s.Sites}).has(o.Site) {
				continue
			}
			sites = []string{o.Site}
		}
		if s.Name != o.Peak || s.To <= e.info.Schedule.LeadIn || s.From >= e.end {
			continue
		}
		found = append(found, e.drain(s, e.peakReport(s, sites), o.AtMost))
	}
	if len(found) == 0 {
		return nothing("nothing of %s is in the run", o.Peak)
	}
	// One that cannot be judged yet is worse than one that is within its bound.
	out := worst(found, false)
	for _, f := range found {
		if f.value == nil && !f.beyond && !out.beyond && (out.value == nil || out.value.Value <= o.AtMost) {
			return f
		}
	}
	return out
}

func (e *evidence) drain(s headroom.Span, p headroom.PeakReport, bound float64) finding {
	switch {
	case p.Drain != nil:
		v := exactly(*p.Drain, 1, "from the first to the last moment at which the backlog came down to where it was")
		if _, stays, ok := e.backlog(everything, p.Sites).Falls(p.Ordinary, s.To, e.end); ok {
			v.High = stays - s.To
		}
		return finding{value: v}
	case e.end < s.To:
		return nothing("the run ended before %s did", s.Name)
	case p.Unfinished > bound:
		return finding{beyond: true, sure: true, reason: fmt.Sprintf("the backlog was not gone when the run ended, %.0f s after the peak", p.Unfinished)}
	}
	return nothing("the run ended %.0f s after %s, with the backlog not gone: replay more of what comes after it", p.Unfinished, s.Name)
}

// findAttainment is of documents that were due in the window, or by the end of
// a peak.
func (e *evidence) findAttainment(o headroom.Objective) finding {
	var when []due
	if o.Peak == "" {
		when = []due{{after: e.window.From, until: math.Inf(1)}}
	}
	for _, s := range e.info.Schedule.Spans {
		if o.Peak != "" && s.Name == o.Peak {
			when = append(when, e.dueAt(s, s.Sites))
		}
	}
	var at []due
	for _, d := range when {
		if o.Site != "" {
			if !(part{sites: d.sites}).has(o.Site) {
				continue
			}
			d.sites = []string{o.Site}
		}
		at = append(at, d)
	}
	v := e.attainment(o.Documents, at)
	if v.N == 0 {
		return nothing("no document was due")
	}
	return finding{value: &v}
}
