package prose

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
)

// Measure names what a change is of.
func Measure(c headroom.Change) string {
	switch c.Measure {
	case headroom.ChangeErrors:
		return "error share"
	case headroom.ChangeAttainment:
		return "done in time"
	}
	return c.Measure
}

// When is the part of the window that a change is of.
func When(c headroom.Change) string {
	if c.Phase == "" {
		return "whole window"
	}
	return c.Phase + " " + c.Peak
}

// ChangedFrom and ChangedTo write the two figures.
func ChangedFrom(c headroom.Change) string { return changed(c, c.Baseline) }

// ChangedTo writes the figure beside the baseline's.
func ChangedTo(c headroom.Change) string { return changed(c, c.Value) }

func changed(c headroom.Change, v *float64) string {
	switch {
	case v == nil:
		return figure.Unknown
	case !c.Relative:
		return figure.Share(*v)
	case c.Measure == headroom.ChangeThroughput:
		return figure.Number(*v) + "/s"
	}
	return figure.Seconds(*v)
}

// telling is the relative change from which on a bound says only that nothing
// is known: ten times as much again.
const telling = 10

// Difference writes a change with its interval: "+9.8 % (+3.1 to +17)", or in
// percentage points where it is of a share: "+1.2 points (−0.1 to +2.5)".
func Difference(c headroom.Change) string {
	if c.Change == nil {
		return figure.Unknown
	}
	s := signed(*c.Change) + "\u00a0%"
	if !c.Relative {
		s = signed(*c.Change) + "\u00a0points"
	}
	unbounded := c.High == nil || c.Relative && *c.High > telling
	switch {
	case c.Low == nil && unbounded:
		return s
	case c.Low == nil:
		return s + " (to " + signed(*c.High) + ")"
	case unbounded:
		return s + " (from " + signed(*c.Low) + ")"
	}
	return s + " (" + signed(*c.Low) + " to " + signed(*c.High) + ")"
}

// signed is a fraction in per cent with its sign, without the unit.
func signed(v float64) string {
	if math.Abs(v) < 5e-6 {
		return "0"
	}
	return strings.TrimSuffix(figure.Signed(v), "\u00a0%")
}

// Showable is the smallest change that the samples could have shown.
func Showable(c headroom.Change) string {
	switch {
	case c.Smallest == nil || c.Verdict == headroom.NotTested:
		return figure.Unknown
	case !c.Relative:
		return strings.TrimSuffix(figure.Share(*c.Smallest), "%") + "points"
	}
	if *c.Smallest > telling {
		return "more than " + figure.Share(telling)
	}
	return figure.Share(*c.Smallest)
}

// Concluded is a change's verdict; what a pipeline may fail on in capitals.
func Concluded(v headroom.Verdict) string {
	switch v {
	case headroom.Worse:
		return "WORSE"
	case headroom.NoDifference:
		return "no difference shown"
	case headroom.NotTested:
		return "not tested"
	}
	return string(v)
}

// Told leaves out the changes of which there is nothing to tell: nobody failed
// on either side.
func Told(changes []headroom.Change) []headroom.Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c headroom.Change) bool {
		return c.Measure == headroom.ChangeErrors && c.Baseline != nil && c.Value != nil && *c.Baseline == 0 && *c.Value == 0
	})
}

// Compared is a sentence for each other run: what came of the comparison.
func Compared(c headroom.RunComparison) []string {
	var out []string
	for _, o := range c.Others {
		out = append(out, o.Name+": "+conclusion(o, c))
	}
	return out
}

func conclusion(o headroom.RunSet, c headroom.RunComparison) string {
	var worse, better, smaller []string
	tested := 0
	for _, x := range c.Changes {
		if x.Other != o.Name {
			continue
		}
		s := fmt.Sprintf("%s %s %s %s", x.Process, Measure(x), When(x), Difference(x))
		switch x.Verdict {
		case headroom.Worse:
			worse = append(worse, s)
		case headroom.Better:
			better = append(better, s)
		case headroom.Negligible:
			smaller = append(smaller, s)
		}
		if x.Verdict != headroom.NotTested {
			tested++
		}
	}
	var parts []string
	add := func(word string, list []string) {
		if len(list) > 0 {
			parts = append(parts, word+": "+some(list))
		}
	}
	add("WORSE", worse)
	add("better", better)
	add("negligible", smaller)
	switch {
	case len(parts) > 0:
		return strings.Join(parts, "; ") + "."
	case len(c.Changes) == 0 && len(c.Problems) > 0:
		return "not compared."
	case tested == 0:
		return "nothing could be tested."
	}
	return "no difference that this many samples could show."
}

// mostNamed is how many changes a sentence names.
const mostNamed = 3

func some(list []string) string {
	if more := len(list) - mostNamed; more > 0 {
		return strings.Join(list[:mostNamed], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return And(list)
}

// Untested says for each reason what was not tested.
func Untested(changes []headroom.Change) []string {
	var reasons []string
	of := map[string][]string{}
	for _, c := range changes {
		if c.Verdict != headroom.NotTested {
			continue
		}
		if of[c.Reason] == nil {
			reasons = append(reasons, c.Reason)
		}
		of[c.Reason] = append(of[c.Reason], fmt.Sprintf("%s %s %s", c.Process, Measure(c), When(c)))
	}
	var out []string
	for _, r := range reasons {
		out = append(out, some(of[r])+": "+r)
	}
	return out
}

// Set says what is behind a name: its runs, and what they replayed.
func Set(s headroom.RunSet, baseline bool) string {
	seeds := make([]string, len(s.Seeds))
	for i, seed := range s.Seeds {
		seeds[i] = fmt.Sprint(seed)
	}
	out := fmt.Sprintf("%s: run %s, seed %s", s.Name, And(s.Runs), And(seeds))
	if len(s.Runs) > 1 {
		out = fmt.Sprintf("%s: %d runs (%s), seeds %s", s.Name, len(s.Runs), And(s.Runs), And(seeds))
	}
	switch {
	case baseline:
		return out + "; the baseline"
	case s.Paired:
		return out + "; the baseline's arrivals"
	}
	return out + "; arrivals of its own"
}

// HowCompared says how sure all of it is.
func HowCompared(c headroom.RunComparison) string {
	if c.Tests == 0 {
		return ""
	}
	s := fmt.Sprintf("%d tests; the chance that any of them finds a difference where there is none is at most 5 %% (Holm), and the intervals hold together with 95 %% (Bonferroni). \"Shows from\" is the change that would have been found in 4 of 5 such comparisons.", c.Tests)
	if c.AtLeast > 0 {
		s += fmt.Sprintf(" A time or throughput that changed by less than %s is called negligible.", figure.Share(c.AtLeast))
	}
	return s
}
