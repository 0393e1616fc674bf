package learn

import (
	"math"
	"slices"
)

// found is a window of the day in which a process has more arrivals than in
// its ordinary hour.
type found struct {
	from, to int     // slots
	weekday  int     // -1: all working days
	extra    float64 // 1/s beyond the ordinary, mean
	ordinary float64 // 1/s
	levels   []float64
	flat     bool
	p        float64 // of the test, after correction for the number of windows
	n, mean  float64 // arrivals, and those that were ordinary
	days     int
	outside  bool // of the opening hours: no peak, and not tested
}

// The test of peaks: the chance of so many arrivals at the ordinary rate, times
// the number of windows that were tried, lies below peakLevel, and they are
// leastRatio times the ordinary.
const (
	peakLevel  = 0.01
	leastRatio = 1.25
)

// widths of the windows, in slots.
var widths = [...]int{1, 2, 4, 8, 12}

// expected arrivals of a slot.
type expected func(q int) float64

// windows that stand out above what is expected, in the order of the day.
func (p *profile) windows(h hours, mean expected, phi float64, trials float64) (out [][2]int, chance []float64) {
	high := [slots]bool{}
	best := [slots]float64{}
	for _, w := range widths {
		trials += float64(max(0, h.to-h.from-w+1))
	}
	for _, w := range widths {
		for q := h.from; q+w <= h.to; q++ {
			n, t := p.sum(q, q+w)
			m := 0.0
			for k := q; k < q+w; k++ {
				m += mean(k)
			}
			if t == 0 || n < leastRatio*m || n-m < 5 {
				continue
			}
			c := above(n, m, phi) * trials
			if c >= peakLevel {
				continue
			}
			for k := q; k < q+w; k++ {
				if !high[k] || c < best[k] {
					best[k] = c
				}
				high[k] = true
			}
		}
	}
	for q := h.from; q < h.to; {
		if !high[q] {
			q++
			continue
		}
		from := q
		for q < h.to && (high[q] || q+1 < h.to && high[q+1]) {
			q++
		}
		if f, t, ok := p.trim(from, q, mean); ok {
			c := 1.0
			for k := f; k < t; k++ {
				if high[k] {
					c = min(c, best[k])
				}
			}
			out, chance = append(out, [2]int{f, t}), append(chance, c)
		}
	}
	return out, chance
}

// trim cuts what a wide window has at its ends beside the peak: of all windows
// inside of it, the peak is the one of the highest likelihood ratio,
//
//	n ln(n/m) - (n - m)
//
// for n arrivals where m are ordinary (M. Kulldorff, "A spatial scan
// statistic", Communications in Statistics 26, 1997).
func (p *profile) trim(from, to int, mean expected) (int, int, bool) {
	best, a, b := 0.0, 0, 0
	for f := from; f < to; f++ {
		var n, m float64
		for t := f; t < to; t++ {
			n, m = n+p.n[t], m+mean(t)
			if m <= 0 || n <= m || p.time[f] == 0 || p.time[t] == 0 {
				continue
			}
			if ratio := n*math.Log(n/m) - (n - m); ratio > best {
				best, a, b = ratio, f, t+1
			}
		}
	}
	return a, b, best > 0
}

// peaks finds the ordinary hour, the peaks of all working days, and those of
// single days of the week.
func (s series) peaks(working [7]bool, use func(k int) bool) (h hours, base float64, out []found) {
	skip := map[[2]int]bool{} // weekday and slot that have a peak of their own
	for range 2 {
		p := s.without(use, skip)
		phi := dispersion(&p, 0, slots)
		base, h = p.ordinary(phi)
		daily := p.daily(h, base, phi)
		base = p.beside(h, daily, base)
		weekly := s.weekly(working, use, h, base, phi, daily)
		out = slices.Concat(daily, weekly, p.outside(h, phi))
		before := len(skip)
		for _, w := range weekly {
			for q := w.from; q < w.to; q++ {
				skip[[2]int{w.weekday, q}] = true
			}
		}
		if len(skip) == before {
			break
		}
	}
	return h, base, out
}

// beside is the mean rate of the open hours beside the peaks, dips included: so
// that a day's total is right.
func (p *profile) beside(h hours, peaks []found, base float64) float64 {
	var n, t float64
	for q := h.from; q < h.to; q++ {
		if !slices.ContainsFunc(peaks, func(f found) bool { return q >= f.from && q < f.to }) {
			n, t = n+p.n[q], t+p.time[q]
		}
	}
	if t == 0 {
		return base
	}
	base = n / t
	for i := range peaks {
		f := &peaks[i]
		n, t := p.sum(f.from, f.to)
		f.ordinary, f.mean, f.extra = base, base*t, max(0, n/t-base)
		f.levels, f.flat = p.course(f.from, f.to, base, 1)
	}
	return base
}

// without is the profile of the days, but for the slots of some weekdays.
func (s series) without(use func(k int) bool, skip map[[2]int]bool) (p profile) {
	for k := range s.n {
		if !use(k) || s.watched(k) == 0 {
			continue
		}
		p.days++
		for q := range s.n[k] {
			if s.time[k][q] > 0 && !skip[[2]int{weekday(s.first + k), q}] {
				p.n[q] += s.n[k][q]
				p.time[q] += s.time[k][q]
			}
		}
	}
	return p
}

func (p *profile) daily(h hours, base, phi float64) (out []found) {
	mean := func(q int) float64 { return base * p.time[q] }
	windows, chance := p.windows(h, mean, phi, 0)
	for i, w := range windows {
		f := found{from: w[0], to: w[1], weekday: -1, ordinary: base, p: min(1, chance[i]), days: p.days}
		n, t := p.sum(w[0], w[1])
		f.n, f.mean = n, base*t
		f.extra = n/t - base
		f.levels, f.flat = p.course(w[0], w[1], base, phi)
		out = append(out, f)
	}
	return out
}

// course is the levels of a peak's slots, and whether they differ by no more
// than chance (a chi-squared test at 1 %).
func (p *profile) course(from, to int, base, phi float64) (levels []float64, flat bool) {
	n, t := p.sum(from, to)
	var chi float64
	for q := from; q < to; q++ {
		level := 0.0
		if p.time[q] > 0 {
			level = max(0, p.n[q]/p.time[q]-base)
			m := n / t * p.time[q]
			chi += (p.n[q] - m) * (p.n[q] - m) / m / phi
		}
		levels = append(levels, level)
	}
	df := float64(to - from - 1)
	return levels, df < 1 || chi < chiSquared99(df)
}

// weekly looks at each day of the week by itself, above what all days have.
func (s series) weekly(working [7]bool, use func(k int) bool, h hours, base, phi float64, daily []found) (out []found) {
	days := 0
	for w := range working {
		if working[w] {
			days++
		}
	}
	usual := [slots]float64{}
	for q := range usual {
		usual[q] = base
		for _, f := range daily {
			if q >= f.from && q < f.to {
				usual[q] += f.levels[q-f.from]
			}
		}
	}
	for w := range working {
		p := s.profile(func(k int) bool { return use(k) && weekday(s.first+k) == w })
		others := s.profile(func(k int) bool { return use(k) && weekday(s.first+k) != w })
		if !working[w] || p.days == 0 || others.days == 0 {
			continue
		}
		// What is usual on all days holds this day's own peak as well: where the
		// other days have clearly less, they tell what is usual.
		mean := func(q int) float64 {
			u := usual[q]
			if n := others.n[q]; others.time[q] > 0 {
				u = max(base, min(u, (n+math.Sqrt(n)+1)/others.time[q]))
			}
			return u * p.time[q]
		}
		windows, chance := p.windows(h, mean, phi, 0)
		for i, v := range windows {
			f := found{from: v[0], to: v[1], weekday: w, ordinary: base, p: chance[i] * float64(days), days: p.days, flat: true}
			if f.p >= peakLevel {
				continue
			}
			n, t := p.sum(v[0], v[1])
			f.n = n
			for q := v[0]; q < v[1]; q++ {
				f.mean += mean(q)
			}
			f.extra = (n - f.mean) / t
			f.levels = make([]float64, v[1]-v[0])
			for q := range f.levels {
				f.levels[q] = f.extra
			}
			out = append(out, f)
		}
	}
	return out
}

// chiSquared99 is the 99 % point of chi-squared (Wilson and Hilferty, 1931).
func chiSquared99(df float64) float64 {
	const z = 2.3263478740408408
	c := 2 / (9 * df)
	return df * math.Pow(1-c+z*math.Sqrt(c), 3)
}

func sortFloats(v []float64) { slices.Sort(v) }
