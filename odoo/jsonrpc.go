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
	reply, header, err := s.client.jsonrpc(ctx, "/web/session/authenticate", nil, params, nil)
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
	var p plain
	named := call.Named
	if named == nil {
		named = map[string]any{}
	}
	params, err := p.value(map[string]any{
		"model": call.Model, "method": call.Method, "args": call.positional(), "kwargs": named,
	})
	if err != nil {
		return Reply{}, p.secrets, badCall(err.Error())
	}
	path := "/web/dataset/call_kw/" + url.PathEscape(call.Model) + "/" + url.PathEscape(call.Method)
	reply, header, failed := s.client.jsonrpc(ctx, call.withHR(path), &s.cookies, params, call.expired())
	s.cookies.take(header)
	return reply, p.secrets, failed
}

// expired words an ended session, which the server tells without naming the call.
func (c Call) expired() func(*Error) {
	return func(e *Error) {
		if e.Name == "odoo.http.SessionExpiredException" {
			e.Message = "the session has ended; " + c.Model + "." + c.Method + " was not called"
		}
	}
}

// jsonrpc sends params in Odoo's JSON-RPC envelope and opens the one that
// comes back: an error arrives with HTTP 200, too. reword, if not nil, may
// change the message of a told exception.
func (c *Client) jsonrpc(ctx context.Context, path string, jar *cookies, params any, reword func(*Error)) (Reply, http.Header, *Error) {
	body, err := encodeJSON(map[string]any{"jsonrpc": "2.0", "method": "call", "id": 1, "params": params})
	if err != nil {
		return Reply{}, nil, badCall(err.Error())
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if jar != nil {
		if kept := jar.header(); kept != "" {
			header.Set("Cookie", kept)
		}
	}
	a, failed := c.post(ctx, path, header, body)
	if failed != nil {
		return Reply{}, a.header, failed
	}
	value, failed := a.openEnvelope()
	if failed != nil {
		if reword != nil {
			reword(failed)
		}
		return Reply{}, a.header, failed
	}
	return Reply{Value: value, Status: a.status, Bytes: int64(len(a.body))}, a.header, nil
}

func (a answer) openEnvelope() (any, *Error) {
	v, err := decodeJSON(a.body)
	envelope, ok := v.(map[string]any)
	if err != nil || !ok || envelope["jsonrpc"] == nil {
		return nil, a.unexpected()
	}
	if told, bad := envelope["error"]; bad && told != nil {
		name, message := toldError(told)
		return nil, a.exception(name, message)
	}
	if a.status != http.StatusOK {
		return nil, a.unexpected()
	}
	return envelope["result"], nil // absent when the method returned None
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
