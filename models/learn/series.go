package learn

import "slices"

// series is the arrivals of a process at a site, by local day and slot, and how
// long each was watched.
type series struct {
	first int // day
	n     [][slots]float64
	time  [][slots]float64 // seconds
}

// journeys are the arrivals of a process in a tenant, without those that came
// in batches.
func (a *Accumulator) journeys(p *process, tenant int32, e exposure, bursts []burst) series {
	s := series{first: e.first, n: make([][slots]float64, len(e.days)), time: e.days}
	for _, step := range p.pattern.Steps {
		if !step.Anchor {
			continue
		}
		for _, class := range a.classesOf(step.Classes) {
			c := a.counts[where{class, tenant}]
			if c == nil {
				continue
			}
			for day, row := range c.days {
				if k := day - e.first; k >= 0 && k < len(s.n) && len(row) == slots {
					for q, n := range row {
						s.n[k][q] += float64(n)
					}
				}
			}
		}
	}
	for _, b := range bursts {
		for at, n := range b.parts {
			if k := at[0] - e.first; k >= 0 && k < len(s.n) {
				s.n[k][at[1]] = max(0, s.n[k][at[1]]-n)
			}
		}
	}
	for k := range s.n {
		for q := range s.n[k] {
			s.n[k][q] *= p.share
		}
	}
	return s
}

// total of all days.
func (s series) total() (n float64) {
	for k := range s.n {
		n += s.day(k)
	}
	return n
}

func (s series) day(k int) (n float64) {
	for _, v := range s.n[k] {
		n += v
	}
	return n
}

// watched seconds of a day.
func (s series) watched(k int) (t float64) {
	for _, v := range s.time[k] {
		t += v
	}
	return t
}

func (s series) plus(o series) series {
	if s.n == nil {
		return series{o.first, slices.Clone(o.n), o.time}
	}
	for k := range s.n {
		for q := range s.n[k] {
			s.n[k][q] += o.n[k][q]
		}
	}
	return s
}

// profile is a day's course: arrivals and seconds by slot, over some days.
type profile struct {
	n, time [slots]float64
	days    int
}

func (s series) profile(use func(k int) bool) (p profile) {
	for k := range s.n {
		if !use(k) || s.watched(k) == 0 {
			continue
		}
		p.days++
		for q := range s.n[k] {
			if s.time[k][q] > 0 {
				p.n[q] += s.n[k][q]
				p.time[q] += s.time[k][q]
			}
		}
	}
	return p
}

// sum over slots from one to before another.
func (p *profile) sum(from, to int) (n, time float64) {
	for q := from; q < to; q++ {
		n, time = n+p.n[q], time+p.time[q]
	}
	return n, time
}

// working tells the working days of the week: those on which a site has at
// least a seventh of its busiest day of the week; Monday to Friday where the
// log has no such day.
func (s series) working() (out [7]bool) {
	var n, t [7]float64
	for k := range s.n {
		w := weekday(s.first + k)
		n[w] += s.day(k)
		t[w] += s.watched(k)
	}
	most := 0.0
	for w := range n {
		if t[w] > 0 {
			most = max(most, n[w]/t[w])
		}
	}
	const share = 1.0 / 7
	for w := range out {
		if t[w] == 0 {
			out[w] = w < 5
			continue
		}
		out[w] = n[w]/t[w] >= share*most && n[w] > 0
	}
	return out
}
