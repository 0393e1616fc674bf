package layered

import "math"

// resources is the stations as the requests of pool p see them, the mean time
// without a CPU of theirs and of the other pools' requests, and how many others
// there are: the probability of each number.
func (v *solver) resources(p int) (stations []resource, delay, otherDelay float64, others []float64) {
	stations = make([]resource, len(v.stations))
	var rate, other float64
	each := func(one func(c *chain, x *visit, k *class, r float64, own bool)) {
		for i := range v.chains {
			c := &v.chains[i]
			for n := range c.visits {
				x := &c.visits[n]
				r := c.rate * x.n
				if x.pool != p || p < 0 {
					one(c, x, &v.classes[x.class], r, false)
					continue
				}
				one(c, x, &v.classes[x.class], r/float64(v.pools[p].replicas), true)
			}
		}
	}
	each(func(c *chain, x *visit, k *class, r float64, own bool) {
		outside := k.delay*k.retry.work + k.retry.sleep + k.blocked
		if x.pool >= 0 {
			outside += v.pools[x.pool].memory.pause()
		}
		switch {
		case own:
			rate += r
			delay += r * outside
		case x.pool >= 0:
			other += r
			otherDelay += r * outside
		}
		for s := range stations {
			d := r * k.demand[s] * k.retry.work
			switch {
			case own:
				stations[s].demand += d
			case x.pool < 0:
				stations[s].open += d
			default:
				stations[s].others += d
			}
		}
	})
	others = v.others(p)
	if len(others) == 1 {
		other = 0
	}
	for s := range stations {
		r := &stations[s]
		r.servers = v.stations[s].Servers
		r.open = min(r.open, almostAll*r.servers)
		if rate > 0 {
			r.demand /= rate
		}
		if other > 0 {
			r.others /= other
		} else {
			r.others = 0
		}
	}
	if p >= 0 {
		v.pools[p].rate = rate
	}
	if rate > 0 {
		delay /= rate
	}
	if other > 0 {
		otherDelay /= other
	}
	return stations, delay, otherDelay, others
}

const mostTogether = 400 // states of own and others' requests in service

// others is the distribution of how many requests other pools have in service,
// as if they were independent of one another.
func (v *solver) others(p int) []float64 {
	out := []float64{1}
	size := mostTogether
	if p >= 0 {
		size = mostTogether / (v.pools[p].workers + 1)
	}
	for i := range v.pools {
		q := &v.pools[i]
		if i == p || len(q.present) == 0 || q.rate == 0 {
			continue
		}
		for range q.replicas {
			out = together(out, q.present, max(2, size))
		}
	}
	return out
}

func together(a, b []float64, size int) []float64 {
	out := make([]float64, min(size, len(a)+len(b)-1))
	for i, x := range a {
		for j, y := range b {
			out[min(i+j, len(out)-1)] += x * y
		}
	}
	for len(out) > 1 && out[len(out)-1] < 1e-9 {
		out[len(out)-2] += out[len(out)-1]
		out = out[:len(out)-1]
	}
	return out
}

// pool solves one pool with the rates of this round.
func (v *solver) pool(p int, phased bool) {
	v.scratch.reset()
	q := &v.pools[p]
	stations, delay, otherDelay, others := v.resources(p)
	before := q.together
	q.flow, q.served, q.wait, q.through, q.meets = flow{}, nil, 0, 0, 1
	demand := delay
	for _, s := range stations {
		demand += s.demand
	}
	if q.rate == 0 || demand <= 0 { // requests that take no time hold nobody
		return
	}
	all := q.workers * q.replicas
	if len(before) != all+1 {
		before = make([]float64, all+1)
		before[0] = 1
	}
	net := v.network(p, stations, delay, otherDelay, before, others)
	closed, open := v.sources(p)
	crowd := newCrowd(closed, v.openSource(p, open), v.scratch)
	last := all
	for _, s := range closed {
		last += int(math.Min(math.Ceil(s.population/max(1e-3, crowd.shareOf(s.chain))), mostStates))
	}
	arrive := func(n int) float64 { return crowd.births(open, n) }
	births := func(n int) float64 { return arrive(n) / crowd.speed(n+1) }
	together := birthDeath(open, births, min(last, mostStates), net.throughput)
	q.together = together.served
	v.climbed += len(together.p)
	from := func(i, n int) float64 { return crowd.from(i, crowd.of(n)[i]) }
	switch {
	case q.replicas == 1:
		q.net, q.flow = net, together
	case together.overload > 0:
		q.net, q.flow = net, together
		q.flow.through /= float64(q.replicas)
		q.flow.served = q.flow.served[:q.workers+1]
		q.flow.served[q.workers] = 1
	default:
		t := q.split(net, together)
		births, arrive = t.mean(births), t.mean(arrive)
		one := make([]func(n int) float64, len(closed))
		for i := range closed {
			one[i] = t.mean(func(m int) float64 { return crowd.from(i, crowd.of(m)[i]) })
		}
		from = func(i, n int) float64 { return one[i](n) }
		open /= float64(q.replicas)
		births = t.slower(births, net.throughput)
		q.flow = birthDeath(open, births, min(last+mostQueued, mostStates), q.net.throughput)
	}
	v.refuse(p, births)
	if q.flow.overload == 0 && len(closed) > 0 {
		q.flow.through = q.flow.arriving(open, arrive)
	}
	q.through = q.flow.through
	q.served = q.flow.served
	if q.flow.overload > 0 {
		return
	}
	if phased {
		v.phased(p, stations, delay, open)
	}
	v.meet(q)
	v.views(p, stations, from, closed, open)
}

func (c *crowd) shareOf(chain int) float64 {
	if c.total <= fieldNumbers {
		return 1
	}
	for i, s := range c.sources {
		if s.chain == chain {
			return c.share[i]
		}
	}
	return 1
}

// openSource is the open requests of a pool together.
func (v *solver) openSource(p int, rate float64) source {
	out := source{rate: rate}
	var all float64
	for i := range v.chains {
		c := &v.chains[i]
		if c.customers() > 0 {
			continue
		}
		for _, x := range c.visits {
			if x.pool == p {
				r := c.rate * x.n
				h := v.classes[x.class].held(x.stretch)
				all += r
				out.served += r * h
				out.held += r * (x.wait + h)
			}
		}
	}
	if all > 0 {
		out.served, out.held = out.served/all, out.held/all
	}
	return out
}

func (q *pool) strain(s int) float64 {
	if s < len(q.strained) {
		return q.strained[s]
	}
	return 1
}

// meet compares the commits that a running request sees beside it with those
// of independent requests: with n in service they are X(n) (n-1)/n.
func (v *solver) meet(q *pool) {
	var seen, running float64
	x := q.net.throughput
	for n := 1; n < len(x); n++ {
		seen += q.served[n] * x[n] * float64(n-1)
		running += q.served[n] * float64(n)
	}
	q.meets = 1
	if running > 0 {
		q.meets = seen / (running * q.flow.through)
	}
}
