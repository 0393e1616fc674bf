package layered

import (
	"math"
	"slices"
)

// flow is the pool as a birth-death process: n requests in it, of which
// min(n, W) are served.
type flow struct {
	base     int       // the first state that is kept
	p        []float64 // probability of base + i requests, as far as states are kept
	births   []float64 // 1/s, in those states
	tail     float64   // p falls by this factor from the last state on
	served   []float64 // probability that min(n, W) requests are being served
	through  float64   // 1/s
	waiting  float64   // mean number
	mustWait float64   // share of arrivals that wait
	overload float64   // offered / possible when it is 1 or more, else 0
}

const (
	mostStates = 3_000_000 // bounds the work for large closed populations
	manyStates = 2000      // beyond, only those around the likeliest one are kept
)

// birthDeath solves the pool: death rate x(min(n, W)), birth rate births(n), up
// to last, from where on only the open requests come: the tail is geometric.
func birthDeath(open float64, births func(n int) float64, last int, x []float64) flow {
	w := len(x) - 1
	last = max(last, w)
	out := flow{served: make([]float64, w+1), tail: open / x[w]}
	if out.tail >= 1 {
		out.overload, out.served[w], out.through = out.tail, 1, x[w]
		return out
	}
	if last > manyStates && births(w) > x[w] {
		out.around(births, last, x)
	} else {
		out.climb(births, last, x)
	}
	sum := 0.0
	for _, p := range out.p {
		sum += p
	}
	beyond, _ := out.beyond()
	sum += beyond
	for n := range out.p {
		out.p[n] /= sum
	}
	out.measure(x)
	return out
}

// climb fills the states from 0 on.
func (f *flow) climb(births func(n int) float64, last int, x []float64) {
	w := len(x) - 1
	p, b := make([]float64, 1, 64), make([]float64, 1, 64)
	p[0], b[0] = 1, births(0)
	sum, first := 1.0, 0
	for n := 1; n <= last; n++ {
		p, b = append(p, p[n-1]*b[n-1]/x[min(n, w)]), append(b, births(n))
		sum += p[n]
		if n > w && b[n] < x[w] && p[n] < 1e-16*sum {
			break // births only fall from here on
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
	f.p, f.births = p, b
}

// around fills the states around the likeliest one, which is beyond W: births
// fall through x(W) there.
func (f *flow) around(births func(n int) float64, last int, x []float64) {
	w := len(x) - 1
	low, high := w, last
	for low+1 < high {
		if mid := (low + high) / 2; births(mid) > x[w] {
			low = mid
		} else {
			high = mid
		}
	}
	mode := high
	var down []float64
	for n, p := mode-1, 1.0; n >= 0; n-- {
		if p *= x[min(n+1, w)] / births(n); p < 1e-16 {
			break
		}
		down = append(down, p)
	}
	slices.Reverse(down)
	f.base = mode - len(down)
	f.p = append(down, 1)
	for n, p := mode+1, 1.0; n <= last; n++ {
		if p *= births(n-1) / x[w]; p < 1e-16 {
			break
		}
		f.p = append(f.p, p)
	}
	f.births = make([]float64, len(f.p))
	for i := range f.births {
		f.births[i] = births(f.base + i)
	}
}

// beyond is the probability of all states after the last kept one, and their
// mean distance from it: a geometric number from 1.
func (f *flow) beyond() (probability, distance float64) {
	if f.tail <= 0 || len(f.p) == 0 {
		return 0, 1
	}
	return f.p[len(f.p)-1] * f.tail / (1 - f.tail), 1 / (1 - f.tail)
}

func (f *flow) measure(x []float64) {
	w, last := len(x)-1, f.base+len(f.p)-1
	beyond, distance := f.beyond()
	f.served[w] = beyond
	f.waiting = beyond * (float64(last-w) + distance)
	var arrivals, must float64
	for i, p := range f.p {
		n := f.base + i
		f.served[min(n, w)] += p
		f.waiting += p * float64(max(0, n-w))
		arrivals += p * f.births[i]
		if n >= w {
			must += p * f.births[i]
		}
	}
	arrivals, must = arrivals+beyond*f.tail*x[w], must+beyond*f.tail*x[w]
	for n := 1; n <= w; n++ {
		f.through += f.served[n] * x[n]
	}
	if arrivals > 0 {
		f.mustWait = must / arrivals
	}
}

// arriving is the mean rate of arrivals, 1/s.
func (f *flow) arriving(open float64, births func(n int) float64) float64 {
	var sum float64
	for i, p := range f.p {
		sum += p * births(f.base+i)
	}
	beyond, _ := f.beyond()
	return sum + beyond*open
}

// seen is what arrivals meet that come at weight(n) while n are there, and at
// rest in all later states: the mean of k/x(W) with k = n - W + 1 > 0 (the wait
// of exponential service), the probability that all workers are busy, and the distribution of who is served, itself included.
func (f *flow) seen(x []float64, weight func(n int) float64, rest float64, room *scratch) (wait, busy float64, served []float64) {
	w, last := len(x)-1, f.base+len(f.p)-1
	served = room.floats(w + 1)
	var total float64
	for i, p := range f.p {
		n := f.base + i
		a := p * max(0, weight(n))
		total += a
		served[min(n+1, w)] += a
		if n >= w {
			wait += a * float64(n+1-w)
			busy += a
		}
	}
	if beyond, distance := f.beyond(); rest > 0 {
		a := beyond * rest
		total += a
		served[w] += a
		busy += a
		wait += a * (float64(last+1-w) + distance)
	}
	if total <= 0 || math.IsInf(total, 0) {
		served[min(1, w)] = 1
		return 0, 0, served
	}
	for n := range served {
		served[n] /= total
	}
	return wait / total / x[w], busy / total, served
}
