package layered

import (
	"fmt"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// Method names the approximation in outputs.
const Method = "layered: flow-equivalent pools over a product-form network, phases of service, log-normal percentiles"

// Solve answers for the steady state of a system. A system that cannot carry
// its open load has nil responses and a warning that says by how much. The
// error is an *headroom.InputError (wrapped).
func Solve(s headroom.System) (headroom.Solution, error) {
	if err := s.Check(); err != nil {
		return headroom.Solution{}, fmt.Errorf("layered: %w", err)
	}
	v := solved(s, throttled)
	if !v.anyThrottles() {
		return v.solution(), nil
	}
	unbound, cores := v.again(free), v.again(slow)
	unbound.solve(epochs-1, closely)
	unbound.doubts()
	cores.fresh = false
	for range briefly {
		cores.round(false)
	}
	return between(v, unbound, cores), nil
}

// round goes once around the fixed point and says how far it moved, as a fraction.
func (v *solver) round(phased bool) float64 {
	v.rates()
	moved := v.disturb()
	v.share()
	v.remember()
	before := make([]float64, 0, 16)
	for i := range v.chains {
		before = append(before, v.cycle(&v.chains[i]))
	}
	for p := range v.pools {
		v.pool(p, phased)
	}
	for p := range v.pools {
		v.pools[p].show()
	}
	v.unpooled()
	v.average()
	moved = max(moved, v.conflicts(v.rival), v.stock())
	for i := range v.chains {
		c := &v.chains[i]
		r := v.cycle(c)
		moved = max(moved, math.Abs(r-before[i])/max(r+c.think, 1e-12))
		if c.population == 0 {
			continue
		}
		next := c.population / max(c.think+r, shortestThink)
		moved = max(moved, math.Abs(next-c.rate)/max(next, 1e-12))
		c.rate += damping * (next - c.rate)
	}
	return moved
}

var damping = 0.5

// rates adds up what is offered to each class.
func (v *solver) rates() {
	for i := range v.classes {
		v.classes[i].rate, v.classes[i].carried = 0, 0
	}
	for i := range v.chains {
		c := &v.chains[i]
		for _, x := range c.visits {
			v.classes[x.class].rate += c.rate * x.n
		}
	}
}

// average takes each class' means over the chains that use it.
func (v *solver) average() {
	for i := range v.classes {
		k := &v.classes[i]
		if k.rate == 0 {
			continue
		}
		k.wait, k.carried = 0, 0
		for s := range k.stretch {
			k.stretch[s] = 0
		}
	}
	for i := range v.chains {
		c := &v.chains[i]
		for _, x := range c.visits {
			k := &v.classes[x.class]
			if k.rate == 0 {
				continue
			}
			f := c.rate * x.n / k.rate
			k.wait += f * x.wait
			for s := range k.stretch {
				k.stretch[s] += f * x.stretch[s]
			}
			carried := c.rate * x.n
			if x.pool >= 0 {
				if over := v.pools[x.pool].flow.overload; over > 0 {
					carried /= over
				}
			}
			k.carried += carried
		}
	}
	for i := range v.classes {
		k := &v.classes[i]
		k.try = k.delay
		for n, d := range k.demand {
			k.try += d * k.stretch[n]
		}
	}
}

// unpooled solves the open requests without a worker beside what the pools
// have in service, and finds stations that they alone overload.
func (v *solver) unpooled() {
	var some bool
	for s, st := range v.stations {
		var own float64
		for i := range v.chains {
			for _, x := range v.chains[i].visits {
				if x.pool < 0 {
					some = true
					k := &v.classes[x.class]
					own += v.chains[i].rate * x.n * k.demand[s] * k.retry.work
				}
			}
		}
		v.full[s] = 0
		if own >= st.Servers {
			v.full[s] = own / st.Servers
		} else if all := v.offered(s); len(v.pools) > 1 && all >= st.Servers && !v.anyOverload() {
			v.full[s] = all / st.Servers
		}
		v.clipped[s] = own > almostAll*st.Servers
	}
	if !some {
		return
	}
	stretch := make([]float64, len(v.stations))
	best, rate := -1, 0.0
	for p := range v.pools {
		if q := &v.pools[p]; q.through > 0 && q.rate > rate {
			best, rate = p, q.rate
		}
	}
	if best < 0 {
		stations, _, _, _ := v.resources(-1)
		for s := range stations {
			stations[s].prepare(0, v.scratch)
			stretch[s] = ratio(stations[s].beside[0], stations[s].open, v.stations[s].Servers)
		}
	} else {
		stations, _, _, _ := v.resources(best)
		q := &v.pools[best]
		for s := range stations {
			var number float64
			for n, w := range q.served {
				number += w * q.net.beside[s][n]
			}
			stretch[s] = ratio(number, stations[s].open, v.stations[s].Servers)
		}
	}
	for i := range v.chains {
		for n := range v.chains[i].visits {
			if x := &v.chains[i].visits[n]; x.pool < 0 {
				copy(x.stretch, stretch)
			}
		}
	}
}

// anyOverload: some pool has more than it can serve. It bounds what comes to the
// stations: those that still have room for the others are not full.
func (v *solver) anyOverload() bool {
	return slices.ContainsFunc(v.pools, func(p pool) bool { return p.flow.overload > 0 })
}

// offered to a station by all open load, in its servers.
func (v *solver) offered(s int) float64 {
	var sum float64
	for i := range v.chains {
		c := &v.chains[i]
		for _, x := range c.visits {
			k := &v.classes[x.class]
			sum += c.open * x.n * k.demand[s]
		}
	}
	return sum
}

// show moves what other pools see of one half way to what it has in service.
func (q *pool) show() {
	if len(q.served) == 0 || len(q.present) != len(q.served) {
		q.present = q.served
		return
	}
	next := make([]float64, len(q.served))
	for n, p := range q.served {
		next[n] = (p + q.present[n]) / 2
	}
	q.present = next
}

func ratio(number, offered, servers float64) float64 {
	if offered <= 0 {
		return 1 / min(1, servers)
	}
	return number / offered
}
