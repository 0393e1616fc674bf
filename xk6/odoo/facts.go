package odoo

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/grafana/sobek"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// scriptStream sets the script's own randomness apart from the draws that
// make the arrival's document, which come from the same seed.
const scriptStream = 0xd1b54a32d192ed03

// An arrivalCache holds the object of the arrival at hand, so that each part
// of a script gets the same one and its random numbers go on.
type arrivalCache struct {
	of      *child.Instance
	attempt int // a document that is sent again is the same, so its draws begin anew
	object  *sobek.Object
}

// arrival is what is to happen, decided by the arrival's seed alone.
func (m *module) arrival() (*sobek.Object, error) {
	i, p, err := m.serving()
	if err != nil {
		return nil, err
	}
	if m.arrivals.of == i && m.arrivals.attempt == i.Attempt {
		return m.arrivals.object, nil
	}
	process := i.Process()
	document := i.Arrival.Document(process.Lines, p.popular[i.Arrival.Process])
	i.Journey.Lines = len(document)
	facts := &arrivalFacts{
		rt: m.vu.Runtime(), of: i, attempt: int64(max(1, i.Attempt)), run: m.root.child.Run(), process: process, place: p.places[i.Site().Name], document: document,
	}
	o := facts.rt.NewDynamicObject(facts)
	m.arrivals = arrivalCache{i, i.Attempt, o}
	return o, nil
}

// arrivalFields are the properties of an arrival, in the order of their names.
var arrivalFields = [...]string{
	"attempt", "below", "due", "id", "kind", "lines", "process", "random", "run", "scenario", "site", "user",
}

// arrivalFacts is the object that scripts get. Each property is made when it
// is first asked for: most scripts want few of them.
type arrivalFacts struct {
	rt       *sobek.Runtime
	of       *child.Instance
	attempt  int64
	run      string
	process  headroom.ScheduledProcess
	place    *place
	document []headroom.Line
	random   *rand.Rand
	known    [len(arrivalFields)]sobek.Value // in the order of the fields; nil: not asked for yet
}

var _ sobek.DynamicObject = (*arrivalFacts)(nil)

// Get is part of sobek.DynamicObject.
func (f *arrivalFacts) Get(name string) sobek.Value {
	n := slices.Index(arrivalFields[:], name)
	if n < 0 {
		return nil
	}
	if f.known[n] == nil {
		f.known[n] = f.make(name)
	}
	return f.known[n]
}

func (f *arrivalFacts) make(name string) sobek.Value {
	a := f.of.Arrival
	switch name {
	case "attempt":
		return f.rt.ToValue(f.attempt)
	case "below":
		return f.rt.ToValue(f.below)
	case "due":
		if a.Due <= 0 {
			return sobek.Null()
		}
		return f.rt.ToValue(a.Due.Seconds())
	case "id":
		return f.rt.ToValue(int64(a.ID))
	case "kind":
		return f.rt.ToValue(a.Kind.String())
	case "lines":
		return f.lines()
	case "process":
		return f.rt.ToValue(f.process.Name)
	case "random":
		return f.rt.ToValue(func() float64 { return f.draws().Float64() })
	case "run":
		return f.rt.ToValue(f.run)
	case "scenario":
		return f.rt.ToValue(f.process.Scenario)
	case "site":
		return f.rt.ToValue(f.of.Journey.Site)
	case "user":
		return f.rt.ToValue(int64(a.User))
	}
	return nil
}

// draws is the script's own source of randomness.
func (f *arrivalFacts) draws() *rand.Rand {
	if f.random == nil {
		f.random = rand.New(rand.NewPCG(f.of.Arrival.Seed, scriptStream))
	}
	return f.random
}

func (f *arrivalFacts) below(n int64) (int64, error) {
	if n < 1 {
		return 0, fmt.Errorf("odoo: arrival.below(%d): wanted at least 1", n)
	}
	return f.draws().Int64N(n), nil
}

// lines are the document's.
func (f *arrivalFacts) lines() sobek.Value {
	lines := make([]any, len(f.document))
	for n, l := range f.document {
		lines[n] = object(f.rt, map[string]any{
			"product": f.place.products[l.Product], "code": f.place.codes[l.Product], "quantity": int64(l.Quantity),
		})
	}
	return f.rt.NewArray(lines...)
}

// Set is part of sobek.DynamicObject; it refuses.
func (f *arrivalFacts) Set(string, sobek.Value) bool { return false }

// Has is part of sobek.DynamicObject.
func (f *arrivalFacts) Has(name string) bool { return slices.Contains(arrivalFields[:], name) }

// Delete is part of sobek.DynamicObject; it refuses.
func (f *arrivalFacts) Delete(string) bool { return false }

// Keys is part of sobek.DynamicObject.
func (f *arrivalFacts) Keys() []string { return arrivalFields[:] }

// version tells what differs between Odoo's versions, as far as the shipped
// scripts meet it.
func (m *module) version() (sobek.Value, error) {
	_, p, err := m.serving()
	if err != nil {
		return nil, err
	}
	if m.facts == nil {
		m.facts = object(m.vu.Runtime(), p.version.Facts())
	}
	return m.facts, nil
}
