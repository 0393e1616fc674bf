package headroom_test

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

func TestQuantities(t *testing.T) {
	for _, c := range []struct {
		quantities []int
		want       int
	}{{nil, 0}, {[]int{3}, 1}, {[]int{3, 3}, 1}, {[]int{1, 2, 1, 5, 2}, 3}} {
		var lines []headroom.Line
		for _, q := range c.quantities {
			lines = append(lines, headroom.Line{Quantity: q})
		}
		if got := headroom.Quantities(lines); got != c.want {
			t.Errorf("%v: %d different ones, want %d", c.quantities, got, c.want)
		}
	}
}

// Quantities are drawn from five: of n of them 5 (1 - 0.8^n) are different on the mean.
func TestQuantitiesOfDocuments(t *testing.T) {
	law := headroom.NewPopularity(400, 0.8)
	var got, want float64
	for seed := range uint64(20_000) {
		lines := headroom.Arrival{Seed: seed}.Document(headroom.Lines{Mean: 2.5, Max: 12}, law)
		got += float64(headroom.Quantities(lines))
		want += 5 * (1 - math.Pow(0.8, float64(len(lines))))
	}
	if math.Abs(got/want-1) > 0.01 {
		t.Errorf("%g different quantities, want %g", got, want)
	}
}
