package demand

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/headroom-erp/headroom"
)

// world is a small simulator of the measured system, for tests only and apart
// from models/sim: a pool, two shared stations, rows under snapshot isolation,
// Odoo's retries; and what the measuring leaves of it: lines rounded to
// milliseconds, counters by the second.
type world struct {
	topology headroom.Topology
	steps    map[string]truth // by class
	journeys []worldJourney
	duration float64
	rows     int // hot rows
	more     int // rows of a second group
	idle     [2]float64
	only     bool    // one counter for a shared host
	excess   float64 // seconds of each database call that are no CPU's
	registry float64 // app seconds of a worker's first request
	perLine  float64 // part of the demands that goes with a document's lines
	exponent float64 // of the products' popularity
	kept     bool    // documents are those of a schedule, which is kept: their rows are the catalogue's
	skips    bool    // rows that are held are not waited for, as in Odoo; else as in the stand-in
	seen     map[string]*seen

	random  *rand.Rand
	first   uint64 // arrival, less one
	now     float64
	free    []int // pids
	fresh   map[int]bool
	queue   []*task
	at      [2][]*task
	timers  []timer
	serial  int
	busy    [2]float64
	row     []worldRow
	commits int
	out     fakeRun
}

// seen is what the tries of a class really were.
type seen struct {
	n    float64
	work [2]float64 // sums of mean demands for the documents' lines
}

type truth struct {
	work  [2]float64
	scv   float64
	calls int
	lines int // rows touched, 0 for none
	touch float64
	of    int // rows of a group of its own at the end; 0 for the common one
}

type worldRow struct {
	holder    *task
	committed int
	copies    []*worldRow
	born      int // number of the commit; 0: always there
}

type timer struct {
	t      float64
	serial int
	f      func()
}

type task struct {
	class    string
	key      key
	lines    int
	document []int // rows of the journey; nil: each try draws its own
	pid      int
	asked    float64
	began    float64
	tries    int
	slept    float64
	queries  int
	slices   [2]float64 // of one slice
	step     int
	left     float64
	since    float64 // at the present station, or waiting for a row
	wall     [2]float64
	rows     []int
	taken    []*worldRow
	holds    bool
	touched  bool
	snapshot int
	waiters  []*task
	done     func()
}

const parse = 0.003 // seconds of client and network

func (w *world) after(d float64, f func()) {
	w.serial++
	w.timers = append(w.timers, timer{w.now + d, w.serial, f})
}

func (w *world) run(seed uint64) *fakeRun {
	w.random = rand.New(rand.NewPCG(seed, 99))
	w.first = seed << 16 // another seed draws other work
	w.free, w.fresh, w.seen = nil, map[int]bool{}, map[string]*seen{}
	for i := range w.topology.Web.Workers {
		w.free = append(w.free, 100+i)
		w.fresh[100+i] = true
	}
	w.row = make([]worldRow, max(1, w.rows)+w.more)
	w.out = fakeRun{info: headroom.RunInfo{
		ID: fmt.Sprintf("%s-%d", w.topology.Name, seed), Topology: w.topology, Complete: true,
		Plan: headroom.Plan{Name: "test"}, Schedule: headroom.Header{LeadIn: 5, Window: w.duration - 5}, TargetKind: standIn,
	}}
	if w.skips {
		w.out.info.TargetKind = "odoo"
	}
	w.schedule()
	for s := 0.0; s <= w.duration || len(w.timers)+len(w.at[app])+len(w.at[database]) > 0; s++ {
		w.advance(s)
		w.sample()
	}
	slices.SortStableFunc(w.out.server, func(a, b headroom.ServerRequest) int { return cmpFloat(a.End, b.End) })
	return &w.out
}

func (w *world) sample() {
	for st, name := range stationNames {
		if w.only && st == database {
			continue
		}
		v := w.busy[st]
		if w.only {
			v = w.busy[app] + w.busy[database]
		}
		w.out.samples = append(w.out.samples, headroom.Sample{T: w.now, Probe: "station", Subject: name, Metric: "busy_seconds", Value: v + w.idle[st]*w.now})
	}
}

func (w *world) speed(st int) float64 {
	if w.topology.SharedHost {
		return min(1, w.topology.Web.Cores/float64(max(1, len(w.at[app])+len(w.at[database]))))
	}
	cores := [2]float64{w.topology.Web.Cores, w.topology.Database.Cores}[st]
	return min(1, cores/float64(max(1, len(w.at[st]))))
}

// advance plays everything up to a time.
func (w *world) advance(until float64) {
	for {
		next, what, at := until, -1, -1
		for i, t := range w.timers {
			if t.t < next || t.t == next && (what != 0 || t.serial < w.timers[at].serial) {
				next, what, at = t.t, 0, i
			}
		}
		for st := range w.at {
			for i, k := range w.at[st] {
				if t := w.now + k.left/w.speed(st); t < next {
					next, what, at = t, 1+st, i
				}
			}
		}
		speed := [2]float64{w.speed(app), w.speed(database)}
		for st := range w.at {
			for _, k := range w.at[st] {
				k.left -= (next - w.now) * speed[st]
			}
			w.busy[st] += (next - w.now) * speed[st] * float64(len(w.at[st]))
		}
		w.now = next
		switch {
		case what < 0:
			return
		case what == 0:
			f := w.timers[at].f
			w.timers = slices.Delete(w.timers, at, at+1)
			f()
		default:
			st := what - 1
			k := w.at[st][at]
			w.at[st] = slices.Delete(w.at[st], at, at+1)
			k.wall[st] += w.now - k.since
			k.step++
			if st == database && w.excess > 0 {
				k.wall[st] += w.excess
				w.after(w.excess, func() { w.proceed(k) })
				continue
			}
			w.proceed(k)
		}
	}
}

func (w *world) lognormal(mean, scv float64) float64 {
	if scv == 0 || mean == 0 {
		return mean
	}
	v := math.Log(1 + scv)
	return mean * math.Exp(w.random.NormFloat64()*math.Sqrt(v)-v/2)
}

func (w *world) ask(k *task) {
	k.asked = w.now
	w.queue = append(w.queue, k)
	w.hire()
}

func (w *world) hire() {
	if len(w.free) > 0 && len(w.queue) > 0 {
		k := w.queue[0]
		w.queue = w.queue[1:]
		k.pid = w.free[0]
		w.free = w.free[1:]
		w.begin(k)
	}
}

func (w *world) begin(k *task) {
	k.began = w.now
	w.try(k)
}

func (w *world) try(k *task) {
	t := w.steps[k.class]
	k.tries++
	k.step, k.touched = 0, false
	size := 1 - w.perLine + w.perLine*float64(k.lines)/5
	if k.tries == 1 {
		v := w.seen[k.class]
		if v == nil {
			v = &seen{}
			w.seen[k.class] = v
		}
		v.n++
		v.work[app] += size * t.work[app]
		v.work[database] += size * t.work[database]
	}
	first := 0.0
	if w.fresh[k.pid] {
		first, w.fresh[k.pid] = w.registry, false
	}
	k.slices[app] = (w.lognormal(size*t.work[app], t.scv) + first) / float64(t.calls+1)
	k.slices[database] = w.lognormal(size*t.work[database], t.scv) / float64(max(1, t.calls))
	k.snapshot = w.commits
	k.rows = k.rows[:0]
	rows := t.lines
	if rows > 0 && w.perLine > 0 {
		rows = k.lines
	}
	from, of := 0, len(w.row)-w.more
	if t.of > 0 {
		from, of = len(w.row)-w.more, t.of
	}
	if k.document != nil && rows > 0 && from == 0 {
		k.rows = append(k.rows, k.document...)
		rows = 0
	}
	for len(k.rows) < min(rows, of) {
		if r := from + w.random.IntN(of); !slices.Contains(k.rows, r) {
			k.rows = append(k.rows, r)
		}
	}
	sort.Ints(k.rows)
	w.proceed(k)
}

func (w *world) proceed(k *task) {
	t := w.steps[k.class]
	total := 2*t.calls + 1
	if len(k.rows) > 0 && !k.touched && float64(k.step) >= t.touch*float64(total) {
		w.touch(k)
		return
	}
	if k.step >= total {
		w.finish(k)
		return
	}
	st := k.step % 2
	if st == database {
		k.queries++
	}
	k.left, k.since = k.slices[st], w.now
	w.at[st] = append(w.at[st], k)
}

func (w *world) touch(k *task) {
	if w.skips {
		w.skim(k)
		return
	}
	for _, r := range k.rows {
		if w.row[r].committed > k.snapshot {
			w.lose(k)
			return
		}
	}
	for _, r := range k.rows {
		if h := w.row[r].holder; h != nil {
			k.since = w.now
			h.waiters = append(h.waiters, k)
			return
		}
	}
	k.taken = k.taken[:0]
	for _, r := range k.rows {
		w.row[r].holder = k
		k.taken = append(k.taken, &w.row[r])
	}
	k.holds, k.touched = true, true
	w.proceed(k)
}

// skim takes of each row the first copy that it sees and nobody holds, or a new one.
func (w *world) skim(k *task) {
	k.taken = k.taken[:0]
	k.holds, k.touched = true, true
	for _, n := range k.rows {
		r := &w.row[n]
		var found *worldRow
		for _, c := range append([]*worldRow{r}, r.copies...) {
			if c.born > k.snapshot {
				continue
			}
			if c.committed > k.snapshot {
				w.lose(k)
				return
			}
			if c.holder == nil {
				found = c
				break
			}
		}
		if found == nil {
			found = &worldRow{born: math.MaxInt}
			r.copies = append(r.copies, found)
		}
		found.holder = k
		k.taken = append(k.taken, found)
	}
	w.proceed(k)
}

func (w *world) release(k *task, commit bool) {
	if k.holds {
		if commit {
			w.commits++
		}
		for _, r := range k.taken {
			r.holder = nil
			if commit {
				r.committed, r.born = w.commits, min(r.born, w.commits)
			}
		}
		k.holds = false
	}
	waiters := k.waiters
	k.waiters = nil
	for _, o := range waiters {
		o.wall[database] += w.now - o.since
		w.touch(o)
	}
}

func (w *world) lose(k *task) {
	w.release(k, false)
	if k.tries == 5 {
		w.finish(k)
		return
	}
	d := w.random.Float64() * math.Exp2(float64(k.tries))
	k.slept += d
	w.after(d, func() { w.try(k) })
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }

func (w *world) finish(k *task) {
	w.release(k, true)
	w.free = append(w.free, k.pid)
	sql := k.wall[database]
	w.out.server = append(w.out.server, headroom.ServerRequest{
		End: round(w.now), PID: k.pid, Arrival: k.key.arrival, N: k.key.n, Status: 200, Queries: k.queries,
		SQL: round(sql), Other: round(w.now - k.began - sql), Tries: k.tries, Sleep: k.slept,
	})
	w.hire()
	w.after(parse, k.done)
}
