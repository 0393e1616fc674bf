package odoo

import (
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

// staleConflict: a worker cannot be retrying longer than this. The tries of
// one request sleep at most 2+4+8+16 s, and Odoo kills a worker at its time
// limits; conflict lines that are older belong to a worker that died.
const staleConflict = 10 * time.Minute

// maxInterned bounds the texts that a Joiner keeps for good.
const maxInterned = 1 << 14

// A Joiner turns the lines of one server's log, in their order, into requests:
// the conflict lines of a process belong to the next request line of that
// process, because a worker serves one request at a time and writes its line
// at the end. (A server of threads, workers = 0, breaks that.)
// A Joiner is not safe for concurrent use.
type Joiner struct {
	// Untimed counts request lines without figures, which make no record.
	Untimed int
	// Orphans counts conflict lines that no request line followed.
	Orphans int

	start   time.Time
	pending map[int]retries
	texts   map[string]string
	buf     []byte
}

type retries struct {
	count int
	sleep float64
	at    time.Time
}

// NewJoiner measures times from start.
func NewJoiner(start time.Time) *Joiner {
	return &Joiner{start: start, pending: map[int]retries{}, texts: map[string]string{}}
}

// Add takes the next line and returns the request that it completes, if it
// does.
func (j *Joiner) Add(l LogLine) (headroom.ServerRequest, bool) {
	switch l.Kind {
	case ConflictLine:
		r := j.take(l.PID, l.Time)
		j.pending[l.PID] = retries{count: r.count + 1, sleep: r.sleep + l.Sleep, at: l.Time}
		return headroom.ServerRequest{}, false
	case RequestLine:
		r := j.take(l.PID, l.Time)
		if !l.Timed {
			j.Untimed++
			j.Orphans += r.count
			return headroom.ServerRequest{}, false
		}
		return headroom.ServerRequest{
			End: l.Time.Sub(j.start).Seconds(), PID: l.PID, Database: j.intern(l.Database),
			Arrival: l.Arrival, N: l.N, Path: j.path(l), Status: l.Status,
			Queries: l.Queries, SQL: l.SQL, Other: l.Other,
			Tries: 1 + r.count, Sleep: r.sleep,
		}, true
	}
	return headroom.ServerRequest{}, false
}

// Pending is the number of conflict lines whose request is not answered yet.
func (j *Joiner) Pending() int {
	n := 0
	for _, r := range j.pending {
		n += r.count
	}
	return n
}

// take removes what is pending of a process, unless it is too old to be of the
// same request.
func (j *Joiner) take(pid int, now time.Time) retries {
	r, ok := j.pending[pid]
	if !ok {
		return retries{}
	}
	delete(j.pending, pid)
	if now.Sub(r.at) > staleConflict {
		j.Orphans += r.count
		return retries{}
	}
	return r
}

const webhookPrefix = "/web/hook/"

// path is the path with the model and method behind a #, where the line tells
// them and the path does not have them already.
//
// A webhook's address is a secret and is cut off.
func (j *Joiner) path(l LogLine) string {
	if strings.HasPrefix(l.Path, webhookPrefix) {
		return strings.TrimSuffix(webhookPrefix, "/")
	}
	if l.Method == "" || pathNames(l.Path, l.Method) {
		return j.intern(l.Path)
	}
	j.buf = append(append(append(j.buf[:0], l.Path...), '#'), l.Method...)
	if s, ok := j.texts[string(j.buf)]; ok {
		return s
	}
	return j.intern(string(j.buf))
}

// pathNames: path ends in /model/method of "model.method".
func pathNames(path, method string) bool {
	dot := strings.LastIndexByte(method, '.')
	if dot < 0 || len(path) <= len(method) {
		return false
	}
	end := path[len(path)-len(method):]
	return path[len(path)-len(method)-1] == '/' && end[:dot] == method[:dot] && end[dot] == '/' && end[dot+1:] == method[dot+1:]
}

// intern keeps one copy of a text that returns in many lines, so that a record
// does not keep its whole line in memory.
func (j *Joiner) intern(s string) string {
	if kept, ok := j.texts[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	if len(j.texts) < maxInterned {
		j.texts[s] = s
	}
	return s
}
