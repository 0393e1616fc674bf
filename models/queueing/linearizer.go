package queueing

import "math"

// linearizer is Chandy and Neuse's approximation of mean value analysis: the
// fraction of a class that is at a station changes little when one customer
// leaves, and that little is the same at neighbouring populations. A station of
// c servers is one of a c-th of the demand, and a delay of the rest.
//
// Source: K. Chandy and D. Neuse, "Linearizer: a heuristic algorithm for
// queueing network models of computing systems", Comm. ACM 25 (1982); A.
// Seidmann, P. Schweitzer and S. Shalev-Oren, "Computerized closed queueing
// network models of flexible manufacturing systems", Large Scale Systems 12 (1987).
type linearizer struct {
	n      []float64     // population by class
	demand [][]float64   // at the queueing part of a station, by class
	delay  []float64     // by class: thinking, delays and Seidmann's rest
	shift  [][][]float64 // station, class, class that lost a customer: change of the fraction
}

const (
	linearizerError = "throughput within 1 % with hundreds of customers or single servers, up to 15 % near the knee with few customers at stations of several servers"
	mostIterations  = 3000
)

// linearize is the approximate answer.
func (m ClosedModel) linearize() ClosedAnswer {
	l := newLinearizer(m)
	queue := l.start(l.n)
	for range 3 {
		queue = l.core(l.n, queue)
		less := make([][][]float64, len(l.n))
		for s := range l.n {
			if l.n[s] > 0 {
				less[s] = l.core(l.without(s), l.start(l.without(s)))
			}
		}
		l.update(queue, less)
	}
	queue = l.core(l.n, queue)
	x, _ := l.throughput(l.n, queue)
	whole := make([][]float64, len(m.Stations))
	for i, s := range m.Stations {
		whole[i] = make([]float64, len(x))
		for r := range x {
			// What waits is at the queueing part, who is served at the delay as well.
			whole[i][r] = queue[i][r] + x[r]*max(0, s.Demand[r]-l.demand[i][r])
		}
	}
	a := m.answer("approximate: Linearizer, stations of several servers by Seidmann", x, whole)
	a.Error = linearizerError
	return a
}

func newLinearizer(m ClosedModel) *linearizer {
	classes := len(m.Population)
	l := &linearizer{n: make([]float64, classes), delay: make([]float64, classes)}
	for r, n := range m.Population {
		l.n[r], l.delay[r] = float64(n), m.think(r)
	}
	for _, s := range m.Stations {
		d := make([]float64, classes)
		if m.queues(s) {
			for r, v := range s.Demand {
				d[r] = v / s.Servers
			}
		}
		for r, v := range s.Demand {
			// A quota below one server has no rest: it only stretches.
			l.delay[r] += max(0, v-d[r])
		}
		l.demand = append(l.demand, d)
		shift := make([][]float64, classes)
		for r := range shift {
			shift[r] = make([]float64, classes)
		}
		l.shift = append(l.shift, shift)
	}
	return l
}

func (l *linearizer) without(s int) []float64 {
	n := append([]float64(nil), l.n...)
	n[s]--
	return n
}

// start spreads customers evenly.
func (l *linearizer) start(n []float64) [][]float64 {
	q := make([][]float64, len(l.demand))
	for i := range q {
		q[i] = make([]float64, len(n))
		for r := range n {
			q[i][r] = n[r] / float64(len(l.demand)+1)
		}
	}
	return q
}

// core is Schweitzer's fixed point with the shifts given.
func (l *linearizer) core(n []float64, queue [][]float64) [][]float64 {
	for range mostIterations {
		x, residence := l.throughput(n, queue)
		worst := 0.0
		for i := range queue {
			for r := range n {
				q := x[r] * residence[i][r]
				worst = max(worst, math.Abs(q-queue[i][r])/max(1, n[r]))
				queue[i][r] = q
			}
		}
		if worst < 1e-12 {
			break
		}
	}
	return queue
}

// throughput is one step of mean value analysis: what a customer finds is what
// would be there without it.
func (l *linearizer) throughput(n []float64, queue [][]float64) (x []float64, residence [][]float64) {
	x = make([]float64, len(n))
	residence = make([][]float64, len(queue))
	for i := range queue {
		residence[i] = make([]float64, len(n))
	}
	for r := range n {
		if n[r] <= 0 {
			continue
		}
		round := l.delay[r]
		for i := range queue {
			found := 0.0
			for s := range n {
				if n[s] <= 0 {
					continue
				}
				left := n[s]
				if s == r {
					left--
				}
				found += max(0, left*(queue[i][s]/n[s]+l.shift[i][s][r]))
			}
			residence[i][r] = l.demand[i][r] * (1 + found)
			round += residence[i][r]
		}
		x[r] = n[r] / round
	}
	return x, residence
}

// update takes the shifts from the answers with one customer less.
func (l *linearizer) update(queue [][]float64, less [][][]float64) {
	for i := range queue {
		for s := range l.n {
			if less[s] == nil {
				continue
			}
			for r := range l.n {
				left := l.n[r]
				if r == s {
					left--
				}
				if left <= 0 || l.n[r] <= 0 {
					l.shift[i][r][s] = 0
					continue
				}
				l.shift[i][r][s] = less[s][i][r]/left - queue[i][r]/l.n[r]
			}
		}
	}
}
