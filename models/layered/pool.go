package layered

// resources is the stations as the requests of pool p see them (-1: as those
// without a worker do), with the mean demand of one request.
func (v *solver) resources(p, most int) ([]resource, float64) {
	out := make([]resource, len(v.stations))
	var rate float64
	for _, k := range v.classes {
		if k.pool == p {
			rate += k.rate
		}
	}
	for i, st := range v.stations {
		r := &out[i]
		r.servers = st.Servers
		for _, k := range v.classes {
			d := k.rate * k.demand[i] * k.retry.work
			switch {
			case k.pool != p:
				r.open += d
			case rate > 0:
				r.demand += d / rate
			}
		}
		r.open = min(r.open, almostAll*r.servers)
		r.prepare(most)
	}
	return out, rate
}

// pool solves one pool with the rates of this round.
func (v *solver) pool(p int) {
	q := &v.pools[p]
	stations, rate := v.resources(p, q.workers)
	if rate == 0 {
		q.flow, q.overload = flow{}, 0
		return
	}
	var delay float64
	for _, k := range v.classes {
		if k.pool == p {
			delay += k.rate / rate * (k.delay*k.retry.work + k.retry.sleep + k.blocked)
		}
	}
	demand := delay
	for _, s := range stations {
		demand += s.demand
	}
	if demand <= 0 { // requests that take no time hold nobody
		q.flow, q.overload = flow{}, 0
		v.carry(p, 1)
		return
	}
	net := solveClosed(stations, delay, q.workers)
	q.flow = birthDeath(v.births(p, rate), v.sources(p), net.throughput)
	q.overload = q.flow.overload
	v.carry(p, min(1, q.flow.through/rate))
	v.meet(q, net.throughput)
	v.stretch(p, stations, net)
	v.waits(p, rate)
	if len(v.pools) == 1 {
		v.beside(stations, net, q.flow.served)
	}
}

// stretch is how much longer a second of work takes at each station, by
// Little's law over the requests of pool p that are there.
func (v *solver) stretch(p int, stations []resource, net closed) {
	f := &v.pools[p].flow
	for s := range stations {
		if stations[s].demand <= 0 {
			continue
		}
		var queue float64
		for n, w := range f.served {
			queue += w * net.queue[s][n]
		}
		for i := range v.classes {
			if v.classes[i].pool == p {
				v.classes[i].stretch[s] = queue / (f.through * stations[s].demand)
			}
		}
	}
}

// births is the open part of a pool's requests, 1/s.
func (v *solver) births(p int, rate float64) float64 {
	for _, c := range v.chains {
		if c.population > 0 {
			rate -= c.rate * v.visitsTo(&c, p)
		}
	}
	return max(0, rate)
}

func (v *solver) visitsTo(c *chain, p int) float64 {
	var n float64
	for i, visits := range c.visits {
		if v.classes[i].pool == p {
			n += visits
		}
	}
	return n
}

// sources are the closed chains as pool p sees them.
func (v *solver) sources(p int) []source {
	var out []source
	var inPool float64
	for _, k := range v.classes {
		if k.pool == p {
			inPool += k.rate * (k.wait + k.held())
		}
	}
	for i := range v.chains {
		c := &v.chains[i]
		visits := v.visitsTo(c, p)
		if c.population == 0 || visits == 0 {
			continue
		}
		outside, inside := c.think, 0.0
		for n, x := range c.visits {
			k := &v.classes[n]
			outside += x * k.overhead
			if k.pool == p {
				inside += x * (k.wait + k.held())
			} else {
				outside += x * (k.wait + k.held())
			}
		}
		share := 1.0
		if inPool > 0 {
			share = min(1, max(1e-3, c.rate*inside/inPool))
		}
		out = append(out, source{population: c.population, think: max(outside/visits, shortestThink), share: share})
	}
	return out
}

func (v *solver) carry(p int, share float64) {
	for i := range v.classes {
		if v.classes[i].pool == p {
			v.classes[i].carried = v.classes[i].rate * share
		}
	}
}

// meet compares the commits that a running request sees beside it with those
// of independent requests: with n in service they are X(n) (n-1)/n.
func (v *solver) meet(q *pool, x []float64) {
	var seen, running float64
	for n := 1; n < len(x); n++ {
		seen += q.flow.served[n] * x[n] * float64(n-1)
		running += q.flow.served[n] * float64(n)
	}
	q.meets = 1
	if running > 0 {
		q.meets = seen / (running * q.flow.through)
	}
}

// waits spreads the pool's waiting over its classes, all alike: first come,
// first served.
func (v *solver) waits(p int, rate float64) {
	f := &v.pools[p].flow
	var mean, second float64
	for i := range v.classes {
		k := &v.classes[i]
		if k.pool == p {
			h := k.held()
			mean += k.rate / rate * h
			second += k.rate / rate * (h*h + k.heldVariance(false))
		}
	}
	spread := 1.0
	if mean > 0 {
		spread = second / (mean * mean) // 1 + SCV
	}
	// A closed customer's wait depends on the spread only while the pool is
	// seldom full: at saturation the bottleneck alone decides.
	open := min(1, v.births(p, rate)/rate)
	factor := 1 + (spread/2-1)*(open+(1-open)*(1-f.mustWait))
	for i := range v.classes {
		if k := &v.classes[i]; k.pool == p {
			k.wait = f.waiting / f.through * factor
		}
	}
}

// beside gives requests without a worker their share of the stations.
func (v *solver) beside(stations []resource, net closed, served []float64) {
	for s := range stations {
		if stations[s].open <= 0 {
			continue
		}
		var number float64
		for n, w := range served {
			number += w * net.others[s][n]
		}
		for i := range v.classes {
			if v.classes[i].pool < 0 {
				v.classes[i].stretch[s] = number / stations[s].open
			}
		}
	}
}

// unpooled solves the requests without a worker where no pool did it, and
// finds stations that they alone overload.
func (v *solver) unpooled() {
	alone := len(v.pools) != 1 || v.pools[0].flow.through == 0
	for s, st := range v.stations {
		var own, all float64
		for i := range v.classes {
			k := &v.classes[i]
			a := k.rate * k.demand[s] * k.retry.work
			all += a
			if k.pool < 0 {
				own += a
				k.carried = k.rate
			}
		}
		v.full[s] = 0
		if own >= st.Servers {
			v.full[s] = own / st.Servers
		}
		v.clipped[s] = own > almostAll*st.Servers
		if !alone || all == 0 {
			continue
		}
		r := resource{servers: st.Servers, open: min(all, almostAll*st.Servers)}
		r.prepare(0)
		for i := range v.classes {
			if v.classes[i].pool < 0 {
				v.classes[i].stretch[s] = r.others[0] / r.open
			}
		}
	}
}
