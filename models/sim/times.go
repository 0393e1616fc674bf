package sim

import (
	"math"
	"slices"
)

// keptSamples is how many response times are kept as they are; beyond it they
// go to a histogram whose bins are less than a thousandth wide.
const keptSamples = 1_000_000

// Times are response times in seconds. The zero value is empty.
type Times struct {
	n         int
	sum       float64
	values    []float64
	sorted    bool
	histogram *spread // nil while values holds them all
}

// Add counts one time.
func (t *Times) Add(v float64) {
	t.n++
	t.sum += v
	if t.histogram != nil {
		t.histogram.record(v)
		return
	}
	t.values, t.sorted = append(t.values, v), false
	if len(t.values) > keptSamples {
		t.summarise()
	}
}

// summarise goes over to a histogram.
func (t *Times) summarise() {
	t.histogram = &spread{bits: fineBits}
	for _, v := range t.values {
		t.histogram.record(v)
	}
	t.values = nil
}

// reserve makes room for about n times.
func (t *Times) reserve(n float64) {
	if room := int(min(1.02*n+100, keptSamples+1)); room > cap(t.values) && t.histogram == nil {
		t.values = slices.Grow(t.values, room-len(t.values))
	}
}

// N is the number of times.
func (t *Times) N() int { return t.n }

// Mean is their mean, and false when there are none.
func (t *Times) Mean() (float64, bool) {
	if t.n == 0 {
		return 0, false
	}
	return t.sum / float64(t.n), true
}

// Percentile is the p-th percentile, p from 0 to 100, and false when there are
// no times: of kept values by linear interpolation between order statistics
// (Hyndman and Fan's definition 7).
func (t *Times) Percentile(p float64) (float64, bool) {
	if t.n == 0 {
		return 0, false
	}
	if t.histogram != nil {
		return t.histogram.quantile(p / 100)
	}
	if !t.sorted {
		slices.Sort(t.values)
		t.sorted = true
	}
	return Quantile(t.values, p/100), true
}

// Quantile interpolates in sorted values, of which there must be one at least;
// q from 0 to 1.
func Quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(math.Floor(at))
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// merge adds the times of another.
func (t *Times) merge(o *Times) {
	if o.histogram == nil {
		for _, v := range o.values {
			t.Add(v)
		}
		return
	}
	if t.histogram == nil {
		t.summarise()
	}
	t.histogram.add(o.histogram)
	t.n += o.n
	t.sum += o.sum
}
