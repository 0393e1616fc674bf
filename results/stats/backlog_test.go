package stats

import (
	"math"
	"testing"
)

func TestBacklogSteps(t *testing.T) {
	b := NewBacklog([]float64{5, 1, 1, 7}, []float64{3, 5, math.Inf(1), math.Inf(1)})
	for at, want := range map[float64]float64{0: 0, 1: 0, 1.5: 2, 3: 2, 4: 1, 5: 1, 6: 1, 7: 1, 8: 2, 100: 2} {
		if got := b.Before(at); got != want {
			t.Errorf("just before %g: %g, want %g", at, got, want)
		}
	}
	if level, at := b.Most(2, 6); level != 2 || at != 2 {
		t.Errorf("most %g at %g", level, at)
	}
	if _, _, ok := b.Falls(1, 8, 20); ok {
		t.Error("it does not fall to 1 again")
	}
	if first, stays, ok := b.Falls(1, 2, 6); !ok || first != 3 || stays != 3 {
		t.Errorf("falls to 1 at %g for good at %g, %v", first, stays, ok)
	}
}
