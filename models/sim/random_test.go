package sim

import (
	"math/rand/v2"
	"testing"
)

// The draws are those of math/rand/v2 from the same stream.
func TestDrawsAreTheStandardLibrarys(t *testing.T) {
	for seed := range uint64(200) {
		mine, stream := newRandom(), &source{state: seed}
		mine.state = seed
		theirs := rand.New(stream)
		for n := range 20_000 {
			switch n % 3 {
			case 0:
				if a, b := mine.ExpFloat64(), theirs.ExpFloat64(); a != b {
					t.Fatalf("seed %d, draw %d: exponential %g, not %g", seed, n, a, b)
				}
			case 1:
				if a, b := mine.NormFloat64(), theirs.NormFloat64(); a != b {
					t.Fatalf("seed %d, draw %d: normal %g, not %g", seed, n, a, b)
				}
			default:
				if a, b := mine.Float64(), theirs.Float64(); a != b {
					t.Fatalf("seed %d, draw %d: uniform %g, not %g", seed, n, a, b)
				}
			}
		}
	}
}
