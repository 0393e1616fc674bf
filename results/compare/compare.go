// Package compare says what changed between runs: response times, errors,
// operators' throughput and documents' attainment, by process and phase of the
// calendar, each with an interval and a verdict. It compares the runs' own
// records, not their summaries, and only what replayed the same work.
//
// Journeys of a run are correlated, so that tests are of blocks of them
// (blocks.go); where two runs replayed the same arrivals with the same seed,
// each arrival is set beside itself, which takes out of the noise what the
// arrivals brought. All tests together are wrong in at most 5 of 100
// comparisons (family.go). Times are seconds, rates 1/s, shares 0 to 1.
package compare

import (
	"errors"
	"fmt"
	"slices"

	"github.com/headroom-erp/headroom"
)

// A Run is a run and what its report says of it.
type Run struct {
	headroom.Run
	Report headroom.RunReport // of it: ID, Folder, Complete, Valid and Generator, Window
}

// A Set is a run, or several that repeat it on fresh databases.
type Set struct {
	Name string
	Runs []Run
}

// Options of a comparison.
type Options struct {
	// AtLeast is the relative change of a time or a throughput below which a
	// difference that is certain is called negligible; 0: none is. A change of a
	// share (errors, attainment) that is certain always counts.
	AtLeast float64
	// Force compares runs that are not comparable.
	Force bool
}

// Compare sets others beside the baseline. What makes them not comparable is in
// the answer (Comparable, Problems), which then has no changes unless Force asked for them.
func Compare(baseline Set, others []Set, o Options) (headroom.RunComparison, error) {
	if err := check(baseline, others); err != nil {
		return headroom.RunComparison{}, err
	}
	c := headroom.RunComparison{Baseline: describe(baseline), AtLeast: o.AtLeast, Level: 1 - Alpha, Changes: []headroom.Change{}}
	c.Problems, c.Differences = likenessOf(baseline, others)
	c.Comparable = len(c.Problems) == 0
	c.Window = window(baseline, others)
	if c.Window.To <= c.Window.From {
		c.Problems, c.Comparable = append(c.Problems, "the runs have no part of their windows in common"), false
	}
	if !c.Comparable && (!o.Force || c.Window.To <= c.Window.From) {
		for _, s := range others {
			c.Others = append(c.Others, describe(s))
		}
		return c, nil
	}
	base, err := collectSet(baseline)
	if err != nil {
		return c, err
	}
	var tests []test
	for _, s := range others {
		other, err := collectSet(s)
		if err != nil {
			return c, err
		}
		p := pair(base, other)
		set := describe(s)
		set.Paired = p.paired
		if v := s.Runs[0].Info().Plan.DayVariation; v > 0 && !p.paired {
			c.Problems, c.Comparable = append(c.Problems, fmt.Sprintf("the plan varies from day to day (day_variation %g), and %s has other arrivals than the baseline: the load was another", v, s.Name)), false
		}
		c.Others = append(c.Others, set)
		for _, ph := range phases(baseline.Runs[0].Info().Schedule, c.Window.From, c.Window.To) {
			tests = append(tests, p.tests(s.Name, ph)...)
		}
	}
	if !c.Comparable && !o.Force { // which only the arrivals showed
		return c, nil
	}
	c.Tests = judge(tests, o.AtLeast)
	for _, t := range tests {
		c.Changes = append(c.Changes, *t.change)
	}
	for i := range c.Others {
		c.Others[i].Verdict = overall(c.Others[i].Name, c.Changes)
	}
	c.Warnings = warnings(baseline, others, c)
	return c, nil
}

func check(baseline Set, others []Set) error {
	if len(others) == 0 {
		return errors.New("compare: nothing to compare with the baseline")
	}
	names := map[string]bool{}
	for _, s := range append([]Set{baseline}, others...) {
		if len(s.Runs) == 0 {
			return fmt.Errorf("compare: %s has no run", s.Name)
		}
		if names[s.Name] {
			return fmt.Errorf("compare: two sets are called %s", s.Name)
		}
		names[s.Name] = true
	}
	return nil
}

func describe(s Set) headroom.RunSet {
	out := headroom.RunSet{Name: s.Name}
	for _, r := range s.Runs {
		out.Runs = append(out.Runs, r.Report.Folder)
		out.Seeds = append(out.Seeds, r.Info().Schedule.Seed)
	}
	return out
}

// window is what all runs have behind lead-in and warm-up.
func window(baseline Set, others []Set) headroom.Span {
	w := headroom.Span{Name: "window"}
	for i, r := range runsOf(baseline, others) {
		h := r.Info().Schedule
		from, to := h.LeadIn, h.Duration()
		if v := r.Report.Window; v.To > v.From {
			from, to = max(from, v.From), min(to, v.To)
		}
		if i == 0 {
			w.From, w.To = from, to
		}
		w.From, w.To = max(w.From, from), min(w.To, to)
	}
	return w
}

func runsOf(baseline Set, others []Set) []Run {
	out := slices.Clone(baseline.Runs)
	for _, s := range others {
		out = append(out, s.Runs...)
	}
	return out
}

func collectSet(s Set) ([]records, error) {
	var out []records
	for _, r := range s.Runs {
		one, err := collect(r.Run)
		if err != nil {
			return nil, fmt.Errorf("compare: %s: %w", r.Report.Folder, err)
		}
		out = append(out, one)
	}
	return out, nil
}

// overall is worse when a change of the set is, else better when one is.
func overall(set string, changes []headroom.Change) headroom.Verdict {
	v := headroom.NotTested
	for _, rank := range []headroom.Verdict{headroom.NoDifference, headroom.Negligible, headroom.Better, headroom.Worse} {
		if slices.ContainsFunc(changes, func(c headroom.Change) bool { return c.Other == set && c.Verdict == rank }) {
			v = rank
		}
	}
	return v
}
