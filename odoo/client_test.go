package odoo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/headroom-erp/headroom"
)

const (
	password = `p<w&"d'\x`
	apiKey   = "key-5e1f0c3a9b"
)

var login = headroom.Login{Login: "ann", Password: password, Key: apiKey}

// scripted answers each path with a fixed text, after logins that succeed.
type scripted struct {
	status int
	header map[string]string
	body   string
	path   string // of the last call
	auth   string
	db     string
	cookie string
	sent   string
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch {
	case r.URL.Path == "/web/session/authenticate":
		w.Header().Set("Set-Cookie", "session_id=sid-99; Path=/; HttpOnly")
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":{"uid":7}}`)
		return
	case r.URL.Path == "/xmlrpc/2/common":
		_, _ = io.WriteString(w, xmlValue("<int>7</int>"))
		return
	case r.URL.Path == "/json/2/res.users/search":
		_, _ = io.WriteString(w, "[7]")
		return
	}
	s.path, s.sent = r.URL.RequestURI(), string(body)
	s.auth, s.db, s.cookie = r.Header.Get("Authorization"), r.Header.Get("X-Odoo-Database"), r.Header.Get("Cookie")
	for k, v := range s.header {
		w.Header().Set(k, v)
	}
	if s.status != 0 {
		w.WriteHeader(s.status)
	}
	_, _ = io.WriteString(w, s.body)
}

func xmlValue(v string) string {
	return "<?xml version=\"1.0\"?>\n<methodResponse>\n<params>\n<param>\n<value>" + v + "</value>\n</param>\n</params>\n\n</methodResponse>\n"
}

func xmlFault(code int, text string) string {
	return fmt.Sprintf("<?xml version=\"1.0\"?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n<value><int>%d</int></value>\n</member>\n<member>\n<name>faultString</name>\n<value><string>%s</string></value>\n</member>\n</struct></value>\n</fault>\n\n</methodResponse>\n", code, text)
}

func rpcError(name, message string) string {
	b, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "error": map[string]any{
		"code": 0, "message": "Odoo Server Error",
		"data": map[string]any{"name": name, "message": message, "debug": "Traceback …", "arguments": []string{message}, "context": map[string]any{}},
	}})
	return string(b)
}

func json2Error(name, message string) string {
	b, _ := json.Marshal(map[string]any{"name": name, "message": message, "arguments": []string{message}, "context": map[string]any{}, "debug": "Traceback …"})
	return string(b)
}

func open(t *testing.T, h http.Handler, p Protocol) *Session {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s, err := (&Client{URL: server.URL + "/"}).Login(t.Context(), p, "hub", login)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestValuesOfEachProtocol(t *testing.T) {
	big := int64(1) << 40
	want := []any{int64(3), 2.5, "a<b", true, false, nil, []any{}, map[string]any{"id": big}}
	for p, body := range map[Protocol]string{
		JSONRPC: `{"jsonrpc":"2.0","id":1,"result":[3,2.5,"a<b",true,false,null,[],{"id":1099511627776}]}`,
		JSON2:   `[3,2.5,"a<b",true,false,null,[],{"id":1099511627776}]`,
		XMLRPC: xmlValue(`<array><data>
<value><int>3</int></value><value><double>2.5</double></value><value><string>a&lt;b</string></value>
<value><boolean>1</boolean></value><value><boolean>0</boolean></value><value><nil/></value>
<value><array><data>
</data></array></value><value><struct>
<member><name>id</name><value><i8>1099511627776</i8></value></member></struct></value>
</data></array>`),
	} {
		t.Run(string(p), func(t *testing.T) {
			script := &scripted{body: body}
			reply, err := open(t, script, p).Call(t.Context(), Call{Model: "sale.order", Method: "read", IDs: []int64{5}, HR: "a19.2"})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(reply.Value, want) {
				t.Errorf("got %#v, want %#v", reply.Value, want)
			}
			if reply.Status != 200 || reply.Bytes != int64(len(body)) {
				t.Errorf("status %d, %d bytes", reply.Status, reply.Bytes)
			}
			if !strings.HasSuffix(script.path, "?hr=a19.2") {
				t.Errorf("path %q lacks the mark", script.path)
			}
		})
	}
}

func TestWhatIsSent(t *testing.T) {
	call := Call{Model: "stock.move", Method: "write", IDs: []int64{4, 5}, Args: []any{map[string]any{"quantity": 2, "picked": true, "note": nil}}, HR: "a1.1"}
	t.Run("jsonrpc", func(t *testing.T) {
		script := &scripted{body: `{"jsonrpc":"2.0","id":1,"result":true}`}
		if _, err := open(t, script, JSONRPC).Call(t.Context(), call); err != nil {
			t.Fatal(err)
		}
		want := `{"id":1,"jsonrpc":"2.0","method":"call","params":{"args":[[4,5],{"note":null,"picked":true,"quantity":2}],"kwargs":{},"method":"write","model":"stock.move"}}`
		if script.path != "/web/dataset/call_kw/stock.move/write?hr=a1.1" || script.sent != want || script.cookie != "session_id=sid-99" {
			t.Errorf("sent %s to %s with %s", script.sent, script.path, script.cookie)
		}
	})
	t.Run("xmlrpc", func(t *testing.T) {
		script := &scripted{body: xmlValue("<boolean>1</boolean>")}
		if _, err := open(t, script, XMLRPC).Call(t.Context(), call); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{
			"<methodName>execute_kw</methodName>", "<string>hub</string>", "<int>7</int>", "<string>" + apiKey + "</string>",
			"<name>note</name><value><boolean>0</boolean></value>", // Odoo's "no value"
			"<name>quantity</name><value><int>2</int></value>",
		} {
			if !strings.Contains(script.sent, part) {
				t.Errorf("%s is not in %s", part, script.sent)
			}
		}
	})
	t.Run("json2", func(t *testing.T) {
		script := &scripted{body: `null`}
		s := open(t, script, JSON2)
		reply, err := s.Call(t.Context(), Call{Model: "stock.quant", Method: "action_apply_inventory", IDs: []int64{9}, Named: map[string]any{"context": map[string]any{"lang": "en_US"}}})
		if err != nil || reply.Value != nil {
			t.Fatal(reply, err)
		}
		if script.sent != `{"context":{"lang":"en_US"},"ids":[9]}` || script.auth != "bearer "+apiKey || script.db != "hub" {
			t.Errorf("sent %s as %s to %s", script.sent, script.auth, script.db)
		}
		if _, err := s.Call(t.Context(), call); err == nil || !strings.Contains(err.Error(), "named arguments only") {
			t.Errorf("positional arguments gave %v", err)
		}
	})
}

const traceback = "Traceback (most recent call last):\n  File \"/usr/lib/python3/dist-packages/odoo/addons/rpc/controllers/xmlrpc.py\", line 157, in xmlrpc_2\n    response = self._xmlrpc(service)\n"

func TestOutcomes(t *testing.T) {
	type outcome struct {
		protocol Protocol
		status   int
		body     string
		want     headroom.Outcome
		name     string
		message  string // a part of it
	}
	nginx := "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center></body></html>"
	for what, o := range map[string]outcome{
		"user error":            {JSONRPC, 200, rpcError("odoo.exceptions.UserError", "You cannot\nvalidate"), headroom.BusinessError, "odoo.exceptions.UserError", "You cannot validate"},
		"validation error":      {JSONRPC, 200, rpcError("odoo.exceptions.ValidationError", "no"), headroom.BusinessError, "odoo.exceptions.ValidationError", "no"},
		"missing error":         {JSONRPC, 200, rpcError("odoo.exceptions.MissingError", "gone"), headroom.BusinessError, "odoo.exceptions.MissingError", "gone"},
		"session expired":       {JSONRPC, 200, rpcError("odoo.http.SessionExpiredException", "Session expired"), headroom.BusinessError, "odoo.http.SessionExpiredException", "sale.order.read was not called"},
		"conflict":              {JSONRPC, 200, rpcError("psycopg2.errors.SerializationFailure", "could not serialize access due to concurrent update\n"), headroom.Conflict, "psycopg2.errors.SerializationFailure", "could not serialize"},
		"old conflict":          {JSONRPC, 200, rpcError("psycopg2.extensions.TransactionRollbackError", "deadlock detected"), headroom.Conflict, "psycopg2.extensions.TransactionRollbackError", "deadlock"},
		"lock":                  {JSONRPC, 200, rpcError("psycopg2.errors.LockNotAvailable", "could not obtain lock on row"), headroom.Conflict, "psycopg2.errors.LockNotAvailable", "lock"},
		"concurrency error":     {JSONRPC, 200, rpcError("odoo.exceptions.ConcurrencyError", "x"), headroom.Conflict, "odoo.exceptions.ConcurrencyError", "x"},
		"order 40001":           {JSONRPC, 200, rpcError("odoo.exceptions.UserError", "order 40001 is locked"), headroom.BusinessError, "odoo.exceptions.UserError", "40001"},
		"traceback":             {JSONRPC, 200, rpcError("builtins.KeyError", "'foo'"), headroom.Fault, "builtins.KeyError", "KeyError: 'foo'"},
		"someone's UserError":   {JSONRPC, 200, rpcError("requests.UserError", "x"), headroom.Fault, "requests.UserError", "x"},
		"proxy page":            {JSONRPC, 502, nginx, headroom.Fault, "", "HTTP 502 Bad Gateway: not an answer of Odoo (502 Bad Gateway)"},
		"empty 504":             {JSONRPC, 504, "", headroom.Fault, "", "HTTP 504 Gateway Timeout"},
		"not JSON":              {JSONRPC, 200, "hello", headroom.Fault, "", "not an answer of Odoo (hello)"},
		"JSON, not Odoo's":      {JSONRPC, 200, `{"ok":true}`, headroom.Fault, "", "not an answer of Odoo"},
		"two values":            {JSONRPC, 200, `{"jsonrpc":"2.0","result":1} {}`, headroom.Fault, "", "not an answer of Odoo"},
		"json2 user error":      {JSON2, 422, json2Error("odoo.exceptions.UserError", "no stock"), headroom.BusinessError, "odoo.exceptions.UserError", "no stock"},
		"json2 lock error":      {JSON2, 409, json2Error("odoo.exceptions.LockError", "locked"), headroom.BusinessError, "odoo.exceptions.LockError", "locked"},
		"json2 arguments":       {JSON2, 422, json2Error("werkzeug.exceptions.UnprocessableEntity", "missing a required argument: 'vals'"), headroom.BusinessError, "werkzeug.exceptions.UnprocessableEntity", "missing a required"},
		"json2 conflict":        {JSON2, 500, json2Error("psycopg2.errors.SerializationFailure", "could not serialize access"), headroom.Conflict, "psycopg2.errors.SerializationFailure", "could not serialize"},
		"json2 traceback":       {JSON2, 500, json2Error("builtins.ValueError", "bad"), headroom.Fault, "builtins.ValueError", "ValueError: bad"},
		"json2 page":            {JSON2, 404, "<!doctype html><title>404 Not Found</title>", headroom.Fault, "", "404 Not Found"},
		"xml warning":           {XMLRPC, 200, xmlFault(2, "no &lt;stock&gt;"), headroom.BusinessError, "odoo.exceptions.UserError", "no <stock>"},
		"xml access error":      {XMLRPC, 200, xmlFault(4, "You are not allowed"), headroom.BusinessError, "odoo.exceptions.AccessError", "not allowed"},
		"xml denied":            {XMLRPC, 200, xmlFault(3, "Access Denied"), headroom.BusinessError, "odoo.exceptions.AccessDenied", "Denied"},
		"xml conflict":          {XMLRPC, 200, xmlFault(1, traceback+"psycopg2.errors.SerializationFailure: could not serialize access due to concurrent update\nCONTEXT:  SQL statement\n"), headroom.Conflict, "psycopg2.errors.SerializationFailure", "could not serialize access due to concurrent update CONTEXT"},
		"xml traceback":         {XMLRPC, 200, xmlFault(1, traceback+"KeyError: 'x'\n"), headroom.Fault, "KeyError", "KeyError: 'x'"},
		"xml None":              {XMLRPC, 200, xmlFault(1, traceback+"TypeError: cannot marshal None unless allow_none is enabled\n"), headroom.Fault, "TypeError", "sale.order.read returns None, which XML-RPC cannot carry, and the server rolled the call back (cannot marshal None): call it by JSON-RPC or JSON-2"},
		"xml page":              {XMLRPC, 503, "<html><body>Service <b>Unavailable</b></body></html>", headroom.Fault, "", "Service Unavailable"},
		"xml broken":            {XMLRPC, 200, "<?xml version='1.0'?><methodResponse><params><param><value><int>x</int></value>", headroom.Fault, "", "not an answer"},
		"xml fault of no form":  {XMLRPC, 200, "<methodResponse><fault><value><int>1</int></value></fault></methodResponse>", headroom.Fault, "", "not an answer"},
		"xml with a page's 500": {XMLRPC, 500, xmlValue("<int>1</int>"), headroom.Fault, "", "HTTP 500"},
	} {
		t.Run(what, func(t *testing.T) {
			s := open(t, &scripted{status: o.status, body: o.body}, o.protocol)
			reply, err := s.Call(t.Context(), Call{Model: "sale.order", Method: "read", IDs: []int64{1}})
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, %v", reply, err)
			}
			if e.Outcome != o.want || e.Name != o.name || !strings.Contains(e.Message, o.message) {
				t.Errorf("got %s, %q, %q", e.Outcome, e.Name, e.Message)
			}
			if e.Status != o.status || e.Bytes != int64(len(o.body)) || reply.Status != e.Status || reply.Bytes != e.Bytes {
				t.Errorf("status %d, %d bytes; reply %+v", e.Status, e.Bytes, reply)
			}
			if len(e.Message) > maxMessage || strings.ContainsAny(e.Message, "\r\n") || !utf8.ValidString(e.Message) {
				t.Errorf("message %q", e.Message)
			}
		})
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var visits atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/web/login", func(http.ResponseWriter, *http.Request) { visits.Add(1) })
	mux.Handle("/", &scripted{status: 303, header: map[string]string{"Location": "/web/login?redirect=secret"}})
	_, err := open(t, mux, JSONRPC).Call(t.Context(), Call{Model: "a", Method: "b"})
	if err == nil || !strings.Contains(err.Error(), "redirected to /web/login") || strings.Contains(err.Error(), "secret") || visits.Load() != 0 {
		t.Errorf("%v, %d visits", err, visits.Load())
	}
}

// Whatever a server repeats, in whatever form, none of the call's secrets is
// in an error.
func TestErrorsHoldNoSecret(t *testing.T) {
	const given = "new-pässword/with 'all'"
	call := Call{
		Model: "res.users", Method: "write", IDs: []int64{1},
		Named: map[string]any{"vals": map[string]any{"password": headroom.Secret(given)}},
	}
	sessions := map[Protocol]string{JSONRPC: "sid-99", JSON2: apiKey, XMLRPC: apiKey} // what goes with each call
	for p, own := range sessions {
		for _, form := range append(writtenForms(given), writtenForms(own)...) {
			text := strings.Repeat("x", 260) + form + " and " + form
			body := map[Protocol]string{
				JSONRPC: rpcError("odoo.exceptions.UserError", text),
				JSON2:   json2Error("builtins.ValueError", text),
				XMLRPC:  xmlFault(1, traceback+"ValueError: "+strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(text)),
			}[p]
			_, err := open(t, &scripted{body: body, status: 500}, p).Call(t.Context(), call)
			if err == nil || !strings.Contains(err.Error(), masked) {
				t.Errorf("%s: nothing is masked in %v", p, err)
			}
			if shown := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(shown, form) {
				t.Errorf("%s: %q is in %s", p, form, shown)
			}
		}
	}
}

func TestLoginErrors(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	respond := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for what, c := range map[string]struct {
		protocol Protocol
		handler  http.Handler
		url      string
		want     string
	}{
		"wrong password":         {JSONRPC, respond(200, rpcError("odoo.exceptions.AccessDenied", "Access Denied")), "", `refused the login "ann" in database "hub"`},
		"second factor":          {JSONRPC, respond(200, `{"jsonrpc":"2.0","result":{"uid":null}}`), "", "second factor"},
		"wrong database":         {JSONRPC, respond(200, rpcError("odoo.exceptions.AccessError", "Database not found.")), "", `has no database "hub"`},
		"wrong database, old":    {JSONRPC, respond(200, rpcError("psycopg2.OperationalError", `FATAL:  database "hub" does not exist`)), "", `has no database "hub"`},
		"a page":                 {JSONRPC, respond(404, "<title>Not here</title>"), "", "does not answer like Odoo"},
		"xml wrong password":     {XMLRPC, respond(200, xmlValue("<boolean>0</boolean>")), "", "refused the login"},
		"xml wrong database":     {XMLRPC, respond(200, xmlFault(1, traceback+`psycopg2.OperationalError: connection failed: FATAL:  database "hub" does not exist`)), "", "has no database"},
		"json2 wrong key":        {JSON2, respond(401, json2Error("werkzeug.exceptions.Unauthorized", "Invalid apikey")), "", "refused the login"},
		"json2 before 19":        {JSON2, respond(404, "<title>404 Not Found</title>"), "", "JSON-2 came with Odoo 19"},
		"json2 wrong database":   {JSON2, respond(404, "<!DOCTYPE HTML><title>404 Not Found</title>\n<h1>Not Found</h1><p>No database is selected and the requested URL was not found</p>"), "", "has no database"},
		"unreachable":            {JSONRPC, nil, closed.URL, "does not answer"},
		"no URL":                 {XMLRPC, nil, "127.0.0.1:8069", "is not a URL"},
		"credentials in the URL": {XMLRPC, nil, "http://ann:hunter2@127.0.0.1:1", "holds credentials"},
	} {
		t.Run(what, func(t *testing.T) {
			address := c.url
			if c.handler != nil {
				server := httptest.NewServer(c.handler)
				defer server.Close()
				address = server.URL
			}
			_, err := (&Client{URL: address}).Login(t.Context(), c.protocol, "hub", login)
			var input *headroom.InputError
			if !errors.As(err, &input) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v", err)
			}
			if input.Where == "" || input.Do == "" {
				t.Errorf("says neither where nor what to do: %+v", input)
			}
			for _, secret := range []string{password, apiKey, "hunter2"} {
				if strings.Contains(fmt.Sprintf("%+v", err), secret) {
					t.Errorf("%q is in %v", secret, err)
				}
			}
		})
	}
}

func TestKeyMustBeThere(t *testing.T) {
	for _, key := range []headroom.Secret{"", "abc\n"} {
		_, err := (&Client{URL: "http://127.0.0.1:1"}).Login(t.Context(), JSON2, "hub", headroom.Login{Login: "ann", Key: key})
		var input *headroom.InputError
		if !errors.As(err, &input) || !strings.Contains(err.Error(), "API key") {
			t.Errorf("key %q: %v", key.Reveal(), err)
		}
	}
}

func TestNetworkOutcomes(t *testing.T) {
	h := func(f http.HandlerFunc) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/web/session/authenticate", &scripted{})
		mux.Handle("/", f)
		return mux
	}
	call := Call{Model: "a", Method: "b"}
	outcome := func(err error) headroom.Outcome {
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("got %v", err)
		}
		return e.Outcome
	}
	t.Run("cut", func(t *testing.T) {
		s := open(t, h(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"jsonrpc":`)
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.Close()
		}), JSONRPC)
		if _, err := s.Call(t.Context(), call); outcome(err) != headroom.Unreachable {
			t.Error(err)
		}
	})
	t.Run("no answer", func(t *testing.T) {
		s := open(t, h(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}), JSONRPC)
		if _, err := s.Call(t.Context(), call); outcome(err) != headroom.Unreachable {
			t.Error(err)
		}
	})
	slow := h(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server see the client leave
		<-r.Context().Done()
	})
	t.Run("timeout", func(t *testing.T) {
		s := open(t, slow, JSONRPC)
		s.client.Timeout = 20 * time.Millisecond
		_, err := s.Call(t.Context(), call)
		if outcome(err) != headroom.Timeout || !strings.Contains(err.Error(), "20ms") {
			t.Error(err)
		}
	})
	t.Run("the run ends", func(t *testing.T) {
		s := open(t, slow, JSONRPC)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, err := s.Call(ctx, call); outcome(err) != headroom.Aborted {
			t.Error(err)
		}
	})
	t.Run("caller's deadline", func(t *testing.T) {
		s := open(t, slow, JSONRPC)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := s.Call(ctx, call); outcome(err) != headroom.Timeout {
			t.Error(err)
		}
	})
}

// endless is a transport whose answers never end; no server is needed to send
// more than the limit.
type endless struct{}

func (endless) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(zeros{}), Header: http.Header{}}, nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestBodyIsBounded(t *testing.T) {
	c := &Client{URL: "http://127.0.0.1:1", Transport: endless{}}
	_, _, err := c.jsonrpc(t.Context(), &encoder{}, &scan{}, request{path: "/x"}, func(e *encoder) { e.json(nil) }, plainBuilder{})
	if err == nil || err.Outcome != headroom.Fault || !strings.Contains(err.Message, "64 MiB") {
		t.Errorf("got %+v", err)
	}
}

func TestCookiesAreRenewed(t *testing.T) {
	script := &scripted{body: `{"jsonrpc":"2.0","result":1}`, header: map[string]string{"Set-Cookie": "session_id=sid-100; Path=/"}}
	s := open(t, script, JSONRPC)
	for _, want := range []string{"session_id=sid-99", "session_id=sid-100"} {
		if _, err := s.Call(t.Context(), Call{Model: "a", Method: "b"}); err != nil {
			t.Fatal(err)
		}
		if script.cookie != want {
			t.Errorf("sent %s, want %s", script.cookie, want)
		}
	}
}

func TestCallsThatCannotBeSent(t *testing.T) {
	for _, p := range []Protocol{JSONRPC, XMLRPC, JSON2} {
		s := &Session{client: &Client{URL: "http://127.0.0.1:1"}, protocol: p}
		for _, call := range []Call{
			{Method: "read"},
			{Model: "a", Method: "b", Named: map[string]any{"x": math.NaN()}},
			{Model: "a", Method: "b", Named: map[string]any{"x": make(chan int)}},
		} {
			_, err := s.Call(t.Context(), call)
			var e *Error
			if !errors.As(err, &e) || e.Name != "odoo.BadCall" || e.Outcome != headroom.Fault {
				t.Errorf("%s %+v: %v", p, call, err)
			}
		}
	}
}

func TestVersionOfServer(t *testing.T) {
	f := newFakeERP()
	v, err := f.start(t).Version(t.Context())
	if err != nil || v != (Version{Major: 19, Text: "19.0"}) {
		t.Errorf("%+v, %v", v, err)
	}
	f.version = "soon"
	var input *headroom.InputError
	if _, err := f.start(t).Version(t.Context()); !errors.As(err, &input) {
		t.Errorf("got %v", err)
	}
}

func TestParseVersion(t *testing.T) {
	for text, major := range map[string]int{"19.0": 19, "saas~18.2": 18, "14.0-20230101": 14, "16": 16, "": 0, "x": 0, "-3": 0} {
		v, err := ParseVersion(text)
		if v.Major != major || (err == nil) != (major > 0) {
			t.Errorf("%q: %+v, %v", text, v, err)
		}
	}
	for major := OldestMajor - 1; major <= NewestMajor+1; major++ {
		v := Version{Major: major}
		d := v.Dialect()
		known := major >= OldestMajor && major <= NewestMajor
		if (v.Check() == nil) != known || known && d.Major != major {
			t.Errorf("%d: %v, %+v", major, v.Check(), d)
		}
		if len(d.Storable) == 0 || d.DoneField == "" || d.GroupsField == "" || d.Tries < 5 {
			t.Errorf("%d: %+v", major, d)
		}
	}
}

func TestShorten(t *testing.T) {
	for in, want := range map[string]string{
		"a\n  b\tc\x00d":        "a b c d",
		"ok":                    "ok",
		"bad \xff byte":         "bad � byte",
		strings.Repeat("ä", 20): strings.Repeat("ä", 8) + "…",
	} {
		if got := shorten(in, 20); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// A strange XML document is an error or a value, never a panic.
func FuzzDecodeXML(f *testing.F) {
	f.Add(xmlValue("<array><data><value><nil/></value></data></array>"))
	f.Add(xmlValue("<struct><member><name>a</name><value><dateTime.iso8601>20261121T10:00:00</dateTime.iso8601></value></member></struct>"))
	f.Add(xmlValue(""))
	f.Fuzz(func(t *testing.T, body string) {
		if v, err := decodeXML([]byte(body)); err == nil {
			if _, err := encodeJSON(v); err != nil && !strings.Contains(err.Error(), "unsupported value") {
				t.Errorf("%q gave %#v: %v", body, v, err)
			}
		}
	})
}
