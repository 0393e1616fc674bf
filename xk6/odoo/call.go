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
func (m *module) positional(p rpc.Protocol) any {
	return func(step, model, method string, args []any, kwargs map[string]any) (sobek.Value, error) {
		if args == nil {
			args = []any{}
		}
		return m.call(p, step, rpc.Call{Model: model, Method: method, Args: args, Named: kwargs})
	}
}

// named is `call(step, model, method, named)` of JSON-2, where ids are an
// argument like any other.
func (m *module) named(step, model, method string, named map[string]any) (sobek.Value, error) {
	c := rpc.Call{Model: model, Method: method}
	rest := maps.Clone(named)
	if given, ok := rest["ids"].([]any); ok {
		c.IDs = make([]int64, len(given))
		for i, v := range given {
			id, ok := v.(int64)
			if !ok {
				return nil, fmt.Errorf("odoo: %s.%s: ids[%d] is %v, wanted a whole number", model, method, i, v)
			}
			c.IDs[i] = id
		}
		delete(rest, "ids")
	}
	c.Named = rest
	return m.call(rpc.JSON2, step, c)
}

// call makes one request of the journey and records it.
func (m *module) call(p rpc.Protocol, step string, c rpc.Call) (sobek.Value, error) {
	i, ready, err := m.serving()
	if err != nil {
		return nil, err
	}
	s := ready.sessions[user{i.Site().Database, i.Arrival.User, p}]
	if s == nil {
		return nil, fmt.Errorf("odoo: scenario %s is known to speak %q, so nobody logged in for %q",
			i.Process().Scenario, ready.protocols[i.Process().Scenario], p)
	}
	c.HR = i.HR()
	ctx := context.WithValue(m.vu.Context(), throughKey{}, m.vu.State().Transport)
	r := headroom.Request{Step: step, Protocol: string(s.Protocol()), Outcome: headroom.OK, Start: m.now()}
	reply, err := s.Call(ctx, c)
	r.End, r.Status, r.Bytes = m.now(), reply.Status, reply.Bytes
	if err == nil {
		i.Add(r)
		return toJS(m.vu.Runtime(), reply.Value), nil
	}
	return nil, m.failed(ctx, i, r, err)
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
