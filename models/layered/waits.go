package layered

import (
	"math"
	"slices"
)

// place is one request of a chain at a pool, in the order of its journey.
type place struct {
	chain, visit int
	p            float64 // that it happens in a journey
	rate         float64 // 1/s, at one replica
	work, second float64 // mean and mean square of its work; 1 is the mean request's
	gap          float64 // s since the answer to the place before; +Inf for a journey's first
	known        float64 // share of the queue that is still what it was when the place before was left
	straight     float64 // share of the requests that come while another of the queue is still there
}

const (
	mostPlaces = 64 // of a pool; beyond, requests count as independent
	mostVisits = 4  // of one step that are places of their own
)

// places of pool p, chain by chain, and where each chain's begin.
func (v *solver) places(p int) (out []place, from []int) {
	q := &v.pools[p]
	memory := v.remembers(q)
	var there, all float64 // mean time in the pool
	for i := range v.chains {
		for _, x := range v.chains[i].visits {
			if x.pool == p {
				r := v.chains[i].rate * x.n
				all, there = all+r, there+r*(x.wait+v.classes[x.class].held(x.stretch))
			}
		}
	}
	there *= 1 / max(all, 1e-300)
	for i := range v.chains {
		c := &v.chains[i]
		from = append(from, len(out))
		gap := math.Inf(1)
		for n, st := range c.steps {
			x := &c.visits[st.visit]
			happens := st.n
			if n > 0 {
				happens *= c.found
			}
			k := &v.classes[x.class]
			gap += st.think
			if x.pool != p {
				gap += happens * v.response(x)
				continue
			}
			for left, count := happens, 1; left > 1e-9; count++ {
				f := min(1, left)
				if count == mostVisits {
					f = left // the rest as one
				}
				left -= f
				y := place{chain: i, visit: st.visit, p: f, rate: c.rate * f / float64(q.replicas), work: q.spread.mean[x.class], second: q.spread.second[x.class], gap: gap}
				y.known = memory / (memory + gap)
				y.straight = there / (there + gap)
				if math.IsInf(gap, 1) || q.replicas > 1 {
					y.known, y.straight = 0, 0
				}
				out = append(out, y)
				gap = k.overhead + st.think
			}
			gap = k.overhead
		}
	}
	return out, append(from, len(out))
}

var relaxation = 1.0

// remembers is the time in seconds after which the queue has forgotten.
func (v *solver) remembers(q *pool) float64 {
	x := q.net.throughput[q.workers]
	free := max(1e-3, 1-q.rate/x)
	return relaxation * (1 + q.spread.scv) / 2 / (x * math.Pow(free, 1.5))
}

// waits gives every visit of pool p its wait for a worker: the wait of equal
// and exponential requests that each chain sees, times what unequal work and
// the order of journeys make of it. That factor moves little from round to
// round, and is found anew in fresh ones only.
func (v *solver) waits(p int, seen func(chain int) (wait, busy float64)) {
	q := &v.pools[p]
	for i := range v.chains {
		for n := range v.chains[i].visits {
			if y := &v.chains[i].visits[n]; y.pool == p {
				y.wait = 0
				if w, _ := seen(i); q.spread.mean == nil {
					y.wait = w
				}
			}
		}
	}
	q.bent = 0
	if q.spread.mean == nil {
		q.places = nil
		return
	}
	if v.fresh || q.places == nil {
		v.bend(p, seen)
	}
	for i, y := range q.places {
		w, _ := seen(y.chain)
		before := w
		w *= 1 + q.fade*(q.bends[i]-1)
		x := &v.chains[y.chain].visits[y.visit]
		x.wait += w * y.p / x.n
		k := &v.classes[x.class]
		q.bent = max(q.bent, math.Abs(w-before)/(w+k.held(x.stretch)+k.overhead))
	}
}

// bend finds what the work and the order of the requests at each place of pool p
// make of its wait. It is of mean values of the queue (expected), once for the
// requests as they are and once for equal ones.
func (v *solver) bend(p int, seen func(chain int) (wait, busy float64)) {
	q := &v.pools[p]
	places, from := v.places(p)
	q.places, q.bends = places, make([]float64, len(places))
	if len(places) == 0 {
		return
	}
	unequal := v.expected(q, places, from, seen, q.freely+q.around)
	equal := slices.Clone(places)
	for i := range equal {
		equal[i].work, equal[i].second = 1, 2
	}
	plain := v.expected(q, equal, from, seen, 1)
	var rate, open, full, flat, cycle, wait float64
	for i, y := range places {
		rate += y.rate
		full, flat = full+y.rate*max(0, unequal[i]), flat+y.rate*max(0, plain[i])
		c := &v.chains[y.chain]
		if c.customers() == 0 {
			open += y.rate
			continue
		}
		w, _ := seen(y.chain)
		wait += y.rate * w
		cycle += y.rate * c.customers() / max(c.rate, 1e-300) / requests(places, y.chain)
	}
	known := flat > 0 && full > 0 && !math.IsInf(flat+full, 0)
	// Closed customers who wait longer ask less often: of what the mean wait would
	// grow, less comes about.
	keeps := 1.0
	if rate > open && cycle > 0 {
		x := q.net.throughput[q.workers]
		keeps = 1 / (1 + (rate-open)/max(1e-3*x, x-rate)*min(1, wait/cycle))
	}
	mean := q.scaled * math.Pow(full/(flat*q.freely), keeps) / (full / flat)
	for i := range places {
		switch {
		case !known: // as equal requests wait
			q.bends[i] = q.scaled
		case plain[i] > 0:
			q.bends[i] = max(0, unequal[i]) / plain[i] * mean
		default:
			q.bends[i] = 1
		}
	}
}

// requests is how many requests one journey makes.
func requests(places []place, chain int) float64 {
	var n float64
	for _, y := range places {
		if y.chain == chain {
			n += y.p
		}
	}
	return n
}

// expected is the wait at each place by mean value analysis of one queue. With
// X the rate of the full pool, C the probability that it is full, and y the work
// of a request:
//
//   - a journey's first request waits for the first worker to be free, C f/X,
//     and for those that wait already (Little: rate times wait), y/X each;
//   - the next one, straight after an answer, waits for all that came in the
//     meantime, and for the next requests of those that were ahead of the first.
//
// For one worker this is exact; for several at high load it is the heavy
// traffic limit of feedback to the end of the queue (Reiman 1988). A closed
// customer does not meet itself: its own chain counts (N-1)/N. f is what the
// spread of the work makes of the first wait.
func (v *solver) expected(q *pool, places []place, from []int, seen func(int) (float64, float64), f float64) []float64 {
	n := len(places)
	m := v.scratch.matrix(n)
	b := v.scratch.rectangle(n, 1)
	x := q.net.throughput[q.workers]
	var total, work, square float64
	for _, y := range places {
		total, work, square = total+y.rate, work+y.rate*y.work, square+y.rate*y.second
	}
	customers, away := v.scratch.floats(len(from)), v.scratch.floats(len(from))
	for c := range v.chains {
		ch := &v.chains[c]
		if ch.customers() == 0 {
			continue
		}
		customers[c] = ch.customers()
		whole := ch.customers() / max(ch.rate, 1e-300)
		away[c] = whole
		for i := range ch.visits {
			if y := &ch.visits[i]; y.pool == q.index {
				away[c] -= y.n * (y.wait + v.classes[y.class].held(y.stretch))
			}
		}
		away[c] = max(away[c], 0.05*whole)
	}
	for c := 0; c+1 < len(from); c++ {
		if from[c] == from[c+1] {
			continue
		}
		s := sight{places: places, from: from, chain: c, customers: customers, away: away, x: x, total: total, full: q.flow.served[q.workers], room: v.scratch}
		s.other = v.scratch.floats(len(from))
		for o := range s.other {
			s.other[o] = 1
		}
		if N := v.chains[c].customers(); N > 0 {
			s.other[c] = max(0, (N-1)/N)
		}
		_, s.busy = seen(c)
		var rate, mine, mean2 float64
		for _, y := range places {
			r := y.rate * s.other[y.chain]
			rate, mine, mean2 = rate+r, mine+r*y.work, mean2+r*y.second
		}
		if rate > 0 && mine > 0 && work > 0 && square > 0 {
			s.busy *= (mine / rate) / (work / total)
			s.first = f * (mean2 / mine) / (square / work)
		}
		s.mine = mine
		s.rows(m, b.v)
	}
	m.solve(b)
	return b.v
}
