package probes

import "strconv"

const sizeSQL = `SELECT ` + mark + `pg_database_size($1::name)::float8 AS size_bytes, age(datfrozenxid)::float8 AS frozen_age FROM pg_database WHERE datname = $1`

// tuplesSQL is of the connection's database.
const tuplesSQL = `SELECT ` + mark + `sum(n_live_tup)::float8 AS live_tuples, sum(n_dead_tup)::float8 AS dead_tuples,
  sum(n_tup_hot_upd)::float8 AS hot_updates, sum(autovacuum_count)::float8 AS autovacuums, sum(autoanalyze_count)::float8 AS autoanalyzes
FROM pg_stat_user_tables`

// tableName leaves out the schema that everybody means.
const tableName = `CASE WHEN nspname = 'public' THEN '' ELSE nspname || '.' END || relname`

// unlocked leaves out what somebody holds, or waits for, alone (ALTER TABLE,
// VACUUM FULL): its size would have to be waited for.
const unlocked = `relpersistence <> 't' AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.relation = c.oid AND l.mode = 'AccessExclusiveLock')`

// tablesSQL tells of the ten largest.
const tablesSQL = `SELECT ` + mark + `'table:' || name AS subject, bytes AS size_bytes, pg_indexes_size(t.oid)::float8 AS indexes_bytes,
  n_live_tup::float8 AS live_tuples, n_dead_tup::float8 AS dead_tuples, n_tup_ins::float8 AS tup_inserted,
  n_tup_upd::float8 AS tup_updated, n_tup_hot_upd::float8 AS hot_updates, n_tup_del::float8 AS tup_deleted,
  seq_scan::float8 AS seq_scans, seq_tup_read::float8 AS seq_rows, idx_scan::float8 AS index_scans,
  autovacuum_count::float8 AS autovacuums, extract(epoch FROM clock_timestamp() - last_autovacuum)::float8 AS autovacuum_age_seconds
FROM (SELECT c.oid, ` + tableName + ` AS name, pg_table_size(c.oid)::float8 AS bytes
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE relkind IN ('r', 'm') AND ` + unlocked + ` ORDER BY 3 DESC, 2 LIMIT 10) AS t
LEFT JOIN pg_stat_user_tables s ON s.relid = t.oid ORDER BY bytes DESC, name`

// indexesSQL tells of the ten largest.
const indexesSQL = `SELECT ` + mark + `'index:' || name AS subject, bytes AS size_bytes, idx_scan::float8 AS index_scans
FROM (SELECT c.oid, ` + tableName + ` AS name, pg_relation_size(c.oid)::float8 AS bytes
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE relkind = 'i' AND ` + unlocked + ` ORDER BY 3 DESC, 2 LIMIT 10) AS t
LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = t.oid ORDER BY bytes DESC, name`

// settingsSQL reads what moves a server's capacity.
const settingsSQL = `SELECT ` + mark + `name, setting, coalesce(unit, '') AS unit, vartype FROM pg_settings
WHERE name IN ('server_version_num', 'max_connections', 'shared_buffers', 'work_mem', 'maintenance_work_mem',
  'effective_cache_size', 'max_wal_size', 'wal_buffers', 'checkpoint_timeout', 'checkpoint_completion_target',
  'synchronous_commit', 'fsync', 'full_page_writes', 'wal_level', 'wal_compression', 'random_page_cost', 'effective_io_concurrency', 'jit',
  'autovacuum', 'autovacuum_max_workers', 'autovacuum_naptime', 'autovacuum_vacuum_scale_factor', 'autovacuum_vacuum_cost_limit',
  'deadlock_timeout', 'lock_timeout', 'default_transaction_isolation', 'max_parallel_workers_per_gather', 'max_worker_processes',
  'huge_pages', 'io_method', 'track_io_timing', 'hot_standby_feedback', 'max_standby_streaming_delay', 'data_checksums', 'block_size')
ORDER BY name`

func readSettings(o *postgresObserver, p page) ([]value, error) {
	var vs []value
	for _, row := range p.rows {
		metric, v := settingValue(p.text(row, "name"), p.text(row, "setting"), p.text(row, "unit"), p.text(row, "vartype"))
		vs = append(vs, value{o.database, metric, v})
	}
	return vs, nil
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
