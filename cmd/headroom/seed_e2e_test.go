//go:build e2e

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
	odoostack "github.com/headroom-erp/headroom/fixtures/odoo"
	"github.com/headroom-erp/headroom/fixtures/postgres"
	"github.com/headroom-erp/headroom/odoo"
)

// A realOdoo serves one fresh database, hub, to verbs that take it for an
// external target.
type realOdoo struct {
	testing.TB
	target headroom.Target
	env    []string
	db     *pgx.Conn
}

// onOdoo runs f while a real Odoo of `make odoo` serves.
func onOdoo(t testing.TB, f func(o *realOdoo)) {
	ctx := t.Context()
	server, err := postgres.Start(ctx, postgres.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	const role, password = "odoo", "of-the-test-only"
	if err := server.CreateRole(ctx, role, password, true); err != nil {
		t.Fatal(err)
	}
	bin, _, err := postgres.Find()
	if err != nil {
		t.Fatal(err)
	}
	stack, err := odoostack.New(odoostack.Options{Workspace: t.TempDir(), Root: os.Getenv("HEADROOM_ODOO_ROOT"),
		Postgres: odoostack.Postgres{Host: "127.0.0.1", Port: server.Port(), User: role, Password: password, Bin: bin}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stack.Down(context.Background()) })
	err = stack.Seed(ctx, []string{"hub"}, func(ctx context.Context, target headroom.Target) error {
		db, err := pgx.Connect(ctx, target.DSN("hub").Reveal())
		if err != nil {
			return err
		}
		defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
		env := append(os.Environ(), "HEADROOM_ODOO_URL="+target.URL, "HEADROOM_ODOO_DATABASE=hub",
			"HEADROOM_ODOO_LOGIN="+target.AdminLogin, "HEADROOM_ODOO_PASSWORD="+target.AdminPassword.Reveal())
		f(&realOdoo{TB: t, target: target, env: env, db: db})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// run runs the program and returns what it printed, and its exit code.
func (o *realOdoo) run(args ...string) (stdout, stderr string, code int) {
	o.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(binary, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = o.env, &out, &errs
	_ = cmd.Run() // its code says it
	if strings.Contains(out.String()+errs.String(), o.target.AdminPassword.Reveal()) {
		o.Error("the password was printed")
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// killed kills the program as soon as it says something.
func (o *realOdoo) killed(text string, args ...string) {
	o.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(slices.Clip(o.env), "TMPDIR="+o.TempDir()) // what is killed leaves its folder
	pipe, err := cmd.StderrPipe()
	if err != nil {
		o.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		o.Fatal(err)
	}
	var said []byte
	for part := make([]byte, 4096); !bytes.Contains(said, []byte(text)); {
		n, err := pipe.Read(part)
		said = append(said, part[:n]...)
		if err != nil {
			break
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	if !bytes.Contains(said, []byte(text)) {
		o.Fatalf("never said %q:\n%s", text, said)
	}
}

// count is a number by SQL.
func (o *realOdoo) count(sql string) (n int) {
	o.Helper()
	if err := o.db.QueryRow(o.Context(), sql).Scan(&n); err != nil {
		o.Fatalf("%s: %v", sql, err)
	}
	return n
}

func (o *realOdoo) want(counts map[string]int) {
	o.Helper()
	for sql, want := range counts {
		if got := o.count(sql); got != want {
			o.Errorf("%s gives %d, want %d", sql, got, want)
		}
	}
}

func TestE2ESeedIsKilledAndContinuedAndCleaned(t *testing.T) {
	onOdoo(t, func(o *realOdoo) {
		plan := filepath.Join("testdata", "seeded.yaml")
		if _, said, code := o.run("seed", plan); code != headroom.ExitBadInput || !strings.Contains(said, "headroom allow") {
			t.Fatalf("exit %d without a mark:\n%s", code, said)
		}
		if _, said, code := o.run("allow"); code != headroom.ExitMet {
			t.Fatal(said)
		}
		for _, at := range []string{"hub: 120 products", "hub: 6 open deliveries", "hub: 15 open orders", "north: chart of accounts"} {
			o.killed(at, "seed", plan)
		}
		out, said, code := o.run("seed", plan, "--json")
		var told struct {
			Sites []struct{ Products, Bins, Users int }
		}
		if err := json.Unmarshal([]byte(out), &told); err != nil || code != headroom.ExitMet || len(told.Sites) != 2 || told.Sites[1].Products != 120 || told.Sites[1].Users != 3 {
			t.Fatalf("exit %d, %v, %s\n%s", code, err, out, said)
		}
		o.checkSeeded()
		o.foreigners()
		o.work()
		if out, said, code = o.run("seed", plan, "--clean"); code != headroom.ExitMet {
			t.Fatalf("clean: exit %d\n%s%s", code, out, said)
		}
		t.Log(out)
		o.checkClean()
		if _, said, code = o.run("seed", plan, "--site", "hub"); code != headroom.ExitMet {
			t.Fatalf("seeding after cleaning: exit %d\n%s", code, said)
		}
		o.want(map[string]int{
			"SELECT count(*) FROM product_product WHERE default_code LIKE 'HR0%' AND active":                                        120,
			"SELECT count(*) FROM sale_order WHERE client_order_ref LIKE 'headroom-order-0%' AND state = 'sale' AND company_id = 1": 15,
		})
	})
}

// checkSeeded: one of each, whatever was killed.
func (o *realOdoo) checkSeeded() {
	o.Helper()
	want := map[string]int{
		"SELECT count(*) FROM product_product WHERE default_code LIKE 'HR0%'":                                    120,
		"SELECT count(*) FROM res_partner WHERE name LIKE 'headroom-customer-%' OR name LIKE 'headroom-vendor%'": 11,
		"SELECT count(*) FROM res_users WHERE login LIKE 'headroom-%'":                                           6,
		"SELECT count(*) FROM res_company":                                                                       2,
		"SELECT count(*) FROM stock_location WHERE name LIKE 'headroom-bin-%'":                                   12,
		"SELECT count(*) FROM stock_putaway_rule":                                                                240,
		"SELECT count(*) FROM stock_warehouse_orderpoint":                                                        24,
		// A confirmed purchase adds prices of its own.
		"SELECT count(DISTINCT (product_tmpl_id, company_id)) FROM product_supplierinfo WHERE product_tmpl_id IN (SELECT product_tmpl_id FROM product_product WHERE default_code <= 'HR00012' AND default_code LIKE 'HR0%')": 24,
		"SELECT count(*) FROM stock_warehouse WHERE delivery_steps = 'pick_ship' AND reception_steps = 'two_steps'":                                                                                                          2,
		"SELECT sum(quantity)::int FROM stock_quant q JOIN stock_location l ON l.id = q.location_id WHERE l.name LIKE 'headroom-bin-%'":                                                                                      2 * 120 * 500,
	}
	for company := 1; company <= 2; company++ {
		want[fmt.Sprintf("SELECT count(*) FROM sale_order WHERE client_order_ref LIKE 'headroom-order-%%' AND state = 'sale' AND company_id = %d", company)] = 15
		want[fmt.Sprintf("SELECT count(DISTINCT client_order_ref) FROM sale_order WHERE client_order_ref LIKE 'headroom-order-%%' AND company_id = %d", company)] = 15
		want[fmt.Sprintf("SELECT count(*) FROM purchase_order WHERE partner_ref LIKE 'headroom-receipt-%%' AND state = 'purchase' AND company_id = %d", company)] = 4
		want[fmt.Sprintf("SELECT count(*) FROM account_journal WHERE type = 'sale' AND company_id = %d", company)] = 1
		want[fmt.Sprintf("SELECT count(*) FROM stock_picking p JOIN stock_picking_type t ON t.id = p.picking_type_id WHERE t.sequence_code = 'PICK' AND p.state = 'assigned' AND p.company_id = %d", company)] = 25
		want[fmt.Sprintf(`SELECT count(*) FROM stock_picking p JOIN stock_picking_type t ON t.id = p.picking_type_id JOIN sale_order s ON s.id = p.sale_id
			WHERE t.code = 'outgoing' AND p.state = 'assigned' AND p.user_id IS NULL AND s.client_order_ref LIKE 'headroom-delivery-%%' AND p.company_id = %d`, company)] = 6
	}
	o.want(want)
}

func (o *realOdoo) session() *odoo.Session {
	o.Helper()
	client := &odoo.Client{URL: o.target.URL}
	s, err := client.Login(o.Context(), odoo.JSONRPC, "hub", headroom.Login{Login: o.target.AdminLogin, Password: o.target.AdminPassword})
	if err != nil {
		o.Fatal(err)
	}
	return s
}

func (o *realOdoo) call(s *odoo.Session, model, method string, ids []int64, args ...any) any {
	o.Helper()
	reply, err := s.Call(o.Context(), odoo.Call{Model: model, Method: method, IDs: ids, Args: args})
	if err != nil {
		o.Fatalf("%s.%s: %v", model, method, err)
	}
	return reply.Value
}

// foreigners are somebody else's records that look a little like ours, one of
// them an order of our product.
func (o *realOdoo) foreigners() {
	o.Helper()
	s := o.session()
	product := o.call(s, "product.product", "create", nil, map[string]any{"name": "Hammer", "default_code": "HR99", "type": "consu", "is_storable": true}).(int64)
	partner := o.call(s, "res.partner", "create", nil, map[string]any{"name": "headroom-customer-of-the-month"}).(int64)
	var ours int64
	if err := o.db.QueryRow(o.Context(), "SELECT id FROM product_product WHERE default_code = 'HR00003'").Scan(&ours); err != nil {
		o.Fatal(err)
	}
	line := func(id int64) any { return []any{0, 0, map[string]any{"product_id": id, "product_uom_qty": 2}} }
	order := o.call(s, "sale.order", "create", nil, map[string]any{"partner_id": partner, "client_order_ref": "headroom-order-of-theirs", "order_line": []any{line(product), line(ours)}}).(int64)
	o.call(s, "sale.order", "action_confirm", []int64{order})
}

// work does one of the seeded picks, as a run does, and invoices nothing.
func (o *realOdoo) work() {
	o.Helper()
	s := o.session()
	var picking int64
	if err := o.db.QueryRow(o.Context(), `SELECT p.id FROM stock_picking p JOIN sale_order o ON o.id = p.sale_id
		WHERE o.client_order_ref LIKE 'headroom-order-0%' AND p.state = 'assigned' AND p.company_id = 1 ORDER BY p.id LIMIT 1`).Scan(&picking); err != nil {
		o.Fatal(err)
	}
	rows, err := o.db.Query(o.Context(), "SELECT id, product_uom_qty::float8 FROM stock_move WHERE picking_id = $1", picking)
	if err != nil {
		o.Fatal(err)
	}
	type move struct {
		ID  int64
		Qty float64
	}
	moves, err := pgx.CollectRows(rows, pgx.RowToStructByPos[move])
	if err != nil {
		o.Fatal(err)
	}
	for _, m := range moves {
		o.call(s, "stock.move", "write", []int64{m.ID}, map[string]any{"quantity": m.Qty, "picked": true})
	}
	o.call(s, "stock.picking", "button_validate", []int64{picking})
}

func (o *realOdoo) checkClean() {
	o.Helper()
	o.want(map[string]int{
		"SELECT count(*) FROM product_product WHERE default_code LIKE 'HR0%' AND active":                                                       0,
		"SELECT count(*) FROM res_partner WHERE name LIKE 'headroom-customer-0%' AND active":                                                   0,
		"SELECT count(*) FROM res_users WHERE login LIKE 'headroom-%' AND active":                                                              0,
		"SELECT count(*) FROM res_company WHERE active":                                                                                        1,
		"SELECT count(*) FROM stock_location WHERE name LIKE 'headroom-bin-%' AND active":                                                      0,
		"SELECT count(*) FROM stock_putaway_rule":                                                                                              0,
		"SELECT count(*) FROM stock_warehouse_orderpoint":                                                                                      0,
		"SELECT count(*) FROM sale_order WHERE client_order_ref LIKE 'headroom-order-0%' OR client_order_ref LIKE 'headroom-delivery-0%'":      0,
		"SELECT count(*) FROM purchase_order":                                                                                                  0,
		"SELECT count(*) FROM stock_picking WHERE state = 'done'":                                                                              1 + 2*6,
		"SELECT count(*) FROM stock_warehouse WHERE active AND delivery_steps = 'ship_only'":                                                   1,
		"SELECT count(*) FROM ir_config_parameter WHERE key LIKE 'headroom.steps.%'":                                                           0,
		"SELECT coalesce(sum(q.quantity), 0)::int FROM stock_quant q JOIN stock_location l ON l.id = q.location_id WHERE l.usage = 'internal'": 0,
		// Theirs.
		"SELECT count(*) FROM product_product WHERE default_code = 'HR99' AND active":                                                                            1,
		"SELECT count(*) FROM res_partner WHERE name = 'headroom-customer-of-the-month' AND active":                                                              1,
		"SELECT count(*) FROM sale_order WHERE client_order_ref = 'headroom-order-of-theirs' AND state = 'sale'":                                                 1,
		"SELECT count(*) FROM stock_move WHERE product_id = (SELECT id FROM product_product WHERE default_code = 'HR00003') AND state NOT IN ('done', 'cancel')": 1,
	})
}

// BenchmarkSeed seeds 10,000 products, 1,000 open orders and 200 open receipts,
// two-step with bins, putaway and reordering rules, into a fresh Odoo 19 with
// two workers, and cleans it again.
//
//	go test -tags e2e -run '^$' -bench BenchmarkSeed -benchtime 1x ./cmd/headroom
func BenchmarkSeed(b *testing.B) {
	text, err := os.ReadFile(filepath.Join("testdata", "seeded.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	large := strings.NewReplacer("products: 120", "products: 10000", "open_orders: 15", "open_orders: 1000", "open_receipts: 4", "open_receipts: 200", "open_deliveries: 6", "open_deliveries: 100",
		"partners: 10", "partners: 500", "opening_stock: 500", "opening_stock: 100000").Replace(string(text))
	plan := filepath.Join(b.TempDir(), "large.yaml")
	if err := os.WriteFile(plan, []byte(large), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		onOdoo(b, func(o *realOdoo) {
			if _, said, code := o.run("allow"); code != headroom.ExitMet {
				b.Fatal(said)
			}
			for _, verb := range [][]string{{"seed", plan, "--site", "hub"}, {"seed", plan, "--site", "hub", "--clean"}} {
				at := time.Now()
				out, said, code := o.run(verb...)
				b.Logf("%v:\n%s%s", verb[2:], said, out)
				if code != headroom.ExitMet {
					b.Fatalf("exit %d", code)
				}
				b.ReportMetric(time.Since(at).Seconds(), "s/"+strings.TrimLeft(verb[len(verb)-1], "-"))
			}
		})
	}
}
