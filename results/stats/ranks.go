package stats

import (
	"cmp"
	"slices"
)

// Ranks are values that come and go, of which the k-th smallest can be asked: a
// Fenwick tree (1994) over all values' ranks.
type Ranks struct {
	sorted []float64
	rank   []int // of each value
	tree   []int // from 1
}

// NewRanks knows the values, none of which is in.
func NewRanks(values []float64) *Ranks {
	n := len(values)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	r := &Ranks{make([]float64, n), make([]int, n), make([]int, n+1)}
	for place, i := range order {
		r.sorted[place], r.rank[i] = values[i], place
	}
	return r
}

// Add lets the i-th value in.
func (r *Ranks) Add(i int) { r.change(i, 1) }

// Remove takes the i-th value out.
func (r *Ranks) Remove(i int) { r.change(i, -1) }

func (r *Ranks) change(i, by int) {
	for k := r.rank[i] + 1; k < len(r.tree); k += k & -k {
		r.tree[k] += by
	}
}

// Smallest is the k-th smallest value, from 0, of those that are there.
func (r *Ranks) Smallest(k int) float64 {
	step := 1
	for step*2 < len(r.tree) {
		step *= 2
	}
	at := 0
	for ; step > 0; step /= 2 {
		if next := at + step; next < len(r.tree) && r.tree[next] <= k {
			at = next
			k -= r.tree[next]
		}
	}
	return r.sorted[min(at, len(r.sorted)-1)]
}
