package odoo

import (
	"context"
	"slices"
)

// invoices removes drafts; what is posted stays in the books.
func (c *cleaner) invoices(ctx context.Context) error {
	drafts, err := c.ids(ctx, "account.move", []any{"partner_id", "in", c.partners}, []any{"state", "!=", "posted"})
	if err != nil {
		return err
	}
	if err := c.remove(ctx, "account.move", drafts, nil); err != nil {
		return err
	}
	posted, err := c.ids(ctx, "account.move", []any{"partner_id", "in", c.partners}, []any{"state", "=", "posted"})
	c.note(left, "account.move", len(posted), "posted")
	return err
}

// documents cancels and removes orders.
func (c *cleaner) documents(ctx context.Context, model, cancel string, partners []int64) error {
	live, err := c.ids(ctx, model, []any{"partner_id", "in", partners}, []any{"state", "not in", []any{"cancel"}})
	if err != nil {
		return err
	}
	if len(live) > 0 {
		c.tell("cancelling %d of %s", len(live), model)
	}
	_, stuck, why, err := c.each(ctx, model, cancel, live)
	if err != nil {
		return err
	}
	c.note(left, model, len(stuck), why)
	dead, err := c.ids(ctx, model, []any{"partner_id", "in", partners}, []any{"state", "=", "cancel"})
	if err != nil {
		return err
	}
	return c.remove(ctx, model, dead, nil)
}

func (c *cleaner) sales(ctx context.Context) error {
	return c.documents(ctx, "sale.order", "action_cancel", c.partners)
}

func (c *cleaner) purchases(ctx context.Context) error {
	return c.documents(ctx, "purchase.order", "button_cancel", c.vendors)
}

// transfers removes those that are not done, if they move nothing but our
// products: someone else's transfer is not ours because one of our products
// is on it.
func (c *cleaner) transfers(ctx context.Context) error {
	var candidates, loose []int64
	for part := range slices.Chunk(c.products, lookup) {
		moves, err := c.searchRead(ctx, "stock.move", []any{[]any{"product_id", "in", part}, []any{"state", "!=", "done"}}, []string{"picking_id"}, nil)
		if err != nil {
			return err
		}
		for _, m := range moves {
			if picking, ok := reference(m["picking_id"]); ok {
				candidates = append(candidates, picking)
			} else if id, ok := integer(m["id"]); ok {
				loose = append(loose, id)
			}
		}
	}
	slices.Sort(candidates)
	ours, shared, err := c.alone(ctx, slices.Compact(candidates))
	if err != nil {
		return err
	}
	c.note(left, "stock.picking", shared, "holds products of others")
	if err := c.remove(ctx, "stock.picking", ours, nil); err != nil {
		return err
	}
	return c.remove(ctx, "stock.move", loose, nil)
}

// doneGoods counts what happened to stock, which Odoo never forgets.
func (c *cleaner) doneGoods(ctx context.Context) error {
	done := map[int64]bool{}
	for _, by := range []struct {
		field string
		ids   []int64
	}{{"partner_id", c.partners}, {"user_id", c.users}} {
		ids, err := c.ids(ctx, "stock.picking", []any{by.field, "in", by.ids}, []any{"state", "=", "done"})
		if err != nil {
			return err
		}
		for _, id := range ids {
			done[id] = true
		}
	}
	c.note(left, "stock.picking", len(done), "done")
	for part := range slices.Chunk(c.products, lookup) {
		domain := []any{[]any{"product_id", "in", part}, []any{"state", "=", "done"}}
		reply, err := c.Call(ctx, Call{Model: "stock.move", Method: "search_count", Args: []any{domain}})
		if err != nil {
			return c.explain("count stock.move", err)
		}
		n, _ := integer(reply.Value)
		c.note(left, "stock.move", int(n), "done")
	}
	return nil
}

// alone are the transfers that move nothing but our products.
func (c *cleaner) alone(ctx context.Context, pickings []int64) (ours []int64, shared int, err error) {
	mine := make(map[int64]bool, len(c.products))
	for _, id := range c.products {
		mine[id] = true
	}
	foreign := map[int64]bool{}
	for part := range slices.Chunk(pickings, lookup) {
		moves, err := c.searchRead(ctx, "stock.move", []any{[]any{"picking_id", "in", part}}, []string{"picking_id", "product_id"}, nil)
		if err != nil {
			return nil, 0, err
		}
		for _, m := range moves {
			picking, _ := reference(m["picking_id"])
			if product, _ := reference(m["product_id"]); !mine[product] {
				foreign[picking] = true
			}
		}
	}
	return slices.DeleteFunc(pickings, func(id int64) bool { return foreign[id] }), len(foreign), nil
}

// batches removes the waves of our users that were never done.
func (c *cleaner) batches(ctx context.Context) error {
	if !c.optional["stock_picking_batch"] {
		return nil
	}
	ids, err := c.ids(ctx, "stock.picking.batch", []any{"user_id", "in", c.users}, []any{"state", "!=", "done"})
	if err != nil {
		return err
	}
	return c.remove(ctx, "stock.picking.batch", ids, nil)
}
