package odoo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// fullSeeding is a plan that needs everything that can be seeded.
func fullSeeding(c *Client) Seeding {
	in := seeding(c, 1)
	in.Plan.Catalogue = headroom.Catalogue{Products: 60, OpeningStock: 40, Partners: 7, Popularity: 0.8, OpenOrders: 23, OpenReceipts: 6, OpenDeliveries: 12}
	in.Plan.Carrier = &headroom.Carrier{Latency: 0.1}
	in.Plan.Processes = []headroom.Process{
		{Name: "orders", Scenario: "order_entry", Lines: headroom.Lines{Mean: 3, Max: 8}},
		{Name: "buy", Scenario: "purchase", Lines: headroom.Lines{Mean: 2, Max: 4}},
		{Name: "picks", Scenario: "pick"}, {Name: "store", Scenario: "putaway"}, {Name: "counts", Scenario: "cycle_count"},
		{Name: "reorder", Scenario: "replenish"}, {Name: "browse", Scenario: "shop"}, {Name: "elsewhere", Scenario: "wave", Sites: []string{"depot"}},
	}
	in.Technical = true
	return in
}

func TestSeedEverythingThatThePlanNeeds(t *testing.T) {
	f := newFakeERP()
	in := fullSeeding(f.start(t))
	in.Groups = []string{"stock.group_stock_user"}
	site, logins, err := Seed(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := headroom.SeededSite{Database: "hub", Company: 1, TwoStep: true, StockLocation: 8, PickType: 103, OutType: 102, InType: 101, StoreType: 104, Input: 106, Output: 107}
	got := site
	got.Warehouse, got.Carrier, got.Vendor, got.Webhook = 0, 0, 0, ""
	got.Products, got.Codes, got.Partners, got.Bins, got.Logins, got.ShopPages, got.PortalOrders = nil, nil, nil, nil, nil, nil, nil
	if !reflect.DeepEqual(got, want) || site.Warehouse == 0 || site.Carrier == 0 || site.Vendor == 0 {
		t.Errorf("site %+v", site)
	}
	if len(site.Bins) != 4 || len(site.ShopPages) != 60 || len(logins) != 4 || logins[3].Login != "headroom-tech@hub.example" {
		t.Errorf("%d bins, %d pages, logins %v", len(site.Bins), len(site.ShopPages), site.Logins)
	}
	for model, n := range map[string]int{"stock.putaway.rule": 60, "stock.warehouse.orderpoint": 10, "product.supplierinfo": 10, "delivery.carrier": 1,
		"sale.order": 23 + 12 + portalOrders, "purchase.order": 6, "stock.picking": 23 + 2*12 + portalOrders + 6, "product.product": 61, "stock.quant": 60} {
		if len(f.records[model]) != n {
			t.Errorf("%d of %s, want %d", len(f.records[model]), model, n)
		}
	}
	for rank, id := range site.Products {
		quant := f.search("stock.quant", []any{[]any{"product_id", "=", float64(id)}})[0]
		if quant["location_id"] != float64(site.Bins[rank%4]) || quant["quantity"] != 40.0 {
			t.Fatalf("product of rank %d: %v", rank, quant)
		}
	}
	for i, n := range []int{2, 2, 2, 3} { // base.group_user and the asked one; the technical user has the settings group besides
		user := f.search("res.users", []any{[]any{"login", "=", logins[i].Login}})[0]
		if groups := user["group_ids"].([]any)[0].([]any)[2].([]any); len(groups) != n {
			t.Errorf("%s has groups %v", logins[i].Login, groups)
		}
	}
	if f.params["headroom.steps."+fmt.Sprint(site.Warehouse)] != "ship_only one_step" {
		t.Errorf("parameters %v", f.params)
	}
}

// The backlog is the plan's: lines by its distribution, popular products more
// often, and the same from the same seed.
func TestSeedBacklogIsDrawnLikeThePlansOrders(t *testing.T) {
	lines := func(seed uint64) (all [][]any) {
		f := newFakeERP()
		in := fullSeeding(f.start(t))
		in.Seed, in.Plan.Catalogue.OpenOrders = seed, 400
		site, _, err := Seed(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, order := range f.search("sale.order", []any{[]any{"client_order_ref", "=like", "headroom-order-%"}}) {
			if order["warehouse_id"] != float64(site.Warehouse) || order["carrier_id"] != float64(site.Carrier) {
				t.Fatalf("order %v", order)
			}
			all = append(all, order["order_line"].([]any))
		}
		return all
	}
	first, again, other := lines(1), lines(1), lines(2)
	if !reflect.DeepEqual(len(first), 400) || !reflect.DeepEqual(quantities(first), quantities(again)) || reflect.DeepEqual(quantities(first), quantities(other)) {
		t.Error("the backlog does not follow from the seed alone")
	}
	n := 0
	for _, l := range first {
		n += len(l)
	}
	// Geometric with mean 3 cut at 8: mean 2.88, standard deviation 2.1; ±0.5 is 4.7 standard errors of 400.
	if mean, want := float64(n)/400, (headroom.Lines{Mean: 3, Max: 8}).MeanLines(); mean < want-0.5 || mean > want+0.5 {
		t.Errorf("%g lines an order, want about %g", mean, want)
	}
}

// quantities are the orders' lines without the products' ids, which differ.
func quantities(orders [][]any) (out []string) {
	for _, order := range orders {
		text := ""
		for _, line := range order {
			text += fmt.Sprint(line.([]any)[2].(map[string]any)["product_uom_qty"], " ")
		}
		out = append(out, text)
	}
	return out
}

// What was done since is made up for, under new numbers.
func TestSeedRestoresTheBacklog(t *testing.T) {
	f := newFakeERP()
	in := fullSeeding(f.start(t))
	if _, _, err := Seed(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	picks := f.search("stock.picking", []any{[]any{"picking_type_id", "=", 103.0}, []any{"state", "=", "assigned"}})
	for _, p := range picks[:5] {
		p["state"] = "done"
	}
	if _, _, err := Seed(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	orders := f.search("sale.order", []any{[]any{"client_order_ref", "=like", "headroom-order-%"}})
	if len(orders) != 28 || orders[27]["client_order_ref"] != "headroom-order-00028" {
		t.Errorf("%d orders, the last %v", len(orders), orders[len(orders)-1]["client_order_ref"])
	}
}

func TestSeedCompany(t *testing.T) {
	f := newFakeERP()
	in := fullSeeding(f.start(t))
	in.Site = headroom.Site{Name: "north", Database: "hub", Company: "North GmbH", Users: 2}
	site, _, err := Seed(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if again, _, err := Seed(t.Context(), in); err != nil || !reflect.DeepEqual(again, site) {
		t.Errorf("seeded again: %v, %+v, was %+v", err, again, site)
	}
	company := f.search("res.company", []any{[]any{"name", "=", "North GmbH"}})
	if len(company) != 1 || company[0]["chart_template"] != "de_skr03" || company[0]["company_registry"] != companyMark || f.calls["account.chart.template.try_loading"] != 1 {
		t.Errorf("companies %v, charts loaded %d times", company, f.calls["account.chart.template.try_loading"])
	}
	if len(f.records["stock.warehouse"]) != 2 || float64(site.Company) != company[0]["id"] || f.records["stock.warehouse"][0]["delivery_steps"] != "ship_only" {
		t.Errorf("site %+v, warehouses %v", site, f.records["stock.warehouse"])
	}
	if _, err := Clean(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	company = f.search("res.company", []any{[]any{"name", "=", "North GmbH"}})
	if company[0]["active"] != false || f.records["res.company"][0]["active"] == false || f.records["stock.warehouse"][1]["active"] != false {
		t.Errorf("cleaned: companies %v", f.records["res.company"])
	}
	if again, _, err := Seed(t.Context(), in); err != nil || again.Company != site.Company || again.Warehouse != site.Warehouse || company[0]["active"] != true {
		t.Errorf("seeded after cleaning: %v, %+v", err, again)
	}
	user := f.search("res.users", []any{[]any{"login", "=", "headroom-u01@north.example"}})[0]
	if user["company_id"] != float64(site.Company) {
		t.Errorf("user %v", user)
	}
}

// A seeding loses its connection at each of its calls in turn, before and
// after the call's effect, and is started again: it must end with what an
// undisturbed one made.
func TestSeedCutOffAtAnyMoment(t *testing.T) {
	quietly := newFakeERP()
	if _, _, err := Seed(t.Context(), fullSeeding(quietly.start(t))); err != nil {
		t.Fatal(err)
	}
	want := picture(quietly)
	for _, late := range []bool{false, true} {
		f := newFakeERP()
		in := fullSeeding(f.start(t))
		cuts := 0
		for at := 1; ; at++ {
			f.mu.Lock()
			f.total, f.cut, f.late = 0, at, late
			f.mu.Unlock()
			_, _, err := Seed(t.Context(), in)
			if err == nil {
				break
			}
			if cuts++; cuts > 1000 || !strings.Contains(err.Error(), "EOF") {
				t.Fatalf("cut at call %d (effect %v): %v", at, late, err)
			}
		}
		if cuts < 20 {
			t.Errorf("only %d cuts", cuts)
		}
		got := picture(f)
		for model := range want {
			if !reflect.DeepEqual(got[model], want[model]) {
				t.Errorf("effect %v, %s:\n%v\nundisturbed\n%v", late, model, got[model], want[model])
			}
		}
	}
}

// Told to stop, it lets the calls under way end, and makes no more.
func TestSeedStops(t *testing.T) {
	f := newFakeERP()
	in := fullSeeding(f.start(t))
	ctx, cancel := context.WithCancel(t.Context())
	in.Progress = func(text string) {
		if strings.Contains(text, "open orders") {
			cancel()
		}
	}
	if _, _, err := Seed(ctx, in); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := len(f.search("sale.order", []any{[]any{"client_order_ref", "=like", "headroom-order-%"}})); n > 10 {
		t.Errorf("%d orders after the stop", n)
	}
}

// A call of a killed seeding may end after the next one has looked: what is
// there twice then is one again after the next seeding.
func TestSeedRemovesWhatIsThereTwice(t *testing.T) {
	f := newFakeERP()
	in := fullSeeding(f.start(t))
	if _, _, err := Seed(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	want := picture(f)
	for _, model := range []string{"res.partner", "sale.order", "stock.location", "purchase.order"} {
		for i := range len(f.records[model]) {
			if twin := maps.Clone(f.records[model][i]); isNumbered(fmt.Sprint(twin["name"]), "headroom-customer-") || model != "res.partner" {
				f.add(model, twin)
				f.records[model][len(f.records[model])-1]["id"] = float64(f.next)
			}
		}
	}
	if _, _, err := Seed(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if got := picture(f); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}

// picture is what is there, without ids, which depend on the order of calls.
func picture(f *fakeERP) map[string][]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string][]string{}
	for model, records := range f.records {
		if model == "stock.move" || model == "ir.config_parameter" {
			continue // counted anew after a kill; compared by stock.quant
		}
		for _, r := range records {
			text := ""
			for _, key := range []string{"name", "default_code", "login", "client_order_ref", "partner_ref", "state", "active", "quantity", "delivery_steps", "is_published", "product_min_qty"} {
				text += fmt.Sprintf("%v ", r[key])
			}
			lines, _ := r["order_line"].([]any)
			out[model] = append(out[model], text+strings.Join(quantities([][]any{lines}), ""))
		}
		slices.Sort(out[model])
	}
	return out
}

func TestStrideKeepsCallsShort(t *testing.T) {
	d := stride{first: 100, most: 500}
	for _, c := range []struct {
		size int
		took time.Duration
		want int
	}{
		{100, time.Second, 200}, {400, time.Second, 500}, {100, 2 * time.Second, 100}, {100, 10 * time.Second, 100},
		{100, 11 * time.Second, 50}, {1, time.Minute, 1},
	} {
		if got := d.next(c.size, c.took); got != c.want {
			t.Errorf("%d in %v: next %d, want %d", c.size, c.took, got, c.want)
		}
	}
}

// On a server that takes a second for 20 records, no call comes near the time
// limit, and the progress tells how long it will be.
func TestSeedAdaptsToASlowServer(t *testing.T) {
	f := newFakeERP()
	in := seeding(f.start(t), 1)
	s, err := newSeeder(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(0, 0)
	s.Now = func() time.Time { return now }
	var told []string
	s.Progress = func(text string) { told = append(told, text) }
	longest, done := time.Duration(0), make([]int, 2000)
	err = s.chunks(t.Context(), "things", 2000, stride{first: 100, most: 500, single: true}, func(_ context.Context, from, to int) error {
		for i := from; i < to; i++ {
			done[i]++
		}
		took := time.Duration(to-from) * 50 * time.Millisecond
		longest = max(longest, took)
		now = now.Add(took)
		return nil
	})
	if err != nil || longest > 10*time.Second || slices.ContainsFunc(done, func(n int) bool { return n != 1 }) {
		t.Errorf("%v, longest call %v", err, longest)
	}
	if len(told) < 10 || told[0] != "seeding hub: 2000 things" || told[1] != "seeding hub: 100 of 2000 things, 1m35s left" {
		t.Errorf("told %q", told)
	}
}

func TestSeedRepeatsCallsThatLostAConflict(t *testing.T) {
	f := newFakeERP()
	in := seeding(f.start(t), 1)
	f.lose = 2
	if _, _, err := Seed(t.Context(), in); err != nil {
		t.Error(err)
	}
	f.lose = 1000
	if _, _, err := Seed(t.Context(), in); err == nil || !strings.Contains(err.Error(), "serialize") {
		t.Errorf("got %v", err)
	}
}

func TestSeedSaysWhichRightsAreMissing(t *testing.T) {
	f := newFakeERP()
	f.forbid = "stock.location.create"
	in := fullSeeding(f.start(t))
	_, _, err := Seed(t.Context(), in)
	var input *headroom.InputError
	if !errors.As(err, &input) || !strings.Contains(err.Error(), `the user "admin" may not create stock.location in database "hub"`) {
		t.Errorf("got %v", err)
	}
	if len(f.records["product.product"]) != 0 || f.records["stock.warehouse"][0]["delivery_steps"] != "ship_only" {
		t.Error("something was written before the rights were known")
	}
}

func TestClean(t *testing.T) {
	f := newFakeERP()
	in := fullSeeding(f.start(t))
	foreign := foreigners(f)
	before := maps.Clone(f.params)
	site, _, err := Seed(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	// A run: one order was picked, another one invoiced, and someone ordered
	// one of our products for a customer of their own.
	picked := f.search("stock.picking", []any{[]any{"sale_id", "!=", nil}, []any{"state", "=", "assigned"}, []any{"picking_type_id", "=", 103.0}})[0]
	picked["state"] = "done"
	moves := f.search("stock.move", []any{[]any{"picking_id", "=", picked["id"]}})
	for _, m := range moves {
		m["state"] = "done"
	}
	f.add("account.move", map[string]any{"partner_id": float64(site.Partners[0]), "state": "posted"})
	f.add("account.move", map[string]any{"partner_id": float64(site.Partners[1]), "state": "draft"})
	theirs := f.add("stock.picking", map[string]any{"state": "assigned", "partner_id": 1.0})
	for _, product := range []float64{float64(site.Products[2]), 4711} {
		f.add("stock.move", map[string]any{"picking_id": float64(theirs), "product_id": product, "state": "assigned"})
	}
	done := len(f.search("stock.move", []any{[]any{"state", "=", "done"}}))
	got, err := Clean(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := Cleaning{Database: "hub",
		Removed: []CleanedRecord{{"account.move", 1, ""}, {"base.automation", 1, ""}, {"delivery.carrier", 1, ""}, {"product.product", 1, ""}, {"product.supplierinfo", 10, ""}, {"purchase.order", 6, ""},
			{"res.partner", 7 + 1 + 4, ""}, {"res.users", 4, ""}, {"sale.order", 33 + 12, ""}, {"stock.picking", 38 + 12, ""}, {"stock.putaway.rule", 60, ""}, {"stock.warehouse.orderpoint", 10, ""}},
		Archived: []CleanedRecord{{"product.product", 60, refusal}, {"stock.location", 4, refusal}},
		Left:     []CleanedRecord{{"account.move", 1, "posted"}, {"stock.move", 60 + done, "done"}, {"stock.picking", 1 + 12, "done"}, {"stock.picking", 1, "holds products of others"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("cleaned\n%+v, want\n%+v", got, want)
	}
	checkForeigners(t, f, foreign)
	for _, quant := range f.records["stock.quant"] {
		if quant["quantity"] != 0.0 {
			t.Fatalf("stock stayed: %v", quant)
		}
	}
	if f.records["stock.warehouse"][0]["delivery_steps"] != "ship_only" || !maps.Equal(f.params, before) {
		t.Errorf("warehouse %v, parameters %v", f.records["stock.warehouse"][0], f.params)
	}

	// It comes back, from the archive where it is there.
	again, _, err := Seed(t.Context(), in)
	if err != nil || !slices.Equal(again.Products, site.Products) || !slices.Equal(again.Bins, site.Bins) {
		t.Errorf("seeded again: %v", err)
	}
	for _, p := range f.records["product.product"] {
		if p["active"] != true {
			t.Fatalf("still archived: %v", p)
		}
	}
	for range 2 { // the second time finds what is left
		if _, err := Clean(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	checkForeigners(t, f, foreign)
}

const refusal = "another model requires the record being deleted"

// foreigners are records that look a little like ours.
func foreigners(f *fakeERP) map[string][]map[string]any {
	for model, records := range map[string][]map[string]any{
		"product.product":      {{"name": "Hammer", "default_code": "HR99"}, {"name": "Headroom product HR1", "default_code": "HRX"}},
		"res.partner":          {{"name": "headroom-customer-of-the-month"}, {"name": "headroom-vendors"}},
		"res.users":            {{"login": "headroom-u01@hub.example.com"}, {"login": "headroom-uwe@hub.example"}},
		"stock.location":       {{"name": "headroom-bin-left"}, {"name": "Shelf 1"}},
		"sale.order":           {{"client_order_ref": "headroom-order-99999", "partner_id": 1.0, "state": "sale", "warehouse_id": 0.0}},
		"purchase.order":       {{"partner_ref": "4711", "partner_id": 1.0, "state": "purchase"}},
		"delivery.carrier":     {{"name": "Headroom carriers"}},
		"base.automation":      {{"name": "mine"}},
		"account.move":         {{"partner_id": 1.0, "state": "draft"}},
		"product.supplierinfo": {{"partner_id": 1.0, "product_tmpl_id": 1.0}},
	} {
		for _, r := range records {
			r["active"] = true
			f.add(model, r)
		}
	}
	out := map[string][]map[string]any{}
	for model, records := range f.records {
		for _, r := range records {
			if model != "ir.config_parameter" && model != "stock.warehouse" {
				out[model] = append(out[model], maps.Clone(r))
			}
		}
	}
	return out
}

func checkForeigners(t *testing.T, f *fakeERP, foreign map[string][]map[string]any) {
	t.Helper()
	for model, records := range foreign {
		for _, want := range records {
			if got := f.byIDs(model, []any{want["id"]}); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
				t.Errorf("%s: %v became %v", model, want, got)
			}
		}
	}
}

// One record that Odoo keeps does not keep the others, and refusals end.
func TestCleanTriesHalves(t *testing.T) {
	f := newFakeERP()
	s, err := newSeeder(t.Context(), seeding(f.start(t), 1))
	if err != nil {
		t.Fatal(err)
	}
	c := &cleaner{seeder: s, counts: map[countKey]*CleanedRecord{}}
	var ids []int64
	for i := range 600 {
		state := "draft"
		if i == 37 || i >= 400 {
			state = "posted"
		}
		ids = append(ids, f.add("account.move", map[string]any{"state": state}))
	}
	if err := c.remove(t.Context(), "account.move", ids, nil); err != nil {
		t.Fatal(err)
	}
	want := Cleaning{Database: "hub", Removed: []CleanedRecord{{"account.move", 399, ""}}, Archived: []CleanedRecord{}, Left: []CleanedRecord{{"account.move", 201, refusal}}}
	if got := c.result(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if n := f.calls["account.move.unlink"]; n > 60 {
		t.Errorf("%d calls", n)
	}
}
