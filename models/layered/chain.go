package layered

import (
	"math"

	"github.com/headroom-erp/headroom"
)

func (v *solver) addChains(s headroom.System, index map[string]int) {
	for _, j := range s.Journeys {
		c := chain{name: j.Name, think: j.ThinkTime, open: j.ArrivalRate, population: float64(j.Population), makes: j.Makes, takes: j.Takes, found: 1}
		for _, st := range j.Steps {
			n := st.Visits
			if n == 0 {
				n = 1
			}
			c.steps = append(c.steps, step{v.visit(&c, index[st.Class]), n, st.ThinkTime})
		}
		v.chains = append(v.chains, c)
	}
	for i, k := range s.Classes {
		c := chain{name: k.Name, think: k.ThinkTime, open: k.ArrivalRate, population: float64(k.Population), found: 1}
		if c.open > 0 || c.population > 0 {
			c.steps = []step{{v.visit(&c, i), 1, 0}}
			v.chains = append(v.chains, c)
		}
		if k.Every > 0 {
			e := chain{name: k.Name, open: 1 / k.Every, even: true, found: 1}
			e.steps = []step{{v.visit(&e, i), 1, 0}}
			v.chains = append(v.chains, e)
		}
	}
	for i := range v.chains {
		v.chains[i].count()
		v.chains[i].think += v.chains[i].inside
		v.chains[i].start(v)
	}
}

// visit is the chain's entry for a class.
func (v *solver) visit(c *chain, class int) int {
	for i := range c.visits {
		if c.visits[i].class == class {
			return i
		}
	}
	c.visits = append(c.visits, visit{class: class, pool: v.classes[class].pool, stretch: append([]float64(nil), v.classes[class].stretch...)})
	return len(c.visits) - 1
}

// count adds up the visits: all of the journeys that found their document, and
// the first step of the others.
func (c *chain) count() {
	for i := range c.visits {
		c.visits[i].n = 0
	}
	c.inside = 0
	for i, st := range c.steps {
		n := st.n
		if i > 0 {
			n *= c.found
		}
		c.visits[st.visit].n += n
		c.inside += n * st.think
	}
}

func (c *chain) start(v *solver) {
	c.rate = c.open
	if c.population > 0 {
		c.rate = c.population / max(c.think+v.cycle(c), shortestThink)
	}
}

// addBeside makes a pool of the closed customers' requests without a worker:
// they are few, and do not meet themselves.
func (v *solver) addBeside() {
	var population float64
	for i := range v.chains {
		c := &v.chains[i]
		for n := range c.visits {
			if c.population > 0 && c.visits[n].pool < 0 {
				population += c.population
				break
			}
		}
	}
	if population == 0 {
		return
	}
	for i := range v.chains {
		for n := range v.chains[i].visits {
			if x := &v.chains[i].visits[n]; v.chains[i].population > 0 && x.pool < 0 {
				x.pool = len(v.pools)
			}
		}
	}
	v.pools = append(v.pools, pool{workers: int(math.Min(population, mostBeside)), replicas: 1})
}
