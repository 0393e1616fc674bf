package compare

import (
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results/stats"
)

// Alpha is the chance that any of a comparison's tests finds a difference
// where there is none.
const Alpha = 0.05

// A test is a change with what it follows from.
type test struct {
	contrast
	change *headroom.Change
}

// judge fills in the verdicts of a comparison's changes. The tests are held to
// Alpha together by Holm's method (1979), which needs nothing of how they depend on
// one another. The intervals are Bonferroni's, so that they hold together; an
// interval is cut off at "no change" where Holm, which finds more, found a difference.
func judge(tests []test, atLeast float64) (made int) {
	p := make([]float64, len(tests))
	for i, t := range tests {
		t.describe()
		p[i] = math.NaN()
		if t.reason == "" {
			p[i] = t.p
			made++
		}
	}
	adjusted := stats.Holm(p)
	found := 0
	for _, a := range adjusted {
		if a <= Alpha {
			found++
		}
	}
	for i, t := range tests {
		if t.reason != "" {
			continue
		}
		t.change.P, t.change.Adjusted = &p[i], &adjusted[i]
		// A test that found nothing was held to the level that Holm's method had
		// come to; for one that did, the strictest is told.
		left := made - found
		if adjusted[i] <= Alpha {
			left = made
		}
		t.conclude(Alpha/float64(made), Alpha/float64(left), atLeast)
	}
	return made
}

// describe copies what needs no other test.
func (t test) describe() {
	c := t.change
	c.N, c.Baseline, c.Value = t.n, t.baseline, t.value
	if t.reason != "" {
		c.Verdict, c.Reason = headroom.NotTested, t.reason
	}
}

// conclude gives the interval at the level alpha, and the verdict; held is the
// level of the test itself.
func (t test) conclude(alpha, held, atLeast float64) {
	c := t.change
	c.Change, c.Blocks = bound(t.contrast.change), t.blocks
	c.Low, c.High = t.interval(alpha)
	c.Smallest = t.smallest(held)
	if *c.Adjusted > Alpha {
		c.Verdict = headroom.NoDifference
		// The inversion of a test of counts goes in steps: its end may lie a step beside.
		if c.Low != nil && *c.Low > 0 {
			c.Low = new(float64)
		}
		if c.High != nil && *c.High < 0 {
			c.High = new(float64)
		}
		return
	}
	up := t.contrast.change > 0
	if up && (c.Low == nil || *c.Low < 0) {
		c.Low = new(float64)
	}
	if !up && (c.High == nil || *c.High > 0) {
		c.High = new(float64)
	}
	switch {
	case c.Relative && math.Abs(t.contrast.change) < atLeast:
		c.Verdict = headroom.Negligible
	case up == c.HigherIsBetter():
		c.Verdict = headroom.Better
	default:
		c.Verdict = headroom.Worse
	}
}
