package prose

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
)

// An Error is how far a forecast was from its measurement.
type Error struct {
	Topology, Process string
	What              string // "mean", "p95"
	Forecast          headroom.Estimate
	Measured          headroom.Estimate
	Relative          float64 // (forecast - measured) / measured; NaN when nothing was measured
	Overlap           bool    // the two intervals overlap
	InFit             bool
}

// Errors sets each forecast beside its measurement, in the order of the
// comparisons: the mean, then each percentile that both have.
func Errors(comparisons []headroom.Comparison) []Error {
	var out []Error
	for _, c := range comparisons {
		for _, m := range c.Measured.Processes {
			i := slices.IndexFunc(c.Forecast.Processes, func(p headroom.ProcessForecast) bool { return p.Process == m.Process })
			if i < 0 {
				continue
			}
			f := c.Forecast.Processes[i]
			add := func(what string, fe, me headroom.Estimate) {
				out = append(out, Error{c.Topology, m.Process, what, fe, me, relative(fe, me), overlap(fe, me), c.InFit})
			}
			add("mean", f.Mean, m.Mean)
			for _, key := range percentiles(f.Percentile, m.Percentile) {
				add("p"+key, f.Percentile[key], m.Percentile[key])
			}
		}
	}
	return out
}

// percentiles are the ones that are shown of a comparison: p95, and the
// others that are not p50 or p99, which no objective of theirs made.
func percentiles(f, m map[string]headroom.Estimate) []string {
	var out []string
	for _, key := range Keys(m) {
		if _, both := f[key]; both && key != "50" && key != "99" {
			out = append(out, key)
		}
	}
	return out
}

func relative(f, m headroom.Estimate) float64 {
	if !figure.Known(f) || !figure.Known(m) || m.Value == 0 {
		return math.NaN()
	}
	return (f.Value - m.Value) / m.Value
}

func overlap(f, m headroom.Estimate) bool { return f.Low <= m.High && m.Low <= f.High }

// fewest is the number of journeys below which a measured time says little of
// the forecast.
const fewest = 20

// MeanError is the mean absolute error of what ("mean", "p95") over the
// comparisons that were in the fit, or over those that were not, of processes
// with 20 journeys or more; n is how many figures are behind it.
func MeanError(errors []Error, what string, inFit bool) (mean float64, n int) {
	for _, e := range errors {
		if e.What == what && e.InFit == inFit && e.Measured.N >= fewest && !math.IsNaN(e.Relative) {
			mean += math.Abs(e.Relative)
			n++
		}
	}
	if n == 0 {
		return math.NaN(), 0
	}
	return mean / float64(n), n
}

// Sure says, a sentence each, how far the answer can be trusted: the share of
// replications, the error where it was checked, and the verification.
func Sure(r headroom.Report) []string {
	var out []string
	if rec := r.Recommendation; rec != nil && rec.Topology.Name != "" {
		out = append(out, fmt.Sprintf("%s of the simulated repetitions met every objective.", figure.Share(rec.Forecast.Confidence)))
	}
	errors := Errors(r.Comparisons)
	for _, inFit := range []bool{false, true} {
		if s := errorSentence(r.Comparisons, errors, inFit); s != "" {
			out = append(out, s)
		}
	}
	if s := evenSo(r, errors); s != "" {
		out = append(out, s)
	}
	if v := r.Verified; v != nil {
		out = append(out, fmt.Sprintf("Verified: %s carried %s%s the replayed load on the running system; the forecast was %s (%s).",
			v.Topology, bound(*v), figure.Estimate(v.Measured, figure.Times), figure.Estimate(v.Forecast, figure.Times), figure.Signed(v.Error)))
	} else if rec := r.Recommendation; rec != nil && rec.Topology.Name != "" {
		out = append(out, unverified(r))
	}
	return out
}

// bound says when a search on the system found only one side of a capacity.
func bound(v headroom.CapacityCheck) string {
	switch {
	case v.Measured.Identified:
		return ""
	case v.Measured.Low > 0:
		return "at least "
	}
	return "less than "
}

// evenSo applies the error that p95 forecasts had where they were checked to
// the recommendation: repetitions of the model know nothing of the model's own
// error.
func evenSo(r headroom.Report, errors []Error) string {
	rec := r.Recommendation
	if rec == nil || !rec.Met {
		return ""
	}
	off, n := MeanError(errors, "p95", false)
	if n == 0 {
		off, n = MeanError(errors, "p95", true)
	}
	if n == 0 {
		return ""
	}
	var beyond []string
	for _, p := range rec.Forecast.Processes {
		if p.Objective == nil {
			continue
		}
		if at := At(p.Percentile, p.Objective).Value * (1 + off); at > p.Objective.Within {
			beyond = append(beyond, fmt.Sprintf("%s %s at %s, beyond %s", p.Process, figure.Percentile(p.Objective.Percentile), figure.Seconds(at), figure.Bound(p.Objective.Within)))
		}
	}
	if len(beyond) > 0 {
		return fmt.Sprintf("Were it too low by as much (%s) for the recommendation, that would put %s.", figure.Share(off), And(beyond))
	}
	return fmt.Sprintf("Were it too low by as much (%s) for the recommendation, every objective would still hold.", figure.Share(off))
}

func unverified(r headroom.Report) string {
	name := r.Recommendation.Topology.Name
	for _, c := range r.Comparisons {
		if c.Topology == name {
			return name + " was itself run; its capacity was not searched for."
		}
	}
	return name + " was not run: this is a forecast."
}

func errorSentence(comparisons []headroom.Comparison, errors []Error, inFit bool) string {
	var names []string
	for _, c := range comparisons {
		if c.InFit == inFit && !slices.Contains(names, c.Topology) {
			names = append(names, c.Topology)
		}
	}
	mean, n := MeanError(errors, "mean", inFit)
	if n == 0 {
		return ""
	}
	parts := []string{figure.Share(mean) + " for mean times"}
	if p95, n := MeanError(errors, "p95", inFit); n > 0 {
		parts = append(parts, figure.Share(p95)+" for p95")
	}
	where := "the model was fitted to these runs"
	if !inFit {
		where = "not used in the fit"
	}
	return fmt.Sprintf("On %s (%s) the forecast was off by %s, on average over processes with 20 journeys or more.", And(names), where, strings.Join(parts, " and "))
}

// Rule is what Odoo's rule of thumb would do; "" without a recommendation.
func Rule(r headroom.Report) string {
	rec := r.Recommendation
	if rec == nil || rec.RuleOfThumb.Workers == 0 {
		return ""
	}
	rule := rec.RuleOfThumb
	s := fmt.Sprintf("Odoo's rule of thumb (2 × cores + 1) gives %s", Workers(rule.Workers))
	if rule.MemoryBytes > 0 {
		s += " and " + figure.Bytes(rule.MemoryBytes) + " of memory"
	}
	if rule.Forecast == nil {
		return s + "."
	}
	verdict := ", which would hold every objective"
	if !rule.Forecast.Meets {
		verdict = ", which would miss an objective"
	}
	return sentence(s+verdict, objectives(*rule.Forecast))
}

// Window says in plain words what part of the calendar was replayed; "" when
// nothing was.
func Window(h headroom.Header) string {
	if h.Window <= 0 {
		return ""
	}
	s := fmt.Sprintf("%s of the calendar were replayed", figure.Bound(h.Window))
	if !h.WindowAt.IsZero() {
		s += ", from " + h.WindowAt.Format("Monday 2 January 2006 15:04:05 MST")
	}
	if h.LeadIn > 0 {
		s += fmt.Sprintf(", after %s of lead-in that no figure counts", figure.Bound(h.LeadIn))
	}
	if h.Scale != 0 && h.Scale != 1 {
		s += fmt.Sprintf("; every rate and batch was multiplied by %s", figure.Exact(h.Scale))
	}
	s += "."
	if h.Shortened {
		s += " The window is a part of the peaks that it stands for: the rates are real, the duration is shortened, so a backlog that needs longer to build up or drain is not seen."
	}
	return s
}

// Warnings are all that the report warns of, each once, worst first: runs that
// are cut off or whose generator was the bottleneck, then the report's own.
func Warnings(r headroom.Report) []string {
	var out []string
	add := func(list ...string) {
		for _, w := range list {
			if w != "" && !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	add(r.Warnings...)
	if r.Recommendation != nil {
		add(r.Recommendation.Warnings...)
		add(r.Recommendation.Forecast.Warnings...)
	}
	if r.Model != nil {
		add(r.Model.Warnings...)
	}
	return out
}

// Faults says for each run why its figures are not to be trusted, if so.
func Faults(r headroom.Report) []string {
	var out []string
	for _, run := range r.Runs {
		if s := Fault(run); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Fault says why a run's figures are not to be trusted; "" when they are.
func Fault(run headroom.RunReport) string {
	var parts []string
	if !run.Complete {
		reason := run.Reason
		if reason == "" {
			reason = "no reason was recorded"
		}
		parts = append(parts, "is incomplete ("+reason+")")
	}
	if !run.Valid {
		why := "was held up by the load generator itself"
		if run.Delays.VUWait.P99 > run.Delays.TimerLate.P99 {
			why = "ran out of virtual users, all of which waited for the server: it is overloaded far beyond this topology"
		}
		figures := fmt.Sprintf("99 %% of journeys started within %s, the slowest %s late",
			figure.Seconds(run.Delays.Generator.P99), figure.Seconds(run.Delays.Generator.Max))
		if g := run.Generator; g != nil && len(g.Reasons) > 0 {
			figures = strings.Join(g.Reasons, "; ")
		}
		parts = append(parts, fmt.Sprintf("%s (%s): it is not used in any fit", why, figures))
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("Run %s on %s %s.", run.ID, Topology(run.Topology), And(parts))
}
