package results

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headroom-erp/headroom"
)

//go:embed pgschema.sql
var storeSchema string

// storeVersion is headroom.version of the stores that we write.
const storeVersion = 1

const (
	// storePatience bounds each commit and each of the small statements: a store
	// that hangs ends a run, and does not hang it.
	storePatience  = 20 * time.Second
	connectTimeout = 10 * time.Second
	// storeLock is the advisory lock under which the schema is made; its value
	// only has to be our own ("headroom").
	storeLock = 0x68656164726f6f6d
)

// A Store keeps runs in a PostgreSQL database, in the schema that pgschema.sql
// documents. Several processes, on several machines, may write one run at once,
// each its own part; everybody reads what is committed. A Store holds no
// connection: each writer and each sequence has one of its own.
type Store struct {
	cfg      *pgx.ConnConfig
	patience time.Duration // storePatience
}

// OpenStore connects to see that the store is there and of a version that we
// know. It writes nothing: the schema is made with the first run. It returns an
// *headroom.InputError when the address or what it leads to cannot be a store,
// and a *headroom.MeasureError when nobody answers; neither tells the address.
func OpenStore(ctx context.Context, url headroom.Secret) (*Store, error) {
	cfg, err := pgx.ParseConfig(url.Reveal())
	if err != nil {
		// The parser's message quotes the address: it stays here.
		return nil, &headroom.InputError{What: "is no address of a PostgreSQL database", Where: EnvStore,
			Do: "write postgres://USER:PASSWORD@HOST:PORT/DATABASE, with %-escapes in user and password"}
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "headroom"
	}
	// Unnamed statements work through PgBouncer as well.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.OnNotice = nil
	s := &Store{cfg: cfg, patience: storePatience}
	return s, s.with(ctx, "looking at it", func(ctx context.Context, conn *pgx.Conn) error {
		_, err := s.version(ctx, conn)
		return err
	})
}

// connect makes a connection; its error is ready to be shown.
func (s *Store) connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, s.cfg)
	if err != nil {
		return nil, s.unreachable(err)
	}
	return conn, nil
}

// with gives f a connection for as long as it runs, at most storePatience. An
// error of f that says what to do is passed on, any other explained.
func (s *Store) with(ctx context.Context, doing string, f func(context.Context, *pgx.Conn) error) error {
	return s.within(ctx, s.patience, doing, f)
}

func (s *Store) within(ctx context.Context, patience time.Duration, doing string, f func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer hangUp(conn)
	return s.explain(doing, f(ctx, conn))
}

func (s *Store) explain(doing string, err error) error {
	var input *headroom.InputError
	var measure *headroom.MeasureError
	if err == nil || errors.As(err, &input) || errors.As(err, &measure) {
		return err
	}
	return s.failed(doing, err)
}

// hangUp ends a connection, whatever state it is in, within a moment.
func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // the server rolls back what was not committed
}

// version is that of the store's schema, 0 when it has none yet.
func (s *Store) version(ctx context.Context, conn *pgx.Conn) (int, error) {
	var encoding string
	if err := conn.QueryRow(ctx, "SHOW server_encoding").Scan(&encoding); err != nil {
		return 0, err
	}
	if encoding != "UTF8" {
		return 0, &headroom.InputError{What: "the store's database has the encoding " + encoding + ", which cannot hold every text", Where: EnvStore, Do: "name a database whose encoding is UTF8"}
	}
	var version int
	err := conn.QueryRow(ctx, "SELECT version FROM headroom.version").Scan(&version)
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && (pg.Code == "42P01" || pg.Code == "3F000"): // no such table, no such schema
		return 0, nil
	case err != nil:
		return 0, err
	case version > storeVersion:
		return 0, &headroom.InputError{
			What:  fmt.Sprintf("the store was made by a newer headroom (format %d; this one knows up to %d)", version, storeVersion),
			Where: EnvStore, Do: "use that version or a later one, or another database",
		}
	}
	return version, nil
}

// migrate makes the schema where it is missing. However many generators begin
// at once, one makes it and the others wait for it.
func (s *Store) migrate(ctx context.Context, conn *pgx.Conn) error {
	version, err := s.version(ctx, conn)
	if err != nil || version == storeVersion {
		return err
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // after a commit there is nothing to roll back
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(storeLock)); err != nil {
		return err
	}
	var made bool
	if err := tx.QueryRow(ctx, "SELECT to_regclass('headroom.version') IS NOT NULL").Scan(&made); err != nil || made {
		return err
	}
	if _, err := conn.PgConn().Exec(ctx, storeSchema).ReadAll(); err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) && strings.HasPrefix(pg.Code, "42P0") { // something of that name exists
			return &headroom.InputError{What: "the store's database has a schema headroom that is not ours: " + s.clean(pg.Message), Where: EnvStore, Do: "name another database"}
		}
		return err
	}
	return tx.Commit(ctx)
}
