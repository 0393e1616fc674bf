package queueing

// next moves a point on by one.
func (g *lattice) next(at []int) {
	for r := range at {
		if at[r]++; at[r] <= g.top[r] {
			return
		}
		at[r] = 0
	}
}

// weights is F over the lattice.
func (g *lattice) weights(station int) []float64 {
	s := g.m.Stations[station]
	f := make([]float64, g.size)
	f[0] = 1
	at := make([]int, len(g.top))
	for i := 1; i < g.size; i++ {
		g.next(at)
		n, w := 0, 0.0
		for r, k := range at {
			if n += k; k > 0 {
				w += g.rate[r] * s.Demand[r] * f[i-g.stride[r]]
			}
		}
		f[i] = w / min(float64(n), s.Servers)
	}
	return f
}

// a term of the convolution: F(k) (1-|k|/c) at an offset.
type term struct {
	offset int
	at     []int
	weight float64
}

// with is the convolution of a station with what there is.
func (g *lattice) with(station int, v []float64) []float64 {
	terms := g.terms(station)
	s := g.m.Stations[station]
	share := make([]float64, len(g.top))
	for r := range share {
		share[r] = g.rate[r] * s.Demand[r] / s.Servers
	}
	out := make([]float64, g.size)
	at := make([]int, len(g.top))
	for i := range out {
		w := 0.0
		for _, t := range terms {
			if t.offset <= i && within(t.at, at) {
				w += t.weight * v[i-t.offset]
			}
		}
		for r, k := range at {
			if k > 0 {
				w += share[r] * out[i-g.stride[r]]
			}
		}
		out[i] = w
		g.next(at)
	}
	scaleTo(out)
	return out
}

func within(k, n []int) bool {
	for r, v := range k {
		if v > n[r] {
			return false
		}
	}
	return true
}

// terms are all k with |k| < c, in the lattice's order.
func (g *lattice) terms(station int) []term {
	s := g.m.Stations[station]
	var out []term
	at := make([]int, len(g.top))
	var fill func(r, n, offset int, w float64)
	fill = func(r, n, offset int, w float64) {
		if r < 0 {
			out = append(out, term{offset: offset, at: append([]int(nil), at...), weight: w * (1 - float64(n)/s.Servers)})
			return
		}
		y := g.rate[r] * s.Demand[r]
		for k := 0; k <= g.top[r] && float64(n) < s.Servers; k++ {
			at[r] = k
			fill(r-1, n, offset+k*g.stride[r], w)
			n++
			// |k|!/Π k_r! builds up as the binomial of the new one, and min(j, c) = j below c.
			w *= y / float64(k+1)
		}
		at[r] = 0
	}
	fill(len(g.top)-1, 0, 0, 1)
	return out
}
