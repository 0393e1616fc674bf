package odoo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/kolo/xmlrpc"

	"github.com/headroom-erp/headroom"
)

// authenticateXMLRPC asks for the user's id. A key stands in for the password
// when there is one: the server checks it faster.
func (s *Session) authenticateXMLRPC(ctx context.Context, l headroom.Login) *Error {
	s.secret = l.Password
	if l.Key != "" {
		s.secret = l.Key
	}
	var e encoder
	e.methodCall("authenticate", s.database, l.Login, s.secret.Reveal(), map[string]any{})
	reply, err := s.client.xmlrpc(ctx, &e, &scan{}, request{path: "/xmlrpc/2/common", to: &s.to}, plainBuilder{})
	if err != nil {
		return err
	}
	uid, ok := integer(reply.Value)
	if !ok || uid == 0 {
		return &Error{
			Outcome: headroom.BusinessError, Status: reply.Status, Bytes: reply.Bytes,
			Name: "odoo.exceptions.AccessDenied", Message: "Access Denied",
		}
	}
	s.uid = uid
	return nil
}

func (s *Session) callXMLRPC(ctx context.Context, call Call) (Reply, []headroom.Secret, *Error) {
	named := call.Named
	if named == nil {
		named = map[string]any{}
	}
	e := call.encoder()
	defer call.done(e)
	e.methodCall("execute_kw", s.database, s.uid, s.secret.Reveal(), call.Model, call.Method, call.positional(), named)
	reply, failed := s.client.xmlrpc(ctx, e, call.scan(), request{path: call.withHR("/xmlrpc/2/object"), to: &s.to, over: call.Wire}, call.builder())
	if failed != nil && strings.Contains(failed.Message, "cannot marshal None") {
		failed.Message = call.Model + "." + call.Method + " returns None, which XML-RPC cannot carry, " +
			"and the server rolled the call back (cannot marshal None): call it by JSON-RPC or JSON-2"
	}
	return reply, e.secrets, failed
}

// xmlrpc sends one method call and opens its answer.
func (c *Client) xmlrpc(ctx context.Context, e *encoder, s *scan, q request, b Builder) (Reply, *Error) {
	if e.err != nil {
		return Reply{}, badCall(e.err.Error())
	}
	q.body, q.header = e.out, []field{{"Content-Type", "text/xml"}}
	a, failed := c.post(ctx, q)
	if failed != nil {
		return Reply{}, failed
	}
	value, failed := a.openXML(s, b)
	if failed != nil {
		return Reply{}, failed
	}
	return Reply{Value: value, Status: a.status, Bytes: int64(len(a.body))}, nil
}

// openXML reads a method's response or its fault, which comes with HTTP 200.
func (a answer) openXML(s *scan, b Builder) (any, *Error) {
	if !bytes.Contains(a.body[:min(len(a.body), 1<<10)], []byte("<methodResponse")) {
		return nil, a.unexpected()
	}
	// Only then does the codec search the whole body, by a pattern.
	if bytes.Contains(a.body, []byte("<fault>")) {
		var fault xmlrpc.FaultError
		if err := xmlrpc.Response(a.body).Err(); errors.As(err, &fault) {
			return nil, a.exception(faultException(fault))
		}
		return nil, a.unexpected()
	}
	value, err := readXML(s, a.body, b)
	if err != nil || a.status != http.StatusOK {
		return nil, a.unexpected()
	}
	return value, nil
}

// decodeXML decodes with kolo's codec into any: it makes []interface{},
// map[string]interface{}, int64, float64, bool, string and time.Time.
// A panic of its reflection on a strange document is an error here.
func decodeXML(body []byte) (v any, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, fmt.Errorf("odoo: cannot read the XML answer: %v", r)
		}
	}()
	if err := xmlrpc.Response(body).Unmarshal(&v); err != nil {
		return nil, err
	}
	return times(v), nil
}

// faultException turns a fault into an exception's name and message. Odoo's
// codes: 2 a warning, 3 access denied, 4 access error, 1 anything else, with
// the traceback as its text (addons/rpc/controllers/xmlrpc.py).
func faultException(f xmlrpc.FaultError) (name, message string) {
	switch f.Code {
	case 2:
		return "odoo.exceptions.UserError", f.String
	case 3:
		return "odoo.exceptions.AccessDenied", f.String
	case 4:
		return "odoo.exceptions.AccessError", f.String
	}
	return tracebackException(f.String)
}

// tracebackException finds "name: message" below the last frame of a Python
// traceback. A text that is none is all message.
func tracebackException(text string) (name, message string) {
	at := strings.LastIndex("\n"+text, "\n  File \"")
	if at < 0 {
		return "", text
	}
	rest := text[at:]
	for {
		line, after, more := strings.Cut(rest, "\n")
		if line != "" && line[0] != ' ' {
			name, _, _ = strings.Cut(line, ":")
			return name, strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(rest, name), ":"))
		}
		if !more {
			return "", text
		}
		rest = after
	}
}
