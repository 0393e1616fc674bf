package probes

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
)

// Business counts documents in an Odoo database: what the load really did
// there, whatever the answers said. It reads with SQL, once before the load and
// once after it: counting large tables is no work to add to a peak.
//
// Samples: probe "business", subject the database: orders_confirmed,
// deliveries_done, receipts_done, invoices_posted, moves_done (counts of all
// such documents), stock_on_hand, units_shipped, units_received (units); and,
// where the database has their tables and columns, the counts of optional.
type Business struct {
	DSN      headroom.Secret
	Database string

	before   []headroom.Sample
	prepared error
}

// businessQuery has one row of counts; its columns are the metrics' names.
// Tables and columns are those of Odoo 17 to 19.
const businessQuery = `
SELECT
  (SELECT count(*) FROM sale_order WHERE state IN ('sale', 'done')) AS orders_confirmed,
  (SELECT count(*) FROM stock_picking p JOIN stock_picking_type t ON t.id = p.picking_type_id
    WHERE p.state = 'done' AND t.code = 'outgoing') AS deliveries_done,
  (SELECT count(*) FROM stock_picking p JOIN stock_picking_type t ON t.id = p.picking_type_id
    WHERE p.state = 'done' AND t.code = 'incoming') AS receipts_done,
  (SELECT count(*) FROM account_move WHERE state = 'posted' AND move_type = 'out_invoice') AS invoices_posted,
  (SELECT count(*) FROM stock_move WHERE state = 'done') AS moves_done,
  (SELECT coalesce(sum(q.quantity), 0)::float8 FROM stock_quant q JOIN stock_location l ON l.id = q.location_id
    WHERE l.usage = 'internal') AS stock_on_hand,
  (SELECT coalesce(sum(m.quantity), 0)::float8 FROM stock_move m JOIN stock_location l ON l.id = m.location_dest_id
    WHERE m.state = 'done' AND l.usage = 'customer') AS units_shipped,
  (SELECT coalesce(sum(m.quantity), 0)::float8 FROM stock_move m JOIN stock_location l ON l.id = m.location_id
    WHERE m.state = 'done' AND l.usage = 'supplier') AS units_received`

// optional counts what not every version or set of modules has.
var optional = []struct{ metric, query string }{
	{"purchases_confirmed", `SELECT count(*) FROM purchase_order WHERE state IN ('purchase', 'done')`},
	{"picks_done", `SELECT count(*) FROM stock_picking p JOIN stock_warehouse w ON w.pick_type_id = p.picking_type_id WHERE p.state = 'done'`},
	{"putaways_done", `SELECT count(*) FROM stock_picking p JOIN stock_picking_type t ON t.id = p.picking_type_id
	   WHERE p.state = 'done' AND t.code = 'internal' AND NOT EXISTS (SELECT FROM stock_warehouse w WHERE w.pick_type_id = t.id)`},
	{"waves_done", `SELECT count(*) FROM stock_picking_batch WHERE state = 'done'`},
	// A label is written on the transfers before the delivery as well.
	{"labels", `SELECT count(*) FROM stock_picking p JOIN stock_picking_type t ON t.id = p.picking_type_id
	   WHERE t.code = 'outgoing' AND p.carrier_tracking_ref LIKE 'HR%'`},
	{"counts_applied", `SELECT count(*) FROM stock_move WHERE is_inventory AND state = 'done'`},
	{"deliveries_short", `SELECT count(*) FROM stock_picking p JOIN stock_picking_type t ON t.id = p.picking_type_id
	   WHERE t.code = 'outgoing' AND p.state IN ('confirmed', 'waiting')`},
}

// Name is "business".
func (b *Business) Name() string { return "business" }

func (b *Business) prepare() { b.before, b.prepared = b.count(context.Background()) }

// Run records the count before the load, and counts again when ctx ends.
func (b *Business) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	if b.before == nil && b.prepared == nil {
		b.prepare()
	}
	report := &reporter{probe: b.Name(), clock: clock, rec: rec}
	put := func(counts []headroom.Sample, err error) error {
		if err != nil {
			return report.failed(err.Error())
		}
		report.back()
		now := clock.Now()
		for i := range counts {
			counts[i].T = now
		}
		return rec.Record(headroom.Records{Samples: counts})
	}
	if err := put(b.before, b.prepared); err != nil {
		return err
	}
	<-ctx.Done()
	return put(b.count(context.WithoutCancel(ctx)))
}

// count opens a connection for one look.
func (b *Business) count(ctx context.Context) ([]headroom.Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	cfg, err := pgx.ParseConfig(b.DSN.Reveal())
	if err != nil {
		// The parser's message may quote the DSN: it stays here.
		return nil, fmt.Errorf("the DSN cannot be read")
	}
	cfg.RuntimeParams["application_name"] = "headroom-probe"
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("no connection: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }() // only read from
	rows, err := conn.Query(ctx, businessQuery)
	if err != nil {
		return nil, fmt.Errorf("documents cannot be counted: %w", err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToMap)
	if err != nil {
		return nil, fmt.Errorf("documents cannot be counted: %w", err)
	}
	var out []headroom.Sample
	for _, f := range rows.FieldDescriptions() {
		var v float64
		switch n := row[f.Name].(type) {
		case int64:
			v = float64(n)
		case float64:
			v = n
		}
		out = append(out, headroom.Sample{Probe: b.Name(), Subject: b.Database, Metric: f.Name, Value: v})
	}
	return append(out, b.countOptional(ctx, conn)...), nil
}

// countOptional leaves out what the database does not have.
func (b *Business) countOptional(ctx context.Context, conn *pgx.Conn) []headroom.Sample {
	var out []headroom.Sample
	for _, o := range optional {
		var n int64
		if err := conn.QueryRow(ctx, o.query).Scan(&n); err == nil {
			out = append(out, headroom.Sample{Probe: b.Name(), Subject: b.Database, Metric: o.metric, Value: float64(n)})
		}
	}
	return out
}
