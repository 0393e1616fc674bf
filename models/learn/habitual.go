package learn

import (
	"math"
	"slices"
)

// habitual is a batch that comes again.
type habitual struct {
	second      int // of the local day
	documents   float64
	connections int
	seen, of    int // days
	weekdays    [7]bool
	every       bool // on all working days
}

// near is how far apart in the day, in seconds, batches are still the same one.
const near = 180

// recurring puts bursts of the same time of day together; those that came on
// fewer than half of the days on which they could are left out, and counted.
//
// A partner's connections are as many as journeys were under way at once: the
// anchor's requests are a part of each, one of journey of its seconds.
func recurring(list []burst, s series, working [7]bool, journey float64) (out []habitual, once []burst) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b burst) int { return a.second - b.second })
	for i := 0; i < len(list); {
		j := i + 1
		for j < len(list) && list[j].second-list[j-1].second <= near {
			j++
		}
		h := habitOf(list[i:j], s, working, journey)
		if 2*h.seen < h.of || h.seen == 1 && h.of > 1 {
			once = append(once, list[i:j]...)
		} else {
			out = append(out, h)
		}
		i = j
	}
	return out, once
}

// habitOf is what bursts of one time of day have in common.
func habitOf(same []burst, s series, working [7]bool, journey float64) habitual {
	var seconds []int
	var busy []float64
	on := map[int]bool{}
	h := habitual{every: true}
	for _, b := range same {
		seconds, busy = append(seconds, b.second), append(busy, b.busy)
		h.documents += b.excess
		if !on[b.day] {
			on[b.day] = true
			h.seen++
			h.weekdays[weekday(b.day)] = true
		}
	}
	slices.Sort(seconds)
	slices.Sort(busy)
	h.second = seconds[len(seconds)/2]
	h.documents /= float64(h.seen)
	h.connections = max(1, int(math.Round(busy[len(busy)/2]*journey)))
	h.of = s.daysAt(h.second, func(w int) bool { return working[w] })
	inside := 0 // of the days on which it came
	for d := range on {
		if working[weekday(d)] {
			inside++
		}
	}
	if 2*inside < h.of || 2*inside < h.seen || h.of == 0 { // perhaps on some days of the week
		h.every = false
		h.of = s.daysAt(h.second, func(w int) bool { return h.weekdays[w] })
	}
	return h
}

// daysAt is how many days of the week's days that count the log has at a second of the day.
func (s series) daysAt(second int, counts func(weekday int) bool) (n int) {
	for k := range s.time {
		if s.time[k][second/slotSeconds] > 0 && counts(weekday(s.first+k)) {
			n++
		}
	}
	return n
}
