package layered

import "math"

// resource is one station as the requests of one pool see it.
type resource struct {
	servers  float64
	demand   float64   // s, of the pool's mean request
	others   float64   // s, of the mean request in service at other pools
	open     float64   // Erlang offered by open requests without a worker
	capacity []float64 // that n requests with a worker get beside them
	beside   []float64 // mean number of open requests when n with a worker are here
}

// prepare finds the capacity that n requests with workers get, n = 0 to most,
// beside open requests that offer a Erlang. With b(i) = min(i, c) the joint
// weights of product form are
//
//	C(n+m, m) a^m / (b(1) ... b(n+m)),
//
// so that with S(n) = sum over m of the product over j < m of
// (n+j+1)/(j+1) a/b(n+j+1), capacity(n) = b(n) S(n-1)/S(n). Valid for a < c.
func (r *resource) prepare(most int, room *scratch) {
	b := func(i int) float64 { return min(float64(i), r.servers) }
	r.capacity, r.beside = room.floats(most+1), room.floats(most+1)
	if r.open == 0 {
		for n := range r.capacity {
			r.capacity[n] = b(n)
		}
		return
	}
	before := 0.0 // log S(n-1)
	for n := 0; n <= most; n++ {
		sum, weighted, term, scale := 1.0, 0.0, 1.0, 0.0
		for m := 0; ; m++ {
			ratio := float64(n+m+1) / float64(m+1) * r.open / b(n+m+1)
			term *= ratio
			sum += term
			weighted += float64(m+1) * term
			if sum > 1e200 {
				sum, weighted, term, scale = sum*1e-200, weighted*1e-200, term*1e-200, scale+200*math.Ln10
			}
			if ratio < 1 && term*float64(m+2) < 1e-9*sum*(1-ratio) || m > 100_000 {
				break
			}
		}
		logS := math.Log(sum) + scale
		if n > 0 {
			r.capacity[n] = b(n) * math.Exp(before-logS)
		}
		r.beside[n] = weighted / sum
		before = logS
	}
}

// closed is the network with n requests of the pool in it, n = 0 to W, and m
// of other pools, whose mean over m is taken.
type closed struct {
	throughput []float64   // X(n), 1/s
	queue      [][]float64 // by station, then n: mean number of the pool's requests; the delay is last
	beside     [][]float64 // by station, then n: mean number of open requests without a worker
	sway       float64     // SCV of X(W) over what others are in service
}

// solveClosed is the convolution algorithm for two chains, the pool's own and
// all others. present says how many others there are and how many of the pool's
// own, from the round before. Demands are scaled so that the normalising
// constants stay within range.
func solveClosed(stations []resource, delay, otherDelay float64, own, present []float64, room *scratch) closed {
	most, m := len(own)-1, len(present)-1
	d, e := delay, otherDelay
	heavy, heavyOther := 0.0, 0.0
	for _, s := range stations {
		d, e = d+s.demand, e+s.others
		top := max(s.capacity[len(s.capacity)-1], math.SmallestNonzeroFloat64)
		heavy, heavyOther = max(heavy, s.demand/top), max(heavyOther, s.others/top)
	}
	scale, scaleOther := max(heavy, d/float64(max(1, most))), max(heavyOther, e/float64(max(1, m)))
	if scaleOther == 0 {
		scaleOther = 1
	}
	f := make([]table, 0, len(stations)+1)
	for _, s := range stations {
		f = append(f, room.factors(s.demand/scale, s.others/scaleOther, s.capacity, most, m))
	}
	f = append(f, room.factors(delay/scale, otherDelay/scaleOther, nil, most, m))
	before := make([]table, len(f)) // product of all before i
	all := f[0]
	for i := 1; i < len(f); i++ {
		before[i] = all
		all = room.convolve(all, f[i])
	}
	weight := room.joint(all, own, present)
	kept := make([]float64, (most+1)*(1+len(f)+len(stations)))
	row := func() (out []float64) {
		out, kept = kept[:most+1:most+1], kept[most+1:]
		return out
	}
	out := closed{throughput: row(), queue: make([][]float64, len(f)), beside: make([][]float64, len(stations))}
	for n := 1; n <= most; n++ {
		for j := range present {
			out.throughput[n] += weight.at(n, j) * all.at(n-1, j) / all.at(n, j) / scale
		}
	}
	var second float64
	for j := range present {
		x := all.at(most-1, j) / all.at(most, j) / scale
		second += weight.at(most, j) * x * x
	}
	out.sway = max(0, second/(out.throughput[most]*out.throughput[most])-1)
	after := table{} // product of all after i
	for i := len(f) - 1; i >= 0; i-- {
		rest := before[i]
		switch {
		case i == 0:
			rest = after
		case i < len(f)-1:
			rest = room.convolve(rest, after)
		}
		var beside, open []float64
		if i < len(stations) {
			out.beside[i] = row()
			if stations[i].open > 0 {
				beside, open = stations[i].beside, out.beside[i]
			}
		}
		out.queue[i] = row()
		means(f[i], rest, all, weight, beside, out.queue[i], open)
		if i == len(f)-1 {
			after = f[i]
		} else if i > 0 {
			after = room.convolve(after, f[i])
		}
	}
	return out
}

// joint is the probability of m others, given n of the own: in proportion to
// all(n, m) b(m), as in product form, with the b that give the others their
// probabilities and the own theirs (iterative proportional fitting).
func (s *scratch) joint(all table, own, present []float64) table {
	w := s.table(all.n, all.m)
	b := s.floats(all.m + 1)
	for m, p := range present {
		b[m] = p / all.at(0, m)
	}
	sum := func(n int) float64 {
		var whole float64
		for m := range b {
			whole += all.at(n, m) * b[m]
		}
		return whole
	}
	for range 4 {
		if all.m == 0 {
			break
		}
		next := s.floats(len(b))
		for n, a := range own {
			if whole := sum(n); a > 0 && whole > 0 {
				for m := range next {
					next[m] += a * all.at(n, m) / whole
				}
			}
		}
		for m, p := range present {
			if next[m] > 0 {
				b[m] = p / next[m]
			}
		}
	}
	for n := 0; n <= all.n; n++ {
		whole := sum(n)
		for m := range b {
			w.v[n*(all.m+1)+m] = all.at(n, m) * b[m] / whole
		}
	}
	return w
}

// means adds up those of the pool's own requests at a station, by n, and of the open
// ones there, where beside is known.
func means(f, rest, all, weight table, beside, queue, open []float64) {
	for n := 0; n <= f.n; n++ {
		for m := 0; m <= f.m; m++ {
			g := weight.at(n, m) / all.at(n, m)
			for i := 0; i <= n; i++ {
				for j := 0; j <= m; j++ {
					p := f.at(i, j) * rest.at(n-i, m-j) * g
					queue[n] += float64(i) * p
					if beside != nil {
						open[n] += beside[i+j] * p
					}
				}
			}
		}
	}
}

// table is a function of (n, m), n first.
type table struct {
	n, m int // largest
	v    []float64
}

func (t *table) at(n, m int) float64 { return t.v[n*(t.m+1)+m] }

// convolve is the sum over (i, j) of a(i, j) b(n-i, m-j).
func (s *scratch) convolve(a, b table) table {
	c := s.table(a.n, a.m)
	w := a.m + 1
	for n := 0; n <= a.n; n++ {
		for i := 0; i <= n; i++ {
			for j := 0; j < w; j++ {
				x := a.v[i*w+j]
				if x == 0 {
					continue
				}
				out, in := c.v[n*w+j:(n+1)*w], b.v[(n-i)*w:(n-i+1)*w]
				for k := range out {
					out[k] += x * in[k]
				}
			}
		}
	}
	return c
}

// factors of one station: C(n+m, n) d^n e^m / (b(1) ... b(n+m)); b is nil for a delay.
func (s *scratch) factors(d, e float64, b []float64, n, m int) table {
	t := s.table(n, m)
	t.v[0] = 1
	step := func(i, total int) float64 { // up in i of total
		if b == nil {
			return 1 / float64(i)
		}
		return float64(total) / float64(i) / max(b[total], math.SmallestNonzeroFloat64)
	}
	for i := 0; i <= n; i++ {
		if i > 0 {
			t.v[i*(m+1)] = t.v[(i-1)*(m+1)] * d * step(i, i)
		}
		for j := 1; j <= m; j++ {
			t.v[i*(m+1)+j] = t.v[i*(m+1)+j-1] * e * step(j, i+j)
		}
	}
	return t
}
