package layered

import "math"

// crowd says how many of n requests in a pool are each source's.
type crowd struct {
	sources []source
	open    float64     // Erlang
	opens   source      // the open ones together
	average float64     // s, mean time with a worker
	exact   [][]float64 // by source, then n
	share   []float64   // by source, beyond the mean field
	mix     []float64   // by source, of the n asked for last
	at      int         // that n
	x       float64     // the mean field's last activity, a start for the next
	total   float64
	room    *scratch
}

// newCrowd takes the requests in a pool for those of one processor-sharing
// station, where their numbers by source are those of product form: for n in
// all a product of C(N, n_c) (held/think)^n_c and, of the open ones, a^m/m!.
func newCrowd(sources []source, opens source, room *scratch) *crowd {
	c := &crowd{sources: sources, open: opens.rate * opens.held, opens: opens, mix: room.floats(len(sources)), share: room.floats(len(sources)), at: -1, x: 1e-3, room: room}
	var load, rate float64
	add := func(s *source) {
		c.total += s.population
		load += s.rate * s.held
		rate += s.rate
		c.average += s.rate * s.served
	}
	for i := range sources {
		add(&sources[i])
	}
	add(&opens)
	if rate > 0 {
		c.average /= rate
	}
	for i, s := range sources {
		share := 0.0
		if load > 0 {
			share = s.rate * s.held / load
		}
		c.share[i] = min(1, max(share, 1e-6))
	}
	if len(sources) > 0 && len(sources) <= 24 {
		c.product()
	}
	return c
}

func (c *crowd) product() {
	size := exactNumbers + 1
	weights := make([][]float64, 0, len(c.sources)+1)
	for _, s := range c.sources {
		weights = append(weights, c.room.binomial(s.population, s.held/s.think, size))
	}
	weights = append(weights, c.room.binomial(math.Inf(1), c.open, size))
	before := make([][]float64, len(c.sources))
	all := []float64{1}
	for i, w := range weights[:len(c.sources)] {
		before[i] = all
		all = c.room.fold(all, w, size)
	}
	after := weights[len(weights)-1]
	c.exact = make([][]float64, len(c.sources))
	for i := len(c.sources) - 1; i >= 0; i-- {
		rest := c.room.fold(before[i], after, size)
		c.exact[i] = c.room.floats(size)
		for n := range c.exact[i] {
			var sum, mean float64
			for k := 0; k <= n && k < len(weights[i]); k++ {
				if n-k < len(rest) {
					f := weights[i][k] * rest[n-k]
					sum, mean = sum+f, mean+float64(k)*f
				}
			}
			if sum > 0 {
				c.exact[i][n] = mean / sum
			} else {
				c.exact[i][n] = -1 // more than there are
			}
		}
		if i > 0 {
			after = c.room.fold(after, weights[i], size)
		}
	}
}

// binomial weights C(N, n) r^n (r^n/n! for infinite N), with the largest 1. A
// population need not be whole: it is that of one replica.
func (s *scratch) binomial(population, ratio float64, size int) []float64 {
	w := s.floats(size)[:1]
	w[0] = 1
	if ratio <= 0 {
		return w
	}
	for n := 1; n < size && float64(n) < population+1; n++ {
		f := ratio / float64(n)
		if !math.IsInf(population, 1) {
			f *= population - float64(n) + 1
		}
		w = append(w, w[n-1]*f)
		if w[n] > 1e100 {
			for i := range w {
				w[i] *= 1e-100
			}
		}
	}
	return w
}

func (s *scratch) fold(a, b []float64, size int) []float64 {
	out := s.floats(min(size, len(a)+len(b)-1))
	top := 0.0
	for i, x := range a {
		for j, y := range b {
			if i+j >= len(out) {
				break
			}
			out[i+j] += x * y
			top = max(top, out[i+j])
		}
	}
	if top > 1e100 {
		for i := range out {
			out[i] /= top
		}
	}
	return out
}

// of is how many of n requests are each source's; the slice is used again.
func (c *crowd) of(n int) []float64 {
	if n == c.at {
		return c.mix
	}
	c.at = n
	switch {
	case n <= exactNumbers && c.exact != nil && c.known(n):
		for i := range c.mix {
			c.mix[i] = c.exact[i][n]
		}
	case c.total <= fieldNumbers:
		c.field(float64(n))
	default:
		c.shares(n)
	}
	for _, m := range c.mix {
		if math.IsNaN(m) || math.IsInf(m, 0) {
			c.shares(n)
			break
		}
	}
	return c.mix
}

// shares is the mix in fixed shares.
func (c *crowd) shares(n int) {
	for i, s := range c.sources {
		c.mix[i] = min(s.population, float64(n)*c.share[i])
	}
}

func (c *crowd) known(n int) bool {
	for i := range c.exact {
		if c.exact[i][n] < 0 {
			return false
		}
	}
	return true
}

// field finds the activity x at which the sources' mean numbers N xr/(1 + xr)
// and the open ones' xa add up to n.
func (c *crowd) field(n float64) {
	if c.open == 0 && n >= c.total {
		for i, s := range c.sources {
			c.mix[i] = s.population
		}
		return
	}
	low, high := 0.0, math.Inf(1)
	x := c.x
	for range 60 {
		sum, slope := c.open*x, c.open
		for _, s := range c.sources {
			r := s.held / s.think
			f := 1 / (1 + x*r)
			sum += s.population * x * r * f
			slope += s.population * r * f * f
		}
		if sum < n {
			low = x
		} else {
			high = x
		}
		next := x + (n-sum)/slope
		if !(next > low && next < high) {
			next = 2 * x
			if !math.IsInf(high, 1) {
				next = (low + high) / 2
			}
		}
		if math.Abs(next-x) <= 1e-9*x {
			break
		}
		x = next
	}
	c.x = x
	for i, s := range c.sources {
		r := s.held / s.think
		c.mix[i] = s.population * x * r / (1 + x*r)
	}
}

// births is the rate of requests when n are in the pool; of one source alone
// where it is 0 or more.
func (c *crowd) births(open float64, n int) float64 {
	mix := c.of(n)
	for i := range c.sources {
		open += c.from(i, mix[i])
	}
	return open
}

// speed is how much faster, or slower, n requests come to their end than ones
// of the mean mix would, for those that they are.
func (c *crowd) speed(n int) float64 {
	if len(c.sources) == 0 || n == 0 || c.average <= 0 {
		return 1
	}
	mix := c.of(n)
	rest := float64(n)
	var served, ends float64
	add := func(s *source, number float64) {
		if number > 0 && s.held > 0 && s.served > 0 {
			u := number * s.served / s.held
			served += u
			ends += u * c.average / s.served
		}
	}
	for i := range c.sources {
		add(&c.sources[i], mix[i])
		rest -= mix[i]
	}
	if c.open > 0 {
		add(&c.opens, rest)
	}
	if e := ends / served; served > 0 && e > 0 && !math.IsInf(e, 1) {
		return e
	}
	return 1
}

func (c *crowd) from(i int, inside float64) float64 {
	return max(0, c.sources[i].population-inside) / c.sources[i].think
}
