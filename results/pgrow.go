package results

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/headroom-erp/headroom"
)

// A storeTable couples a record type with the columns of its table in a store.
// One function visits the fields in the order of the columns, to write a record
// and to read it, so that the two cannot differ.
type storeTable[T any] struct {
	name    string
	columns string // without run, part and seq
	order   string // as a run is read; part and seq follow
	visit   func(*fields, *T)
	rows    func(*headroom.Records) []T
}

func (t *storeTable[T]) copyIn() string {
	return fmt.Sprintf("COPY headroom.%s (run, part, seq, %s) FROM STDIN (FORMAT binary)", t.name, t.columns)
}

// width is the number of columns.
func (t *storeTable[T]) width() int { return strings.Count(t.columns, ",") + 1 }

// query reads a run's rows. SQLite puts NULL first, and so do we. rank is the
// order of the parts, an expression.
func (t *storeTable[T]) query(rank string) string {
	return fmt.Sprintf("SELECT part, %s FROM headroom.%s WHERE run = $1 ORDER BY %s, %s, seq", t.columns, t.name, t.order, rank)
}

var storeJourneys = storeTable[headroom.Journey]{
	name: "journey",
	columns: `arrival, site, process, kind, scheduled, start, "end", ` +
		`timer_late, vu_wait, design_wait, outcome, lines, attempts, error`,
	order: "scheduled NULLS FIRST, arrival",
	rows:  func(r *headroom.Records) []headroom.Journey { return r.Journeys },
	visit: func(f *fields, j *headroom.Journey) {
		integer(f, &j.Arrival)
		word(f, &j.Site)
		word(f, &j.Process)
		integer(f, &j.Kind)
		f.float(&j.Scheduled)
		f.float(&j.Start)
		f.float(&j.End)
		f.float(&j.TimerLate)
		f.float(&j.VUWait)
		f.float(&j.DesignWait)
		word(f, &j.Outcome)
		integer(f, &j.Lines)
		integer(f, &j.Attempts)
		f.textOrNull(&j.Error)
	},
}

var storeRequests = storeTable[headroom.Request]{
	name:    "request",
	columns: `arrival, n, site, process, step, protocol, start, "end", outcome, status, bytes, error`,
	order:   "start NULLS FIRST, arrival, n",
	rows:    func(r *headroom.Records) []headroom.Request { return r.Requests },
	visit: func(f *fields, r *headroom.Request) {
		integer(f, &r.Arrival)
		integer(f, &r.N)
		word(f, &r.Site)
		word(f, &r.Process)
		word(f, &r.Step)
		word(f, &r.Protocol)
		f.float(&r.Start)
		f.float(&r.End)
		word(f, &r.Outcome)
		integer(f, &r.Status)
		integer(f, &r.Bytes)
		f.textOrNull(&r.Error)
	},
}

var storeServer = storeTable[headroom.ServerRequest]{
	name:    "server_request",
	columns: `"end", pid, database, arrival, n, path, status, queries, sql, other, tries, sleep`,
	order:   `"end" NULLS FIRST, arrival, n`,
	rows:    func(r *headroom.Records) []headroom.ServerRequest { return r.Server },
	visit: func(f *fields, s *headroom.ServerRequest) {
		f.float(&s.End)
		integer(f, &s.PID)
		word(f, &s.Database)
		integer(f, &s.Arrival)
		integer(f, &s.N)
		f.shared(&s.Path)
		integer(f, &s.Status)
		integer(f, &s.Queries)
		f.float(&s.SQL)
		f.float(&s.Other)
		integer(f, &s.Tries)
		f.float(&s.Sleep)
	},
}

var storeSamples = storeTable[headroom.Sample]{
	name:    "sample",
	columns: "t, probe, subject, metric, value",
	order:   "t NULLS FIRST",
	rows:    func(r *headroom.Records) []headroom.Sample { return r.Samples },
	visit: func(f *fields, s *headroom.Sample) {
		f.float(&s.T)
		word(f, &s.Probe)
		word(f, &s.Subject)
		word(f, &s.Metric)
		f.float(&s.Value)
	},
}

var storeGaps = storeTable[headroom.Gap]{
	name:    "gap",
	columns: "t, probe, reason",
	order:   "t NULLS FIRST",
	rows:    func(r *headroom.Records) []headroom.Gap { return r.Gaps },
	visit: func(f *fields, g *headroom.Gap) {
		f.float(&g.T)
		word(f, &g.Probe)
		f.text(&g.Reason)
	},
}

var storeDocuments = storeTable[headroom.DocumentEvent]{
	name:    "document",
	columns: "t, site, kind, document, done, due, arrival",
	order:   "t NULLS FIRST, arrival",
	rows:    func(r *headroom.Records) []headroom.DocumentEvent { return r.Documents },
	visit: func(f *fields, d *headroom.DocumentEvent) {
		done := 0
		if d.Done {
			done = 1
		}
		f.float(&d.T)
		word(f, &d.Site)
		word(f, &d.Kind)
		integer(f, &d.Document)
		integer(f, &done)
		f.float(&d.Due)
		integer(f, &d.Arrival)
		d.Done = done != 0
	},
}

// fields writes rows in the binary format of COPY, or reads them: the format of
// a field is the same, its big-endian bytes.
// (PostgreSQL documentation, "COPY", file formats, binary format.)
type fields struct {
	reading bool

	// Writing.
	out   []byte
	ids   map[string]int64
	fresh []string // words that have an id and no row yet

	// Reading.
	row   [][]byte // nil is NULL
	next  int
	words map[int64]string // of the row's part
	texts map[string]string
	err   error
}

// copyHead begins a COPY in binary format: its signature, no flags, no extension.
const copyHead = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"

// copyTail ends it: a row of -1 fields.
const copyTail = "\xff\xff"

func (f *fields) begin(columns int) { f.out = binary.BigEndian.AppendUint16(f.out, uint16(columns)) }

func (f *fields) putInt32(v int32) {
	f.out = binary.BigEndian.AppendUint32(f.out, 4)
	f.out = binary.BigEndian.AppendUint32(f.out, uint32(v))
}

func (f *fields) put64(v uint64) {
	f.out = binary.BigEndian.AppendUint32(f.out, 8)
	f.out = binary.BigEndian.AppendUint64(f.out, v)
}

func (f *fields) putNull() { f.out = binary.BigEndian.AppendUint32(f.out, math.MaxUint32) }

func (f *fields) putText(v string) {
	if strings.IndexByte(v, 0) >= 0 || !utf8.ValidString(v) {
		v = storable(v)
	}
	f.out = binary.BigEndian.AppendUint32(f.out, uint32(len(v)))
	f.out = append(f.out, v...)
}

// storable is v with a mark for each byte that PostgreSQL's text cannot hold.
func storable(v string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(v, "\uFFFD"), "\x00", "\uFFFD")
}

// take is the next field of a row that is read, of the given size.
func (f *fields) take(size int, what string) []byte {
	v := f.row[f.next]
	f.next++
	if len(v) != size {
		if f.err == nil {
			f.err = fmt.Errorf("field %d is not %s", f.next, what)
		}
		return nil
	}
	return v
}

func integer[T ~int | ~int64 | ~uint64 | ~uint8](f *fields, v *T) {
	if !f.reading {
		f.put64(uint64(*v))
		return
	}
	if b := f.take(8, "an integer"); b != nil {
		*v = T(binary.BigEndian.Uint64(b))
	}
}

// float keeps what is not a number as NULL, as SQLite does.
func (f *fields) float(v *float64) {
	switch {
	case f.reading && f.row[f.next] == nil:
		*v = math.NaN()
		f.next++
	case f.reading:
		if b := f.take(8, "a number"); b != nil {
			*v = math.Float64frombits(binary.BigEndian.Uint64(b))
		}
	case math.IsNaN(*v):
		f.putNull()
	default:
		f.put64(math.Float64bits(*v))
	}
}

func (f *fields) text(v *string) {
	if !f.reading {
		f.putText(*v)
		return
	}
	*v = string(f.row[f.next])
	f.next++
}

func (f *fields) textOrNull(v *string) {
	if !f.reading && *v == "" {
		f.putNull()
		return
	}
	f.text(v)
}

// shared is text for a column whose texts mostly repeat.
func (f *fields) shared(v *string) {
	if !f.reading {
		f.putText(*v)
		return
	}
	b := f.row[f.next]
	f.next++
	if s, ok := f.texts[string(b)]; ok {
		*v = s
		return
	}
	*v = string(b)
	if len(f.texts) < maxShared {
		f.texts[*v] = *v
	}
}

func word[T ~string](f *fields, v *T) {
	if !f.reading {
		f.put64(uint64(f.id(string(*v))))
		return
	}
	if b := f.take(8, "a word"); b != nil {
		w, ok := f.words[int64(binary.BigEndian.Uint64(b))]
		if !ok && f.err == nil {
			f.err = fmt.Errorf("field %d names a word that the part does not have", f.next)
		}
		*v = T(w)
	}
}

func (f *fields) id(v string) int64 {
	id, ok := f.ids[v]
	if !ok {
		v = strings.Clone(v) // not the whole line that it was cut from
		id = int64(len(f.ids) + 1)
		f.ids[v] = id
		f.fresh = append(f.fresh, v)
	}
	return id
}
