package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// naive is the highest figure over windows of a width that begin at every time,
// a little behind it, and where one ends at it or a little behind.
func naive(times []float64, from, to, width float64, figure func(lo, hi int) (float64, bool)) float64 {
	best := math.Inf(-1)
	begins := []float64{from, to - width}
	for _, x := range times {
		for _, t := range []float64{x, x + 1e-7, x - width, x - width + 1e-7} {
			if t >= from && t <= to-width {
				begins = append(begins, t)
			}
		}
	}
	for _, t := range begins {
		lo, _ := slices.BinarySearch(times, t)
		hi, _ := slices.BinarySearch(times, t+width)
		if v, ok := figure(lo, hi); ok {
			best = max(best, v)
		}
	}
	return best
}

// FuzzSweep compares the sweep with windows that are tried one by one, on times
// that are eighths, so that windows begin and end exactly at them.
func FuzzSweep(f *testing.F) {
	f.Add(uint64(1), 20, 16)
	f.Add(uint64(2), 0, 8)
	f.Add(uint64(3), 3, 1000)
	f.Fuzz(func(t *testing.T, seed uint64, n, eighths int) {
		if n < 0 || n > 60 || eighths < 1 || eighths > 2000 {
			return
		}
		r := rand.New(rand.NewPCG(seed, 1))
		times, prefix := make([]float64, n), make([]float64, n+1)
		for i := range times {
			times[i] = 10 + float64(r.IntN(160))/8
		}
		slices.Sort(times)
		for i := range times {
			prefix[i+1] = prefix[i] + float64(r.IntN(5))
		}
		inside := map[int]bool{}
		s := Sweep{Times: times, From: 10, To: 30, Width: float64(eighths) / 8,
			Enter: func(i int) { inside[i] = true }, Leave: func(i int) { delete(inside, i) },
			Figure: func(lo, hi int) (float64, bool) {
				if len(inside) != hi-lo {
					t.Errorf("%d are inside, of %d to %d", len(inside), lo, hi)
				}
				return (prefix[hi] - prefix[lo]) / float64(max(hi-lo, 1)), hi > lo
			}}
		got := s.Highest()
		want := naive(times, 10, 30, min(s.Width, 20), func(lo, hi int) (float64, bool) {
			return (prefix[hi] - prefix[lo]) / float64(max(hi-lo, 1)), hi > lo
		})
		if got.OK != (n > 0) || got.OK && !near(got.Value, want, 1e-9) {
			t.Fatalf("%v in %g s: %+v, want %g", times, s.Width, got, want)
		}
		if !got.OK {
			return
		}
		width := min(s.Width, 20)
		if got.At < 10 || got.At > 30-width || got.Lo == got.Hi || times[got.Lo] < got.At-1e-9 || times[got.Hi-1] >= got.At+width+1e-9 {
			t.Errorf("the worst window begins at %g and holds %v", got.At, times[got.Lo:got.Hi])
		}
	})
}
