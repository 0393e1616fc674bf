package layered

import (
	"fmt"
	"slices"

	"github.com/headroom-erp/headroom"
)

const (
	mostWorkers   = 128 // of the inner network; more are as good as these
	almostAll     = 0.97
	shortestThink = 1e-9 // s
	mostBeside    = 24   // closed customers without a worker, as a pool of their own
)

// class is one request class while the fixed point is sought.
type class struct {
	name             string
	pool             int // -1: none
	tenant           string
	home             int       // station; -1: no demand
	demand           []float64 // by station, one try
	base             []float64 // the same where it was measured (interference.go)
	calls            float64   // of each station but home
	own, ownSCV      float64   // demand at home and its SCV, without what workers forget
	scv              []float64
	delay            float64
	delayVariance    float64 // s²
	overhead         float64
	overheadVariance float64 // s²
	rule             *headroom.ConflictRule
	hot              heat
	rate             float64 // offered, 1/s
	carried          float64 // served, 1/s
	wait             float64 // s, mean over the chains
	stretch          []float64
	retry            retries
	blocked          float64 // s, waiting for rows, of a whole request
	try              float64 // s, one whole try in the worker
}

// visit is the requests of one class that one chain makes in one round.
type visit struct {
	class   int
	pool    int     // -1: none, and folded into the stations
	n       float64 // mean number of requests
	wait    float64 // s, for a worker
	stretch []float64
}

// step is one request of a journey, in its order.
type step struct {
	visit int
	n     float64
	think float64 // s before each
}

// chain is a journey, or a class with load of its own.
type chain struct {
	name       string
	visits     []visit
	steps      []step
	think      float64 // s per cycle, between and before requests
	inside     float64 // s of think that counts as response
	open       float64 // 1/s
	even       bool    // arrivals at equal distances
	population float64
	rate       float64 // journeys, 1/s
	takes      string
	makes      string
	found      float64 // share of journeys that find a document to take
	balance    float64 // made / taken, of what it takes
}

// pool is one worker pool, or one of its equal replicas; its last solution
// feeds the next round.
type pool struct {
	index    int
	name     string
	workers  int
	replicas int
	apart    int // replicas that the description has
	balance  string
	backlog  int
	memory   memory
	real     bool // not the closed customers without a worker

	rate      float64 // of one replica, 1/s
	net       closed
	flow      flow
	served    []float64
	present   []float64 // served, as other pools see it: moves slowly towards it
	binomials [][]float64
	together  []float64 // how many all replicas have in service
	speeds    []speeds  // by host
	wait      float64   // s, mean
	through   float64
	meets     float64
	spread    spread
	scaled    float64 // wait / that of exponential work
	freely    float64 // the same, if all load were open
	fade      float64 // 0 to 1: how much of all this is applied, as waits are short or not
	around    float64 // what others at the stations add to it
	strained  []float64
	refused   refusal
	bent      float64 // largest part of a response that unequal work and the order of journeys make
	places    []place // of its requests, and what is made of the wait at each; nil: nothing
	bends     []float64
}

type solver struct {
	stations     []headroom.Station
	quotas       []quota       // by station
	hosts        []float64     // cores
	disturbances []disturbance // by host
	bound        bound         // what quotas are taken for
	pools        []pool
	classes      []class
	chains       []chain
	rival        [][]rival // by class
	journeys     int
	full         []float64 // by station: what requests without a worker offer / what it has, where that is 1 or more
	clipped      []bool    // by station: they take more than the mathematics lets them
	fresh        bool      // this round does all that it can leave out
	climbed      int       // numbers of requests in pools that were looked at so far
	scratch      *scratch
	warnings     []string
}

func newSolver(s headroom.System, bound bound) *solver {
	v := &solver{bound: bound, scratch: &scratch{}, stations: append([]headroom.Station(nil), s.Stations...), journeys: len(s.Journeys), full: make([]float64, len(s.Stations)), clipped: make([]bool, len(s.Stations)), warnings: []string{}}
	for _, p := range s.AllPools() {
		q := pool{name: p.Name, workers: p.Servers, replicas: max(1, p.Replicas), apart: max(1, p.Replicas), balance: p.Balance, backlog: p.Backlog, real: true,
			memory: memory{load: p.RegistryLoad, kept: p.Registries, after: p.RecycleAfter, time: p.RecycleTime}}
		q.join()
		if q.workers > mostWorkers {
			v.warn("pool %q is solved with %d of its %d workers", p.Name, mostWorkers, q.workers)
			q.workers = mostWorkers
		}
		v.pools = append(v.pools, q)
	}
	index := map[string]int{}
	for i, c := range s.Classes {
		index[c.Name] = i
		v.classes = append(v.classes, newClass(s, c))
	}
	v.addQuotas(s)
	v.addChains(s, index)
	v.addBeside()
	for i := range v.pools {
		v.pools[i].index = i
	}
	return v
}

func (v *solver) warn(format string, a ...any) {
	v.warnings = append(v.warnings, fmt.Sprintf(format, a...))
}

func newClass(s headroom.System, c headroom.Class) class {
	k := class{name: c.Name, pool: s.PoolOf(c), tenant: c.Tenant, home: -1, calls: c.DatabaseCalls, delay: c.Delay, delayVariance: c.DelaySCV * c.Delay * c.Delay, overhead: c.Overhead, overheadVariance: c.OverheadSCV * c.Overhead * c.Overhead, rule: c.Conflict, retry: retry(0, 0, heat{})}
	for i, st := range s.Stations {
		scv, ok := c.SCV[st.Name]
		if !ok {
			scv = 1
		}
		if q := c.Quantiles[st.Name]; len(q) > 1 {
			scv = spreadOf(q)
		}
		d := c.Demand[st.Name]
		if d > 0 && (k.home < 0 || s.Stations[k.home].Name == "database") {
			k.home = i
		}
		k.demand, k.scv = append(k.demand, d), append(k.scv, scv)
		k.stretch = append(k.stretch, 1/min(1, st.Servers))
	}
	if k.home >= 0 {
		k.own, k.ownSCV = k.demand[k.home], k.scv[k.home]
	}
	k.base = slices.Clone(k.demand)
	return k
}

// spreadOf is the SCV of a distribution given by values at equal steps of
// probability, with straight lines between them: a line from a to b has the
// second moment (a² + ab + b²)/3.
func spreadOf(q []float64) float64 {
	var first, second float64
	for i := 1; i < len(q); i++ {
		a, b := q[i-1], q[i]
		first += (a + b) / 2
		second += (a*a + a*b + b*b) / 3
	}
	n := float64(len(q) - 1)
	if first <= 0 {
		return 0
	}
	return max(0, second*n/(first*first)-1)
}

// held is the mean time in the worker, in seconds, at the stretch of a visit.
func (k *class) held(stretch []float64) float64 {
	h := k.delay*k.retry.work + k.retry.sleep + k.blocked
	for i, d := range k.demand {
		h += d * stretch[i] * k.retry.work
	}
	return h
}

func (v *solver) response(x *visit) float64 {
	k := &v.classes[x.class]
	return x.wait + v.refused(k).wait + k.held(x.stretch) + k.overhead
}

// refused is what the backlog of a class' pool does to it.
func (v *solver) refused(k *class) refusal {
	if k.pool < 0 {
		return refusal{}
	}
	return v.pools[k.pool].refused
}

// cycle is the response time of all requests of one round of a chain.
func (v *solver) cycle(c *chain) float64 {
	var r float64
	for i := range c.visits {
		r += c.visits[i].n * v.response(&c.visits[i])
	}
	return r
}
