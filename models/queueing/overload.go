package queueing

import (
	"fmt"
	"math"
)

// overload says by how much more arrives than can be served.
func overload(q MMc) string {
	servers := float64(q.Servers)
	if q.Load() <= servers {
		return fmt.Sprintf("as much arrives as %d servers can do at most (%.6g/s): the queue grows without bound, there are no response times", q.Servers, q.ArrivalRate)
	}
	return fmt.Sprintf("overloaded by %.3g %%: %.6g/s arrive and %d servers can do %.6g/s, so the queue grows by %.6g requests each second and there are no response times; at least %.0f servers are needed",
		100*(q.Utilization()-1), q.ArrivalRate, q.Servers, servers/q.ServiceTime, q.ArrivalRate-servers/q.ServiceTime, math.Floor(q.Load())+1)
}
