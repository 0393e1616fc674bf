package results

import (
	"fmt"
	"math"
	"strings"

	"github.com/headroom-erp/headroom"
)

// A table couples a record type with its columns: a run is read in the order of
// compare, which begins with the time that at gives; put binds a record, get is
// put's inverse.
type table[T any] struct {
	name    string
	columns []string
	time    string // the column of at
	at      func(*T) float64
	order   string // compare in SQL
	put     func(*binder, *T)
	get     func(*cells) T
	compare func(a, b *T) int
}

func (t *table[T]) insert() string {
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (?%s)", t.name,
		strings.Join(t.columns, ", "), strings.Repeat(", ?", len(t.columns)-1))
}

// query selects the rows; what says which and in which order follows it.
func (t *table[T]) query() string {
	return fmt.Sprintf("SELECT %s FROM %s", strings.Join(t.columns, ", "), t.name)
}

var journeys = table[headroom.Journey]{
	name: "journey",
	columns: []string{"arrival", "site", "process", "kind", "scheduled", "start", `"end"`,
		"timer_late", "vu_wait", "design_wait", "outcome", "lines", "attempts", "error"},
	time: `scheduled`, at: func(v *headroom.Journey) float64 { return v.Scheduled },
	order: "scheduled, arrival, rowid",
	put: func(b *binder, j *headroom.Journey) {
		b.int(int64(j.Arrival))
		b.word(j.Site)
		b.word(j.Process)
		b.int(int64(j.Kind))
		b.float(j.Scheduled)
		b.float(j.Start)
		b.float(j.End)
		b.float(j.TimerLate)
		b.float(j.VUWait)
		b.float(j.DesignWait)
		b.word(string(j.Outcome))
		b.int(int64(j.Lines))
		b.int(int64(j.Attempts))
		b.textOrNull(j.Error)
	},
	get: func(c *cells) headroom.Journey {
		return headroom.Journey{
			Arrival: uint64(c.int()), Site: c.word(), Process: c.word(), Kind: headroom.Kind(c.int()),
			Scheduled: c.float(), Start: c.float(), End: c.float(),
			TimerLate: c.float(), VUWait: c.float(), DesignWait: c.float(),
			Outcome: headroom.Outcome(c.word()), Lines: int(c.int()), Attempts: int(c.int()), Error: c.text(),
		}
	},
	compare: func(a, b *headroom.Journey) int {
		return before(a.Scheduled, b.Scheduled, a.Arrival, b.Arrival, 0, 0)
	},
}

var requests = table[headroom.Request]{
	name: "request",
	columns: []string{"arrival", "n", "site", "process", "step", "protocol", "start", `"end"`,
		"outcome", "status", "bytes", "error"},
	time: `start`, at: func(v *headroom.Request) float64 { return v.Start },
	order: "start, arrival, n, rowid",
	put: func(b *binder, r *headroom.Request) {
		b.int(int64(r.Arrival))
		b.int(int64(r.N))
		b.word(r.Site)
		b.word(r.Process)
		b.word(r.Step)
		b.word(r.Protocol)
		b.float(r.Start)
		b.float(r.End)
		b.word(string(r.Outcome))
		b.int(int64(r.Status))
		b.int(r.Bytes)
		b.textOrNull(r.Error)
	},
	get: func(c *cells) headroom.Request {
		return headroom.Request{
			Arrival: uint64(c.int()), N: int(c.int()), Site: c.word(), Process: c.word(), Step: c.word(),
			Protocol: c.word(), Start: c.float(), End: c.float(), Outcome: headroom.Outcome(c.word()),
			Status: int(c.int()), Bytes: c.int(), Error: c.text(),
		}
	},
	compare: func(a, b *headroom.Request) int {
		return before(a.Start, b.Start, a.Arrival, b.Arrival, a.N, b.N)
	},
}

var serverRequests = table[headroom.ServerRequest]{
	name: "server_request",
	columns: []string{`"end"`, "pid", "database", "arrival", "n", "path", "status", "queries",
		"sql", "other", "tries", "sleep"},
	time: `"end"`, at: func(v *headroom.ServerRequest) float64 { return v.End },
	order: `"end", arrival, n, rowid`,
	put: func(b *binder, s *headroom.ServerRequest) {
		b.float(s.End)
		b.int(int64(s.PID))
		b.word(s.Database)
		b.int(int64(s.Arrival))
		b.int(int64(s.N))
		b.text(s.Path)
		b.int(int64(s.Status))
		b.int(int64(s.Queries))
		b.float(s.SQL)
		b.float(s.Other)
		b.int(int64(s.Tries))
		b.float(s.Sleep)
	},
	get: func(c *cells) headroom.ServerRequest {
		return headroom.ServerRequest{
			End: c.float(), PID: int(c.int()), Database: c.word(), Arrival: uint64(c.int()), N: int(c.int()),
			Path: c.shared(), Status: int(c.int()), Queries: int(c.int()), SQL: c.float(), Other: c.float(),
			Tries: int(c.int()), Sleep: c.float(),
		}
	},
	compare: func(a, b *headroom.ServerRequest) int {
		return before(a.End, b.End, a.Arrival, b.Arrival, a.N, b.N)
	},
}

var samples = table[headroom.Sample]{
	name:    "sample",
	columns: []string{"t", "probe", "subject", "metric", "value"},
	time:    "t", at: func(v *headroom.Sample) float64 { return v.T },
	order: "t, rowid",
	put: func(b *binder, s *headroom.Sample) {
		b.float(s.T)
		b.word(s.Probe)
		b.word(s.Subject)
		b.word(s.Metric)
		b.float(s.Value)
	},
	get: func(c *cells) headroom.Sample {
		return headroom.Sample{T: c.float(), Probe: c.word(), Subject: c.word(), Metric: c.word(), Value: c.float()}
	},
	compare: func(a, b *headroom.Sample) int { return before(a.T, b.T, 0, 0, 0, 0) },
}

var gaps = table[headroom.Gap]{
	name:    "gap",
	columns: []string{"t", "probe", "reason"},
	time:    "t", at: func(v *headroom.Gap) float64 { return v.T },
	order: "t, rowid",
	put: func(b *binder, g *headroom.Gap) {
		b.float(g.T)
		b.word(g.Probe)
		b.text(g.Reason)
	},
	get: func(c *cells) headroom.Gap {
		return headroom.Gap{T: c.float(), Probe: c.word(), Reason: c.text()}
	},
	compare: func(a, b *headroom.Gap) int { return before(a.T, b.T, 0, 0, 0, 0) },
}

var documents = table[headroom.DocumentEvent]{
	name:    "document",
	columns: []string{"t", "site", "kind", "document", "done", "due", "arrival"},
	time:    "t", at: func(v *headroom.DocumentEvent) float64 { return v.T },
	order: "t, arrival, rowid",
	put: func(b *binder, d *headroom.DocumentEvent) {
		done := int64(0)
		if d.Done {
			done = 1
		}
		b.float(d.T)
		b.word(d.Site)
		b.word(d.Kind)
		b.int(d.Document)
		b.int(done)
		b.float(d.Due)
		b.int(int64(d.Arrival))
	},
	get: func(c *cells) headroom.DocumentEvent {
		return headroom.DocumentEvent{T: c.float(), Site: c.word(), Kind: c.word(), Document: c.int(),
			Done: c.int() != 0, Due: c.float(), Arrival: uint64(c.int())}
	},
	compare: func(a, b *headroom.DocumentEvent) int { return before(a.T, b.T, a.Arrival, b.Arrival, 0, 0) },
}

// before orders by time, then arrival, then n. A time that is not a number
// comes first, as NULL does in SQLite.
func before(at, bt float64, aa, ba uint64, an, bn int) int {
	switch {
	case at < bt || math.IsNaN(at) && !math.IsNaN(bt):
		return -1
	case at > bt || math.IsNaN(bt) && !math.IsNaN(at):
		return 1
	case aa != ba:
		if aa < ba {
			return -1
		}
		return 1
	}
	return an - bn
}

// A binder binds the arguments of one insert, from left to right. Words get
// their ids here.
type binder struct {
	*stmt
	words map[string]int64
	fresh []string // words that have an id and no row yet
}

func (b *binder) int(v int64)     { b.putInt(v) }
func (b *binder) float(v float64) { b.putFloat(v) }
func (b *binder) text(v string)   { b.putText(v) }

func (b *binder) textOrNull(v string) {
	if v == "" {
		b.putNull()
		return
	}
	b.putText(v)
}

func (b *binder) word(v string) {
	id, ok := b.words[v]
	if !ok {
		v = strings.Clone(v) // not the whole line that it was cut from
		id = int64(len(b.words) + 1)
		b.words[v] = id
		b.fresh = append(b.fresh, v)
	}
	b.putInt(id)
}

// cells reads one row from left to right.
type cells struct {
	*stmt
	words words
	texts map[string]string
}

// words are a part's, by id.
type words []string

// more reads the words that were added since the last call.
func (w *words) more(d *db) error {
	return d.each(fmt.Sprintf("SELECT id, word FROM words WHERE id > %d ORDER BY id", len(*w)), func(s *stmt) error {
		id, word := s.int(), string(s.bytes())
		if s.err == nil && id != int64(len(*w)+1) {
			return fmt.Errorf("word %d is followed by word %d", len(*w), id)
		}
		*w = append(*w, word)
		return s.err
	})
}

func (c *cells) word() string {
	id := c.int()
	if id < 1 || id > int64(len(c.words)) {
		if c.err == nil {
			c.err = fmt.Errorf("column %d names word %d, which the part does not have", c.next, id)
		}
		return ""
	}
	return c.words[id-1]
}

func (c *cells) text() string { return string(c.bytes()) }

// maxShared bounds the texts that one pass keeps to share.
const maxShared = 10000

// shared is text for a column whose texts mostly repeat.
func (c *cells) shared() string {
	b := c.bytes()
	if t, ok := c.texts[string(b)]; ok {
		return t
	}
	s := string(b)
	if len(c.texts) < maxShared {
		c.texts[s] = s
	}
	return s
}
