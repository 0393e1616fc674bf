package layered

// source is a closed chain as one pool sees it: of its customers, each asks
// again think seconds after an answer, and is held for held seconds.
type source struct {
	chain      int
	population float64
	think      float64 // s outside of the pool for each request, mean
	held       float64 // s in the pool for each request, mean
	served     float64 // s of them with a worker
	rate       float64 // requests, 1/s, of this round
}

const (
	exactNumbers = 40   // up to here the mix of n requests is that of product form
	fieldNumbers = 4000 // up to here a mean field; beyond, in fixed shares
)

// customers of a chain: a schedule is one, who never meets itself; 0 for open load.
func (c *chain) customers() float64 {
	if c.even {
		return 1
	}
	return c.population
}

// sources are the closed chains that visit pool p (all of its replicas), and
// the rate of the open ones.
func (v *solver) sources(p int) (closed []source, open float64) {
	for i := range v.chains {
		c := &v.chains[i]
		var visits, inside, waits float64
		outside := c.think
		for n := range c.visits {
			x := &c.visits[n]
			k := &v.classes[x.class]
			if x.pool == p {
				visits += x.n
				inside += x.n * (x.wait + k.held(x.stretch))
				waits += x.n * x.wait
				outside += x.n * (k.overhead + v.refused(k).wait)
			} else {
				outside += x.n * v.response(x)
			}
		}
		switch {
		case visits == 0:
		case c.customers() == 0:
			open += c.rate * visits
		default:
			if c.even { // the next start is as far off as there is time left
				outside = max(1/c.rate-inside, 0.05/c.rate)
			}
			s := source{chain: i, population: c.customers(), held: inside / visits, served: (inside - waits) / visits, rate: c.rate * visits}
			s.think = max(outside/visits, 1e-3*s.held, shortestThink)
			closed = append(closed, s)
		}
	}
	return closed, open
}
