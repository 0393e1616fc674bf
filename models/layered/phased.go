package layered

import "math"

const (
	mostPhases  = 20     // workers, up to which the phases are solved
	mostLevels  = 400    // numbers of requests, of closed load
	leastWait   = 0.0005 // of the time held: a shorter wait is not worth the phases
	leastSpread = 1e-4   // of an SCV from 1: less makes no difference
)

// phased compares the wait for a worker, and the stretch in it, with those of
// exponential work.
func (v *solver) phased(p int, stations []resource, delay, open float64) {
	q := &v.pools[p]
	before := q.spread
	q.scaled, q.freely, q.around, q.strained, q.spread = 1, 1, 0, nil, spread{}
	var held float64
	for n, f := range q.flow.served {
		held += float64(n) * f
	}
	q.fade = min(1, q.flow.waiting/(leastWait*held)-1)
	if q.fade <= 0 || !q.real { // those without a worker share the stations, whatever their work is like
		return
	}
	q.spread = v.spread(p, stations, delay)
	scv := q.spread.scv
	q.spread.light, q.spread.lit = before.light, before.lit
	if math.Abs(scv-before.lit) > 1e-3*scv {
		q.spread.light, q.spread.lit = v.light(p, scv), scv
	}
	light := q.spread.light
	tail := 0.0
	if q.flow.tail > 0 {
		tail = open
	}
	q.scaled, q.strained = q.phases(scv, light, tail, &q.flow, stations, v.scratch)
	q.freely = q.scaled
	rho := min(q.rate/q.net.throughput[q.workers], 0.98)
	if open < q.rate*(1-1e-9) {
		rate := rho * q.net.throughput[q.workers]
		f := birthDeath(rate, func(int) float64 { return rate }, 0, q.net.throughput)
		q.freely, _ = q.phases(scv, light, rate, &f, stations, v.scratch)
	}
	even := evenly(v.evenness(p), scv, rho)
	q.scaled, q.freely = q.scaled*even, q.freely*even
	for s := range q.strained {
		q.strained[s] = 1 + q.fade*(q.strained[s]-1)
	}
	q.around = q.spread.around / 2 * rho
}

func (v *solver) light(p int, scv float64) float64 {
	q := &v.pools[p]
	if scv <= 1 || q.workers == 1 {
		return 1
	}
	share := make([]float64, len(v.classes))
	var rate float64
	for i := range v.chains {
		for _, x := range v.chains[i].visits {
			if x.pool == p {
				share[x.class] += v.chains[i].rate * x.n
				rate += v.chains[i].rate * x.n
			}
		}
	}
	for i := range share {
		share[i] /= rate
	}
	return q.spread.lightTarget(share, q.workers)
}

// phases is the ratio of the mean number waiting, and by station of the mean
// stretch, to those of exponential work, which are f's.
func (q *pool) phases(scv, light, tail float64, f *flow, stations []resource, room *scratch) (float64, []float64) {
	if math.Abs(scv-1) < leastSpread {
		return 1, nil
	}
	births := f.births
	if tail > 0 && constant(births) {
		births = births[:q.workers+1]
	}
	if q.workers > mostPhases || len(births) > mostLevels || f.base > 0 {
		return q.interpolated(scv, light, f), nil
	}
	l, much := law{0.5, 1, 0.5, 0.5}, 2*(1-scv)
	if scv > 1 {
		l, much = hyperexponential(scv, light, q.workers), 1
	}
	c := phases{l, q.workers, q.net.throughput, room}
	p, beyond, distance, ok := c.solve(births, tail)
	if !ok {
		return q.interpolated(scv, light, f), nil
	}
	served := make([]float64, q.workers+1)
	waiting := beyond * (float64(len(p)-1-q.workers) + distance)
	served[q.workers] = beyond
	for n, x := range p {
		served[min(n, q.workers)] += x
		waiting += x * float64(max(0, n-q.workers))
	}
	strained := make([]float64, len(stations))
	for s := range stations {
		var a, b, x, y float64
		for n := 1; n <= q.workers; n++ {
			a += served[n] * q.net.queue[s][n]
			x += served[n] * q.net.throughput[n]
			b += f.served[n] * q.net.queue[s][n]
			y += f.served[n] * q.net.throughput[n]
		}
		strained[s] = 1
		if a > 0 && b > 0 {
			strained[s] = max(0.5, 1+much*(a/x/(b/y)-1))
		}
	}
	return max(0.05, 1+much*(waiting/f.waiting-1)), strained
}

func constant(births []float64) bool {
	for _, b := range births {
		if math.Abs(b-births[0]) > 1e-12*births[0] {
			return false
		}
	}
	return true
}

// interpolated is for many workers: between the ratio at low load and that at
// high load by the probability of a wait.
func (q *pool) interpolated(scv, light float64, f *flow) float64 {
	if scv <= 1 {
		w := float64(q.workers)
		light = 1 - (1-scv)/(w+1)
	}
	busy := 0.0
	for n, p := range f.served {
		busy += p * float64(n)
	}
	rho := busy / float64(q.workers)
	return light + ((1+scv)/2-light)*rho*rho
}
