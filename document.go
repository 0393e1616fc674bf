package headroom

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"time"
)

// A Line is one line of a document: a product by its rank in the catalogue
// (0 is the most wanted) and a quantity in units.
type Line struct {
	Product  int
	Quantity int
}

// Popularity draws products by Zipf's law: the product of rank i (from 0) has
// weight 1/(i+1)^s. s = 0 is uniform.
type Popularity struct {
	cumulative []float64 // of weights, normed to end in 1
}

// NewPopularity prepares the law for n >= 1 products with exponent s >= 0.
func NewPopularity(n int, s float64) Popularity {
	c := make([]float64, n)
	var sum float64
	for i := range c {
		sum += math.Pow(float64(i+1), -s)
		c[i] = sum
	}
	for i := range c {
		c[i] /= sum
	}
	return Popularity{c}
}

// Len is the number of products.
func (p Popularity) Len() int { return len(p.cumulative) }

// Draw maps u in [0,1) to a product's rank.
func (p Popularity) Draw(u float64) int {
	i := sort.SearchFloat64s(p.cumulative, u)
	return min(i, len(p.cumulative)-1)
}

// Weight is the probability of rank i.
func (p Popularity) Weight(i int) float64 {
	if i == 0 {
		return p.cumulative[0]
	}
	return p.cumulative[i] - p.cumulative[i-1]
}

// Rand is the arrival's own source of randomness.
func (a Arrival) Rand() *rand.Rand {
	return rand.New(rand.NewPCG(a.Seed, 0x9e3779b97f4a7c15))
}

// Document is what the arrival's seed makes of it: a geometric number of lines
// with the given mean (at least 1, at most lines.Max), each of a different
// product drawn by popularity, with a quantity of 1 to 5. A zero Lines is one
// line.
func (a Arrival) Document(lines Lines, p Popularity) []Line {
	r := a.Rand()
	n := 1
	if lines.Mean > 1 {
		for r.Float64() > 1/lines.Mean && n < max(1, lines.Max) {
			n++
		}
	}
	n = min(n, len(p.cumulative))
	doc := make([]Line, 0, n)
	taken := newTaken(n)
	for len(doc) < n {
		i := p.Draw(r.Float64())
		for taken.has(doc, i) {
			i = (i + 1) % len(p.cumulative)
		}
		taken.add(i)
		doc = append(doc, Line{Product: i, Quantity: 1 + r.IntN(5)})
	}
	return doc
}

// Quantities is how many different quantities the lines have. Who takes a transfer
// in Odoo writes all moves of a quantity at once, so that it is how often he writes.
func Quantities(lines []Line) int {
	n := 0
	for i, l := range lines {
		if !slices.ContainsFunc(lines[:i], func(before Line) bool { return before.Quantity == l.Quantity }) {
			n++
		}
	}
	return n
}

// few is up to how many lines of a document it is quicker to look at each than
// to keep a set of their products.
const few = 32

// A takenSet knows the products of a document's lines.
type takenSet map[int]bool

func newTaken(lines int) takenSet {
	if lines <= few {
		return nil
	}
	return make(takenSet, lines)
}

func (t takenSet) has(doc []Line, product int) bool {
	if t != nil {
		return t[product]
	}
	return slices.ContainsFunc(doc, func(l Line) bool { return l.Product == product })
}

func (t takenSet) add(product int) {
	if t != nil {
		t[product] = true
	}
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014): every bit
// of the answer depends on every bit of x.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// Journey is the n-th journey (from 1) of an operator's shift, begun at a
// time: an arrival of its own, with the ID n<<32 + the shift's.
func (a Arrival) Journey(n uint32, at time.Duration) Arrival {
	a.Seed = mix(a.Seed + uint64(n)*0x9e3779b97f4a7c15)
	a.ID += uint64(n) << 32
	a.At = at
	return a
}

// ShiftOf is the ID of the schedule's arrival that a journey belongs to: its own
// unless an operator did it.
func ShiftOf(journey uint64) uint64 { return journey & (1<<32 - 1) }

// Pause is the operator's think time after this journey: log-normal with the
// process' mean and squared coefficient of variation, by the journey's seed.
func (a Arrival) Pause(p ScheduledProcess) time.Duration {
	if p.ThinkTime <= 0 {
		return 0
	}
	s2 := math.Log1p(p.ThinkSCV)
	r := rand.New(rand.NewPCG(mix(a.Seed), 0x2545f4914f6cdd1d))
	return time.Duration(p.ThinkTime * math.Exp(math.Sqrt(s2)*r.NormFloat64()-s2/2) * float64(time.Second))
}

// MeanLines is the mean number of lines of a document: of a geometric
// distribution on 1, 2, … with the given mean, cut at Max.
func (l Lines) MeanLines() float64 {
	if l.Mean <= 1 || l.Max <= 1 {
		return 1
	}
	q := 1 - 1/l.Mean // the chance of one more line
	return (1 - math.Pow(q, float64(l.Max))) / (1 - q)
}
