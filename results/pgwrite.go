package results

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headroom-erp/headroom"
)

// pieceSize bounds a row of headroom.file, in bytes.
const pieceSize = 1 << 20

// filePatience bounds the keeping of a file: the schedule of a day on a slow
// line.
const filePatience = 5 * time.Minute

// A RunWriter writes one run into a store. Its methods may be called at once,
// and by several processes that joined the run.
type RunWriter struct {
	store *Store
	run   int32
	id    string
}

// Create begins a run that is not complete, and makes the schema if need be.
// The run's id is the moment and info.ID, with a number behind it where the
// store has that already: many workspaces call their runs alike.
func (s *Store) Create(ctx context.Context, info headroom.RunInfo) (*RunWriter, error) {
	w := &RunWriter{store: s}
	info.Complete, info.Reason = false, ""
	return w, s.with(ctx, "beginning the run", func(ctx context.Context, conn *pgx.Conn) error {
		if err := s.migrate(ctx, conn); err != nil {
			return err
		}
		name := info.ID
		var stem string
		if err := conn.QueryRow(ctx, "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD-HH24MISS') || '-' || $1", storable(name)).Scan(&stem); err != nil {
			return err
		}
		for n := 1; ; n++ {
			if w.id = stem; n > 1 {
				w.id = fmt.Sprintf("%s-%d", stem, n)
			}
			info.ID = w.id
			data, err := json.Marshal(infoFile{bundleVersion, info})
			if err != nil {
				return fmt.Errorf("results: run: %w", err)
			}
			err = conn.QueryRow(ctx, "INSERT INTO headroom.run (id, info) VALUES ($1, $2::json) ON CONFLICT (id) DO NOTHING RETURNING run",
				w.id, string(data)).Scan(&w.run)
			if !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
		}
	})
}

// Join is for a further process that writes a run which another began. It
// returns an *headroom.InputError when the store has no such run.
func (s *Store) Join(ctx context.Context, id string) (*RunWriter, error) {
	w := &RunWriter{store: s, id: id}
	return w, s.with(ctx, "joining the run", func(ctx context.Context, conn *pgx.Conn) (err error) {
		w.run, _, err = s.find(ctx, conn, id)
		return err
	})
}

// ID is what the run is called in the store.
func (w *RunWriter) ID() string { return w.id }

// Finish writes whether the run is complete, and why it is not. It may be
// called again; the last call counts.
func (w *RunWriter) Finish(ctx context.Context, complete bool, reason string) error {
	return w.change(ctx, func(i *headroom.RunInfo) { i.Complete, i.Reason = complete, storable(reason) })
}

// Update rewrites what became known after Create, such as the moment of the
// start. It leaves Complete, Reason and ID as they are.
func (w *RunWriter) Update(ctx context.Context, change func(*headroom.RunInfo)) error {
	return w.change(ctx, func(i *headroom.RunInfo) {
		id, complete, reason := i.ID, i.Complete, i.Reason
		change(i)
		i.ID, i.Complete, i.Reason = id, complete, reason
	})
}

func (w *RunWriter) change(ctx context.Context, change func(*headroom.RunInfo)) error {
	return w.store.with(ctx, "describing the run", func(ctx context.Context, conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			var data string
			if err := tx.QueryRow(ctx, "SELECT info::text FROM headroom.run WHERE run = $1 FOR UPDATE", w.run).Scan(&data); err != nil {
				return w.gone(err)
			}
			info, err := readInfo([]byte(data), "store:"+w.id)
			if err != nil {
				return err
			}
			change(&info)
			changed, err := json.Marshal(infoFile{bundleVersion, info})
			if err != nil {
				return fmt.Errorf("results: run: %w", err)
			}
			_, err = tx.Exec(ctx, "UPDATE headroom.run SET info = $2::json WHERE run = $1", w.run, string(changed))
			return err
		})
	})
}

// gone explains that a row of the run is missing.
func (w *RunWriter) gone(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return &headroom.MeasureError{What: "run " + w.id + " was deleted from the store while it was written"}
	}
	return err
}

// Keep puts a file beside the run: PlanFile or ScheduleFile. It replaces one of
// that name.
func (w *RunWriter) Keep(ctx context.Context, name string, r io.Reader) error {
	return w.store.within(ctx, filePatience, "keeping "+name, func(ctx context.Context, conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "DELETE FROM headroom.file WHERE run = $1 AND name = $2", w.run, name); err != nil {
				return err
			}
			buf := make([]byte, pieceSize)
			for piece := 0; ; piece++ {
				n, err := io.ReadFull(r, buf)
				last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
				if err != nil && !last {
					return &headroom.MeasureError{What: "cannot read " + name, Err: err}
				}
				if n > 0 || piece == 0 {
					if _, err := tx.Exec(ctx, "INSERT INTO headroom.file (run, name, piece, data) VALUES ($1, $2, $3, $4)", w.run, name, piece, buf[:n]); err != nil {
						return err
					}
				}
				if last {
					return nil
				}
			}
		})
	})
}

// The names of the files of a run, in its folder and in a store.
const (
	PlanFile     = "plan.yaml"
	ScheduleFile = "schedule.bin"
)

// Part opens a new part of the run for the writer of that name. Each writing
// process needs a name of its own.
func (w *RunWriter) Part(ctx context.Context, name string) (*StorePart, error) {
	p := newStorePart(w, name)
	err := w.store.with(ctx, "opening part "+name, func(ctx context.Context, conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			// The run's row is the lock under which parts are numbered, and which
			// a deletion needs.
			var run int32
			if err := tx.QueryRow(ctx, "SELECT run FROM headroom.run WHERE run = $1 FOR UPDATE", w.run).Scan(&run); err != nil {
				return w.gone(err)
			}
			err := tx.QueryRow(ctx, "INSERT INTO headroom.part (run, part, name) SELECT $1, count(*) + 1, $2 FROM headroom.part WHERE run = $1 RETURNING part", w.run, name).Scan(&p.part)
			var pg *pgconn.PgError
			if errors.As(err, &pg) && pg.Code == "23505" {
				return &headroom.InputError{What: fmt.Sprintf("part %s of run %s exists already", name, w.id), Where: EnvStore, Do: "give each writing process a name of its own"}
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	if p.conn, err = w.store.connect(ctx); err != nil {
		return nil, err
	}
	go p.write()
	return p, nil
}
