package probes

import (
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
)

// queueJob is the table of OCA's queue_job 18.0, with a job of each state and a
// delayed one; the clock is UTC without saying so.
const queueJob = `
CREATE TABLE queue_job (
  id serial PRIMARY KEY, uuid varchar NOT NULL, graph_uuid varchar, user_id int, company_id int, name varchar, model_name varchar, method_name varchar,
  records text, args text, kwargs text, dependencies text, func_string varchar, state varchar NOT NULL, priority int, exc_name varchar,
  exc_message varchar, exc_info text, result text, date_created timestamp, date_started timestamp, date_enqueued timestamp, date_done timestamp,
  exec_time double precision, date_cancelled timestamp, eta timestamp, retry int, max_retries int, channel_method_name varchar, job_function_id int,
  channel varchar, identity_key varchar, worker_pid int);
CREATE INDEX queue_job__state_index ON queue_job (state);
INSERT INTO queue_job (uuid, state, channel, date_created, eta, date_done)
SELECT gen_random_uuid()::text, s, c, t - age, t + delay, t + done FROM (SELECT now() AT TIME ZONE 'UTC' AS t) clock, (VALUES
  ('pending', 'root', interval '100 s', NULL::interval, NULL::interval),
  ('pending', 'root.edi "A"', '40 s', NULL, NULL),
  ('pending', 'root', '9000 s', '1 h', NULL),
  ('pending', 'root', '9000 s', '-50 s', NULL),
  ('enqueued', 'root', '30 s', NULL, NULL),
  ('started', 'root', '20 s', NULL, NULL),
  ('failed', 'root', '1 day', NULL, NULL),
  ('wait_dependencies', 'root', '5000 s', NULL, NULL),
  ('done', 'root', '1 day', NULL, '-1 h'),
  ('done', 'root', '1 day', NULL, '1 h'),
  ('cancelled', 'root', '1 day', NULL, NULL)) AS job(s, c, age, delay, done)`

// openDocuments are the columns that the backlog reads, as Odoo 14 to 19 have
// them, with documents that wait and some that do not.
const openDocuments = `
CREATE TABLE stock_picking_type (id int, code varchar, sequence_code varchar);
INSERT INTO stock_picking_type VALUES (1, 'incoming', 'IN'), (2, 'outgoing', 'OUT'), (3, 'internal', 'PICK'), (4, 'outgoing', 'OUT');
CREATE TABLE stock_picking (state varchar, picking_type_id int, scheduled_date timestamp);
INSERT INTO stock_picking SELECT s, o, (now() AT TIME ZONE 'UTC') + d FROM (VALUES
  ('waiting', 2, interval '1 h'), ('confirmed', 2, '-1 h'), ('confirmed', 4, '1 h'), ('assigned', 2, '1 h'), ('assigned', 3, '-2 h'), ('assigned', 1, '1 h'),
  ('done', 2, '-1 h'), ('draft', 2, '-1 h'), ('cancel', 2, '-1 h')) AS p(s, o, d);
CREATE TABLE sale_order (state varchar, invoice_status varchar);
INSERT INTO sale_order VALUES ('sale', 'to invoice'), ('done', 'to invoice'), ('sale', 'invoiced'), ('draft', 'to invoice'), ('sale', 'no');
CREATE TABLE account_move (state varchar, move_type varchar);
INSERT INTO account_move VALUES ('draft', 'out_invoice'), ('draft', 'out_refund'), ('draft', 'in_invoice'), ('posted', 'out_invoice'), ('draft', 'entry');
CREATE TABLE stock_picking_batch (state varchar);
INSERT INTO stock_picking_batch VALUES ('draft'), ('in_progress'), ('done')`

// queueDatabase makes a database of the tests' server with some tables.
func queueDatabase(t *testing.T, name, tables string) (headroom.Secret, string) {
	t.Helper()
	dsn := testDSN(t)
	admin := connectTo(t, dsn)
	database := "headroom_" + name + "_" + strconv.Itoa(os.Getpid())
	execSQL(t, admin, "CREATE DATABASE "+database)
	t.Cleanup(func() { execSQL(t, admin, "DROP DATABASE "+database+" WITH (FORCE)") })
	inside := withDatabase(t, dsn, database)
	if tables != "" {
		execSQL(t, connectTo(t, inside), tables)
	}
	return inside, database
}

func TestJobsAndBacklogAreCounted(t *testing.T) {
	dsn, database := queueDatabase(t, "queues", queueJob+";"+openDocuments)
	rec, stop := observe(t, Queues{DSN: dsn, Database: database, Interval: 20 * time.Millisecond})
	eventually(t, "counts", func() bool { return len(rec.series("backlog", database, "batches_open")) > 0 })
	stop()
	jobs := lastOf(rec, "queue", database)
	// The one with an ETA waits since then, not since it was made.
	if oldest := jobs["jobs_oldest_seconds"]; oldest < 100 || oldest > 120 {
		t.Errorf("the oldest job waits %g s, want 100 and the test's own time", oldest)
	}
	delete(jobs, "jobs_oldest_seconds")
	if want := map[string]float64{
		`jobs{channel="root",state="pending"}`: 3, `jobs{channel="root.edi \"A\"",state="pending"}`: 1, `jobs{channel="root",state="enqueued"}`: 1,
		`jobs{channel="root",state="started"}`: 1, `jobs{channel="root",state="failed"}`: 1, `jobs{channel="root",state="wait_dependencies"}`: 1,
		"jobs_waiting": 5, "jobs_started": 1, "jobs_failed": 1, "jobs_done": 1,
	}; !reflect.DeepEqual(jobs, want) {
		t.Errorf("jobs %v,\nwant %v", jobs, want)
	}
	if got, want := lastOf(rec, "backlog", database), map[string]float64{
		`pickings{operation="outgoing",state="waiting",type="OUT"}`: 3, `pickings{operation="outgoing",state="assigned",type="OUT"}`: 1,
		`pickings{operation="internal",state="assigned",type="PICK"}`: 1, `pickings{operation="incoming",state="assigned",type="IN"}`: 1,
		"pickings_waiting": 3, "pickings_assigned": 3, "pickings_overdue": 2, "orders_to_invoice": 2, "invoices_draft": 2, "bills_draft": 1, "batches_open": 2,
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("backlog %v,\nwant %v", got, want)
	}
	if gaps := rec.records().Gaps; len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
}

// What a version or a set of modules does not have is neither 0 nor a gap.
func TestTablesThatAreNotThereAreNotRecorded(t *testing.T) {
	for name, c := range map[string]struct {
		tables string
		want   map[string]float64
	}{
		"none":            {"", map[string]float64{}},
		"no sales":        {"CREATE TABLE stock_picking_batch (state varchar)", map[string]float64{"batches_open": 0}},
		"another's table": {"CREATE TABLE account_move (state varchar, type varchar)", map[string]float64{}},
		"other schema":    {"CREATE SCHEMA hidden; CREATE TABLE hidden.sale_order (state varchar, invoice_status varchar)", map[string]float64{}},
	} {
		t.Run(name, func(t *testing.T) {
			dsn, database := queueDatabase(t, "few", c.tables)
			rec, stop := observe(t, Queues{DSN: dsn, Database: database, Interval: 20 * time.Millisecond})
			stop()
			if got := lastOf(rec, "backlog", database); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("backlog %v, want %v", got, c.want)
			}
			if r := rec.records(); len(r.Gaps) != 0 || len(lastOf(rec, "queue", database)) != 0 {
				t.Errorf("gaps %+v, samples %+v", r.Gaps, r.Samples)
			}
		})
	}
}

// A count that the server cannot make in time is cut off; the others go on, and
// it comes back.
func TestACountThatTakesTooLongIsAGapAlone(t *testing.T) {
	dsn, database := queueDatabase(t, "cut", queueJob+";"+openDocuments)
	holder := connectTo(t, dsn)
	execSQL(t, holder, "BEGIN; LOCK TABLE account_move IN ACCESS EXCLUSIVE MODE")
	rec, stop := observe(t, Queues{DSN: dsn, Database: database, Interval: 20 * time.Millisecond})
	eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
	time.Sleep(100 * time.Millisecond) // beats at which it rests
	execSQL(t, holder, "COMMIT")
	before := rec.records()
	stop() // the last look rests no more
	if len(before.Gaps) != 1 || before.Gaps[0].Probe != "backlog" || !strings.Contains(before.Gaps[0].Reason, "account_move cannot be counted") {
		t.Errorf("gaps %+v", before.Gaps)
	}
	if n := len(rec.series("queue", database, "jobs_waiting")); n != 2 {
		t.Errorf("jobs were counted %d times, want at the first look and at the end: what takes 2.5 s is not done each 20 ms", n)
	}
	if n := len(rec.series("backlog", database, "pickings_waiting")); n != 2 {
		t.Errorf("pickings were counted %d times, want 2", n)
	}
	if got := rec.series("backlog", database, "invoices_draft"); len(got) != 1 || got[0] != 2 {
		t.Errorf("drafts %v, want those of the end", got)
	}
	if after := rec.records().Gaps; len(after) != 1 {
		t.Errorf("gaps %+v", after)
	}
}

func TestQueuesOfADatabaseThatGoesAway(t *testing.T) {
	cfg, err := pgx.ParseConfig(testDSN(t).Reveal())
	must(t, err)
	_, database := queueDatabase(t, "gone", queueJob)
	gate := newGate(t, cfg.Host+":"+strconv.Itoa(int(cfg.Port)))
	rec, _ := observe(t, Queues{DSN: address(cfg, gate.listener.Addr().String(), cfg.Password, database), Database: database, Interval: 10 * time.Millisecond})
	samples := func() int { return len(rec.series("queue", database, "jobs_waiting")) }
	eventually(t, "samples", func() bool { return samples() > 1 })
	gate.set(true)
	eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
	gate.set(false)
	n := samples()
	eventually(t, "samples after the outage", func() bool { return samples() > n })
	if gap := rec.records().Gaps[0]; gap.Probe != "queue" || strings.Contains(gap.Reason, cfg.Password) {
		t.Errorf("gap %+v", gap)
	}
}
