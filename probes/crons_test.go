package probes

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestCronsThatAreLate(t *testing.T) {
	dsn := testDSN(t)
	admin := connectTo(t, dsn)
	database := "headroom_crons_" + strconv.Itoa(os.Getpid())
	execSQL(t, admin, "CREATE DATABASE "+database)
	t.Cleanup(func() { execSQL(t, admin, "DROP DATABASE "+database+" WITH (FORCE)") })
	inside := withDatabase(t, dsn, database)
	conn := connectTo(t, inside)
	execSQL(t, conn, `CREATE TABLE ir_cron (active bool, nextcall timestamp, lastcall timestamp);
		INSERT INTO ir_cron SELECT true, t - interval '100 s', t - interval '1 day' FROM (SELECT now() AT TIME ZONE 'UTC' AS t) c;
		INSERT INTO ir_cron SELECT true, t + interval '1 h', t + interval '1 s' FROM (SELECT now() AT TIME ZONE 'UTC' AS t) c;
		INSERT INTO ir_cron SELECT false, t - interval '9 h', NULL FROM (SELECT now() AT TIME ZONE 'UTC' AS t) c`)

	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, Crons{DSN: inside, Database: database})
	must(t, g.Stop())
	for metric, want := range map[string]float64{"active": 2, "overdue": 1, "called": 1} {
		got := rec.series("cron", database, metric)
		if len(got) == 0 || got[len(got)-1] != want {
			t.Errorf("%s: %v, want %g", metric, got, want)
		}
	}
	if late := rec.series("cron", database, "late_seconds"); len(late) == 0 || late[len(late)-1] < 100 || late[len(late)-1] > 200 {
		t.Errorf("late: %v, want 100 s and the test's own time", late)
	}

	rec = &memory{}
	g = Start(context.Background(), Clock{time.Now()}, rec, Crons{DSN: dsn, Database: "empty"})
	must(t, g.Stop())
	if r := rec.records(); len(r.Samples) != 0 || len(r.Gaps) != 1 || !strings.Contains(r.Gaps[0].Reason, "ir_cron") {
		t.Errorf("a database without jobs: samples %v, gaps %v", r.Samples, r.Gaps)
	}
}
