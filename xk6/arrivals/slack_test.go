package arrivals

import (
	"runtime/debug"
	"testing"
)

func TestSlack(t *testing.T) {
	for _, c := range []struct {
		live        uint64
		least, want int
	}{
		{slack, 100, 100}, {slack / 4, 100, 400}, {4 * slack, 100, 100}, {4 * slack, 25, 25}, {slack / 2, 800, 800}, {slack / 2, -1, -1}, {0, 100, 6400},
	} {
		if got := percentFor(c.live, c.least); got != c.want {
			t.Errorf("with %d bytes and GOGC %d: %d, want %d", c.live, c.least, got, c.want)
		}
	}
	before := debug.SetGCPercent(100)
	undo := giveSlack()
	undo()
	if after := debug.SetGCPercent(before); after != 100 {
		t.Errorf("left at %d", after)
	}
}
