package learn

import (
	"cmp"
	"slices"

	"github.com/headroom-erp/headroom"
)

// backgrounds is what is busy whatever the processes do: what fits none of
// them, as the mean over hours, weighted by what the processes did in them,
// with the interval of those hours; and what counters have beyond the log.
func (s *student) backgrounds(m *headroom.Model) {
	by, keys := s.byHour()
	for st, name := range stationNames {
		var weight, sum float64
		var rates []float64
		for _, k := range keys {
			e := s.exposure.of(k[0])
			if e == nil {
				continue
			}
			watched := e[4*k[1]] + e[4*k[1]+1] + e[4*k[1]+2] + e[4*k[1]+3]
			if watched < 60 {
				continue
			}
			h := by[k]
			rate := h.other[st] / watched
			weight += h.ours[app] + h.ours[database]
			sum += rate * (h.ours[app] + h.ours[database])
			rates = append(rates, rate)
		}
		b := headroom.Estimate{Level: headroom.Level, N: len(rates), Method: "requests that fit no process, weighted by the processes' hours", Identified: len(rates) > 0}
		if weight > 0 {
			b.Value = sum / weight
		}
		b.Low, b.High = interval(b.Value, rates)
		if l := s.levels[st]; l.known {
			b.Value, b.Low, b.High = b.Value*l.factor.Value+l.background.Value, b.Low*l.factor.Low+l.background.Low, b.High*l.factor.High+l.background.High
			b.Method += ", and what the CPU series has beyond the log"
		}
		m.Background[name] = b
	}
}

// hour is CPU seconds of an hour, by station: of the processes, and of what is
// none of theirs.
type hour struct{ ours, other [2]float64 }

// byHour spreads each class' work over the hours in which its requests came.
func (s *student) byHour() (map[[2]int]*hour, [][2]int) {
	mapped := s.mapped()
	by := map[[2]int]*hour{}
	for _, w := range s.counted() {
		c := s.counts[w]
		t := s.tallyOf(w.class)
		if t.requests == 0 {
			continue
		}
		_, ours := mapped[w.class]
		for day, row := range c.days {
			per := len(row) / 24
			for q, n := range row {
				if n == 0 {
					continue
				}
				k := [2]int{day, q / per}
				if by[k] == nil {
					by[k] = &hour{}
				}
				for st := range stationNames {
					busy := float64(n) * t.busy[st] / float64(t.requests)
					if ours {
						by[k].ours[st] += busy
					} else {
						by[k].other[st] += busy
					}
				}
			}
		}
	}
	keys := make([][2]int, 0, len(by))
	for k := range by {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return by, keys
}

// counted are the classes of all tenants in order, so that sums are the same
// each time.
func (a *Accumulator) counted() []where {
	out := make([]where, 0, len(a.counts))
	for w := range a.counts {
		out = append(out, w)
	}
	slices.SortFunc(out, func(x, y where) int { return cmp.Or(cmp.Compare(x.class, y.class), cmp.Compare(x.tenant, y.tenant)) })
	return out
}

// utilization is the busiest hour's, where the cores are known.
func (s *student) utilization() map[string]float64 {
	out := map[string]float64{}
	cores := s.sweep.given
	for st, name := range stationNames {
		if !(cores[st] > 0) || len(s.minutes.work) == 0 {
			continue
		}
		factor, idle := 1.0, 0.0
		if l := s.levels[st]; l.known {
			factor, idle = l.factor.Value, l.background.Value
		}
		window := min(60, len(s.minutes.work))
		var sum, most float64
		for k, w := range s.minutes.work {
			sum += w[st]
			if k >= window {
				sum -= s.minutes.work[k-window][st]
			}
			if k >= window-1 {
				most = max(most, sum)
			}
		}
		out[name] = min(1, (most/float64(window)/60*factor+idle)/cores[st])
	}
	if s.sweep.shared && len(out) == 2 {
		both := min(1, out[stationNames[app]]+out[stationNames[database]])
		out[stationNames[app]], out[stationNames[database]] = both, both
	}
	return out
}
