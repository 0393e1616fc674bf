package compare

import (
	"maps"
	"slices"

	"github.com/headroom-erp/headroom"
)

// A pairing is the runs of two sets; paired, the i-th of one replayed the same
// arrivals as the i-th of the other.
type pairing struct {
	runs   [2][]records
	paired bool
}

// pair finds for each run of the other set one of the baseline with the same
// arrivals. They are paired when none is left over.
func pair(base, other []records) pairing {
	p := pairing{runs: [2][]records{base, other}}
	if len(base) != len(other) {
		return p
	}
	left, matched := slices.Clone(other), []records{}
	for _, b := range base {
		i := slices.IndexFunc(left, func(o records) bool { return o.schedule == b.schedule && b.schedule != 0 })
		if i < 0 {
			return p
		}
		matched = append(matched, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return pairing{runs: [2][]records{base, matched}, paired: true}
}

// names of all processes, or kinds of documents, of both sets, in order.
func (p pairing) names(of func(records) []string) []string {
	seen := map[string]bool{}
	for _, side := range p.runs {
		for _, r := range side {
			for _, n := range of(r) {
				seen[n] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// closed says whether a process' journeys are made by operators: which there
// are depends on how fast the system answers, so that they cannot be paired.
func (p pairing) closed(process string) bool {
	for _, side := range p.runs {
		for _, r := range side {
			if r.closed[process] {
				return true
			}
		}
	}
	return false
}

// tests of one phase.
func (p pairing) tests(other string, ph phase) []test {
	var out []test
	add := func(process, measure, method string, c contrast) {
		if c.n == [2]int{} {
			return
		}
		out = append(out, test{c, &headroom.Change{Other: other, Process: process, Peak: ph.peak, Phase: ph.name, From: ph.from, To: ph.to,
			Measure: measure, Relative: measure != headroom.ChangeErrors && measure != headroom.ChangeAttainment, Method: method}})
	}
	for _, process := range p.names(func(r records) []string { return slices.Collect(maps.Keys(r.journeys)) }) {
		closed := p.closed(process)
		arrivals := p.paired && !closed
		how := method(arrivals)
		v := p.values(process, ph, arrivals)
		add(process, headroom.ChangeMean, how, means(v.times, v.limit, p.paired))
		add(process, headroom.ChangeP95, how, tails(v.all, v.limit, p.paired))
		add(process, headroom.ChangeErrors, how, shares(v.failures, v.limit, p.paired))
		if closed {
			add(process, headroom.ChangeThroughput, method(false), throughputs(p.ended(process, ph), ph.from, ph.to, v.limit, p.paired))
		}
	}
	for _, kind := range p.names(func(r records) []string { return slices.Collect(maps.Keys(r.documents)) }) {
		values, limit := p.attained(kind, ph)
		add(kind, headroom.ChangeAttainment, method(false), shares(values, limit, p.paired))
	}
	return out
}

func method(arrivals bool) string {
	if arrivals {
		return "the same arrivals in both, differences in blocks, Student's t"
	}
	return "matched blocks of the calendar, Student's t"
}

// values are the observations of a process in a phase.
type values struct {
	times    sides // response times of successful journeys
	all      sides // of all; a failed one is +Inf
	failures sides // 1 of a journey that failed, else 0
	limit    int   // blocks that a run may be put in
}

func (p pairing) values(process string, ph phase, arrivals bool) (v values) {
	var shown episodes
	for i := range max(len(p.runs[0]), len(p.runs[1])) {
		var both [2][]journey
		for side := range both {
			if i < len(p.runs[side]) {
				both[side] = p.runs[side][i].scheduledIn(process, ph.from, ph.to)
			}
		}
		successful := both
		if a, b := common(both[0], both[1], func(journey, journey) bool { return true }); arrivals && len(a) > 0 {
			both[0], both[1] = a, b
			successful[0], successful[1] = common(a, b, func(a, b journey) bool { return a.fate == done && b.fate == done })
		}
		for side := range both {
			if i >= len(p.runs[side]) {
				continue
			}
			var t, r, f []float64
			for _, j := range successful[side] {
				if j.fate == done {
					t = append(t, j.response())
				}
			}
			for _, j := range both[side] {
				r = append(r, j.response())
				f = append(f, float64(j.fate))
			}
			shown.add(side, both[side])
			v.times[side], v.all[side], v.failures[side] = append(v.times[side], t), append(v.all[side], r), append(v.failures[side], f)
		}
	}
	v.limit = shown.limit()
	return v
}

// episodes says how many blocks observations may be put in so that a block
// lasts several times as long as what was waited for.
type episodes struct {
	limits [2]int
	waits  [2]float64 // the longer waits of each side, seconds
	begun  [2]bool
}

// add takes the observations of a run, in order.
func (e *episodes) add(side int, list []journey) {
	if len(list) == 0 {
		return
	}
	took := make([]float64, len(list))
	for i, j := range list {
		took[i] = j.end - j.scheduled
	}
	slices.Sort(took)
	wait := took[rank(len(took))]
	span := list[len(list)-1].scheduled - list[0].scheduled
	n := mostBlocks
	if long := episode * wait; long*mostBlocks > span {
		n = int(span / long)
	}
	if !e.begun[side] || n < e.limits[side] {
		e.limits[side], e.begun[side] = n, true
	}
	e.waits[side] = max(e.waits[side], wait)
}

// collapsed is how many times as long the waits of one side are that such a
// difference needs no other proof that they are not alike.
const collapsed = 4

// limit is that of the side whose waits are longer. But without a difference
// both are alike, so that a side that collapsed is held to the other's limit, and
// does not hide behind its own.
func (e *episodes) limit() int {
	short, long := min(e.waits[0], e.waits[1]), max(e.waits[0], e.waits[1])
	if e.begun[0] && e.begun[1] && long > collapsed*short {
		return max(e.limits[0], e.limits[1])
	}
	return min(e.limits[0], e.limits[1])
}

// ended are the moments in a phase at which a successful journey ended.
func (p pairing) ended(process string, ph phase) (s sides) {
	for side, runs := range p.runs {
		for _, r := range runs {
			var times []float64
			for _, j := range r.journeys[process] {
				if j.fate == done && j.end >= ph.from && j.end < ph.to {
					times = append(times, j.end)
				}
			}
			s[side] = append(s[side], times)
		}
	}
	return s
}

// attained are the documents that were due in a phase, its end included, by
// their release: 1 when it was done in time.
func (p pairing) attained(kind string, ph phase) (s sides, limit int) {
	var shown episodes
	for side, runs := range p.runs {
		for _, r := range runs {
			var values []float64
			var waits []journey
			for _, d := range r.documents[kind] {
				if d.due > ph.from && d.due <= ph.to {
					v := 0.0
					if d.inTime {
						v = 1
					}
					values = append(values, v)
					waits = append(waits, journey{scheduled: d.released, end: d.done})
				}
			}
			shown.add(side, waits)
			s[side] = append(s[side], values)
		}
	}
	return s, shown.limit()
}
