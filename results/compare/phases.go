package compare

import (
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// A phase is a part of the window, in seconds since the run's start.
type phase struct {
	peak, name string // "" is the whole window
	from, to   float64
}

// shortest is the length in seconds of a phase that is looked at.
const shortest = 1.0

// phases are the whole window and, of each peak in it, before, during and
// after. Peaks that hold at the same time are one.
func phases(h headroom.Header, from, to float64) []phase {
	out := []phase{{from: from, to: to}}
	add := func(p phase) {
		p.from, p.to = max(p.from, from), min(p.to, to)
		if p.to-p.from < shortest {
			return
		}
		for i, o := range out {
			if o.from != p.from || o.to != p.to {
				continue
			}
			if i > 0 && o.name == p.name && !slices.Contains(strings.Split(o.peak, " and "), p.peak) {
				out[i].peak += " and " + p.peak
			}
			return
		}
		out = append(out, p)
	}
	for _, s := range merged(h.Spans) {
		add(phase{s.Name, "before", from, s.From})
		add(phase{s.Name, "during", s.From, s.To})
		add(phase{s.Name, "after", s.To, to})
	}
	return out
}

// merged are the peaks from the first to the last moment at whatever site, in
// the order in which they come first.
func merged(spans []headroom.Span) []headroom.Span {
	var out []headroom.Span
	for _, s := range spans {
		i := slices.IndexFunc(out, func(o headroom.Span) bool { return o.Name == s.Name })
		if i < 0 {
			out = append(out, s)
			continue
		}
		out[i].From, out[i].To = min(out[i].From, s.From), max(out[i].To, s.To)
	}
	return out
}
