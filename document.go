package headroom

import (
	"math"
	"math/rand/v2"
	"sort"
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
	taken := make(map[int]bool, n)
	for len(doc) < n {
		i := p.Draw(r.Float64())
		for taken[i] {
			i = (i + 1) % len(p.cumulative)
		}
		taken[i] = true
		doc = append(doc, Line{Product: i, Quantity: 1 + r.IntN(5)})
	}
	return doc
}
