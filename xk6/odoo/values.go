package odoo

import (
	"maps"
	"slices"

	"github.com/grafana/sobek"

	rpc "github.com/headroom-erp/headroom/odoo"
)

// values make plain JavaScript values of what a server answers while it is
// read, rather than views of Go's, so that scripts may do with them what they
// like.
type values struct{ rt *sobek.Runtime }

var _ rpc.Builder = values{}

func (values) Null() any             { return sobek.Null() }
func (v values) Bool(b bool) any     { return v.rt.ToValue(b) }
func (v values) Int(i int64) any     { return v.rt.ToValue(i) }
func (v values) Float(f float64) any { return v.rt.ToValue(f) }
func (v values) Text(s string) any   { return v.rt.ToValue(s) }

func (v values) List(items []any) any { return v.rt.NewArray(items...) }

func (v values) Record(names []string, fields []any) any {
	o := v.rt.NewObject()
	for i, name := range names {
		if err := o.Set(name, fields[i]); err != nil {
			panic(err) // a fresh object takes any property
		}
	}
	return o
}

// object makes an object with these properties, in the order of their names.
func object(rt *sobek.Runtime, properties map[string]any) *sobek.Object {
	o := rt.NewObject()
	for _, k := range slices.Sorted(maps.Keys(properties)) {
		if err := o.Set(k, properties[k]); err != nil {
			panic(err) // a fresh object takes any property
		}
	}
	return o
}
