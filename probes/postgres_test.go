package probes

import (
	"context"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/jackc/pgx/v5"
)

const dsnEnv = "HEADROOM_TEST_DSN"

// testDSN is a real PostgreSQL; there is no substitute for one.
func testDSN(t *testing.T) headroom.Secret {
	t.Helper()
	dsn := os.Getenv(dsnEnv)
	if dsn == "" {
		t.Fatalf("%s is not set: these tests need a real PostgreSQL. `make test` starts a private one and sets it; or give the DSN of a role that may create databases and is a superuser or has pg_monitor", dsnEnv)
	}
	return headroom.Secret(dsn)
}

func connectTo(t *testing.T, dsn headroom.Secret) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn.Reveal())
	must(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func execSQL(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	_, err := conn.Exec(context.Background(), sql)
	must(t, err)
}

func last(values []float64) float64 {
	if len(values) == 0 {
		return -1
	}
	return values[len(values)-1]
}

func TestPostgresIsObserved(t *testing.T) {
	dsn := testDSN(t)
	admin := connectTo(t, dsn)
	database := "headroom_probe_" + strconv.Itoa(os.Getpid())
	execSQL(t, admin, "CREATE DATABASE "+database)
	t.Cleanup(func() { execSQL(t, admin, "DROP DATABASE "+database+" WITH (FORCE)") })
	inside := withDatabase(t, dsn, database)
	holder, waiter := connectTo(t, inside), connectTo(t, inside)
	execSQL(t, holder, "CREATE TABLE stock (id int PRIMARY KEY, n int); INSERT INTO stock VALUES (1, 0)")

	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, Postgres{DSN: inside, Interval: 50 * time.Millisecond})
	see := func(metric string) float64 { return last(rec.series("postgres", database, metric)) }
	eventually(t, "two idle sessions", func() bool { return see("connections") == 2 && see("idle") == 2 })
	execSQL(t, holder, "BEGIN; UPDATE stock SET n = n + 1")
	eventually(t, "a session idle in a transaction", func() bool { return see("idle_in_transaction") == 1 })
	waited := make(chan error, 1)
	go func() {
		_, err := waiter.Exec(context.Background(), "UPDATE stock SET n = n + 1")
		waited <- err
	}()
	eventually(t, "a session that waits for a lock", func() bool { return see("waiting_lock") == 1 && see("active") == 1 })
	execSQL(t, holder, "COMMIT")
	must(t, <-waited)
	eventually(t, "nobody waiting", func() bool { return see("waiting_lock") == 0 && see("active") == 0 })
	// An idle session may keep its statistics back for 10 s; one that ends does not.
	must(t, holder.Close(context.Background()))
	must(t, waiter.Close(context.Background()))
	eventually(t, "two updates", func() bool { return see("tup_updated") == 2 })
	must(t, g.Stop())

	for _, metric := range []string{"xact_commit", "xact_rollback", "deadlocks", "blks_hit", "blks_read", "tup_returned", "tup_fetched",
		"tup_inserted", "tup_updated", "tup_deleted", "temp_files", "temp_bytes", "wal_bytes"} {
		s := rec.series("postgres", database, metric)
		if len(s) < 5 {
			t.Errorf("%s: %v", metric, s)
			continue
		}
		for i := 1; i < len(s); i++ {
			if s[i] < s[i-1] {
				t.Errorf("the counter %s falls: %v", metric, s)
			}
		}
	}
	if s := rec.series("postgres", database, "size_bytes"); len(s) < 2 || s[0] < 1e6 {
		t.Errorf("size at start and end: %v", s)
	}
	if v := rec.series("postgres", database, "server_version_num"); len(v) != 1 || v[0] < 130000 {
		t.Errorf("version %v", v)
	}
	if v := rec.series("postgres", database, "setting.shared_buffers"); len(v) != 1 || v[0] < 128<<10 {
		t.Errorf("shared_buffers %v bytes", v)
	}
	if gaps := outages(rec); len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
}

// withDatabase is the same server's other database.
func withDatabase(t *testing.T, dsn headroom.Secret, database string) headroom.Secret {
	t.Helper()
	cfg, err := pgx.ParseConfig(dsn.Reveal())
	must(t, err)
	return address(cfg, net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port))), cfg.Password, database)
}

func address(cfg *pgx.ConnConfig, host, password, database string) headroom.Secret {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(cfg.User, password), Host: host, Path: database, RawQuery: "sslmode=disable"}
	return headroom.Secret(u.String())
}

// A gate is a way to a server that can be shut.
type gate struct {
	listener net.Listener
	mu       sync.Mutex
	shut     bool
	conns    []net.Conn
}

func newGate(t *testing.T, to string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	g := &gate{listener: l}
	t.Cleanup(func() { l.Close(); g.set(true) })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			g.serve(client, to)
		}
	}()
	return g
}

func (g *gate) serve(client net.Conn, to string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	server, err := net.Dial("tcp", to)
	if err != nil || g.shut {
		client.Close()
		return
	}
	g.conns = append(g.conns, client, server)
	for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			io.Copy(pair[0], pair[1])
			pair[0].Close()
			pair[1].Close()
		}()
	}
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	for _, c := range g.conns {
		c.Close()
	}
	g.conns = nil
}

func TestPostgresThatGoesAwayIsAGapAndComesBack(t *testing.T) {
	cfg, err := pgx.ParseConfig(testDSN(t).Reveal())
	must(t, err)
	gate := newGate(t, net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port))))
	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec,
		Postgres{DSN: address(cfg, gate.listener.Addr().String(), cfg.Password, cfg.Database), Interval: 20 * time.Millisecond})
	samples := func() int { return len(rec.series("postgres", cfg.Database, "xact_commit")) }
	gaps := func() []headroom.Gap { return outages(rec) }
	for outage := range 2 {
		before := samples()
		eventually(t, "samples", func() bool { return samples() > before+2 })
		gate.set(true)
		eventually(t, "a gap", func() bool { return len(gaps()) == outage+1 })
		time.Sleep(200 * time.Millisecond) // ten tries
		if n := len(gaps()); n != outage+1 {
			t.Errorf("%d gaps in outage %d", n, outage+1)
		}
		gate.set(false)
	}
	before := samples()
	eventually(t, "samples after the outage", func() bool { return samples() > before+2 })
	must(t, g.Stop())
	for _, gap := range gaps() {
		if gap.Probe != "postgres" || !strings.Contains(gap.Reason, "connection failed while it was in use") || strings.Contains(gap.Reason, cfg.Password) {
			t.Errorf("gap %+v", gap)
		}
	}
}

func TestNoPasswordInTheReasonOfAGap(t *testing.T) {
	const password = "s3cr3t-of-the-test"
	cfg, err := pgx.ParseConfig(testDSN(t).Reveal())
	must(t, err)
	host := net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, refusing.Close())
	for name, c := range map[string]struct {
		dsn  headroom.Secret
		want string
	}{
		"refused":      {address(cfg, host, password, cfg.Database), "28P01"},
		"no server":    {address(cfg, refusing.Addr().String(), password, cfg.Database), "refused"},
		"no database":  {address(cfg, host, cfg.Password, "no_such_database"), "3D000"},
		"no DSN":       {"postgres://u:" + password + "@[::1:bad/x", "DSN"},
		"unknown word": {"host=localhost password=" + password + " sslmode=no-such-mode", "DSN"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := &memory{}
			g := Start(context.Background(), Clock{time.Now()}, rec, Postgres{DSN: c.dsn, Interval: 20 * time.Millisecond})
			eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
			must(t, g.Stop())
			reason := rec.records().Gaps[0].Reason
			t.Log(reason)
			if !strings.Contains(reason, c.want) || strings.Contains(reason, password) || strings.Contains(reason, cfg.Password) {
				t.Errorf("reason %q, want %q in it and no password", reason, c.want)
			}
		})
	}
}

// outages are the gaps but those of what a plain server does not have.
func outages(rec *memory) []headroom.Gap {
	return slices.DeleteFunc(rec.records().Gaps, func(g headroom.Gap) bool {
		return strings.Contains(g.Reason, ": statements: ") || strings.Contains(g.Reason, ": sqlstate: ")
	})
}

// A role that may not see other roles' sessions must not report them as idle.
func TestRoleWithoutPgMonitorIsAGapNotAWrongNumber(t *testing.T) {
	dsn := testDSN(t)
	admin := connectTo(t, dsn)
	role := "headroom_probe_" + strconv.Itoa(os.Getpid())
	execSQL(t, admin, "CREATE ROLE "+role+" LOGIN PASSWORD 'weak'")
	t.Cleanup(func() { execSQL(t, admin, "DROP ROLE "+role) })
	cfg, err := pgx.ParseConfig(dsn.Reveal())
	must(t, err)
	cfg.User = role
	limited := address(cfg, net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port))), "weak", cfg.Database)

	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, Postgres{DSN: limited, Interval: 20 * time.Millisecond})
	eventually(t, "samples of what needs no right", func() bool { return len(rec.series("postgres", cfg.Database, "xact_commit")) > 2 })
	must(t, g.Stop())
	for _, name := range []string{"activity", "statements", "sqlstate"} {
		i := slices.IndexFunc(rec.records().Gaps, func(g headroom.Gap) bool {
			return strings.HasPrefix(g.Reason, cfg.Database+": "+name+": ") && strings.Contains(g.Reason, "GRANT pg_monitor TO \""+role)
		})
		if i < 0 {
			t.Errorf("no gap of %s with an advice: %+v", name, rec.records().Gaps)
		}
	}
	others := slices.DeleteFunc(rec.records().Gaps, func(g headroom.Gap) bool { return strings.Contains(g.Reason, ": standbys: ") }) // where it has any
	if len(others) != 3 {
		t.Errorf("%d gaps, each reason once: %+v", len(others), others)
	}
	if s := rec.series("postgres", cfg.Database, "active"); len(s) != 0 {
		t.Errorf("active %v", s)
	}

	execSQL(t, admin, "GRANT pg_monitor TO "+role)
	rec = &memory{}
	g = Start(context.Background(), Clock{time.Now()}, rec, Postgres{DSN: limited, Interval: 20 * time.Millisecond})
	eventually(t, "samples", func() bool { return len(rec.series("postgres", cfg.Database, "active")) > 2 })
	must(t, g.Stop())
	if gaps := outages(rec); len(gaps) != 0 {
		t.Errorf("with pg_monitor: gaps %+v", gaps)
	}
}

func TestSettingsAreInBaseUnits(t *testing.T) {
	for _, c := range []struct {
		name, setting, unit, kind string
		metric                    string
		value                     float64
	}{
		{"server_version_num", "150018", "", "integer", "server_version_num", 150018},
		{"shared_buffers", "16384", "8kB", "integer", "setting.shared_buffers", 128 << 20},
		{"checkpoint_timeout", "300", "s", "integer", "setting.checkpoint_timeout", 300},
		{"deadlock_timeout", "1000", "ms", "integer", "setting.deadlock_timeout", 1},
		{"checkpoint_completion_target", "0.9", "", "real", "setting.checkpoint_completion_target", 0.9},
		{"wal_buffers", "-1", "8kB", "integer", "setting.wal_buffers", -1},
		{"fsync", "on", "", "bool", "setting.fsync", 1},
		{"jit", "off", "", "bool", "setting.jit", 0},
		{"synchronous_commit", "remote_apply", "", "enum", "setting.synchronous_commit=remote_apply", 1},
		{"new_one", "3", "furlong", "integer", "setting.new_one=3furlong", 1},
	} {
		if metric, v := settingValue(c.name, c.setting, c.unit, c.kind); metric != c.metric || v != c.value {
			t.Errorf("%s = %s%s: %s %v, want %s %v", c.name, c.setting, c.unit, metric, v, c.metric, c.value)
		}
	}
}

// A pooler gives the server's connection to others after each transaction, and
// refuses settings.
func TestPostgresIsObservedThroughAPooler(t *testing.T) {
	cfg, err := pgx.ParseConfig(testDSN(t).Reveal())
	must(t, err)
	pooler := startPooler(t, cfg)
	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec,
		Postgres{DSN: address(cfg, pooler.address(), cfg.Password, cfg.Database), Interval: 20 * time.Millisecond})
	eventually(t, "samples of all groups", func() bool {
		return len(rec.series("postgres", cfg.Database, "size_bytes")) > 1 && len(rec.series("postgres", cfg.Database, "connections")) > 60
	})
	must(t, g.Stop())
	if gaps := outages(rec); len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
}
