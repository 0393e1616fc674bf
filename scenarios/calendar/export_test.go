package calendar

import "github.com/headroom-erp/headroom"

// Knots are the rate of a process at a site over a schedule's run, as points
// of a line that may jump: seconds and 1/s.
func Knots(s headroom.Schedule, site, process int) (t, v []float64) {
	for _, q := range rateOf(s.(*schedule), site, process) {
		t = append(t, q.from, q.to)
		v = append(v, q.first, q.last)
	}
	return t, v
}
