package results

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
)

// A StoredRun is a run as a store lists it.
type StoredRun struct {
	ID      string // the name after "store:"
	Created time.Time
	Info    headroom.RunInfo
	Rows    int64     // committed so far
	Bytes   int64     // of the rows, as they were sent
	Written time.Time // when rows were last committed; zero without a part
	Err     error     // why Info cannot be read, as of a newer headroom's run
}

// Runs lists the store's runs, those that were begun last first.
func (s *Store) Runs(ctx context.Context) ([]StoredRun, error) {
	var runs []StoredRun
	err := s.with(ctx, "listing the runs", func(ctx context.Context, conn *pgx.Conn) error {
		version, err := s.version(ctx, conn)
		if err != nil || version == 0 {
			return err
		}
		rows, _ := conn.Query(ctx, `SELECT u.id, u.created, u.info::text, coalesce(sum(p.rows), 0)::bigint, coalesce(sum(p.bytes), 0)::bigint, max(p.written)
			FROM headroom.run u LEFT JOIN headroom.part p USING (run) GROUP BY u.run ORDER BY u.created DESC, u.run DESC`) // CollectRows has the error
		runs, err = pgx.CollectRows(rows, scanRun)
		return err
	})
	return runs, err
}

func scanRun(row pgx.CollectableRow) (r StoredRun, err error) {
	var data string
	var written *time.Time
	if err := row.Scan(&r.ID, &r.Created, &data, &r.Rows, &r.Bytes, &written); err != nil {
		return r, err
	}
	if written != nil {
		r.Written = *written
	}
	if r.Info, r.Err = readInfo([]byte(data), "store:"+r.ID); r.Err == nil && !r.Info.Complete && r.Info.Reason == "" {
		r.Info.Reason = cutOff
	}
	return r, nil
}

// recording is how long after its last commit an incomplete run counts as still
// being recorded. Probes make a row at least each second.
const recording = 10 * time.Second

// Delete removes a run. It returns an *headroom.InputError when the store has
// no such run or somebody still writes it.
func (s *Store) Delete(ctx context.Context, id string) error {
	// Not within storePatience: millions of rows take their time.
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer hangUp(conn)
	run, info, err := s.find(ctx, conn, id)
	if err != nil {
		return s.explain("deleting the run", err)
	}
	return s.explain("deleting the run", pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// The lock that opening a part needs as well.
		if _, err := tx.Exec(ctx, "SELECT run FROM headroom.run WHERE run = $1 FOR UPDATE", run); err != nil {
			return err
		}
		var busy bool
		if err := tx.QueryRow(ctx, "SELECT coalesce(max(written) > now() - $2::float8 * interval '1 second', false) FROM headroom.part WHERE run = $1", run, recording.Seconds()).Scan(&busy); err != nil {
			return err
		}
		if busy && !info.Complete && info.Reason == "" {
			return &headroom.InputError{What: "the run is still being recorded", Where: "store:" + id, Do: "end it first"}
		}
		// Parts first: a writer that is still there ends with its next commit.
		for _, table := range []string{"part", "journey", "request", "server_request", "sample", "gap", "document", "words", "file", "run"} {
			if _, err := tx.Exec(ctx, "DELETE FROM headroom."+table+" WHERE run = $1", run); err != nil {
				return err
			}
		}
		return nil
	}))
}
