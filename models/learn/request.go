package learn

import (
	"math"

	"github.com/headroom-erp/headroom/odoo"
)

// A request is one line of the log, with what the lines before it said.
type request struct {
	start, end float64 // seconds since 1970; it held a worker between them
	sql, other float64 // seconds, sleeps taken off
	class      int32
	tenant     int32
	tries      int32
	clean      bool // its seconds are those of one try that went well

	// Of the sweep.
	share     float64    // of its work that is the database's, by its class
	before    float64    // mean concurrency in the seconds before its start
	crowd     float64    // mean number of others at work while it was
	calm      float64    // uncontended seconds up to its start
	ran       float64    // concurrency summed up to its start
	present   [2]float64 // seconds at each station while somebody was in the way
	progress  [2]float64 // CPU seconds made in them
	work      [2]float64 // CPU seconds
	queries   int32
	exhausted bool
	begun     bool
	ended     bool
}

func (r *request) hold() float64   { return r.end - r.start }
func (r *request) active() float64 { return r.sql + r.other }

// weight is the part of its time that it is at work and not asleep.
func (r *request) weight() float64 {
	if h := r.hold(); h > 0 {
		return min(1, r.active()/h)
	}
	return 1
}

// Bounds of what is believed of a line, in seconds.
const (
	longest       = 6 * 3600
	staleConflict = 600 // a worker cannot be retrying longer than this
)

// worker is a process of one of the servers.
type worker struct {
	server int
	pid    int
}

type retries struct {
	count     int32
	sleep, at float64
	exhausted bool
}

// warm is a worker's registry of a database.
type warm struct {
	worker
	tenant int32
}

// conflict notes a lost try of a worker's present request.
func (a *Accumulator) conflict(server int, l *odoo.LogLine, t float64) {
	w := worker{server, l.PID}
	r := a.take(w, t)
	r.at = t
	if l.Kind == odoo.ExhaustedLine {
		r.exhausted = true
		a.report.Exhausted++
	} else {
		r.count++
		r.sleep += l.Sleep
	}
	a.pending[w] = r
	a.conflicts[conflictName(l.Conflict)]++
}

// conflictName leaves out what a ConcurrencyError quotes.
func conflictName(s string) string {
	switch s {
	case "SERIALIZATION_FAILURE":
		return "serialization"
	case "LOCK_NOT_AVAILABLE":
		return "lock"
	case "DEADLOCK_DETECTED":
		return "deadlock"
	}
	return "concurrency"
}

func (a *Accumulator) take(w worker, t float64) retries {
	r, ok := a.pending[w]
	if !ok {
		return retries{}
	}
	delete(a.pending, w)
	if t-r.at > staleConflict {
		a.report.Orphans += int(r.count)
		return retries{}
	}
	return r
}

// request makes a request of its line; false where the line gives none.
func (a *Accumulator) request(server int, l *odoo.LogLine, t float64) (request, bool) {
	w := worker{server, l.PID}
	tried := a.take(w, t)
	class := a.namer.of(l)
	switch {
	case !l.Timed:
		a.report.Untimed++
		a.report.Orphans += int(tried.count)
		return request{}, false
	case waiting(a.namer.names[class]):
		a.report.Waiting++
		return request{}, false
	case !(l.SQL >= 0) || !(l.Other >= 0) || l.SQL+l.Other > longest:
		a.report.Damaged++
		return request{}, false
	}
	r := request{end: t, sql: l.SQL, other: l.Other, class: class, tenant: a.tenant(l.Database), queries: int32(min(l.Queries, math.MaxInt32)),
		tries: 1 + tried.count, exhausted: tried.exhausted}
	r.start = t - r.sql - r.other
	r.other -= min(tried.sleep, r.other)
	first := warm{w, r.tenant}
	r.clean = r.tries == 1 && !r.exhausted && a.warmed[first] && l.Status > 0 && l.Status < 400
	if !a.warmed[first] {
		a.warmed[first] = true
		a.report.Cold++
	}
	if l.Status >= 500 {
		a.report.Faults++
	}
	return r, true
}

// event notes what a server says of its workers.
func (a *Accumulator) event(server int, l *odoo.LogLine) {
	switch l.Event {
	case odoo.WorkerStarted, odoo.WorkerEnded:
		pid := l.Subject
		if pid == 0 {
			return
		}
		for t := range a.tenants {
			delete(a.warmed, warm{worker{server, pid}, int32(t)})
		}
	case odoo.RegistryLoaded:
		a.registry.add(l.Took)
	}
}
