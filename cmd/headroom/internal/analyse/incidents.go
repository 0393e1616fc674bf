package analyse

import (
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// incidents are the plan's events as they happened; one that was not over when
// the record ends lasts until then.
func incidents(run headroom.Run) ([]headroom.Span, error) {
	var out []headroom.Span
	open := map[string]int{} // by what, into out
	last := 0.0
	for s, err := range run.Samples() {
		if err != nil {
			return nil, err
		}
		last = max(last, s.T)
		if s.Probe != "event" {
			continue
		}
		i, on := open[s.Subject]
		switch {
		case s.Value != 0 && !on:
			open[s.Subject] = len(out)
			out = append(out, headroom.Span{Name: s.Subject, From: s.T, To: -1})
		case s.Value == 0 && on:
			out[i].To = s.T
			delete(open, s.Subject)
		}
	}
	for _, i := range open {
		out[i].To = last
	}
	return out, nil
}

// unjudged are the objectives of the plan that no journey of the window could
// be held against.
func unjudged(sum results.Summary, info headroom.RunInfo) ([]headroom.Objective, error) {
	var out []headroom.Objective
	for _, o := range info.Plan.Objectives {
		i := slices.IndexFunc(sum.Processes, func(p results.ProcessSummary) bool { return p.Process == o.Process })
		if i >= 0 {
			ratio, err := Ratio(sum.Processes[i], o, info.Schedule)
			if err != nil {
				return nil, err
			}
			if ratio != nil {
				continue
			}
		}
		out = append(out, o)
	}
	return out, nil
}
