package odoo

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strconv"

	"github.com/headroom-erp/headroom"
)

// A backlog is documents that are confirmed and not yet done when the day
// begins. Documents of earlier days that were done meanwhile are made up for,
// with the next numbers, so that every run finds the planned number open.
type backlog struct {
	model, field    string // whose references they are kept by
	prefix, what    string
	confirm, cancel string // methods
	link            string // from a transfer to the document
	transfer        int64  // the type of the transfers whose end is the document's
	ready           []any  // what more is true of a transfer that can be worked on
	wanted          int
	domain          []any
	values          func(ref string, lines []headroom.Line, n int) map[string]any
	draw            document
	// advance does what stands between a confirmed document and that transfer;
	// nil: nothing does.
	advance func(ctx context.Context, documents []int64) error
	// behind are those of the documents for which it was not done; nil: none.
	behind func(ctx context.Context, documents []int64) ([]int64, error)
}

// openSales makes what is picked before what is not: both take from the same
// stock, and would lose conflicts over it at once. What was picked is put back
// on the shelves, so that the day begins with the opening stock there, however
// often it was seeded.
func (s *seeder) openSales(ctx context.Context) error {
	if err := s.openDeliveries(ctx); err != nil {
		return err
	}
	if s.picked {
		if err := s.openingStock(ctx); err != nil {
			return err
		}
	}
	return s.openOrders(ctx)
}

func (s *seeder) openOrders(ctx context.Context) error {
	first := s.site.OutType
	if s.site.TwoStep {
		first = s.site.PickType
	}
	return s.topUp(ctx, backlog{
		model: "sale.order", field: "client_order_ref", prefix: "headroom-order-", what: "open orders", confirm: "action_confirm", cancel: "action_cancel",
		link: "sale_id", transfer: first, wanted: s.Plan.Catalogue.OpenOrders, draw: s.needs.orders,
		domain: []any{[]any{"warehouse_id", "=", s.site.Warehouse}},
		values: func(ref string, lines []headroom.Line, n int) map[string]any {
			return s.saleOrder(ref, s.site.Partners[n%len(s.site.Partners)], lines)
		},
	})
}

func (s *seeder) openReceipts(ctx context.Context) error {
	return s.topUp(ctx, backlog{
		model: "purchase.order", field: "partner_ref", prefix: "headroom-receipt-", what: "open receipts", confirm: "button_confirm", cancel: "button_cancel",
		link: "purchase_id", transfer: s.site.InType, wanted: s.Plan.Catalogue.OpenReceipts, draw: s.needs.receipts,
		domain: []any{[]any{"picking_type_id", "=", s.site.InType}},
		values: func(ref string, lines []headroom.Line, n int) map[string]any {
			order := make([]any, len(lines))
			for i, l := range lines {
				order[i] = []any{0, 0, map[string]any{"product_id": s.site.Products[l.Product], "product_qty": l.Quantity, "price_unit": price}}
			}
			return map[string]any{"partner_id": s.vendors[n%len(s.vendors)], "partner_ref": ref,
				"picking_type_id": s.site.InType, "company_id": s.site.Company, "order_line": order}
		},
	})
}

// saleOrder is an order as a clerk enters it.
func (s *seeder) saleOrder(ref string, partner int64, lines []headroom.Line) map[string]any {
	order := make([]any, len(lines))
	for i, l := range lines {
		order[i] = []any{0, 0, map[string]any{"product_id": s.site.Products[l.Product], "product_uom_qty": l.Quantity}}
	}
	values := map[string]any{"partner_id": partner, "client_order_ref": ref, "warehouse_id": s.site.Warehouse, "company_id": s.site.Company, "order_line": order}
	if s.site.Carrier != 0 {
		values["carrier_id"] = s.site.Carrier
	}
	return values
}

// topUp brings a backlog to its planned size.
func (s *seeder) topUp(ctx context.Context, b backlog) error {
	if b.wanted == 0 || len(s.site.Products) == 0 || len(s.site.Partners) == 0 {
		return nil
	}
	b.domain = append([]any{[]any{b.field, "=like", b.prefix + "%"}}, b.domain...)
	drafts, confirmed, last, err := s.backlogOf(ctx, b)
	if err != nil {
		return err
	}
	// What an earlier seeding made and could not finish any more.
	if err := s.finish(ctx, b, drafts, confirmed); err != nil {
		return err
	}
	open, err := s.open(ctx, b, slices.Concat(confirmed, drafts))
	if err != nil {
		return err
	}
	popularity := headroom.NewPopularity(len(s.site.Products), b.draw.popularity)
	h := fnv.New64a()
	_, _ = io.WriteString(h, b.prefix+s.Site.Name) // a hash does not fail
	return s.chunks(ctx, b.what, b.wanted-open, orderStride, func(ctx context.Context, from, to int) error {
		list := make([]any, 0, to-from)
		for i := from; i < to; i++ {
			n := last + i + 1
			seed := headroom.Arrival{Seed: s.Seed ^ h.Sum64()}.Journey(uint32(n), 0)
			list = append(list, b.values(fmt.Sprintf("%s%05d", b.prefix, n), seed.Document(b.draw.lines, popularity), n-1))
		}
		ids, err := s.create(ctx, b.model, list, nil)
		if err != nil {
			return err
		}
		return s.settle(ctx, b, ids)
	})
}

// finish confirms the drafts, and advances what was confirmed and stopped there.
func (s *seeder) finish(ctx context.Context, b backlog, drafts, confirmed []int64) error {
	if err := s.chunks(ctx, b.what+" to be confirmed", len(drafts), orderStride, func(ctx context.Context, from, to int) error {
		return s.settle(ctx, b, drafts[from:to])
	}); err != nil || b.behind == nil {
		return err
	}
	behind, err := b.behind(ctx, confirmed)
	if err != nil {
		return err
	}
	return s.chunks(ctx, b.what+" to be finished", len(behind), orderStride, func(ctx context.Context, from, to int) error {
		return b.advance(ctx, behind[from:to])
	})
}

// orderStride: one call confirms up to 50 orders, and never two calls at once,
// because they would lose conflicts over the stock of popular products.
var orderStride = stride{first: 10, most: 50, single: true}

// backlogOf tells what is there: those never confirmed, those confirmed, and
// the highest number.
func (s *seeder) backlogOf(ctx context.Context, b backlog) (drafts, confirmed []int64, last int, err error) {
	found, err := s.searchRead(ctx, b.model, b.domain, []string{b.field, "state"}, nil)
	if err != nil {
		return nil, nil, 0, err
	}
	var twice []int64
	seen := map[string]bool{}
	for _, row := range found {
		ref, _ := row[b.field].(string)
		if !isNumbered(ref, b.prefix) {
			continue
		}
		n, err := strconv.Atoi(ref[len(b.prefix):])
		if err != nil {
			continue // more digits than we count
		}
		last = max(last, n)
		id, _ := integer(row["id"])
		switch {
		case row["state"] == "cancel":
			continue
		case seen[ref]:
			twice = append(twice, id)
		case row["state"] == "draft" || row["state"] == "sent":
			drafts = append(drafts, id)
		default:
			confirmed = append(confirmed, id)
		}
		seen[ref] = true
	}
	return drafts, confirmed, last, s.thin(ctx, kind{model: b.model, what: b.what, cancel: b.cancel}, twice)
}

// open counts those of the confirmed documents whose transfer is neither done
// nor anybody's: what an operator of an earlier run claimed and left is found
// by nobody.
func (s *seeder) open(ctx context.Context, b backlog, confirmed []int64) (int, error) {
	domain := append([]any{[]any{"user_id", "=", false}, []any{"picking_type_id", "=", b.transfer},
		[]any{"state", "not in", []any{"done", "cancel"}}}, b.ready...)
	transfers, err := s.transfersOf(ctx, b.link, confirmed, domain)
	return len(transfers), err
}

// transfersOf are the transfers of a domain, by the documents that they belong to.
func (s *seeder) transfersOf(ctx context.Context, link string, documents []int64, domain []any) (map[int64][]transfer, error) {
	found := map[int64][]transfer{}
	for part := range slices.Chunk(documents, lookup) {
		rows, err := s.searchRead(ctx, "stock.picking", append([]any{[]any{link, "in", part}}, domain...), []string{link, "state"}, nil)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if document, ok := reference(row[link]); ok {
				id, _ := integer(row["id"])
				found[document] = append(found[document], transfer{id: id, state: fmt.Sprint(row["state"])})
			}
		}
	}
	return found, nil
}

type transfer struct {
	id    int64
	state string
}

// settle confirms documents, and advances them.
func (s *seeder) settle(ctx context.Context, b backlog, ids []int64) error {
	if err := s.confirm(ctx, b.model, b.confirm, ids); err != nil || b.advance == nil {
		return err
	}
	return b.advance(ctx, ids)
}

// confirm confirms documents in one call.
func (s *seeder) confirm(ctx context.Context, model, method string, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := s.Call(ctx, Call{Model: model, Method: method, IDs: ids}); err != nil {
		return s.explain("confirm "+model, err)
	}
	return nil
}
