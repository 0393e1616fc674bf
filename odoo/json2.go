package odoo

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/headroom-erp/headroom"
)

// checkJSON2 sees with one cheap call that the key is good, and asks for the
// user's id. The call itself may be refused (AccessError): then the key was good.
func (s *Session) checkJSON2(ctx context.Context, l headroom.Login) *Error {
	s.secret = l.Key
	if l.Key == "" {
		return &Error{Outcome: headroom.BusinessError, Name: "odoo.exceptions.AccessDenied", Message: "JSON-2 needs an API key, and the login has none"}
	}
	if strings.ContainsFunc(l.Key.Reveal(), unicode.IsControl) {
		return &Error{Outcome: headroom.BusinessError, Name: "odoo.exceptions.AccessDenied", Message: "the API key holds a line break or another control character"}
	}
	reply, _, err := s.callJSON2(ctx, Call{
		Model: "res.users", Method: "search",
		Named: map[string]any{"domain": []any{[]any{"login", "=", l.Login}}, "limit": 1},
	})
	if ids, ok := integers(reply.Value); ok && len(ids) == 1 {
		s.uid = ids[0]
	}
	switch {
	case err == nil || err.Name == "odoo.exceptions.AccessError":
		return nil
	case err.foreign && err.Status == http.StatusNotFound && !err.noDatabase():
		err.Message += "; JSON-2 came with Odoo 19"
	}
	return err
}

func (s *Session) callJSON2(ctx context.Context, call Call) (Reply, []headroom.Secret, *Error) {
	if len(call.Args) > 0 {
		return Reply{}, nil, badCall("JSON-2 takes named arguments only: give those of " + call.Model + "." + call.Method + " by name")
	}
	named := make(map[string]any, len(call.Named)+1)
	for k, v := range call.Named {
		named[k] = v
	}
	if call.IDs != nil {
		named["ids"] = call.IDs
	}
	e := call.encoder()
	defer call.done(e)
	if e.json(named); e.err != nil {
		return Reply{}, e.secrets, badCall(e.err.Error())
	}
	path := "/json/2/" + url.PathEscape(call.Model) + "/" + url.PathEscape(call.Method)
	a, failed := s.client.post(ctx, request{
		path: call.withHR(path), to: &s.to, over: call.Wire, body: e.out,
		header: []field{{"Content-Type", "application/json"}, {"Authorization", "bearer " + s.secret.Reveal()}, {"X-Odoo-Database", s.database}},
	})
	if failed != nil {
		return Reply{}, e.secrets, failed
	}
	value, failed := a.openJSON2(call.scan(), call.builder())
	if failed != nil {
		return Reply{}, e.secrets, failed
	}
	return Reply{Value: value, Status: a.status, Bytes: int64(len(a.body))}, e.secrets, nil
}

// openJSON2 reads a JSON-2 answer, which tells failure by its status and an
// exception in its body.
func (a answer) openJSON2(s *scan, b Builder) (any, *Error) {
	if a.status >= 200 && a.status < 300 {
		v, err := readJSON(s, a.body, b)
		if err != nil {
			return nil, a.unexpected()
		}
		return v, nil
	}
	v, err := decodeJSON(a.body)
	if err != nil {
		return nil, a.unexpected()
	}
	told, _ := v.(map[string]any)
	name, _ := told["name"].(string)
	message, _ := told["message"].(string)
	if name == "" {
		return nil, a.unexpected()
	}
	e := a.exception(name, message)
	// Odoo words a refusal of its own as 4xx, whatever the exception is called:
	// an unknown model, wrong arguments, a bad key.
	if a.status < 500 && e.Outcome == headroom.Fault {
		e.Outcome = headroom.BusinessError
		e.Message = strings.TrimSpace(message)
		if e.Message == "" {
			e.Message = name
		}
	}
	return nil, e
}
