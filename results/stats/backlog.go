package stats

import (
	"math"
	"slices"
)

// A Backlog is how much work was due and not done, as a step function: from
// t[i] on it is level[i].
type Backlog struct {
	t     []float64
	level []float64
}

// NewBacklog is made of the moments at which work came and went.
func NewBacklog(came, went []float64) *Backlog {
	slices.Sort(came)
	slices.Sort(went)
	b := &Backlog{}
	level := 0.0
	for i, k := 0, 0; i < len(came) || k < len(went); {
		t := math.Inf(1)
		if i < len(came) {
			t = came[i]
		}
		if k < len(went) {
			t = min(t, went[k])
		}
		if math.IsInf(t, 1) { // what is left was never done
			break
		}
		for ; i < len(came) && came[i] == t; i++ {
			level++
		}
		for ; k < len(went) && went[k] == t; k++ {
			level--
		}
		b.t, b.level = append(b.t, t), append(b.level, level)
	}
	return b
}

// Before is the level just before a moment: what comes and goes at it is not in.
func (b *Backlog) Before(t float64) float64 {
	i, _ := slices.BinarySearch(b.t, t)
	if i == 0 {
		return 0
	}
	return b.level[i-1]
}

// Most is the highest level in [from, to], and when it was first reached.
func (b *Backlog) Most(from, to float64) (level, at float64) {
	level, at = b.Before(from), from
	i, _ := slices.BinarySearch(b.t, from)
	for ; i < len(b.t) && b.t[i] <= to; i++ {
		if b.level[i] > level {
			level, at = b.level[i], b.t[i]
		}
	}
	return level, at
}

// Falls is the first moment in [from, to] at which the level is no more than
// a base, and from which moment on it stays there until to; ok is false when
// it does not fall so low.
func (b *Backlog) Falls(base, from, to float64) (first, stays float64, ok bool) {
	if b.Before(from) <= base {
		first, stays, ok = from, from, true
	}
	above := !ok
	i, _ := slices.BinarySearch(b.t, from)
	for ; i < len(b.t) && b.t[i] <= to; i++ {
		switch low := b.level[i] <= base; {
		case low && above:
			if !ok {
				first, ok = b.t[i], true
			}
			stays, above = b.t[i], false
		case !low && !above:
			above = true
		}
	}
	if above {
		stays = to
	}
	return first, stays, ok
}

// Len is the number of its steps.
func (b *Backlog) Len() int { return len(b.t) }

// lookBack is how long before a peak its ordinary backlog is looked for, in
// seconds: at one moment it is there or not by chance.
const lookBack = 60

// Ordinary is the highest level of the last minute before a moment.
func (b *Backlog) Ordinary(t float64) float64 {
	level, _ := b.Most(max(0, t-lookBack), math.Nextafter(t, 0))
	return level
}
