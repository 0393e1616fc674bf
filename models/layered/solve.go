package layered

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
)

// Method names the approximation in outputs.
const Method = "layered: flow-equivalent pool over a product-form network, Allen-Cunneen spread, log-normal percentiles"

const (
	mostWorkers   = 400 // of the inner network; more are as good as these
	mostRounds    = 200
	settled       = 1e-9
	almostAll     = 0.97 // of a station, that requests without a worker may take in the mathematics
	shortestThink = 1e-9 // s
)

// class is one request class while the fixed point is sought.
type class struct {
	name             string
	pool             int
	demand           []float64 // by station, one try
	scv              []float64
	delay            float64
	overhead         float64
	overheadVariance float64 // s²
	rows             float64 // that a try touches
	space            float64 // equally hot rows that they are of
	rule             *headroom.ConflictRule
	rate             float64 // offered, 1/s
	carried          float64 // served, 1/s
	stretch          []float64
	retry            retries
	blocked          float64 // s, waiting for rows
	try              float64 // s, one whole try in the worker
	wait             float64 // s, for a worker
}

// held is the mean time in the worker, in seconds.
func (k *class) held() float64 {
	h := k.delay*k.retry.work + k.retry.sleep + k.blocked
	for i, d := range k.demand {
		h += d * k.stretch[i] * k.retry.work
	}
	return h
}

func (k *class) response() float64 { return k.wait + k.held() + k.overhead }

// chain is a journey, or a class with load of its own.
type chain struct {
	name       string
	visits     []float64 // by class
	think      float64   // s per cycle, between and before requests
	inside     float64   // s of think that counts as response
	open       float64   // 1/s
	population float64
	rate       float64 // journeys, 1/s
}

// pool is one worker pool; its last solution feeds the next round.
type pool struct {
	name     string
	workers  int
	meets    float64
	flow     flow
	overload float64
}

type solver struct {
	stations []headroom.Station
	pools    []pool
	classes  []class
	chains   []chain
	journeys int
	full     []float64 // by station: what requests without a worker offer / what it has, where that is 1 or more
	clipped  []bool    // by station: they take more than the mathematics lets them
	warnings []string
}

// Solve answers for the steady state of a system. A system that cannot carry
// its open load has nil responses and a warning that says by how much. The
// error is an *headroom.InputError (wrapped).
func Solve(s headroom.System) (headroom.Solution, error) {
	if err := s.Check(); err != nil {
		return headroom.Solution{}, fmt.Errorf("layered: %w", err)
	}
	v := newSolver(s)
	moved := math.Inf(1)
	for round := 0; round < mostRounds && moved > settled; round++ {
		moved = v.round()
	}
	if moved > 1e-4 {
		v.warnings = append(v.warnings, fmt.Sprintf("the fixed point still moves by %.2g of itself; simulate this system instead", moved))
	}
	return v.solution(), nil
}

func newSolver(s headroom.System) *solver {
	v := &solver{stations: s.Stations, journeys: len(s.Journeys), full: make([]float64, len(s.Stations)), clipped: make([]bool, len(s.Stations)), warnings: []string{}}
	for _, p := range s.AllPools() {
		if p.Servers > mostWorkers {
			v.warnings = append(v.warnings, fmt.Sprintf("pool %q is solved with %d of its %d workers", p.Name, mostWorkers, p.Servers))
		}
		v.pools = append(v.pools, pool{name: p.Name, workers: min(p.Servers, mostWorkers), meets: 1})
	}
	if len(v.pools) > 1 {
		v.warnings = append(v.warnings, "several pools: each sees the others' requests as open load")
	}
	index := map[string]int{}
	for i, c := range s.Classes {
		index[c.Name] = i
		k := class{name: c.Name, pool: s.PoolOf(c), delay: c.Delay, overhead: c.Overhead, overheadVariance: c.OverheadSCV * c.Overhead * c.Overhead, rule: c.Conflict, retry: retry(0, 0)}
		if k.rule != nil {
			k.rows, k.space = k.rule.Touched(), equallyHot(k.rule)
		}
		for _, st := range s.Stations {
			scv, ok := c.SCV[st.Name]
			if !ok {
				scv = 1
			}
			k.demand, k.scv = append(k.demand, c.Demand[st.Name]), append(k.scv, scv)
			k.stretch = append(k.stretch, 1/min(1, st.Servers))
		}
		v.classes = append(v.classes, k)
	}
	v.addChains(s, index)
	return v
}

func (v *solver) addChains(s headroom.System, index map[string]int) {
	for _, j := range s.Journeys {
		c := chain{name: j.Name, visits: make([]float64, len(v.classes)), think: j.ThinkTime, open: j.ArrivalRate, population: float64(j.Population)}
		for _, st := range j.Steps {
			n := st.Visits
			if n == 0 {
				n = 1
			}
			c.visits[index[st.Class]] += n
			c.inside += n * st.ThinkTime
		}
		c.think += c.inside
		v.chains = append(v.chains, c)
	}
	for i, k := range s.Classes {
		if k.ArrivalRate > 0 || k.Population > 0 {
			c := chain{name: k.Name, visits: make([]float64, len(v.classes)), think: k.ThinkTime, open: k.ArrivalRate, population: float64(k.Population)}
			c.visits[i] = 1
			v.chains = append(v.chains, c)
		}
	}
	for i := range v.chains {
		c := &v.chains[i]
		c.rate = c.open
		if c.population > 0 {
			c.rate = c.population / max(c.think+v.cycle(c), shortestThink)
			v.warnNoWorker(c)
		}
	}
}

func (v *solver) warnNoWorker(c *chain) {
	for i, n := range c.visits {
		if n > 0 && v.classes[i].pool < 0 {
			v.warnings = append(v.warnings, fmt.Sprintf("class %q holds no worker but has closed load: its requests are taken as open", v.classes[i].name))
		}
	}
}

// cycle is the response time of all requests of one round of a chain.
func (v *solver) cycle(c *chain) float64 {
	var r float64
	for i, n := range c.visits {
		r += n * v.classes[i].response()
	}
	return r
}

// round goes once around the fixed point and says how far it moved, as a fraction.
func (v *solver) round() float64 {
	for i := range v.classes {
		v.classes[i].rate = 0
	}
	for _, c := range v.chains {
		for i, n := range c.visits {
			v.classes[i].rate += c.rate * n
		}
	}
	before := make([]float64, len(v.classes))
	for i := range v.classes {
		before[i] = v.classes[i].response()
	}
	for p := range v.pools {
		v.pool(p)
	}
	v.unpooled()
	for i := range v.classes {
		k := &v.classes[i]
		k.try = k.delay
		for n, d := range k.demand {
			k.try += d * k.stretch[n]
		}
	}
	moved := v.conflicts()
	for i := range v.classes {
		r := v.classes[i].response()
		moved = max(moved, math.Abs(r-before[i])/max(r, 1e-12))
	}
	for i := range v.chains {
		c := &v.chains[i]
		if c.population == 0 {
			continue
		}
		next := c.population / max(c.think+v.cycle(c), shortestThink)
		next = c.rate + 0.3*(next-c.rate)
		moved = max(moved, math.Abs(next-c.rate)/max(next, 1e-12))
		c.rate = next
	}
	return moved
}
