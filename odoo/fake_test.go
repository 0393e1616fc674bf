package odoo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
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
}

const (
	adminPassword = "s3cret-admin\\'<&"
	sessionID     = "session-0123456789abcdef"
)

func newFakeERP() *fakeERP {
	f := &fakeERP{version: "19.0", next: 100, records: map[string][]map[string]any{}, params: map[string]string{}, calls: map[string]int{}}
	for _, name := range append(requiredModules, webhookModule) {
		f.add("ir.module.module", map[string]any{"name": name, "state": "installed"})
	}
	for _, id := range userGroups {
		module, name, _ := strings.Cut(id, ".")
		f.add("ir.model.data", map[string]any{"model": "res.groups", "module": module, "name": name, "res_id": float64(f.next + 1000)})
	}
	f.add("stock.warehouse", map[string]any{"lot_stock_id": []any{float64(8), "WH/Stock"}})
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
	if f.forbid == model+"."+method {
		return nil, &exception{"odoo.exceptions.AccessError", "You are not allowed to access this"}
	}
	return f.call(model, method, p["args"].([]any), p["kwargs"].(map[string]any))
}

func (f *fakeERP) call(model, method string, args []any, kwargs map[string]any) (any, *exception) {
	switch method {
	case "search_read":
		found := f.search(model, kwargs["domain"].([]any))
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
	case "action_apply_inventory":
		for _, quant := range f.byIDs(model, args[0].([]any)) {
			quant["quantity"] = quant["inventory_quantity"]
		}
		return nil, nil
	case "action_confirm":
		for _, order := range f.byIDs(model, args[0].([]any)) {
			order["state"] = "sale"
		}
		return true, nil
	case "get_param":
		if v, ok := f.params[args[0].(string)]; ok {
			return v, nil
		}
		return false, nil
	case "set_param":
		f.params[args[0].(string)] = args[1].(string)
		return true, nil
	}
	return nil, &exception{"builtins.AttributeError", "no method " + method}
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
			if old := f.search(model, []any{[]any{"product_id", "=", values["product_id"]}}); len(old) > 0 {
				old[0]["inventory_quantity"] = values["inventory_quantity"]
				ids[i] = old[0]["id"]
				continue
			}
			values["quantity"] = 0.0
		case "sale.order":
			values["state"], values["access_token"] = "draft", false
		case "base.automation":
			values["webhook_uuid"] = fmt.Sprintf("uuid-%d", f.next)
		case "res.users":
			if len(f.search(model, []any{[]any{"login", "=", values["login"]}})) > 0 {
				return nil, &exception{"odoo.exceptions.ValidationError", "You can not have two users with the same login!"}
			}
		}
		ids[i] = f.add(model, values)
	}
	return ids, nil
}

func (f *fakeERP) byIDs(model string, ids []any) []map[string]any {
	return f.search(model, []any{[]any{"id", "in", ids}})
}

func (f *fakeERP) search(model string, domain []any) []map[string]any {
	found := []map[string]any{}
	for _, record := range f.records[model] {
		keep := true
		for _, term := range domain {
			t := term.([]any)
			value := record[t[0].(string)]
			switch t[1] {
			case "=":
				keep = keep && reflect.DeepEqual(value, t[2])
			case "in":
				in := false
				for _, v := range t[2].([]any) {
					in = in || reflect.DeepEqual(value, v)
				}
				keep = keep && in
			default:
				keep = false
			}
		}
		if keep {
			found = append(found, record)
		}
	}
	return found
}
