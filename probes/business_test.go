package probes

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// documents are the columns that the counts read, with one of each that counts
// and one that does not.
const documents = `
CREATE TABLE sale_order (state text); INSERT INTO sale_order VALUES ('sale'), ('draft');
CREATE TABLE stock_picking_type (id int, code text); INSERT INTO stock_picking_type VALUES (1, 'incoming'), (2, 'outgoing');
CREATE TABLE stock_picking (state text, picking_type_id int); INSERT INTO stock_picking VALUES ('done', 1), ('assigned', 2);
CREATE TABLE stock_picking_batch (state text); INSERT INTO stock_picking_batch VALUES ('done'), ('draft');
CREATE TABLE account_move (state text, move_type text); INSERT INTO account_move VALUES ('posted', 'out_invoice'), ('posted', 'entry');
CREATE TABLE stock_location (id int, usage text); INSERT INTO stock_location VALUES (1, 'supplier'), (2, 'internal'), (3, 'customer');
CREATE TABLE stock_move (state text, quantity numeric, location_id int, location_dest_id int);
INSERT INTO stock_move VALUES ('done', 7, 1, 2), ('assigned', 100, 2, 3);
CREATE TABLE stock_quant (quantity numeric, location_id int); INSERT INTO stock_quant VALUES (7, 2), (-7, 1)`

func TestDocumentsAreCountedBeforeAndAfter(t *testing.T) {
	dsn := testDSN(t)
	admin := connectTo(t, dsn)
	database := "headroom_business_" + strconv.Itoa(os.Getpid())
	execSQL(t, admin, "CREATE DATABASE "+database)
	t.Cleanup(func() { execSQL(t, admin, "DROP DATABASE "+database+" WITH (FORCE)") })
	inside := withDatabase(t, dsn, database)
	conn := connectTo(t, inside)
	execSQL(t, conn, documents)

	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, &Business{DSN: inside, Database: database})
	// What happens from here on is the load's doing.
	execSQL(t, conn, `UPDATE sale_order SET state = 'sale'; UPDATE stock_picking SET state = 'done';
		UPDATE stock_move SET state = 'done'; UPDATE stock_quant SET quantity = quantity - 4 WHERE location_id = 2`)
	must(t, g.Stop())
	for metric, want := range map[string][2]float64{
		"orders_confirmed": {1, 2}, "receipts_done": {1, 1}, "deliveries_done": {0, 1}, "invoices_posted": {1, 1},
		"moves_done": {1, 2}, "stock_on_hand": {7, 3}, "units_received": {7, 7}, "units_shipped": {0, 100},
		"waves_done": {1, 1}, "deliveries_short": {0, 0},
	} {
		got := rec.series("business", database, metric)
		if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("%s: %v, want %v", metric, got, want)
		}
	}
	if gaps := rec.records().Gaps; len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
	// This database has no purchases, which is no reason not to count the rest.
	if got := rec.series("business", database, "purchases_confirmed"); len(got) != 0 {
		t.Errorf("purchases_confirmed: %v of a table that is not there", got)
	}
}

func TestDocumentsThatAreNotThereAreAGap(t *testing.T) {
	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, &Business{DSN: testDSN(t), Database: "empty"})
	must(t, g.Stop())
	r := rec.records()
	if len(r.Samples) != 0 || len(r.Gaps) != 1 || !strings.Contains(r.Gaps[0].Reason, "cannot be counted") {
		t.Errorf("samples %v, gaps %v", r.Samples, r.Gaps)
	}
}
