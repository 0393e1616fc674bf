package layered

import "math"

// What the method is known to be weak at, as the tests find it against package
// sim, and from where on that is said.
const (
	mostBent    = 0.06  // of a response with closed load: made by unequal work and the order of requests
	mostAround  = 0.04  // of a response: waits because other work at the stations comes and goes
	mostAlone   = 0.02  // of a response: what a closed customer without a worker does not meet of itself
	mostRefused = 0.002 // of a response: a full backlog
	mostEven    = 0.05  // of a response: waits among scheduled starts
	mostApart   = 0.03  // of a response: waits at one of several replicas
	mostSway    = 0.03  // waits times the SCV of the pool's speed
	mostClosed  = 0.25  // of a response with closed load: waits for a worker
	mostOrder   = 0.4   // of a response: made by unequal work and the order of requests, with several workers
	someOrder   = 0.1   // the same, where a request does little but wait
	mostIdle    = 0.75  // of a response: wait for one of a few workers
	few         = 4     // workers
	mostSpread  = 6     // SCV of the work in a pool of several workers
	mostLoading = 0.1   // of a response: loading registries
	leastFound  = 0.8   // of journeys that look for a document find one
	mostOwn     = 0.04  // of a response: how unlike others' the stations are for one or two operators
	mostAfter   = 0.1   // of a response without a worker, straight after one with one of few: queueing
	mostAsleep  = 0.25  // of a response: sleeps after conflicts
	fewAsleep   = 0.08  // the same, where few operators conflict
	mostRetried = 0.15  // of requests
)

// doubts warns of what the answer is likely to be off in.
func (v *solver) doubts() {
	for p := range v.pools {
		q := &v.pools[p]
		if q.flow.overload > 0 || q.rate == 0 || !q.real {
			continue
		}
		wait, closed, even := v.shares(p)
		switch {
		case q.refused.wait > mostRefused*v.shortest(p):
			v.warn("pool %q refuses connections for a full backlog, %.2g s a request on average: a rough figure; simulate this system", q.name, q.refused.wait)
		case closed && (q.bent > mostBent || wait > mostClosed):
			v.warn("pool %q: operators' requests of unequal work wait for one another, up to %.0f %% of a response: simulate this system for more than a rough figure", q.name, 100*wait)
		case q.workers > 1 && (q.bent > mostOrder || q.workers <= few && q.bent > someOrder && wait > mostIdle || q.spread.scv > mostSpread && wait > 0.1):
			v.warn("pool %q: requests of very unequal work, in the order of their journeys, make up to %.0f %% of a response: simulate this system for more than a rough figure", q.name, 100*wait)
		case wait*q.around/max(1, q.freely+q.around) > mostAround:
			v.warn("pool %q: other requests at its stations come and go, so that waits vary: simulate this system for more than a rough figure", q.name)
		case q.apart > 1 && (closed || wait > mostApart):
			v.warn("pool %q: requests wait at one of its %d replicas while another is free: its waits are rough; simulate this system", q.name, q.apart)
		case wait*q.net.sway > mostSway:
			v.warn("pool %q: what other pools have in service changes its speed for a while, so that waits vary: simulate this system for more than a rough figure", q.name)
		case even && v.busy(p) > mostEven:
			v.warn("pool %q: its scheduled starts are taken as evenly spread, whatever falls together; simulate this system", q.name)
		}
	}
	v.doubtAlone()
	v.doubtFew()
	v.doubtConflicts()
	v.doubtMemory()
	v.doubtStock()
}

// shares are the largest share of a response in pool p that is a wait for a
// worker, and whether it has operators and scheduled starts.
func (v *solver) shares(p int) (wait float64, closed, even bool) {
	for i := range v.chains {
		c := &v.chains[i]
		for n := range c.visits {
			if x := &c.visits[n]; x.pool == p && x.n > 0 {
				closed, even = closed || c.population > 0, even || c.even
				if r := v.response(x); r > 0 {
					wait = max(wait, x.wait/r)
				}
			}
		}
	}
	return wait, closed, even
}

// busy is the share of a pool's workers that are.
func (v *solver) busy(p int) float64 {
	q := &v.pools[p]
	var sum float64
	for n, w := range q.served {
		sum += float64(n) * w
	}
	return sum / float64(q.workers)
}

// shortest response in pool p, in seconds.
func (v *solver) shortest(p int) float64 {
	least := math.Inf(1)
	for i := range v.chains {
		for n := range v.chains[i].visits {
			if x := &v.chains[i].visits[n]; x.pool == p && x.n > 0 {
				least = min(least, v.response(x))
			}
		}
	}
	return least
}

// doubtAlone finds operators so few that it matters that their own requests
// without a worker are counted among what their others meet.
func (v *solver) doubtAlone() {
	for i := range v.chains {
		c := &v.chains[i]
		if c.population == 0 {
			v.doubtAfter(c)
			continue
		}
		for n := range c.visits {
			x := &c.visits[n]
			k := &v.classes[x.class]
			if k.pool >= 0 || x.n == 0 {
				continue
			}
			var more float64
			for s, d := range k.demand {
				more += d * max(0, x.stretch[s]-1/min(1, v.stations[s].Servers))
			}
			if more/c.population > mostAlone*v.response(x) {
				v.warn("class %q holds no worker and is of %g operators only: its response is rough; simulate this system", k.name, c.population)
			}
		}
	}
}

// doubtAfter finds requests without a worker that come straight after one that
// had one of few: they do not meet the stations as others do.
func (v *solver) doubtAfter(c *chain) {
	for i := 1; i < len(c.steps); i++ {
		x, before := &c.visits[c.steps[i].visit], &c.visits[c.steps[i-1].visit]
		if x.pool >= 0 || before.pool < 0 || v.pools[before.pool].workers > 2 {
			continue
		}
		k := &v.classes[x.class]
		var more float64
		for s, d := range k.demand {
			more += d * max(0, x.stretch[s]-1/min(1, v.stations[s].Servers))
		}
		if more > mostAfter*v.response(x) {
			v.warn("class %q holds no worker and comes after requests that hold one of %d: its response is rough; simulate this system", k.name, v.pools[before.pool].workers)
			return
		}
	}
}

// doubtConflicts finds responses of which the sleeps after conflicts are much:
// their share is known to a sixth or so, for few operators less well.
func (v *solver) doubtConflicts() {
	for i := range v.classes {
		k := &v.classes[i]
		if k.rule == nil || k.rate == 0 || v.overloaded(k) > 0 {
			continue
		}
		most := mostAsleep
		if v.operators(i) {
			most = fewAsleep
		}
		if asleep := k.retry.sleep / (k.wait + k.held(k.stretch) + k.overhead); k.retry.lost > mostRetried || asleep > most {
			v.warn("class %q: %.2g %% of its requests lose a conflict, and sleep for %.0f %% of the mean response: a rough figure; simulate this system", k.name, 100*k.retry.lost, 100*asleep)
			return
		}
	}
}

// operators says whether a class' group is touched by few operators.
func (v *solver) operators(class int) bool {
	for i := range v.chains {
		c := &v.chains[i]
		for _, x := range c.visits {
			if r := v.classes[x.class].rule; c.population > 0 && c.population < 20 && r != nil && r.Meets(*v.classes[class].rule) {
				return true
			}
		}
	}
	return false
}
