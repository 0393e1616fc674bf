package sim

import (
	"maps"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// source is SplitMix64 (Steele, Lea, Flood 2014): eight bytes of state, so that
// every try of every request can have a stream of its own.
type source struct{ state uint64 }

const golden = 0x9e3779b97f4a7c15

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (s *source) Uint64() uint64 {
	s.state += golden
	return mix(s.state)
}

// key combines two numbers to the start of a stream.
func key(a, b uint64) uint64 { return mix(mix(a+golden) ^ (b + 1)) }

// random is one generator that is pointed at one stream after the other.
type random struct{ source }

func newRandom() *random { return &random{} }

// whole rounds x up or down at random, with mean x.
func (r *random) whole(x float64) int {
	n := math.Floor(x)
	if f := x - n; f > 0 && r.Float64() < f {
		n++
	}
	return int(n)
}

// law is the distribution of a demand.
type law struct {
	kind      lawKind
	mean      float64
	mu, sigma float64   // of the logarithm, for logNormal
	values    []float64 // at equally likely steps, for empirical
}

type lawKind uint8

const (
	zero lawKind = iota
	constant
	exponential
	logNormal
	empirical // in straight lines between values
)

func newLaw(mean, scv float64) law {
	l := law{kind: exponential, mean: mean}
	switch {
	case mean == 0:
		l.kind = zero
	case scv == 0:
		l.kind = constant
	case scv != 1:
		// E = exp(mu + sigma²/2) and SCV = exp(sigma²) - 1.
		v := math.Log1p(scv)
		l.kind, l.sigma, l.mu = logNormal, math.Sqrt(v), math.Log(mean)-v/2
	}
	return l
}

func (l *law) draw(r *random) float64 {
	switch l.kind {
	case constant:
		return l.mean
	case exponential:
		return l.mean * r.ExpFloat64()
	case logNormal:
		return math.Exp(l.mu + l.sigma*r.NormFloat64())
	case empirical:
		return Quantile(l.values, r.Float64())
	}
	return 0
}

// random says whether a draw is one.
func (l *law) random() bool { return l.kind > constant }

// demandLaw is the law of a class' demand at a station: as it was measured, else
// by its squared coefficient of variation, of 1 where none is given.
func demandLaw(c headroom.Class, station string) law {
	scv, ok := c.SCV[station]
	if !ok {
		scv = 1
	}
	l := newLaw(c.Demand[station], scv)
	if q := c.Quantiles[station]; len(q) > 1 && l.kind != zero {
		l.kind = empirical
		scale := l.mean / headroom.MeanOfQuantiles(q)
		for _, v := range q {
			l.values = append(l.values, v*scale)
		}
	}
	return l
}

func sortedKeys(m map[string]float64) []string {
	return slices.Sorted(maps.Keys(m))
}
