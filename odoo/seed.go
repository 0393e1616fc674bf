package odoo

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// Seeding says what Seed is to create, and where.
type Seeding struct {
	Client     *Client
	AdminLogin headroom.Login // an administrator's, with password
	Plan       headroom.Plan  // its catalogue
	Site       headroom.Site  // its database and users
	// Keys makes JSON-2 keys for logins of a database; nil: no keys.
	Keys func(ctx context.Context, database string, logins []string) (map[string]headroom.Secret, error)
	// Progress is told what happens, in a few words; nil: nobody is.
	Progress func(string)
	// Rand is where passwords and tokens come from; nil: crypto/rand.
	Rand io.Reader
}

// Sizes of calls, in records. A create of 500 products takes seconds, well
// within a server's time limit; a password costs 0.37 s of CPU each.
const (
	chunk         = 500
	passwordChunk = 50
	portalOrders  = 10
)

// requiredModules are what the processes use; webhookModule only the webhook.
var requiredModules = []string{"stock", "sale_management", "sale_stock", "purchase", "purchase_stock", "account", "portal"}

const webhookModule = "base_automation"

// userGroups are the external ids of the groups that the planned users need:
// they sell (each other's orders, too), pick, buy and invoice.
var userGroups = []string{
	"base.group_user",
	"sales_team.group_sale_salesman_all_leads",
	"stock.group_stock_user",
	"purchase.group_purchase_user",
	"account.group_account_invoice",
}

// Database is the tenant of a site.
func Database(site headroom.Site) string {
	if site.Database != "" {
		return site.Database
	}
	return site.Name
}

// Seed makes one site's database ready for load: master data, opening stock,
// users with new passwords, portal orders, a webhook. What exists already is
// found by its name and kept, so that seeding twice leaves one of each, and
// stock back at its opening quantity. The logins are in the order of user
// index. Wrong credentials, a missing module or a missing right is an
// *headroom.InputError.
func Seed(ctx context.Context, in Seeding) (headroom.SeededSite, []headroom.Login, error) {
	none := headroom.SeededSite{}
	version, err := in.Client.Version(ctx)
	if err != nil {
		return none, nil, err
	}
	if err := version.Check(); err != nil {
		return none, nil, err
	}
	session, err := in.Client.Login(ctx, JSONRPC, Database(in.Site), in.AdminLogin)
	if err != nil {
		return none, nil, err
	}
	s := &seeder{Seeding: in, Session: session, dialect: version.Dialect()}
	if s.Rand == nil {
		s.Rand = rand.Reader
	}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"modules", s.checkModules},
		{"products", s.products},
		{"opening stock", s.openingStock},
		{"partners", s.partners},
		{"users", s.users},
		{"keys", s.keys},
		{"portal orders", s.orders},
		{"webhook", s.webhook},
	} {
		s.tell(step.what)
		if err := step.do(ctx); err != nil {
			return none, nil, err
		}
	}
	return s.site, s.logins, nil
}

// A seeder seeds one database; its steps fill site and logins.
type seeder struct {
	Seeding
	*Session
	dialect  Dialect
	optional map[string]bool // installed modules
	site     headroom.SeededSite
	logins   []headroom.Login
}

func (s *seeder) tell(what string) {
	if s.Progress != nil {
		s.Progress(fmt.Sprintf("seeding %s: %s", s.database, what))
	}
}

func (s *seeder) checkModules(ctx context.Context) error {
	have, err := s.installed(ctx, append(slices.Clone(requiredModules), webhookModule)...)
	if err != nil {
		return err
	}
	var missing []string
	for _, name := range requiredModules {
		if !have[name] {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return &headroom.InputError{
			What:  fmt.Sprintf("database %q lacks the modules %s", s.database, strings.Join(missing, ", ")),
			Where: s.client.address(),
			Do:    "install them (odoo-bin -d " + s.database + " -i " + strings.Join(missing, ",") + " --stop-after-init)",
		}
	}
	s.optional = have
	return nil
}

func (s *seeder) products(ctx context.Context) error {
	n := s.Plan.Catalogue.Products
	s.site.Codes = make([]string, n)
	for i := range s.site.Codes {
		s.site.Codes[i] = fmt.Sprintf("HR%05d", i+1)
	}
	ids, err := s.ensure(ctx, "product.product", "default_code", s.site.Codes, nil, func(i int) map[string]any {
		code := s.site.Codes[i]
		// Invoiced by what was delivered, as logistics companies do.
		values := map[string]any{
			"name": "Headroom product " + code, "default_code": code, "barcode": code,
			"list_price": 10, "invoice_policy": "delivery",
		}
		for k, v := range s.dialect.Storable {
			values[k] = v
		}
		return values
	})
	s.site.Products = ids
	return err
}

func (s *seeder) openingStock(ctx context.Context) error {
	warehouses, err := s.searchRead(ctx, "stock.warehouse", []any{}, []string{"lot_stock_id"}, map[string]any{"limit": 1})
	if err != nil {
		return err
	}
	if len(warehouses) == 0 {
		return &headroom.InputError{What: fmt.Sprintf("database %q has no warehouse", s.database), Where: s.client.address(), Do: "create one in Inventory"}
	}
	location, ok := reference(warehouses[0]["lot_stock_id"])
	if !ok {
		return fmt.Errorf("odoo: the warehouse of database %q has no stock location", s.database)
	}
	s.site.StockLocation = location
	for ids := range slices.Chunk(s.site.Products, chunk) {
		if err := s.stockUp(ctx, ids, location); err != nil {
			return err
		}
	}
	return nil
}

// stockUp brings products to their opening quantity. The context lets an
// existing quant of the product be counted anew instead of making a second one.
func (s *seeder) stockUp(ctx context.Context, products []int64, location int64) error {
	wanted := s.Plan.Catalogue.OpeningStock
	quants, err := s.searchRead(ctx, "stock.quant",
		[]any{[]any{"product_id", "in", products}, []any{"location_id", "=", location}}, []string{"product_id", "quantity"}, nil)
	if err != nil {
		return err
	}
	held := map[int64]float64{}
	for _, q := range quants {
		if id, ok := reference(q["product_id"]); ok {
			held[id] += number(q["quantity"])
		}
	}
	var values []any
	for _, id := range products {
		if held[id] != wanted {
			values = append(values, map[string]any{"product_id": id, "location_id": location, "inventory_quantity": wanted})
		}
	}
	ids, err := s.create(ctx, "stock.quant", values, map[string]any{"inventory_mode": true})
	if err != nil || len(ids) == 0 || !s.dialect.ApplyInventory {
		return err
	}
	reply, err := s.Session.Call(ctx, Call{Model: "stock.quant", Method: "action_apply_inventory", IDs: ids})
	if err != nil {
		return s.explain("apply the opening stock", err)
	}
	if action, asks := reply.Value.(map[string]any); asks { // a wizard: someone moved stock in between
		return fmt.Errorf("odoo: apply the opening stock in database %q: the server asks %v; seed while nobody works in it", s.database, action["res_model"])
	}
	return nil
}

func (s *seeder) partners(ctx context.Context) error {
	names := make([]string, s.Plan.Catalogue.Partners, s.Plan.Catalogue.Partners+1)
	for i := range names {
		names[i] = fmt.Sprintf("headroom-customer-%05d", i+1)
	}
	names = append(names, "headroom-vendor")
	ids, err := s.ensure(ctx, "res.partner", "name", names, nil, func(i int) map[string]any {
		return map[string]any{"name": names[i]}
	})
	if err != nil {
		return err
	}
	last := len(ids) - 1
	s.site.Partners, s.site.Vendor = ids[:last:last], ids[last]
	return nil
}
