package odoo

import (
	"context"
	"net/http"
	"net/url"

	"github.com/headroom-erp/headroom"
)

// authenticateJSONRPC logs in as the web client does.
func (s *Session) authenticateJSONRPC(ctx context.Context, l headroom.Login) *Error {
	params := map[string]any{"db": s.database, "login": l.Login, "password": l.Password.Reveal()}
	reply, header, err := s.client.jsonrpc(ctx, &encoder{}, &scan{}, request{path: "/web/session/authenticate", to: &s.to}, func(e *encoder) { e.json(params) }, plainBuilder{})
	if err != nil {
		return err
	}
	info, _ := reply.Value.(map[string]any)
	uid, ok := integer(info["uid"])
	if !ok || uid == 0 {
		return &Error{
			Outcome: headroom.BusinessError, Status: reply.Status, Bytes: reply.Bytes, Name: "odoo.exceptions.AccessDenied",
			Message: "no session was opened; a user with a second factor cannot log in this way",
		}
	}
	s.uid = uid
	s.cookies.take(header)
	return nil
}

func (s *Session) callJSONRPC(ctx context.Context, call Call) (Reply, []headroom.Secret, *Error) {
	named := call.Named
	if named == nil {
		named = map[string]any{}
	}
	params := func(e *encoder) {
		e.write(`{"args":`)
		e.json(call.positional())
		e.write(`,"kwargs":`)
		e.json(named)
		e.write(`,"method":`)
		e.jsonText(call.Method)
		e.write(`,"model":`)
		e.jsonText(call.Model)
		e.write("}")
	}
	path := "/web/dataset/call_kw/" + url.PathEscape(call.Model) + "/" + url.PathEscape(call.Method)
	q := request{path: call.withHR(path), to: &s.to, over: call.Wire}
	if kept := s.cookies.header(); kept != "" {
		q.header = []field{{"Cookie", kept}}
	}
	e := call.encoder()
	defer call.done(e)
	reply, header, failed := s.client.jsonrpc(ctx, e, call.scan(), q, params, call.builder())
	if failed != nil {
		call.expired(failed)
	}
	s.cookies.take(header)
	return reply, e.secrets, failed
}

// expired words an ended session, which the server tells without naming the call.
func (c Call) expired(e *Error) {
	if e.Name == "odoo.http.SessionExpiredException" {
		e.Message = "the session has ended; " + c.Model + "." + c.Method + " was not called"
	}
}

// jsonrpc sends params in Odoo's JSON-RPC envelope and opens the one that
// comes back: an error arrives with HTTP 200, too.
func (c *Client) jsonrpc(ctx context.Context, e *encoder, s *scan, q request, params func(*encoder), b Builder) (Reply, http.Header, *Error) {
	e.write(`{"id":1,"jsonrpc":"2.0","method":"call","params":`)
	params(e)
	e.write("}")
	if e.err != nil {
		return Reply{}, nil, badCall(e.err.Error())
	}
	q.body, q.header = e.out, append(q.header, field{"Content-Type", "application/json"})
	a, failed := c.post(ctx, q)
	if failed != nil {
		return Reply{}, a.header, failed
	}
	value, failed := a.openEnvelope(s, b)
	if failed != nil {
		return Reply{}, a.header, failed
	}
	return Reply{Value: value, Status: a.status, Bytes: int64(len(a.body))}, a.header, nil
}

func (a answer) openEnvelope(s *scan, b Builder) (any, *Error) {
	e, err := readEnvelope(s, a.body, b)
	if err != nil || e.version == nil {
		return nil, a.unexpected()
	}
	if e.failure != nil {
		name, message := toldError(e.failure)
		return nil, a.exception(name, message)
	}
	if a.status != http.StatusOK {
		return nil, a.unexpected()
	}
	return e.result, nil
}

// toldError reads {code, message, data: {name, message, …}}; the traceback in
// data.debug is left where it is.
func toldError(v any) (name, message string) {
	e, ok := v.(map[string]any)
	if !ok {
		text, _ := v.(string)
		return "", text
	}
	data, _ := e["data"].(map[string]any)
	name, _ = data["name"].(string)
	message, _ = data["message"].(string)
	if message == "" {
		message, _ = e["message"].(string)
	}
	return name, message
}
