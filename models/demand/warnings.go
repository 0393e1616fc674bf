package demand

import (
	"math"
	"sort"
	"strings"
)

// judge says what the reader must not rely on.
func (s *survey) judge(tallies []tally, w *law, d demands) {
	for st, name := range stationNames {
		if !w.reduced[st] {
			s.warn("no counter of busy CPU seconds for the %s: its demands are the log's alone, and their level is not checked; observe its processes", name)
		}
	}
	var few, none []string
	for i, c := range s.classes {
		switch {
		case c.direct || tallies[i].clean >= fewRequests:
		case tallies[i].clean == 0:
			none = append(none, c.name)
		default:
			few = append(few, c.name)
		}
	}
	if len(none) > 0 {
		s.warn("no clean request of %s was seen, so that its demand is unknown and counts as 0; run longer or at a higher scale", strings.Join(none, ", "))
	}
	if len(few) > 0 {
		s.warn("fewer than %d clean requests of %s: demands are rough; run longer or at a higher scale", fewRequests, strings.Join(few, ", "))
	}
	lost := 0
	for _, r := range s.runs {
		lost += r.lost
		if !r.info.Complete {
			s.warn("run %s is incomplete (%s); what it has is used", r.info.ID, r.info.Reason)
		}
	}
	if lost > 0 {
		s.warn("%d requests have no line in the server's log", lost)
	}
	for st, name := range stationNames {
		if groups := w.collinear(st); w.reduced[st] && len(groups) > 0 {
			s.warn("CPU counters of the %s cannot tell apart %s, which always come together: their proportions are the log's", name, strings.Join(s.names(groups), "; "))
		}
		if f := d.common(w, st); w.reduced[st] && (f < 0.7 || f > 1.4) {
			s.warn("counters of the %s show %.0f %% of the CPU seconds that the log implies: something else uses its CPUs, or requests wait for more than CPU", name, 100*f)
		}
	}
}

// common is the mean factor of a station.
func (d demands) common(w *law, st int) float64 {
	var sum, n float64
	for c, direct := range w.direct {
		if !direct {
			sum += d.factor[w.at(st, c)]
			n++
		}
	}
	if n == 0 {
		return 1
	}
	return sum / n
}

func (s *survey) names(groups [][]int) []string {
	var out []string
	for _, g := range groups {
		var n []string
		for _, c := range g {
			n = append(n, s.classes[c].name)
		}
		sort.Strings(n)
		out = append(out, strings.Join(n, " and "))
	}
	return out
}

// together is the correlation over cells from which two classes cannot be
// told apart by counters of some minutes.
const together = 0.95

// collinear groups classes whose work in the cells is nearly proportional.
func (w *law) collinear(st int) [][]int {
	group := make([]int, w.classes)
	for i := range group {
		group[i] = i
	}
	for a := range w.classes {
		for b := range a {
			if w.correlation(w.at(st, a), w.at(st, b)) > together {
				from, to := group[a], group[b]
				for i := range group {
					if group[i] == from {
						group[i] = to
					}
				}
			}
		}
	}
	byRoot := map[int][]int{}
	for c, g := range group {
		byRoot[g] = append(byRoot[g], c)
	}
	var out [][]int
	for g := range w.classes {
		if len(byRoot[g]) > 1 {
			out = append(out, byRoot[g])
		}
	}
	return out
}

func (w *law) correlation(a, b int) float64 {
	var n, sa, sb, aa, bb, ab float64
	for _, r := range w.rows {
		x, y := r.x[a], r.x[b]
		n++
		sa, sb = sa+x, sb+y
		aa, bb, ab = aa+x*x, bb+y*y, ab+x*y
	}
	va, vb := n*aa-sa*sa, n*bb-sb*sb
	if !(va > 0) || !(vb > 0) {
		return 0
	}
	return (n*ab - sa*sb) / math.Sqrt(va*vb)
}
