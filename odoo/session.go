package odoo

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/headroom-erp/headroom"
)

// A Session is one user who is logged in. It is safe for concurrent use.
type Session struct {
	client   *Client
	to       address
	protocol Protocol
	database string
	login    string
	uid      int64
	secret   headroom.Secret // password or key that goes with each call
	cookies  cookies
}

// Protocol is the door that the session uses.
func (s *Session) Protocol() Protocol { return s.protocol }

// Database is the tenant.
func (s *Session) Database() string { return s.database }

// User is the login.
func (s *Session) User() string { return s.login }

// UID is the user's id; 0 with JSON-2 when the user may not read it.
func (s *Session) UID() int64 { return s.uid }

// A Call is one method called on one model.
type Call struct {
	Model  string
	Method string
	// IDs, when not nil, is the recordset: the first positional argument in
	// JSON-RPC and XML-RPC, "ids" in JSON-2.
	IDs []int64
	// Args are positional arguments after it. JSON-2 has none.
	Args []any
	// Named arguments, "context" among them. Values here and in Args are nil,
	// booleans, numbers, strings, headroom.Secret (sent revealed, hidden in
	// errors), and slices and string maps of such.
	Named map[string]any
	// HR, when not empty, is added to the URL, so that the server's log has it: "a19.2".
	HR string
	// Wire, when not nil, carries the call, past the client's transport.
	Wire *Wire
	// Build makes the values of the answer; nil: Go's plain ones.
	Build Builder
}

func (c Call) builder() Builder {
	if c.Build == nil {
		return plainBuilder{}
	}
	return c.Build
}

// A Reply is an answer. Value is nil, bool, int64, float64, string, []any or
// map[string]any. XML-RPC cannot tell an empty string from nil: both are nil.
type Reply struct {
	Value  any
	Status int
	Bytes  int64
}

// Call calls a method. The error is an *Error.
func (s *Session) Call(ctx context.Context, call Call) (Reply, error) {
	reply, secrets, err := s.call(ctx, call)
	if err != nil {
		secrets = append(secrets, s.secret)
		secrets = append(secrets, s.cookies.secrets()...)
		return Reply{Status: err.Status, Bytes: err.Bytes}, mask(err, secrets...)
	}
	return reply, nil
}

func (s *Session) call(ctx context.Context, call Call) (Reply, []headroom.Secret, *Error) {
	if call.Model == "" || call.Method == "" {
		return Reply{}, nil, badCall("a call needs a model and a method")
	}
	switch s.protocol {
	case JSONRPC:
		return s.callJSONRPC(ctx, call)
	case JSON2:
		return s.callJSON2(ctx, call)
	default:
		return s.callXMLRPC(ctx, call)
	}
}

// badCall is a call that cannot be sent.
func badCall(message string) *Error {
	return &Error{Outcome: headroom.Fault, Message: message, Name: "odoo.BadCall"}
}

// withHR adds the call's mark to a path.
func (c Call) withHR(path string) string {
	if c.HR == "" {
		return path
	}
	return path + "?hr=" + url.QueryEscape(c.HR)
}

// positional are the arguments as JSON-RPC and XML-RPC want them.
func (c Call) positional() []any {
	args := make([]any, 0, len(c.Args)+1)
	if c.IDs != nil {
		args = append(args, c.IDs)
	}
	return append(args, c.Args...)
}

// cookies keeps what the server set: the session's, which Odoo renews from
// time to time, and a balancer's.
type cookies struct {
	mu     sync.Mutex
	kept   []*http.Cookie // in the order of their first setting
	joined string         // as the Cookie header says them
}

func (c *cookies) take(header http.Header) {
	if len(header["Set-Cookie"]) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, cookie := range (&http.Response{Header: header}).Cookies() {
		i := slices.IndexFunc(c.kept, func(k *http.Cookie) bool { return k.Name == cookie.Name })
		switch {
		case cookie.MaxAge < 0 || cookie.Value == "":
			if i >= 0 {
				c.kept = slices.Delete(c.kept, i, i+1)
			}
		case i >= 0:
			c.kept[i] = cookie
		default:
			c.kept = append(c.kept, cookie)
		}
	}
	pairs := make([]string, len(c.kept))
	for i, cookie := range c.kept {
		pairs[i] = cookie.Name + "=" + cookie.Value
	}
	c.joined = strings.Join(pairs, "; ")
}

// header is the Cookie header; "" without cookies.
func (c *cookies) header() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.joined
}

func (c *cookies) secrets() []headroom.Secret {
	c.mu.Lock()
	defer c.mu.Unlock()
	secrets := make([]headroom.Secret, len(c.kept))
	for i, cookie := range c.kept {
		secrets[i] = headroom.Secret(cookie.Value)
	}
	return secrets
}
