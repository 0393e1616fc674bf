package odoo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

func productCode(rank int) string { return fmt.Sprintf("HR%05d", rank+1) }

func productName(code string) string { return "Headroom product " + code }

func (s *seeder) products(ctx context.Context) (err error) {
	s.site.Codes = make([]string, s.Plan.Catalogue.Products)
	for i := range s.site.Codes {
		s.site.Codes[i] = productCode(i)
	}
	k := kind{model: "product.product", field: "default_code", what: "products", archivable: true, stride: stride{first: 100, most: 500},
		fields: []string{"name"}, wake: s.wakeProducts,
		ours: func(row map[string]any, code string) bool { return row["name"] == productName(code) }}
	s.site.Products, err = s.ensure(ctx, k, s.site.Codes, func(i int) map[string]any {
		code := s.site.Codes[i]
		// Invoiced by what was delivered, as logistics companies do.
		values := map[string]any{
			"name": productName(code), "default_code": code, "barcode": code,
			"list_price": 10, "invoice_policy": "delivery",
		}
		for k, v := range s.dialect.Storable {
			values[k] = v
		}
		if s.needs.shop {
			values["is_published"] = true
		}
		return values
	})
	return err
}

// wakeProducts brings archived products back, and the templates that were
// archived with them.
func (s *seeder) wakeProducts(ctx context.Context, ids []int64) error {
	templates, err := s.templates(ctx, ids)
	if err != nil {
		return err
	}
	return s.writeAll(ctx, "product.template", templates, map[string]any{"active": true})
}

// openingStock brings every product to its opening quantity. Parts of the
// catalogue go bin by bin, because a count writes on the bin as well: two
// calls at once in one bin would lose conflicts.
func (s *seeder) openingStock(ctx context.Context) error {
	ranks := make([]int, len(s.site.Products))
	for i := range ranks {
		ranks[i] = i
	}
	bins := max(1, len(s.site.Bins))
	slices.SortStableFunc(ranks, func(a, b int) int { return cmp.Compare(a%bins, b%bins) })
	d := stride{first: 100, most: 500, single: bins == 1}
	return s.chunks(ctx, "products in stock", len(ranks), d, func(ctx context.Context, from, to int) error {
		return s.stockUp(ctx, ranks[from:to])
	})
}

// stockUp counts products at their homes, so that with what lies elsewhere
// they come to the opening quantity. The context lets an existing quant of the
// product be counted anew instead of making a second one.
func (s *seeder) stockUp(ctx context.Context, ranks []int) error {
	total, home, err := s.held(ctx, ranks)
	if err != nil {
		return err
	}
	var values []any
	for _, rank := range ranks {
		id := s.site.Products[rank]
		if lacks := s.Plan.Catalogue.OpeningStock - total[id]; lacks != 0 {
			values = append(values, map[string]any{
				"product_id": id, "location_id": s.home(rank), "inventory_quantity": max(0, home[id]+lacks),
			})
		}
	}
	return s.countStock(ctx, values)
}

// held is what is there of products: in all, and at their homes.
func (s *seeder) held(ctx context.Context, ranks []int) (total, home map[int64]float64, err error) {
	ids := make([]int64, len(ranks))
	homes := make(map[int64]int64, len(ranks))
	for i, rank := range ranks {
		ids[i] = s.site.Products[rank]
		homes[ids[i]] = s.home(rank)
	}
	places := append([]int64{s.site.StockLocation}, s.site.Bins...)
	quants, err := s.searchRead(ctx, "stock.quant",
		[]any{[]any{"product_id", "in", ids}, []any{"location_id", "in", places}}, []string{"product_id", "location_id", "quantity"}, nil)
	if err != nil {
		return nil, nil, err
	}
	total, home = map[int64]float64{}, map[int64]float64{}
	for _, q := range quants {
		id, _ := reference(q["product_id"])
		place, _ := reference(q["location_id"])
		total[id] += number(q["quantity"])
		if place == homes[id] {
			home[id] += number(q["quantity"])
		}
	}
	return total, home, nil
}

// countStock makes or finds quants and applies what was counted.
func (s *seeder) countStock(ctx context.Context, values []any) error {
	ids, err := s.create(ctx, "stock.quant", values, map[string]any{"inventory_mode": true})
	if err != nil || len(ids) == 0 || !s.dialect.ApplyInventory {
		return err
	}
	reply, err := s.Call(ctx, Call{Model: "stock.quant", Method: "action_apply_inventory", IDs: ids})
	if err != nil {
		return s.explain("apply the opening stock", err)
	}
	if action, asks := reply.Value.(map[string]any); asks { // a wizard: someone moved stock in between
		return fmt.Errorf("odoo: apply the opening stock in database %q: the server asks %v; seed while nobody works in it", s.database, action["res_model"])
	}
	return nil
}

// vendorName of index 0 has no number.
func vendorName(i int) string {
	if i == 0 {
		return "headroom-vendor"
	}
	return fmt.Sprintf("headroom-vendor-%05d", i+1)
}

func customerName(i int) string { return fmt.Sprintf("headroom-customer-%05d", i+1) }

func (s *seeder) partners(ctx context.Context) error {
	customers, vendors := s.Plan.Catalogue.Partners, 1
	if s.needs.replenish {
		vendors = vendorsFor(s.Plan.Catalogue.Products)
	}
	names := make([]string, 0, customers+vendors)
	for i := range customers {
		names = append(names, customerName(i))
	}
	for i := range vendors {
		names = append(names, vendorName(i))
	}
	k := kind{model: "res.partner", field: "name", what: "partners", archivable: true, stride: stride{first: 200, most: 500}}
	ids, err := s.ensure(ctx, k, names, func(i int) map[string]any { return map[string]any{"name": names[i]} })
	if err != nil {
		return err
	}
	s.site.Partners, s.vendors = ids[:customers:customers], ids[customers:]
	s.site.Vendor = s.vendors[0]
	return nil
}

// putaways sends each product to its bin when it is received.
func (s *seeder) putaways(ctx context.Context) error {
	if !s.needs.putaways {
		return nil
	}
	return s.attach(ctx, attachment{model: "stock.putaway.rule", field: "product_id", what: "putaway rules",
		domain: []any{[]any{"location_in_id", "=", s.site.StockLocation}}}, s.site.Products, func(rank int) map[string]any {
		return map[string]any{"location_in_id": s.site.StockLocation, "location_out_id": s.home(rank)}
	})
}

// supply gives the most wanted products a price of one of the vendors, and a
// reordering rule that orders as soon as there is less than the opening stock.
// The rules wait for the replenishment run (trigger "manual"), for Odoo would
// otherwise order while a sale is being confirmed.
func (s *seeder) supply(ctx context.Context) error {
	if !s.needs.replenish {
		return nil
	}
	products := s.site.Products[:reorderedOf(len(s.site.Products))]
	if err := s.prices(ctx, products); err != nil {
		return err
	}
	least := s.Plan.Catalogue.OpeningStock
	return s.attach(ctx, attachment{model: "stock.warehouse.orderpoint", field: "product_id", what: "reordering rules",
		domain: []any{[]any{"location_id", "=", s.site.StockLocation}}}, products, func(int) map[string]any {
		return map[string]any{"location_id": s.site.StockLocation, "warehouse_id": s.site.Warehouse, "company_id": s.site.Company,
			"product_min_qty": least, "product_max_qty": least, "trigger": "manual"}
	})
}

// prices makes supplier infos, in turn of one vendor after the other.
func (s *seeder) prices(ctx context.Context, products []int64) error {
	vendor := "partner_id"
	if s.dialect.Major < 16 {
		vendor = "name"
	}
	templates, err := s.templates(ctx, products)
	if err != nil {
		return err
	}
	return s.attach(ctx, attachment{model: "product.supplierinfo", field: "product_tmpl_id", what: "supplier prices",
		domain: []any{[]any{vendor, "in", s.vendors}}}, templates, func(i int) map[string]any {
		return map[string]any{vendor: s.vendors[i%len(s.vendors)], "price": price, "min_qty": 1, "delay": 2}
	})
}

// price is what a unit is bought for.
const price = 6

// templates are the products' templates, in their order.
func (s *seeder) templates(ctx context.Context, products []int64) ([]int64, error) {
	of := make(map[int64]int64, len(products))
	for from := 0; from < len(products); from += lookup {
		part := products[from:min(from+lookup, len(products))]
		found, err := s.searchRead(ctx, "product.product", []any{[]any{"id", "in", part}}, []string{"product_tmpl_id"},
			map[string]any{"context": map[string]any{"active_test": false}})
		if err != nil {
			return nil, err
		}
		for _, row := range found {
			id, _ := integer(row["id"])
			of[id], _ = reference(row["product_tmpl_id"])
		}
	}
	out := make([]int64, len(products))
	for i, id := range products {
		if out[i] = of[id]; out[i] == 0 {
			return nil, fmt.Errorf("odoo: product %d of database %q has no template", id, s.database)
		}
	}
	return out, nil
}

// An attachment is records without a name that each hang on another one.
type attachment struct {
	model, field string // the field that points to it
	what         string
	domain       []any // of those that count
}

// attach makes one for each of the ids that has none.
func (s *seeder) attach(ctx context.Context, a attachment, to []int64, values func(i int) map[string]any) error {
	for again := false; ; again = true {
		found, err := s.searchRead(ctx, a.model, a.domain, []string{a.field}, nil)
		if err != nil {
			return err
		}
		have := make(map[int64]bool, len(found))
		for _, row := range found {
			if id, ok := reference(row[a.field]); ok {
				have[id] = true
			}
		}
		var missing []any
		for i, id := range to {
			if !have[id] {
				v := values(i)
				v[a.field] = id
				missing = append(missing, v)
			}
		}
		err = s.chunks(ctx, a.what, len(missing), stride{first: 100, most: 500}, func(ctx context.Context, from, to int) error {
			_, err := s.create(ctx, a.model, missing[from:to], nil)
			return err
		})
		if err == nil || again || !isRefusal(err) { // the last call of a killed seeding may have made them meanwhile
			return err
		}
	}
}
