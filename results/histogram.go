package results

import (
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Histogram counts durations from 1 µs to a day, each kept to 3 significant
// digits. Histograms of parts, runs or generators merge without further loss:
// the figures are those of one that had counted everything, to the last bit.
// The zero value is not ready; use NewHistogram.
type Histogram struct {
	h   *hdrhistogram.Histogram
	sum int64 // µs: integers add up to the same in any order
	max int64 // µs
}

const (
	microsecond = 1e-6
	longest     = 86400e6 // µs
	digits      = 3
)

// NewHistogram returns an empty histogram.
func NewHistogram() *Histogram {
	return &Histogram{h: hdrhistogram.New(1, longest, digits)}
}

// Add counts a duration in seconds; less than 1 µs counts as 0, more than a
// day as a day.
func (h *Histogram) Add(seconds float64) {
	us := min(max(math.Round(seconds/microsecond), 0), longest)
	if math.IsNaN(us) {
		us = 0
	}
	// The value was brought into the range, the only thing RecordValue refuses.
	_ = h.h.RecordValue(int64(us))
	h.sum += int64(us)
	h.max = max(h.max, int64(us))
}

// Merge adds what other counted.
func (h *Histogram) Merge(other *Histogram) {
	// All histograms have one range, so that none is dropped.
	h.h.Merge(other.h)
	h.sum += other.sum
	h.max = max(h.max, other.max)
}

// Count is the number of durations.
func (h *Histogram) Count() int { return int(h.h.TotalCount()) }

// Mean is the mean in seconds, of the durations to the microsecond; NaN of an
// empty histogram.
func (h *Histogram) Mean() float64 { return float64(h.sum) / float64(h.Count()) * microsecond }

// Quantile is the smallest kept duration that at least the fraction q (0 to 1)
// of all do not exceed, in seconds; NaN of an empty histogram.
func (h *Histogram) Quantile(q float64) float64 {
	if h.Count() == 0 {
		return math.NaN()
	}
	// What it counted as one is named by its highest; none was above the maximum.
	return float64(min(h.h.ValueAtPercentile(q*100), h.max)) * microsecond
}

// Max is the longest duration in seconds, to the microsecond; NaN of an empty
// histogram.
func (h *Histogram) Max() float64 {
	if h.Count() == 0 {
		return math.NaN()
	}
	return float64(h.max) * microsecond
}
