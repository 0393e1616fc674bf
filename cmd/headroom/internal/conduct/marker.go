package conduct

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/external"
	"github.com/headroom-erp/headroom/odoo"
)

// proofKey is the system parameter that shows that a DSN leads to the database
// that the ERP serves.
const proofKey = "headroom.proof"

// sameDatabase makes sure that a DSN leads to the very database whose marker
// was checked through the ERP: reading load goes there too. What is written
// through the one door must be read through the other.
func sameDatabase(ctx context.Context, admin *odoo.Session, dsn headroom.Secret, database string) error {
	proof := rand.Text()
	_, err := admin.Call(ctx, odoo.Call{Model: "ir.config_parameter", Method: "set_param", Args: []any{proofKey, proof}})
	if err != nil {
		return fmt.Errorf("conduct: proof of database %s: %w", database, err)
	}
	bad := func(what string) error {
		return &headroom.InputError{What: what, Where: external.EnvDSN, Do: "give the DSN of database " + database + ", as the ERP itself uses it"}
	}
	cfg, err := pgx.ParseConfig(dsn.Reveal())
	if err != nil { // err is left out: it quotes the DSN
		return bad("is no PostgreSQL address")
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return bad(fmt.Sprintf("no connection to %s:%d", cfg.Host, cfg.Port))
	}
	defer func() { _ = conn.Close(ctx) }() // only read from
	var found string
	err = conn.QueryRow(ctx, "SELECT coalesce((SELECT value FROM ir_config_parameter WHERE key = $1), '')", proofKey).Scan(&found)
	if err != nil || found != proof {
		return bad("leads to another database than " + database + " of the ERP, which carries the marker")
	}
	return nil
}
