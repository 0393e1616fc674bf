// Package odoo is the JavaScript module k6/x/odoo: a thin door from scripts to
// package odoo, on connections of its own. Users are logged in once, before the
// start, and their sessions are shared by all virtual users; which user acts
// follows from the arrival that a virtual user serves.
package odoo

import (
	"errors"
	"sync/atomic"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/modules"

	"github.com/headroom-erp/headroom"
	rpc "github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// ImportPath is the module's name in scripts.
const ImportPath = "k6/x/odoo"

// A Root is the module of one process. It implements modules.Module and
// arrivals.Preparer.
type Root struct {
	child *child.Child
	ready atomic.Pointer[prepared] // nil until users are logged in
	marks marks
	holds holds
}

// New makes the module of one process.
func New(c *child.Child) *Root { return &Root{child: c} }

var _ modules.Module = (*Root)(nil)

// NewModuleInstance makes the module of one virtual user.
func (r *Root) NewModuleInstance(vu modules.VU) modules.Instance {
	return &module{root: r, vu: vu}
}

// A module is what one virtual user's script imports.
type module struct {
	root *Root
	vu   modules.VU

	arrivals arrivalCache
	sites    map[string]*sobek.Object
	facts    *sobek.Object // of the server's version
	wire     rpc.Wire      // what this virtual user's calls go over
}

// Exports is the default export `erp`. index.d.ts declares it.
func (m *module) Exports() modules.Exports {
	rt := m.vu.Runtime()
	door := func(call func(sobek.FunctionCall) (sobek.Value, error)) any {
		return object(rt, map[string]any{"call": m.native(call)})
	}
	erp := object(rt, map[string]any{
		"arrival":     m.native(func(sobek.FunctionCall) (sobek.Value, error) { return m.arrival() }),
		"site":        m.native(func(sobek.FunctionCall) (sobek.Value, error) { return m.site() }),
		"user":        m.user,
		"released":    m.document(false),
		"done":        m.document(true),
		"since":       m.since,
		"hold":        m.hold,
		"jsonrpc":     door(m.positional(rpc.JSONRPC)),
		"xmlrpc":      door(m.positional(rpc.XMLRPC)),
		"json2":       door(m.json2),
		"step":        m.step,
		"database":    m.database,
		"nothingToDo": m.nothingToDo,
	})
	if err := erp.DefineAccessorProperty("version", rt.ToValue(m.version), nil, 0, 0); err != nil {
		panic(err) // a fresh object takes any property
	}
	return modules.Exports{Default: erp}
}

var errInit = errors.New("odoo: there is no arrival in the init context; call this in the scenario's function")

// serving is the instance that this virtual user works on.
func (m *module) serving() (*child.Instance, *prepared, error) {
	state := m.vu.State()
	if state == nil {
		return nil, nil, errInit
	}
	i, p := m.root.child.Serving(state.VUID), m.root.ready.Load()
	if i == nil || p == nil {
		return nil, nil, child.ErrNotConducted
	}
	return i, p, nil
}

// nothingToDo ends the journey: it found no work, which is no failure.
func (m *module) nothingToDo() error {
	if _, _, err := m.serving(); err != nil {
		return err
	}
	return &child.Failure{Outcome: headroom.NothingToDo, Message: "the journey found no work"}
}
