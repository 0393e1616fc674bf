package learn

import (
	"math"
	"time"
)

// monthEnd is the last business days of the month on which there is more.
type monthEnd struct {
	last    int     // so many of them
	factor  float64 // of the other days
	extra   float64 // 1/s beyond the other days, over the opening hours
	p       float64
	n, mean float64 // arrivals on those days, and those that were ordinary
	days    int
}

// mostLast is how many last business days are looked at.
const mostLast = 5

// fromEnd is a day's rank among its month's working days, counted from the
// end: 1 for the last one. Holidays are not known.
func fromEnd(day int, working [7]bool) int {
	d := date(day)
	end := time.Date(d.Year(), d.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	rank := 0
	for k := day; date(k).Before(end); k++ {
		if working[weekday(k)] {
			rank++
		}
	}
	return rank
}

// monthEnd looks for the number of last business days that stand out most.
func (s series) monthEnd(working [7]bool, h hours) (best monthEnd, ok bool) {
	type day struct {
		rank    int
		n, time float64
	}
	var days []day
	for k := range s.n {
		d := s.first + k
		if !working[weekday(d)] {
			continue
		}
		x := day{rank: fromEnd(d, working)}
		for q := h.from; q < h.to; q++ {
			x.n += s.n[k][q]
			x.time += s.time[k][q]
		}
		// A day that the log has only a part of has another hour's rate.
		if x.time >= 0.9*float64((h.to-h.from)*slotSeconds) {
			days = append(days, x)
		}
	}
	best.p = 1
	for last := 1; last <= mostLast; last++ {
		var in, out, time, rest float64
		count, others := 0, moments{}
		for _, d := range days {
			if d.rank <= last {
				in, time, count = in+d.n, time+d.time, count+1
			} else {
				out, rest = out+d.n, rest+d.time
				others.add(d.n)
			}
		}
		if count == 0 || others.n < 5 || out == 0 {
			continue
		}
		phi := max(1, others.deviation()*others.deviation()/others.mean())
		mean := out / rest * time
		// The mean of the others is itself an estimate.
		phi *= 1 + time/rest
		p := above(in, mean, phi) * mostLast
		if p < peakLevel && in >= leastRatio*mean && p < best.p {
			best = monthEnd{last: last, factor: in / mean, extra: in/time - out/rest, p: p, n: in, mean: mean, days: count}
			ok = true
		}
	}
	return best, ok
}

// isMonthEnd: among the last so many business days of its month.
func isMonthEnd(day, last int, working [7]bool) bool {
	return last > 0 && working[weekday(day)] && fromEnd(day, working) <= last
}

// dayVariation is the coefficient of variation of the factor that a day's
// rates have in common, beyond the day of the week and what chance makes of
// counts: var(T/μ) - 1/μ over whole days. ok is false with fewer than five days
// beyond the number of their kinds.
func (s series) dayVariation(working [7]bool, use func(k int) bool) (v float64, days int, ok bool) {
	type sum struct{ n, days float64 }
	var by [7]sum
	var whole []int
	for k := range s.n {
		if w := weekday(s.first + k); working[w] && use(k) && s.watched(k) >= 86_400-3_601 {
			by[w].n += s.day(k)
			by[w].days++
			whole = append(whole, k)
		}
	}
	kinds := 0
	for w := range by {
		if by[w].days > 0 {
			kinds++
		}
	}
	if len(whole)-kinds < 5 {
		return 0, len(whole), false
	}
	var square, noise float64
	for _, k := range whole {
		b := by[weekday(s.first+k)]
		mean := b.n / b.days
		if mean <= 0 {
			return 0, len(whole), false
		}
		d := s.day(k)/mean - 1
		square += d * d
		noise += 1 / mean
	}
	free := float64(len(whole) - kinds)
	return math.Sqrt(max(0, square/free-noise/float64(len(whole)))), len(whole), true
}
