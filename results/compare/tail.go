package compare

import "math"

// tailShare is the share of observations beyond the percentile that is compared.
const tailShare = 0.05

const tooManyFailed = "more than 5 % failed: there is no 95th percentile to compare, see the error share"

// A tail compares 95th percentiles without knowing the density there. That B is
// ρ times A is tested by dividing B by ρ: then equal shares of both must lie beyond the
// 95th percentile of both together. The interval of the ratio is every ρ that the test
// does not refuse (inversion of the test, as Woodruff 1952 does it for one
// quantile).
type tail struct {
	s        sides
	sorted   [2][]float64
	n        [2]int
	layout   layout
	z        [2][][]float64 // of the last test
	estimate float64        // of log ρ
}

// tails compares 95th percentiles. A failed journey is +Inf.
func tails(s sides, limit int, paired bool) contrast {
	counts, n := s.counts()
	c := contrast{n: n}
	t := tail{s: s, n: n}
	var q [2]float64
	for side, target := range []**float64{&c.baseline, &c.value} {
		if n[side] == 0 {
			continue
		}
		t.sorted[side] = sorted(s[side])
		q[side] = t.sorted[side][rank(n[side])]
		if !math.IsInf(q[side], 1) {
			*target = &q[side]
		}
	}
	switch {
	case min(n[0], n[1]) < fewestTail:
		c.reason = tooFewTail
		return c
	case c.baseline == nil || c.value == nil:
		c.reason = tooManyFailed
		return c
	case !(q[0] > 0 && q[1] > 0):
		c.reason = zero
		return c
	}
	t.layout = ranked(counts, limit, paired)
	t.z = influence(s, func(int, float64) float64 { return 0 })
	t.estimate = math.Log(q[1] / q[0])
	c.change = math.Expm1(t.estimate)
	share, at1 := t.test(0)
	if at1.few {
		c.reason = oneEpisode
		return c
	}
	c.p, c.blocks = at1.p(share), at1.blocks
	c.interval = t.interval
	c.smallest = func(alpha float64) *float64 { return t.smallest(alpha, at1) }
	return c
}

// rank is the index of the 95th percentile in n sorted values (nearest rank).
// The small term keeps 0.95·20, which is a little more than 19, at 19.
func rank(n int) int {
	return min(max(int(math.Ceil((1-tailShare)*float64(n)-1e-9))-1, 0), n-1)
}

// test divides B by e^log and gives the difference of the shares beyond the
// common percentile, and its spread.
func (t *tail) test(log float64) (difference float64, s spread) {
	by := [2]float64{1, math.Exp(-log)}
	q := t.common(by)
	var share [2]float64
	for side, runs := range t.s {
		for run, values := range runs {
			for k, v := range values {
				score := 0.0
				switch v *= by[side]; {
				case v > q:
					score = 1
				case v == q: // ties are half beyond
					score = 0.5
				}
				t.z[side][run][k] = score
				share[side] += score
			}
		}
		share[side] /= float64(t.n[side])
		for _, part := range t.z[side] {
			for k := range part {
				part[k] = (part[k] - share[side]) / float64(t.n[side])
			}
		}
	}
	return share[1] - share[0], spreadOf(t.layout, t.z)
}

// common is the 95th percentile of both sides together, each multiplied.
func (t *tail) common(by [2]float64) float64 {
	a, b := t.sorted[0], t.sorted[1]
	k := rank(len(a) + len(b))
	// i of a's smallest and k-i of b's are the k smallest: found by halving.
	low, high := max(0, k-len(b)), min(k, len(a))
	for low < high {
		i := (low + high) / 2
		if a[i]*by[0] < b[k-i-1]*by[1] {
			low = i + 1
		} else {
			high = i
		}
	}
	q := math.Inf(1)
	if low < len(a) {
		q = min(q, a[low]*by[0])
	}
	if k-low < len(b) {
		q = min(q, b[k-low]*by[1])
	}
	return q
}

// refused says whether the ratio is refused at the level.
func (t *tail) refused(log, alpha float64) bool {
	difference, s := t.test(log)
	return !s.few && s.p(difference) < alpha
}

// widest is how far from the estimate an end of an interval is looked for, as
// a logarithm (a factor of 400), precise how closely it is found.
const (
	widest  = 6.0
	precise = 1e-4
)

// end is the farthest ratio in a direction that is not refused.
func (t *tail) end(direction, alpha float64) (float64, bool) {
	kept, refused := 0.0, 0.02
	for !t.refused(t.estimate+direction*refused, alpha) {
		if kept = refused; kept >= widest {
			return 0, false
		}
		refused = min(2*refused, widest)
	}
	for refused-kept > precise {
		if middle := (kept + refused) / 2; t.refused(t.estimate+direction*middle, alpha) {
			refused = middle
		} else {
			kept = middle
		}
	}
	return t.estimate + direction*refused, true
}

func (t *tail) interval(alpha float64) (low, high *float64) {
	if l, ok := t.end(-1, alpha); ok {
		low = bound(math.Expm1(l))
	}
	if h, ok := t.end(1, alpha); ok {
		high = bound(math.Expm1(h))
	}
	return low, high
}

// smallest takes the standard error from the width of an interval; one with an
// open end tells of none.
func (t *tail) smallest(alpha float64, s spread) *float64 {
	low, lowOK := t.end(-1, alpha)
	high, highOK := t.end(1, alpha)
	if !lowOK || !highOK {
		return nil
	}
	s.se = (high - low) / 2 / s.critical(alpha)
	return bound(math.Expm1(s.smallest(alpha)))
}
