package layered

import (
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// join makes one pool of replicas that are chosen by their connections: a
// request waits only where none of them has a free worker, as in one pool.
func (q *pool) join() {
	if q.balance == headroom.LeastConnections && q.replicas > 1 {
		q.workers, q.backlog, q.replicas = q.workers*q.replicas, q.backlog*q.replicas, 1
	}
}

// besides says how many requests all replicas have when one has n: from the
// number of all, each of which is at any replica alike.
type besides struct {
	base     int
	replicas float64
	workers  int         // of one
	weight   [][]float64 // by n, then all - base
}

const (
	mostBesides = 256 // requests at all replicas that are looked at
	mostQueued  = 48  // beyond the workers of one that are told apart
	leastState  = 1e-6
)

// binomials are the probabilities that n of m requests are at one of r replicas,
// by m, then n up to most.
func binomials(r float64, top, most int) [][]float64 {
	out := make([][]float64, top+1)
	out[0] = append(make([]float64, 0, most+1), 1)
	out[0] = out[0][:most+1]
	for m := 1; m <= top; m++ {
		out[m] = make([]float64, most+1)
		for n := 0; n <= min(m, most); n++ {
			out[m][n] = out[m-1][n] * (1 - 1/r)
			if n > 0 {
				out[m][n] += out[m-1][n-1] / r
			}
		}
	}
	return out
}

// split makes the network of one replica from that of all together.
func (q *pool) split(all closed, f flow) besides {
	r := float64(q.replicas)
	p := f.states(max(1, mostBesides-f.base))
	t := besides{base: f.base, replicas: r, workers: q.workers}
	if q.binomials == nil {
		q.binomials = binomials(r, mostBesides, q.workers+mostQueued)
	}
	for n := 0; n <= q.workers+mostQueued && n < f.base+len(p); n++ {
		w := make([]float64, len(p))
		var sum float64
		for i := range p {
			if m := f.base + i; m >= n && m <= mostBesides {
				w[i] = p[i] * q.binomials[m][n]
				sum += w[i]
			}
		}
		if !(sum > 1e-250) {
			break
		}
		for i := range w {
			w[i] /= sum
		}
		t.weight = append(t.weight, w)
	}
	if len(t.weight) == 0 { // so many that all replicas are full
		t.weight = [][]float64{{1}}
	}
	q.net = closed{throughput: t.part(all.throughput, q.workers), queue: make([][]float64, len(all.queue)), beside: make([][]float64, len(all.beside))}
	top := len(all.throughput) - 1
	n := q.workers
	second := t.at(n, func(m int) float64 {
		k := t.served(n, m)
		return math.Pow(all.throughput[k]*float64(n)/float64(k), 2)
	})
	q.net.sway = max(0, second/(q.net.throughput[n]*q.net.throughput[n])-1) + all.sway
	for s := range all.queue {
		q.net.queue[s] = t.part(all.queue[s], q.workers)
	}
	for s := range all.beside {
		if all.beside[s] != nil {
			q.net.beside[s] = t.table(func(m int) float64 { return all.beside[s][min(m, top)] }, 1, q.workers+1)
		}
	}
	return t
}

// states are the probabilities of the numbers of requests from the first that
// is kept on, with those of the tail as far as they matter, at most so many.
func (f *flow) states(most int) []float64 {
	p := slices.Clone(f.p[:min(len(f.p), most)])
	if f.tail <= 0 || len(p) < len(f.p) {
		return p
	}
	for next := p[len(p)-1] * f.tail; len(p) < most && next > leastState; next *= f.tail {
		p = append(p, next)
	}
	return p
}

// part of what all replicas have or do is that of n of them, for n to most.
func (t *besides) part(values []float64, most int) []float64 {
	out := make([]float64, most+1)
	for n := 1; n <= most; n++ {
		out[n] = t.of(values, n)
	}
	return out
}

// of is what the workers of one replica have or do when n requests are there:
// their part of what all who are served then have or do.
func (t *besides) of(values []float64, n int) float64 {
	return t.at(n, func(m int) float64 {
		k := t.served(n, m)
		return values[k] * float64(min(n, t.workers)) / float64(k)
	})
}

// served is how many of m requests at all replicas are, when one has n.
func (t *besides) served(n, m int) int {
	return max(1, min(n, t.workers)+max(0, min(m-n, (int(t.replicas)-1)*t.workers)))
}

// slower makes births of one replica larger where it has more than its workers
// serve: the others have more as well then, and leave it less of what they share
// than they do when its last worker begins. Only the ratio of births to ends
// matters to how many are there.
func (t *besides) slower(births func(n int) float64, values []float64) func(n int) float64 {
	x := make([]float64, len(t.weight)+1)
	for n := range x {
		x[n] = t.of(values, max(1, n))
	}
	return func(n int) float64 {
		if n < t.workers {
			return births(n)
		}
		return births(n) * x[min(t.workers, len(x)-1)] / x[min(n+1, len(x)-1)]
	}
}

// at is the mean of a function of all requests, when one replica has n.
func (t *besides) at(n int, of func(all int) float64) float64 {
	if n >= len(t.weight) { // hardly ever: as many more as this one has more
		return of(n - len(t.weight) + t.base + len(t.weight[len(t.weight)-1]))
	}
	var sum float64
	for i, w := range t.weight[n] {
		if w > 0 {
			sum += w * of(t.base+i)
		}
	}
	return sum
}

// table is at for n below size, over replicas.
func (t *besides) table(of func(all int) float64, replicas float64, size int) []float64 {
	values := make([]float64, len(t.weight[0]))
	for i := range values {
		values[i] = of(t.base + i)
	}
	out := make([]float64, size)
	for n := range out {
		if n >= len(t.weight) {
			out[n] = t.at(n, of) / replicas
			continue
		}
		for i, w := range t.weight[n] {
			out[n] += w * values[i]
		}
		out[n] /= replicas
	}
	return out
}

// mean makes of a rate at all replicas that at one.
func (t *besides) mean(of func(all int) float64) func(n int) float64 {
	known := t.table(of, t.replicas, len(t.weight))
	return func(n int) float64 {
		if n < len(known) {
			return known[n]
		}
		return t.at(n, of) / t.replicas
	}
}

// evenness is the SCV of the time between arrivals at pool p: every n-th of
// Poisson's for one of n replicas in turn.
func (v *solver) evenness(p int) float64 {
	q := &v.pools[p]
	if q.replicas > 1 && q.balance != headroom.RandomBalance {
		return 1 / float64(q.replicas)
	}
	return 1
}

// evenly is what arrivals that are more even than Poisson's make of the wait
// (Kraemer and Langenbach-Belz 1976), for a utilization rho.
func evenly(arrivals, service, rho float64) float64 {
	if arrivals >= 1 {
		return 1
	}
	sum := arrivals + service
	if sum < 1e-6 {
		return 0
	}
	d := 1 - arrivals
	return sum / (1 + service) * math.Exp(-2*(1-rho)*d*d/(3*max(rho, 1e-3)*sum))
}
