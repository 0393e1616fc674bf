package sizing

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// fewCalls is what a request's database calls are cut to where no quota is: under
// processor sharing, finer slices change response times by a percent or two and
// cost most of the time.
const fewCalls = 6

// slicesOfPeriod is how many slices of work a quota's period has at least. In Odoo a
// database call is a third of a millisecond: one request alternates between app and
// database some ten times in a period of 10 ms, and uses a third of the database's
// processor time in it. In slices that are as long as a period it would use up
// the database's share in bursts that do not come. Measured on Odoo 19 under 0.5
// cores for the database, three workers: 9.8 periods a second in which the database was held
// back, 25 when simulated with 6 slices to a request, 11 with as many as there are calls.
const slicesOfPeriod = 10

// Calls is how many database calls a request of a system is cut to
// (sim.Options.MaxCalls).
func Calls(s headroom.System) int {
	n := float64(fewCalls)
	for _, st := range s.Stations {
		if st.Host == "" {
			continue
		}
		period := st.Period
		if period == 0 {
			period = 0.1 // Linux' own
		}
		for _, c := range s.Classes {
			n = max(n, math.Ceil(slicesOfPeriod*c.Demand[st.Name]/period))
		}
	}
	return int(min(mostCalls, n))
}

// mostCalls bounds the events of a request that takes very long.
const mostCalls = 200
