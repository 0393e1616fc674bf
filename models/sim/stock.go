package sim

import "slices"

// item is a document that somebody made and nobody has done yet.
type item struct {
	Document
	about uint64 // what it is drawn from when it has no products
	paper int32  // number of the document; 0 of one that lay there at the start
}

// kind is the number of a kind of documents, -1 for "".
func (p *program) kind(name string) int {
	if name == "" {
		return -1
	}
	if i := slices.Index(p.kinds, name); i >= 0 {
		return i
	}
	p.kinds = append(p.kinds, name)
	return len(p.kinds) - 1
}

// shelf is where the documents of a kind lie for a customer.
func (e *engine) shelf(kind, tenant, site int) *fifo {
	return &e.stock[(kind*e.tenants+tenant)*e.sites+site]
}

// fillStock puts down what lies there at the start.
func (e *engine) fillStock() {
	e.stock = make([]fifo, len(e.kinds)*e.tenants*e.sites)
	for n, k := range e.load.Stock {
		kind := slices.Index(e.kinds, k.Kind)
		if kind < 0 {
			continue // nobody takes it
		}
		for m, d := range k.Documents {
			e.put(e.shelf(kind, k.Tenant, k.Site), item{d, key(key(e.o.Seed, 0xfffe), uint64(n)<<32|uint64(m)), 0})
		}
	}
}

func (e *engine) put(shelf *fifo, what item) {
	shelf.push(int32(len(e.items)))
	e.items = append(e.items, what)
}

// whose is the tenant that a journey's stock belongs to: that of its first request.
func (e *engine) whose(c *customer) int {
	return e.tenant(c, e.journeys[c.journey].steps[0].class)
}

func (e *engine) tenant(c *customer, class int) int {
	if t := e.classes[class].tenant; t >= 0 {
		return t
	}
	return int(c.tenant)
}

// take gives a journey that needs a document the oldest one that there is.
func (e *engine) take(c *customer) {
	kind := e.journeys[c.journey].takes
	if kind < 0 {
		return
	}
	c.nothing, c.took, c.paper, c.document = false, -1, 0, Document{}
	shelf := e.shelf(kind, e.whose(c), int(c.site))
	if shelf.len() == 0 {
		c.nothing = true
		return
	}
	c.took = shelf.pop()
	c.document, c.about = e.items[c.took].Document, e.items[c.took].about
}

// hand passes on what the journey was about, at its end. A document that it
// took and did not finish lies there again, before the others.
func (e *engine) hand(c *customer) {
	j := &e.journeys[c.journey]
	switch {
	case c.nothing:
	case c.failed && c.took >= 0:
		e.shelf(j.takes, e.whose(c), int(c.site)).pushFront(c.took)
	case !c.failed && j.makes >= 0:
		e.put(e.shelf(j.makes, e.whose(c), int(c.site)), item{c.document, c.about, c.paper})
	}
}
