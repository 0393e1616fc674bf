package probes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A group is questions with an interval of their own.
type group int

const (
	base   group = iota // each interval
	detail              // each ten
	size                // each sixty, and at the start and the end
	once                // once a run
	groups
)

// beats are the groups' intervals in those of the base.
var beats = [groups]int{1, 10, 60, 60}

// A place is the part that a server plays.
type place int

const (
	anywhere place = iota
	onPrimary
	onStandby
)

// A question is what the server is asked. The names of the answer's columns say
// what becomes of it: a number is a sample of that metric, with * standing for
// the row's text in "key"; "subject", where there is one, is what the samples are
// of, below the database. NULL is no sample.
type question struct {
	name       string // what gaps call it
	group      group
	from, upTo int // major versions; 0: no bound
	place      place
	monitor    bool // it answers a role without pg_monitor with NULLs
	inside     bool // it tells of the connection's own database only
	fades      bool // counts of what there is now: what the answer leaves out has become 0
	sql        string
	noArgs     bool // else $1 is the database
	// read, where an answer needs more than its columns' names; nil otherwise.
	read func(*postgresObserver, page) ([]value, error)
}

// mark is in every statement of ours, so that the server's own lists tell them
// from the load's. It follows the first word: what comes before is not kept.
const mark = "/* " + probeName + " */ "

// A page is an answer. Cells are float64, string, []byte or nil.
type page struct {
	columns []string
	rows    [][]any
}

// cell is a row's value in a named column; nil when there is none.
func (p page) cell(row []any, column string) any {
	if i := slices.Index(p.columns, column); i >= 0 {
		return row[i]
	}
	return nil
}

func (p page) text(row []any, column string) string {
	s, _ := p.cell(row, column).(string)
	return s
}

func (p page) number(row []any, column string) float64 {
	n, _ := p.cell(row, column).(float64)
	return n
}

// values reads an answer by its columns' names.
func (p page) values(database string) []value {
	var vs []value
	for _, row := range p.rows {
		subject := database
		if s := p.text(row, "subject"); s != "" {
			subject += "/" + s
		}
		key := p.text(row, "key")
		for i, column := range p.columns {
			if v, ok := row[i].(float64); ok {
				vs = append(vs, value{subject, strings.ReplaceAll(column, "*", key), v})
			}
		}
	}
	return vs
}

// An asked question with its arguments.
type asked struct {
	sql  string
	args []any
}

// An asker answers, all or none. An error that is no *pgconn.PgError, or after
// which it is closed, ends it.
type asker interface {
	ask(ctx context.Context, qs []asked) ([]page, error)
	closed() bool
	close()
}

// A cannotTell is an answer from which nothing follows.
type cannotTell struct{ why string }

func (e *cannotTell) Error() string { return e.why }

// ready are the questions of a group that can be asked now. Those that this
// role or connection cannot be answered become gaps.
func (o *postgresObserver) ready(of []question, g group) []question {
	var out []question
	for _, q := range of {
		if q.group == g && o.about.suits(q) && o.mayAsk(q.name) {
			out = append(out, q)
		}
	}
	return out
}

// askAll asks questions together, or, where one of them is refused, each alone.
// Its error is of the connection or the recorder.
func (o *postgresObserver) askAll(ctx context.Context, qs []question) ([]value, error) {
	var vs []value
	var can []question
	var batch []asked
	for _, q := range qs {
		if err := o.about.refuses(q); err != nil {
			if err := o.answered(q.name, err); err != nil {
				return nil, err
			}
			continue
		}
		can, batch = append(can, q), append(batch, o.asked(q))
	}
	if len(can) == 0 {
		return nil, nil
	}
	pages, err := o.asker.ask(ctx, batch)
	if err != nil && (o.lost(err) || len(can) == 1) {
		return nil, o.answered(can[0].name, err)
	}
	for i, q := range can {
		if err != nil {
			more, err := o.askAll(ctx, can[i:i+1])
			if err != nil {
				return nil, err
			}
			vs = append(vs, more...)
			continue
		}
		more, wrong := o.read(q, pages[i])
		if wrong := o.answered(q.name, wrong); wrong != nil {
			return nil, wrong
		}
		vs = append(vs, more...)
	}
	return vs, nil
}

func (o *postgresObserver) asked(q question) asked {
	a := asked{sql: q.sql}
	if !q.noArgs {
		a.args = []any{o.database}
	}
	return a
}

func (o *postgresObserver) read(q question, p page) ([]value, error) {
	if q.read == nil {
		return o.faded(q, p.values(o.database)), nil
	}
	vs, err := q.read(o, p)
	if err != nil {
		return nil, err
	}
	return o.faded(q, vs), nil
}

// faded adds what was there at an earlier look and is not any more, as 0.
func (o *postgresObserver) faded(q question, vs []value) []value {
	if !q.fades {
		return vs
	}
	fresh := map[value]bool{}
	for _, v := range vs {
		fresh[value{v.subject, v.metric, 0}] = true
	}
	out := vs
	for _, gone := range o.seen[q.name] {
		if !fresh[gone] {
			out = append(out, gone)
		}
		delete(fresh, gone)
	}
	for _, v := range vs { // in the answer's order
		if v.value = 0; fresh[v] {
			o.seen[q.name] = append(o.seen[q.name], v)
			delete(fresh, v)
		}
	}
	return out
}

// about is what the connection is to.
type about struct {
	version  int // major
	standby  bool
	database string // the connection's
	inside   bool   // database is the one observed
	role     string
	monitor  bool   // the role has pg_monitor
	schema   string // of pg_stat_statements, quoted; "" when it is not installed there
	extended [2]int // version of pg_stat_statements
}

const aboutSQL = `SELECT ` + mark + `current_setting('server_version_num')::float8 AS version, pg_is_in_recovery()::int::float8 AS standby,
  current_database()::text AS database, current_user::text AS role, pg_has_role(current_user, 'pg_monitor', 'USAGE')::int::float8 AS monitor,
  (SELECT count(*) FROM pg_database WHERE datname = $1)::float8 AS there,
  (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'pg_stat_statements') AS schema,
  (SELECT extversion FROM pg_extension WHERE extname = 'pg_stat_statements') AS extension`

func readAbout(p page, database string) (about, error) {
	if len(p.rows) != 1 {
		return about{}, fmt.Errorf("the server does not say what it is")
	}
	row := p.rows[0]
	a := about{version: int(p.number(row, "version")) / 10000, standby: p.number(row, "standby") != 0, database: p.text(row, "database"),
		role: p.text(row, "role"), monitor: p.number(row, "monitor") != 0, schema: p.text(row, "schema")}
	a.inside = a.database == database
	if p.number(row, "there") == 0 {
		return a, fmt.Errorf("database %q does not exist", database)
	}
	_, _ = fmt.Sscanf(p.text(row, "extension"), "%d.%d", &a.extended[0], &a.extended[1]) // stays 0.0: no version at all
	return a, nil
}

func (a about) suits(q question) bool {
	return (q.from == 0 || a.version >= q.from) && (q.upTo == 0 || a.version <= q.upTo) &&
		(q.place == anywhere || (q.place == onStandby) == a.standby)
}

// refuses says why a question cannot be asked over this connection.
func (a about) refuses(q question) error {
	switch {
	case q.monitor && !a.monitor:
		return &cannotTell{"the role may not see it" + a.grant()}
	case q.inside && !a.inside:
		return &cannotTell{fmt.Sprintf("the connection is to database %q: give the probe a DSN of its own database", a.database)}
	}
	return nil
}

func (a about) grant() string {
	return ": grant it pg_monitor (GRANT pg_monitor TO " + pgx.Identifier{a.role}.Sanitize() + ")"
}

// advice says what to do about a refusal; "" where the error says it.
func (a about) advice(err error) string {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return ""
	}
	switch {
	case refused.Code == "42501" && !a.monitor:
		return a.grant()
	case refused.Code == "42501" && strings.Contains(refused.Message, "pg_read_binary_file"):
		return ": GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO " + pgx.Identifier{a.role}.Sanitize() +
			", or run headroom on the server's machine as somebody who may read its log"
	case refused.Code == "57014":
		return ": the server is too busy to tell, or this is too much to ask of it"
	case strings.Contains(refused.Message, "shared_preload_libraries"):
		return ": set shared_preload_libraries = 'pg_stat_statements' and restart the server"
	}
	return ""
}
