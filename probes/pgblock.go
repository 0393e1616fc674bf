package probes

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// blockersSQL tells of each session that waits for a lock, for whom, how long,
// and on which table: the one whose lock it waits for, or whose row, which shows in a
// lock that it was given. pg_blocking_pids stops the lock table for a moment, so no
// more than the fifty that wait longest are asked after.
const blockersSQL = `WITH ` + mark + `waiter AS MATERIALIZED (
  SELECT pid, query_start FROM pg_stat_activity WHERE ` + theirs + ` AND wait_event_type = 'Lock' ORDER BY query_start LIMIT 50),
held AS MATERIALIZED (SELECT l.* FROM pg_locks l JOIN waiter USING (pid) WHERE NOT granted OR locktype = 'tuple')
SELECT w.pid::text AS waiter, array_to_string(b.by, ' ') AS blockers,
  extract(epoch FROM clock_timestamp() - coalesce((SELECT min(@waitstart@) FROM held h WHERE h.pid = w.pid AND NOT granted), query_start))::float8 AS seconds,
  (SELECT max(` + tableName + `) FROM held h
   JOIN pg_class c ON c.oid = h.relation AND h.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   JOIN pg_namespace n ON n.oid = relnamespace WHERE h.pid = w.pid) AS relation,
  (SELECT count(*) FROM pg_stat_activity a WHERE a.pid = ANY(b.by) AND state LIKE 'idle in transaction%')::float8 AS idle
FROM waiter w, LATERAL (SELECT pg_blocking_pids(w.pid) AS by) AS b
WHERE cardinality(b.by) > 0 ORDER BY w.pid`

// blockers are asked only while somebody waits; else nobody is blocked.
var blockers = []question{
	{name: "blockers", group: base, upTo: 13, fades: true, read: readBlockers, sql: strings.Replace(blockersSQL, "@waitstart@", "NULL::timestamptz", 1)},
	{name: "blockers", group: base, from: 14, fades: true, read: readBlockers, sql: strings.Replace(blockersSQL, "@waitstart@", "waitstart", 1)},
}

func (o *postgresObserver) blocked(ctx context.Context) ([]value, error) {
	if o.waiting {
		return o.askAll(ctx, o.ready(blockers, base))
	}
	return o.read(blockers[0], page{})
}

// readBlockers makes a graph of who waits for whom. Its depth is that of the longest
// chain: 1 where a holder blocks others, 2 where one of those blocks another.
func readBlockers(o *postgresObserver, p page) ([]value, error) {
	blockedBy := map[string][]string{}
	tables := map[string]float64{}
	var longest, idle float64
	for _, row := range p.rows {
		blockedBy[p.text(row, "waiter")] = strings.Fields(p.text(row, "blockers"))
		longest = max(longest, p.number(row, "seconds"))
		if p.number(row, "idle") > 0 {
			idle++
		}
		if t := p.text(row, "relation"); t != "" {
			tables[t]++
		}
	}
	g := waits{blockedBy: blockedBy, depth: map[string]int{}}
	deepest := 0
	for pid := range blockedBy {
		deepest = max(deepest, g.chain(pid))
	}
	roots := len(g.depth) - len(blockedBy)
	vs := []value{
		{o.database, "blocked", float64(len(blockedBy))}, {o.database, "blocked_by_idle", idle}, {o.database, "blocking", float64(roots)},
		{o.database, "blocked_depth", float64(deepest)}, {o.database, "longest_lock_wait_seconds", longest},
	}
	for _, t := range slices.Sorted(maps.Keys(tables)) {
		vs = append(vs, value{o.database + "/table:" + t, "blocked", tables[t]})
	}
	return vs, nil
}

// waits is who waits for whom, and how deep each stands: 0 who runs.
type waits struct {
	blockedBy map[string][]string
	depth     map[string]int
}

// chain is how many waits stand between a session and whoever runs at the end.
// A deadlock that is not broken yet has no end: it is as deep as it is long.
func (g waits) chain(pid string) int {
	if d, known := g.depth[pid]; known {
		return d
	}
	g.depth[pid] = 0 // while it is on the way
	depth := 0
	for _, b := range g.blockedBy[pid] {
		depth = max(depth, 1+g.chain(b))
	}
	g.depth[pid] = depth
	return depth
}
