package queueing

import "testing"

// chainMean solves M/PH/2 as a truncated Markov chain on its own states, by
// Gauss and Seidel's sweeps: level up to 400, phases of both servers told apart.
func chainMean(rate float64, l law) (waits, queue float64) {
	const top = 400
	k := l.phases()
	// Phases of server 1 and 2, k for idle; both busy from 2 customers on.
	type state struct{ n, a, b int }
	index := map[state]int{}
	var states []state
	add := func(s state) {
		index[s] = len(states)
		states = append(states, s)
	}
	add(state{0, k, k})
	for a := range k {
		add(state{1, a, k})
	}
	for n := 2; n <= top; n++ {
		for a := range k {
			for b := range k {
				add(state{n, a, b})
			}
		}
	}
	type move struct {
		from int
		rate float64
	}
	in, out := make([][]move, len(states)), make([]float64, len(states))
	flow := func(from int, to state, rate float64) {
		if rate > 0 {
			j := index[to]
			in[j] = append(in[j], move{from, rate})
			out[from] += rate
		}
	}
	for i, s := range states {
		for p, w := range l.start {
			switch {
			case s.n == 0:
				flow(i, state{1, p, k}, rate*w)
			case s.n == 1:
				flow(i, state{2, s.a, p}, rate*w)
			}
		}
		if s.n >= 2 && s.n < top {
			flow(i, state{s.n + 1, s.a, s.b}, rate)
		}
		for server, phase := range [2]int{s.a, s.b} {
			if phase == k {
				continue
			}
			put := func(p int) state {
				if server == 0 {
					return state{s.n, p, s.b}
				}
				return state{s.n, s.a, p}
			}
			if next := l.follows(phase); next >= 0 {
				flow(i, put(next), l.rate[phase])
				continue
			}
			switch s.n {
			case 1:
				flow(i, state{0, k, k}, l.rate[phase])
			case 2:
				other := s.a + s.b - phase
				flow(i, state{1, other, k}, l.rate[phase])
			default:
				for p, w := range l.start {
					to := put(p)
					to.n--
					flow(i, to, l.rate[phase]*w)
				}
			}
		}
	}
	pi := make([]float64, len(states))
	for i := range pi {
		pi[i] = 1
	}
	for range 6000 {
		sum := 0.0
		for i := range pi {
			v := 0.0
			for _, m := range in[i] {
				v += pi[m.from] * m.rate
			}
			pi[i] = v / out[i]
			sum += pi[i]
		}
		for i := range pi {
			pi[i] /= sum
		}
	}
	for i, s := range states {
		if s.n >= 2 {
			waits += pi[i]
			queue += float64(s.n-2) * pi[i]
		}
	}
	return waits, queue
}

func TestMatricesAgainstChain(t *testing.T) {
	for _, c := range []struct {
		scv, rho float64
	}{{0.3, 0.8}, {0.6, 0.5}, {3, 0.7}} {
		l := lawOf(1, c.scv)
		waits, queue := chainMean(2*c.rho, l)
		p, err := solvePhases(MMc{Servers: 2, ArrivalRate: 2 * c.rho, ServiceTime: 1}, l)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "P(wait)", p.wait, waits, 1e-8)
		near(t, "queue", p.queue, queue, 1e-8)
	}
}
