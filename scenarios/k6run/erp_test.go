package k6run_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const password = "s3cret-of-the-users"

// An imitation is a server that answers as far as the scripts go. It counts.
type imitation struct {
	*httptest.Server
	delay time.Duration // of each call

	mu     sync.Mutex
	logins int
	calls  []string       // "model.method", in order of arrival
	hr     map[string]int // how often each hr came
	orders map[int]int    // lines by order
	next   int
	atOnce int // XML-RPC calls under way
	most   int
	refuse string // a model.method that is answered with an error
	broken int    // so many orders by XML-RPC are answered by a proxy that finds no worker
	hang   int    // so many after them only after a second
}

func newImitation(t testing.TB) *imitation {
	e := &imitation{hr: map[string]int{}, orders: map[int]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /web/session/authenticate", e.authenticate)
	mux.HandleFunc("POST /web/dataset/call_kw/{model}/{method}", e.callKW)
	mux.HandleFunc("POST /json/2/{model}/{method}", e.json2)
	mux.HandleFunc("POST /xmlrpc/2/{service}", e.xmlrpc)
	e.Server = httptest.NewServer(mux)
	t.Cleanup(e.Close)
	return e
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client's end shows in its own result
}

func fault(name, message string) map[string]any {
	return map[string]any{"jsonrpc": "2.0", "id": 1, "error": map[string]any{
		"code": 200, "message": "Odoo Server Error", "data": map[string]any{"name": name, "message": message},
	}}
}

func (e *imitation) authenticate(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Params struct{ DB, Login, Password string }
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	e.logins++
	e.mu.Unlock()
	if body.Params.Password != password {
		answer(w, fault("odoo.exceptions.AccessDenied", "Access Denied"))
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "session_id", Value: "cookie-of-" + body.Params.Login})
	answer(w, map[string]any{"jsonrpc": "2.0", "id": 1, "result": map[string]any{"uid": 7}})
}

func (e *imitation) callKW(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie("session_id"); err != nil || !strings.HasPrefix(c.Value, "cookie-of-") {
		answer(w, fault("odoo.http.SessionExpiredException", "Session expired"))
		return
	}
	var body struct {
		Params struct{ Args []json.RawMessage }
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	call := e.take(r)
	if call == e.refuse {
		answer(w, fault("odoo.exceptions.UserError", "You cannot do that on a Friday."))
		return
	}
	answer(w, map[string]any{"jsonrpc": "2.0", "id": 1, "result": e.result(call, body.Params.Args)})
}

// take counts a call and spends its time.
func (e *imitation) take(r *http.Request) string {
	call := r.PathValue("model") + "." + r.PathValue("method")
	e.mu.Lock()
	e.calls = append(e.calls, call)
	e.hr[r.URL.Query().Get("hr")]++
	e.mu.Unlock()
	_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice a client that leaves
	select {
	case <-time.After(e.delay):
	case <-r.Context().Done():
	}
	return call
}

func (e *imitation) result(call string, args []json.RawMessage) any {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch call {
	case "sale.order.create", "purchase.order.create":
		var v struct {
			Lines []any `json:"order_line"`
		}
		_ = json.Unmarshal(args[0], &v) // no lines then, and the script complains
		e.next++
		e.orders[e.next] = len(v.Lines)
		return e.next
	case "sale.order.read", "purchase.order.read":
		var ids []int
		_ = json.Unmarshal(args[0], &ids)
		return []any{map[string]any{"id": ids[0], "picking_ids": []int{ids[0]}, "invoice_ids": []int{ids[0]}}}
	case "stock.picking.read":
		var ids []int
		_ = json.Unmarshal(args[0], &ids)
		moves := make([]int, e.orders[ids[0]])
		for i := range moves {
			moves[i] = ids[0]*100 + i
		}
		return []any{map[string]any{"id": ids[0], "move_ids": moves}}
	case "sale.order.search_read":
		return []any{} // nothing to invoice
	}
	return true
}

func (e *imitation) json2(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "bearer key-"+password {
		w.WriteHeader(http.StatusUnauthorized)
		answer(w, map[string]any{"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey"})
		return
	}
	if r.PathValue("model") == "res.users" { // the check of a login
		answer(w, []int{7})
		return
	}
	e.take(r)
	answer(w, []any{map[string]any{"id": 1, "name": "Bolt", "qty_available": 12.5}})
}

// fails answers as an overloaded system does, as often as it was told to.
func (e *imitation) fails(w http.ResponseWriter, r *http.Request) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.broken > 0:
		e.broken--
		http.Error(w, "no worker", http.StatusBadGateway)
		return true
	case e.hang > 0:
		e.hang--
		e.mu.Unlock()
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
		}
		e.mu.Lock()
		return true
	}
	return false
}

var xmlCall = regexp.MustCompile(`(?s)<methodName>(\w+)</methodName>.*?key-` + password + `</string></value></param>(?:<param><value><string>([^<]+)</string></value></param><param><value><string>([^<]+)</string>)?`)

func (e *imitation) xmlrpc(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	found := xmlCall.FindSubmatch(body)
	result := "<int>7</int>"
	if len(found) == 4 && string(found[1]) == "execute_kw" {
		if e.fails(w, r) {
			return
		}
		e.mu.Lock()
		e.atOnce++
		e.most = max(e.most, e.atOnce)
		e.mu.Unlock()
		r.SetPathValue("model", string(found[2]))
		r.SetPathValue("method", string(found[3]))
		switch e.take(r) {
		case "sale.order.create":
		case "sale.order.search_read":
			result = "<array><data></data></array>"
		default:
			result = "<boolean>1</boolean>"
		}
		e.mu.Lock()
		e.atOnce--
		e.mu.Unlock()
	}
	_, _ = fmt.Fprintf(w, "<?xml version='1.0'?><methodResponse><params><param><value>%s</value></param></params></methodResponse>", result)
}
