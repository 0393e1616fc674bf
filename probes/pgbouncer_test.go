package probes

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
)

const poolerPassword = "pooler-s3cr3t"

// startPooler starts PgBouncer before the tests' PostgreSQL: one connection to
// each database, in transaction mode. watcher may look at the console.
func startPooler(t *testing.T, cfg *pgx.ConnConfig) *server {
	t.Helper()
	dir, port := serverFolder(t), freePort(t)
	quoted := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	users := writeServerFile(t, dir, "users", quoted(cfg.User)+" "+quoted(cfg.Password)+"\n\"watcher\" \""+poolerPassword+"\"\n")
	ini := writeServerFile(t, dir, "pgbouncer.ini", fmt.Sprintf(`[databases]
* = host=%s port=%d
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = scram-sha-256
auth_file = %s
stats_users = watcher
pool_mode = transaction
default_pool_size = 1
ignore_startup_parameters = extra_float_digits
`, cfg.Host, cfg.Port, port, users))
	return serve(t, port, "pgbouncer", ini)
}

func (s *server) consoleDSN(password string) headroom.Secret {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("watcher", password), Host: s.address(), Path: "/pgbouncer", RawQuery: "sslmode=disable"}
	return headroom.Secret(u.String())
}

func TestPgBouncerIsObserved(t *testing.T) {
	dsn := testDSN(t)
	admin := connectTo(t, dsn)
	database := "headroom_pooled_" + strconv.Itoa(os.Getpid())
	execSQL(t, admin, "CREATE DATABASE "+database)
	t.Cleanup(func() { execSQL(t, admin, "DROP DATABASE "+database+" WITH (FORCE)") })
	cfg, err := pgx.ParseConfig(dsn.Reveal())
	must(t, err)
	pooler := startPooler(t, cfg)
	through := address(cfg, pooler.address(), cfg.Password, database)
	first, second := connectTo(t, through), connectTo(t, through)

	rec, stop := observe(t, PgBouncer{DSN: pooler.consoleDSN(poolerPassword), Interval: 20 * time.Millisecond})
	subject := "pooler/" + database
	see := func(metric string) float64 { return last(rec.series("pgbouncer", subject, metric)) }
	ctx := context.Background()
	_, err = first.Exec(ctx, "BEGIN; SELECT 1", pgx.QueryExecModeSimpleProtocol)
	must(t, err)
	eventually(t, "a client with a server", func() bool {
		return see("clients_active") >= 1 && see("servers_active") == 1 && see("clients_waiting") == 0
	})
	waited := make(chan error, 1)
	go func() {
		_, err := second.Exec(ctx, "SELECT pg_sleep(0.05)", pgx.QueryExecModeSimpleProtocol)
		waited <- err
	}()
	eventually(t, "a client that waits", func() bool { return see("clients_waiting") == 1 && see("maxwait_seconds") > 0.1 })
	_, err = first.Exec(ctx, "COMMIT", pgx.QueryExecModeSimpleProtocol)
	must(t, err)
	must(t, <-waited)
	eventually(t, "nobody waiting and the time waited", func() bool {
		return see("clients_waiting") == 0 && see("maxwait_seconds") == 0 && see("wait_seconds") > 0.1 && see("servers_active") == 0
	})
	eventually(t, "queries and transactions", func() bool { return see("queries") == 3 && see("transactions") == 2 })
	stop()
	if v := see("query_seconds"); v < 0.05 || v > 10 {
		t.Errorf("query_seconds %g, want 50 ms of sleep at least", v)
	}
	if v := see("transaction_seconds"); v < see("wait_seconds") {
		t.Errorf("transaction_seconds %g: the first held its connection while the second waited %g s", v, see("wait_seconds"))
	}
	for metric, want := range map[string]float64{"setting.default_pool_size": 1, "setting.pool_mode=transaction": 1, "used_clients": 3} {
		if s := rec.series("pgbouncer", "pooler", metric); len(s) == 0 || s[0] != want {
			t.Errorf("%s: %v, want %g", metric, s, want)
		}
	}
	for _, s := range rec.records().Samples {
		if strings.HasSuffix(s.Subject, "/pgbouncer") {
			t.Fatalf("the console observes itself: %+v", s)
		}
	}
	if gaps := rec.records().Gaps; len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
}

func TestPgBouncerThatGoesAwayIsAGapAndComesBack(t *testing.T) {
	cfg, err := pgx.ParseConfig(testDSN(t).Reveal())
	must(t, err)
	pooler := startPooler(t, cfg)
	rec, _ := observe(t, PgBouncer{DSN: pooler.consoleDSN(poolerPassword), Subject: "hub/pooler", Interval: 20 * time.Millisecond})
	samples := func() int { return len(rec.series("pgbouncer", "hub/pooler", "used_clients")) }
	eventually(t, "samples", func() bool { return samples() > 2 })
	for range 2 {
		pooler.outage(rec, "pgbouncer", samples, poolerPassword)
	}

	refused, _ := observe(t, PgBouncer{DSN: pooler.consoleDSN("wrong-s3cr3t"), Interval: 20 * time.Millisecond})
	eventually(t, "a gap", func() bool { return len(refused.records().Gaps) > 0 })
	if reason := refused.records().Gaps[0].Reason; !strings.Contains(reason, "08P01") && !strings.Contains(reason, "28P01") || strings.Contains(reason, "s3cr3t") {
		t.Errorf("reason %q", reason)
	}
	// A PostgreSQL is no PgBouncer.
	other, _ := observe(t, PgBouncer{DSN: address(cfg, net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port))), cfg.Password, cfg.Database), Interval: 20 * time.Millisecond})
	eventually(t, "a gap", func() bool { return len(other.records().Gaps) > 0 })
	if reason := other.records().Gaps[0].Reason; !strings.Contains(reason, "SHOW POOLS") {
		t.Errorf("reason %q", reason)
	}
}

// Columns as 1.8, 1.18 and 1.24 have them.
func TestPgBouncersColumnsOfOtherVersions(t *testing.T) {
	c := &poolerConsole{subject: "p"}
	got := map[string]float64{}
	add := func(values []value) {
		for _, v := range values {
			got[v.subject+" "+v.metric] = v.value
		}
	}
	add(c.pools([]map[string]string{
		{"database": "old", "user": "a", "cl_active": "1", "cl_waiting": "2", "sv_active": "1", "maxwait": "3"},
		{"database": "old", "user": "b", "cl_active": "4", "cl_waiting": "0", "sv_active": "1", "maxwait": "0"},
		{"database": "new", "user": "a", "cl_active": "5", "cl_waiting": "6", "sv_active": "7", "maxwait": "1", "maxwait_us": "500000", "load_balance_hosts": ""},
		{"database": "pgbouncer", "user": "pgbouncer", "cl_active": "1"},
	}))
	add(c.stats([]map[string]string{
		{"database": "old", "total_requests": "9", "total_query_time": "2000000"},
		{"database": "new", "total_query_count": "9", "total_wait_time": "1500000", "total_server_assignment_count": "8"},
	}))
	want := map[string]float64{
		"p/old clients_active": 5, "p/old clients_waiting": 2, "p/old servers_active": 2, "p/old maxwait_seconds": 3, "p/old query_seconds": 2,
		"p/new clients_active": 5, "p/new clients_waiting": 6, "p/new servers_active": 7, "p/new maxwait_seconds": 1.5,
		"p/new queries": 9, "p/new wait_seconds": 1.5, "p/new server_assignments": 8,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%v, want\n%v", got, want)
	}
}
