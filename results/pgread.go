package results

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headroom-erp/headroom"
)

// A StoreRun reads a run from a store, all its parts as one. It implements
// headroom.Run with the orders of a Reader: the same records give the same
// sequences, wherever they are kept. Each sequence has a connection of its own
// and sees what was committed when it began.
type StoreRun struct {
	ctx   context.Context // of the sequences, whose signatures have none
	store *Store
	run   int32
	info  headroom.RunInfo
}

var _ headroom.Run = (*StoreRun)(nil)

// Open opens a run for reading; ctx also ends its sequences. It returns an
// *headroom.InputError when the store has no run of that id.
func (s *Store) Open(ctx context.Context, id string) (*StoreRun, error) {
	r := &StoreRun{ctx: ctx, store: s}
	err := s.with(ctx, "opening the run", func(ctx context.Context, conn *pgx.Conn) (err error) {
		r.run, r.info, err = s.find(ctx, conn, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !r.info.Complete && r.info.Reason == "" {
		r.info.Reason = cutOff
	}
	return r, nil
}

// find is a run's number and description.
func (s *Store) find(ctx context.Context, conn *pgx.Conn, id string) (run int32, info headroom.RunInfo, err error) {
	none := &headroom.InputError{What: "the store has no such run", Where: "store:" + id, Do: "see 'headroom runs --store'"}
	version, err := s.version(ctx, conn)
	if err != nil {
		return 0, info, err
	}
	if version == 0 {
		return 0, info, none
	}
	var data string
	err = conn.QueryRow(ctx, "SELECT run, info::text FROM headroom.run WHERE id = $1", storable(id)).Scan(&run, &data)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, info, none
	}
	if err != nil {
		return 0, info, err
	}
	info, err = readInfo([]byte(data), "store:"+id)
	return run, info, err
}

// Info is what is known of the run; of one that was cut off, also that it was.
func (r *StoreRun) Info() headroom.RunInfo { return r.info }

// Dir is "": the run has no folder.
func (r *StoreRun) Dir() string { return "" }

// Close does nothing: each sequence closes what it needed.
func (r *StoreRun) Close() error { return nil }

// Journeys are ordered by scheduled time, then arrival.
func (r *StoreRun) Journeys() iter.Seq2[headroom.Journey, error] { return stored(r, &storeJourneys) }

// Requests are ordered by start, then arrival and number.
func (r *StoreRun) Requests() iter.Seq2[headroom.Request, error] { return stored(r, &storeRequests) }

// Server is ordered by end, then arrival and number.
func (r *StoreRun) Server() iter.Seq2[headroom.ServerRequest, error] { return stored(r, &storeServer) }

// Samples are ordered by time; those of one time by part, then as recorded.
func (r *StoreRun) Samples() iter.Seq2[headroom.Sample, error] { return stored(r, &storeSamples) }

// Gaps are ordered like Samples.
func (r *StoreRun) Gaps() iter.Seq2[headroom.Gap, error] { return stored(r, &storeGaps) }

// Documents are ordered by time, then arrival.
func (r *StoreRun) Documents() iter.Seq2[headroom.DocumentEvent, error] {
	return stored(r, &storeDocuments)
}

// Arrivals are read from the schedule that the store keeps, each time anew.
func (r *StoreRun) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		file, err := r.File(ScheduleFile)
		if err != nil {
			yield(headroom.Arrival{}, err)
			return
		}
		defer func() { _ = file.Close() }() // only read from
		_, arrivals, err := headroom.ReadSchedule(file)
		if err != nil {
			yield(headroom.Arrival{}, &headroom.MeasureError{What: "cannot read the run's schedule from the store", Err: err, Do: "repeat the run"})
			return
		}
		for a, err := range arrivals {
			if !yield(a, err) {
				return
			}
		}
	}
}

// A storedFile reads a file's pieces one after the other.
type storedFile struct {
	ctx   context.Context
	store *Store
	conn  *pgx.Conn
	run   int32
	name  string
	piece int
	rest  []byte
}

// File opens one of the run's files: PlanFile or ScheduleFile. One that was not
// kept reads as empty.
func (r *StoreRun) File(name string) (io.ReadCloser, error) {
	conn, err := r.store.connect(r.ctx)
	if err != nil {
		return nil, err
	}
	return &storedFile{ctx: r.ctx, store: r.store, conn: conn, run: r.run, name: name}, nil
}

func (f *storedFile) Read(p []byte) (int, error) {
	if len(f.rest) == 0 {
		err := f.conn.QueryRow(f.ctx, "SELECT data FROM headroom.file WHERE run = $1 AND name = $2 AND piece = $3", f.run, f.name, f.piece).Scan(&f.rest)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && len(f.rest) == 0 {
			return 0, io.EOF
		}
		if err != nil {
			return 0, f.store.explain("reading "+f.name, err)
		}
		f.piece++
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

func (f *storedFile) Close() error {
	hangUp(f.conn)
	return nil
}

// stored ranges over a table of a run in its order. Records that compare equal
// come in order of part, then as they were recorded.
func stored[T any](r *StoreRun, t *storeTable[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		conn, err := r.store.connect(r.ctx)
		if err != nil {
			yield(zero, err)
			return
		}
		stopped := false
		err = r.scan(conn, t.query, func(f *fields) bool {
			var v T
			t.visit(f, &v)
			if f.err != nil {
				return false
			}
			stopped = !yield(v, nil)
			return !stopped
		})
		hangUp(conn)
		if err != nil && !stopped {
			yield(zero, r.store.explain("reading the run", err))
		}
	}
}

// scan calls f with each row of a query until it says no. Parts, words and rows
// are read in one transaction, which sees one moment: no row names a word that
// is not there.
func (r *StoreRun) scan(conn *pgx.Conn, query func(rank string) string, f func(*fields) bool) error {
	ctx := r.ctx
	if _, err := conn.PgConn().Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'").ReadAll(); err != nil {
		return err
	}
	rank, err := r.rank(ctx, conn)
	if err != nil {
		return err
	}
	words, err := r.words(ctx, conn)
	if err != nil {
		return err
	}
	row := fields{reading: true, texts: map[string]string{}}
	rows := conn.PgConn().ExecParams(ctx, query(rank), [][]byte{[]byte(fmt.Sprint(r.run))}, nil, nil, []int16{1})
	for rows.NextRow() {
		values := rows.Values()
		row.row, row.next = values[1:], 0
		row.words = words[int32(binary.BigEndian.Uint32(values[0]))]
		if !f(&row) {
			abandon(conn, rows)
			if row.err != nil {
				return &headroom.MeasureError{What: "cannot read all of the run in the store", Err: row.err}
			}
			return nil
		}
	}
	_, err = rows.Close()
	return err
}

// abandon leaves a query whose rows are not all read: what the server still
// sends is not worth waiting for.
func abandon(conn *pgx.Conn, rows *pgconn.ResultReader) {
	_ = conn.PgConn().Conn().Close()
	_, _ = rows.Close() // fails, and with that tells the server to stop
	select {
	case <-conn.PgConn().CleanupDone():
	case <-time.After(2 * time.Second):
	}
}

// rank is an expression that numbers the parts as those of a folder are ordered:
// by the names of their files.
func (r *StoreRun) rank(ctx context.Context, conn *pgx.Conn) (string, error) {
	type part struct {
		Part int32
		Name string
	}
	rows, _ := conn.Query(ctx, "SELECT part, name FROM headroom.part WHERE run = $1", r.run) // CollectRows has the error
	parts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[part])
	if err != nil {
		return "", err
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.Name+partSuffix, b.Name+partSuffix) })
	var b strings.Builder
	b.WriteString("CASE part")
	for i, p := range parts {
		fmt.Fprintf(&b, " WHEN %d THEN %d", p.Part, i)
	}
	b.WriteString(" ELSE -1 END")
	if len(parts) == 0 {
		return "part", nil
	}
	return b.String(), nil
}

// words are those of each part.
func (r *StoreRun) words(ctx context.Context, conn *pgx.Conn) (map[int32]map[int64]string, error) {
	words := map[int32]map[int64]string{}
	shared := map[string]string{}
	rows, err := conn.Query(ctx, "SELECT part, id, word FROM headroom.words WHERE run = $1", r.run)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var part int32
		var id int64
		var w string
		if err := rows.Scan(&part, &id, &w); err != nil {
			return nil, err
		}
		if words[part] == nil {
			words[part] = map[int64]string{}
		}
		if known, ok := shared[w]; ok {
			w = known
		}
		shared[w] = w
		words[part][id] = w
	}
	return words, rows.Err()
}

const partSuffix = ".sqlite"
