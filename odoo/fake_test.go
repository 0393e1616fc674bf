package odoo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/headroom-erp/headroom"
)

// fakeERP is as much of an ERP as seeding and the marker need: records in
// memory behind a JSON-RPC session. It counts what it is asked.
type fakeERP struct {
	mu      sync.Mutex
	version string
	records map[string][]map[string]any
	params  map[string]string
	next    int64
	calls   map[string]int // by model.method
	forbid  string         // model.method that is refused with an AccessError
	empty   bool           // no stock is found for what is confirmed
	lose    int            // so many coming writes lose a conflict
	// cut, when not 0, is the number of the call whose connection is cut: before
	// it has its effect, or after.
	cut   int
	late  bool
	total int
}

const (
	adminPassword = "s3cret-admin\\'<&"
	sessionID     = "session-0123456789abcdef"
)

func newFakeERP() *fakeERP {
	f := &fakeERP{version: "19.0", next: 100, records: map[string][]map[string]any{}, params: map[string]string{}, calls: map[string]int{}}
	for _, name := range slices.Concat(requiredModules, carrierModules, []string{webhookModule, shopModule, "stock_picking_batch"}) {
		f.add("ir.module.module", map[string]any{"name": name, "state": "installed"})
	}
	for _, id := range append(slices.Clone(userGroups), settings) {
		module, name, _ := strings.Cut(id, ".")
		f.add("ir.model.data", map[string]any{"model": "res.groups", "module": module, "name": name, "res_id": float64(f.next + 1000)})
	}
	f.add("res.company", map[string]any{"name": "My Company", "chart_template": "de_skr03"})
	f.records["res.company"][0]["id"] = 1.0
	f.warehouse(1)
	f.add("ir.model", map[string]any{"model": "res.partner"})
	return f
}

func (f *fakeERP) add(model string, values map[string]any) int64 {
	f.next++
	record := map[string]any{"id": float64(f.next)}
	for k, v := range values {
		record[k] = v
	}
	f.records[model] = append(f.records[model], record)
	return f.next
}

// warehouse adds one of a company, whose stock location is 8 in company 1.
func (f *fakeERP) warehouse(company int) int64 {
	at := float64(company * 100)
	return f.add("stock.warehouse", map[string]any{"company_id": []any{float64(company), "C"}, "lot_stock_id": []any{at - 92, "WH/Stock"},
		"delivery_steps": "ship_only", "reception_steps": "one_step", "pick_type_id": []any{at + 3, "Pick"}, "out_type_id": []any{at + 2, "Out"},
		"in_type_id": []any{at + 1, "In"}, "store_type_id": []any{at + 4, "Store"}, "int_type_id": []any{at + 5, "Int"},
		"wh_input_stock_loc_id": []any{at + 6, "In"}, "wh_output_stock_loc_id": []any{at + 7, "Out"}})
}

func (f *fakeERP) start(t *testing.T) *Client {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return &Client{URL: server.URL}
}

func (f *fakeERP) session(t *testing.T, c *Client) *Session {
	t.Helper()
	s, err := c.Login(t.Context(), JSONRPC, "hub", headroom.Login{Login: "admin", Password: adminPassword})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type exception struct{ name, message string }

func (f *fakeERP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var request struct {
		Params map[string]any `json:"params"`
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, "bad JSON", http.StatusBadRequest)
		return
	}
	result, failed := f.answer(w, r, request.Params)
	envelope := map[string]any{"jsonrpc": "2.0", "id": 1}
	if failed != nil {
		envelope["error"] = map[string]any{
			"code": 0, "message": "Odoo Server Error",
			"data": map[string]any{"name": failed.name, "message": failed.message, "debug": "Traceback (most recent call last):\n" + adminPassword},
		}
	} else if result != nil {
		envelope["result"] = result
	}
	_ = json.NewEncoder(w).Encode(envelope)
}

func (f *fakeERP) answer(w http.ResponseWriter, r *http.Request, p map[string]any) (any, *exception) {
	switch {
	case r.URL.Path == "/jsonrpc":
		return map[string]any{"server_version": f.version, "server_serie": f.version}, nil
	case r.URL.Path == "/web/session/authenticate":
		if p["db"] != "hub" {
			return nil, &exception{"odoo.exceptions.AccessError", "Database not found."}
		}
		if p["login"] != "admin" || p["password"] != adminPassword {
			return nil, &exception{"odoo.exceptions.AccessDenied", "Access Denied"}
		}
		http.SetCookie(w, &http.Cookie{Name: "session_id", Value: sessionID, Path: "/"})
		return map[string]any{"uid": 2, "db": "hub"}, nil
	}
	if cookie, err := r.Cookie("session_id"); err != nil || cookie.Value != sessionID {
		return nil, &exception{"odoo.http.SessionExpiredException", "Session expired"}
	}
	model, method := p["model"].(string), p["method"].(string)
	if r.URL.Path != "/web/dataset/call_kw/"+model+"/"+method {
		return nil, &exception{"werkzeug.exceptions.NotFound", "404"}
	}
	f.calls[model+"."+method]++
	f.total++
	if f.total == f.cut {
		if f.late {
			_, _ = f.call(model, method, p["args"].([]any), p["kwargs"].(map[string]any))
		}
		panic(http.ErrAbortHandler)
	}
	if f.lose > 0 && method != "search_read" {
		f.lose--
		return nil, &exception{"psycopg2.errors.SerializationFailure", "could not serialize access due to concurrent update"}
	}
	if f.forbid == model+"."+method {
		return nil, &exception{"odoo.exceptions.AccessError", "You are not allowed to access this"}
	}
	return f.call(model, method, p["args"].([]any), p["kwargs"].(map[string]any))
}

func (f *fakeERP) call(model, method string, args []any, kwargs map[string]any) (any, *exception) {
	switch method {
	case "check_access_rights":
		return f.forbid != model+".create", nil
	case "search_read":
		hints, _ := kwargs["context"].(map[string]any)
		found := f.visible(model, f.search(model, kwargs["domain"].([]any)), kwargs["domain"].([]any), hints)
		if limit, ok := kwargs["limit"].(float64); ok && len(found) > int(limit) {
			found = found[:int(limit)]
		}
		return found, nil
	case "search_count":
		return len(f.search(model, args[0].([]any))), nil
	case "read":
		return f.byIDs(model, args[0].([]any)), nil
	case "create":
		return f.create(model, args[0].([]any), kwargs)
	case "write":
		for _, record := range f.byIDs(model, args[0].([]any)) {
			for k, v := range args[1].(map[string]any) {
				record[k] = v
			}
		}
		return true, nil
	case "get_param":
		if v, ok := f.params[args[0].(string)]; ok {
			return v, nil
		}
		return false, nil
	case "set_param":
		key := args[0].(string)
		delete(f.params, key)
		if v, ok := args[1].(string); ok {
			f.params[key] = v
		}
		f.records["ir.config_parameter"] = nil
		for k, v := range f.params {
			f.add("ir.config_parameter", map[string]any{"key": k, "value": v})
		}
		return true, nil
	}
	return f.act(model, method, args, kwargs)
}

// act are the methods that do more than records in general.
func (f *fakeERP) act(model, method string, args []any, kwargs map[string]any) (any, *exception) {
	switch method {
	case "action_apply_inventory":
		for _, quant := range f.byIDs(model, args[0].([]any)) {
			quant["quantity"] = quant["inventory_quantity"]
			f.add("stock.move", map[string]any{"product_id": quant["product_id"], "picking_id": false, "state": "done"})
		}
		return nil, nil
	case "action_confirm", "button_confirm":
		for _, order := range f.byIDs(model, args[0].([]any)) {
			if order["state"] != "draft" {
				return nil, &exception{"odoo.exceptions.UserError", "Some orders are not in a state requiring confirmation."}
			}
			f.confirmed(model, order)
		}
		return true, nil
	case "action_cancel", "button_cancel":
		for _, order := range f.byIDs(model, args[0].([]any)) {
			order["state"] = "cancel"
			for _, p := range f.search("stock.picking", []any{[]any{link(model), "=", order["id"]}, []any{"state", "!=", "done"}}) {
				p["state"] = "cancel"
			}
		}
		return true, nil
	case "action_assign":
		for _, p := range f.byIDs(model, args[0].([]any)) {
			if f.empty {
				break
			}
			p["state"] = "assigned"
			for _, m := range f.search("stock.move", []any{[]any{"picking_id", "=", p["id"]}}) {
				m["state"] = "assigned"
			}
		}
		return true, nil
	case "button_validate":
		if failed := f.validated(f.byIDs(model, args[0].([]any))); failed != nil {
			return nil, failed
		}
		return true, nil
	case "unlink":
		return f.unlink(model, args[0].([]any))
	case "try_loading":
		f.byIDs("res.company", []any{kwargs["company"]})[0]["chart_template"] = kwargs["template_code"]
		return nil, nil
	}
	return nil, &exception{"builtins.AttributeError", "no method " + method}
}

func link(order string) string {
	if order == "sale.order" {
		return "sale_id"
	}
	return "purchase_id"
}

// confirmed makes the transfer of an order.
func (f *fakeERP) confirmed(model string, order map[string]any) {
	order["state"] = "sale"
	of := order["picking_type_id"]
	if model == "sale.order" {
		wh := f.byIDs("stock.warehouse", []any{order["warehouse_id"]})[0]
		of = wh["out_type_id"].([]any)[0]
		if wh["delivery_steps"] == "pick_ship" {
			of = wh["pick_type_id"].([]any)[0]
		}
	}
	state := "assigned"
	if f.empty {
		state = "confirmed"
	}
	picking := float64(f.add("stock.picking", map[string]any{link(model): order["id"], "picking_type_id": of, "state": state, "user_id": false, "partner_id": order["partner_id"]}))
	for _, line := range order["order_line"].([]any) {
		f.add("stock.move", map[string]any{"picking_id": picking, "product_id": line.([]any)[2].(map[string]any)["product_id"], "quantity": line.([]any)[2].(map[string]any)["product_uom_qty"], "state": state})
	}
}

// validated does transfers, and makes the deliveries that follow picks.
func (f *fakeERP) validated(pickings []map[string]any) *exception {
	for _, p := range pickings {
		moves := f.search("stock.move", []any{[]any{"picking_id", "=", p["id"]}})
		if p["state"] == "done" {
			continue
		}
		if slices.ContainsFunc(moves, func(m map[string]any) bool { return m["picked"] != true }) {
			return &exception{"odoo.exceptions.UserError", "You cannot validate a transfer if no quantities are reserved."}
		}
		p["state"] = "done"
		next := 0.0
		for _, wh := range f.records["stock.warehouse"] {
			if wh["pick_type_id"].([]any)[0] == p["picking_type_id"] {
				next = float64(f.add("stock.picking", map[string]any{"sale_id": p["sale_id"], "picking_type_id": wh["out_type_id"].([]any)[0],
					"state": "assigned", "user_id": false, "partner_id": p["partner_id"]}))
			}
		}
		for _, m := range moves {
			m["state"] = "done"
			if next != 0 {
				f.add("stock.move", map[string]any{"picking_id": next, "product_id": m["product_id"], "quantity": m["quantity"], "state": "assigned"})
			}
		}
	}
	return nil
}

// unlink refuses what was moved, done or confirmed.
func (f *fakeERP) unlink(model string, ids []any) (any, *exception) {
	for _, record := range f.byIDs(model, ids) {
		id := record["id"]
		switch {
		case model == "product.product" && len(f.search("stock.move", []any{[]any{"product_id", "=", id}})) > 0,
			model == "stock.location" && len(f.search("stock.quant", []any{[]any{"location_id", "=", id}})) > 0,
			(model == "sale.order" || model == "purchase.order") && record["state"] != "cancel",
			model == "account.move" && record["state"] == "posted", model == "stock.picking" && record["state"] == "done":
			return nil, &exception{"odoo.exceptions.ValidationError", "another model requires the record being deleted"}
		}
	}
	f.records[model] = slices.DeleteFunc(f.records[model], func(r map[string]any) bool { return slices.Contains(ids, r["id"]) })
	if model == "stock.picking" {
		f.records["stock.move"] = slices.DeleteFunc(f.records["stock.move"], func(r map[string]any) bool { return slices.Contains(ids, r["picking_id"]) })
	}
	return true, nil
}

func (f *fakeERP) create(model string, list []any, kwargs map[string]any) (any, *exception) {
	ids := make([]any, len(list))
	for i, v := range list {
		values := v.(map[string]any)
		switch model {
		case "stock.quant": // a product has one quant at a place
			if kwargs["context"].(map[string]any)["inventory_mode"] != true {
				return nil, &exception{"odoo.exceptions.UserError", "quants are made in inventory mode"}
			}
			if old := f.search(model, []any{[]any{"product_id", "=", values["product_id"]}, []any{"location_id", "=", values["location_id"]}}); len(old) > 0 {
				old[0]["inventory_quantity"] = values["inventory_quantity"]
				ids[i] = old[0]["id"]
				continue
			}
			values["quantity"], values["location_id.usage"] = 0.0, "internal"
		case "product.product":
			template := f.add("product.template", map[string]any{"active": true, "is_published": values["is_published"]})
			f.byIDs("product.template", []any{float64(template)})[0]["website_url"] = fmt.Sprintf("/shop/product-%d", template)
			values["product_tmpl_id"] = []any{float64(template), "T"}
		case "purchase.order":
			values["state"] = "draft"
		case "stock.warehouse":
			id := f.warehouse(int(values["company_id"].(float64)))
			ids[i] = float64(id)
			continue
		case "sale.order":
			values["state"], values["access_token"] = "draft", false
		case "base.automation":
			values["webhook_uuid"], values["active"] = fmt.Sprintf("uuid-%d", f.next), true
		case "res.users":
			if len(f.search(model, []any{[]any{"login", "=", values["login"]}})) > 0 {
				return nil, &exception{"odoo.exceptions.ValidationError", "You can not have two users with the same login!"}
			}
		}
		switch model { // those that can be archived
		case "res.users", "res.partner", "product.product", "stock.location", "delivery.carrier":
			values["active"] = true
		}
		if model == "res.users" {
			values["partner_id"] = []any{float64(f.add("res.partner", map[string]any{"name": values["name"], "active": true})), "P"}
		}
		ids[i] = float64(f.add(model, values))
	}
	return ids, nil
}

func (f *fakeERP) byIDs(model string, ids []any) []map[string]any {
	return f.search(model, []any{[]any{"id", "in", ids}})
}

// visible leaves archived records out, unless they were asked for.
func (f *fakeERP) visible(model string, found []map[string]any, domain []any, hints map[string]any) []map[string]any {
	if hints["active_test"] == false || slices.ContainsFunc(domain, func(t any) bool { return t.([]any)[0] == "active" }) {
		return found
	}
	return slices.DeleteFunc(slices.Clone(found), func(r map[string]any) bool { return r["active"] == false })
}

func (f *fakeERP) search(model string, domain []any) []map[string]any {
	found := []map[string]any{}
	for _, record := range f.records[model] {
		if !slices.ContainsFunc(domain, func(term any) bool { return !f.holds(record, term.([]any)) }) {
			found = append(found, record)
		}
	}
	return found
}

// holds: a many2one may stand as [id, name] and be asked for by its id.
func (f *fakeERP) holds(record map[string]any, t []any) bool {
	value := record[t[0].(string)]
	if pair, ok := value.([]any); ok && len(pair) == 2 {
		value = pair[0]
	}
	switch t[1] {
	case "=":
		return reflect.DeepEqual(value, t[2])
	case "!=":
		return !reflect.DeepEqual(value, t[2])
	case "in", "not in":
		in := slices.ContainsFunc(t[2].([]any), func(v any) bool { return reflect.DeepEqual(value, v) })
		return in == (t[1] == "in")
	case "=like":
		text, _ := value.(string)
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(t[2].(string)), "%", ".*") + "$"
		return regexp.MustCompile(pattern).MatchString(text)
	}
	return false
}
