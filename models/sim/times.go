package sim

import (
	"math"
	"sort"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// keptSamples is how many response times are kept as they are; beyond it they
// go to a histogram of three significant digits.
const keptSamples = 1_000_000

// Times are response times in seconds. The zero value is empty.
type Times struct {
	n         int
	sum       float64
	values    []float64
	sorted    bool
	histogram *hdr.Histogram // of microseconds; nil while values holds them all
}

// Add counts one time.
func (t *Times) Add(v float64) {
	t.n++
	t.sum += v
	if t.histogram != nil {
		record(t.histogram, v)
		return
	}
	t.values, t.sorted = append(t.values, v), false
	if len(t.values) > keptSamples {
		t.histogram = hdr.New(1, mostMicroseconds, 3)
		for _, v := range t.values {
			record(t.histogram, v)
		}
		t.values = nil
	}
}

const mostMicroseconds = 1e16 // 317 years

func record(h *hdr.Histogram, v float64) {
	// The value is within the histogram's range by the clamp, so there is no error.
	_ = h.RecordValue(int64(min(max(v*1e6, 1), mostMicroseconds)))
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
		return float64(t.histogram.ValueAtQuantile(p)) / 1e6, true
	}
	if !t.sorted {
		sort.Float64s(t.values)
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
		t.histogram = hdr.New(1, mostMicroseconds, 3)
		for _, v := range t.values {
			record(t.histogram, v)
		}
		t.values = nil
	}
	t.histogram.Merge(o.histogram) // of the same range: nothing is dropped
	t.n += o.n
	t.sum += o.sum
}
