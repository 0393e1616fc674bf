package probes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
)

// Queues observes what waits to be done in an Odoo database of versions 14 to
// 19: the jobs of OCA's queue_job, and the business backlog. It reads with SQL over
// one connection of its own. Counting is work on the server: it is done seldom,
// a count that takes long is cut off (a gap), and at least twenty times as long as
// the last one took passes until the next.
//
// Samples: probe "queue", subject the database, where it has the table queue_job:
// `jobs{channel="root.edi",state="pending"}`, a count for each channel and state
// that there is (states wait_dependencies, pending, enqueued, started and failed;
// done and cancelled ones are not counted), jobs_waiting (pending and enqueued),
// jobs_started, jobs_failed (of all channels), jobs_oldest_seconds (how long the
// oldest waiting job that may run has waited, since it was created or its ETA; 0
// without one), jobs_done (that were done since the run's start: a counter).
//
// Probe "backlog", subject the database, of the tables and columns that are there:
// `pickings{operation="outgoing",state="waiting",type="OUT"}`, a count for each
// kind of operation, sequence code of its type, and state that there is (waiting:
// confirmed, or waiting for another; assigned: ready to be done), pickings_waiting
// and pickings_assigned (of all), pickings_overdue (of both, those whose scheduled
// date has passed), orders_to_invoice, invoices_draft (of customers), bills_draft
// (of vendors), batches_open (waves and batches, draft or in progress).
type Queues struct {
	DSN      headroom.Secret
	Database string
	Interval time.Duration // 0 means 15 s
}

// restFactor is how many times as long as a count took passes until the next.
const restFactor = 20

// A count is a query and the columns that it needs; it gives rows of a metric
// and its value.
type count struct {
	needs []need
	sql   string
	since bool // $1 of the query is the run's start
}

// A need is a table and those of its columns that a count reads.
type need struct {
	table   string
	columns []string
}

// Odoo keeps times in UTC without saying so.
const utc = `(now() AT TIME ZONE 'UTC')`

var jobCounts = []count{
	{[]need{{"queue_job", []string{"state", "channel"}}}, `
WITH jobs AS (SELECT coalesce(channel, '') AS channel, state, count(*) AS n FROM queue_job
  WHERE state IN ('wait_dependencies', 'pending', 'enqueued', 'started', 'failed') GROUP BY 1, 2)
SELECT format('jobs{channel=%s,state=%s}', to_json(channel), to_json(state::text)), n::float8 FROM jobs
UNION ALL SELECT 'jobs_waiting', coalesce(sum(n) FILTER (WHERE state IN ('pending', 'enqueued')), 0)::float8 FROM jobs
UNION ALL SELECT 'jobs_started', coalesce(sum(n) FILTER (WHERE state = 'started'), 0)::float8 FROM jobs
UNION ALL SELECT 'jobs_failed', coalesce(sum(n) FILTER (WHERE state = 'failed'), 0)::float8 FROM jobs`, false},
	{[]need{{"queue_job", []string{"state", "date_created", "eta"}}}, `
SELECT 'jobs_oldest_seconds', greatest(0, coalesce(extract(epoch FROM ` + utc + ` - min(greatest(date_created, eta))), 0))::float8
FROM queue_job WHERE state IN ('pending', 'enqueued') AND (eta IS NULL OR eta <= ` + utc + `)`, false},
	{[]need{{"queue_job", []string{"state", "date_done"}}}, `
SELECT 'jobs_done', count(*)::float8 FROM queue_job WHERE state = 'done' AND date_done >= $1::timestamptz AT TIME ZONE 'UTC'`, true},
}

var backlogCounts = []count{
	{[]need{{"stock_picking", []string{"state", "picking_type_id", "scheduled_date"}}, {"stock_picking_type", []string{"id", "code", "sequence_code"}}}, `
WITH pickings AS (SELECT t.code, coalesce(t.sequence_code, '') AS type, CASE p.state WHEN 'assigned' THEN p.state ELSE 'waiting' END AS state,
    count(*) AS n, count(*) FILTER (WHERE p.scheduled_date < ` + utc + `) AS overdue
  FROM stock_picking p JOIN stock_picking_type t ON t.id = p.picking_type_id
  WHERE p.state IN ('confirmed', 'waiting', 'assigned') GROUP BY 1, 2, 3)
SELECT format('pickings{operation=%s,state=%s,type=%s}', to_json(code::text), to_json(state::text), to_json(type::text)), n::float8 FROM pickings
UNION ALL SELECT 'pickings_waiting', coalesce(sum(n) FILTER (WHERE state = 'waiting'), 0)::float8 FROM pickings
UNION ALL SELECT 'pickings_assigned', coalesce(sum(n) FILTER (WHERE state = 'assigned'), 0)::float8 FROM pickings
UNION ALL SELECT 'pickings_overdue', coalesce(sum(overdue), 0)::float8 FROM pickings`, false},
	{[]need{{"sale_order", []string{"state", "invoice_status"}}}, `
SELECT 'orders_to_invoice', count(*)::float8 FROM sale_order WHERE state IN ('sale', 'done') AND invoice_status = 'to invoice'`, false},
	{[]need{{"account_move", []string{"state", "move_type"}}}, `
WITH drafts AS (SELECT move_type FROM account_move WHERE state = 'draft' AND move_type IN ('out_invoice', 'out_refund', 'in_invoice', 'in_refund'))
SELECT 'invoices_draft', (count(*) FILTER (WHERE move_type LIKE 'out%'))::float8 FROM drafts
UNION ALL SELECT 'bills_draft', (count(*) FILTER (WHERE move_type LIKE 'in%'))::float8 FROM drafts`, false},
	{[]need{{"stock_picking_batch", []string{"state"}}}, `
SELECT 'batches_open', count(*)::float8 FROM stock_picking_batch WHERE state IN ('draft', 'in_progress')`, false},
}

// Name is "queue".
func (q Queues) Name() string { return "queue" }

// Run observes until ctx ends, and once more then.
func (q Queues) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	jobs := &lookout{reporter: &reporter{probe: q.Name(), clock: clock, rec: rec}, subject: q.Database}
	backlog := &lookout{reporter: &reporter{probe: "backlog", clock: clock, rec: rec}, subject: q.Database}
	cfg, err := pgx.ParseConfig(q.DSN.Reveal())
	if err != nil {
		// The parser's message may quote the DSN: it stays here.
		return jobs.unusable(ctx, errors.New("the DSN cannot be read"))
	}
	jobs.secrets, backlog.secrets = []string{cfg.Password}, []string{cfg.Password}
	cfg.RuntimeParams["application_name"] = "headroom-probe"
	cfg.RuntimeParams["statement_timeout"] = statementTimeout
	cfg.ConnectTimeout = queryTimeout
	// Unnamed statements work through PgBouncer as well.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	c := &counter{cfg: cfg, database: q.Database, start: clock.Start}
	defer c.disconnect()
	var rest time.Time // nothing is counted before
	return jobs.watch(ctx, orElse(q.Interval, 15*time.Second), func(within context.Context) ([]value, error) {
		began := time.Now()
		if began.Before(rest) && ctx.Err() == nil {
			return nil, errNotNow
		}
		defer func() { rest = time.Now().Add(restFactor * time.Since(began)) }()
		waiting, err := c.counts(within, jobCounts)
		if c.conn == nil {
			return nil, err
		}
		open, openErr := c.counts(within, backlogCounts)
		if recErr := backlog.tell(open, openErr); recErr != nil {
			return nil, recErr // final: what the caller records meets the same
		}
		if err != nil { // what could be counted is worth keeping
			return nil, errors.Join(err, jobs.record(clock.Now(), waiting))
		}
		return waiting, nil
	})
}

// tell records values, and a gap when there was an error besides.
func (l *lookout) tell(values []value, err error) error {
	if recErr := l.record(l.clock.Now(), finite(values)); recErr != nil {
		return recErr
	}
	if err != nil {
		return l.gap(err)
	}
	l.back()
	return nil
}

// A counter is a connection, made when it is needed, and what the database has.
type counter struct {
	cfg      *pgx.ConnConfig
	database string
	start    time.Time
	conn     *pgx.Conn
	has      map[[2]string]bool // table and column
}

func (c *counter) disconnect() {
	if c.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.conn.Close(ctx) // it is gone either way
	c.conn = nil
}

// columnsSQL lists the columns of those of the tables that are there.
const columnsSQL = `
SELECT t.name, a.attname::text FROM unnest($1::text[]) AS t(name)
JOIN pg_attribute a ON a.attrelid = to_regclass(t.name) AND a.attnum > 0 AND NOT a.attisdropped`

func (c *counter) connect(ctx context.Context) error {
	if c.conn != nil {
		return nil
	}
	conn, err := pgx.ConnectConfig(ctx, c.cfg)
	if err != nil {
		return refusal(err)
	}
	c.conn = conn
	var tables []string
	for _, one := range slices.Concat(jobCounts, backlogCounts) {
		for _, n := range one.needs {
			tables = append(tables, n.table)
		}
	}
	slices.Sort(tables)
	rows, err := conn.Query(ctx, columnsSQL, slices.Compact(tables))
	if err != nil {
		return refusal(err)
	}
	c.has = map[[2]string]bool{}
	var table, name string
	_, err = pgx.ForEachRow(rows, []any{&table, &name}, func() error {
		c.has[[2]string{table, name}] = true
		return nil
	})
	return err
}

// counts makes those counts that the database has the columns for. One that
// fails is no reason to leave the others out, unless it took the connection along.
func (c *counter) counts(ctx context.Context, all []count) ([]value, error) {
	if err := c.connect(ctx); err != nil {
		c.disconnect()
		return nil, err
	}
	var out []value
	var failed error
	for _, one := range all {
		if !c.can(one) {
			continue
		}
		values, err := c.make(ctx, one)
		out = append(out, values...)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s cannot be counted: %w", one.needs[0].table, refusal(err)))
		}
		if c.conn.IsClosed() {
			c.disconnect()
			break
		}
	}
	return out, failed
}

func (c *counter) make(ctx context.Context, one count) ([]value, error) {
	var args []any
	if one.since {
		args = []any{c.start}
	}
	rows, err := c.conn.Query(ctx, one.sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (value, error) {
		v := value{subject: c.database}
		err := row.Scan(&v.metric, &v.value)
		return v, err
	})
}

func (c *counter) can(one count) bool {
	for _, n := range one.needs {
		for _, name := range n.columns {
			if !c.has[[2]string{n.table, name}] {
				return false
			}
		}
	}
	return true
}
