package sim

import "slices"

// give lets an idle worker begin a request.
func (e *engine) give(p *pool, h *host, i int32) {
	p.serve(e.time, 1)
	if !p.named {
		h.free--
	} else {
		w := h.idle.pop()
		k := &h.worker[w]
		k.state, k.customer = serving, i
		c := &e.customers[i]
		c.worker = w
		c.load = e.registry(p, k, c) * e.slowness()
	}
	e.soon(i, begin)
}

func (h *host) hasIdle() bool { return h.free > 0 || h.idle.len() > 0 }

// registry is the work of loading the tenant's registry, where the worker does
// not have it. The least recently used one makes room.
func (e *engine) registry(p *pool, k *worker, c *customer) float64 {
	if p.spec.RegistryLoad == 0 {
		return 0
	}
	tenant := int32(e.tenant(c, int(c.class)))
	if at := slices.Index(k.registries, tenant); at >= 0 {
		k.registries = append(slices.Delete(k.registries, at, at+1), tenant)
		return 0
	}
	if p.spec.Registries > 0 && len(k.registries) >= p.spec.Registries {
		k.registries = slices.Delete(k.registries, 0, 1)
	}
	k.registries = append(k.registries, tenant)
	return p.spec.RegistryLoad
}

// freeWorker is the end of a worker's request: it serves who waits, is started
// anew, or goes.
func (e *engine) freeWorker(c *customer) {
	p := &e.pool[e.classes[c.class].pool]
	h := &p.host[c.host]
	h.active--
	if p.named {
		e.freeNamed(p, h, c)
		return
	}
	if h.queue.len() == 0 {
		p.serve(e.time, -1)
		h.free++
		return
	}
	p.wait(e.time, -1, e.o.DrainAfter)
	e.soon(h.queue.pop(), begin)
}

func (e *engine) freeNamed(p *pool, h *host, c *customer) {
	p.serve(e.time, -1)
	k := &h.worker[c.worker]
	k.served++
	switch {
	case int(c.worker) >= h.target:
		k.start(gone)
	case p.spec.RecycleAfter > 0 && k.served >= p.spec.RecycleAfter:
		k.start(starting)
		at := int32(len(e.starts))
		if n := len(e.freeStarts); n > 0 {
			at, e.freeStarts = e.freeStarts[n-1], e.freeStarts[:n-1]
		} else {
			e.starts = append(e.starts, start{})
		}
		e.starts[at] = start{e.classes[c.class].pool, c.host, c.worker, k.epoch}
		e.at(e.time+p.spec.RecycleTime, workerStarts, at)
	default:
		e.idle(p, h, c.worker)
	}
}

// start is a worker that is being started.
type start struct {
	pool         int
	host, worker int32
	epoch        uint32
}

func (e *engine) started(at int32) {
	s := e.starts[at]
	e.freeStarts = append(e.freeStarts, at)
	p := &e.pool[s.pool]
	h := &p.host[s.host]
	if k := &h.worker[s.worker]; k.epoch == s.epoch && k.state == starting {
		e.idle(p, h, s.worker)
	}
}

// idle is a worker that wants work.
func (e *engine) idle(p *pool, h *host, w int32) {
	h.worker[w].state = idle
	h.idle.push(w)
	if h.queue.len() > 0 {
		p.wait(e.time, -1, e.o.DrainAfter)
		e.give(p, h, h.queue.pop())
	}
}
