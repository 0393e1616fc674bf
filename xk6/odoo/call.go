package odoo

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/grafana/sobek"

	"github.com/headroom-erp/headroom"
	rpc "github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// positional is `call(step, model, method, args, kwargs)` of JSON-RPC and
// XML-RPC.
func (m *module) positional(p rpc.Protocol) func(sobek.FunctionCall) (sobek.Value, error) {
	return func(call sobek.FunctionCall) (sobek.Value, error) {
		c, step, err := named(call)
		if err != nil {
			return nil, err
		}
		c.Args = []any{}
		if given, err := exported[[]any](call.Argument(3), "a list"); err != nil {
			return nil, c.wrong("args", err)
		} else if given != nil {
			c.Args = given
		}
		if c.Named, err = exported[map[string]any](call.Argument(4), "an object"); err != nil {
			return nil, c.wrong("kwargs", err)
		}
		return m.call(p, step, c.Call)
	}
}

// json2 is `call(step, model, method, named)` of JSON-2, where ids are an
// argument like any other.
func (m *module) json2(call sobek.FunctionCall) (sobek.Value, error) {
	c, step, err := named(call)
	if err != nil {
		return nil, err
	}
	given, err := exported[map[string]any](call.Argument(3), "an object")
	if err != nil {
		return nil, c.wrong("named", err)
	}
	rest := maps.Clone(given)
	if ids, ok := rest["ids"].([]any); ok {
		c.IDs = make([]int64, len(ids))
		for i, v := range ids {
			id, ok := v.(int64)
			if !ok {
				return nil, fmt.Errorf("odoo: %s.%s: ids[%d] is %v, wanted a whole number", c.Model, c.Method, i, v)
			}
			c.IDs[i] = id
		}
		delete(rest, "ids")
	}
	c.Named = rest
	return m.call(rpc.JSON2, step, c.Call)
}

// native is a function that the runtime calls without reflection. An error is
// thrown as it is, so that errors.As finds it again when nobody catches it.
func (m *module) native(f func(sobek.FunctionCall) (sobek.Value, error)) func(sobek.FunctionCall) sobek.Value {
	return func(call sobek.FunctionCall) sobek.Value {
		v, err := f(call)
		if err != nil {
			panic(m.vu.Runtime().NewGoError(err))
		}
		return v
	}
}

// A scriptCall is a call as a script asks for it.
type scriptCall struct{ rpc.Call }

func (c scriptCall) wrong(what string, err error) error {
	return fmt.Errorf("odoo: %s.%s: %s: %w", c.Model, c.Method, what, err)
}

// named reads the three texts with which every call begins.
func named(call sobek.FunctionCall) (c scriptCall, step string, err error) {
	var texts [3]string
	for i := range texts {
		v := call.Argument(i)
		if !sobek.IsString(v) {
			return c, "", fmt.Errorf("odoo: a call begins with three texts, of step, model and method; number %d is %v", i+1, v)
		}
		texts[i] = v.String()
	}
	c.Model, c.Method = texts[1], texts[2]
	return c, texts[0], nil
}

// exported is a script's value in Go; nothing for undefined and null.
func exported[T any](v sobek.Value, wanted string) (none T, err error) {
	if sobek.IsUndefined(v) || sobek.IsNull(v) {
		return none, nil
	}
	x := v.Export()
	switch one := x.(type) { // of the site's lists
	case list[int64]:
		x = one.plain()
	case list[string]:
		x = one.plain()
	}
	if t, ok := x.(T); ok {
		return t, nil
	}
	return none, fmt.Errorf("it is %v, wanted %s", v, wanted)
}

// call makes one request of the journey and records it.
func (m *module) call(p rpc.Protocol, step string, c rpc.Call) (sobek.Value, error) {
	i, ready, err := m.serving()
	if err != nil {
		return nil, err
	}
	site := i.Site()
	s := ready.sessions[user{site.Name, site.Database, i.Arrival.User, p}]
	if s == nil {
		return nil, fmt.Errorf("odoo: scenario %s is known to speak %q, so nobody logged in for %q",
			i.Process().Scenario, ready.protocols[i.Process().Scenario], p)
	}
	c.HR, c.Wire, c.Build = i.HR(), &m.wire, values{m.vu.Runtime()}
	c.Named = within(ready.places[site.Name].companies, c.Named)
	ctx, cancel := m.deadline(i)
	defer cancel()
	r := headroom.Request{Step: step, Protocol: string(s.Protocol()), Outcome: headroom.OK, Start: m.now()}
	reply, err := s.Call(ctx, c)
	r.End, r.Status, r.Bytes = m.now(), reply.Status, reply.Bytes
	if err == nil {
		i.Add(r)
		return reply.Value.(sobek.Value), nil // by values
	}
	return nil, m.failed(m.vu.Context(), i, r, err)
}

// deadline is the virtual user's context, with the gateway's own patience.
func (m *module) deadline(i *child.Instance) (context.Context, context.CancelFunc) {
	ctx := m.vu.Context()
	if i.Timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, i.Timeout)
}

// within adds the companies in which a call works to its context, unless the
// script gave some. What the script passed is left as it is.
func within(companies []any, named map[string]any) map[string]any {
	if companies == nil {
		return named
	}
	given, _ := named["context"].(map[string]any)
	if given["allowed_company_ids"] != nil {
		return named
	}
	inner := make(map[string]any, len(given)+1)
	maps.Copy(inner, given)
	inner["allowed_company_ids"] = companies
	outer := make(map[string]any, len(named)+1)
	maps.Copy(outer, named)
	outer["context"] = inner
	return outer
}

func (m *module) now() float64 { return m.root.child.Now().Seconds() }

// failed records a request that failed and makes the exception for it.
func (m *module) failed(ctx context.Context, i *child.Instance, r headroom.Request, err error) error {
	r.Outcome, r.Error = headroom.Fault, err.Error()
	var e *rpc.Error
	if errors.As(err, &e) {
		r.Outcome, r.Status, r.Bytes, r.Error = e.Outcome, e.Status, e.Bytes, e.Message
	}
	if ctx.Err() != nil { // the run ended; whatever the transport made of it
		r.Outcome, r.Error = headroom.Aborted, "the run ended"
	}
	i.Add(r)
	return &child.Failure{Outcome: r.Outcome, Message: r.Step + ": " + r.Error}
}
