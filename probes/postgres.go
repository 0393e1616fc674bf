package probes

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// queryTimeout bounds an observation: a server that is too busy to answer in
	// this time is an outage of the probe, not a reason to hang.
	queryTimeout = 3 * time.Second
	// statementTimeout, in milliseconds, makes the server give up first.
	statementTimeout = "2500"
)

// Postgres observes a database of a PostgreSQL server from 13 on, over one
// connection of its own. A role with pg_monitor sees everything.
//
// Samples: probe "postgres", subject the database. Each interval: connections,
// active, idle, idle_in_transaction, waiting_lock (client sessions but ours, a
// count); xact_commit, xact_rollback, deadlocks, blks_hit, blks_read,
// tup_returned, tup_fetched, tup_inserted, tup_updated, tup_deleted,
// temp_bytes (counters of pg_stat_database, to which the probe itself adds one
// transaction an interval); wal_bytes (a counter, of the whole server). At the
// start and the end: size_bytes. Once: server_version_num, and the settings
// that matter, as "setting.NAME" in bytes, seconds, counts or 0 and 1, or
// "setting.NAME=TEXT" with value 1. After a crash of the server its counters
// start from 0 again.
type Postgres struct {
	DSN      headroom.Secret
	Database string        // whose figures; "" means the DSN's
	Interval time.Duration // 0 means a second
}

// Name is "postgres".
func (p Postgres) Name() string { return "postgres" }

// Run observes until ctx ends.
func (p Postgres) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	report := &reporter{probe: p.Name(), clock: clock, rec: rec}
	cfg, err := pgx.ParseConfig(p.DSN.Reveal())
	if err != nil {
		// The parser's message may quote the DSN: it stays here.
		if err := report.failed("the DSN cannot be read"); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	}
	cfg.RuntimeParams["application_name"] = "headroom-probe"
	cfg.RuntimeParams["statement_timeout"] = statementTimeout
	cfg.ConnectTimeout = queryTimeout
	// Unnamed statements work through PgBouncer as well.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	o := &postgresObserver{reporter: report, cfg: cfg, database: p.Database}
	if o.database == "" {
		o.database = cfg.Database
	}
	defer o.disconnect()
	if err := every(ctx, p.Interval, func() error { return o.observe(ctx, false) }); err != nil {
		return err
	}
	// The last counters and the size at the end, outside of the ended context.
	return o.observe(context.WithoutCancel(ctx), true)
}

type postgresObserver struct {
	*reporter
	cfg      *pgx.ConnConfig
	database string
	conn     *pgx.Conn
	told     bool // version and settings
	sized    bool // size at the start
}

func (o *postgresObserver) disconnect() {
	if o.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = o.conn.Close(ctx) // it is gone either way
	o.conn = nil
}

// observe records one sample, or a gap. Its error is the recorder's.
func (o *postgresObserver) observe(parent context.Context, last bool) error {
	ctx, cancel := context.WithTimeout(parent, queryTimeout)
	defer cancel()
	values, err := o.sample(ctx, last)
	switch {
	case err == nil:
		o.back()
		return o.record(o.clock.Now(), values)
	case parent.Err() != nil: // stopped, not failed
		o.disconnect()
		return nil
	}
	reason := o.reason(err)
	o.disconnect()
	return o.failed(reason)
}

func (o *postgresObserver) sample(ctx context.Context, last bool) ([]value, error) {
	if o.conn == nil {
		conn, err := pgx.ConnectConfig(ctx, o.cfg)
		if err != nil {
			return nil, err
		}
		o.conn = conn
	}
	var values []value
	add := func(metric string, v float64) { values = append(values, value{o.database, metric, v}) }
	size := last || !o.sized
	batch := queueSample(o.database, add, size, !o.told)
	if err := o.conn.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	o.told, o.sized = true, true
	return values, nil
}

// reason says why, without what is nobody's business: a pgx error tells user,
// host and database, and never a password; should one come back in a server's
// message, it is taken out.
func (o *postgresObserver) reason(err error) string {
	s := err.Error()
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		s = refused.Message + " (" + refused.Code + ")"
	} else if o.conn != nil && o.conn.IsClosed() {
		s = "the connection failed while it was in use: " + s
	}
	s = strings.Join(strings.Fields(s), " ")
	if o.cfg.Password != "" {
		s = strings.ReplaceAll(s, o.cfg.Password, headroom.Secret("").String())
	}
	return s
}
