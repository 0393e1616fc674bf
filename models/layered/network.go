package layered

import "math"

// resource is one station as the pool's requests see it.
type resource struct {
	servers  float64
	demand   float64 // s, of the pool's mean request
	open     float64 // Erlang offered by requests outside of the pool
	capacity []float64
	others   []float64 // mean number of open requests when n of the pool are here
}

// prepare finds the capacity that n requests of the pool get, n = 0 to most,
// beside open requests that offer a Erlang. With b(i) = min(i, c) the joint
// weights of product form are
//
//	C(n+m, m) a^m / (b(1) ... b(n+m)),
//
// so that with S(n) = sum over m of the product over j < m of
// (n+j+1)/(j+1) a/b(n+j+1), capacity(n) = b(n) S(n-1)/S(n). Valid for a < c.
func (r *resource) prepare(most int) {
	b := func(i int) float64 { return min(float64(i), r.servers) }
	r.capacity, r.others = make([]float64, most+1), make([]float64, most+1)
	before := 0.0 // log S(n-1)
	for n := 0; n <= most; n++ {
		sum, weighted, term, scale := 1.0, 0.0, 1.0, 0.0
		for m := 0; r.open > 0; m++ {
			ratio := float64(n+m+1) / float64(m+1) * r.open / b(n+m+1)
			term *= ratio
			sum += term
			weighted += float64(m+1) * term
			if sum > 1e200 {
				sum, weighted, term, scale = sum*1e-200, weighted*1e-200, term*1e-200, scale+200*math.Ln10
			}
			if ratio < 1 && term*float64(m+2) < 1e-11*sum*(1-ratio) || m > 1_000_000 {
				break
			}
		}
		logS := math.Log(sum) + scale
		if n > 0 {
			r.capacity[n] = b(n) * math.Exp(before-logS)
		}
		r.others[n] = weighted / sum
		before = logS
	}
}

// closed is the network with n requests of the pool in it, n = 0 to W.
type closed struct {
	throughput []float64   // X(n), 1/s
	queue      [][]float64 // by station, then n: mean number of the pool's requests
	others     [][]float64 // by station, then n: mean number of open requests
}

// solveClosed is the convolution algorithm. Demands are scaled so that the
// normalising constants stay within range for up to mostWorkers requests.
func solveClosed(stations []resource, delay float64, most int) closed {
	total, heaviest := delay, 0.0
	for _, s := range stations {
		total += s.demand
		if s.demand > 0 {
			heaviest = max(heaviest, s.demand/s.capacity[most])
		}
	}
	scale := max(heaviest, total/float64(most))
	f := make([][]float64, 0, len(stations)+1)
	for _, s := range stations {
		f = append(f, factors(s.demand/scale, func(n int) float64 { return s.capacity[n] }, most))
	}
	f = append(f, factors(delay/scale, func(n int) float64 { return float64(n) }, most))
	g := convolveAll(f, -1, most)
	out := closed{throughput: make([]float64, most+1)}
	for n := 1; n <= most; n++ {
		out.throughput[n] = g[n-1] / g[n] / scale
	}
	for i, s := range stations {
		rest := convolveAll(f, i, most)
		q, m := make([]float64, most+1), make([]float64, most+1)
		for n := 0; n <= most; n++ {
			for k := 0; k <= n; k++ {
				p := f[i][k] * rest[n-k] / g[n]
				q[n] += float64(k) * p
				m[n] += s.others[k] * p
			}
		}
		out.queue, out.others = append(out.queue, q), append(out.others, m)
	}
	return out
}

func factors(demand float64, capacity func(int) float64, most int) []float64 {
	f := make([]float64, most+1)
	f[0] = 1
	for n := 1; n <= most; n++ {
		f[n] = f[n-1] * demand / max(capacity(n), math.SmallestNonzeroFloat64)
	}
	return f
}

func convolveAll(f [][]float64, but, most int) []float64 {
	g := make([]float64, most+1)
	g[0] = 1
	next := make([]float64, most+1)
	for i := range f {
		if i == but {
			continue
		}
		for n := range next {
			next[n] = 0
			for k := 0; k <= n; k++ {
				next[n] += f[i][k] * g[n-k]
			}
		}
		g, next = next, g
	}
	return g
}
