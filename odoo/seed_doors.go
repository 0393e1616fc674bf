package odoo

import (
	"context"
	"fmt"
	"slices"

	"github.com/headroom-erp/headroom"
)

// orders makes confirmed orders whose portal pages can be opened with a token.
func (s *seeder) orders(ctx context.Context) error {
	if len(s.site.Partners) == 0 || len(s.site.Products) == 0 {
		return nil
	}
	refs := make([]string, portalOrders)
	for i := range refs {
		refs[i] = fmt.Sprintf("headroom-portal-%02d", i+1)
	}
	ids, err := s.ensure(ctx, "sale.order", "client_order_ref", refs, nil, func(i int) map[string]any {
		return map[string]any{
			"partner_id": s.site.Partners[i%len(s.site.Partners)], "client_order_ref": refs[i],
			// The least wanted products, whose stock nobody will miss.
			"order_line": []any{[]any{0, 0, map[string]any{
				"product_id": s.site.Products[max(0, len(s.site.Products)-1-i)], "product_uom_qty": 1,
			}}},
		}
	})
	if err != nil {
		return err
	}
	tokens, drafts, err := s.orderStates(ctx, refs, ids)
	if err != nil {
		return err
	}
	if len(drafts) > 0 {
		if _, err := s.Session.Call(ctx, Call{Model: "sale.order", Method: "action_confirm", IDs: drafts}); err != nil {
			return s.explain("confirm the portal orders", err)
		}
	}
	return s.openPortal(ctx, ids, tokens)
}

// orderStates reads the orders' tokens, and which of them are to be confirmed.
func (s *seeder) orderStates(ctx context.Context, refs []string, ids []int64) (tokens map[int64]string, drafts []int64, err error) {
	found, err := s.searchRead(ctx, "sale.order", []any{[]any{"client_order_ref", "in", refs}},
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
	found, err := s.searchRead(ctx, "base.automation", []any{[]any{"name", "=", webhookName}}, fields, map[string]any{"limit": 1})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		id, err := s.createWebhook(ctx)
		if err != nil {
			return err
		}
		reply, err := s.Session.Call(ctx, Call{Model: "base.automation", Method: "read", IDs: []int64{id}, Named: map[string]any{"fields": fields}})
		if err != nil {
			return s.explain("read the webhook", err)
		}
		if found, err = rows("base.automation", reply.Value); err != nil {
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
	ids, err := s.create(ctx, "base.automation", []any{map[string]any{
		"name": webhookName, "model_id": model, "trigger": "on_webhook", "record_getter": webhookRecord,
		"action_server_ids": []any{[]any{0, 0, action}},
	}}, nil)
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}
