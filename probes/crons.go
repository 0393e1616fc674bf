package probes

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
)

// Crons observes the scheduled jobs of an Odoo database: a cron worker that is
// held up, or that nobody runs, shows in jobs that are late.
//
// Samples: probe "cron", subject the database: active (jobs), overdue (active
// jobs whose time has come and that did not begin), late_seconds (of the latest of
// them, 0 without one), called (active jobs that were called since the run's
// start, each counted once).
type Crons struct {
	DSN      headroom.Secret
	Database string
	Interval time.Duration // 0 means 10 s
}

// Odoo keeps times in UTC without saying so.
const cronSQL = `
SELECT count(*)::float8,
       count(*) FILTER (WHERE nextcall < t)::float8,
       greatest(0, coalesce(max(extract(epoch FROM t - nextcall)), 0))::float8,
       count(*) FILTER (WHERE lastcall >= $1::timestamptz AT TIME ZONE 'UTC')::float8
FROM ir_cron, (SELECT now() AT TIME ZONE 'UTC' AS t) AS clock
WHERE active`

// Name is "cron".
func (c Crons) Name() string { return "cron" }

// Run observes until ctx ends, and once more then.
func (c Crons) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	report := &reporter{probe: c.Name(), clock: clock, rec: rec}
	observe := func() error {
		// A look that the run's end finds under way comes to its own end.
		v, err := c.look(context.WithoutCancel(ctx), clock.Start)
		if err != nil {
			return report.failed(err.Error())
		}
		report.back()
		return report.record(clock.Now(), []value{
			{c.Database, "active", v[0]}, {c.Database, "overdue", v[1]}, {c.Database, "late_seconds", v[2]}, {c.Database, "called", v[3]},
		})
	}
	interval := c.Interval
	if interval == 0 {
		interval = 10 * time.Second
	}
	if err := every(ctx, interval, observe); err != nil {
		return err
	}
	return observe()
}

// look opens a connection for one look: there are few, and a database without
// the table is no reason to hold one.
func (c Crons) look(ctx context.Context, start time.Time) (v [4]float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	cfg, err := pgx.ParseConfig(c.DSN.Reveal())
	if err != nil {
		// The parser's message may quote the DSN: it stays here.
		return v, fmt.Errorf("the DSN cannot be read")
	}
	cfg.RuntimeParams["application_name"] = "headroom-probe"
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return v, fmt.Errorf("no connection: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }() // only read from
	if err := conn.QueryRow(ctx, cronSQL, start).Scan(&v[0], &v[1], &v[2], &v[3]); err != nil {
		return v, fmt.Errorf("jobs cannot be read: %w", err)
	}
	return v, nil
}
