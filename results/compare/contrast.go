package compare

import (
	"math"
	"slices"
)

// A contrast is a figure of two sides and how sure their difference is.
type contrast struct {
	n               [2]int
	baseline, value *float64
	change          float64 // relative, or of shares the difference
	p               float64
	blocks          int
	// interval is that of change at a level, such as 0.05; a nil end is not known.
	interval func(alpha float64) (low, high *float64)
	// smallest is the change that a test at a level would find in 4 of 5 cases.
	smallest func(alpha float64) *float64
	reason   string // why there is no test; then only n, baseline and value are set
}

// A sides is the observations of two sides, each run's in order; baseline first.
type sides [2][][]float64

func (s sides) counts() (runs [2][]int, n [2]int) {
	for side := range s {
		for _, values := range s[side] {
			runs[side] = append(runs[side], len(values))
			n[side] += len(values)
		}
	}
	return runs, n
}

// mean of all values of a side; only of a side that has some.
func mean(runs [][]float64) float64 {
	var sum float64
	n := 0
	for _, values := range runs {
		for _, v := range values {
			sum += v
			n++
		}
	}
	return sum / float64(n)
}

// fewest observations of a side that are tested, and for a 95th percentile:
// three can then be expected beyond it.
const (
	fewest     = 16
	fewestTail = 60
)

const (
	tooFew     = "too few to be tested: at least 16 are needed in each"
	tooFewTail = "too few to test a 95th percentile: at least 60 are needed in each"
	oneEpisode = "one long wait: its journeys waited so long, for so much the same, that one run shows only a few events; repeat both sides with --repeat 3 or more"
	zero       = "a mean of 0 cannot be compared by ratio"
)

// means compares mean times by the logarithm of their ratio (delta method).
func means(s sides, limit int, paired bool) contrast {
	counts, n := s.counts()
	c := contrast{n: n}
	var m [2]float64
	for side, target := range []**float64{&c.baseline, &c.value} {
		if n[side] > 0 {
			m[side] = mean(s[side])
			*target = &m[side]
		}
	}
	switch {
	case min(n[0], n[1]) < fewest:
		c.reason = tooFew
		return c
	case !(m[0] > 0 && m[1] > 0):
		c.reason = zero
		return c
	}
	z := influence(s, func(side int, v float64) float64 { return (v/m[side] - 1) / float64(n[side]) })
	c.ratio(math.Log(m[1]/m[0]), spreadOf(ranked(counts, limit, paired), z))
	return c
}

func influence(s sides, of func(side int, v float64) float64) [2][][]float64 {
	var z [2][][]float64
	for side := range s {
		for _, values := range s[side] {
			part := make([]float64, len(values))
			for i, v := range values {
				part[i] = of(side, v)
			}
			z[side] = append(z[side], part)
		}
	}
	return z
}

// ratio fills in a contrast that was estimated as a logarithm.
func (c *contrast) ratio(estimate float64, s spread) {
	if s.few {
		c.reason = oneEpisode
		return
	}
	c.change, c.p, c.blocks = math.Expm1(estimate), s.p(estimate), s.blocks
	c.interval = func(alpha float64) (low, high *float64) {
		half := s.critical(alpha) * s.se
		return bound(math.Expm1(estimate - half)), bound(math.Expm1(estimate + half))
	}
	c.smallest = func(alpha float64) *float64 { return bound(math.Expm1(s.smallest(alpha))) }
}

// bound is a figure that exists.
func bound(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) > 1e6 {
		return nil
	}
	return &v
}

// shares compares shares of observations that are 0 or 1 by their difference.
func shares(s sides, limit int, paired bool) contrast {
	counts, n := s.counts()
	c := contrast{n: n}
	var m [2]float64
	for side, target := range []**float64{&c.baseline, &c.value} {
		if n[side] > 0 {
			m[side] = mean(s[side])
			*target = &m[side]
		}
	}
	if min(n[0], n[1]) < fewest {
		c.reason = tooFew
		return c
	}
	z := influence(s, func(side int, v float64) float64 { return (v - m[side]) / float64(n[side]) })
	sp := spreadOf(ranked(counts, limit, paired), z)
	c.difference(m[1]-m[0], sp, n)
	return c
}

// difference fills in a contrast of shares.
func (c *contrast) difference(estimate float64, s spread, n [2]int) {
	if s.few {
		c.reason = oneEpisode
		return
	}
	c.change, c.p, c.blocks = estimate, s.p(estimate), s.blocks
	fewer := float64(min(n[0], n[1]))
	c.interval = func(alpha float64) (low, high *float64) {
		half := s.critical(alpha) * s.se
		if s.se == 0 {
			// Nothing varied: each side's share may still be as much away from what was
			// seen as n observations alike leave room for.
			half = 1 - math.Pow(alpha/2, 1/fewer)
		}
		return bound(max(-1, estimate-half)), bound(min(1, estimate+half))
	}
	c.smallest = func(alpha float64) *float64 {
		if s.se == 0 {
			// k events against none are about √k standard errors.
			k := s.critical(alpha) + student(s.df).Quantile(power)
			return bound(min(1, k*k/fewer))
		}
		return bound(min(1, s.smallest(alpha)))
	}
}

// throughputs compares how many observations lie in [from, to), given the
// times of each, by the logarithm of their ratio.
func throughputs(s sides, from, to float64, limit int, paired bool) contrast {
	_, n := s.counts()
	c := contrast{n: n}
	for side, target := range []**float64{&c.baseline, &c.value} {
		rate := float64(n[side]) / (to - from) / float64(max(1, len(s[side])))
		*target = &rate
	}
	if min(n[0], n[1]) < fewest {
		c.reason = tooFew
		return c
	}
	// The influence of a block's count: what it is more than an equal part.
	l := layout{blocks: max(1, min(min(n[0], n[1])/2, mostBlocks, limit)), series: 1, paired: paired}
	if len(s[0]) == len(s[1]) {
		l.series = len(s[0])
	}
	var z [2][][]float64
	for side := range s {
		for _, times := range s[side] {
			at, part := make([]int, l.blocks), make([]float64, l.blocks)
			for b := range at {
				at[b] = b
				part[b] = -1 / float64(l.blocks*len(s[side]))
			}
			for _, t := range times {
				b := min(max(int(float64(l.blocks)*(t-from)/(to-from)), 0), l.blocks-1)
				part[b] += 1 / float64(n[side])
			}
			l.at[side], z[side] = append(l.at[side], at), append(z[side], part)
		}
	}
	c.ratio(math.Log(*c.value / *c.baseline), spreadOf(l, z))
	return c
}

// sorted are all values of a side in order.
func sorted(runs [][]float64) []float64 {
	out := slices.Concat(runs...)
	slices.Sort(out)
	return out
}
