package odoo

import (
	"errors"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// waiting are the orders of open deliveries whose delivery can be shipped.
func waiting(f *fakeERP) (orders map[any]bool) {
	orders = map[any]bool{}
	for _, o := range f.search("sale.order", []any{[]any{"client_order_ref", "=like", "headroom-delivery-%"}}) {
		for range f.search("stock.picking", []any{[]any{"sale_id", "=", o["id"]}, []any{"picking_type_id", "=", 102.0}, []any{"state", "=", "assigned"}, []any{"user_id", "=", false}}) {
			orders[o["client_order_ref"]] = true
		}
	}
	return orders
}

// What was shipped, or claimed and left, is made up for under new numbers.
func TestSeedOpenDeliveries(t *testing.T) {
	f := newFakeERP()
	in := fullSeeding(f.start(t))
	seed := func() {
		t.Helper()
		if _, _, err := Seed(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	seed()
	picks := f.search("stock.picking", []any{[]any{"picking_type_id", "=", 103.0}, []any{"state", "=", "done"}})
	open := f.search("stock.picking", []any{[]any{"picking_type_id", "=", 103.0}, []any{"state", "=", "assigned"}})
	if len(waiting(f)) != 12 || len(picks) != 12 || len(open) != 23+portalOrders || f.calls["stock.picking.button_validate"] != 2 {
		t.Fatalf("%d wait to be shipped, %d were picked in %d calls, %d are open", len(waiting(f)), len(picks), f.calls["stock.picking.button_validate"], len(open))
	}
	seed()
	if n := f.calls["stock.picking.button_validate"]; n != 2 || len(waiting(f)) != 12 {
		t.Errorf("seeded again: %d calls, %d wait", n, len(waiting(f)))
	}
	out := f.search("stock.picking", []any{[]any{"picking_type_id", "=", 102.0}})
	out[0]["state"], out[1]["state"], out[2]["user_id"] = "done", "done", 7.0
	seed()
	if got := waiting(f); len(got) != 12 || !got["headroom-delivery-00015"] || got["headroom-delivery-00001"] {
		t.Errorf("after a run: %v", got)
	}
}

// Stock that came later is taken; where there is none, nothing waits for ever.
func TestSeedOpenDeliveriesWithoutStock(t *testing.T) {
	f := newFakeERP()
	in := fullSeeding(f.start(t))
	f.empty = true
	_, _, err := Seed(t.Context(), in)
	var input *headroom.InputError
	if !errors.As(err, &input) || !strings.Contains(err.Error(), "find no stock") || !strings.Contains(input.Do, "catalogue.opening_stock") {
		t.Fatalf("got %v", err)
	}
	f.empty = false
	if _, _, err := Seed(t.Context(), in); err != nil || len(waiting(f)) != 12 {
		t.Errorf("%v, %d wait", err, len(waiting(f)))
	}
}

func TestSeedOpenDeliveriesNeedTwoSteps(t *testing.T) {
	f := newFakeERP()
	in := fullSeeding(f.start(t))
	in.Plan.Processes = in.Plan.Processes[:1]
	if _, _, err := Seed(t.Context(), in); err != nil || len(f.search("sale.order", []any{[]any{"client_order_ref", "=like", "headroom-delivery-%"}})) != 0 {
		t.Errorf("a site of one step has open deliveries, or %v", err)
	}
}

// Until 16 what is done has a field of its own, by quantity.
func TestSeedPicksByTheDialect(t *testing.T) {
	f := newFakeERP()
	c := f.start(t)
	for i, quantity := range []float64{2, 3, 2} {
		f.add("stock.move", map[string]any{"picking_id": 7.0, "product_id": float64(i), "state": "assigned", "reserved_availability": quantity})
	}
	s, err := newSeeder(t.Context(), seeding(c, 1))
	if err != nil {
		t.Fatal(err)
	}
	s.dialect = Version{Major: 16}.Dialect()
	if err := s.take(t.Context(), []int64{7}); err != nil {
		t.Fatal(err)
	}
	for _, m := range f.records["stock.move"] {
		if m["quantity_done"] != m["reserved_availability"] || m["picked"] != nil {
			t.Errorf("move %v", m)
		}
	}
	if f.calls["stock.move.write"] != 2 {
		t.Errorf("%d writes", f.calls["stock.move.write"])
	}
}
