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
	in := stats.NewRanks(values)
	best := stats.Sweep{Times: times, From: p.from, To: p.to, Width: o.Sliding, Enter: in.Add, Leave: in.Remove,
		Figure: func(lo, hi int) (float64, bool) {
			if lo == hi {
				return 0, false
			}
			return in.Smallest(stats.NearestRank(o.Percentile/100, hi-lo)), true
		}}.Highest()
	f := percentile(list[best.Lo:best.Hi], o.Percentile)
	f.at = &best.At
	return f
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
	best := stats.Sweep{Times: times, From: p.from, To: p.to, Width: width, Figure: func(lo, hi int) (float64, bool) {
		return float64(prefix[hi]-prefix[lo]) / float64(hi-lo), hi > lo
	}}.Highest()
	return finding{value: share(events[best.Lo:best.Hi]), at: &best.At}
}
