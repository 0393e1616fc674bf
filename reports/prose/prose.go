// Package prose puts a report into sentences, the same on the page and in the
// terminal: the answer, how sure it is, what Odoo's rule of thumb would do. It
// chooses words, never figures.
package prose

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
)

// Answer is the report in one sentence.
func Answer(r headroom.Report) string {
	rec := r.Recommendation
	switch {
	case rec != nil && rec.Topology.Name != "":
		verb := "holds " + goal(rec.Forecast, r.Schedule)
		name := rec.Topology.Name
		if !strings.Contains(name, strconv.Itoa(rec.Workers)) {
			name += " with " + Workers(rec.Workers)
		}
		lead := name + " " + verb
		if !rec.Met {
			lead = fmt.Sprintf("No candidate holds %s; nearest is %s", goal(rec.Forecast, r.Schedule), name)
		}
		return strings.TrimSpace(sentence(lead, objectives(rec.Forecast)) + " " + Unjudged(r))
	case len(r.Runs) == 0:
		return "Nothing was measured yet."
	case len(r.Runs) == 1:
		return sentence(fmt.Sprintf("%s was run; one run gives no forecast", Topology(r.Runs[0].Topology)), measured(r.Runs[0]))
	}
	return fmt.Sprintf("%d runs were measured; without a model there is no recommendation.", len(r.Runs))
}

// Unjudged names the plan's objectives of which nothing was due in the window:
// no verdict speaks of them. It is "" when there is none.
func Unjudged(r headroom.Report) string {
	if r.Recommendation == nil {
		return ""
	}
	var out []string
	for _, o := range r.Plan.Objectives {
		if !o.OfResponse() {
			continue // held against runs only, which the recommendation's warnings say
		}
		judged := slices.ContainsFunc(r.Recommendation.Forecast.Processes, func(p headroom.ProcessForecast) bool {
			return p.Process == o.Process && p.Met != nil
		})
		if !judged {
			out = append(out, fmt.Sprintf("%s %s", o.Process, figure.Percentile(o.Percentile)))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "NOT JUDGED, because none of it was due in the window: " + And(out) + "."
}

// Held says whether the answer is a good one: nil when there is none.
func Held(r headroom.Report) *bool {
	if r.Recommendation != nil && r.Recommendation.Topology.Name != "" {
		return &r.Recommendation.Met
	}
	return nil
}

// goal names what is to be held: the peaks of the run, or every objective.
func goal(f headroom.Forecast, h headroom.Header) string {
	var peaks []string
	for _, p := range f.Processes {
		if p.Objective != nil && p.Objective.Peak != "" && !slices.Contains(peaks, p.Objective.Peak) {
			peaks = append(peaks, p.Objective.Peak)
		}
	}
	if len(peaks) == 0 {
		for _, s := range h.Spans {
			if !slices.Contains(peaks, s.Name) {
				peaks = append(peaks, s.Name)
			}
		}
	}
	if len(peaks) == 0 {
		return "every objective"
	}
	return "the " + And(peaks)
}

func sentence(lead string, parts []string) string {
	if len(parts) == 0 {
		return lead + "."
	}
	return lead + ": " + strings.Join(parts, "; ") + "."
}

func objectives(f headroom.Forecast) []string {
	var out []string
	for _, p := range f.Processes {
		if p.Objective == nil {
			continue
		}
		out = append(out, fmt.Sprintf("%s %s %s against %s", p.Process, figure.Percentile(p.Objective.Percentile),
			figure.Estimate(At(p.Percentile, p.Objective), figure.Time), figure.Bound(p.Objective.Within)))
	}
	return out
}

func measured(run headroom.RunReport) []string {
	var out []string
	if len(run.Objectives) > 0 {
		return verdicts(run.Objectives)
	}
	for _, p := range run.Processes {
		if p.Objective == nil {
			continue
		}
		out = append(out, fmt.Sprintf("%s %s %s against %s", p.Process, figure.Percentile(p.Objective.Percentile),
			figure.Estimate(At(p.Percentile, p.Objective), figure.Time), figure.Bound(p.Objective.Within)))
	}
	return out
}

// verdicts count the objectives and name those that were missed.
func verdicts(list []headroom.ObjectiveReport) []string {
	var missed []string
	met, unjudged := 0, 0
	for _, o := range list {
		switch {
		case o.Met == nil:
			unjudged++
		case *o.Met:
			met++
		default:
			s := o.Name
			if o.Value != nil {
				s += ", measured " + Figure(o)
			}
			missed = append(missed, s)
		}
	}
	out := []string{fmt.Sprintf("of %s objectives %s were met", figure.Count(len(list)), figure.Count(met))}
	if len(missed) > 0 {
		out = append(out, figure.Count(len(missed))+" missed ("+strings.Join(missed, "; ")+")")
	}
	if unjudged > 0 {
		out = append(out, figure.Count(unjudged)+" not judged")
	}
	return out
}

// At is the percentile that an objective speaks of; the 95th without one.
func At(percentile map[string]headroom.Estimate, o *headroom.Objective) headroom.Estimate {
	key := "95"
	if o != nil {
		key = figure.PercentileKey(o.Percentile)
	}
	return percentile[key]
}

// Workers counts workers in words.
func Workers(n int) string {
	if n == 1 {
		return "1 worker"
	}
	return figure.Count(n) + " workers"
}

// Topology names a topology, or describes one that has no name.
func Topology(t headroom.Topology) string {
	if t.Name != "" {
		return t.Name
	}
	return Workers(t.Web.Workers)
}

// Hardware describes a topology's processors.
func Hardware(t headroom.Topology) string {
	if t.SharedHost {
		return figure.Exact(t.Web.Cores) + " cores shared"
	}
	return figure.Exact(t.Web.Cores) + " app + " + figure.Exact(t.Database.Cores) + " database cores"
}

// Stacks describes every stack of a topology: its workers, processors, and the
// sites that it has to itself.
func Stacks(t headroom.Topology) string {
	if len(t.Stacks) == 0 {
		one := Workers(t.Web.Workers*max(1, t.Web.Replicas)) + ", " + Hardware(t)
		if t.Dedicated {
			one += ", such a stack for each site"
		}
		return one
	}
	var all []string
	for _, s := range t.Stacks {
		all = append(all, fmt.Sprintf("%s for %s: %s", s.Name, And(s.Sites), Stacks(s)))
	}
	return strings.Join(all, "; ")
}

// And joins names: "a, b and c".
func And(names []string) string {
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}

// Keys are a map's keys in order.
func Keys[K cmp.Ordered, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
