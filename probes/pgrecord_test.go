package probes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const recordEnv = "HEADROOM_RECORD_POSTGRES"

// TestRecordPostgres records a server's answers where it is told to (see
// recording), and else that it makes a scene that can be recorded, on the server of
// the tests.
func TestRecordPostgres(t *testing.T) {
	primary := headroom.Secret(os.Getenv(recordEnv))
	standby := headroom.Secret(os.Getenv(recordEnv + "_STANDBY"))
	if primary == "" {
		// A plain server has no list of statements and no log to read, and says so.
		_, gaps := record(t, testDSN(t), "")
		if len(gaps) != 2 || !strings.Contains(gaps[0].Reason, "statements: ") || !strings.Contains(gaps[0].Reason, "shared_preload_libraries") ||
			!strings.Contains(gaps[1].Reason, "sqlstate: ") || !strings.Contains(gaps[1].Reason, "logging_collector") {
			t.Errorf("gaps %+v", gaps)
		}
		return
	}
	r, gaps := record(t, primary, standby)
	if len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
	conn := connectTo(t, primary)
	must(t, conn.QueryRow(t.Context(), "SHOW server_version").Scan(&r.Server))
	r.Source = "a real server"
	var major int
	_, err := fmt.Sscanf(r.Server, "%d", &major)
	must(t, err)
	content, err := json.MarshalIndent(r, "", " ")
	must(t, err)
	must(t, os.MkdirAll(filepath.Join("testdata", "postgres"), 0o755))
	must(t, os.WriteFile(filepath.Join("testdata", "postgres", fmt.Sprintf("%d.json", major)), append(content, '\n'), 0o644))
}

func record(t *testing.T, primary, standby headroom.Secret) (r recording, gaps []headroom.Gap) {
	t.Helper()
	ctx := t.Context()
	admin := connectTo(t, primary)
	onlookerPassword := "weak"
	execSQL(t, admin, "CREATE ROLE "+onlooker+" LOGIN PASSWORD '"+onlookerPassword+"' IN ROLE pg_monitor")
	execSQL(t, admin, "CREATE DATABASE "+scene)
	t.Cleanup(func() {
		execSQL(t, admin, "DROP DATABASE "+scene+" WITH (FORCE)")
		execSQL(t, admin, "DROP ROLE "+onlooker)
	})
	inside := withDatabase(t, primary, scene)
	setUp := connectTo(t, inside)
	execSQL(t, setUp, `CREATE EXTENSION pg_stat_statements;
		GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO `+onlooker+`;
		CREATE TABLE stock_quant (id int PRIMARY KEY, n int); INSERT INTO stock_quant SELECT i, 0 FROM generate_series(1, 1000) i`)

	var sides []*postgresObserver
	var recs []*memory
	side := func(dsn headroom.Secret, to *[]exchange) {
		cfg, err := pgx.ParseConfig(withDatabase(t, dsn, scene).Reveal())
		must(t, err)
		cfg.User, cfg.Password = onlooker, onlookerPassword
		cfg.RuntimeParams["application_name"] = probeName
		rec := &memory{}
		recs = append(recs, rec)
		o := observerOf(rec, func(ctx context.Context) (asker, error) {
			a, err := dial(ctx, cfg)
			return pageRecorder{a, to}, err
		})
		t.Cleanup(o.disconnect)
		sides = append(sides, o)
	}
	side(primary, &r.Primary)
	if standby != "" {
		follows(t, setUp, standby)
		side(standby, &r.Standby)
	}
	look := func(last bool) {
		t.Helper()
		for _, o := range sides {
			must(t, o.observe(ctx, last))
		}
	}
	look(false)
	conflicting(t, inside)
	release := queue(t, inside)
	if standby != "" {
		follows(t, setUp, standby)
	}
	look(false)
	release()
	execSQL(t, setUp, "SELECT pg_create_physical_replication_slot('headroom_slot', true)")
	t.Cleanup(func() { execSQL(t, admin, "SELECT pg_drop_replication_slot('headroom_slot')") })
	execSQL(t, setUp, "CHECKPOINT")
	time.Sleep(1500 * time.Millisecond) // until 13 has written its statistics
	if standby != "" {
		follows(t, setUp, standby)
	}
	look(true)
	scrub(t, r.Primary)
	scrub(t, r.Standby)
	for _, rec := range recs {
		gaps = append(gaps, rec.records().Gaps...)
	}
	return r, gaps
}

// conflicting is some of everything that is counted.
func conflicting(t *testing.T, dsn headroom.Secret) {
	a, b := connectTo(t, dsn), connectTo(t, dsn)
	defer a.Close(context.Background())
	defer b.Close(context.Background())
	for i := range 50 {
		_, err := a.Exec(t.Context(), "UPDATE stock_quant SET n = n + 1 WHERE id = $1", i)
		must(t, err)
	}
	execSQL(t, a, "SET work_mem = '64kB'; SELECT count(*) FROM (SELECT DISTINCT i FROM generate_series(1, 100000) i) x")
	execSQL(t, a, "DELETE FROM stock_quant WHERE id > 900")
	// A serialization failure, a lock that is not to be had, and a deadlock.
	execSQL(t, b, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM stock_quant")
	execSQL(t, a, "UPDATE stock_quant SET n = n + 1 WHERE id = 1")
	refused(t, b, "40001", "UPDATE stock_quant SET n = n + 1 WHERE id = 1")
	execSQL(t, a, "BEGIN; UPDATE stock_quant SET n = n + 1 WHERE id = 1")
	refused(t, b, "55P03", "SELECT * FROM stock_quant WHERE id = 1 FOR UPDATE NOWAIT")
	execSQL(t, b, "BEGIN; UPDATE stock_quant SET n = n + 1 WHERE id = 2")
	lost := make(chan error, 2)
	for conn, id := range map[*pgx.Conn]int{a: 2, b: 1} {
		go func() {
			_, err := conn.Exec(context.Background(), "UPDATE stock_quant SET n = n + 1 WHERE id = $1", id)
			if err != nil {
				_, _ = conn.Exec(context.Background(), "ROLLBACK")
			}
			lost <- err
		}()
	}
	var pg *pgconn.PgError
	if err := errors.Join(<-lost, <-lost); !errors.As(err, &pg) || pg.Code != "40P01" {
		t.Fatalf("no deadlock: %v", err)
	}
	for _, c := range []*pgx.Conn{a, b} {
		_, _ = c.Exec(t.Context(), "ROLLBACK")
	}
}

func refused(t *testing.T, conn *pgx.Conn, code, sql string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql)
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != code {
		t.Fatalf("%s: %v, want %s", sql, err, code)
	}
	_, err = conn.Exec(t.Context(), "ROLLBACK")
	must(t, err)
}

// queue is two sessions that wait, one behind the other, for a third that is idle
// in its transaction.
func queue(t *testing.T, dsn headroom.Secret) (release func()) {
	holder := connectTo(t, dsn)
	execSQL(t, holder, "BEGIN; UPDATE stock_quant SET n = n + 1 WHERE id = 7")
	watch := connectTo(t, dsn)
	done := make(chan error, 2)
	for n := 1; n <= 2; n++ {
		waiter := connectTo(t, dsn)
		go func() {
			_, err := waiter.Exec(context.Background(), "UPDATE stock_quant SET n = n + 1 WHERE id = 7")
			done <- err
		}()
		eventually(t, "sessions wait", func() bool {
			var waiting int
			must(t, watch.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()").Scan(&waiting))
			return waiting == n
		})
	}
	must(t, watch.Close(t.Context()))
	return func() {
		execSQL(t, holder, "COMMIT")
		must(t, <-done)
		must(t, <-done)
		must(t, holder.Close(t.Context()))
	}
}

// follows waits until a standby has replayed all.
func follows(t *testing.T, primary *pgx.Conn, standby headroom.Secret) {
	t.Helper()
	var at string
	must(t, primary.QueryRow(t.Context(), "SELECT pg_current_wal_lsn()::text").Scan(&at))
	conn, err := pgx.Connect(t.Context(), standby.Reveal())
	must(t, err)
	defer conn.Close(context.Background())
	eventually(t, "the standby follows", func() bool {
		var there bool
		must(t, conn.QueryRow(t.Context(), "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", at).Scan(&there))
		return there
	})
}

// scrub takes out where the recorded server has its files.
func scrub(t *testing.T, es []exchange) {
	t.Helper()
	for _, e := range es {
		for _, row := range e.Rows {
			for i, column := range e.Columns {
				if s, ok := row[i].(string); ok && column == "folder" && s != "" {
					row[i] = "/var/lib/postgresql/data"
				} else if ok && strings.Contains(s, "/tmp/") {
					t.Errorf("the recording tells a path: %s", s)
				}
			}
		}
	}
}
