package odoo

import (
	"maps"
	"slices"

	"github.com/grafana/sobek"
)

// toJS makes plain JavaScript values of what a server answered, rather than
// views of Go's, so that scripts may do with them what they like.
func toJS(rt *sobek.Runtime, v any) sobek.Value {
	switch v := v.(type) {
	case nil:
		return sobek.Null()
	case []any:
		items := make([]any, len(v))
		for i := range v {
			items[i] = toJS(rt, v[i])
		}
		return rt.NewArray(items...)
	case map[string]any:
		made := make(map[string]any, len(v))
		for k := range v {
			made[k] = toJS(rt, v[k])
		}
		return object(rt, made)
	}
	return rt.ToValue(v)
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

// ids makes an array of record ids.
func ids(rt *sobek.Runtime, v []int64) sobek.Value {
	items := make([]any, len(v))
	for i := range v {
		items[i] = v[i]
	}
	return rt.NewArray(items...)
}
