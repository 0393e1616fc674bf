package learn

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom/odoo"
)

// A world makes the log of a small system, apart from models/sim: a pool of
// workers, two processor-sharing stations, requests that go to and fro between
// them. Its demands are known.
type world struct {
	workers int
	cores   [2]float64
	shared  bool // both stations are one, of cores[0]
	classes []truth
	span    float64 // seconds
	seed    uint64
	busy    [2]float64
}

type truth struct {
	name string // model.method
	rate float64
	work [2]float64
	cv   float64 // of a request's size
	at   string  // database; "" is prod
}

// job is a request of the world.
type job struct {
	class  int
	asked  float64
	begun  float64
	pid    int
	left   [2 * calls]float64 // seconds of slices, app and database in turn
	slice  int
	since  float64
	wall   [2]float64
	attain float64 // of the station's clock at which the slice is done
}

const calls = 4 // slices at each station

// ps is a processor-sharing station: its clock is the service that each has had.
type ps struct {
	cores float64
	clock float64
	at    float64
	jobs  jobHeap
}

type jobHeap []*job

func (h jobHeap) Len() int           { return len(h) }
func (h jobHeap) Less(i, j int) bool { return h[i].attain < h[j].attain }
func (h jobHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *jobHeap) Push(x any)        { *h = append(*h, x.(*job)) }
func (h *jobHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

func (p *ps) rate() float64 { return math.Min(1, p.cores/float64(len(p.jobs))) }

func (p *ps) to(t float64) {
	if len(p.jobs) > 0 {
		p.clock += (t - p.at) * p.rate()
	}
	p.at = t
}

func (p *ps) next() float64 {
	if len(p.jobs) == 0 {
		return math.Inf(1)
	}
	return p.at + (p.jobs[0].attain-p.clock)/p.rate()
}

// begin is when every world's log begins: a Monday.
var begin = time.Date(2026, 11, 16, 6, 0, 0, 0, time.UTC)

// lines are the log's, in the order in which they were written.
func (w *world) lines() (out []odoo.LogLine) {
	random := rand.New(rand.NewPCG(w.seed, 7))
	var arrivals []*job
	for c, k := range w.classes {
		for t := random.ExpFloat64() / k.rate; t < w.span; t += random.ExpFloat64() / k.rate {
			j := &job{class: c, asked: t}
			sigma := math.Sqrt(math.Log1p(k.cv * k.cv))
			for st := range 2 {
				size := k.work[st] * math.Exp(sigma*random.NormFloat64()-sigma*sigma/2)
				for i := range calls {
					j.left[2*i+st] = size / calls
				}
			}
			arrivals = append(arrivals, j)
		}
	}
	slices.SortFunc(arrivals, func(a, b *job) int { return int(math.Copysign(1, a.asked-b.asked)) })
	stations := [2]*ps{{cores: w.cores[0]}, {cores: w.cores[1]}}
	if w.shared {
		stations[1] = stations[0]
	}
	var free []int
	for i := range w.workers {
		free = append(free, 100+i)
	}
	var queue []*job
	put := func(j *job, t float64) {
		p := stations[j.slice%2]
		p.to(t)
		j.since, j.attain = t, p.clock+j.left[j.slice]
		heap.Push(&p.jobs, j)
	}
	admit := func(t float64) {
		for len(queue) > 0 && len(free) > 0 {
			j := queue[0]
			queue = queue[1:]
			j.pid, j.begun = free[0], t
			free = free[1:]
			put(j, t)
		}
	}
	for n := 0; ; {
		t, which := math.Inf(1), -1
		if n < len(arrivals) {
			t, which = arrivals[n].asked, 2
		}
		for st, p := range stations {
			if x := p.next(); x < t {
				t, which = x, st
			}
		}
		if which < 0 {
			return out
		}
		if which == 2 {
			queue = append(queue, arrivals[n])
			n++
			admit(t)
			continue
		}
		p := stations[which]
		p.to(t)
		j := heap.Pop(&p.jobs).(*job)
		j.wall[j.slice%2] += t - j.since
		w.busy[j.slice%2] += j.left[j.slice]
		if j.slice++; j.slice < len(j.left) {
			put(j, t)
			continue
		}
		free = append(free, j.pid)
		out = append(out, w.line(j, t))
		admit(t)
	}
}

func (w *world) line(j *job, t float64) odoo.LogLine {
	k := w.classes[j.class]
	database := k.at
	if database == "" {
		database = "prod"
	}
	return odoo.LogLine{Kind: odoo.RequestLine, Time: moment(t), PID: j.pid, Level: "INFO", Database: database, Logger: "werkzeug", Client: "10.1.2.3",
		Verb: "POST", Path: "/web/dataset/call_kw", Method: k.name, Proto: "HTTP/1.1", Status: 200, Size: -1, Left: -1,
		Timed: true, Queries: 10, SQL: math.Round(j.wall[1]*1000) / 1000, Other: math.Round(j.wall[0]*1000) / 1000}
}

func moment(t float64) time.Time {
	return begin.Add(time.Duration(math.Round(t*1000)) * time.Millisecond)
}

// learned is what an accumulator says of lines of one server.
func learned(t testing.TB, o Options, lines []odoo.LogLine, more ...func(*Accumulator)) Learned {
	t.Helper()
	a := New(o)
	for _, l := range lines {
		a.Add(0, l)
	}
	for _, f := range more {
		f(a)
	}
	out, err := a.Learn()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// warehouse is a system of six workers, with half of its app cores busy.
func warehouse(scale float64, seed uint64) *world {
	return &world{workers: 6, cores: [2]float64{1.5, 1}, span: 3600, seed: seed, classes: []truth{
		{name: "sale.order.create", rate: 1.6 * scale, work: [2]float64{0.07, 0.022}, cv: 0.5},
		{name: "sale.order.action_confirm", rate: 1.6 * scale, work: [2]float64{0.104, 0.061}, cv: 0.5},
		{name: "stock.picking.button_validate", rate: 1.5 * scale, work: [2]float64{0.115, 0.06}, cv: 0.6},
		{name: "product.product.search_read", rate: 12 * scale, work: [2]float64{0.014, 0.005}, cv: 0.4},
		{name: "purchase.order.button_confirm", rate: 0.5 * scale, work: [2]float64{0.09, 0.05}, cv: 0.5},
		{name: "account.move.action_post", rate: 0.4 * scale, work: [2]float64{0.15, 0.05}, cv: 0.7},
		{name: "res.partner.name_search", rate: 3 * scale, work: [2]float64{0.007, 0.006}, cv: 0.4},
	}}
}

// Known demands are recovered, from a busy hour whose cores are known, and from
// a quiet one whose cores are not: within 10 % at the app and 5 % at the
// database on average, with intervals that cover.
func TestRecoversDemands(t *testing.T) {
	for what, c := range map[string]struct {
		scale float64
		known bool
	}{"busy, cores known": {1, true}, "half as busy, cores known": {0.5, true}, "quiet, cores unknown": {0.15, false}} {
		var wrong [2]float64
		var covered, n float64
		for seed := range uint64(4) {
			w := warehouse(c.scale, seed+1)
			o := Options{Seed: seed}
			if c.known {
				o.AppCores, o.DatabaseCores = w.cores[0], w.cores[1]
			}
			for _, k := range learned(t, o, w.lines()).Report.Classes {
				at := slices.IndexFunc(w.classes, func(x truth) bool { return x.name == k.Name })
				for st, name := range stationNames {
					d, want := k.Demand[name], w.classes[at].work[st]
					wrong[st] += math.Abs(d.Value/want-1) / float64(len(w.classes))
					if d.Low <= want && d.High >= want {
						covered++
					}
					n++
				}
			}
		}
		t.Logf("%s: app %.1f %%, database %.1f %% off, %.0f %% covered", what, 100*wrong[0]/4, 100*wrong[1]/4, 100*covered/n)
		if wrong[0]/4 > 0.10 || wrong[1]/4 > 0.05 {
			t.Errorf("%s: app %.1f %%, database %.1f %% off", what, 100*wrong[0]/4, 100*wrong[1]/4)
		}
		if covered < 0.8*n {
			t.Errorf("%s: %.0f of %.0f intervals cover", what, covered, n)
		}
	}
}

// A shared host is one station for both, whose cores all requests share: what is
// taken off is that of both kinds of work.
func TestRecoversDemandsOfASharedHost(t *testing.T) {
	var wrong, stretched [2]float64
	var n float64
	for seed := range uint64(3) {
		w := warehouse(1, seed+30)
		w.shared, w.cores = true, [2]float64{2, 0}
		lines := w.lines()
		for _, k := range learned(t, Options{AppCores: 2, SharedHost: true, Seed: seed}, lines).Report.Classes {
			at := slices.IndexFunc(w.classes, func(x truth) bool { return x.name == k.Name })
			var wall [2]float64
			for _, l := range lines {
				if l.Method == k.Name {
					wall[app], wall[database] = wall[app]+l.Other, wall[database]+l.SQL
				}
			}
			n++
			for st, name := range stationNames {
				d, want := k.Demand[name], w.classes[at].work[st]
				if d.Method != "request log, stretch taken off" {
					t.Errorf("%s: %+v", k.Name, d)
				}
				wrong[st] += math.Abs(d.Value/want - 1)
				stretched[st] += wall[st]/float64(k.Count)/want - 1
			}
		}
	}
	t.Logf("app %.1f %%, database %.1f %% off; times stretched by %.0f and %.0f %%", 100*wrong[app]/n, 100*wrong[database]/n, 100*stretched[app]/n, 100*stretched[database]/n)
	for st, name := range stationNames {
		if wrong[st]/n > 0.1 || stretched[st]/n < 0.15 {
			t.Errorf("%s: %.1f %% off, of times that are stretched by %.0f %%", name, 100*wrong[st]/n, 100*stretched[st]/n)
		}
	}
}

// Counters of CPU tell what of the log's seconds is CPU, and what is busy besides.
func TestLevelOfCPUSeries(t *testing.T) {
	w := warehouse(0.5, 9)
	w.cores = [2]float64{8, 8} // nothing is stretched: the log's seconds are the work
	lines := w.lines()
	plain := learned(t, Options{AppCores: 8, DatabaseCores: 8}, lines)
	busy := func(st int, factor, idle float64) []Point {
		// By minute, as the log's own requests have it.
		sum := map[int64]float64{}
		for _, l := range lines {
			m := l.Time.Unix() / 60
			sum[m] += [2]float64{l.Other, l.SQL}[st] * factor / 60
		}
		var out []Point
		for m := begin.Unix() / 60; m < begin.Unix()/60+60; m++ {
			out = append(out, Point{float64(m)*60 + 30, sum[m] + idle})
		}
		return out
	}
	got := learned(t, Options{AppCores: 8, DatabaseCores: 8}, lines, func(a *Accumulator) {
		if err := a.CPU("app", busy(app, 0.7, 0.1)); err != nil {
			t.Fatal(err)
		}
		if err := a.CPU("disk", nil); err == nil {
			t.Error("a station that there is not was taken")
		}
	})
	for i, c := range got.Model.Classes {
		was := plain.Model.Classes[i].Demand["app"].Value
		if ratio := c.Demand["app"].Value / was; math.Abs(ratio-0.7) > 0.02 {
			t.Errorf("%s: level %.3f, want 0.7", c.Name, ratio)
		}
		if c.Delay.Value <= 0 {
			t.Errorf("%s: the rest of the seconds is no delay", c.Name)
		}
	}
	if b := got.Model.Background["app"]; math.Abs(b.Value-0.1-0.7*plain.Model.Background["app"].Value) > 0.04 {
		t.Errorf("background %.3f, want 0.1 and 0.7 of %.3f", b.Value, plain.Model.Background["app"].Value)
	}
}

// What the database says it took, less than what the log says it waited.
func TestLevelOfStatements(t *testing.T) {
	w := warehouse(0.15, 4)
	lines := w.lines()
	plain := learned(t, Options{}, lines)
	var sql float64
	for _, l := range lines {
		sql += l.SQL
	}
	at := float64(begin.Unix())
	got := learned(t, Options{}, lines, func(a *Accumulator) {
		a.Statements([]Snapshot{
			{T: at, Database: "prod", Statement: "1", Calls: 500, Seconds: 1000},
			{T: at + 3600, Database: "prod", Statement: "1", Calls: 600, Seconds: 1000 + 0.4*sql, WAL: 9},
			{T: at + 3600, Database: "prod", Statement: "2", Calls: 100, Seconds: 0.2 * sql},
			{T: at, Database: "elsewhere", Statement: "1"}, {T: at + 3600, Database: "elsewhere", Statement: "1", Calls: 9, Seconds: 1e6},
			{T: at, Database: "prod", Statement: "3", Calls: 70, Seconds: 100}, {T: at + 3600, Database: "prod", Statement: "3", Calls: 7, Seconds: 0.2 * sql}, // reset
		})
	})
	s := got.Report.Database
	if s == nil || s.Calls != 207 || s.WAL != 9 || math.Abs(s.Seconds/sql-0.8) > 1e-9 {
		t.Fatalf("%+v, of %.3f s", s, sql)
	}
	for i, c := range got.Model.Classes {
		was := plain.Model.Classes[i].Demand["database"].Value
		if ratio := c.Demand["database"].Value / was; math.Abs(ratio-0.8) > 0.02 {
			t.Errorf("%s: %.3f of the log's seconds, want 0.8", c.Name, ratio)
		}
	}
}

func TestNothingToLearn(t *testing.T) {
	if _, err := New(Options{}).Learn(); err == nil {
		t.Error("an empty log taught something")
	}
}
