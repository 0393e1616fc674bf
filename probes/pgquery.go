package probes

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// A session of another role has no state for a role without pg_monitor;
// counting it as idle would be a lie.
const activitySQL = `
SELECT count(*)::float8,
       count(*) FILTER (WHERE state = 'active')::float8,
       count(*) FILTER (WHERE state = 'idle')::float8,
       count(*) FILTER (WHERE state LIKE 'idle in transaction%')::float8,
       count(*) FILTER (WHERE wait_event_type = 'Lock')::float8,
       count(*) FILTER (WHERE query = '<insufficient privilege>')
FROM pg_stat_activity
WHERE datname = $1 AND pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend'
  AND application_name IS DISTINCT FROM 'headroom-probe'`

const databaseSQL = `
SELECT xact_commit::float8, xact_rollback::float8, deadlocks::float8, blks_hit::float8, blks_read::float8,
       tup_returned::float8, tup_fetched::float8, tup_inserted::float8, tup_updated::float8, tup_deleted::float8,
       temp_bytes::float8,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0')::float8
FROM pg_stat_database WHERE datname = $1`

var databaseMetrics = []string{"xact_commit", "xact_rollback", "deadlocks", "blks_hit", "blks_read",
	"tup_returned", "tup_fetched", "tup_inserted", "tup_updated", "tup_deleted", "temp_bytes", "wal_bytes"}

var activityMetrics = []string{"connections", "active", "idle", "idle_in_transaction", "waiting_lock"}

// settingsSQL reads what moves a server's capacity.
const settingsSQL = `
SELECT name, setting, coalesce(unit, ''), vartype FROM pg_settings
WHERE name IN ('server_version_num', 'max_connections', 'shared_buffers', 'work_mem', 'maintenance_work_mem',
  'effective_cache_size', 'max_wal_size', 'wal_buffers', 'checkpoint_timeout', 'checkpoint_completion_target',
  'synchronous_commit', 'fsync', 'full_page_writes', 'wal_level', 'random_page_cost', 'autovacuum', 'jit',
  'deadlock_timeout', 'default_transaction_isolation', 'max_parallel_workers_per_gather', 'track_io_timing')
ORDER BY name`

// queueSample makes one batch, which the server runs as one transaction, of
// all that is wanted now.
func queueSample(database string, add func(string, float64), size, settings bool) *pgx.Batch {
	batch := &pgx.Batch{}
	batch.Queue(activitySQL, database).QueryRow(func(row pgx.Row) error {
		var hidden int64
		v := make([]float64, len(activityMetrics))
		if err := row.Scan(&v[0], &v[1], &v[2], &v[3], &v[4], &hidden); err != nil {
			return err
		}
		if hidden > 0 {
			return fmt.Errorf("the role may not see %d sessions of other roles: grant it pg_monitor", hidden)
		}
		for i, m := range activityMetrics {
			add(m, v[i])
		}
		return nil
	})
	batch.Queue(databaseSQL, database).QueryRow(func(row pgx.Row) error {
		v := make([]float64, len(databaseMetrics))
		into := make([]any, len(v))
		for i := range v {
			into[i] = &v[i]
		}
		if err := row.Scan(into...); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				return fmt.Errorf("database %q does not exist", database)
			}
			return err
		}
		for i, m := range databaseMetrics {
			add(m, v[i])
		}
		return nil
	})
	if size {
		batch.Queue("SELECT pg_database_size($1::name)::float8", database).QueryRow(func(row pgx.Row) error {
			var bytes float64
			if err := row.Scan(&bytes); err != nil {
				return err
			}
			add("size_bytes", bytes)
			return nil
		})
	}
	if settings {
		batch.Queue(settingsSQL).Query(func(rows pgx.Rows) error {
			var name, setting, unit, kind string
			_, err := pgx.ForEachRow(rows, []any{&name, &setting, &unit, &kind}, func() error {
				add(settingValue(name, setting, unit, kind))
				return nil
			})
			return err
		})
	}
	return batch
}

// settingValue turns a row of pg_settings into a metric in base units.
func settingValue(name, setting, unit, kind string) (metric string, v float64) {
	if name == "server_version_num" {
		n, _ := strconv.ParseFloat(setting, 64) // an integer by its definition
		return name, n
	}
	metric = "setting." + name
	switch kind {
	case "bool":
		if setting == "on" {
			return metric, 1
		}
		return metric, 0
	case "integer", "real":
		n, err := strconv.ParseFloat(setting, 64)
		factor, known := units[unit]
		if err == nil && known {
			if n < 0 { // "-1": automatic or off, in no unit
				return metric, n
			}
			return metric, n * factor
		}
	}
	return metric + "=" + setting + unit, 1
}

// units are those of pg_settings, in bytes and seconds. PostgreSQL's kB is
// 1024 bytes.
var units = map[string]float64{
	"": 1, "B": 1, "kB": 1 << 10, "8kB": 8 << 10, "16kB": 16 << 10, "32kB": 32 << 10, "MB": 1 << 20, "16MB": 16 << 20,
	"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400,
}
