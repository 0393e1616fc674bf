package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/fixtures/external"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// TestCompanies runs one plan of two companies in one database.
func TestCompanies(t *testing.T) { runCompanies(t, ground.ERP, "10s") }

// counted are the documents of a company, and the answer that each is.
var counted = []struct{ answer, query string }{
	{"order.confirm", "SELECT count(*) FROM sale_order WHERE state = 'sale' AND company_id = $1"},
	{"purchase.confirm", "SELECT count(*) FROM purchase_order WHERE state = 'purchase' AND company_id = $1"},
	{"pick.validate", `SELECT count(*) FROM stock_picking p JOIN stock_warehouse w ON w.pick_type_id = p.picking_type_id WHERE p.state = 'done' AND p.company_id = $1`},
	{"ship.validate", `SELECT count(*) FROM stock_picking p JOIN stock_warehouse w ON w.out_type_id = p.picking_type_id WHERE p.state = 'done' AND p.company_id = $1`},
	{"receive.validate", `SELECT count(*) FROM stock_picking p JOIN stock_warehouse w ON w.in_type_id = p.picking_type_id WHERE p.state = 'done' AND p.company_id = $1`},
	{"invoice.post", "SELECT count(*) FROM account_move WHERE state = 'posted' AND move_type = 'out_invoice' AND company_id = $1"},
}

// runCompanies holds what the client was answered at each site against what SQL
// counts of its company. The target is made for the test, and the program takes
// it for somebody else's: so it is still there when it is counted. An external
// target has no keys for JSON-2, so that a part is played with them before.
func runCompanies(t *testing.T, target, length string) {
	plan, err := loadPlan("testdata/companies.yaml")
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	window := calendar.Window{At: time.Date(2026, 11, 20, 11, 0, 0, 0, zone), Seconds: 12}
	schedule, err := calendar.New(plan, window, 1, 1, players(plan))
	if err != nil {
		t.Fatal(err)
	}
	s := raise(t, target, plan)
	s.agrees(func() *results.Reader { return s.play(schedule) }, "json2")
	workspace := filepath.Join(t.TempDir(), "w")
	s.program("allow")
	s.program("seed", "testdata/companies.yaml") // makes up for what was done
	s.agrees(func() *results.Reader {
		s.program("run", "testdata/companies.yaml", "--topology", "one", "--from", "2026-11-20 10:00", "--for", length, "--lead-in", "2s", "--workspace", workspace)
		run, err := results.Open(filepath.Join(workspace, "runs", "one"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = run.Close() })
		if info := run.Info(); !info.Complete {
			t.Fatalf("the run is incomplete: %s", info.Reason)
		}
		return run
	}, "jsonrpc")
	s.apart()
}

// agrees runs something and compares what the client was answered with what
// the companies count.
func (s *theatre) agrees(play func() *results.Reader, scans string) {
	s.t.Helper()
	before := s.companies()
	client := answeredAt(s.t, play(), scans)
	for site, after := range s.companies() {
		for _, c := range counted {
			got, want := after[c.answer]-before[site][c.answer], client[site][c.answer]
			s.t.Logf("%s: %s: %d answers, %d in its company", site, c.answer, want, got)
			if got != want || want == 0 {
				s.t.Errorf("%s: %s: the client has %d answers, the company counts %d", site, c.answer, want, got)
			}
		}
		if client[site]["scan.lookup"] == 0 {
			s.t.Errorf("%s: nothing was scanned", site)
		}
	}
}

// companies counts the documents of each site's company, by answer.
func (s *theatre) companies() map[string]map[string]int {
	s.t.Helper()
	out := map[string]map[string]int{}
	for name, site := range s.seeded.Sites {
		out[name] = map[string]int{}
		for _, c := range counted {
			out[name][c.answer] = s.count(c.query, site.Company)
		}
	}
	return out
}

// apart fails when something of one company is at the other.
func (s *theatre) apart() {
	s.t.Helper()
	if a, b := s.seeded.Sites["fashion"], s.seeded.Sites["toys"]; a.Database != b.Database || a.Company == b.Company || a.Warehouse == b.Warehouse || !a.TwoStep || !b.TwoStep {
		s.t.Errorf("seeded\n%+v\n%+v", a, b)
	}
	for what, query := range map[string]string{
		"moves on another company's transfers":  "SELECT count(*) FROM stock_move m JOIN stock_picking p ON p.id = m.picking_id WHERE m.company_id <> p.company_id",
		"transfers of another company's orders": "SELECT count(*) FROM stock_picking p JOIN sale_order o ON o.id = p.sale_id WHERE o.company_id <> p.company_id",
		"transfers at another company's place":  "SELECT count(*) FROM stock_picking p JOIN stock_picking_type t ON t.id = p.picking_type_id WHERE t.company_id <> p.company_id",
		"transfers that another company's people did": `SELECT count(*) FROM stock_picking p JOIN res_users u ON u.id = p.user_id
			WHERE u.company_id <> p.company_id AND p.state = 'done'`,
		"invoices of another company's orders": `SELECT count(*) FROM sale_order_line l JOIN sale_order_line_invoice_rel x ON x.order_line_id = l.id
			JOIN account_move_line a ON a.id = x.invoice_line_id WHERE a.company_id <> l.company_id`,
	} {
		if n := s.count(query); n != 0 {
			s.t.Errorf("%d %s", n, what)
		}
	}
}

// program runs headroom on the target, as its owner does.
func (s *theatre) program(args ...string) {
	s.t.Helper()
	database := s.plan.Sites[0].Tenant()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), external.EnvURL+"="+s.target.URL, external.EnvDatabase+"="+database, external.EnvLogin+"="+s.target.AdminLogin,
		external.EnvPassword+"="+s.target.AdminPassword.Reveal(), external.EnvDSN+"="+s.target.DSN(database).Reveal(), external.EnvLog+"="+s.target.RequestLog)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	// A generator that had to wait for the machine spoils times, not counts.
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != headroom.ExitNotMeasured {
		s.t.Fatalf("headroom %v: %v\n%s", args, err, said.String())
	}
	s.t.Logf("headroom %s:\n%s", args[0], said.String())
}

// answeredAt counts the client's successful requests by site and class. Any
// other fails the test, but for the invoice of an order that a colleague
// invoices at the moment; and so do scans that came another way.
func answeredAt(t *testing.T, run *results.Reader, scans string) map[string]map[string]int {
	t.Helper()
	n := map[string]map[string]int{}
	for r, err := range run.Requests() {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case r.Outcome == headroom.OK:
			if n[r.Site] == nil {
				n[r.Site] = map[string]int{}
			}
			n[r.Site][r.Process+"."+r.Step]++
			if r.Process == "scan" && r.Protocol != scans {
				t.Errorf("a scan came by %s, not by %s", r.Protocol, scans)
			}
		case r.Process != "invoice" || r.Outcome != headroom.BusinessError:
			t.Errorf("%s: %s.%s: %s %s", r.Site, r.Process, r.Step, r.Outcome, r.Error)
		}
	}
	return n
}
