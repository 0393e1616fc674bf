package probes

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	// topStatements of a run so far are recorded, and no more than mostStatements
	// over all of it, as others take their place.
	topStatements  = 20
	mostStatements = 60
	// statementLength bounds a statement's text, in characters.
	statementLength = 200
)

// statementMetrics are counters since the probe began.
var statementMetrics = []string{"calls", "seconds", "rows", "hit_bytes", "read_bytes", "dirtied_bytes", "temp_bytes", "wal_bytes", "read_seconds"}

// statementsSQL reads the whole list, but no text: that is in a file, which may be
// of many megabytes. It holds the list's lock for some milliseconds.
func (a about) statementsSQL() string {
	readTime := "blk_read_time"
	if a.extended[0] > 1 || a.extended[1] >= 11 { // with PostgreSQL 17
		readTime = "shared_blk_read_time"
	}
	return `SELECT ` + mark + `queryid::text AS key, sum(calls)::float8 AS calls, sum(total_exec_time) / 1000 AS seconds, sum(rows)::float8 AS rows,
  sum(shared_blks_hit)::float8 * b.size AS hit_bytes, sum(shared_blks_read)::float8 * b.size AS read_bytes,
  sum(shared_blks_dirtied)::float8 * b.size AS dirtied_bytes, sum(temp_blks_read + temp_blks_written)::float8 * b.size AS temp_bytes,
  sum(wal_bytes)::float8 AS wal_bytes,
  CASE WHEN current_setting('track_io_timing')::bool THEN sum(` + readTime + `) / 1000 END AS read_seconds
FROM ` + a.schema + `.pg_stat_statements(false), (SELECT current_setting('block_size')::float8 AS size) AS b
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = $1) GROUP BY queryid, b.size ORDER BY queryid`
}

func (a about) textsSQL() string {
	return `SELECT ` + mark + `queryid::text AS key, min(query) AS query FROM ` + a.schema + `.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = $1) AND queryid = ANY(string_to_array($2, ' ')::int8[]) GROUP BY queryid ORDER BY queryid`
}

// A statementTop keeps what each statement took since the first look, and what all
// did.
type statementTop struct {
	begun  bool
	total  [2]float64           // calls and seconds of all statements
	last   map[string][]float64 // counters of the server, by ID; nil cells are -1
	took   map[string][]float64 // since the first look
	listed map[string]bool      // is recorded from now on; false: is the probe's own
}

// statements records what all statements took since the run's start in this
// database, and those that took most of it.
func (o *postgresObserver) statements(ctx context.Context) ([]value, error) {
	switch {
	case !o.about.monitor:
		return nil, &cannotTell{"the role may not see it" + o.about.grant()}
	case o.about.schema == "":
		return nil, &cannotTell{fmt.Sprintf("pg_stat_statements is not installed in database %q: CREATE EXTENSION pg_stat_statements there, and have it in shared_preload_libraries", o.about.database)}
	case o.about.extended[0] == 1 && o.about.extended[1] < 8:
		return nil, &cannotTell{fmt.Sprintf("pg_stat_statements is of version %d.%d, older than the server: ALTER EXTENSION pg_stat_statements UPDATE", o.about.extended[0], o.about.extended[1])}
	}
	pages, err := o.asker.ask(ctx, []asked{{o.about.statementsSQL(), []any{o.database}}})
	if err != nil {
		return nil, err
	}
	changed := o.top.add(pages[0])
	fresh := o.top.enter()
	vs := []value{{o.database, "statement_calls", o.top.total[0]}, {o.database, "statement_seconds", o.top.total[1]}}
	if len(fresh) > 0 {
		pages, err := o.asker.ask(ctx, []asked{{o.about.textsSQL(), []any{o.database, strings.Join(fresh, " ")}}})
		if err != nil {
			return nil, err
		}
		vs = append(vs, o.top.name(fresh, pages[0], o.database)...)
	}
	for _, id := range slices.Sorted(maps.Keys(o.top.listed)) {
		if !o.top.listed[id] || !changed[id] && !slices.Contains(fresh, id) {
			continue
		}
		for i, v := range o.top.took[id] {
			if v >= 0 {
				vs = append(vs, value{o.database + "/statement:" + id, statementMetrics[i], v})
			}
		}
	}
	return vs, nil
}

// add takes a look's counters and tells which have changed. A counter that is lower
// than it was began anew: the server forgot the statement in between, or all.
func (t *statementTop) add(p page) (changed map[string]bool) {
	if t.last == nil {
		t.last, t.took, t.listed = map[string][]float64{}, map[string][]float64{}, map[string]bool{}
	}
	changed = map[string]bool{}
	now := make(map[string][]float64, len(p.rows))
	for _, row := range p.rows {
		id := p.text(row, "key")
		if id == "" {
			continue
		}
		v := make([]float64, len(statementMetrics))
		for i, m := range statementMetrics {
			if v[i] = -1; p.cell(row, m) != nil {
				v[i] = p.number(row, m)
			}
		}
		now[id] = v
		if t.begun && (t.last[id] == nil || t.last[id][0] != v[0]) {
			changed[id] = true
			grew := grown(nil, t.last[id], v)
			t.total[0], t.total[1] = t.total[0]+grew[0], t.total[1]+grew[1]
			t.took[id] = grown(t.took[id], t.last[id], v)
		}
	}
	t.begun, t.last = true, now
	return changed
}

// grown adds the growth of counters from one look to the next. -1 is unknown.
func grown(took, last, now []float64) []float64 {
	out := slices.Clone(now)
	again := last != nil && now[0] < last[0]
	for i, v := range now {
		if v < 0 {
			continue
		}
		if last != nil && !again && last[i] >= 0 {
			v -= last[i]
		}
		if took != nil && took[i] >= 0 {
			v += took[i]
		}
		out[i] = max(0, v)
	}
	return out
}

// enter lists those that are among the top now and were not before.
func (t *statementTop) enter() (fresh []string) {
	ids := slices.SortedFunc(maps.Keys(t.took), func(a, b string) int {
		return cmp.Or(cmp.Compare(t.took[b][1], t.took[a][1]), cmp.Compare(a, b))
	})
	rank := 0
	for _, id := range ids {
		if rank == topStatements || len(t.listed)+len(fresh) >= mostStatements {
			break
		}
		ours, known := t.listed[id]
		if known && !ours {
			continue // the probe's own takes nobody's place
		}
		if rank++; !known {
			fresh = append(fresh, id)
		}
	}
	return fresh
}

// name gives the statements that entered their texts, once, and sorts out our
// own.
func (t *statementTop) name(fresh []string, p page, database string) []value {
	var vs []value
	for _, row := range p.rows {
		id, query := p.text(row, "key"), p.text(row, "query")
		if t.listed[id] = !strings.Contains(query, strings.TrimSpace(mark)); t.listed[id] {
			vs = append(vs, value{database + "/statement:" + id, "text=" + shorten(query), 1})
		}
	}
	for _, id := range fresh {
		if _, known := t.listed[id]; !known { // evicted in between: it has no text, but figures
			t.listed[id] = true
		}
	}
	return vs
}

// literals are comments and strings. The server has replaced most by parameters,
// but not those of utility statements, which may hold a password.
var literals = regexp.MustCompile(`(?s)/\*.*?\*/|--[^\n]*|'(?:[^'\\]|''|\\.)*(?:'|$)|\$([A-Za-z_]*)\$.*`)

// shorten makes one short line of a statement, without literals and comments,
// and long lists of parameters cut to the first.
func shorten(query string) string {
	query = literals.ReplaceAllStringFunc(query, func(s string) string {
		switch {
		case s == "/*, ... */": // the server's own, from 18 on
			return ", …"
		case s[0] == '/' || s[0] == '-':
			return " "
		}
		return "?"
	})
	query = lists.ReplaceAllString(strings.Join(strings.Fields(query), " "), "$1, …")
	if r := []rune(query); len(r) > statementLength {
		return string(r[:statementLength-1]) + "…"
	}
	return query
}

var lists = regexp.MustCompile(`(\$\d+)(?:, ?\$\d+)+`)
