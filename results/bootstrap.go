package results

import (
	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results/stats"
)

// bootstrapSeed is fixed: the same run gives the same intervals.
const bootstrapSeed = 0x68656164726f6f6d

// estimate finds the mean of values, which are in the order of their scheduled
// times, and their quantiles with intervals of headroom.Level.
func estimate(values []float64, quantiles []float64) (mean headroom.Estimate, at []headroom.Estimate) {
	return stats.MeanAndQuantiles(values, quantiles, bootstrapSeed)
}
