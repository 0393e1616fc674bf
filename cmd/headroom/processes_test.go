package main

import (
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/scenarios"
)

// TestProcesses plays every process of a two-step warehouse against the
// stand-in, as the end-to-end test does against a real Odoo.
func TestProcesses(t *testing.T) { playProcesses(t, ground.ERP, 0.2) }

// A part of a day: n times a scenario, the first at a moment, the next ones
// so much later each, in seconds. Operators work until a moment.
type part struct {
	scenario            string
	n                   int
	first, every, until float64
}

// The day of a warehouse in which work is passed on: in the morning orders are
// taken and picked, goods come in and are put away; overtime is worked until
// all of it is done; in the evening it is advised, invoiced and closed.
var (
	morning = []part{
		{"order_entry", 10, 0, 0.5, 0},
		{"edi_order", 6, 1, 0, 0},
		{"purchase", 6, 0.2, 0.7, 0},
		{"scan", 6, 0.5, 1, 0},
		{"bi_report", 2, 2, 4, 0},
		{"cycle_count", 1, 1, 0, 9},
		{"wave", 1, 3, 0, 7},
		{"pick", 2, 2, 0.5, 18},
		{"ship", 2, 4, 0.5, 20},
		{"receive", 2, 2, 0.5, 16},
		{"putaway", 1, 3, 0, 18},
		{"replenish", 1, 7, 0, 0},
		{"cron", 1, 9, 0, 0}, // a job that is running is not started twice
	}
	overtime = []part{{"pick", 2, 0, 0.5, 8}, {"ship", 2, 0, 0.5, 9}, {"receive", 1, 0, 0, 8}, {"putaway", 1, 0, 0, 9}}
	evening  = []part{
		{"invoice", 1, 0, 0, 0}, {"edi_despatch", 1, 1, 0, 0},
		{"portal", 4, 0, 1, 0}, {"webhook", 4, 0.5, 1, 0}, {"shop", 12, 0, 0.5, 0},
	}
	// On its own: a clerk whose order the close invoices meanwhile is refused.
	closing = []part{{"month_end", 1, 0, 0, 0}}
)

// countsApplied counts the moves of inventory counts.
const countsApplied = "SELECT count(*) FROM stock_move WHERE is_inventory AND state = 'done'"

// rounds of overtime that a day has at most; a slow machine needs some.
const rounds = 8

// A sheet is a schedule, written by hand.
type sheet struct {
	header   headroom.Header
	arrivals []headroom.Arrival
}

func (m sheet) Header() headroom.Header { return m.header }
func (m sheet) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		for _, a := range m.arrivals {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// sheetOf makes a sheet of parts; scale shortens their times.
func sheetOf(t *testing.T, plan headroom.Plan, parts []part, scale float64) sheet {
	t.Helper()
	site := plan.Sites[0]
	m := sheet{header: headroom.Header{
		Plan: plan.Name, Seed: 1, Scale: 1, Sites: []headroom.ScheduledSite{{Name: site.Name, Database: site.Tenant(), Users: site.Users}},
		Lanes: []headroom.Lane{{Name: "partner", Connections: 2}}, Catalogue: plan.Catalogue,
	}}
	at := func(s float64) time.Duration { return time.Duration(s * scale * float64(time.Second)) }
	for i, p := range parts {
		s, err := scenarios.Find(p.scenario)
		if err != nil {
			t.Fatal(err)
		}
		m.header.Processes = append(m.header.Processes, headroom.ScheduledProcess{
			Name: p.scenario, Scenario: p.scenario, Engine: s.Engine, Lines: headroom.Lines{Mean: 2, Max: 5}, ThinkTime: 0.4 * scale, ThinkSCV: 1,
		})
		for n := range p.n {
			a := headroom.Arrival{
				At: at(p.first + float64(n)*p.every), Until: at(p.until), Seed: uint64(1000*i + n + 1), Process: uint16(i), Kind: s.Kinds[0],
				User: uint32(len(m.arrivals) % site.Users), // every operator is somebody else
			}
			if s.Technical {
				a.User = uint32(site.Users) // the last login
			}
			m.arrivals = append(m.arrivals, a)
			m.header.Window = max(m.header.Window, (a.At + time.Second).Seconds(), a.Until.Seconds())
		}
	}
	slices.SortStableFunc(m.arrivals, func(a, b headroom.Arrival) int { return int(a.At - b.At) })
	for i := range m.arrivals {
		m.arrivals[i].ID = uint64(i + 1)
	}
	return m
}

// warehouse is the plan that is seeded: a site that picks and puts away.
func warehouse(parts []part) headroom.Plan {
	plan := headroom.Plan{
		Headroom: 1, Name: "processes", Sites: []headroom.Site{{Name: "hub", TimeZone: "Europe/Berlin", Users: 12}},
		Catalogue: headroom.Catalogue{Products: 40, Popularity: 0.8, OpeningStock: 5000, Partners: 10},
		Carrier:   &headroom.Carrier{Latency: 0.05},
	}
	for _, p := range parts {
		plan.Processes = append(plan.Processes, headroom.Process{Name: p.scenario, Scenario: p.scenario, PerHour: 1, Lines: headroom.Lines{Mean: 2, Max: 5}})
	}
	return plan
}

// An account is what the client believes of a run.
type account struct {
	answers map[string]int            // requests that were answered well, by "process.step"
	done    map[string]int            // journeys that did their work, by process
	events  map[string]map[int64]bool // documents by kind and event: "delivery released"
	steps   map[string][]string       // steps by process, in order of first use
}

func newAccount() account {
	return account{answers: map[string]int{}, done: map[string]int{}, events: map[string]map[int64]bool{}, steps: map[string][]string{}}
}

// add takes what a run recorded. Whatever failed fails the test.
func (a account) add(t *testing.T, run *results.Reader) {
	t.Helper()
	for r, err := range run.Requests() {
		if err != nil {
			t.Fatal(err)
		}
		if r.Outcome != headroom.OK {
			t.Errorf("%s.%s: %s %s", r.Process, r.Step, r.Outcome, r.Error)
			continue
		}
		a.answers[r.Process+"."+r.Step]++
		if !slices.Contains(a.steps[r.Process], r.Step) {
			a.steps[r.Process] = append(a.steps[r.Process], r.Step)
		}
	}
	for j, err := range run.Journeys() {
		if err != nil {
			t.Fatal(err)
		}
		switch j.Outcome {
		case headroom.OK:
			a.done[j.Process]++
		case headroom.NothingToDo:
		default:
			t.Errorf("journey %d of %s: %s %s", j.Arrival, j.Process, j.Outcome, j.Error)
		}
	}
	for d, err := range run.Documents() {
		if err != nil {
			t.Fatal(err)
		}
		event := d.Kind + " released"
		if d.Done {
			event = d.Kind + " done"
		}
		if a.events[event] == nil {
			a.events[event] = map[int64]bool{}
		}
		a.events[event][d.Document] = true
	}
}

// playProcesses plays the day and holds what the client believes against what
// SQL counts in the target's own tables.
func playProcesses(t *testing.T, target string, scale float64) {
	all := slices.Concat(morning, evening, closing)
	plan := warehouse(all)
	s := raise(t, target, plan)
	before := s.count("SELECT count(*) FROM purchase_order WHERE state = 'draft'")
	counts := s.count(countsApplied)
	got := newAccount()
	got.add(t, s.play(sheetOf(t, plan, morning, scale)))
	for range rounds {
		if s.count("SELECT count(*) FROM stock_picking WHERE state NOT IN ('done', 'cancel')") == 0 {
			break
		}
		got.add(t, s.play(sheetOf(t, plan, overtime, scale)))
	}
	got.add(t, s.play(sheetOf(t, plan, evening, scale)))
	got.add(t, s.play(sheetOf(t, plan, closing, scale)))

	for _, p := range all {
		known, err := scenarios.Find(p.scenario)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(known.Steps, func(step string) bool { return step == "seek" || step == "release" }) // after a failure only
		did := got.steps[p.scenario]
		if known.Engine == scenarios.Attack { // a visit is one step, or another
			slices.Sort(did)
			slices.Sort(want)
		}
		if !slices.Equal(did, want) {
			t.Errorf("%s did %v, the registry says %v", p.scenario, did, want)
		}
	}
	s.checkGoods(got)
	s.same("counts applied", got.done["cycle_count"], s.count(countsApplied)-counts)
	s.checkOffice(got, before)
	s.runShort(scale)
	s.outage(scale)
}

// runShort lets the stock run out: what cannot be reserved is counted, and left
// for later, as the ERP itself does.
func (s *theatre) runShort(scale float64) {
	s.t.Helper()
	site := s.seeded.Sites[s.plan.Sites[0].Name]
	quants := s.admin("stock.quant", "search", []any{[]any{"location_id", "child_of", site.StockLocation}})
	s.admin("stock.quant", "write", quants, map[string]any{"inventory_quantity": 2})
	s.admin("stock.quant", "action_apply_inventory", quants)
	got := newAccount()
	got.add(s.t, s.play(sheetOf(s.t, s.plan, []part{{"order_entry", 8, 0, 0.4, 0}, {"pick", 2, 3, 0.5, 8}}, scale)))
	for range rounds {
		if s.count("SELECT count(*) FROM stock_picking WHERE picking_type_id = $1 AND state = 'assigned'", site.PickType) == 0 {
			break
		}
		got.add(s.t, s.play(sheetOf(s.t, s.plan, []part{{"pick", 2, 0, 0.5, 8}}, scale)))
	}
	s.same("orders confirmed", len(got.events["delivery released"]), got.done["order_entry"])
	s.same("short lines", len(got.events["shortage released"]), s.count(`SELECT count(*) FROM stock_move m JOIN stock_picking p ON p.id = m.picking_id
		WHERE p.picking_type_id = $1 AND p.backorder_id IS NOT NULL AND m.state NOT IN ('done', 'cancel')`, site.PickType))
}

// transfers counts those of a type that are done.
func (s *theatre) transfers(kind int64) int {
	s.t.Helper()
	return s.count("SELECT count(*) FROM stock_picking WHERE picking_type_id = $1 AND state = 'done'", kind)
}

// same fails unless the client's number is the database's, and not 0.
func (s *theatre) same(what string, client, database int) {
	s.t.Helper()
	s.t.Logf("%s: %d, and %d in the database", what, client, database)
	if client != database || client == 0 {
		s.t.Errorf("%s: the client has %d, the database counts %d", what, client, database)
	}
}

func (s *theatre) checkGoods(got account) {
	s.t.Helper()
	site := s.seeded.Sites[s.plan.Sites[0].Name]
	orders, purchases := len(got.events["delivery released"]), len(got.events["receipt released"])
	s.same("orders confirmed", orders, got.answers["order_entry.confirm"]+got.answers["edi_order.confirm"])
	s.same("deliveries done", len(got.events["delivery done"]), s.transfers(site.OutType))
	s.same("labels made", int(s.carrier.Counts().Labels),
		s.count("SELECT count(*) FROM stock_picking WHERE picking_type_id = $1 AND state = 'done' AND carrier_tracking_ref IS NOT NULL", site.OutType))
	s.same("receipts done", len(got.events["receipt done"]), s.transfers(site.InType))
	s.same("putaways done", got.done["putaway"], s.transfers(site.StoreType))
	s.same("batches done", got.done["wave"], s.count("SELECT count(*) FROM stock_picking_batch WHERE state = 'done'"))
	s.same("orders that were picked, seeded ones included", s.transfers(site.PickType), s.count("SELECT count(*) FROM sale_order WHERE state = 'sale'"))
	for id := range got.events["delivery released"] {
		if !got.events["delivery done"][id] {
			s.t.Errorf("order %d was released and not shipped", id)
		}
	}
	if done := len(got.events["receipt done"]); done != purchases {
		s.t.Errorf("%d of %d purchases were received", done, purchases)
	}
	// Not held against the target: in one of several runs a busy Odoo had two
	// moves with less reserved than demanded, though stock was plenty.
	s.t.Logf("%d short lines where there was stock of everything", len(got.events["shortage released"]))
}

func (s *theatre) checkOffice(got account, draftsBefore int) {
	s.t.Helper()
	site := s.seeded.Sites[s.plan.Sites[0].Name]
	s.same("deliveries advised", len(got.events["delivery done"]),
		s.count("SELECT count(*) FROM stock_picking WHERE picking_type_id = $1 AND state = 'done' AND printed", site.OutType))
	if n := s.count("SELECT count(*) FROM purchase_order WHERE state = 'draft'"); n <= draftsBefore {
		s.t.Errorf("%d draft purchases, %d before the replenishment", n, draftsBefore)
	}
	if n := s.count("SELECT count(*) FROM purchase_order_line WHERE orderpoint_id IS NOT NULL"); n == 0 {
		s.t.Error("no reordering rule has made a purchase line")
	}
	if n := s.count("SELECT count(*) FROM sale_order WHERE invoice_status = 'to invoice'"); n > 0 {
		s.t.Errorf("%d delivered orders are not invoiced after the month's end", n)
	}
	posted := s.count("SELECT count(*) FROM account_move WHERE move_type = 'out_invoice' AND state = 'posted'")
	drafts := s.count("SELECT count(*) FROM account_move WHERE move_type = 'out_invoice' AND state = 'draft'")
	invoices := s.count(`SELECT count(DISTINCT a.move_id) FROM sale_order_line l JOIN sale_order_line_invoice_rel x ON x.order_line_id = l.id
		JOIN account_move_line a ON a.id = x.invoice_line_id`)
	s.same("invoices posted", invoices, posted)
	if drafts > 0 || posted <= got.done["invoice"] {
		s.t.Errorf("%d posted, %d drafts; the clerks alone posted %d", posted, drafts, got.done["invoice"])
	}
}
