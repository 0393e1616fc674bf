package queueing

import "math"

// Exact product form by convolution over the lattice of populations. The
// weight of k customers at a station is
//
//	F(k) = |k|! Π_r D_r^{k_r}/k_r! / Π_{j=1..|k|} min(j, c)
//
// and G, the convolution of all stations', gives X_r = G(N-e_r)/G(N). From c
// customers on F(k) = Σ_r D_r/c F(k-e_r), so that a convolution costs the few
// k with |k| < c and one term a class:
//
//	(F*G)(n) = Σ_{|k|<c} F(k) (1-|k|/c) G(n-k) + Σ_r D_r/c (F*G)(n-e_r)
//
// All terms are positive: nothing cancels, at any population (the recursion of
// mean value analysis loses its digits at stations of several servers). Every
// demand is multiplied by an estimate of its class' throughput, after which F
// and G are about probabilities and stay within the range of floating point.
//
// Source: F. Baskett et al., "Open, closed and mixed networks of queues with
// different classes of customers", J. ACM 22 (1975); J. Buzen, "Computational
// algorithms for closed queueing networks", Comm. ACM 16 (1973); M. Reiser and
// H. Kobayashi, "Queuing networks with multiple closed chains", IBM J. Research
// and Development 19 (1975).
type lattice struct {
	m      ClosedModel
	top    []int     // population by class
	stride []int     // of each class in an array
	size   int       // points
	rate   []float64 // the throughputs that demands are multiplied by
	busy   []int     // stations that can make somebody wait
	x      []float64
	queue  [][]float64
	failed bool
}

// Bounds on the work: about two seconds, and 500 MB.
const (
	mostLattice = 6e8
	mostPoints  = 6e6
)

// convolve is the exact answer; ok is false where the lattice is too large.
func (m ClosedModel) convolve() (a ClosedAnswer, ok bool) {
	g := &lattice{m: m, top: m.Population, size: 1}
	points := 1.0
	for _, n := range m.Population {
		points *= float64(n) + 1
		g.stride = append(g.stride, g.size)
		if points > mostPoints {
			return a, false
		}
		g.size *= n + 1
	}
	for i, s := range m.Stations {
		if m.queues(s) {
			g.busy = append(g.busy, i)
		}
		g.queue = append(g.queue, make([]float64, len(g.top)))
	}
	if g.cost() > mostLattice {
		return a, false
	}
	g.x = make([]float64, len(g.top))
	g.tilt()
	g.each(0, len(g.busy), g.thinking())
	if g.failed {
		return a, false
	}
	for i, s := range m.Stations {
		if !m.queues(s) {
			for r := range g.x {
				g.queue[i][r] = g.x[r] * s.Demand[r]
			}
		}
	}
	method := "exact: convolution over the lattice of populations (product form)"
	if len(g.top) == 1 {
		method = "exact: single-class convolution (product form)"
	}
	return m.answer(method, g.x, g.queue), true
}

// cost is about how many products are made.
func (g *lattice) cost() float64 {
	cost := float64(g.size)
	depth := math.Log2(float64(len(g.busy))+1) + 1
	for _, i := range g.busy {
		below := int(math.Ceil(g.m.Stations[i].Servers))
		terms := float64(len(g.top))
		if c := g.below(below); c > 0 {
			terms += c
		}
		cost += float64(g.size) * terms * depth
	}
	return cost
}

// below is how many k have |k| < c, or nearly.
func (g *lattice) below(c int) float64 {
	count := 1.0 // C(c-1+R, R)
	for r := range g.top {
		count *= float64(c+r) / float64(r+1)
	}
	return min(count, float64(g.size))
}

// tilt estimates throughputs, so that no station is asked for more than it has.
func (g *lattice) tilt() {
	g.rate = g.m.linearize().Throughput
	worst := 1.0
	for _, i := range g.busy {
		worst = max(worst, g.load(i)/g.m.Stations[i].Servers)
	}
	for r := range g.rate {
		g.rate[r] /= worst
	}
}

func (g *lattice) load(i int) float64 {
	var y float64
	for r, d := range g.m.Stations[i].Demand {
		y += g.rate[r] * d
	}
	return y
}

// thinking is the array of all that makes nobody wait: a Poisson number of
// each class.
func (g *lattice) thinking() []float64 {
	out := make([]float64, g.size)
	out[0] = 1
	points := 1
	for r, n := range g.top {
		z := g.m.think(r)
		for _, s := range g.m.Stations {
			if !g.m.queues(s) {
				z += s.Demand[r]
			}
		}
		z *= g.rate[r]
		for k := n; k >= 0; k-- {
			w := 0.0
			if z > 0 {
				w = poisson(float64(k), z)
			} else if k == 0 {
				w = 1
			}
			for i := range points {
				out[i+k*g.stride[r]] = out[i] * w
			}
		}
		points *= n + 1
	}
	scaleTo(out)
	return out
}

// scaleTo makes the largest value 1; ratios are all that is used.
func scaleTo(v []float64) {
	if m := largestOf(v); m > 0 && !math.IsInf(m, 0) {
		for i := range v {
			v[i] /= m
		}
	}
}

// each calls leaf for every busy station in [low, high) with the convolution
// of all others, halving the way: M log M convolutions.
func (g *lattice) each(low, high int, rest []float64) {
	switch {
	case g.failed:
	case len(g.busy) == 0:
		g.throughputs(rest)
	case high-low == 1:
		g.leaf(g.busy[low], rest)
	default:
		mid := (low + high) / 2
		for _, half := range [2][4]int{{low, mid, mid, high}, {mid, high, low, mid}} {
			with := append([]float64(nil), rest...)
			for i := half[2]; i < half[3]; i++ {
				with = g.with(g.busy[i], with)
			}
			g.each(half[0], half[1], with)
		}
	}
}

// leaf finds the mean queue at a station, and from the last one throughputs.
func (g *lattice) leaf(station int, others []float64) {
	f := g.weights(station)
	last := g.size - 1
	sum, by := 0.0, make([]float64, len(g.top))
	at := make([]int, len(g.top))
	for i, w := range f {
		if v := w * others[last-i]; v > 0 {
			sum += v
			for r, k := range at {
				by[r] += float64(k) * v
			}
		}
		g.next(at)
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		g.failed = true
		return
	}
	for r, v := range by {
		g.queue[station][r] = v / sum
	}
	if station == g.busy[len(g.busy)-1] {
		g.throughputs(g.with(station, others))
	}
}

func (g *lattice) throughputs(all []float64) {
	last := g.size - 1
	for r, n := range g.top {
		if n > 0 {
			g.x[r] = g.rate[r] * all[last-g.stride[r]] / all[last]
			g.failed = g.failed || math.IsNaN(g.x[r]) || math.IsInf(g.x[r], 0) || g.x[r] == 0
		}
	}
}
