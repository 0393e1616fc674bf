package calendar

import (
	"cmp"
	"container/heap"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
)

// Occurrences are the peaks of all sites that touch the time from from until
// to, each whole, ordered by From, then by the plan's order of sites and peaks.
// They are made while they are ranged over. An unsound plan gives one error.
func Occurrences(plan headroom.Plan, from, to time.Time) iter.Seq2[Occurrence, error] {
	return func(yield func(Occurrence, error) bool) {
		x, err := expandSound(plan, from, to)
		if err != nil {
			yield(Occurrence{}, err)
			return
		}
		until := x.epoch.seconds(to.Unix()) + float64(to.Nanosecond())/1e9
		var h calendars
		for i, s := range x.sites {
			if c := newSiteCalendar(x, s, i, until); c.advance() {
				h = append(h, c)
			}
		}
		heap.Init(&h)
		for len(h) > 0 {
			if !yield(h[0].occurrence(), nil) {
				return
			}
			if h[0].advance() {
				heap.Fix(&h, 0)
			} else {
				heap.Pop(&h)
			}
		}
	}
}

// maxYears bounds what is expanded at once.
const maxYears = 50

func expandSound(plan headroom.Plan, from, to time.Time) (*expansion, error) {
	if err := years(from, to); err != nil {
		return nil, err
	}
	if !from.Before(to) || to.After(from.AddDate(maxYears, 0, 0)) {
		return nil, &headroom.InputError{What: fmt.Sprintf("there is no calendar from %s until %s", from.Format(time.RFC3339), to.Format(time.RFC3339)),
			Do: fmt.Sprintf("give an end that is after the beginning, by at most %d years", maxYears)}
	}
	if err := sound(plan); err != nil {
		return nil, err
	}
	return expand(&plan, from, to)
}

// A siteCalendar is the peaks of one site, one after another.
type siteCalendar struct {
	x      *expansion
	s      *site
	rank   int
	until  float64 // seconds since the epoch
	day    day     // the next to look at
	found  []found // of the day before it
	raters []*rater
	pieces [][]piece // by process, of a day
	known  day       // that day
}

type found struct {
	peak     *peak
	from, to float64 // seconds since the epoch
}

func newSiteCalendar(x *expansion, s *site, rank int, until float64) *siteCalendar {
	c := &siteCalendar{x: x, s: s, rank: rank, until: until, day: x.first, known: x.first - 1}
	for _, p := range s.processes {
		var r *rater
		if p != nil {
			r = &rater{x: x, s: s, p: p, scale: 1}
		}
		c.raters = append(c.raters, r)
	}
	c.pieces = make([][]piece, len(c.raters))
	return c
}

// advance goes to the next peak, and reports whether there is one.
func (c *siteCalendar) advance() bool {
	if len(c.found) > 0 {
		c.found = c.found[1:]
	}
	for ; len(c.found) == 0; c.day++ {
		if c.day > c.x.last {
			return false
		}
		for _, p := range c.s.peaks {
			if !p.days.has(c.day) {
				continue
			}
			f := found{p, c.x.epoch.seconds(c.s.clock.at(c.day, p.from)), c.x.epoch.seconds(c.s.clock.at(c.day, p.to))}
			if f.from < f.to && f.from < c.until && f.to > 0 {
				c.found = append(c.found, f)
			}
		}
		slices.SortStableFunc(c.found, func(a, b found) int { return cmp.Compare(a.from, b.from) })
	}
	return true
}

// occurrence is the peak that advance went to.
func (c *siteCalendar) occurrence() Occurrence {
	f, d := c.found[0], c.day-1
	if c.known != d {
		c.known = d
		for j, r := range c.raters {
			if r != nil {
				c.pieces[j] = r.pieces(c.pieces[j][:0], d, math.Inf(-1), math.Inf(1))
			}
		}
	}
	at := func(seconds int) time.Time { return time.Unix(c.s.clock.at(d, seconds), 0).In(c.s.clock.zone) }
	o := Occurrence{Peak: f.peak.Name, Site: c.s.Name, Date: d.String(), From: at(f.peak.from), To: at(f.peak.to),
		Processes: make([]ProcessLoad, 0, len(c.raters))}
	if f.peak.due >= 0 {
		o.Due = at(f.peak.due)
	}
	for j, p := range c.s.processes {
		if p == nil {
			continue
		}
		if l := c.load(p, c.pieces[j], f, d, o.From); l.Documents > 0 || l.Operators > 0 || l.Highest > 0 {
			o.Processes = append(o.Processes, l)
		}
	}
	return o
}

// load is what arrives of a process in a peak's window on a day, given the
// day's rate.
func (c *siteCalendar) load(p *process, rate []piece, f found, d day, from time.Time) ProcessLoad {
	l := ProcessLoad{Process: p.Name}
	highest := f.from
	for _, q := range rate {
		a, b := max(q.from, f.from), min(q.to, f.to)
		if a >= b {
			continue
		}
		l.Documents += q.between(a, b)
		// Linear, so that it is highest at an end; the slope is exact at a knot.
		for _, t := range [...]float64{a, b} {
			if v := q.at(t); v > l.Highest {
				l.Highest, highest = v, t
			}
		}
	}
	length := f.to - f.from
	l.Mean = l.Documents / length
	if l.Highest > 0 {
		l.HighestAt = from.Add(duration(highest - f.from))
	}
	factor := c.x.factor(p, d)
	for _, a := range p.adds {
		if a.peak == f.peak {
			l.Added += (a.rate*length + a.documents) * factor
		}
	}
	for _, b := range p.batches {
		if !b.peak.days.has(d) {
			continue
		}
		n := b.documents(factor)
		t := c.x.epoch.seconds(c.s.clock.at(d, b.at))
		if b.peak == f.peak || f.from <= t && t < f.to {
			l.Documents += n
		}
		if b.peak == f.peak {
			l.Added += n
		}
	}
	for e := d - 1; e <= d; e++ { // what began the day before may last
		for _, r := range p.runs {
			if r.days.has(e) {
				u := r.starts(c.x.epoch, c.s.clock, e)
				l.Documents += u.before(f.to) - u.before(f.from)
			}
		}
		for _, t := range p.shifts {
			if t.days.has(e) {
				l.Operators += t.presence(c.x.epoch, c.s.clock, e).between(f.from, f.to) / length
			}
		}
	}
	return l
}

// calendars is a heap by the next peak's beginning, then rank.
type calendars []*siteCalendar

func (h calendars) Len() int { return len(h) }
func (h calendars) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].found[0].from, h[j].found[0].from), cmp.Compare(h[i].rank, h[j].rank)) < 0
}
func (h calendars) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *calendars) Push(x any)   { *h = append(*h, x.(*siteCalendar)) }
func (h *calendars) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
