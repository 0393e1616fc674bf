package odoo

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/grafana/sobek"

	"github.com/headroom-erp/headroom"
)

// withheld are the fields of headroom.SeededSite that scripts do not get: they
// hold secrets (tokens, a webhook's address), or are told otherwise.
var withheld = []string{"portal_orders", "webhook", "logins"}

// A place is a site as scripts see it.
type place struct {
	fields   map[string]any // plain values; lists are shared by all virtual users
	products []int64        // by rank, as in the fields
	codes    []string
	// companies is what goes into the context of each call: the site's company,
	// where several share the database; nil elsewhere.
	companies []any
}

// places prepares every site of the schedule.
func places(h *headroom.Header, seeded headroom.Seeded) (map[string]*place, error) {
	sharing := map[string]int{}
	for _, s := range h.Sites {
		sharing[s.Database]++
	}
	all := make(map[string]*place, len(h.Sites))
	for _, s := range h.Sites {
		fields, err := fieldsOf(seeded.Sites[s.Name])
		if err != nil {
			return nil, err
		}
		fields["name"], fields["database"] = s.Name, s.Database
		p := &place{fields: fields, products: seeded.Sites[s.Name].Products, codes: seeded.Sites[s.Name].Codes}
		if company := seeded.Sites[s.Name].Company; company != 0 && sharing[s.Database] > 1 {
			p.companies = []any{company}
		}
		all[s.Name] = p
	}
	return all, nil
}

// fieldsOf are a site's fields by the names that they have in its file.
func fieldsOf(site headroom.SeededSite) (map[string]any, error) {
	raw, err := json.Marshal(site)
	if err != nil {
		return nil, fmt.Errorf("odoo: %w", err)
	}
	var named map[string]json.RawMessage
	if err := json.Unmarshal(raw, &named); err != nil {
		return nil, fmt.Errorf("odoo: %w", err)
	}
	fields := make(map[string]any, len(named))
	for name, text := range named {
		if slices.Contains(withheld, name) {
			continue
		}
		if fields[name], err = field(text); err != nil {
			return nil, fmt.Errorf("odoo: %s of a seeded site: %w", name, err)
		}
	}
	return fields, nil
}

// field is a number, a truth, a text, or a list of numbers or of texts.
func field(text json.RawMessage) (any, error) {
	var numbers []int64
	var texts []string
	var number int64
	var v any
	switch {
	case json.Unmarshal(text, &numbers) == nil:
		return numbers, nil
	case json.Unmarshal(text, &texts) == nil:
		return texts, nil
	case json.Unmarshal(text, &number) == nil:
		return number, nil
	}
	err := json.Unmarshal(text, &v)
	return v, err
}

// site is what seeding created at the arrival's site.
func (m *module) site() (*sobek.Object, error) {
	i, p, err := m.serving()
	if err != nil {
		return nil, err
	}
	name := i.Site().Name
	if o, ok := m.sites[name]; ok {
		return o, nil
	}
	rt := m.vu.Runtime()
	fields := maps.Clone(p.places[name].fields)
	for k, v := range fields {
		switch v := v.(type) {
		case []int64:
			fields[k] = rt.NewDynamicArray(list[int64](v))
		case []string:
			fields[k] = rt.NewDynamicArray(list[string](v))
		}
	}
	o := object(rt, fields)
	if m.sites == nil {
		m.sites = map[string]*sobek.Object{}
	}
	m.sites[name] = o
	return o, nil
}

// A list is an array that cannot be changed: a large catalogue is held once,
// not by each virtual user.
type list[T int64 | string] []T

var _ sobek.DynamicArray = list[int64]{}

// primitive makes values of numbers and texts, which belong to no runtime.
var primitive *sobek.Runtime

func (l list[T]) plain() []any {
	items := make([]any, len(l))
	for i := range l {
		items[i] = l[i]
	}
	return items
}

// Len is part of sobek.DynamicArray.
func (l list[T]) Len() int { return len(l) }

// Get is part of sobek.DynamicArray.
func (l list[T]) Get(i int) sobek.Value {
	if i < 0 || i >= len(l) {
		return sobek.Undefined()
	}
	return primitive.ToValue(l[i])
}

// Set is part of sobek.DynamicArray; it refuses.
func (l list[T]) Set(int, sobek.Value) bool { return false }

// SetLen is part of sobek.DynamicArray; it refuses.
func (l list[T]) SetLen(int) bool { return false }
