package sim

import "math"

const maxTries = 5 // Odoo's

// ask begins a request: it wants a worker.
func (e *engine) ask(i int32) {
	c := &e.customers[i]
	c.asked, c.try, c.refused, c.host = e.time, 0, 0, -1
	e.number++
	e.connect(i, false)
}

// connect takes a worker, a place in the backlog, or comes again. Who is
// counted as waiting already says so. The replica is chosen once, and anew
// where it does not exist any more; without one, the request fails.
func (e *engine) connect(i int32, waits bool) {
	c := &e.customers[i]
	n := e.classes[c.class].pool
	if n < 0 {
		e.try(i)
		return
	}
	p := &e.pool[n]
	if c.host < 0 || p.host[c.host].target == 0 {
		c.host = p.choose(e, c)
	}
	if c.host < 0 {
		e.turnAway(i, p, waits)
		return
	}
	h := &p.host[c.host]
	switch {
	case h.hasIdle():
		if waits {
			p.wait(e.time, -1, e.o.DrainAfter)
		}
		h.active++
		e.give(p, h, i)
		return
	case h.backlog == 0 || h.queue.len() < h.backlog:
		h.active++
		h.queue.push(i)
	default:
		p.refused++
		if c.refused == synRetries+1 {
			e.turnAway(i, p, waits)
			return
		}
		e.at(e.time+math.Ldexp(1, int(c.refused)), connectAgain, i)
		c.refused++
	}
	if !waits {
		p.wait(e.time, 1, e.o.DrainAfter)
	}
}

// turnAway fails a request that never had a worker.
func (e *engine) turnAway(i int32, p *pool, waits bool) {
	if waits {
		p.wait(e.time, -1, e.o.DrainAfter)
	}
	c := &e.customers[i]
	c.waited = e.time - c.asked
	e.answer(i, false, false)
}

// synRetries is Linux' tcp_syn_retries: a connection is asked for seven times,
// the gaps doubling from 1 s, and the last wait of 64 s is in vain.
const synRetries = 6

// try begins the work of one try: its snapshot and its demands.
func (e *engine) try(i int32) {
	c := &e.customers[i]
	k := &e.classes[c.class]
	if c.try == 0 {
		c.waited = e.time - c.asked
	}
	c.try++
	e.stream(c, 2*uint64(c.try)+forTry)
	calls := 0
	if len(k.called) > 0 {
		calls = max(1, e.random.whole(k.visits))
	}
	size := e.size(c, k) * e.slowness()
	total := size * k.work.draw(e.random)
	c.homeWork = total / float64(calls+1)
	each := e.slice[int(i)*e.called:]
	for n := range k.calls {
		w := size * k.calls[n].draw(e.random)
		total += w
		each[n] = w / float64(calls)
	}
	c.slice, c.slices = -1, int32(calls*(1+len(k.called))+1)
	c.left, c.done, c.delayed = 0, 0, k.delay.kind == zero
	c.touchAt, c.againAt, c.touched = math.Inf(1), math.Inf(1), false
	if k.rule != nil {
		c.snapshot, c.held = e.lock.now, 0
		c.rows = e.rows(c, k)
		if len(c.rows) > 0 {
			c.touchAt = k.rule.At * total
			if k.rule.Again > 0 && k.rule.SkipLocked && len(k.also) > 0 {
				c.againAt = max(k.rule.At, k.rule.Again) * total
			}
		}
	}
	e.proceed(i)
}

// slowness is how many times as long work takes now.
func (e *engine) slowness() float64 {
	for e.paced < len(e.load.Pace) && e.load.Pace[e.paced].From <= e.time {
		e.paced++
	}
	if e.paced == 0 {
		return 1
	}
	return e.load.Pace[e.paced-1].Times
}

// size is how many times a class' mean demand the journey's document has.
func (e *engine) size(c *customer, k *class) float64 {
	n := len(c.document.Products)
	if k.ofQuantities {
		n = c.document.Quantities
	}
	if k.perLine == 0 || n == 0 {
		return 1
	}
	return 1 + k.perLine*(float64(n)-k.lines)
}

// proceed goes on with the try: the next piece of work, the delay, the rows,
// the end.
func (e *engine) proceed(i int32) {
	c := &e.customers[i]
	k := &e.classes[c.class]
	if c.load > 0 && k.home >= 0 {
		w := c.load
		c.load = 0
		e.station[k.home].add(e.time, w, i)
		return
	}
	for {
		if c.done >= c.touchAt {
			e.touch(i)
			return
		}
		if c.left > 0 {
			e.serve(i, c, k)
			return
		}
		if c.slice+1 >= c.slices/2 && !c.delayed {
			c.delayed = true
			e.at(e.time+e.delay(c, k), endOfDelay, i)
			return
		}
		if c.slice++; c.slice >= c.slices {
			break
		}
		if at := int(c.slice) % (1 + len(k.called)); at == 0 {
			c.left = c.homeWork
		} else {
			c.left = e.slice[int(i)*e.called+at-1]
		}
	}
	if !math.IsInf(c.touchAt, 1) { // at the very end, or rounding kept us short of it
		c.done = c.touchAt
		e.touch(i)
		return
	}
	e.commit(i)
}

func (e *engine) delay(c *customer, k *class) float64 {
	if !k.delay.random() {
		return k.delay.mean
	}
	e.stream(c, forDelay+uint64(c.try))
	return k.delay.draw(e.random)
}

// serve sends what is left of the slice to its station, only up to the point
// where rows are to be touched.
func (e *engine) serve(i int32, c *customer, k *class) {
	work := c.left
	if c.done+work > c.touchAt {
		work = c.touchAt - c.done
		c.left -= work
		c.done = c.touchAt
	} else {
		c.left = 0
		c.done += work
	}
	s := k.home
	if at := int(c.slice) % (1 + len(k.called)); at > 0 {
		s = k.called[at-1]
	}
	e.station[s].add(e.time, work, i)
}

// commit ends the work of a request that succeeded.
func (e *engine) commit(i int32) {
	c := &e.customers[i]
	if c.held > 0 {
		e.lock.now++
		e.release(c, true)
	}
	e.answer(i, true, true)
}

// answer ends a request: the worker is free, and after the overhead the
// journey goes on.
func (e *engine) answer(i int32, ok, worker bool) {
	c := &e.customers[i]
	k := &e.classes[c.class]
	if k.pool >= 0 && worker {
		e.freeWorker(c)
	}
	overhead := k.overhead.mean
	if k.overhead.random() {
		e.stream(c, forOverhead)
		overhead = k.overhead.draw(e.random)
	}
	e.number--
	e.tally.request(e, c, e.time+overhead, ok)
	if !ok {
		e.end(i, overhead, false)
		return
	}
	e.next(i, overhead)
}
