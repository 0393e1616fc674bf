package layered

import "math"

// spread is how unequal the work of a pool's requests is. Work is counted in
// what limits the pool when it is full: each station's seconds weigh as a
// further request would queue there (the elasticity of X(W) in the demand).
type spread struct {
	scv    float64   // of requests
	light  float64   // (hyperexponential)
	lit    float64   // the SCV that light was found for
	mean   []float64 // by class, of its work; 1 is the mean request's
	second []float64
	calm   []part
	around float64 // what others at the stations add to E(work²)
}

// part is requests of a class: those that never lost a try.
type part struct{ weight, mean, second float64 }

// spread of pool q, whose visits come at their rates.
func (v *solver) spread(p int, stations []resource, delay float64) spread {
	q := &v.pools[p]
	w := q.workers
	pause, pauses := q.memory.pause(), q.memory.pauseVariance()
	per := make([]float64, len(stations)+1)
	for s := range per {
		d := delay
		if s < len(stations) {
			d = stations[s].demand
		}
		if d > 0 {
			per[s] = max(0, q.net.queue[s][w]-q.net.queue[s][w-1]) / d
		}
	}
	out := spread{calm: make([]part, len(v.classes)), mean: make([]float64, len(v.classes)), second: make([]float64, len(v.classes))}
	for i := range v.classes {
		k := &v.classes[i]
		waits := per[len(stations)]
		out.mean[i] = waits * (k.delay*k.retry.work + k.retry.sleep + k.blocked + pause)
		variance := waits * waits * (pauses + k.retry.spread + k.delayVariance*k.retry.work + k.blocked*k.blocked)
		whole := waits * k.delay
		for s, d := range k.demand {
			out.mean[i] += per[s] * d * k.retry.work
			variance += math.Pow(per[s]*d, 2) * k.scv[s] * k.retry.work
			whole += per[s] * d
		}
		variance += max(0, k.retry.square-k.retry.work*k.retry.work) * whole * whole
		out.second[i] = out.mean[i]*out.mean[i] + variance
		calm := waits * (k.delay + pause)
		calmVariance := waits * waits * (k.delayVariance + pauses)
		for s, d := range k.demand {
			calm += per[s] * d
			calmVariance += math.Pow(per[s]*d, 2) * k.scv[s]
		}
		out.calm[i] = part{weight: 1, mean: out.mean[i], second: out.second[i]}
		if p := k.retry.lost; p > 1e-4 && p < 0.99 && calm > 0 {
			out.calm[i] = part{1 - p, calm, calm*calm + calmVariance}
		}
	}
	v.over(p, &out)
	v.around(p, stations, &out)
	return out
}

// over takes the moments over all requests of the pool.
func (v *solver) over(p int, out *spread) {
	var rate, first, second float64
	for i := range v.chains {
		for _, x := range v.chains[i].visits {
			if x.pool == p {
				r := v.chains[i].rate * x.n
				rate, first, second = rate+r, first+r*out.mean[x.class], second+r*out.second[x.class]
			}
		}
	}
	if first <= 0 {
		return
	}
	mean := first / rate
	out.scv = max(0, second*rate/(first*first)-1)
	for i := range out.mean {
		out.mean[i] /= mean
		out.second[i] /= mean * mean
		out.calm[i].mean /= mean
		out.calm[i].second /= mean * mean
	}
}

// around is what the others' work at the same stations adds to the variance of
// the pool's own, at high load: it comes and goes, and with it what is left for
// the pool. With g the relative loss of X(W) for an Erlang more of others, it is
// λ_pool Σ λ E(g work)², to be added to E(Y²).
func (v *solver) around(p int, stations []resource, out *spread) {
	q := &v.pools[p]
	loss := make([]float64, len(stations))
	for s := range stations {
		r := resource{servers: stations[s].servers, open: stations[s].open + v.otherRate(p)*stations[s].others}
		w := q.workers
		if r.open <= 0 || stations[s].demand <= 0 || r.open >= almostAll*r.servers {
			continue
		}
		elastic := max(0, q.net.queue[s][w]-q.net.queue[s][w-1])
		n := max(1, int(math.Round(q.net.queue[s][w])))
		r.prepare(n, v.scratch)
		c := r.capacity[n]
		const step = 1e-3
		r.open += step * r.servers
		r.prepare(n, v.scratch)
		loss[s] = elastic * max(0, c-r.capacity[n]) / (c * step * r.servers)
	}
	var sum float64
	for i := range v.chains {
		for _, x := range v.chains[i].visits {
			k := &v.classes[x.class]
			r, each := v.chains[i].rate*x.n, 1.0
			if x.pool == p {
				each = 1 - 1/float64(v.pools[p].replicas)
			}
			var mean, variance float64
			for s, d := range k.demand {
				mean += loss[s] * d * k.retry.work
				variance += math.Pow(loss[s]*d, 2) * k.scv[s] * k.retry.work
			}
			if x.pool == p && each == 0 {
				continue
			}
			sum += r * each * (mean*mean + variance)
		}
	}
	out.around = q.rate * sum
}

// otherRate is that of the requests in other pools and replicas, 1/s.
func (v *solver) otherRate(p int) float64 {
	var sum float64
	for i := range v.pools {
		n := float64(v.pools[i].replicas)
		if i == p {
			n--
		}
		sum += n * v.pools[i].rate
	}
	return sum
}

// lightTarget is w times the integral of the w-th power of the probability
// that a request in service lasts longer: what exponential work makes 1, and
// what decides the wait at low load (Burman and Smith 1983). Each class' work is
// log-normal.
func (s *spread) lightTarget(share []float64, w int) float64 {
	type kind struct{ weight, mu, sigma, mean float64 }
	var kinds []kind
	add := func(weight, mean, second float64) {
		if weight > 0 && mean > 0 {
			v := math.Log1p(max(1e-4, second/(mean*mean)-1))
			kinds = append(kinds, kind{weight, math.Log(mean) - v/2, math.Sqrt(v), mean})
		}
	}
	for i, f := range share {
		c := s.calm[i]
		add(f*c.weight, c.mean, c.second)
		if lost := 1 - c.weight; lost > 0 {
			add(f*lost, (s.mean[i]-c.weight*c.mean)/lost, (s.second[i]-c.weight*c.second)/lost)
		}
	}
	lasts := func(t float64) float64 {
		var sum float64
		l := math.Log(t)
		for _, k := range kinds {
			d := (k.mu - l) / k.sigma
			sum += k.weight * (k.mean*normal(d+k.sigma) - t*normal(d))
		}
		return max(0, sum)
	}
	const points, low, high = 48, -9.0, 4.5 // ln t
	var sum float64
	step := (high - low) / points
	for i := range points + 1 {
		t := math.Exp(low + float64(i)*step)
		f := math.Pow(lasts(t), float64(w)) * t
		if i == 0 || i == points {
			f /= 2
		}
		sum += f * step
	}
	return float64(w) * (sum + math.Exp(low))
}

// normal is the standard normal distribution; beyond 6 it is within 1e-9 of its end.
func normal(z float64) float64 {
	switch {
	case z > 6:
		return 1
	case z < -6:
		return 0
	}
	return math.Erfc(-z/math.Sqrt2) / 2
}
