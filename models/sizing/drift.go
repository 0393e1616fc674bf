package sizing

import (
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// A path of drift has so many steps in the time over which a deviation fades, and in
// all at most: of a long window each is a sample by itself.
const (
	stepsInFading = 4
	mostSteps     = 20_000
)

// drifted is one course of a machine's speed from 0 to an end, by replication: the
// same for every topology. nil where it does not drift.
func drifted(d *headroom.Drift, seed uint64, replication int, end float64) []sim.Pace {
	if d == nil || !(d.SD >= 0) || !(d.Between >= 0) || !(d.SD+d.Between > 0) || !(d.Seconds > 0) || math.IsInf(d.SD+d.Between+d.Seconds, 0) {
		return nil
	}
	r := draw{seed, uint64(replication) << 32}.source(0xa0_0000)
	step := max(d.Seconds/stepsInFading, end/mostSteps)
	fades := math.Exp(-step / d.Seconds)
	var out []sim.Pace
	run := d.Between * r.NormFloat64()
	x := d.SD * r.NormFloat64()
	for t := 0.0; t < end; t += step {
		out = append(out, sim.Pace{From: t, Times: min(mostDoubt, max(1/float64(mostDoubt), math.Exp(run+x)))})
		x = fades*x + d.SD*math.Sqrt(1-fades*fades)*r.NormFloat64()
	}
	return out
}
