package learn

import (
	"math"
	"strings"

	"github.com/headroom-erp/headroom/odoo"
)

// An Accumulator takes the lines of one system's logs in the order of their
// times. It is not safe for concurrent use.
type Accumulator struct {
	options Options
	namer   *namer
	anchors []anchor // by class: what its arrivals are kept for
	report  Counts

	tenants  []string
	byTenant map[string]int32
	volume   []int // requests by tenant

	pending   map[worker]retries
	warmed    map[warm]bool
	conflicts map[string]int
	registry  moments

	from, to float64 // of the log's lines
	far      int     // lines in a row whose time is far off
	buffer   []request
	sweep    sweep
	tallies  []*tally           // by class
	counts   map[where]*counter // by class and tenant
	minutes  minutes
	crew     crew
	clock    clock
	seen     map[int64]int // requests by quarters of an hour since 1970
	gaps     []gap         // known when all lines were added
	groups   []*group
	cpu      [2][]Point
	snaps    []Snapshot
}

// Counts are what a log consists of.
type Counts struct {
	Lines     int `json:"lines"`
	Requests  int `json:"requests"`  // that say how long they took
	Untimed   int `json:"untimed"`   // request lines without figures: files, requests outside of a worker
	Waiting   int `json:"waiting"`   // of the bus, which hold no worker
	Damaged   int `json:"damaged"`   // lines that are torn or say impossible things
	Cold      int `json:"cold"`      // first requests of a worker to a database
	Faults    int `json:"faults"`    // answered by a status of 500 and above
	Retried   int `json:"retried"`   // requests that lost a conflict at least once
	Exhausted int `json:"exhausted"` // that lost all of their tries
	Orphans   int `json:"orphans"`   // lost tries whose request never came
	Backwards int `json:"backwards"` // lines that came more than a minute after later ones
}

// where are requests of a class in a tenant.
type where struct{ class, tenant int32 }

// New starts an empty accumulator.
func New(o Options) *Accumulator {
	o = o.withDefaults()
	a := &Accumulator{
		options: o, namer: newNamer(), byTenant: map[string]int32{}, pending: map[worker]retries{}, warmed: map[warm]bool{},
		conflicts: map[string]int{}, counts: map[where]*counter{}, clock: clock{zone: o.Zone}, seen: map[int64]int{},
		from: math.Inf(1), to: math.Inf(-1),
	}
	a.sweep = newSweep(o)
	a.crew.seen = map[worker]bool{}
	return a
}

// Add takes a line of one of the servers, which are numbered from 0: processes
// of different servers may have the same number. Lines come in the order of
// their times, give or take a minute.
func (a *Accumulator) Add(server int, l odoo.LogLine) {
	a.report.Lines++
	if l.Kind == odoo.Continuation {
		return
	}
	t := float64(l.Time.UnixMilli()) / 1e3
	if !a.plausible(t) {
		a.report.Damaged++
		return
	}
	if t < a.to-60 {
		a.report.Backwards++
	}
	switch l.Kind {
	case odoo.ConflictLine, odoo.ExhaustedLine:
		a.conflict(server, &l, t)
	case odoo.RequestLine:
		a.from, a.to = min(a.from, t), max(a.to, t)
		r, ok := a.request(server, &l, t)
		if !ok {
			return
		}
		a.report.Requests++
		if r.tries > 1 {
			a.report.Retried++
		}
		a.volume[r.tenant]++
		a.count(&r)
		a.crew.add(worker{server, l.PID}, t)
		a.buffer = append(a.buffer, r)
		if len(a.buffer) >= mostBuffered || a.to-a.buffer[0].end > span {
			a.flush(a.to - patience)
			if len(a.buffer) > mostBuffered/2 {
				a.flush(a.to) // too many at once to wait for those that are longest
			}
		}
	case odoo.OtherLine:
		if l.Event != odoo.NoEvent {
			a.event(server, &l)
		}
	}
}

// leap is the seconds between two lines beyond which the later one's time is
// taken for torn, until many say the same.
const (
	leap    = 40 * 86_400
	believe = 20
)

func (a *Accumulator) plausible(t float64) bool {
	if a.to < a.from || math.Abs(t-a.to) < leap {
		a.far = 0
		return true
	}
	a.far++
	return a.far > believe
}

// Span is the time of the lines so far, in seconds since 1970.
func (a *Accumulator) Span() (from, to float64) { return a.from, a.to }

// Damaged counts lines that could not be read.
func (a *Accumulator) Damaged(n int) { a.report.Damaged += n }

// How many requests wait for those that were beside them: what began before a
// request ended may end later, but seldom by more than patience seconds.
const (
	span         = 600 // seconds
	patience     = 150
	mostBuffered = 400_000
)

func (a *Accumulator) tenant(database string) int32 {
	if t, ok := a.byTenant[database]; ok {
		return t
	}
	database = strings.Clone(database)
	t := int32(len(a.tenants))
	a.tenants, a.volume = append(a.tenants, database), append(a.volume, 0)
	a.byTenant[database] = t
	return t
}

// flush sweeps over everything up to a moment, and tallies the requests that
// have ended by then.
func (a *Accumulator) flush(until float64) {
	done := a.sweep.run(a.buffer, until, a.shareOf)
	for i := range done {
		a.tallyOf(done[i].class).add(&done[i])
		a.minutes.add(&done[i])
	}
	a.overlap(done, until)
	a.buffer = a.sweep.rest(a.buffer)
}

func (a *Accumulator) tallyOf(class int32) *tally {
	for int(class) >= len(a.tallies) {
		a.tallies = append(a.tallies, nil)
	}
	if a.tallies[class] == nil {
		a.tallies[class] = &tally{}
	}
	return a.tallies[class]
}

// shareOf is the database's share of a request's work: its class' as far as it
// is known, else its own.
func (a *Accumulator) shareOf(r *request) float64 {
	const enough = 50
	if int(r.class) < len(a.tallies) {
		if t := a.tallies[r.class]; t != nil && t.clean >= enough {
			if all := t.sum[app] + t.sum[database]; all > 0 {
				return t.sum[database] / all
			}
		}
	}
	if all := r.active(); all > 0 {
		return r.sql / all
	}
	return 0.5
}
