package odoo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func onlyDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// isOurLogin: headroom-u01@SITE.example or headroom-tech@SITE.example.
func isOurLogin(v any) bool {
	login, _ := v.(string)
	name, host, _ := strings.Cut(login, "@")
	number, planned := strings.CutPrefix(name, "headroom-u")
	return strings.HasSuffix(host, ".example") && (name == "headroom-tech" || planned && len(number) >= 2 && onlyDigits(number))
}

// rules removes what has no name of its own and hangs on our products.
func (c *cleaner) rules(ctx context.Context) error {
	for _, model := range []string{"stock.warehouse.orderpoint", "stock.putaway.rule"} {
		for part := range slices.Chunk(c.products, lookup) {
			ids, err := c.ids(ctx, model, []any{"product_id", "in", part})
			if err != nil {
				return err
			}
			if err := c.remove(ctx, model, ids, nil); err != nil {
				return err
			}
		}
	}
	vendor := "partner_id"
	if c.dialect.Major < 16 {
		vendor = "name"
	}
	ids, err := c.ids(ctx, "product.supplierinfo", []any{vendor, "in", c.vendors})
	if err != nil {
		return err
	}
	return c.remove(ctx, "product.supplierinfo", ids, nil)
}

// emptyBins counts what is left of our products down to nothing.
func (c *cleaner) emptyBins(ctx context.Context) error {
	var values []any
	for part := range slices.Chunk(c.products, lookup) {
		quants, err := c.searchRead(ctx, "stock.quant", []any{[]any{"product_id", "in", part}, []any{"location_id.usage", "=", "internal"},
			[]any{"quantity", "!=", 0}}, []string{"product_id", "location_id"}, nil)
		if err != nil {
			return err
		}
		for _, q := range quants {
			product, _ := reference(q["product_id"])
			place, _ := reference(q["location_id"])
			values = append(values, map[string]any{"product_id": product, "location_id": place, "inventory_quantity": 0})
		}
	}
	return c.chunks(ctx, "stocks to empty", len(values), stride{first: 100, most: 500, single: true}, func(ctx context.Context, from, to int) error {
		return c.countStock(ctx, values[from:to])
	})
}

func (c *cleaner) binsAway(ctx context.Context) error {
	ids, err := c.named(ctx, "stock.location", "name", "headroom-bin-%", func(name string) bool {
		number, ok := strings.CutPrefix(name, "headroom-bin-")
		return ok && len(number) >= 3 && onlyDigits(number)
	})
	if err != nil {
		return err
	}
	return c.remove(ctx, "stock.location", ids, c.asleep("stock.location"))
}

// named finds records by a pattern and a closer look, archived ones too.
func (c *cleaner) named(ctx context.Context, model, field, pattern string, ours func(name string) bool) ([]int64, error) {
	rows, err := c.searchRead(ctx, model, []any{[]any{field, "=like", pattern}}, []string{field},
		map[string]any{"context": map[string]any{"active_test": false}})
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, row := range rows {
		name, _ := row[field].(string)
		if id, ok := integer(row["id"]); ok && ours(name) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (c *cleaner) carrierAway(ctx context.Context) error {
	if !c.optional["delivery"] {
		return nil
	}
	ids, err := c.named(ctx, "delivery.carrier", "name", carrierName, func(name string) bool { return name == carrierName })
	if err != nil {
		return err
	}
	if err := c.remove(ctx, "delivery.carrier", ids, c.asleep("delivery.carrier")); err != nil {
		return err
	}
	products, err := c.named(ctx, "product.product", "default_code", carrierCode, func(code string) bool { return code == carrierCode })
	if err != nil {
		return err
	}
	return c.remove(ctx, "product.product", products, c.productsAsleep)
}

func (c *cleaner) productsAway(ctx context.Context) error {
	return c.remove(ctx, "product.product", c.products, c.productsAsleep)
}

// productsAsleep archives templates, and with them their only variants.
func (c *cleaner) productsAsleep(ctx context.Context, ids []int64) ([]int64, string, error) {
	templates, err := c.templates(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	if _, _, why, err := c.each(ctx, "product.template", "write", templates, map[string]any{"active": false}); err != nil {
		return nil, why, err
	}
	done, _, why, err := c.each(ctx, "product.product", "write", ids, map[string]any{"active": false})
	return done, why, err
}

func (c *cleaner) webhookAway(ctx context.Context) error {
	if !c.optional[webhookModule] || !c.dialect.Webhook {
		return nil
	}
	for _, model := range []string{webhookModel, "ir.actions.server"} {
		ids, err := c.ids(ctx, model, []any{"name", "=", webhookName})
		if err != nil {
			return err
		}
		if err := c.remove(ctx, model, ids, nil); err != nil {
			return err
		}
	}
	return nil
}

// usersAway removes users and the contacts that Odoo made for them.
func (c *cleaner) usersAway(ctx context.Context) error {
	rows, err := c.searchRead(ctx, "res.users", []any{[]any{"id", "in", c.users}}, []string{"partner_id"},
		map[string]any{"context": map[string]any{"active_test": false}})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if id, ok := reference(row["partner_id"]); ok {
			c.partners = append(c.partners, id)
		}
	}
	return c.remove(ctx, "res.users", c.users, c.asleep("res.users"))
}

func (c *cleaner) partnersAway(ctx context.Context) error {
	return c.remove(ctx, "res.partner", c.partners, c.asleep("res.partner"))
}

// steps gives warehouses their flow back.
func (c *cleaner) steps(ctx context.Context) error {
	rows, err := c.searchRead(ctx, "ir.config_parameter", []any{[]any{"key", "=like", stepsKey + "%"}}, []string{"key", "value"}, nil)
	if err != nil {
		return err
	}
	for _, row := range rows {
		key, _ := row["key"].(string)
		value, _ := row["value"].(string)
		id, err := strconv.ParseInt(strings.TrimPrefix(key, stepsKey), 10, 64)
		delivery, reception, ok := strings.Cut(value, " ")
		if err != nil || !ok {
			continue // somebody wrote into it
		}
		c.tell("warehouse %d back to %s and %s", id, delivery, reception)
		_, refused, why, err := c.each(ctx, "stock.warehouse", "write", []int64{id}, map[string]any{"delivery_steps": delivery, "reception_steps": reception})
		if err != nil {
			return err
		}
		if len(refused) > 0 {
			c.note(left, "stock.warehouse", 1, why)
			continue
		}
		if _, err := c.Call(ctx, Call{Model: "ir.config_parameter", Method: "set_param", Args: []any{key, false}}); err != nil {
			return c.explain("forget the warehouse's flow", err)
		}
	}
	return nil
}

// companies archives the companies that were made here and their warehouses:
// Odoo deletes none that has a chart of accounts.
func (c *cleaner) companies(ctx context.Context) error {
	ids, err := c.ids(ctx, "res.company", []any{"company_registry", "=", companyMark})
	if err != nil || len(ids) == 0 {
		return err
	}
	const why = "Odoo deletes no company with a chart of accounts"
	for _, model := range []string{"stock.warehouse", "res.company"} {
		field := "id"
		if model == "stock.warehouse" {
			field = "company_id"
		}
		which, err := c.ids(ctx, model, []any{field, "in", ids})
		if err != nil {
			return err
		}
		if model == "res.company" && !c.dialect.archivesCompanies() {
			c.note(left, model, len(which), fmt.Sprintf("Odoo %d cannot archive a company", c.dialect.Major))
			continue
		}
		done, refused, whyNot, err := c.each(ctx, model, "write", which, map[string]any{"active": false})
		if err != nil {
			return err
		}
		c.note(archived, model, len(done), why)
		c.note(left, model, len(refused), whyNot)
	}
	return nil
}
