package odoo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

func seeding(c *Client, seed byte) Seeding {
	return Seeding{
		Client: c, AdminLogin: headroom.Login{Login: "admin", Password: adminPassword},
		Plan: headroom.Plan{Catalogue: headroom.Catalogue{Products: 620, OpeningStock: 40, Partners: 12}},
		Site: headroom.Site{Name: "hub", Users: 3},
		Rand: rand.NewChaCha8([32]byte{seed}),
	}
}

func TestSeedTwiceLeavesOneOfEach(t *testing.T) {
	f := newFakeERP()
	c := f.start(t)
	var told []string
	in := seeding(c, 1)
	in.Progress = func(s string) { told = append(told, s) }
	in.Keys = func(_ context.Context, database string, logins []string) (map[string]headroom.Secret, error) {
		keys := map[string]headroom.Secret{}
		for _, l := range logins {
			keys[l] = headroom.Secret("key of " + l + " in " + database)
		}
		return keys, nil
	}
	site, logins, err := Seed(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	checkSeeded(t, f, site, logins)
	if len(told) == 0 || logins[2].Key.Reveal() != "key of headroom-u03@hub.example in hub" {
		t.Errorf("told %q, key %q", told, logins[2].Key.Reveal())
	}

	// Someone worked, and someone archived a user.
	f.search("stock.quant", []any{[]any{"product_id", "=", float64(site.Products[7])}})[0]["quantity"] = 11.0
	f.search("res.users", []any{[]any{"login", "=", logins[1].Login}})[0]["active"] = false
	counts := map[string]int{}
	for model, records := range f.records {
		counts[model] = len(records)
	}
	clear(f.calls)
	again, newLogins, err := Seed(t.Context(), seeding(c, 2))
	if err != nil {
		t.Fatal(err)
	}
	checkSeeded(t, f, again, newLogins)
	if !reflect.DeepEqual(again, site) {
		t.Errorf("seeded again: %+v, was %+v", again, site)
	}
	if newLogins[0].Password == logins[0].Password || newLogins[0].Key != "" {
		t.Errorf("passwords were not renewed, or a key came from nowhere")
	}
	for model, records := range f.records {
		if len(records) != counts[model] && model != "stock.move" { // putting stock right moves it
			t.Errorf("%s: %d records became %d", model, counts[model], len(records))
		}
	}
	if f.calls["stock.quant.create"] != 1 || f.calls["stock.quant.action_apply_inventory"] != 1 || f.calls["sale.order.write"] != 0 || f.calls["sale.order.action_confirm"] != 0 {
		t.Errorf("the second seeding did more than put stock right: %v", f.calls)
	}
}

func checkSeeded(t *testing.T, f *fakeERP, site headroom.SeededSite, logins []headroom.Login) {
	t.Helper()
	if len(site.Products) != 620 || len(site.Codes) != 620 || site.Codes[619] != "HR00620" || len(site.Partners) != 12 || site.Vendor == 0 || site.StockLocation != 8 {
		t.Errorf("site %+v", site)
	}
	for i, id := range site.Products {
		record := f.byIDs("product.product", []any{float64(id)})[0]
		if record["default_code"] != site.Codes[i] || record["is_storable"] != true {
			t.Fatalf("product of rank %d is %v", i, record)
		}
	}
	for _, quant := range f.records["stock.quant"] {
		if quant["quantity"] != 40.0 {
			t.Fatalf("quant %v", quant)
		}
	}
	if len(f.records["stock.quant"]) != 620 || len(logins) != 3 || len(site.PortalOrders) != portalOrders {
		t.Errorf("%d quants, %d logins, %d portal orders", len(f.records["stock.quant"]), len(logins), len(site.PortalOrders))
	}
	for i, l := range logins {
		user := f.search("res.users", []any{[]any{"login", "=", l.Login}})[0]
		groups := user["group_ids"].([]any)[0].([]any)[2].([]any)
		if site.Logins[i] != l.Login || user["password"] != l.Password.Reveal() || len(l.Password.Reveal()) < 20 || user["active"] != true || len(groups) != len(userGroups) {
			t.Errorf("user %v of %q", user, site.Logins[i])
		}
	}
	for _, order := range site.PortalOrders {
		record := f.byIDs("sale.order", []any{float64(order.ID)})[0]
		if record["state"] != "sale" || record["access_token"] != order.Token || order.Token == "" {
			t.Errorf("portal order %v", record)
		}
	}
	uuid := f.records["base.automation"][0]["webhook_uuid"]
	if site.Webhook != fmt.Sprintf("/web/hook/%v", uuid) {
		t.Errorf("webhook %q", site.Webhook)
	}
}

func TestSeedOldVersion(t *testing.T) {
	f := newFakeERP()
	f.version = "14.0"
	in := seeding(f.start(t), 1)
	in.Keys = func(context.Context, string, []string) (map[string]headroom.Secret, error) {
		return nil, errors.New("14 has no JSON-2")
	}
	site, _, err := Seed(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	product, user := f.records["product.product"][0], f.records["res.users"][0]
	if site.Webhook != "" || product["type"] != "product" || product["is_storable"] != nil || user["groups_id"] == nil || user["group_ids"] != nil {
		t.Errorf("webhook %q, product %v, user %v", site.Webhook, product, user)
	}
	if f.calls["stock.quant.action_apply_inventory"] != 0 {
		t.Error("14 has no action_apply_inventory")
	}
}

func TestSeedWithoutBaseAutomation(t *testing.T) {
	f := newFakeERP()
	f.search("ir.module.module", []any{[]any{"name", "=", webhookModule}})[0]["state"] = "uninstalled"
	site, _, err := Seed(t.Context(), seeding(f.start(t), 1))
	if err != nil || site.Webhook != "" {
		t.Errorf("webhook %q, %v", site.Webhook, err)
	}
}

func TestSeedRefuses(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*fakeERP, *Seeding)
		want   string
	}{
		"missing modules": {func(f *fakeERP, _ *Seeding) {
			for _, name := range []string{"purchase_stock", "portal"} {
				f.search("ir.module.module", []any{[]any{"name", "=", name}})[0]["state"] = "uninstalled"
			}
		}, "lacks the modules purchase_stock, portal"},
		"missing group": {func(f *fakeERP, _ *Seeding) { f.records["ir.model.data"] = f.records["ir.model.data"][1:] }, "no group base.group_user"},
		"no warehouse":  {func(f *fakeERP, _ *Seeding) { f.records["stock.warehouse"] = nil }, "no warehouse"},
		"missing right": {func(f *fakeERP, _ *Seeding) { f.forbid = "product.product.create" }, `the user "admin" may not create product.product`},
		"somebody else's product": {func(f *fakeERP, _ *Seeding) {
			f.add("product.product", map[string]any{"name": "Drill", "default_code": "HR00012", "active": true})
		}, `product.product with default_code "HR00012" that headroom did not make`},
		"no shop": {func(f *fakeERP, in *Seeding) {
			f.search("ir.module.module", []any{[]any{"name", "=", shopModule}})[0]["state"] = "uninstalled"
			in.Plan.Processes = []headroom.Process{{Name: "browse", Scenario: "shop"}}
		}, "lacks the modules website_sale"},
		"no carrier addon": {func(f *fakeERP, in *Seeding) {
			f.search("ir.module.module", []any{[]any{"name", "=", "headroom_carrier"}})[0]["state"] = "uninstalled"
			in.Plan.Carrier = &headroom.Carrier{}
		}, "lacks the modules headroom_carrier"},
		"unknown group":   {func(_ *fakeERP, in *Seeding) { in.Groups = []string{"mrp.group_mrp_user"} }, "no group mrp.group_mrp_user"},
		"wrong password":  {func(_ *fakeERP, in *Seeding) { in.AdminLogin.Password = "wrong-one" }, "refused the login"},
		"wrong database":  {func(_ *fakeERP, in *Seeding) { in.Site.Database = "elsewhere" }, `no database "elsewhere"`},
		"an old server":   {func(f *fakeERP, _ *Seeding) { f.version = "13.0" }, "the server is Odoo 13.0"},
		"a future server": {func(f *fakeERP, _ *Seeding) { f.version = "20.0" }, "use a server of version 14 to 19"},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFakeERP()
			in := seeding(f.start(t), 1)
			c.change(f, &in)
			_, _, err := Seed(t.Context(), in)
			var input *headroom.InputError
			if !errors.As(err, &input) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), in.AdminLogin.Password.Reveal()) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("no key came", func(t *testing.T) {
		in := seeding(newFakeERP().start(t), 1)
		in.Keys = func(context.Context, string, []string) (map[string]headroom.Secret, error) { return nil, nil }
		if _, _, err := Seed(t.Context(), in); err == nil || !strings.Contains(err.Error(), "none came for headroom-u01@hub.example") {
			t.Errorf("got %v", err)
		}
	})
}

func TestUserLogin(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"hub", "Hub", "hub a", "hub-a", "hub_a", "köln"} {
		login := userLogin(headroom.Site{Name: name}, 0)
		if other, taken := seen[login]; taken {
			t.Errorf("%q and %q are both %s", name, other, login)
		}
		seen[login] = name
		if strings.ContainsFunc(login, func(r rune) bool { return r > 127 || r == ' ' }) {
			t.Errorf("login %q", login)
		}
	}
	if got := userLogin(headroom.Site{Name: "hub"}, 9); got != "headroom-u10@hub.example" {
		t.Error(got)
	}
}
