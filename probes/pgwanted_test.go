package probes

import "math"

// A wantedMetric is what the recorded scene must have left in the versions that have
// it, and in no other: its subject and metric, as a pattern, and the bounds of its
// highest sample, which follow from what the scene does.
type wantedMetric struct {
	metric      string
	from, upTo  int // 0: no bound
	least, most float64
}

var inf = math.Inf(1)

var primaryMetrics = []wantedMetric{
	{"headroom_scene|connections", 13, 0, 4, 6},
	{"headroom_scene|server_connections", 13, 0, 6, 60},
	{"headroom_scene|active", 13, 0, 2, 2},
	{"headroom_scene|idle_in_transaction", 13, 0, 1, 1},
	{"headroom_scene|waiting_lock", 13, 0, 2, 2},
	{"headroom_scene|wait.Lock.transactionid", 13, 0, 1, 1},
	{"headroom_scene|wait.Lock.tuple", 13, 0, 1, 1},
	{"headroom_scene|oldest_transaction_seconds", 13, 0, 0.001, 20},
	{"headroom_scene|blocked", 13, 0, 2, 2},
	{"headroom_scene|blocked_by_idle", 13, 0, 1, 1},
	{"headroom_scene|blocking", 13, 0, 1, 1},
	{"headroom_scene|blocked_depth", 13, 0, 2, 2},
	{"headroom_scene|longest_lock_wait_seconds", 13, 0, 0.001, 20},
	{"headroom_scene/table:stock_quant|blocked", 13, 0, 2, 2},
	{"headroom_scene|deadlocks", 13, 0, 1, 1},
	{"headroom_scene|xact_rollback", 13, 0, 3, 50},
	{"headroom_scene|tup_updated", 13, 0, 52, 1000},
	{"headroom_scene|tup_deleted", 13, 0, 100, 10000},
	{"headroom_scene|temp_files", 13, 0, 1, 10},
	{"headroom_scene|temp_bytes", 13, 0, 1e6, 1e8},
	{"headroom_scene|read_seconds", 13, 0, 0, 10},
	{"headroom_scene|wal_bytes", 13, 0, 1e6, 1e10},
	{"headroom_scene|recovery_conflicts", 14, 13, 0, 0}, // never on a primary
	{"headroom_scene|session_seconds", 14, 0, 0.1, 1000},
	{"headroom_scene|sessions", 14, 0, 4, 100},
	{"headroom_scene|sessions_killed", 14, 0, 0, 0},
	{"headroom_scene|standbys", 13, 0, 1, 1},
	{"headroom_scene/standby:*|replay_lag_bytes", 13, 0, 0, 1e9},
	{"headroom_scene/standby:*|replay_lag_seconds", 13, 0, 0, 1000},
	{"headroom_scene/standby:*|synchronous", 13, 0, 0, 0},
	{"headroom_scene|locks.RowExclusiveLock", 13, 0, 3, 10},
	{"headroom_scene|locks_waiting.ShareLock", 13, 0, 1, 1},
	{"headroom_scene|sqlstate.40001", 13, 0, 1, 1},
	{"headroom_scene|sqlstate.40P01", 13, 0, 1, 1},
	{"headroom_scene|sqlstate.55P03", 13, 0, 1, 1},
	{"headroom_scene|wal_records", 14, 0, 1000, 1e9},
	{"headroom_scene|wal_writes", 14, 0, 1, 1e9},
	{"headroom_scene|checkpoints_requested", 13, 0, 1, 1000},
	{"headroom_scene|checkpoints_done", 18, 0, 1, 1000},
	{"headroom_scene|restartpoints_done", 17, 0, 0, 0},
	{"headroom_scene|checkpoint_write_seconds", 13, 0, 0, 10000},
	{"headroom_scene|checkpoint_written_bytes", 13, 0, 8192, 1e9},
	{"headroom_scene|backend_written_bytes", 13, 16, 1, 1e10},
	{"headroom_scene|io.client_backend.relation.hits", 16, 0, 1000, 1e9},
	{"headroom_scene|io.client_backend.relation.extend_bytes", 16, 0, 8192, 1e10},
	{"headroom_scene|io.client_backend.wal.write_bytes", 18, 0, 8192, 1e10},
	{"headroom_scene/slot:headroom_slot|active", 13, 0, 0, 0},
	{"headroom_scene/slot:headroom_slot|retained_bytes", 13, 0, 0, 1e9},
	{"headroom_scene|size_bytes", 13, 0, 6e6, 1e8},
	{"headroom_scene|live_tuples", 13, 0, 900, 1000},
	{"headroom_scene|dead_tuples", 13, 0, 1, 1000},
	{"headroom_scene/table:stock_quant|size_bytes", 13, 0, 40960, 1e6},
	{"headroom_scene/table:stock_quant|tup_updated", 13, 0, 52, 60},
	{"headroom_scene/table:stock_quant|tup_deleted", 13, 0, 100, 100},
	{"headroom_scene/index:stock_quant_pkey|size_bytes", 13, 0, 8192, 1e6},
	{"headroom_scene/statement:*|calls", 13, 0, 50, 60},
	{"headroom_scene/statement:*|wal_bytes", 13, 0, 1000, 1e7},
	{"headroom_scene/statement:*|temp_bytes", 13, 0, 1e6, 1e8},
	{"headroom_scene/statement:*|read_seconds", 13, 0, 0, 10},
	{"headroom_scene/statement:*|text=UPDATE stock_quant SET n = n + $2 WHERE id = $1", 13, 0, 1, 1},
	{"headroom_scene/statement:*|text=*headroom-probe*", 14, 13, 0, 0}, // our own are left out
	{"headroom_scene|setting.shared_buffers", 13, 0, 32 << 20, 32 << 20},
	{"headroom_scene|setting.io_method=*", 18, 0, 1, 1},
}

var standbyMetrics = []wantedMetric{
	{"headroom_scene|connections", 13, 0, 0, 2},
	{"headroom_scene|blocked", 13, 0, 0, 0},
	{"headroom_scene|receiving", 13, 0, 1, 1},
	{"headroom_scene|replay_lag_bytes", 13, 0, 0, 1e7},
	{"headroom_scene|replay_lag_seconds", 13, 0, 0, 100},
	{"headroom_scene|receive_silence_seconds", 13, 0, 0, 100},
	{"headroom_scene|replay_paused", 13, 0, 0, 0},
	{"headroom_scene|recovery_conflicts", 13, 0, 0, 0},
	{"headroom_scene|recovery_conflicts.snapshot", 13, 0, 0, 0},
	{"headroom_scene|standbys", 13, 0, 0, 0},
	{"headroom_scene|wal_bytes", 13, 0, 1e6, 1e10},
	{"headroom_scene|restartpoints_done", 17, 0, 0, inf},
	{"headroom_scene|sqlstate.40001", 13, 0, 0, 0},
	{"headroom_scene/table:stock_quant|size_bytes", 13, 0, 40960, 1e6},
}
