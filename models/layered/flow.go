package layered

// source is what makes requests for the pool: open, or closed customers each
// of whom asks again think seconds after an answer.
type source struct {
	population float64
	think      float64 // s between an answer and the next request
	share      float64 // of the closed requests that are in the pool
}

// flow is the pool as a birth-death process.
type flow struct {
	p        []float64 // probability of n requests, as far as states are kept
	served   []float64 // probability that min(n, W) requests are being served
	through  float64   // 1/s
	number   float64   // mean, waiting included
	waiting  float64   // mean number
	mustWait float64   // share of arrivals that wait
	spread   float64   // variance of an arrival's wait, in terms of its mean's square
	overload float64   // offered / possible when it is 1 or more, else 0
}

// mostStates bounds the work for large closed populations.
const mostStates = 3_000_000

// birthDeath solves the pool: death rate x(min(n, W)), birth rate open plus
// what the closed customers who are not in the pool give. Beyond the states
// that are kept both rates are constant, and the tail is geometric.
func birthDeath(open float64, closed []source, x []float64) flow {
	w := len(x) - 1
	birth := func(n int) float64 {
		r := open
		for _, s := range closed {
			r += max(0, s.population-float64(n)*s.share) / s.think
		}
		return r
	}
	last := w // from here on only the open ones come
	for _, s := range closed {
		last = max(last, w+int(min(s.population/s.share, mostStates))+1)
	}
	tail := open / x[w]
	out := flow{served: make([]float64, w+1)}
	if tail >= 1 {
		out.overload, out.served[w], out.through, out.number = tail, 1, x[w], float64(w)
		return out
	}
	p := make([]float64, last+1)
	p[0] = 1
	sum, first := 1.0, 0
	for n := 1; n <= last; n++ {
		p[n] = p[n-1] * birth(n-1) / x[min(n, w)]
		sum += p[n]
		if n > w && birth(n) < x[w] && p[n] < 1e-18*sum {
			p = p[:n+1] // births only fall from here on
			break
		}
		if sum > 1e250 {
			for i := first; i <= n; i++ {
				if p[i] *= 1e-250; p[i] == 0 {
					first = i // all before have vanished as well
				}
			}
			sum *= 1e-250
		}
	}
	out.p = p
	out.measure(birth, x, tail, sum)
	return out
}

// measure takes the means. An arrival that finds n >= W waits for n-W+1
// departures at the rate x(W): an Erlang time.
func (f *flow) measure(birth func(int) float64, x []float64, tail, sum float64) {
	w, last := len(x)-1, len(f.p)-1
	geometric := f.p[last] * tail / (1 - tail) // all states beyond last
	sum += geometric
	var arrivals, must, wait, square float64
	arrive := func(weight float64, n int) {
		arrivals += weight
		if n >= w {
			k := float64(n - w + 1)
			must += weight
			wait += weight * k
			square += weight * k * (k + 1)
		}
	}
	for n := range f.p {
		f.p[n] /= sum
		f.served[min(n, w)] += f.p[n]
		f.number += float64(n) * f.p[n]
		f.waiting += float64(max(0, n-w)) * f.p[n]
		arrive(f.p[n]*birth(n), n)
	}
	geometric /= sum
	f.served[w] += geometric
	// Over the tail n is last + a geometric number g from 1: E g = 1/(1-t), E g² = (1+t)/(1-t)².
	g, g2, k := 1/(1-tail), (1+tail)/((1-tail)*(1-tail)), float64(last-w+1)
	f.number += geometric * (float64(last) + g)
	f.waiting += geometric * (k - 1 + g)
	weight := geometric * tail * x[w]
	arrivals, must = arrivals+weight, must+weight
	wait += weight * (k + g)
	square += weight * (k*k + 2*k*g + g2 + k + g)
	for n := 1; n <= w; n++ {
		f.through += f.served[n] * x[n]
	}
	if arrivals > 0 && must > 0 {
		f.mustWait = must / arrivals
		f.spread = max(0, square/arrivals/((wait/arrivals)*(wait/arrivals))-1)
	}
}
