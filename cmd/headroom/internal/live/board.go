// Package live says how a run goes while it goes: a headroom.Status each
// second, from the records that are on disk and the run's schedule. It drives
// a terminal and a page with it, and finds stop rules that are broken. It works
// on the bundle of another process as well, and never fails the run.
//
// Times are seconds since the run's start.
package live

import (
	"iter"
	"math"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
)

// A Board keeps what a Status needs, second by second. It has no clock: At may
// be asked for any time, in rising order. It is not safe for concurrent use.
type Board struct {
	info    headroom.RunInfo
	index   map[string]int // of a process
	seconds map[int]*second
	horizon int // how many seconds are kept behind t
	t       int // everything before it is folded into totals
	totals  []total
	bounds  []*float64

	next func() (headroom.Arrival, error, bool) // the schedule, from where it is due
	stop func()
	head headroom.Arrival
	more bool
	err  error // of the schedule

	shifts  []shift
	papers  papers
	cpu     counters
	logged  bool // there is a server's log
	gaps    int
	lastGap *headroom.Gap
	rules   []*rule
	latest  float64 // when the latest record was made
}

// A total is a process' journeys before t.
type total struct {
	scheduled, due, ended, served, failed int // served are those of arrivals that were due
	open                                  bool
	cause                                 string
	causeAt                               *float64
}

// A second is what ended, and what was due, in one second of the run.
type second struct {
	processes []tally
	requests  int
	lost      int // tries that lost a conflict
	papers    []headroom.DocumentEvent
}

// A tally is a process in one second.
type tally struct {
	due, ended, served, failed int
	well, ill                  []float64 // response times of successful and of failed journeys
	late                       []float64
	cause                      string
	causeAt                    float64
}

// A shift is an operator's.
type shift struct {
	process  int
	from, to float64
}

// NewBoard reads the schedule once and keeps it open; Close ends that. The
// schedule may be nil when it is not known: what is due is then not known either.
func NewBoard(info headroom.RunInfo, schedule iter.Seq2[headroom.Arrival, error]) *Board {
	b := &Board{info: info, index: map[string]int{}, seconds: map[int]*second{}, papers: newPapers(), cpu: newCounters(info)}
	h := info.Schedule
	b.totals, b.bounds = make([]total, len(h.Processes)), make([]*float64, len(h.Processes))
	for i, p := range h.Processes {
		b.index[p.Name] = i
		b.bounds[i] = bound(info.Plan, p.Name)
	}
	look := headroom.StatusResponses
	for _, r := range info.Plan.Stop {
		b.rules = append(b.rules, newRule(r))
		look = max(look, b.rules[len(b.rules)-1].Over)
	}
	b.horizon = int(math.Ceil(look)) + int(headroom.StatusLag)
	if schedule == nil {
		return b
	}
	for a, err := range schedule {
		if err != nil {
			b.err = err
			return b
		}
		if a.Kind == headroom.Closed {
			b.shifts = append(b.shifts, shift{int(a.Process), a.At.Seconds(), a.Until.Seconds()})
			continue
		}
		b.totals[a.Process].scheduled++
		b.totals[a.Process].open = true
	}
	b.next, b.stop = iter.Pull2(schedule)
	b.step()
	return b
}

// bound is what an objective asks of the 95th percentile.
func bound(plan headroom.Plan, process string) *float64 {
	var least *float64
	for _, o := range plan.Objectives {
		if o.OfResponse() && o.Process == process && o.Percentile >= 95 && (least == nil || o.Within < *least) {
			within := o.Within
			least = &within
		}
	}
	return least
}

// Close ends the reading of the schedule.
func (b *Board) Close() {
	if b.stop != nil {
		b.stop()
	}
	b.more = false
}

// step reads the schedule's next arrival that is no shift.
func (b *Board) step() {
	for {
		a, err, ok := b.next()
		if err != nil {
			b.err, ok = err, false
		}
		b.head, b.more = a, ok
		if !ok || a.Kind != headroom.Closed {
			return
		}
	}
}

// Add takes records, in any order.
func (b *Board) Add(rs headroom.Records) {
	for i := range rs.Journeys {
		b.journey(&rs.Journeys[i])
	}
	for i := range rs.Requests {
		if s := b.at(rs.Requests[i].End); s != nil {
			s.requests++
		}
	}
	for i := range rs.Server {
		b.logged = true
		if s := b.at(rs.Server[i].End); s != nil {
			s.lost += max(0, rs.Server[i].Tries-1)
		}
	}
	b.cpu.add(rs.Samples)
	if n := len(rs.Samples); n > 0 {
		b.latest = max(b.latest, rs.Samples[n-1].T)
	}
	for _, g := range rs.Gaps {
		b.gaps++
		b.lastGap = &g
	}
	for _, d := range rs.Documents {
		if int(d.T) < b.t {
			b.papers.add(d)
			continue
		}
		s := b.second(int(d.T))
		s.papers = append(s.papers, d)
	}
}

// at is the second of a time that figures may still look back on; nil when it
// has gone by.
func (b *Board) at(t float64) *second {
	if i := int(math.Floor(t)); i >= b.t-b.horizon {
		return b.second(i)
	}
	return nil
}

func (b *Board) second(i int) *second {
	s := b.seconds[i]
	if s == nil {
		s = &second{processes: make([]tally, len(b.totals))}
		b.seconds[i] = s
	}
	return s
}

func (b *Board) journey(j *headroom.Journey) {
	p, known := b.index[j.Process]
	if !known || j.NeverBegan() { // given up when the run ended: still due
		return
	}
	b.latest = max(b.latest, j.End)
	one := tally{ended: 1}
	if j.Kind != headroom.Closed {
		one.served = 1
	}
	switch j.Outcome {
	case headroom.OK:
		one.well = []float64{j.End - j.Scheduled}
	case headroom.NothingToDo:
	case headroom.Aborted: // by the run's end
	default:
		one.failed, one.cause, one.causeAt = 1, cause(j), j.End
		one.ill = []float64{j.End - j.Scheduled}
	}
	if j.Outcome != headroom.Aborted {
		one.late = []float64{j.TimerLate + j.VUWait}
	}
	i := int(math.Floor(j.End))
	if i < b.t {
		b.totals[p].add(&one)
	}
	if i >= b.t-b.horizon {
		b.second(i).processes[p].add(&one)
	}
}

func cause(j *headroom.Journey) string {
	if j.Error == "" {
		return string(j.Outcome)
	}
	return j.Error
}

func (t *tally) add(o *tally) {
	t.ended += o.ended
	t.served += o.served
	t.failed += o.failed
	t.well = append(t.well, o.well...)
	t.ill = append(t.ill, o.ill...)
	t.late = append(t.late, o.late...)
	if o.cause != "" && o.causeAt >= t.causeAt {
		t.cause, t.causeAt = o.cause, o.causeAt
	}
}

func (t *total) add(o *tally) {
	t.due += o.due
	t.ended += o.ended
	t.served += o.served
	t.failed += o.failed
	if o.cause != "" && (t.causeAt == nil || o.causeAt >= *t.causeAt) {
		at := o.causeAt
		t.cause, t.causeAt = o.cause, &at
	}
}

// advance folds everything before t into the totals and forgets what is out of
// sight.
func (b *Board) advance(t int) {
	limit := time.Duration(t) * time.Second
	for b.more && b.head.At < limit {
		b.second(int(b.head.At / time.Second)).processes[b.head.Process].due++
		b.step()
	}
	var old []int
	for i := range b.seconds {
		if i < t {
			old = append(old, i)
		}
	}
	slices.Sort(old)
	for _, i := range old {
		s := b.seconds[i]
		if i >= b.t {
			for p := range s.processes {
				b.totals[p].add(&s.processes[p])
			}
			for _, d := range s.papers {
				b.papers.add(d)
			}
			s.papers = nil
		}
		if i < t-b.horizon {
			delete(b.seconds, i)
		}
	}
	b.t = max(b.t, t)
}
