package odoo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/headroom-erp/headroom"
)

// requiredModules are what the processes use; the others only what is in the plan.
var requiredModules = []string{"stock", "sale_management", "sale_stock", "purchase", "purchase_stock", "account", "portal"}

const (
	webhookModule = "base_automation"
	shopModule    = "website_sale"
)

// carrierModules are what a plan with a carrier stands on; the second is ours.
var carrierModules = []string{"delivery", "headroom_carrier"}

func (s *seeder) checkModules(ctx context.Context) error {
	required := slices.Clone(requiredModules)
	if s.Plan.Carrier != nil {
		required = append(required, carrierModules...)
	}
	if s.needs.shop {
		required = append(required, shopModule)
	}
	have, err := s.installed(ctx, append(slices.Clone(required), webhookModule)...)
	if err != nil {
		return err
	}
	var missing []string
	for _, name := range required {
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

// checkRights says before anything is written what the administrator may not
// make: half a seeding helps nobody.
func (s *seeder) checkRights(ctx context.Context) error {
	models := []string{"product.product", "res.partner", "res.users", "stock.quant", "sale.order"}
	for _, m := range []struct {
		model string
		need  bool
	}{
		{"res.company", s.Site.Company != ""},
		{"stock.warehouse", s.needs.twoStep || s.Site.Company != ""},
		{"stock.location", s.needs.bins},
		{"stock.putaway.rule", s.needs.putaways},
		{"product.supplierinfo", s.needs.replenish},
		{"stock.warehouse.orderpoint", s.needs.replenish},
		{"purchase.order", s.Plan.Catalogue.OpenReceipts > 0},
		{"delivery.carrier", s.Plan.Carrier != nil},
		{webhookModel, s.optional[webhookModule] && s.dialect.Webhook},
	} {
		if m.need {
			models = append(models, m.model)
		}
	}
	var refused []string
	for _, model := range models {
		reply, err := s.Call(ctx, Call{Model: model, Method: "check_access_rights", Args: []any{"create", false}})
		if err != nil {
			return s.explain("ask for the rights on "+model, err)
		}
		if allowed, _ := reply.Value.(bool); !allowed {
			refused = append(refused, model)
		}
	}
	if refused == nil {
		return nil
	}
	return &headroom.InputError{
		What:  fmt.Sprintf("the user %q may not create %s in database %q", s.login, strings.Join(refused, ", "), s.database),
		Where: s.client.address(), Do: rightsAdvice,
	}
}

// companyMark stands in company_registry of the companies that were made here.
const companyMark = "headroom"

// company finds or makes the site's company, with a chart of accounts, so that
// it can invoice. All later calls are made in that company. A site that has its
// database to itself takes the company of its warehouse.
func (s *seeder) company(ctx context.Context) error {
	if s.Site.Company == "" {
		return nil
	}
	fields := []string{"name", "company_registry"}
	if s.dialect.archivesCompanies() {
		fields = append(fields, "active")
	}
	found, err := s.searchRead(ctx, "res.company", []any{[]any{"name", "=", s.Site.Company}}, fields,
		map[string]any{"limit": 1, "context": map[string]any{"active_test": false}})
	if err != nil {
		return err
	}
	if len(found) > 0 {
		s.site.Company, _ = integer(found[0]["id"])
		if found[0]["active"] == false {
			if err := s.wakeCompany(ctx, found[0]["company_registry"] == companyMark); err != nil {
				return err
			}
		}
	} else {
		s.tell("company %s", s.Site.Company)
		ids, err := s.create(ctx, "res.company", []any{map[string]any{"name": s.Site.Company, "company_registry": companyMark}}, nil)
		if err != nil {
			return err
		}
		s.site.Company = ids[0]
	}
	s.context["allowed_company_ids"] = []any{s.site.Company}
	return s.chart(ctx)
}

// archivesCompanies: a company can be archived.
func (d Dialect) archivesCompanies() bool { return d.Major >= 17 }

// wakeCompany brings back what Clean archived.
func (s *seeder) wakeCompany(ctx context.Context, ours bool) error {
	if !ours {
		return &headroom.InputError{What: fmt.Sprintf("company %q of database %q is archived", s.Site.Company, s.database), Where: s.client.address(),
			Do: "bring it back, or name another company in the plan"}
	}
	s.tell("bringing company %s back", s.Site.Company)
	awake := map[string]any{"active": true}
	if err := s.write(ctx, "res.company", []int64{s.site.Company}, awake); err != nil {
		return err
	}
	found, err := s.searchRead(ctx, "stock.warehouse", []any{[]any{"company_id", "=", s.site.Company}}, []string{"name"},
		map[string]any{"context": map[string]any{"active_test": false, "allowed_company_ids": []any{s.site.Company}}})
	if err != nil {
		return err
	}
	for _, row := range found {
		if id, ok := integer(row["id"]); ok {
			if err := s.write(ctx, "stock.warehouse", []int64{id}, awake); err != nil {
				return err
			}
		}
	}
	return nil
}

// chart gives the company the chart of accounts of the database's oldest
// company that has one, and Odoo's generic one where there is none.
func (s *seeder) chart(ctx context.Context) error {
	field := "chart_template"
	if s.dialect.Major < 17 {
		field = "chart_template_id" // a record until 16, a code from 17 on
	}
	companies, err := s.searchRead(ctx, "res.company", []any{}, []string{field}, map[string]any{"context": map[string]any{"allowed_company_ids": false}})
	if err != nil {
		return err
	}
	var model any
	for _, c := range companies {
		chart := c[field]
		if chart == nil || chart == false || chart == "" {
			continue
		}
		if id, _ := integer(c["id"]); id == s.site.Company {
			return nil
		}
		if model == nil {
			model = chart
		}
	}
	call := Call{Model: "account.chart.template", Method: "try_loading", IDs: []int64{}}
	if s.dialect.Major < 17 {
		id, ok := reference(model)
		if !ok {
			return &headroom.InputError{What: fmt.Sprintf("no company of database %q has a chart of accounts", s.database), Where: s.client.address(),
				Do: "install one for the first company, in Invoicing"}
		}
		call.IDs = []int64{id} // of the company that the context allows
	} else {
		code, _ := model.(string)
		if code == "" {
			code = "generic_coa"
		}
		call.Named = map[string]any{"template_code": code, "company": s.site.Company, "install_demo": false}
	}
	s.tell("chart of accounts of %s", s.Site.Company)
	if _, err := s.Call(ctx, call); err != nil {
		return s.explain("load a chart of accounts", err)
	}
	return nil
}

// storeTypeField is the type of the transfers from the input area to stock:
// up to 17 they are ordinary internal ones.
func (d Dialect) storeTypeField() string {
	if d.Major < 18 {
		return "int_type_id"
	}
	return "store_type_id"
}

// stepsKey is the system parameter that keeps how a warehouse worked before it
// was changed.
const stepsKey = "headroom.steps."

// warehouse finds or makes the site's warehouse and lets goods go over input
// and output areas where the plan's processes do.
func (s *seeder) warehouse(ctx context.Context) error {
	row, err := s.readWarehouse(ctx)
	if err != nil {
		return err
	}
	if row == nil && s.Site.Company != "" {
		values := map[string]any{"name": s.Site.Name, "code": warehouseCode(s.Site.Name), "company_id": s.site.Company}
		if _, err := s.create(ctx, "stock.warehouse", []any{values}, nil); err != nil {
			return err
		}
		if row, err = s.readWarehouse(ctx); err != nil {
			return err
		}
	}
	if row == nil {
		return &headroom.InputError{What: fmt.Sprintf("database %q has no warehouse", s.database), Where: s.client.address(), Do: "create one in Inventory"}
	}
	s.site.Warehouse, _ = integer(row["id"])
	if s.site.Company == 0 {
		s.site.Company, _ = reference(row["company_id"])
	}
	if s.needs.twoStep && (row["delivery_steps"] != "pick_ship" || row["reception_steps"] != "two_steps") {
		if row, err = s.toTwoSteps(ctx, row); err != nil {
			return err
		}
	}
	return s.areas(row)
}

func (s *seeder) readWarehouse(ctx context.Context) (map[string]any, error) {
	domain := []any{}
	if s.Site.Company != "" {
		domain = append(domain, []any{"company_id", "=", s.site.Company})
	}
	found, err := s.searchRead(ctx, "stock.warehouse", domain, []string{"company_id", "lot_stock_id", "delivery_steps", "reception_steps",
		"pick_type_id", "out_type_id", "in_type_id", s.dialect.storeTypeField(), "wh_input_stock_loc_id", "wh_output_stock_loc_id"},
		map[string]any{"limit": 1})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// toTwoSteps changes the warehouse's flow and keeps what it was, first.
func (s *seeder) toTwoSteps(ctx context.Context, row map[string]any) (map[string]any, error) {
	s.tell("warehouse in two steps: pick and ship, receive and put away")
	key := fmt.Sprintf("%s%d", stepsKey, s.site.Warehouse)
	kept, err := s.param(ctx, key)
	if err != nil {
		return nil, err
	}
	if kept == "" {
		was := fmt.Sprintf("%v %v", row["delivery_steps"], row["reception_steps"])
		if _, err := s.Call(ctx, Call{Model: "ir.config_parameter", Method: "set_param", Args: []any{key, was}}); err != nil {
			return nil, s.explain("keep the warehouse's flow", err)
		}
	}
	if err := s.write(ctx, "stock.warehouse", []int64{s.site.Warehouse}, map[string]any{"delivery_steps": "pick_ship", "reception_steps": "two_steps"}); err != nil {
		return nil, err
	}
	return s.readWarehouse(ctx)
}

// areas takes over the warehouse's locations and types of transfers.
func (s *seeder) areas(row map[string]any) error {
	s.site.TwoStep = row["delivery_steps"] == "pick_ship" && row["reception_steps"] == "two_steps"
	wanted := map[string]*int64{"lot_stock_id": &s.site.StockLocation, "out_type_id": &s.site.OutType, "in_type_id": &s.site.InType}
	if s.site.TwoStep {
		wanted["pick_type_id"] = &s.site.PickType
		wanted[s.dialect.storeTypeField()] = &s.site.StoreType
		wanted["wh_input_stock_loc_id"] = &s.site.Input
		wanted["wh_output_stock_loc_id"] = &s.site.Output
	}
	for field, to := range wanted {
		var ok bool
		if *to, ok = reference(row[field]); !ok {
			return fmt.Errorf("odoo: the warehouse of database %q has no %s", s.database, field)
		}
	}
	return nil
}

// warehouseCode is a short name, of at most 5 letters and digits.
func warehouseCode(name string) string {
	code := strings.ToUpper(strings.Map(func(r rune) rune {
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return -1
	}, name))
	if code == "" {
		return "HR"
	}
	return code[:min(5, len(code))]
}

// bins makes shelves below the stock location.
func (s *seeder) bins(ctx context.Context) (err error) {
	if !s.needs.bins {
		return nil
	}
	names := make([]string, binsFor(s.Plan.Catalogue.Products))
	for i := range names {
		names[i] = fmt.Sprintf("headroom-bin-%03d", i+1)
	}
	k := kind{model: "stock.location", field: "name", what: "bins", archivable: true, stride: stride{first: 100, most: 200, single: true},
		domain: []any{[]any{"location_id", "=", s.site.StockLocation}}}
	s.site.Bins, err = s.ensure(ctx, k, names, func(i int) map[string]any {
		return map[string]any{"name": names[i], "location_id": s.site.StockLocation, "usage": "internal"}
	})
	return err
}

// home is where the product of a rank is kept.
func (s *seeder) home(rank int) int64 {
	if len(s.site.Bins) == 0 {
		return s.site.StockLocation
	}
	return s.site.Bins[rank%len(s.site.Bins)]
}
