package live

import (
	"fmt"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
)

// near is the share of a stop rule's bound from which on it is shown.
const near = 0.5

// lasting is for how long a gap is shown, in seconds: a probe tells of an
// outage that lasts once a minute.
const lasting = 65

// notes are the lines below the table.
func notes(s headroom.Status) []line {
	var out []line
	if list := Resources(s); len(list) > 0 {
		out = append(out, line{{"  " + strings.Join(list, " · "), quiet}})
	}
	for _, r := range s.Rules {
		if text, shade := rule(r); text != "" {
			out = append(out, line{{"  " + text, shade}})
		}
	}
	if c := s.Total; c.Cause != "" && c.CauseAt != nil {
		shade := quiet
		if c.RecentFailed > 0 {
			shade = bad
		}
		out = append(out, line{{fmt.Sprintf("  last error, %s at %.0f s: %s", causer(s), *c.CauseAt, c.Cause), shade}})
	}
	if s.LastGap != nil && s.T-s.LastGap.T < lasting {
		out = append(out, line{{fmt.Sprintf("  gap of probe %s at %.0f s: %s", s.LastGap.Probe, max(0, s.LastGap.T), s.LastGap.Reason), warn}})
	}
	if s.Blind != "" {
		out = append(out, line{{"  the view sees nothing new: " + s.Blind, warn}})
	}
	return out
}

// causer is the process of the last error.
func causer(s headroom.Status) string {
	for _, p := range s.Processes {
		if p.CauseAt != nil && *p.CauseAt == *s.Total.CauseAt && p.Cause == s.Total.Cause {
			return p.Process
		}
	}
	return figure.Unknown
}

// Resources are CPU, conflicts and open documents, each a few words.
func Resources(s headroom.Status) []string {
	var out []string
	for _, st := range s.Stations {
		if st.Utilization != nil {
			out = append(out, st.Name+" "+figure.Share(*st.Utilization))
		} else {
			out = append(out, st.Name+" "+figure.Number(st.Cores)+" cores")
		}
	}
	if s.Host != nil {
		out = append(out, "this machine "+figure.Share(*s.Host))
	}
	if s.Requests > 0 {
		out = append(out, perSecond(s.Requests)+" requests")
	}
	if s.Conflicts != nil {
		out = append(out, perSecond(*s.Conflicts)+" conflicts")
	}
	for _, d := range s.Documents {
		if d.Open > 0 {
			out = append(out, fmt.Sprintf("%s: %s open", d.Kind, figure.Count(d.Open)))
		}
	}
	return out
}

// rule is a stop rule that is near its bound, or beyond.
func rule(r headroom.RuleStatus) (string, shade) {
	if r.Value == nil || *r.Value < near*r.Rule.AtMost {
		return "", plain
	}
	text := fmt.Sprintf("stop rule: %s is %s of at most %s", r.Name, Amount(r.Rule, *r.Value), Limit(r.Rule))
	if *r.Value <= r.Rule.AtMost {
		return text, warn
	}
	if r.Beyond >= r.Rule.Over {
		return text + fmt.Sprintf(", for %s; it ends the run", figure.Bound(r.Rule.Over)), bad
	}
	return text + fmt.Sprintf(", for %s; it ends the run at %s", figure.Bound(r.Beyond), figure.Bound(r.Rule.Over)), bad
}

// Amount writes a stop rule's figure in its unit.
func Amount(r headroom.StopRule, v float64) string {
	switch r.Measure {
	case headroom.MeasureErrorShare:
		return figure.Share(v)
	case headroom.MeasureResponse:
		return figure.Seconds(v)
	}
	return figure.Exact(v) + " journeys"
}

// Limit writes a stop rule's bound in its unit.
func Limit(r headroom.StopRule) string {
	if r.Measure == headroom.MeasureResponse {
		return figure.Bound(r.AtMost)
	}
	return Amount(r, r.AtMost)
}

// Line is the run as one line of a log.
func Line(s headroom.Status) string {
	t := s.Total
	out := fmt.Sprintf("%3.0f of %.0f s: %d journeys due, %d ended, %d failed", max(0, s.T), s.Duration, t.Due, t.Ended, t.Failed)
	if t.Backlog != nil {
		out += fmt.Sprintf(", backlog %s", figure.Count(*t.Backlog))
	}
	if t.P95 != nil {
		out += "; p95 " + seconds(t.P95)
	}
	for _, st := range s.Stations {
		if st.Utilization != nil {
			out += ", " + st.Name + " " + figure.Share(*st.Utilization)
		}
	}
	if t.Late != nil {
		out += "; generator late p99 " + seconds(t.Late)
	}
	for _, r := range s.Rules {
		if text, _ := rule(r); text != "" {
			out += "; " + text
		}
	}
	switch {
	case s.Blind != "":
		out += "; the view sees nothing new: " + s.Blind
	case s.Stage == headroom.StageWaiting:
		out += "; waiting for the last to finish"
	case s.Stage == headroom.StageEnded:
		out += "; the run " + Moment(s)
	}
	return clean(out)
}
