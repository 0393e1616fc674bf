package results

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// checkMerge deals values out to generators, merges their histograms, and
// compares with the one of a single generator: not nearly, but exactly.
func checkMerge(t *testing.T, values []float64, generators int, deal func(i int) int) {
	t.Helper()
	whole := NewHistogram()
	of := make([]*Histogram, generators)
	for i := range of {
		of[i] = NewHistogram()
	}
	for i, v := range values {
		whole.Add(v)
		of[deal(i)].Add(v)
	}
	merged := NewHistogram()
	for _, h := range of {
		merged.Merge(h)
	}
	if !reflect.DeepEqual(merged.h.Export(), whole.h.Export()) {
		t.Error("the merged histogram is not the whole one")
	}
	figures := func(h *Histogram) []float64 {
		out := []float64{float64(h.Count()), h.Mean(), h.Max()}
		for _, q := range []float64{0, 0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
			out = append(out, h.Quantile(q))
		}
		return out
	}
	got, want := figures(merged), figures(whole)
	if !slices.EqualFunc(got, want, func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }) {
		t.Errorf("merged %v, whole %v", got, want)
	}
	// Against the values themselves: 3 significant digits, or the microsecond.
	sorted := slices.Clone(values)
	for i, v := range sorted {
		if !(v > 0) {
			v = 0
		}
		sorted[i] = min(v, 86400)
	}
	slices.Sort(sorted)
	for _, q := range []float64{0.01, 0.5, 0.95, 0.99, 1} {
		if n := len(sorted); n > 0 {
			want := sorted[min(max(int(math.Ceil(q*float64(n)-1e-9)), 1), n)-1]
			if got := whole.Quantile(q); math.Abs(got-want) > want*1e-3+0.5001e-6 {
				t.Errorf("quantile %g of %d values is %g, want %g", q, n, got, want)
			}
		}
	}
}

// Ten generators' histograms, merged, are what one generator would have had,
// whoever got which journey, from microseconds to a day.
func TestTenGeneratorsMergeIntoOne(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 1))
	for name, draw := range map[string]func() float64{
		"milliseconds": func() float64 { return 0.02 * r.ExpFloat64() },
		"all sizes":    func() float64 { return math.Exp(r.Float64()*26 - 14) },
		"boundaries":   func() float64 { return math.Ldexp(2048, r.IntN(26))/1e6 + float64(r.IntN(5)-2)*1e-6 },
		"odd": func() float64 {
			return []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0, 1e300, 86400}[r.IntN(7)]
		},
	} {
		t.Run(name, func(t *testing.T) {
			values := make([]float64, 50000)
			for i := range values {
				values[i] = draw()
			}
			checkMerge(t, values, 10, func(i int) int { return i % 10 })
			checkMerge(t, values, 10, func(i int) int { return i * i % 7 }) // three had nothing
			checkMerge(t, values[:1], 10, func(int) int { return 9 })
			checkMerge(t, nil, 10, nil)
		})
	}
}

func FuzzHistogramsMerge(f *testing.F) {
	for _, values := range [][]float64{{0.001}, {1e-6, 1.4e-6, 1.5e-6, 0}, {2.047e-3, 2.048e-3, 2.049e-3}, {86399, 86400, 86401, math.Inf(1)}, {math.NaN(), -1}} {
		var data bytes.Buffer
		for _, v := range values {
			_ = binary.Write(&data, binary.LittleEndian, v)
		}
		f.Add(data.Bytes(), uint64(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		var values []float64
		for ; len(data) >= 8 && len(values) < 10000; data = data[8:] {
			values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(data)))
		}
		r := rand.New(rand.NewPCG(seed, 0))
		checkMerge(t, values, 10, func(int) int { return r.IntN(10) })
	})
}

// TestThreeSignificantDigits: each duration is kept to 3 digits, at the
// boundaries between the histogram's ranges and beside them, and no finer step
// is promised than the microsecond.
func TestThreeSignificantDigits(t *testing.T) {
	for size := 1; size <= 36; size++ {
		for _, beside := range []int64{-2, -1, 0, 1, 2} {
			us := int64(1)<<size + beside
			if us < 0 || us > longest {
				continue
			}
			want := float64(us) * microsecond
			h := NewHistogram()
			h.Add(want)
			for _, got := range []float64{h.Quantile(0.5), h.Quantile(0.99), h.Max()} {
				if math.Abs(got-want) > want/1000 {
					t.Errorf("%d µs is kept as %g s", us, got)
				}
			}
			if math.Abs(h.Mean()-want) > want*1e-12 {
				t.Errorf("the mean of %d µs is %g s: it is exact", us, h.Mean())
			}
			other := NewHistogram()
			other.Add(want * 1.0021)
			if us > 1000 && other.Quantile(0.5) == h.Quantile(0.5) {
				t.Errorf("%d µs and 2 thousandths more are the same", us)
			}
		}
	}
}
