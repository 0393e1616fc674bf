package probes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// theirs are the sessions of a database but for probes'.
const theirs = `datname = $1 AND pid <> pg_backend_pid() AND application_name IS DISTINCT FROM '` + probeName + `'`

// activitySQL reads the sessions once and counts them by all that is told apart. A
// session of another role has no state for a role without pg_monitor; counting
// it as idle would be a lie.
const activitySQL = `SELECT ` + mark + `coalesce(backend_type, 'client backend') AS backend,
  coalesce(datname = $1 AND pid <> pg_backend_pid() AND application_name IS DISTINCT FROM '` + probeName + `', false)::int::float8 AS theirs,
  state, wait_event_type AS wait_type, wait_event AS wait, count(*)::float8 AS sessions,
  extract(epoch FROM max(clock_timestamp() - xact_start))::float8 AS transaction_seconds,
  extract(epoch FROM max(clock_timestamp() - query_start) FILTER (WHERE state = 'active'))::float8 AS query_seconds,
  count(*) FILTER (WHERE query = '<insufficient privilege>')::float8 AS hidden
FROM pg_stat_activity GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`

// readActivity sums the sessions up: an active one that waits for nothing runs,
// or waits for a CPU.
func readActivity(o *postgresObserver, p page) ([]value, error) {
	count := map[string]float64{}
	var waits []value
	var hidden, transaction, query float64
	for _, row := range p.rows {
		n, state := p.number(row, "sessions"), p.text(row, "state")
		client := p.text(row, "backend") == "client backend"
		if client {
			count["server_connections"] += n
		}
		if p.number(row, "theirs") == 0 {
			continue
		}
		if !client {
			count[strings.ReplaceAll(p.text(row, "backend"), " ", "_")+"s"] += n
			continue
		}
		hidden += p.number(row, "hidden")
		count["connections"] += n
		count[strings.NewReplacer(" ", "_", "(", "", ")", "").Replace(state)] += n
		transaction, query = max(transaction, p.number(row, "transaction_seconds")), max(query, p.number(row, "query_seconds"))
		wait := "none"
		if kind := p.text(row, "wait_type"); kind != "" {
			wait = kind + "." + p.text(row, "wait")
			if kind == "Lock" {
				count["waiting_lock"] += n
			}
		}
		if state == "active" {
			waits = append(waits, value{o.database, "wait." + wait, n})
		}
	}
	if hidden > 0 {
		return nil, &cannotTell{fmt.Sprintf("the role may not see %g sessions of other roles%s", hidden, o.about.grant())}
	}
	o.waiting = count["waiting_lock"] > 0
	count["idle_in_transaction"] += count["idle_in_transaction_aborted"]
	vs := waits
	for _, metric := range []string{"connections", "active", "idle", "idle_in_transaction", "idle_in_transaction_aborted",
		"waiting_lock", "autovacuum_workers", "parallel_workers", "server_connections"} {
		vs = append(vs, value{o.database, metric, count[metric]})
	}
	return append(vs, value{o.database, "oldest_transaction_seconds", transaction}, value{o.database, "oldest_query_seconds", query}), nil
}

// databaseSQL reads the database's counters. blk_read_time says 0 where nobody
// took the time.
const databaseSQL = `SELECT ` + mark + `xact_commit::float8, xact_rollback::float8, deadlocks::float8, blks_hit::float8, blks_read::float8,
  tup_returned::float8, tup_fetched::float8, tup_inserted::float8, tup_updated::float8, tup_deleted::float8,
  temp_files::float8, temp_bytes::float8,
  CASE WHEN current_setting('track_io_timing')::bool THEN blk_read_time / 1000 END AS read_seconds,
  CASE WHEN current_setting('track_io_timing')::bool THEN blk_write_time / 1000 END AS write_seconds,
  CASE WHEN pg_is_in_recovery() THEN conflicts END::float8 AS recovery_conflicts,
  pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0')::float8 AS wal_bytes,
  pg_is_in_recovery()::int::float8 AS in_recovery
FROM pg_stat_database WHERE datname = $1`

// readDatabase sees a database that was dropped and a standby that was promoted.
func readDatabase(o *postgresObserver, p page) ([]value, error) {
	if len(p.rows) != 1 {
		return nil, &cannotTell{fmt.Sprintf("database %q is not there any more", o.database)}
	}
	o.about.standby = p.number(p.rows[0], "in_recovery") != 0
	return p.values(o.database), nil
}

const sessionsSQL = `SELECT ` + mark + `session_time / 1000 AS session_seconds, active_time / 1000 AS active_seconds,
  idle_in_transaction_time / 1000 AS idle_in_transaction_seconds, sessions::float8, sessions_abandoned::float8,
  sessions_fatal::float8, sessions_killed::float8
FROM pg_stat_database WHERE datname = $1`

// standbysSQL is what a primary (or a standby that others follow) knows of each
// that follows it. A caught-up standby of an idle primary has no replay_lag: it is
// not behind. pg_basebackup is no standby.
const standbysSQL = `SELECT ` + mark + `'standby:' || coalesce(nullif(application_name, ''), host(client_addr), pid::text) AS subject,
  pg_wal_lsn_diff(w.at, sent_lsn)::float8 AS send_lag_bytes, pg_wal_lsn_diff(w.at, flush_lsn)::float8 AS flush_lag_bytes,
  pg_wal_lsn_diff(w.at, replay_lsn)::float8 AS replay_lag_bytes,
  extract(epoch FROM coalesce(write_lag, u.none))::float8 AS write_lag_seconds,
  extract(epoch FROM coalesce(flush_lag, u.none))::float8 AS flush_lag_seconds,
  extract(epoch FROM coalesce(replay_lag, u.none))::float8 AS replay_lag_seconds,
  (sync_state IN ('sync', 'quorum'))::int::float8 AS synchronous, CASE WHEN state IS NULL THEN 'hidden' END AS hidden,
  pg_wal_lsn_diff(w.at, '0/0')::text AS at, pg_wal_lsn_diff(replay_lsn, '0/0')::text AS replayed
FROM pg_stat_replication,
  LATERAL (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS at) AS w,
  LATERAL (SELECT CASE WHEN replay_lsn >= w.at THEN interval '0' END AS none) AS u
WHERE state IS NULL OR state IN ('streaming', 'catchup') ORDER BY 1, pid`

// readStandbys keeps two standbys of one name apart, and looks after those that
// stand still: the server's own figure is of what was replayed last.
func readStandbys(o *postgresObserver, p page) ([]value, error) {
	named := map[string]int{}
	now := o.clock.Now()
	subject, lag := slices.Index(p.columns, "subject"), slices.Index(p.columns, "replay_lag_seconds")
	for i, row := range p.rows {
		if p.text(row, "hidden") != "" {
			return nil, &cannotTell{"the role may not see how far they are" + o.about.grant()}
		}
		name := p.text(row, "subject")
		if named[name]++; named[name] > 1 {
			row[subject] = name + "#" + strconv.Itoa(named[name])
		}
		at, err1 := strconv.ParseFloat(p.text(row, "at"), 64)
		replayed, err2 := strconv.ParseFloat(p.text(row, "replayed"), 64)
		if err1 != nil || err2 != nil {
			continue // it has replayed nothing yet
		}
		if i == 0 {
			o.trail = o.trail.add(now, at)
		}
		if own := o.trail.behind(now, replayed); own > p.number(row, "replay_lag_seconds") {
			row[lag] = own
		}
	}
	return append(p.values(o.database), value{o.database, "standbys", float64(len(p.rows))}), nil
}

// A trail is where WAL stood at the looks of the last hour or so.
type trail []struct{ t, lsn float64 }

func (tr trail) add(t, lsn float64) trail {
	if n := len(tr); n > 0 && tr[n-1].lsn == lsn {
		return tr
	}
	if len(tr) == 3600 {
		tr = tr[1:]
	}
	return append(tr, struct{ t, lsn float64 }{t, lsn})
}

// behind is how long ago, in seconds, WAL was first seen beyond a position: a
// standby that has replayed to there is behind by so much, or by an interval more. 0:
// it never was.
func (tr trail) behind(now, lsn float64) float64 {
	for _, e := range tr {
		if e.lsn > lsn {
			return now - e.t
		}
	}
	return 0
}

// recoverySQL is what a standby knows of itself.
const recoverySQL = `SELECT ` + mark + `(r.pid IS NOT NULL)::int::float8 AS receiving,
  pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8 AS replay_lag_bytes,
  pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')::text AS received, pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::text AS replayed,
  extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS replayed_transaction_age_seconds,
  extract(epoch FROM clock_timestamp() - r.last_msg_receipt_time)::float8 AS receive_silence_seconds,
  pg_is_wal_replay_paused()::int::float8 AS replay_paused
FROM (SELECT 1) AS one LEFT JOIN pg_stat_wal_receiver r ON r.status = 'streaming'`

// readRecovery tells how far behind what it received a standby is by when WAL
// came, as the probe saw it. The age of the last transaction would not do: that grows
// while the primary has nothing to do. Without a stream the standby cannot know.
func readRecovery(o *postgresObserver, p page) ([]value, error) {
	vs := p.values(o.database)
	for _, row := range p.rows {
		received, err1 := strconv.ParseFloat(p.text(row, "received"), 64)
		replayed, err2 := strconv.ParseFloat(p.text(row, "replayed"), 64)
		if err1 != nil || err2 != nil || p.number(row, "receiving") == 0 {
			continue
		}
		now := o.clock.Now()
		o.received = o.received.add(now, received)
		vs = append(vs, value{o.database, "replay_lag_seconds", o.received.behind(now, replayed)})
	}
	return vs, nil
}

const conflictsSQL = `SELECT ` + mark + `confl_tablespace::float8 AS "recovery_conflicts.tablespace", confl_lock::float8 AS "recovery_conflicts.lock",
  confl_snapshot::float8 AS "recovery_conflicts.snapshot", confl_bufferpin::float8 AS "recovery_conflicts.bufferpin",
  confl_deadlock::float8 AS "recovery_conflicts.deadlock"
FROM pg_stat_database_conflicts WHERE datname = $1`
