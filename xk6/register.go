// Package xk6 registers Headroom's k6 extensions, and xk6-sql with a driver for
// PostgreSQL. Import it for its side effect into a program that calls k6's
// cmd.Execute.
package xk6

import (
	_ "github.com/grafana/xk6-sql" // registers k6/x/sql
	"github.com/grafana/xk6-sql/sql"
	"go.k6.io/k6/js/modules"
	"go.k6.io/k6/lib"
	"go.k6.io/k6/output"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the database/sql driver "pgx"

	"github.com/headroom-erp/headroom/xk6/arrivals"
	"github.com/headroom-erp/headroom/xk6/internal/child"
	"github.com/headroom-erp/headroom/xk6/odoo"
	"github.com/headroom-erp/headroom/xk6/record"
)

func init() {
	c := child.New() // one for the three: they meet in it
	erp := odoo.New(c)
	modules.Register(odoo.ImportPath, erp)
	lib.RegisterExecutorConfigType(arrivals.Type, arrivals.Constructor(c, erp))
	output.RegisterExtension(record.Name, record.Constructor(c))
	sql.RegisterModule("pgx")
}
