package queueing

import (
	"fmt"
	"math"
)

// overload says by how much more arrives than can be served.
func overload(q MMc) string {
	servers := float64(q.Servers)
	if q.Load() <= servers {
		return fmt.Sprintf("as much arrives as %s can do at most (%.6g/s): the queue grows without bound, there are no response times", several(servers), q.ArrivalRate)
	}
	return fmt.Sprintf("overloaded by %.3g %%: %.6g/s arrive and %s can do %.6g/s, so the queue grows by %.6g requests each second and there are no response times; at least %.0f servers are needed",
		100*(q.Utilization()-1), q.ArrivalRate, several(servers), servers/q.ServiceTime, q.ArrivalRate-servers/q.ServiceTime, math.Floor(q.Load())+1)
}

// several is a number of servers: "1 server".
func several(servers float64) string {
	if servers == 1 {
		return "1 server"
	}
	return fmt.Sprintf("%.0f servers", servers)
}
