package ground

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/postgres"
	"github.com/headroom-erp/headroom/probes"
)

// kept is a recorder in memory.
type kept struct {
	mu      sync.Mutex
	samples []headroom.Sample
	gaps    []headroom.Gap
}

func (k *kept) Record(rs headroom.Records) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.samples, k.gaps = append(k.samples, rs.Samples...), append(k.gaps, rs.Gaps...)
	return nil
}

// last is the newest sample of a metric; a subject may begin with what is given.
func (k *kept) last(subject, metric string) (v float64, there bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.samples {
		if strings.HasPrefix(s.Subject, subject) && strings.HasPrefix(s.Metric, metric) {
			v, there = s.Value, true
		}
	}
	return v, there
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited 30 s in vain: %s", what)
		}
	}
}

func run(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		_, err := conn.Exec(t.Context(), sql)
		ok(t, err)
	}
}

func connect(t *testing.T, dsn headroom.Secret) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn.Reveal())
	ok(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// A primary with a streaming replica, as the role sees them that docs/probes.md
// makes: with pg_monitor and nothing else.
func TestPrimaryAndReplicaAreObserved(t *testing.T) {
	ctx := t.Context()
	server, err := postgres.Start(ctx, postgres.Options{NoSync: true, Settings: map[string]string{
		"shared_preload_libraries": "pg_stat_statements", "logging_collector": "on", "log_destination": "csvlog", "track_io_timing": "on",
	}})
	ok(t, err)
	t.Cleanup(func() { ok(t, server.Stop(context.Background())) })
	ok(t, server.Create(ctx, "erp"))
	const password = headroom.Secret("weak")
	ok(t, server.CreateRole(ctx, "headroom_probe", password, false))
	admin := connect(t, server.DSN("erp"))
	run(t, admin, "GRANT pg_monitor TO headroom_probe", "CREATE EXTENSION pg_stat_statements", "CREATE TABLE stock (id int PRIMARY KEY, n int)",
		"INSERT INTO stock SELECT i, 0 FROM generate_series(1, 1000) i")
	replica, err := server.Replica(ctx)
	ok(t, err)
	t.Cleanup(func() { ok(t, replica.Stop(context.Background())) })

	var primary, standby kept
	clock := probes.Clock{Start: time.Now()}
	const interval = 25 * time.Millisecond
	watching := []*probes.Group{
		probes.Start(ctx, clock, &primary, probes.Postgres{DSN: server.DSNFor("headroom_probe", password, "erp"), Interval: interval}),
		probes.Start(ctx, clock, &standby, probes.Postgres{DSN: replica.DSNFor("headroom_probe", password, "erp"), Interval: interval}),
	}
	is := func(k *kept, subject, metric string, wanted func(float64) bool) func() bool {
		return func() bool { v, there := k.last(subject, metric); return there && wanted(v) }
	}
	zero := func(v float64) bool { return v == 0 }
	some := func(v float64) bool { return v > 0 }
	const walreceiver = "erp/standby:"
	eventually(t, "a standby that has all", is(&primary, walreceiver, "replay_lag_bytes", zero))
	eventually(t, "a standby that receives", is(&standby, "erp", "receiving", some))
	eventually(t, "no lag that it sees itself", is(&standby, "erp", "replay_lag_seconds", zero))

	// Replay stands still while the primary goes on.
	reader := connect(t, replica.DSN("erp"))
	run(t, reader, "SELECT pg_wal_replay_pause()")
	run(t, admin, "UPDATE stock SET n = n + 1")
	behind := func(v float64) bool { return v > 0.5 }
	eventually(t, "bytes behind", is(&primary, walreceiver, "replay_lag_bytes", func(v float64) bool { return v > 10000 }))
	eventually(t, "seconds behind, seen from the primary", is(&primary, walreceiver, "replay_lag_seconds", behind))
	eventually(t, "seconds behind, seen by itself", is(&standby, "erp", "replay_lag_seconds", behind))
	eventually(t, "replay paused", is(&standby, "erp", "replay_paused", some))
	run(t, reader, "SELECT pg_wal_replay_resume()")
	eventually(t, "it has caught up", is(&primary, walreceiver, "replay_lag_bytes", zero))
	eventually(t, "it knows", is(&standby, "erp", "replay_lag_seconds", zero))

	// A reader on the replica needs rows that the primary vacuums away: it is
	// cancelled as soon as the replica may not wait for it.
	waitless := connect(t, replica.DSN("postgres"))
	run(t, waitless, "ALTER SYSTEM SET max_standby_streaming_delay = 0", "SELECT pg_reload_conf()")
	run(t, reader, "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM stock")
	run(t, admin, "UPDATE stock SET n = n + 1", "VACUUM stock")
	eventually(t, "a conflict with recovery", is(&standby, "erp", "recovery_conflicts.snapshot", some))

	// A conflict that is lost. The log is read through the server, or past it
	// where that is allowed; as root it is.
	other := connect(t, server.DSN("erp"))
	run(t, other, "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM stock")
	run(t, admin, "UPDATE stock SET n = n + 1 WHERE id = 1")
	if _, err := other.Exec(ctx, "UPDATE stock SET n = n + 1 WHERE id = 1"); err == nil {
		t.Error("no conflict")
	}
	readable := logReadable(server)
	if readable {
		eventually(t, "a serialization failure", is(&primary, "erp", "sqlstate.40001", func(v float64) bool { return v == 1 }))
	}
	eventually(t, "a statement", is(&primary, "erp/statement:", "text=UPDATE stock", some))
	for _, g := range watching {
		ok(t, g.Stop())
	}
	for _, k := range []*kept{&primary, &standby} {
		for _, gap := range k.gaps {
			if readable || !strings.Contains(gap.Reason, ": sqlstate: ") {
				t.Errorf("gap %+v", gap)
			}
		}
		if v, _ := k.last("erp", "sqlstate.55P03"); v != 0 {
			t.Errorf("locks not available: %v", v)
		}
	}
}

func logReadable(s *postgres.Server) bool {
	f, err := os.Open(filepath.Join(s.Folder(), "data", "postmaster.pid"))
	if err != nil {
		return false
	}
	return f.Close() == nil
}
