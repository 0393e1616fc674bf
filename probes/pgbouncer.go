package probes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headroom-erp/headroom"
)

// PgBouncer observes a PgBouncer by its console, as a user of stats_users or
// admin_users, over one connection of its own.
//
// Samples: probe "pgbouncer". Subject "SUBJECT/DATABASE", the pools of all its
// users together: clients_active (linked to a server connection, or idle
// between transactions), clients_waiting (for one), servers_active,
// servers_idle, servers_used (idle for long), servers_tested, servers_login
// (counts), maxwait_seconds (how long the client that waits longest has waited);
// and the counters transactions, queries, received_bytes, sent_bytes,
// transaction_seconds, query_seconds (until the server's answer was passed on),
// wait_seconds (of all clients, for a server connection), server_assignments.
// Subject "SUBJECT", of SHOW LISTS: databases, users, pools, used_clients,
// free_clients, login_clients, used_servers, free_servers. Once, of SHOW CONFIG,
// the settings that matter as "setting.NAME", in seconds and counts, or
// "setting.NAME=TEXT" with value 1. Columns are found by name: what a version
// does not have is not recorded. The console's own database is left out.
type PgBouncer struct {
	DSN      headroom.Secret // postgres://USER:PASSWORD@HOST:6432/pgbouncer
	Subject  string          // "" means "pooler"
	Interval time.Duration   // 0 means 2 s
}

// A column of the console's, what it is called here, and the unit that it is in.
type column struct {
	name, metric string
	unit         float64
}

var poolColumns = []column{
	{"cl_active", "clients_active", 1}, {"cl_waiting", "clients_waiting", 1},
	{"sv_active", "servers_active", 1}, {"sv_idle", "servers_idle", 1}, {"sv_used", "servers_used", 1},
	{"sv_tested", "servers_tested", 1}, {"sv_login", "servers_login", 1},
}

var statColumns = []column{
	{"total_xact_count", "transactions", 1}, {"total_query_count", "queries", 1},
	{"total_received", "received_bytes", 1}, {"total_sent", "sent_bytes", 1},
	{"total_xact_time", "transaction_seconds", 1e-6}, {"total_query_time", "query_seconds", 1e-6}, {"total_wait_time", "wait_seconds", 1e-6},
	{"total_server_assignment_count", "server_assignments", 1},
}

var poolerLists = []string{"databases", "users", "pools", "used_clients", "free_clients", "login_clients", "used_servers", "free_servers"}

var poolerSettings = []string{"pool_mode", "default_pool_size", "min_pool_size", "reserve_pool_size", "reserve_pool_timeout", "max_client_conn",
	"max_db_connections", "max_user_connections", "query_wait_timeout", "server_idle_timeout", "server_lifetime", "max_prepared_statements"}

// console is the database of PgBouncer's that is none.
const console = "pgbouncer"

// Name is "pgbouncer".
func (p PgBouncer) Name() string { return "pgbouncer" }

// Run observes until ctx ends, and once more then.
func (p PgBouncer) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	l := &lookout{reporter: &reporter{probe: p.Name(), clock: clock, rec: rec}, subject: orElse(p.Subject, "pooler")}
	cfg, err := pgx.ParseConfig(p.DSN.Reveal())
	if err != nil {
		// The parser's message may quote the DSN: it stays here.
		return l.unusable(ctx, errors.New("the DSN cannot be read; it is postgres://USER:PASSWORD@HOST:6432/pgbouncer"))
	}
	l.secrets = []string{cfg.Password}
	cfg.RuntimeParams["application_name"] = "headroom-probe"
	cfg.ConnectTimeout = queryTimeout
	c := &poolerConsole{cfg: cfg, subject: l.subject}
	defer c.disconnect()
	return l.watch(ctx, orElse(p.Interval, 2*time.Second), func(ctx context.Context) ([]value, error) {
		values, err := c.look(ctx)
		if err != nil {
			c.disconnect()
		}
		return values, err
	})
}

// A poolerConsole is a connection to the console, made when it is needed.
type poolerConsole struct {
	cfg     *pgx.ConnConfig
	subject string
	conn    *pgx.Conn
	told    bool // settings
}

func (c *poolerConsole) disconnect() {
	if c.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.conn.Close(ctx) // it is gone either way
	c.conn = nil
}

func (c *poolerConsole) look(ctx context.Context) ([]value, error) {
	if c.conn == nil {
		conn, err := pgx.ConnectConfig(ctx, c.cfg)
		if err != nil {
			return nil, refusal(err)
		}
		c.conn = conn
	}
	pools, err := c.show(ctx, "SHOW POOLS")
	if err != nil {
		return nil, err
	}
	stats, err := c.show(ctx, "SHOW STATS")
	if err != nil {
		return nil, err
	}
	lists, err := c.show(ctx, "SHOW LISTS")
	if err != nil {
		return nil, err
	}
	values := slices.Concat(c.pools(pools), c.stats(stats), c.lists(lists))
	if !c.told {
		config, err := c.show(ctx, "SHOW CONFIG")
		if err != nil {
			return nil, err
		}
		values, c.told = append(values, c.settings(config)...), true
	}
	return values, nil
}

// show runs a command of the console, which knows the simple protocol only, and
// gives its rows by column.
func (c *poolerConsole) show(ctx context.Context, command string) ([]map[string]string, error) {
	results, err := c.conn.PgConn().Exec(ctx, command).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", command, refusal(err))
	}
	var rows []map[string]string
	for _, result := range results {
		for _, cells := range result.Rows {
			row := map[string]string{}
			for i, cell := range cells {
				row[result.FieldDescriptions[i].Name] = string(cell)
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// refusal is what the server said without the address that it was asked at.
func refusal(err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return fmt.Errorf("%s (%s)", refused.Message, refused.Code)
	}
	return err
}

// pools adds a database's pools up: there is one for each of its users.
func (c *poolerConsole) pools(rows []map[string]string) []value {
	sums := map[string]map[string]float64{}
	for _, row := range rows {
		database := row["database"]
		if database == console {
			continue
		}
		sum := sums[database]
		if sum == nil {
			sum = map[string]float64{}
			sums[database] = sum
		}
		for _, col := range poolColumns {
			if n, err := strconv.ParseFloat(row[col.name], 64); err == nil {
				sum[col.metric] += n * col.unit
			}
		}
		if whole, err := strconv.ParseFloat(row["maxwait"], 64); err == nil {
			micro, _ := strconv.ParseFloat(row["maxwait_us"], 64) // from 1.8 on
			sum["maxwait_seconds"] = max(sum["maxwait_seconds"], whole+micro*1e-6)
		}
	}
	var out []value
	for _, database := range slices.Sorted(maps.Keys(sums)) {
		for _, metric := range slices.Sorted(maps.Keys(sums[database])) {
			out = append(out, value{c.subject + "/" + database, metric, sums[database][metric]})
		}
	}
	return out
}

func (c *poolerConsole) stats(rows []map[string]string) []value {
	var out []value
	for _, row := range rows {
		if row["database"] == console {
			continue
		}
		for _, col := range statColumns {
			if n, err := strconv.ParseFloat(row[col.name], 64); err == nil {
				out = append(out, value{c.subject + "/" + row["database"], col.metric, n * col.unit})
			}
		}
	}
	return out
}

func (c *poolerConsole) lists(rows []map[string]string) []value {
	var out []value
	for _, row := range rows {
		if n, err := strconv.ParseFloat(row["items"], 64); err == nil && slices.Contains(poolerLists, row["list"]) {
			out = append(out, value{c.subject, row["list"], n})
		}
	}
	return out
}

func (c *poolerConsole) settings(rows []map[string]string) []value {
	var out []value
	for _, row := range rows {
		name, v := row["key"], row["value"]
		if !slices.Contains(poolerSettings, name) {
			continue
		}
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			out = append(out, value{c.subject, "setting." + name, n})
		} else if v != "" {
			out = append(out, value{c.subject, "setting." + name + "=" + v, 1})
		}
	}
	return out
}
