package analyse

import (
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results/stats"
)

// peakReports say how each peak that touches the window was got through.
func (e *evidence) peakReports() []headroom.PeakReport {
	var out []headroom.PeakReport
	for _, s := range e.info.Schedule.Spans {
		if s.To <= e.info.Schedule.LeadIn || s.From >= e.end {
			continue
		}
		out = append(out, e.peakReport(s, s.Sites))
	}
	return out
}

// peakReport is of an occurrence of a peak at some of its sites.
func (e *evidence) peakReport(s headroom.Span, sites []string) headroom.PeakReport {
	r := headroom.PeakReport{Name: s.Name, From: s.From, To: s.To, Sites: sites}
	b := e.backlog(everything, sites)
	to := min(s.To, e.end)
	base := s.From
	if base <= 0 { // the run began within the peak: what was there when its window did
		base = min(e.info.Schedule.LeadIn, to)
	}
	r.BacklogFrom, r.BacklogTo = b.Before(base), b.Before(to)
	r.Ordinary = b.Ordinary(base)
	until := e.end
	if first, _, ok := b.Falls(r.Ordinary, to, e.end); ok && e.end >= s.To {
		drain := first - s.To
		r.Drain, until = &drain, first
	} else {
		r.Unfinished = max(0, e.end-s.To)
	}
	r.BacklogMost, r.MostAt = b.Most(s.From, until)
	for _, kind := range e.kinds() {
		if a := e.attainment(kind, []due{e.dueAt(s, sites)}); a.N > 0 {
			if r.Attainment == nil {
				r.Attainment = map[string]headroom.Estimate{}
			}
			r.Attainment[kind] = a
		}
	}
	return r
}

// A due is when documents of some sites are due: in (after, until].
type due struct {
	after, until float64
	sites        []string
}

// dueAt is when documents of a peak are due: within it, at its end, or until
// its cutoff where that is later.
func (e *evidence) dueAt(s headroom.Span, sites []string) due {
	return due{s.From, s.To + Cutoffs(e.info.Plan)[s.Name], sites}
}

// Cutoffs are the seconds from a peak's end to its cutoff, by peak, where that
// is later than its end.
func Cutoffs(plan headroom.Plan) map[string]float64 {
	out := map[string]float64{}
	for _, p := range plan.Peaks {
		if p.Due == "" {
			continue
		}
		end, err := timeOfDay(p.To)
		cutoff, bad := timeOfDay(p.Due)
		if err == nil && bad == nil && cutoff.After(end) {
			out[p.Name] += cutoff.Sub(end).Seconds()
		}
	}
	return out
}

// timeOfDay reads "17:00" and "17:00:30".
func timeOfDay(s string) (time.Time, error) {
	if t, err := time.Parse(time.TimeOnly, s); err == nil {
		return t, nil
	}
	return time.Parse("15:04", s)
}

// attainment is the share, of the documents of a kind ("": all) that were due,
// of those that were done by then. What is due after the run's end is left out.
func (e *evidence) attainment(kind string, when []due) headroom.Estimate {
	var papers []paper
	for _, p := range e.papers {
		if kind != "" && p.kind != kind || p.due <= 0 || p.due > e.end {
			continue
		}
		if slices.ContainsFunc(when, func(d due) bool {
			return p.due > d.after && p.due <= d.until && part{sites: d.sites}.has(p.site)
		}) {
			papers = append(papers, p)
		}
	}
	slices.SortStableFunc(papers, func(a, b paper) int { return compare(a.released, b.released) })
	events := make([]bool, len(papers))
	for i, p := range papers {
		events[i] = p.inTime()
	}
	return stats.Share(events, seed)
}
