package odoo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/headroom-erp/headroom"
)

// A Protocol is one of Odoo's doors.
type Protocol string

// The protocols.
const (
	JSONRPC Protocol = "jsonrpc" // a web session: what people's browsers and the barcode app use
	JSON2   Protocol = "json2"   // /json/2 with a bearer key; 19 and later
	XMLRPC  Protocol = "xmlrpc"  // /xmlrpc/2 with user id and password in each call
)

const (
	// DefaultTimeout bounds a call of a Client whose Timeout is zero; it is Odoo's own limit_time_real.
	DefaultTimeout = 120 * time.Second
	// maxBody bounds an answer, in bytes.
	maxBody = 64 << 20
)

// A Client reaches one server. It is a value without state: sessions hold
// that. It is safe for concurrent use when its Transport is.
type Client struct {
	URL       string            // http://127.0.0.1:8069, without credentials
	Transport http.RoundTripper // nil: one that goes to the server directly, whatever proxy the environment names
	Timeout   time.Duration     // of one call, body included; zero: DefaultTimeout
}

// direct goes where the load goes: a proxy could lead the check of the marker
// to another server than the load.
var direct = func() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	return t
}()

// Version asks the server for its version. An unreachable server is an
// *headroom.InputError.
func (c *Client) Version(ctx context.Context) (Version, error) {
	params := map[string]any{"service": "common", "method": "version", "args": []any{}}
	reply, _, err := c.jsonrpc(ctx, &encoder{}, &scan{}, request{path: "/jsonrpc"}, func(e *encoder) { e.json(params) }, plainBuilder{})
	if err != nil {
		return Version{}, c.refused(mask(err), "", "")
	}
	info, _ := reply.Value.(map[string]any)
	for _, key := range []string{"server_serie", "server_version"} {
		if text, ok := info[key].(string); ok {
			if v, err := ParseVersion(text); err == nil {
				return v, nil
			}
		}
	}
	return Version{}, &headroom.InputError{What: "the server does not tell an Odoo version", Where: c.address(), Do: "give the address of an Odoo server"}
}

// where is the address in parts.
func (c *Client) where() (address, error) {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return address{}, &headroom.InputError{What: "the server's address is not a URL", Where: c.address(), Do: "give it as http://host:port"}
	case u.User != nil:
		return address{}, &headroom.InputError{What: "the server's address holds credentials", Where: c.address(), Do: "give login and password by environment or file"}
	}
	return addressOf(u), nil
}

// address is the URL as errors may show it.
func (c *Client) address() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return "server URL"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// An answer is a whole HTTP answer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// A request is what goes to a server.
type request struct {
	path   string
	header []field
	body   []byte
	to     *address // nil: the client's URL, which is then read
	over   *Wire    // nil: the client's transport
}

// post sends one request and reads its whole answer. It never follows a
// redirect: a redirect is not what a call asked for.
func (c *Client) post(ctx context.Context, q request) (answer, *Error) {
	if q.to == nil {
		to, err := c.where()
		if err != nil {
			return answer{}, &Error{Outcome: headroom.Unreachable, Message: err.Error(), cause: err}
		}
		q.to = &to
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	if q.over == nil || !q.to.plain {
		return c.roundTrip(ctx, timeout, q)
	}
	a, err := q.over.post(ctx, timeout, *q.to, q.path, q.header, q.body)
	if err != nil {
		return a, transportError(ctx, errors.Is(err, os.ErrDeadlineExceeded), err, a, timeout)
	}
	return a.bounded()
}

// bounded refuses an answer that is too long.
func (a answer) bounded() (answer, *Error) {
	if len(a.body) > maxBody {
		return a, a.failed(headroom.Fault, "", fmt.Sprintf("the answer is longer than %d MiB", maxBody>>20))
	}
	return a, nil
}

// roundTrip is post by the client's transport.
func (c *Client) roundTrip(ctx context.Context, timeout time.Duration, q request) (answer, *Error) {
	inner, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(inner, http.MethodPost, q.to.base+q.path, bytes.NewReader(q.body))
	if err != nil {
		return answer{}, &Error{Outcome: headroom.Unreachable, Message: "the call's address is not a URL", cause: err}
	}
	for _, f := range q.header {
		req.Header.Set(f.name, f.value)
	}
	req.Header.Set("User-Agent", "headroom")
	transport := c.Transport
	if transport == nil {
		transport = direct
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return answer{}, transportError(ctx, inner.Err() != nil, err, answer{}, timeout)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return a, transportError(ctx, inner.Err() != nil, err, a, timeout)
	}
	return a.bounded()
}

// transportError tells apart who ended the request: the run, the deadline, or
// the network.
func transportError(outer context.Context, late bool, err error, a answer, timeout time.Duration) *Error {
	e := &Error{Status: a.status, Bytes: int64(len(a.body)), cause: err}
	var netErr net.Error
	switch {
	case errors.Is(outer.Err(), context.Canceled):
		e.Outcome, e.Message = headroom.Aborted, "the call was given up before the answer"
	case outer.Err() != nil:
		e.Outcome, e.Message = headroom.Timeout, "no answer before the deadline"
	case late:
		e.Outcome, e.Message = headroom.Timeout, fmt.Sprintf("no answer within %v", timeout)
	case errors.As(err, &netErr) && netErr.Timeout():
		e.Outcome, e.Message = headroom.Timeout, err.Error()
	case a.status != 0:
		e.Outcome, e.Message = headroom.Unreachable, "the answer was cut off: "+err.Error()
	default:
		e.Outcome, e.Message = headroom.Unreachable, err.Error()
	}
	return e
}

// Login opens a session of one user. A refused login, a database that is not
// there and a server that does not answer are *headroom.InputError.
func (c *Client) Login(ctx context.Context, p Protocol, database string, l headroom.Login) (*Session, error) {
	to, bad := c.where()
	if bad != nil {
		return nil, bad
	}
	s := &Session{client: c, to: to, protocol: p, database: database, login: l.Login}
	var err *Error
	switch p {
	case JSONRPC:
		err = s.authenticateJSONRPC(ctx, l)
	case XMLRPC:
		err = s.authenticateXMLRPC(ctx, l)
	case JSON2:
		err = s.checkJSON2(ctx, l)
	default:
		return nil, fmt.Errorf("odoo: unknown protocol %q", string(p))
	}
	if err != nil {
		return nil, c.refused(mask(err, l.Password, l.Key), database, l.Login)
	}
	return s, nil
}

// refused says what a user can do about a failed login.
func (c *Client) refused(e *Error, database, login string) error {
	in := &headroom.InputError{Where: c.address(), Err: e}
	var input *headroom.InputError
	switch {
	case errors.As(e.cause, &input):
		return input
	case e.Outcome == headroom.Aborted:
		return e
	case e.Outcome == headroom.Unreachable || e.Outcome == headroom.Timeout:
		in.What = "the server does not answer (" + e.Message + ")"
		in.Do = "start it, or give the address where it listens"
	case e.noDatabase():
		in.What = fmt.Sprintf("the server has no database %q", database)
		in.Do = "name a database that it serves; a server that was started with -d serves just that one"
	case e.foreign:
		in.What = "the server does not answer like Odoo (" + e.Message + ")"
		in.Do = "give the address of an Odoo server, without a path"
	case e.denied():
		in.What = fmt.Sprintf("the server refused the login %q in database %q (%s)", login, database, e.Message)
		in.Do = "check login and password or key"
	default:
		return fmt.Errorf("odoo: login %q in database %q at %s: %w", login, database, c.address(), e)
	}
	return in
}
