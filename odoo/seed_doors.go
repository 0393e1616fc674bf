package odoo

import (
	"context"
	"fmt"
	"slices"

	"github.com/headroom-erp/headroom"
)

const portalOrders = 10

// portal makes confirmed orders whose portal pages can be opened with a token.
func (s *seeder) portal(ctx context.Context) error {
	if len(s.site.Partners) == 0 || len(s.site.Products) == 0 {
		return nil
	}
	refs := make([]string, portalOrders)
	for i := range refs {
		refs[i] = fmt.Sprintf("headroom-portal-%02d", i+1)
	}
	k := kind{model: "sale.order", field: "client_order_ref", what: "portal orders", stride: stride{first: portalOrders, most: portalOrders, single: true},
		domain: s.ofCompany(), cancel: "action_cancel"}
	ids, err := s.ensure(ctx, k, refs, func(i int) map[string]any {
		// The least wanted products, whose stock nobody will miss.
		return s.saleOrder(refs[i], s.site.Partners[i%len(s.site.Partners)], []headroom.Line{{Product: max(0, len(s.site.Products)-1-i), Quantity: 1}})
	})
	if err != nil {
		return err
	}
	tokens, drafts, err := s.orderStates(ctx, refs, ids)
	if err != nil {
		return err
	}
	if err := s.confirm(ctx, "sale.order", "action_confirm", drafts); err != nil {
		return err
	}
	return s.openPortal(ctx, ids, tokens)
}

// ofCompany are the site's documents among those of the database.
func (s *seeder) ofCompany() []any {
	if s.Site.Company == "" {
		return nil
	}
	return []any{[]any{"company_id", "=", s.site.Company}}
}

// orderStates reads the orders' tokens, and which of them are to be confirmed.
func (s *seeder) orderStates(ctx context.Context, refs []string, ids []int64) (tokens map[int64]string, drafts []int64, err error) {
	found, err := s.searchRead(ctx, "sale.order", append([]any{[]any{"client_order_ref", "in", refs}}, s.ofCompany()...),
		[]string{"client_order_ref", "access_token", "state"}, nil)
	if err != nil {
		return nil, nil, err
	}
	tokens = map[int64]string{}
	for _, row := range found {
		id, ok := integer(row["id"])
		if !ok || !slices.Contains(ids, id) {
			continue
		}
		tokens[id], _ = row["access_token"].(string)
		if row["state"] == "draft" || row["state"] == "sent" {
			drafts = append(drafts, id)
		}
	}
	return tokens, drafts, nil
}

// openPortal gives each order a token, unless it has one.
func (s *seeder) openPortal(ctx context.Context, ids []int64, tokens map[int64]string) error {
	for _, id := range ids {
		token := tokens[id]
		if token == "" {
			var err error
			if token, err = s.random(18); err != nil {
				return err
			}
			if err := s.write(ctx, "sale.order", []int64{id}, map[string]any{"access_token": headroom.Secret(token)}); err != nil {
				return err
			}
		}
		s.site.PortalOrders = append(s.site.PortalOrders, headroom.PortalOrder{ID: id, Token: token})
	}
	return nil
}

// What the webhook does: a partner's system tells a reference, and it is
// written on the partner. The body is {"id": <partner>, "ref": "<text>"}.
const (
	webhookModel  = "base.automation"
	webhookName   = "headroom-webhook"
	webhookRecord = "model.env['res.partner'].browse(int(payload['id']))"
	webhookCode   = "record.write({'ref': payload['ref']})"
)

// webhook makes an automation rule that a POST starts, from 17 on.
func (s *seeder) webhook(ctx context.Context) error {
	if !s.dialect.Webhook || !s.optional[webhookModule] {
		s.tell("no webhook: it needs Odoo 17 and the module " + webhookModule)
		return nil
	}
	fields := []string{"webhook_uuid"}
	found, err := s.searchRead(ctx, webhookModel, []any{[]any{"name", "=", webhookName}}, fields, map[string]any{"limit": 1})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		id, err := s.createWebhook(ctx)
		if err != nil {
			return err
		}
		reply, err := s.Call(ctx, Call{Model: webhookModel, Method: "read", IDs: []int64{id}, Named: map[string]any{"fields": fields}})
		if err != nil {
			return s.explain("read the webhook", err)
		}
		if found, err = rows(webhookModel, reply.Value); err != nil {
			return err
		}
	}
	if len(found) == 0 {
		return fmt.Errorf("odoo: the webhook of database %q vanished", s.database)
	}
	uuid, _ := found[0]["webhook_uuid"].(string)
	if uuid == "" {
		return fmt.Errorf("odoo: the webhook of database %q has no address", s.database)
	}
	s.site.Webhook = "/web/hook/" + uuid
	return nil
}

func (s *seeder) createWebhook(ctx context.Context) (int64, error) {
	models, err := s.searchRead(ctx, "ir.model", []any{[]any{"model", "=", "res.partner"}}, []string{"model"}, map[string]any{"limit": 1})
	if err != nil {
		return 0, err
	}
	if len(models) == 0 {
		return 0, fmt.Errorf("odoo: database %q has no model res.partner", s.database)
	}
	model, _ := integer(models[0]["id"])
	action := map[string]any{
		"name": webhookName, "model_id": model, "state": "code", "code": webhookCode, "usage": "base_automation",
	}
	ids, err := s.create(ctx, webhookModel, []any{map[string]any{
		"name": webhookName, "model_id": model, "trigger": "on_webhook", "record_getter": webhookRecord,
		"action_server_ids": []any{[]any{0, 0, action}},
	}}, nil)
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// carrierName is the delivery method that a plan's carrier has.
const (
	carrierName = "Headroom carrier"
	carrierCode = "HEADROOM-CARRIER" // of the product that stands for its price
)

// carrier makes the delivery method whose labels the plan's carrier prints.
func (s *seeder) carrier(ctx context.Context) error {
	if s.Plan.Carrier == nil {
		return nil
	}
	service := "type"
	if _, detailed := s.dialect.Storable["detailed_type"]; detailed {
		service = "detailed_type"
	}
	one := stride{first: 1, most: 1, single: true}
	k := kind{model: "product.product", field: "default_code", what: "carrier's product", archivable: true, stride: one,
		wake: s.wakeProducts, fields: []string{"name"}, ours: func(row map[string]any, _ string) bool { return row["name"] == carrierName }}
	products, err := s.ensure(ctx, k, []string{carrierCode}, func(int) map[string]any {
		return map[string]any{"name": carrierName, "default_code": carrierCode, service: "service", "list_price": 0}
	})
	if err != nil {
		return err
	}
	k = kind{model: "delivery.carrier", field: "name", what: "carrier", archivable: true, stride: one}
	carriers, err := s.ensure(ctx, k, []string{carrierName}, func(int) map[string]any {
		return map[string]any{"name": carrierName, "delivery_type": "headroom", "product_id": products[0]}
	})
	if err != nil {
		return err
	}
	s.site.Carrier = carriers[0]
	return nil
}

// shopPages is how many product pages are opened by who browses.
const shopPages = 100

// shop publishes the products and reads the addresses of the most wanted ones.
func (s *seeder) shop(ctx context.Context) error {
	if !s.needs.shop {
		return nil
	}
	templates, err := s.templates(ctx, s.site.Products)
	if err != nil {
		return err
	}
	pages := map[int64]string{}
	var hidden []int64
	for from := 0; from < len(templates); from += lookup {
		part := templates[from:min(from+lookup, len(templates))]
		found, err := s.searchRead(ctx, "product.template", []any{[]any{"id", "in", part}}, []string{"website_url", "is_published"}, nil)
		if err != nil {
			return err
		}
		for _, row := range found {
			id, _ := integer(row["id"])
			pages[id], _ = row["website_url"].(string)
			if row["is_published"] != true {
				hidden = append(hidden, id)
			}
		}
	}
	if err := s.writeAll(ctx, "product.template", hidden, map[string]any{"is_published": true}); err != nil {
		return err
	}
	for _, id := range templates[:min(shopPages, len(templates))] {
		if pages[id] == "" {
			return fmt.Errorf("odoo: product template %d of database %q has no page in the shop", id, s.database)
		}
		s.site.ShopPages = append(s.site.ShopPages, pages[id])
	}
	return nil
}
