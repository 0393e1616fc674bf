package sim

import (
	"slices"

	"github.com/headroom-erp/headroom"
)

// change is a Reconfiguration with names turned into indices.
type change struct {
	at      float64
	station int // -1: of a pool
	pool    int
	workers int
	servers float64
	lost    bool
}

func changes(s headroom.System, list []headroom.Reconfiguration) []change {
	var out []change
	for _, r := range list {
		c := change{at: r.At, station: -1, workers: int(r.Servers), servers: r.Servers, lost: r.Lost}
		for i, st := range s.Stations {
			if st.Name == r.Station {
				c.station = i
			}
		}
		for i, p := range s.AllPools() {
			if p.Name == r.Pool {
				c.pool = i
			}
		}
		out = append(out, c)
	}
	return out
}

// ofPool is those of one pool.
func ofPool(list []change, pool int) []change {
	return slices.DeleteFunc(slices.Clone(list), func(c change) bool { return c.station >= 0 || c.pool != pool })
}

// reconfigure lets the n-th change happen.
func (e *engine) reconfigure(n int32) {
	c := &e.changes[n]
	if c.station >= 0 {
		e.station[c.station].resize(e.time, c.servers)
		return
	}
	p := &e.pool[c.pool]
	p.size(c.workers)
	for i := range p.host {
		e.shrink(p, int32(i), c.lost)
	}
	for i := range p.host {
		e.expand(p, int32(i))
	}
}

// shrink takes away the workers of a host that are too many, the last ones
// first. Who waits before a host without workers goes to another; where the
// host was lost, or there is no other, that request fails.
func (e *engine) shrink(p *pool, n int32, lost bool) {
	h := &p.host[n]
	for w := len(h.worker) - 1; w >= h.target; w-- {
		k := &h.worker[w]
		if k.state == serving && !lost {
			continue // finishes what it does
		}
		if k.state == serving {
			e.kill(p, h, k)
		}
		k.start(gone)
	}
	h.idle.keep(func(w int32) bool { return int(w) < h.target })
	if h.target > 0 {
		return
	}
	for range h.queue.len() {
		i := h.queue.pop()
		h.active--
		e.move(p, i, lost)
	}
}

// move sends a waiting request to another replica, or fails it.
func (e *engine) move(p *pool, i int32, lost bool) {
	if lost {
		e.turnAway(i, p, true)
		return
	}
	e.customers[i].refused = 0
	e.connect(i, true)
}

// kill ends what a worker holds.
func (e *engine) kill(p *pool, h *host, k *worker) {
	i := k.customer
	e.forget(i)
	h.active--
	p.serve(e.time, -1)
	e.answer(i, false, false)
}

// forget takes a request that is under way out of wherever it is. What it was
// going to touch or had locked is rolled back.
func (e *engine) forget(i int32) {
	c := &e.customers[i]
	for n := range e.station {
		e.station[n].remove(e.time, i)
	}
	e.todo = slices.DeleteFunc(e.todo, func(n now) bool { return n.customer == i })
	e.calendar.remove(func(v event) bool { return v.kind.ofCustomer() && v.what == i })
	if c.waits >= 0 {
		e.unqueue(i)
	}
	if c.held > 0 {
		e.release(c, false)
	}
}

// expand makes the workers that a host lacks, and gives them to who waits.
func (e *engine) expand(p *pool, n int32) {
	h := &p.host[n]
	h.fill()
	for h.queue.len() > 0 && h.idle.len() > 0 {
		p.wait(e.time, -1, e.o.DrainAfter)
		e.give(p, h, h.queue.pop())
	}
}
