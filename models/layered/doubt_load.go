package layered

import "math"

// doubtFew finds one or two operators who are a good part of what their stations
// do: how much is theirs of what they meet is taken from means.
func (v *solver) doubtFew() {
	for i := range v.chains {
		c := &v.chains[i]
		if c.population == 0 || c.population > 2 {
			continue
		}
		for n := range c.visits {
			x := &c.visits[n]
			k := &v.classes[x.class]
			var odd float64
			for s, d := range k.demand {
				odd += d * math.Abs(x.stretch[s]-v.stretchOf(x.pool, s))
			}
			if odd > mostOwn*v.response(x) {
				v.warn("class %q is of %g operators only, who are much of what its stations do: its response is rough; simulate this system", k.name, c.population)
				return
			}
		}
	}
}

// stretchOf is the mean stretch of all requests of a pool at a station.
func (v *solver) stretchOf(pool, s int) float64 {
	var sum, all float64
	for i := range v.chains {
		for _, y := range v.chains[i].visits {
			if y.pool == pool {
				d := v.chains[i].rate * y.n * v.classes[y.class].demand[s]
				sum, all = sum+d*y.stretch[s], all+d
			}
		}
	}
	if all <= 0 {
		return 1
	}
	return sum / all
}

// doubtMemory finds responses of which the loading of registries is much: which of
// them a worker knows is taken for independent of who asks next.
func (v *solver) doubtMemory() {
	for i := range v.chains {
		c := &v.chains[i]
		for n := range c.visits {
			x := &c.visits[n]
			k := &v.classes[x.class]
			if x.n == 0 || k.home < 0 {
				continue
			}
			if loading := (k.demand[k.home] - k.own) * x.stretch[k.home]; loading > mostLoading*v.response(x) {
				v.warn("class %q: %.0f %% of its mean response is the loading of registries: a rough figure; simulate this system", k.name, 100*loading/v.response(x))
				return
			}
		}
	}
}

func (v *solver) doubtStock() {
	for i := range v.chains {
		c := &v.chains[i]
		switch {
		case c.takes == "":
		case c.balance > 0.9 && c.balance < 1.1:
			v.warn("journey %q takes about as many %s as are made: its stock swings too slowly for a steady state", c.name, c.takes)
			return
		case c.found < leastFound:
			v.warn("journey %q finds %s in %.0f %% of its tries only, just when one was made: the mean of those is rough; simulate this system", c.name, c.takes, 100*c.found)
			return
		}
	}
}
