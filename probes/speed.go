package probes

import (
	"context"
	"runtime"
	"time"

	"github.com/headroom-erp/headroom"
)

// Speed measures how fast the machine is now. The clock of a laptop, the
// neighbours of a virtual machine and the threads beside us change what a
// second of CPU achieves, by a tenth and more within minutes; without knowing
// it the same request seems to cost more in one run than in the next.
//
// Each second it does a fixed piece of work, the same arithmetic over the same
// table of a megabyte, in a thread of its own, and records the CPU time that
// this thread took for it: waiting for a core is not part of it. Then it does the
// same again at once. The first time finds the caches as the run leaves them, the
// second as its own work did: they tell slow memory from a slow core. Together they
// take about 0.5 % of one core.
//
// Samples: probe "speed", subject "machine": unit_seconds (CPU seconds of the
// work), warm_seconds (of the same once more). On a system without CPU times of
// threads it records a gap.
type Speed struct {
	Interval time.Duration // 0 means a second
}

// Name is "speed".
func (p Speed) Name() string { return "speed" }

// Run observes until ctx ends.
func (p Speed) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	runtime.LockOSThread() // the CPU time is the thread's
	defer runtime.UnlockOSThread()
	report := &reporter{probe: p.Name(), clock: clock, rec: rec}
	var u unit
	u.work() // brings the table into memory
	return every(ctx, p.Interval, func() error {
		seconds, err := threadTime(u.work)
		if err != nil {
			return report.failed(err.Error())
		}
		warm, err := threadTime(u.work)
		if err != nil {
			return report.failed(err.Error())
		}
		report.back()
		return report.record(clock.Now(), []value{{"machine", "unit_seconds", seconds}, {"machine", "warm_seconds", warm}})
	})
}

// Size of the piece of work: a table of 2^unitBits words of 8 bytes (1 MiB,
// more than a core's first cache and less than its second or third, as an
// interpreter's objects are), and how often it is looked into.
const (
	unitBits  = 17
	unitLooks = 250_000
)

// A unit is the fixed piece of work with its table.
type unit struct {
	table [1 << unitBits]uint64
	sum   uint64 // what the work finds: it is used, so that none of it can be left out
}

// work does the piece of work from the beginning: it looks into entries in no
// order that a core could foresee, and takes one of two ways by what it finds.
func (u *unit) work() {
	x := uint64(0x9e3779b97f4a7c15)
	for range unitLooks {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		entry := &u.table[(x*0x2545f4914f6cdd1d)>>(64-unitBits)]
		if *entry&1 == 0 {
			*entry = x | 1
		} else {
			*entry = x &^ 1
		}
		u.sum += *entry
	}
}
