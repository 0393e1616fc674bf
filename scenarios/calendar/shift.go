package calendar

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/headroom-erp/headroom"
)

// operators is the head count of a shift at a scale: rounded to the nearest,
// at least one. Seasons, growth and a day's random factor do not change it.
func (t shift) operators(scale float64) int {
	return int(max(1, math.Round(float64(t.Operators)*scale))) // at most 1e11: Check and maxScale bound it
}

// logOn is when, in nanoseconds after the shift's beginning, one of n
// operators logs on.
func (t shift) logOn(operator, n int) time.Duration {
	return duration(t.Stagger * float64(operator) / float64(n))
}

// shiftStream makes the operators of one shift, day by day.
type shiftStream struct {
	source
	shift shift
	day   day
	team  []headroom.Arrival // of the day
	i     int
}

func shiftArrivals(s source) stream {
	return &shiftStream{source: s, shift: s.process.shifts[s.number], day: s.schedule.first}
}

func (t *shiftStream) advance(a *headroom.Arrival) bool {
	for t.i == len(t.team) {
		if t.day > t.schedule.last {
			return false
		}
		t.team, t.i = t.team[:0], 0
		if t.shift.days.has(t.day) {
			t.gather()
		}
		t.day++
	}
	*a = t.team[t.i]
	t.i++
	return true
}

// gather makes the operators who are at work on the day within the run. Those
// who logged on before it are there when it begins: they are somewhere in
// their pauses, and begin one after the other over one mean think time.
func (t *shiftStream) gather() {
	x, c := t.schedule, t.site.clock
	begin, end := c.on(t.day, t.shift.interval)
	from, until := x.epoch.since(begin), min(x.epoch.since(end), x.span)
	if from >= until || until <= 0 {
		return
	}
	n := len(t.users)
	early := 0 // who log on before the run
	for early < n && from+t.shift.logOn(early, n) < 0 {
		early++
	}
	k := newKey(x.header.Seed, t.site.Name, t.process.Name, "shift", t.shift.From, t.shift.To,
		strconv.Itoa(t.shift.number), t.day.String())
	for i := range n {
		seed := k.seed(uint64(i))
		at := from + t.shift.logOn(i, n)
		if i < early {
			share := (float64(i) + float64(mix(seed)>>11)/(1<<53)) / float64(early)
			at = duration(share * t.process.ThinkTime)
		}
		if at >= until {
			continue // the shift is over before this one would begin
		}
		a := t.arrival(at, headroom.Closed, seed)
		a.Until, a.User = until, t.users[i]
		t.team = append(t.team, a)
	}
	slices.SortStableFunc(t.team, func(a, b headroom.Arrival) int { return cmp.Compare(a.At, b.At) })
}

// A roster gives a site's users to the operators of its shifts: within a shift
// each another one, and so among shifts with common hours, as long as the site
// has enough; then those whom the fewest such shifts have.
type roster struct {
	users  int
	placed []placedShift
}

type placedShift struct {
	interval
	users []uint32
}

// place chooses n users for a shift.
func (r *roster) place(i interval, n int) []uint32 {
	load := make([]int, r.users)
	for _, p := range r.placed {
		if p.meets(i) {
			for _, u := range p.users {
				load[u]++
			}
		}
	}
	order := make([]uint32, r.users)
	for u := range order {
		order[u] = uint32(u)
	}
	slices.SortStableFunc(order, func(a, b uint32) int { return cmp.Compare(load[a], load[b]) })
	chosen := make([]uint32, n)
	for k := range chosen {
		chosen[k] = order[k%len(order)]
	}
	r.placed = append(r.placed, placedShift{i, chosen})
	return chosen
}

// runStream makes the scheduled starts of one of a process' occasions.
type runStream struct {
	source
	dues  dues
	run   occasion
	day   day // the next to look at
	key   key
	at    time.Duration // the next start of the day before it
	until time.Duration
	n     uint64 // starts of that day so far, those before the run included
}

func runArrivals(s source) stream {
	return &runStream{source: s, dues: newDues(s), run: s.process.runs[s.number], day: s.schedule.first}
}

func (r *runStream) advance(a *headroom.Arrival) bool {
	for r.at >= r.until {
		if r.day > r.schedule.last {
			return false
		}
		if r.run.days.has(r.day) {
			r.begin()
		}
		r.day++
	}
	*a = r.arrival(r.at, headroom.Scheduled, r.key.seed(r.n))
	a.Due = r.dues.of(r.at, never)
	r.at += max(time.Duration(r.run.every), 1) // one that starts once is over at its until
	r.n++
	return true
}

// begin goes to the first start of the day that is in the run.
func (r *runStream) begin() {
	x, c := r.schedule, r.site.clock
	from, to := r.run.times(c, r.day)
	r.at, r.until, r.n = x.epoch.since(from), x.epoch.since(to), 0
	if r.run.every == 0 {
		r.until = r.at + 1
	}
	if every := time.Duration(r.run.every); r.at < 0 && every > 0 {
		n := int64((-r.at + every - 1) / every)
		r.at += time.Duration(n * r.run.every)
		r.n = uint64(n)
	}
	if r.at < 0 {
		r.until = r.at // once, and before the run
	}
	r.until = min(r.until, x.span)
	r.key = newKey(x.header.Seed, r.site.Name, r.process.Name, "run", r.run.At, r.run.From, r.run.To,
		strconv.FormatInt(r.run.every, 10), strconv.Itoa(r.run.number), r.day.String())
}

// times are the moment of an occasion that starts once, or its first moment
// and the end, before which it starts again and again.
func (o occasion) times(c *clock, d day) (from, to int64) {
	if o.every == 0 {
		t := c.at(d, o.from)
		return t, t + 1
	}
	return c.on(d, o.interval)
}
