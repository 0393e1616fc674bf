package odoo

import (
	"fmt"
	"math/rand/v2"

	"github.com/grafana/sobek"

	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// scriptStream sets the script's own randomness apart from the draws that
// make the arrival's document, which come from the same seed.
const scriptStream = 0xd1b54a32d192ed03

// An arrivalCache holds the object of the arrival at hand, so that each part
// of a script gets the same one and its random numbers go on.
type arrivalCache struct {
	of     *child.Instance
	object *sobek.Object
}

// arrival is what is to happen, decided by the arrival's seed alone.
func (m *module) arrival() (*sobek.Object, error) {
	i, p, err := m.serving()
	if err != nil {
		return nil, err
	}
	if m.arrivals.of == i {
		return m.arrivals.object, nil
	}
	rt, process := m.vu.Runtime(), i.Process()
	site := p.seeded.Databases[i.Site().Database]
	document := i.Arrival.Document(process.Lines, p.popular)
	i.Journey.Lines = len(document)
	lines := make([]any, len(document))
	for n, l := range document {
		lines[n] = toJS(rt, map[string]any{
			"product": site.Products[l.Product], "code": site.Codes[l.Product], "quantity": int64(l.Quantity),
		})
	}
	random := rand.New(rand.NewPCG(i.Arrival.Seed, scriptStream))
	o := object(rt, map[string]any{
		"id": int64(i.Arrival.ID), "process": process.Name, "site": i.Site().Name, "scenario": process.Scenario,
		"user": int64(i.Arrival.User), "lines": rt.NewArray(lines...),
		"random": random.Float64,
		"below": func(n int64) (int64, error) {
			if n < 1 {
				return 0, fmt.Errorf("odoo: arrival.below(%d): wanted at least 1", n)
			}
			return random.Int64N(n), nil
		},
	})
	m.arrivals = arrivalCache{i, o}
	return o, nil
}

// site is what seeding created at the arrival's site.
func (m *module) site() (any, error) {
	i, p, err := m.serving()
	if err != nil {
		return nil, err
	}
	name := i.Site().Name
	if o, ok := m.sites[name]; ok {
		return o, nil
	}
	rt, seeded := m.vu.Runtime(), p.seeded.Databases[i.Site().Database]
	o := object(rt, map[string]any{
		"name": name, "database": i.Site().Database, "products": ids(rt, seeded.Products), "partners": ids(rt, seeded.Partners),
		"vendor": seeded.Vendor, "stock_location": seeded.StockLocation,
	})
	if m.sites == nil {
		m.sites = map[string]any{}
	}
	m.sites[name] = o
	return o, nil
}

// version tells what differs between Odoo's versions, as far as the shipped
// scripts meet it.
func (m *module) version() (sobek.Value, error) {
	_, p, err := m.serving()
	if err != nil {
		return nil, err
	}
	d := p.version.Dialect()
	return toJS(m.vu.Runtime(), map[string]any{
		"major": int64(p.version.Major), "text": p.version.Text,
		"done_field": d.DoneField, "picked": d.Picked, "json2": d.JSON2,
	}), nil
}
