package live

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	reports "github.com/headroom-erp/headroom/reports/live"
)

// usualOver is a stop rule's Over where the plan gives none, in seconds.
const usualOver = 30

// fewest journeys make a share or a percentile: one failure of two says
// little about a target.
const fewest = 5

// A rule is a stop rule under observation.
type rule struct {
	headroom.StopRule
	since *float64 // from when on the value was beyond the bound at every look
}

func newRule(r headroom.StopRule) *rule {
	if r.Over <= 0 {
		r.Over = usualOver
	}
	return &rule{StopRule: r}
}

// look holds the rule against the moment.
func (r *rule) look(b *Board, s headroom.Status) headroom.RuleStatus {
	out := headroom.RuleStatus{Rule: r.StopRule, Name: r.name(), Value: r.value(b, s)}
	if out.Value == nil || *out.Value <= r.AtMost || s.T < r.From {
		r.since = nil
		return out
	}
	if r.since == nil {
		t := s.T
		r.since = &t
	}
	out.Beyond = s.T - *r.since
	out.Broken = out.Beyond >= r.Over
	return out
}

// value is the rule's figure; nil when there is too little to say.
func (r *rule) value(b *Board, s headroom.Status) *float64 {
	processes := s.Processes
	if r.Process != "" {
		p, known := b.index[r.Process]
		if !known {
			return nil
		}
		processes = processes[p : p+1]
	}
	if r.Measure == headroom.MeasureBacklog {
		return backlog(processes)
	}
	var all tally
	recent := b.window(int(s.T), r.Over)
	for _, p := range processes {
		all.add(&recent[b.index[p.Process]])
	}
	switch r.Measure {
	case headroom.MeasureErrorShare:
		if all.ended < fewest {
			return nil
		}
		share := float64(all.failed) / float64(all.ended)
		return &share
	case headroom.MeasureResponse:
		times := append(all.well, all.ill...)
		if len(times) < fewest {
			return nil
		}
		return quantile(times, r.Percentile)
	}
	return nil
}

func backlog(processes []headroom.ProcessStatus) *float64 {
	var sum *float64
	for _, p := range processes {
		if p.Backlog != nil {
			sum = plus(sum, float64(*p.Backlog))
		}
	}
	return sum
}

// name is the rule in words, without its bound.
func (r *rule) name() string {
	of := "all processes"
	if r.Process != "" {
		of = r.Process
	}
	switch r.Measure {
	case headroom.MeasureErrorShare:
		return "error share of " + of
	case headroom.MeasureResponse:
		return figure.Percentile(r.Percentile) + " of " + of
	}
	return r.Measure + " of " + of
}

// byRule begins the reason of every run that a stop rule ended.
const byRule = "the plan's stop rule ended the run"

// ByRule says whether a run's reason is that a stop rule ended it.
func ByRule(reason string) bool { return strings.HasPrefix(reason, byRule) }

// OfSearch is such a reason where the plan has no rule, so that it was one of a search's own.
func OfSearch(reason string) string {
	return strings.Replace(reason, byRule, "the search gave the run up", 1)
}

// Broken is the first broken rule of a status as the reason for which it ended
// the run; "" when none is.
func Broken(s headroom.Status) string {
	for _, r := range s.Rules {
		if !r.Broken || r.Value == nil {
			continue
		}
		return fmt.Sprintf(byRule+" at %s s: %s was %s, and beyond %s for %s",
			strconv.FormatFloat(s.T, 'f', 0, 64), r.Name, reports.Amount(r.Rule, *r.Value), reports.Limit(r.Rule), figure.Bound(r.Beyond))
	}
	return ""
}
