package layered

import "math"

// disturbance is how much longer CPU work takes on a host because its other cores
// are at work too (headroom.Host.Interference).
type disturbance struct {
	cores, interference, reference float64
	slow                           float64 // CPU seconds that all work takes, over its demand
}

// pace is how fast work goes, over how fast it went where it was measured, while
// so many of the host's other cores work. Between whole numbers it is the mean.
func (d *disturbance) pace(others float64) float64 {
	at := func(others float64) float64 {
		busy := 0.0
		if most := d.cores - 1; most > 0 {
			busy = min(1, others/most)
		}
		return (1 + d.interference*d.reference) / (1 + d.interference*busy)
	}
	whole := math.Floor(others)
	return at(whole) + (others-whole)*(at(whole+1)-at(whole))
}

// least is the least that a CPU second of a station can take, over what it takes
// on average.
func (v *solver) least(s int) float64 {
	h := v.quotas[s].host
	if h < 0 || v.disturbances[h].interference == 0 {
		return 1
	}
	d := &v.disturbances[h]
	return min(1, 1/(d.pace(0)*d.slow))
}

// slowness is what work at a station takes over its demand; -1 is no station.
func (v *solver) slowness(s int) float64 {
	if s < 0 || v.quotas[s].host < 0 {
		return 1
	}
	return v.disturbances[v.quotas[s].host].slow
}

// speeds is how the work of a pool goes on a host by the number of its requests
// in service, of all replicas together.
type speeds struct {
	pace []float64
	done []float64 // at the speed of the measurement, CPU seconds a second
}

// disturb gives the classes the demands that go with how busy the hosts' cores
// were in the last round, half of the way, and says how far that moved.
func (v *solver) disturb() float64 {
	if v.bound == free { // cores are disturbed as they are by what is throttled
		return 0
	}
	moved := 0.0
	for h := range v.disturbances {
		d := &v.disturbances[h]
		if d.interference == 0 {
			continue
		}
		used, done := 0.0, 0.0 // CPU seconds a second, and what they get done
		for p := range v.pools {
			q := &v.pools[p]
			if q.rate <= 0 || h >= len(q.speeds) {
				continue
			}
			for n := 1; n < min(len(q.together), len(q.speeds[h].done)); n++ {
				x := q.together[n] * q.speeds[h].done[n]
				used, done = used+x/q.speeds[h].pace[n], done+x
			}
		}
		alone := v.unpooledOn(h)
		done += alone * d.pace(min(v.usedOn(h), d.cores))
		if used += alone; done > 0 {
			step := (used/done - d.slow) / 2
			d.slow += step
			moved = max(moved, math.Abs(step)/d.slow)
		}
	}
	for i := range v.classes {
		k := &v.classes[i]
		for s, base := range k.base {
			k.demand[s] = base * v.slowness(s)
		}
		if k.home >= 0 {
			k.own = k.demand[k.home]
		}
	}
	return moved
}

// usedOn is the CPU seconds a second that all requests use on a host.
func (v *solver) usedOn(host int) float64 {
	var sum float64
	for s := range v.stations {
		if v.quotas[s].host == host {
			sum += v.used(s)
		}
	}
	return sum
}

// unpooledOn is the same of open requests without a worker.
func (v *solver) unpooledOn(host int) float64 {
	var sum float64
	for i := range v.chains {
		for _, x := range v.chains[i].visits {
			if x.pool >= 0 {
				continue
			}
			k := &v.classes[x.class]
			for s, d := range k.demand {
				if v.quotas[s].host == host {
					sum += v.chains[i].rate * x.n * d * k.retry.work
				}
			}
		}
	}
	return sum
}

// paced is the network of pool p, whose demands are those at the mean speed, with
// the speed that goes with n requests in service.
func (v *solver) paced(p int, stations []resource, net closed) closed {
	if len(v.disturbances) == 0 {
		return net
	}
	q := &v.pools[p]
	most := len(net.throughput) - 1
	longer := make([]float64, most+1) // what n requests' time on CPUs grows by, times n/time
	found := q.speeds
	q.speeds = make([]speeds, len(v.disturbances))
	for h := range v.disturbances {
		d := &v.disturbances[h]
		var work float64
		for s := range stations {
			if v.quotas[s].host == h {
				work += stations[s].demand
			}
		}
		if d.interference == 0 || work <= 0 {
			continue
		}
		others := max(0, v.usedOn(h)-q.rate*float64(q.replicas)*work)
		sp := speeds{make([]float64, most+1), make([]float64, most+1)}
		for n := 1; n <= most; n++ {
			if v.bound == free && h < len(found) && n < len(found[h].pace) { // as what is throttled finds it
				sp.pace[n] = found[h].pace[n]
			} else {
				sp.pace[n] = v.paceOf(h, n, stations, &net, others) / work
			}
			for s := range stations {
				if v.quotas[s].host == h {
					longer[n] += net.queue[s][n] * (1/(sp.pace[n]*d.slow) - 1)
				}
			}
		}
		q.speeds[h] = sp
	}
	for n := 1; n <= most; n++ {
		f := float64(n) / (float64(n) + longer[n])
		net.throughput[n] *= f
		for s := range net.queue {
			net.queue[s][n] *= f
			if s == len(stations) || v.quotas[s].host < 0 || q.speeds[v.quotas[s].host].pace == nil {
				continue
			}
			sp, d := &q.speeds[v.quotas[s].host], &v.disturbances[v.quotas[s].host]
			net.queue[s][n] /= sp.pace[n] * d.slow
			sp.done[n] += net.throughput[n] * stations[s].demand / d.slow
		}
	}
	return net
}

// paceOf is the mean pace on a host with n requests in service, times their work
// there. Beside one of them, each of the others is on a CPU with a probability, by
// itself, that n-1 requests have (the arrival theorem); those at the same
// station are held back by its quota at the same times.
func (v *solver) paceOf(host, n int, stations []resource, net *closed, others float64) float64 {
	d := &v.disturbances[host]
	var present, sum float64
	for s := range stations {
		if v.quotas[s].host == host {
			present += v.running(s, n-1, stations, net)
		}
	}
	for s := range stations {
		if v.quotas[s].host != host || stations[s].demand <= 0 {
			continue
		}
		there := present - v.running(s, n-1, stations, net) + net.queue[s][n-1]
		p := min(1, there/max(1, float64(n-1)))
		sum += stations[s].demand * meanOver(n-1, p, func(k float64) float64 { return d.pace(k + others) })
	}
	return sum
}

// running is how many of n requests run at a station, seen from elsewhere: not
// those that its quota holds back.
func (v *solver) running(s, n int, stations []resource, net *closed) float64 {
	if v.throttles(s) {
		return min(net.queue[s][n], net.throughput[n]*stations[s].demand)
	}
	return net.queue[s][n]
}

// meanOver is the mean of a function of a binomial number of n with probability p.
func meanOver(n int, p float64, of func(k float64) float64) float64 {
	if p > 0.5 { // from the likelier end, where no power vanishes
		return meanOver(n, 1-p, func(k float64) float64 { return of(float64(n) - k) })
	}
	var sum float64
	weight := math.Pow(1-p, float64(n))
	for k := 0; k <= n; k++ {
		sum += weight * of(float64(k))
		weight *= float64(n-k) / float64(k+1) * p / (1 - p)
	}
	return sum
}
