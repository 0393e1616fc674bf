package sim

import (
	"cmp"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
)

// shifts puts the first journey of each operator into the calendar.
func (e *engine) shifts() {
	for n, o := range e.load.Operators {
		if o.From >= o.Until {
			continue
		}
		i := e.enter(-1, 0)
		e.customers[i].operator = int32(n)
		e.inReplay++
		e.at(o.From, nextOfShift, i)
	}
}

// work begins an operator's next journey. What it is about and what it demands
// follow from the seed that the replaying engine gives the same journey.
func (e *engine) work(i int32) {
	c := &e.customers[i]
	o := &e.load.Operators[c.operator]
	c.round++
	a := o.arrival(c.round)
	c.journey, c.key, c.scheduled = int32(o.Journey), key(e.o.Seed, a.Seed), e.time
	c.catalogue, c.tenant, c.site = int32(o.Catalogue), int32(o.Tenant), int32(o.Site)
	c.about, c.document = c.key, Document{}
	if e.load.Products.Len() > 0 {
		c.document = document(a, o, &e.load)
	}
	e.start(i)
}

// arrival is the operator's n-th journey.
func (o *Operator) arrival(n uint32) headroom.Arrival {
	return headroom.Arrival{Seed: o.Seed, Kind: headroom.Closed}.Journey(n, 0)
}

func document(a headroom.Arrival, o *Operator, l *Load) Document {
	law := o.Law
	if law == nil {
		law = &l.Products
	}
	return NewDocument(a.Document(o.Lines, *law))
}

// pauses lets an operator think after a journey; false when the shift is over.
func (e *engine) pauses(i int32) bool {
	c := &e.customers[i]
	o := &e.load.Operators[c.operator]
	pause := o.arrival(c.round).Pause(headroom.ScheduledProcess{ThinkTime: o.Think, ThinkSCV: o.ThinkSCV})
	next := e.time + float64(pause)/float64(time.Second)
	if next >= o.Until {
		e.inReplay--
		return false
	}
	e.at(next, nextOfShift, i)
	return true
}

// ended is the operators' journeys in the order of their ends: one is counted
// when its last answer is on its way.
func (t *tallies) ended() []Ended {
	slices.SortStableFunc(t.operators, func(a, b Ended) int { return cmp.Compare(a.End, b.End) })
	return t.operators
}
