package sim

import "math"

// spread is a histogram of times in steps of a fraction: its bins are the upper
// bits of a float64, of which the exponent comes first.
type spread struct {
	bits   int // of the 52 of a float64's fraction: bins are 2^-bits of a power of two wide
	first  int // bin of counts[0]
	counts []uint32
	n      uint64
}

// Less than a percent, and less than a thousandth.
const (
	coarseBits = 7
	fineBits   = 10
)

func (s *spread) record(v float64) {
	bin := int(math.Float64bits(max(v, 1e-9)) >> (52 - s.bits))
	if i := bin - s.first; i >= 0 && i < len(s.counts) {
		s.counts[i]++
		s.n++
		return
	}
	s.count(bin, 1)
}

func (s *spread) count(bin int, n uint32) {
	s.n += uint64(n)
	switch {
	case len(s.counts) == 0:
		s.first = bin
	case bin < s.first:
		grown := make([]uint32, s.first-bin+len(s.counts))
		copy(grown[s.first-bin:], s.counts)
		s.counts, s.first = grown, bin
	}
	for bin-s.first >= len(s.counts) {
		s.counts = append(s.counts, 0)
	}
	s.counts[bin-s.first] += n
}

func (s *spread) add(o *spread) {
	for i, n := range o.counts {
		if n > 0 {
			s.count(o.first+i, n)
		}
	}
}

// quantile is the middle of the bin in which the q-th part of the times ends;
// false when there are none.
func (s *spread) quantile(q float64) (float64, bool) {
	if s.n == 0 {
		return 0, false
	}
	rank := max(1, uint64(math.Ceil(q*float64(s.n))))
	var below uint64
	for i, n := range s.counts {
		if below += uint64(n); below >= rank {
			edge := func(bin int) float64 { return math.Float64frombits(uint64(bin) << (52 - s.bits)) }
			return (edge(s.first+i) + edge(s.first+i+1)) / 2, true
		}
	}
	return 0, false
}
