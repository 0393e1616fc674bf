package design

import "math"

// A Criterion says what makes one design better than another.
type Criterion int

// D maximizes the information's determinant, over all stations and conflicts: the
// smallest joint region. A minimizes the mean of squared widths: the narrowest
// intervals, of which none may stay wide.
const (
	D Criterion = iota
	A
)

// value of an information: more is better.
func (c Criterion) value(i Information) float64 {
	if c == D {
		sum := 0.0
		for _, m := range i.stations {
			sum += determinant(m)
		}
		if i.conflict != nil {
			sum += determinant(i.conflict)
		}
		return sum
	}
	sum := 0.0
	for s, m := range i.stations {
		v := variances(m)
		for c, k := range i.problem.Classes { // the background is no demand
			if k.Demand[s] > 0 {
				sum += v[c]
			}
		}
	}
	if i.conflict != nil {
		v := variances(i.conflict)
		sum += conflictWeight * (v[0] + v[1])
	}
	return -sum
}

// conflictWeight is what variance of a conflict's level and growth counts beside
// that of a demand: counts of rare conflicts never become as narrow.
const conflictWeight = 0.05

// A Design is phases in the order in which they tell the most.
type Design struct {
	Phases  []int     // places in the list of candidates; one may come several times
	Seconds float64   // that they take
	After   []float64 // the widest interval after each
	Expect  Information
}

// Enough is after how many phases every interval is expected to be within a
// relative width; 0: after none of them.
func (d Design) Enough(within float64) int {
	for i, w := range d.After {
		if w <= within {
			return i + 1
		}
	}
	return 0
}

// Choose picks phases for a time budget, in seconds: one after the other the
// candidate that gains the most of the criterion per second, and then, as long
// as it helps, another in the place of one that was picked. What was measured
// already counts and costs nothing. Ties go to the candidate that comes first.
//
// At least one phase is chosen where the budget allows any.
func (p Problem) Choose(candidates, measured []Phase, budget float64, criterion Criterion) (Design, error) {
	start, err := p.Expect(measured)
	if err != nil {
		return Design{}, err
	}
	if _, err := p.Expect(candidates); err != nil {
		return Design{}, err
	}
	picked := greedy(start, candidates, budget, criterion)
	exchange(start, candidates, picked, budget, criterion)
	d := Design{Expect: start.clone()}
	// In the order of their gain: whoever stops early has the best of it.
	for len(picked) > 0 {
		at := best(d.Expect, candidates, picked, math.Inf(1), criterion)
		d.Phases = append(d.Phases, picked[at])
		d.Seconds += candidates[picked[at]].Length()
		d.Expect.add(candidates[picked[at]])
		d.After = append(d.After, d.Expect.Widest().Relative)
		picked = append(picked[:at:at], picked[at+1:]...)
	}
	return d, nil
}

func greedy(start Information, candidates []Phase, budget float64, criterion Criterion) []int {
	all := make([]int, len(candidates))
	for k := range all {
		all[k] = k
	}
	var picked []int
	now := start.clone()
	for left := budget; ; {
		at := best(now, candidates, all, left, criterion)
		if at < 0 {
			return picked
		}
		picked = append(picked, at)
		now.add(candidates[at])
		left -= candidates[at].Length()
	}
}

// best is the place in a list of candidates of the one that gains the most per
// second; -1 where none fits.
func best(now Information, candidates []Phase, list []int, left float64, criterion Criterion) int {
	before, at, most := criterion.value(now), -1, math.Inf(-1)
	for k, c := range list {
		if candidates[c].Length() > left {
			continue
		}
		then := now.clone()
		then.add(candidates[c])
		if gain := (criterion.value(then) - before) / candidates[c].Length(); gain > most {
			at, most = k, gain
		}
	}
	return at
}

// exchanges bounds the rounds of exchange; each makes the criterion better.
const exchanges = 20

// exchange puts candidates in the place of picked ones as long as that makes
// the whole better (Fedorov's exchange, one at a time).
func exchange(start Information, candidates []Phase, picked []int, budget float64, criterion Criterion) {
	total := func() (Information, float64) {
		i, seconds := start.clone(), 0.0
		for _, c := range picked {
			i.add(candidates[c])
			seconds += candidates[c].Length()
		}
		return i, seconds
	}
	for range exchanges {
		now, seconds := total()
		most, place, with := criterion.value(now), -1, -1
		for k, old := range picked {
			for c := range candidates {
				if c == old || seconds-candidates[old].Length()+candidates[c].Length() > budget {
					continue
				}
				picked[k] = c
				i, _ := total()
				if v := criterion.value(i); v > most+1e-9*(1+math.Abs(most)) {
					most, place, with = v, k, c
				}
			}
			picked[k] = old
		}
		if place < 0 {
			return
		}
		picked[place] = with
	}
}
