package odoo

import (
	"context"
	"fmt"
	"slices"

	"github.com/headroom-erp/headroom"
)

// openDeliveries makes orders that are picked and wait at the output area. A
// site that works in one step has none, whatever other sites of the plan do.
func (s *seeder) openDeliveries(ctx context.Context) error {
	if !s.site.TwoStep {
		return nil
	}
	return s.topUp(ctx, backlog{
		model: "sale.order", field: "client_order_ref", prefix: "headroom-delivery-", what: "open deliveries", confirm: "action_confirm", cancel: "action_cancel",
		link: "sale_id", transfer: s.site.OutType, wanted: s.Plan.Catalogue.OpenDeliveries, draw: s.needs.orders,
		// Up to 17 the delivery is there from the start, and waits for the pick.
		ready:  []any{[]any{"state", "=", "assigned"}},
		domain: []any{[]any{"warehouse_id", "=", s.site.Warehouse}},
		values: func(ref string, lines []headroom.Line, n int) map[string]any {
			return s.saleOrder(ref, s.site.Partners[n%len(s.site.Partners)], lines)
		},
		advance: s.pick, behind: s.unpicked,
	})
}

// openPicks is the domain of pick transfers that are not done.
func (s *seeder) openPicks() []any {
	return []any{[]any{"picking_type_id", "=", s.site.PickType}, []any{"state", "not in", []any{"done", "cancel"}}}
}

// unpicked are those of the orders of which nothing was picked. The rest of a
// short pick waits for goods, not for us.
func (s *seeder) unpicked(ctx context.Context, orders []int64) ([]int64, error) {
	open, err := s.transfersOf(ctx, "sale_id", orders, s.openPicks())
	if err != nil {
		return nil, err
	}
	done, err := s.transfersOf(ctx, "sale_id", orders, []any{[]any{"picking_type_id", "=", s.site.PickType}, []any{"state", "=", "done"}})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(orders), func(id int64) bool { return len(open[id]) == 0 || len(done[id]) > 0 }), nil
}

// pick does the pick transfers of confirmed orders, in one call, as far as
// there is stock: every order must have some.
func (s *seeder) pick(ctx context.Context, orders []int64) error {
	open, waiting, err := s.picksOf(ctx, orders)
	if err == nil && len(waiting) > 0 { // goods may have come since the order was confirmed
		if _, err := s.Call(ctx, Call{Model: "stock.picking", Method: "action_assign", IDs: waiting}); err != nil {
			return s.explain("reserve stock", err)
		}
		open, waiting, err = s.picksOf(ctx, orders)
	}
	if err != nil {
		return err
	}
	if len(waiting) > 0 {
		return &headroom.InputError{What: fmt.Sprintf("%d of %d orders that are to wait for shipping find no stock at site %q", len(waiting), len(orders), s.Site.Name),
			Where: s.client.address(), Do: "raise catalogue.opening_stock, or lower catalogue.open_deliveries and catalogue.open_orders"}
	}
	if len(open) == 0 {
		return nil
	}
	s.picked = true
	if err := s.take(ctx, open); err != nil {
		return err
	}
	call := Call{Model: "stock.picking", Method: "button_validate", IDs: open, Named: map[string]any{"context": validation}}
	if _, err := s.Call(ctx, call); err != nil {
		return s.explain("validate the picks", err)
	}
	// Older versions answer with a question, and not with an error, where they
	// would not go on.
	if left, err := s.unpicked(ctx, orders); err != nil || len(left) > 0 {
		if err == nil {
			err = fmt.Errorf("odoo: database %q validated %d picks and left %d undone", s.database, len(open), len(left))
		}
		return err
	}
	return nil
}

// picksOf are the orders' pick transfers that can be done, and those that wait
// for stock.
func (s *seeder) picksOf(ctx context.Context, orders []int64) (open, waiting []int64, err error) {
	found, err := s.transfersOf(ctx, "sale_id", orders, s.openPicks())
	if err != nil {
		return nil, nil, err
	}
	for _, order := range orders {
		for _, t := range found[order] {
			if t.state == "assigned" {
				open = append(open, t.id)
			} else {
				waiting = append(waiting, t.id)
			}
		}
	}
	return open, waiting, nil
}

// take says of the transfers' moves that what is reserved for them is done:
// one write for all moves of a quantity.
func (s *seeder) take(ctx context.Context, transfers []int64) error {
	moves, err := s.searchRead(ctx, "stock.move", []any{[]any{"picking_id", "in", transfers}, []any{"state", "in", []any{"assigned", "partially_available"}}},
		[]string{s.dialect.ReservedField}, nil)
	if err != nil {
		return err
	}
	byQuantity := map[float64][]int64{}
	var quantities []float64
	for _, m := range moves {
		id, _ := integer(m["id"])
		q := number(m[s.dialect.ReservedField])
		if s.dialect.Picked {
			q = 0 // what is reserved is the quantity already: it is only ticked
		}
		if byQuantity[q] == nil {
			quantities = append(quantities, q)
		}
		byQuantity[q] = append(byQuantity[q], id)
	}
	for _, q := range quantities {
		values := map[string]any{s.dialect.DoneField: q}
		if s.dialect.Picked {
			values = map[string]any{"picked": true}
		}
		if err := s.write(ctx, "stock.move", byQuantity[q], values); err != nil {
			return err
		}
	}
	return nil
}
