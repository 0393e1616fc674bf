package analyse

import (
	"fmt"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results/stats"
)

// counted are the journeys of a process that count for an objective in a part:
// those of a run that was cut off before they began do not.
func (e *evidence) counted(p part, process string) []row {
	rows := e.journeys.in(p, process)
	if e.info.Complete {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.never })
}

// findResponse is a percentile of journey times. Failed journeys rank behind
// all others; what found nothing to do has no part in it.
func (e *evidence) findResponse(o headroom.Objective, parts []part) finding {
	var all []timed
	var found []finding
	for _, p := range parts {
		var list []timed
		for _, r := range e.counted(p, o.Process) {
			switch {
			case r.failed():
				list = append(list, timed{r.scheduled, math.Inf(1)})
			case r.outcome == okRow:
				list = append(list, timed{r.scheduled, r.response()})
			}
		}
		if o.Sliding > 0 && len(list) > 0 {
			found = append(found, slidingPercentile(list, p, o))
		}
		all = append(all, list...)
	}
	switch {
	case len(all) == 0:
		return nothing("no journey of %s was due", o.Process)
	case o.Sliding > 0:
		return worst(found, false)
	}
	return percentile(all, o.Percentile)
}

// A timed value belongs to the moment t.
type timed struct{ t, v float64 }

// percentile estimates one of journey times among which +Inf are failed ones.
func percentile(list []timed, percent float64) finding {
	values := make([]float64, len(list))
	longest, failed := 0.0, 0
	for i, x := range list {
		if values[i] = x.v; math.IsInf(x.v, 1) {
			failed++
		} else {
			longest = max(longest, x.v)
		}
	}
	_, at := stats.MeanAndQuantiles(values, []float64{percent / 100}, seed)
	v := at[0]
	if math.IsInf(v.Value, 1) {
		return finding{beyond: true, sure: len(list) >= fewest && math.IsInf(v.Low, 1),
			reason: fmt.Sprintf("%d of %d journeys failed: the percentile lies among them", failed, len(list))}
	}
	if math.IsInf(v.High, 1) { // its end lies among the failed: there is no time to give
		v.High, v.Identified = longest, false
	}
	return finding{value: &v}
}

func slidingPercentile(list []timed, p part, o headroom.Objective) finding {
	times := make([]float64, len(list))
	values := make([]float64, len(list))
	for i, x := range list {
		times[i], values[i] = x.t, x.v
	}
	in := newRanks(values)
	best := sweep{times: times, from: p.from, to: p.to, width: o.Sliding, enter: in.add, leave: in.remove,
		figure: func(lo, hi int) (float64, bool) {
			if lo == hi {
				return 0, false
			}
			return in.smallest(stats.NearestRank(o.Percentile/100, hi-lo)), true
		}}.highest()
	f := percentile(list[best.lo:best.hi], o.Percentile)
	f.at = &best.at
	return f
}

// ranks are values that come and go, of which the k-th smallest can be asked: a
// Fenwick tree (1994) over all values' ranks.
type ranks struct {
	sorted []float64
	rank   []int // of each value
	tree   []int // from 1
}

func newRanks(values []float64) *ranks {
	n := len(values)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(values[a], values[b]) })
	r := &ranks{make([]float64, n), make([]int, n), make([]int, n+1)}
	for place, i := range order {
		r.sorted[place], r.rank[i] = values[i], place
	}
	return r
}

func (r *ranks) add(i int)    { r.change(i, 1) }
func (r *ranks) remove(i int) { r.change(i, -1) }

func (r *ranks) change(i, by int) {
	for k := r.rank[i] + 1; k < len(r.tree); k += k & -k {
		r.tree[k] += by
	}
}

// smallest is the k-th smallest value, from 0, of those that are there.
func (r *ranks) smallest(k int) float64 {
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

// findErrors is the share of failed journeys.
func (e *evidence) findErrors(o headroom.Objective, parts []part) finding {
	var events []event
	var found []finding
	for _, p := range parts {
		var list []event
		for _, r := range e.counted(p, o.Process) {
			list = append(list, event{r.scheduled, r.failed()})
		}
		if o.Sliding > 0 && len(list) > 0 {
			found = append(found, slidingShare(list, p, o.Sliding))
		}
		events = append(events, list...)
	}
	switch {
	case len(events) == 0:
		return nothing("no journey was due")
	case o.Sliding > 0:
		return worst(found, false)
	}
	return finding{value: share(events)}
}

// An event of a moment is or is not what is counted.
type event struct {
	t  float64
	is bool
}

func share(events []event) *headroom.Estimate {
	list := make([]bool, len(events))
	for i, x := range events {
		list[i] = x.is
	}
	v := stats.Share(list, seed)
	return &v
}

func slidingShare(events []event, p part, width float64) finding {
	times := make([]float64, len(events))
	prefix := make([]int, len(events)+1)
	for i, x := range events {
		times[i], prefix[i+1] = x.t, prefix[i]
		if x.is {
			prefix[i+1]++
		}
	}
	best := sweep{times: times, from: p.from, to: p.to, width: width, figure: func(lo, hi int) (float64, bool) {
		return float64(prefix[hi]-prefix[lo]) / float64(hi-lo), hi > lo
	}}.highest()
	return finding{value: share(events[best.lo:best.hi]), at: &best.at}
}
