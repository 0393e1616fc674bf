package arrivals

import (
	"runtime"
	"runtime/debug"
)

// slack is how much garbage, in bytes, may lie about before it is collected
// during a run. Each collection walks through all virtual users and takes CPU
// from the journeys that are under way; by default one comes as often as the
// heap doubles, which with few virtual users is several times a second.
const slack = 64 << 20

// giveSlack lets the collector wait for at least slack bytes, whatever the size
// of what lives. It returns what sets it back.
func giveSlack() (undo func()) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before := debug.SetGCPercent(-1)
	debug.SetGCPercent(percentFor(m.HeapAlloc, before))
	return func() { debug.SetGCPercent(before) }
}

// percentFor is how far a heap with so many live bytes may grow, in per cent,
// at least least: what the user asked for by GOGC counts when it is more, and
// when it is off.
func percentFor(live uint64, least int) int {
	if least < 0 {
		return least
	}
	return max(least, int(100*slack/max(1<<20, live)))
}
