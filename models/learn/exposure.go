package learn

import "math"

// exposure is the seconds of each slot of each day that the log covers.
type exposure struct {
	first int // day
	days  [][slots]float64
	gone  []float64 // seconds of each day for which there are no files
}

func (e *exposure) of(day int) *[slots]float64 {
	if k := day - e.first; k >= 0 && k < len(e.days) {
		return &e.days[k]
	}
	return nil
}

// A gap is quarters of an hour since 1970, from one to before another, of which
// there are no files.
type gap struct{ from, to int64 }

const (
	// leastGap is how many quarters of an hour in a row without any request are
	// missing files: logs are cut by days, and the shortest has 23 hours.
	leastGap = 23 * 3600 / slotSeconds
	// byChance is the number of requests that would have been ordinary up to
	// which none are no more than chance.
	byChance = 3
	// halfDay of a day in gaps makes it a missing one.
	halfDay = 43_200
)

// findGaps finds the times for which files are missing. A day's file need not
// end at the local midnight. Where it does, the night beside it may be quiet as every night
// is, and is no part of the gap: what is ordinary there, to the midnight, says so.
func (a *Accumulator) findGaps() (out []gap) {
	first, last := int64(math.Floor(a.from/slotSeconds)), int64(math.Floor(a.to/slotSeconds))
	for k := first; k <= last; {
		to := k
		for to <= last && a.seen[to] == 0 {
			to++
		}
		if to-k >= leastGap && k > first && to <= last {
			out = append(out, gap{k, to})
		}
		k = to + 1
	}
	usual := a.usual(first, last, out)
	c := clock{zone: a.options.Zone}
	slot := func(k int64) int { _, slot := c.of(float64(k) * slotSeconds); return slot }
	for i := range out {
		g := &out[i]
		sum, k := 0.0, g.from
		for ; slot(k) != 0; k++ {
			sum += usual[slot(k)]
		}
		if sum < byChance {
			g.from = k
		}
		sum, k = 0, g.to
		for ; slot(k) != 0; k-- {
			sum += usual[slot(k-1)]
		}
		if sum < byChance {
			g.to = k
		}
	}
	return out
}

// usual is the mean number of requests in each quarter of a local day, beside gaps.
func (a *Accumulator) usual(first, last int64, gaps []gap) (out [slots]float64) {
	var n [slots]float64
	c := clock{zone: a.options.Zone}
	for k := first; k <= last; k++ {
		if inGap(gaps, k) {
			continue
		}
		_, slot := c.of(float64(k) * slotSeconds)
		out[slot] += float64(a.seen[k])
		n[slot]++
	}
	for q := range out {
		out[q] /= max(1, n[q])
	}
	return out
}

func inGap(gaps []gap, k int64) bool {
	for _, g := range gaps {
		if k >= g.from && k < g.to {
			return true
		}
	}
	return false
}

// exposed says which time the log covers: from its first line to its last,
// without the times for which there are no files.
func (a *Accumulator) exposed() exposure {
	var e exposure
	if !(a.to >= a.from) {
		return e
	}
	c := clock{zone: a.options.Zone}
	e.first, _ = c.of(a.from)
	last, _ := c.of(a.to)
	e.days, e.gone = make([][slots]float64, last-e.first+1), make([]float64, last-e.first+1)
	for k := int64(math.Floor(a.from / slotSeconds)); float64(k)*slotSeconds < a.to; k++ {
		from := float64(k) * slotSeconds
		day, slot := c.of(from)
		if inGap(a.gaps, k) {
			e.gone[day-e.first] += slotSeconds
			continue
		}
		e.days[day-e.first][slot] += min(a.to, from+slotSeconds) - max(a.from, from)
	}
	return e
}

// missing are the days inside of the log's time of which half or more is missing.
func (e exposure) missing() (days []int) {
	for k, gone := range e.gone {
		if gone >= halfDay {
			days = append(days, e.first+k)
		}
	}
	return days
}
