package queueing

import "math"

// survival is P(T > t) of a time that ends in a Markov chain, by
// uniformisation: the chain is looked at at the events of a Poisson process.
//
//	P(T > t) = Σ_n e^(-qt) (qt)^n/n! · left[n]
//
// Source: A. Jensen, "Markoff chains as an aid in the study of Markoff
// processes", Skandinavisk Aktuarietidskrift 36 (1953).
type survival struct {
	rate float64   // q, 1/s
	left []float64 // probability to be still in the chain after n events
}

// above is P(T > t). What is beyond the last known event counts as over.
func (s survival) above(t float64) float64 {
	mean := s.rate * t
	if mean <= 0 {
		return s.left[0]
	}
	mode := math.Floor(mean)
	logAt, _ := math.Lgamma(mode + 1)
	peak := math.Exp(mode*math.Log(mean) - mean - logAt)
	at := func(n float64) float64 {
		if n < float64(len(s.left)) {
			return s.left[int(n)]
		}
		return 0
	}
	// Weights fall on both sides of the mode; normalising them by their sum
	// removes the rounding of the logarithms.
	sum, weights := peak*at(mode), peak
	for n, w := mode, peak; n > 0 && w > 1e-18*peak; n-- {
		w *= n / mean
		sum, weights = sum+w*at(n-1), weights+w
	}
	for n, w := mode+1, peak*mean/(mode+1); w > 1e-18*peak; n++ {
		sum, weights = sum+w*at(n), weights+w
		w *= mean / (n + 1)
	}
	return sum / weights
}

// percentile is the time that a fraction p stays within.
func (s survival) percentile(p float64) float64 {
	if s.left[0] <= 1-p {
		return 0
	}
	return invert(s.above, 1-p, 1/s.rate)
}

// enough says that left reaches far enough for the 99th percentile: twice as
// many events, and 100, as leave one in a hundred. Beyond that a Poisson
// number of the percentile's mean does not go.
type enough struct{ below int }

func (e *enough) done(n int, left float64) bool {
	if e.below == 0 && left < 0.0099 {
		e.below = n + 1
	}
	return e.below > 0 && n >= 2*e.below+100
}

// mostWork is how many products of a probability and a rate a percentile may
// cost, about half a second; beyond it asymptotics take over.
const mostWork = 2e8

// tails are the waiting and the response time of M/PH/c. A customer that finds
// k others waiting starts when k+1 have ended; then it is in service alone. ok
// is false where that takes too long to compute.
func (p *phaseQueue) tails() (wait, response survival, ok bool) {
	line, ok := p.line()
	if !ok {
		return wait, response, false
	}
	u := p.uniformised()
	wait.rate, response.rate = u.rate, u.rate
	serve := newService(p.law, u.rate)
	serve.begin(1 - p.wait)
	var far enough
	work := 0.0
	for n := 0; ; n++ {
		waiting := 0.0
		for _, a := range line {
			waiting += total(a)
		}
		left := waiting + serve.mass()
		wait.left, response.left = append(wait.left, waiting), append(response.left, left)
		if far.done(n, left) {
			return wait, response, true
		}
		if work += u.cost*float64(len(line)) + 100; work > mostWork {
			return wait, response, false
		}
		for n%16 == 0 && len(line) > 0 && total(line[len(line)-1]) < 1e-18 {
			line = line[:len(line)-1] // what is left of the far end is nothing
		}
		started := u.step(line)
		serve.step()
		serve.begin(started)
	}
}

// chain is the busy servers at the events of a Poisson process.
type chain struct {
	rate   float64   // of the events, 1/s
	stay   []float64 // probability that an event changes nothing
	within []move    // by probability
	ends   []move
	next   []float64
	cost   float64 // of a step for one customer ahead
}

func (p *phaseQueue) uniformised() *chain {
	m := len(p.full.list)
	u := &chain{stay: make([]float64, m), next: make([]float64, m), cost: float64(len(p.within) + len(p.ends) + m)}
	for _, list := range [][]move{p.within, p.ends} {
		for _, v := range list {
			u.stay[v.from] += v.rate
		}
	}
	u.rate = largestOf(u.stay)
	for i, out := range u.stay {
		u.stay[i] = 1 - out/u.rate
	}
	scaled := func(list []move) []move {
		out := append([]move(nil), list...)
		for i := range out {
			out[i].rate /= u.rate
		}
		return out
	}
	u.within, u.ends = scaled(p.within), scaled(p.ends)
	return u
}

// step is one event for all who wait, and says how many of them started.
func (u *chain) step(line [][]float64) (started float64) {
	for k, a := range line {
		for i, v := range a {
			u.next[i] = v * u.stay[i]
		}
		for _, v := range u.within {
			u.next[v.to] += a[v.from] * v.rate
		}
		if k == 0 {
			for _, v := range u.ends {
				started += a[v.from] * v.rate
			}
		}
		if k+1 < len(line) {
			for _, v := range u.ends {
				u.next[v.to] += line[k+1][v.from] * v.rate
			}
		}
		copy(a, u.next)
	}
	return started
}

// line is, for each number of others waiting, the probability to find it with
// each configuration of the servers; not ok where it is too long.
func (p *phaseQueue) line() (line [][]float64, ok bool) {
	m := len(p.full.list)
	a := append([]float64(nil), p.first.RawVector().Data...)
	left := p.wait
	for left > 1e-12 {
		line = append(line, a)
		if len(line)*m > 1<<22 {
			return nil, false
		}
		left -= total(a)
		b := make([]float64, m)
		for i, v := range a {
			row := p.r.RawRowView(i)
			for j := range b {
				b[j] += v * row[j]
			}
		}
		if total(b) < 1e-14 {
			break
		}
		a = b
	}
	return line, true
}

func total(v []float64) float64 {
	var s float64
	for _, x := range v {
		s += x
	}
	return s
}

// service is one customer's way through the phases of its service.
type service struct {
	law  law
	move []float64 // probability to leave a phase at an event
	in   []float64
}

func newService(l law, rate float64) *service {
	s := &service{law: l, in: make([]float64, l.phases()), move: make([]float64, l.phases())}
	for i := range s.move {
		s.move[i] = l.rate[i] / rate
	}
	return s
}

func (s *service) begin(mass float64) {
	for i, p := range s.law.start {
		s.in[i] += mass * p
	}
}

// step is one event, from the last phase to the first so that nothing moves twice.
func (s *service) step() {
	for i := len(s.in) - 1; i >= 0; i-- {
		out := s.in[i] * s.move[i]
		s.in[i] -= out
		if j := s.law.follows(i); j >= 0 {
			s.in[j] += out
		}
	}
}

func (s *service) mass() float64 { return total(s.in) }
