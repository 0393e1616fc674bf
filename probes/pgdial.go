package probes

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// watchful is the connection that a probe opens to a database: only to read,
// bounded in time, and named.
func watchful(cfg *pgx.ConnConfig) *pgx.ConnConfig {
	cfg = cfg.Copy()
	cfg.RuntimeParams["application_name"] = probeName
	cfg.RuntimeParams["statement_timeout"] = statementTimeout
	cfg.RuntimeParams["default_transaction_read_only"] = "on"
	cfg.ConnectTimeout = queryTimeout
	return cfg
}

// dial connects. Its statements are prepared, which costs the server a sixth of
// what parsing them anew does. A pooler that hands the connection of the server to others after
// each transaction knows none of that: there they are sent whole, and the settings
// that it refuses are left to the probe's own clock.
func dial(ctx context.Context, cfg *pgx.ConnConfig) (asker, error) {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "08P01" && strings.Contains(refused.Message, "startup parameter") {
		cfg = cfg.Copy()
		delete(cfg.RuntimeParams, "statement_timeout")
		delete(cfg.RuntimeParams, "default_transaction_read_only")
		conn, err = pgx.ConnectConfig(ctx, cfg)
	}
	if err != nil {
		return nil, err
	}
	var pid uint32
	err = conn.QueryRow(ctx, "SELECT "+mark+"pg_backend_pid()", pgx.QueryExecModeSimpleProtocol).Scan(&pid)
	if err == nil && pid == conn.PgConn().PID() || cfg.DefaultQueryExecMode == pgx.QueryExecModeExec {
		return pgAsker{conn}, err
	}
	pgAsker{conn}.close()
	if err != nil {
		return nil, err
	}
	cfg = cfg.Copy() // who answers is not whom we were connected to: a pooler
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	return dial(ctx, cfg)
}

// A pgAsker asks a real server.
type pgAsker struct{ conn *pgx.Conn }

func (a pgAsker) closed() bool { return a.conn.IsClosed() }

func (a pgAsker) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = a.conn.Close(ctx) // it is gone either way
}

// ask makes one batch, which is one way there and back, and one transaction.
func (a pgAsker) ask(ctx context.Context, qs []asked) ([]page, error) {
	batch := &pgx.Batch{}
	pages := make([]page, len(qs))
	for i, q := range qs {
		batch.Queue(q.sql, q.args...).Query(func(rows pgx.Rows) error {
			if err := rows.Err(); err != nil {
				return err // and there is no description
			}
			for _, f := range rows.FieldDescriptions() {
				pages[i].columns = append(pages[i].columns, f.Name)
			}
			for rows.Next() {
				row, err := rows.Values()
				if err != nil {
					return err
				}
				pages[i].rows = append(pages[i].rows, row)
			}
			return rows.Err()
		})
	}
	if err := a.conn.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	return pages, nil
}
