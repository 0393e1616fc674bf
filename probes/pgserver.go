package probes

import "strings"

// questions are asked of every server that they suit, in this order. Those that
// need more than that are blockers, statements and the log.
var questions = []question{
	{name: "activity", group: base, sql: activitySQL, read: readActivity},
	{name: "database", group: base, sql: databaseSQL, read: readDatabase},
	{name: "sessions", group: base, from: 14, sql: sessionsSQL},
	{name: "standbys", group: base, noArgs: true, sql: standbysSQL, read: readStandbys},
	{name: "recovery", group: base, place: onStandby, monitor: true, noArgs: true, sql: recoverySQL, read: readRecovery},

	{name: "locks", group: detail, fades: true, sql: locksSQL},
	{name: "recovery conflicts", group: detail, place: onStandby, sql: conflictsSQL},
	{name: "wal", group: detail, from: 14, upTo: 17, noArgs: true, sql: walSQL14},
	{name: "wal", group: detail, from: 18, noArgs: true, sql: walSQL18},
	{name: "checkpoints", group: detail, upTo: 16, noArgs: true, sql: checkpointsSQL13},
	{name: "checkpoints", group: detail, from: 17, upTo: 17, noArgs: true, sql: checkpointsSQL17},
	{name: "checkpoints", group: detail, from: 18, noArgs: true, sql: checkpointsSQL18},
	{name: "io", group: detail, from: 16, upTo: 17, noArgs: true, sql: ioSQL16},
	{name: "io", group: detail, from: 18, noArgs: true, sql: ioSQL18},
	{name: "slots", group: detail, noArgs: true, sql: slotsSQL},

	{name: "size", group: size, sql: sizeSQL},
	{name: "tuples", group: size, inside: true, noArgs: true, sql: tuplesSQL},
	{name: "tables", group: size, inside: true, noArgs: true, sql: tablesSQL},
	{name: "indexes", group: size, inside: true, noArgs: true, sql: indexesSQL},

	{name: "settings", group: once, noArgs: true, sql: settingsSQL, read: readSettings},
}

// A lock on a transaction is of no database: it is of its session's.
const locksSQL = `SELECT ` + mark + `mode AS key, count(*) FILTER (WHERE granted)::float8 AS "locks.*", count(*) FILTER (WHERE NOT granted)::float8 AS "locks_waiting.*"
FROM pg_locks WHERE pid IN (SELECT pid FROM pg_stat_activity WHERE ` + theirs + `) GROUP BY mode ORDER BY mode`

// The bytes of WAL are the difference of its positions, which the base has.
// The times are 0 where nobody took them.
const walSQL14 = `SELECT ` + mark + `wal_records::float8, wal_fpi::float8 AS wal_full_page_images, wal_buffers_full::float8,
  wal_write::float8 AS wal_writes, wal_sync::float8 AS wal_syncs,
  CASE WHEN current_setting('track_wal_io_timing')::bool THEN wal_write_time / 1000 END AS wal_write_seconds,
  CASE WHEN current_setting('track_wal_io_timing')::bool THEN wal_sync_time / 1000 END AS wal_sync_seconds
FROM pg_stat_wal`

// From 18 on writes of WAL are in pg_stat_io.
const walSQL18 = `SELECT ` + mark + `wal_records::float8, wal_fpi::float8 AS wal_full_page_images, wal_buffers_full::float8, i.*
FROM pg_stat_wal, (SELECT coalesce(sum(writes), 0)::float8 AS wal_writes, coalesce(sum(fsyncs), 0)::float8 AS wal_syncs,
  CASE WHEN current_setting('track_wal_io_timing')::bool THEN sum(write_time) / 1000 END AS wal_write_seconds,
  CASE WHEN current_setting('track_wal_io_timing')::bool THEN sum(fsync_time) / 1000 END AS wal_sync_seconds
  FROM pg_stat_io WHERE object = 'wal') AS i`

const checkpointsSQL13 = `SELECT ` + mark + `checkpoints_timed::float8, checkpoints_req::float8 AS checkpoints_requested,
  checkpoint_write_time / 1000 AS checkpoint_write_seconds, checkpoint_sync_time / 1000 AS checkpoint_sync_seconds,
  buffers_checkpoint * b.size AS checkpoint_written_bytes, buffers_clean * b.size AS bgwriter_written_bytes,
  maxwritten_clean::float8 AS bgwriter_halts, buffers_alloc * b.size AS allocated_bytes,
  buffers_backend * b.size AS backend_written_bytes, buffers_backend_fsync::float8 AS backend_syncs
FROM pg_stat_bgwriter, (SELECT current_setting('block_size')::float8 AS size) AS b`

// From 17 on what backends write is in pg_stat_io alone.
const checkpointsSQL17 = `SELECT ` + mark + `num_timed::float8 AS checkpoints_timed, num_requested::float8 AS checkpoints_requested,` + checkpointsCommon
const checkpointsSQL18 = `SELECT ` + mark + `num_timed::float8 AS checkpoints_timed, num_requested::float8 AS checkpoints_requested,
  num_done::float8 AS checkpoints_done,` + checkpointsCommon

const checkpointsCommon = `
  restartpoints_done::float8, write_time / 1000 AS checkpoint_write_seconds, sync_time / 1000 AS checkpoint_sync_seconds,
  buffers_written * b.size AS checkpoint_written_bytes, buffers_clean * b.size AS bgwriter_written_bytes,
  maxwritten_clean::float8 AS bgwriter_halts, buffers_alloc * b.size AS allocated_bytes
FROM pg_stat_checkpointer, pg_stat_bgwriter, (SELECT current_setting('block_size')::float8 AS size) AS b`

// ioHead and ioTail hold what 16 to 18 count alike: by who did it and to
// what, whatever the strategy. Whoever did nothing yet is left out.
var (
	ioSQL16 = ioHead + `
  sum(reads * op_bytes)::float8 AS "io.*.read_bytes", sum(writes * op_bytes)::float8 AS "io.*.write_bytes",
  sum(extends * op_bytes)::float8 AS "io.*.extend_bytes",` + strings.ReplaceAll(ioTail, "%timed", "current_setting('track_io_timing')::bool")
	// From 18 on an operation may be of many pages, and WAL is among the objects.
	ioSQL18 = ioHead + `
  sum(read_bytes)::float8 AS "io.*.read_bytes", sum(write_bytes)::float8 AS "io.*.write_bytes",
  sum(extend_bytes)::float8 AS "io.*.extend_bytes",` + strings.ReplaceAll(ioTail, "%timed",
		"current_setting(CASE object WHEN 'wal' THEN 'track_wal_io_timing' ELSE 'track_io_timing' END)::bool")
)

const (
	ioHead = `SELECT ` + mark + `replace(backend_type, ' ', '_') || '.' || replace(object, ' ', '_') AS key, sum(reads)::float8 AS "io.*.reads",
  sum(writes)::float8 AS "io.*.writes", sum(extends)::float8 AS "io.*.extends", sum(hits)::float8 AS "io.*.hits",
  sum(evictions)::float8 AS "io.*.evictions", sum(fsyncs)::float8 AS "io.*.syncs",`
	ioTail = `
  CASE WHEN %timed THEN sum(read_time) / 1000 END AS "io.*.read_seconds",
  CASE WHEN %timed THEN sum(write_time) / 1000 END AS "io.*.write_seconds",
  CASE WHEN %timed THEN sum(fsync_time) / 1000 END AS "io.*.sync_seconds"
FROM pg_stat_io GROUP BY backend_type, object
HAVING coalesce(sum(reads), 0) + coalesce(sum(writes), 0) + coalesce(sum(extends), 0) + coalesce(sum(hits), 0) + coalesce(sum(fsyncs), 0) > 0
ORDER BY 1`
)

// slotsSQL: a slot whose reader is gone keeps WAL until the disk is full.
const slotsSQL = `SELECT ` + mark + `'slot:' || slot_name AS subject, active::int::float8 AS active, (wal_status = 'lost')::int::float8 AS lost,
  pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn)::float8 AS retained_bytes,
  safe_wal_size::float8 AS safe_bytes
FROM pg_replication_slots ORDER BY slot_name`
