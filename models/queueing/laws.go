package queueing

// The operational laws hold for any system over any span in which what came in
// went out, whatever its distributions.
//
// Source: P. Denning and J. Buzen, "The operational analysis of queueing
// network models", ACM Computing Surveys 10 (1978); E. Lazowska et al.,
// "Quantitative System Performance", 1984, chapters 3 and 5, whose numbers of
// equations are given.

// Little is the mean number in a system with that throughput (1/s) and mean
// time in it (s): N = X R. Equation 3.3.
func Little(throughput, response float64) float64 { return throughput * response }

// Utilization is the busy fraction of servers at a station with a service
// demand of so many seconds per request: U = X D / servers. Above 1 it says how
// much is asked for. Equations 3.2 and 3.6.
func Utilization(throughput, demand, servers float64) float64 {
	return throughput * demand / servers
}

// ForcedFlow is the throughput of a station that each request visits so many
// times: X_k = V_k X. Equation 3.5.
func ForcedFlow(throughput, visits float64) float64 { return throughput * visits }

// InteractiveResponse is the mean response time of N customers who think for Z
// seconds between requests: R = N/X - Z. Equation 3.4.
func InteractiveResponse(population, throughput, think float64) float64 {
	return population/throughput - think
}

// Bounds are what a closed network of one class cannot leave, whatever its
// distributions.
type Bounds struct {
	ThroughputLow, ThroughputHigh float64 // 1/s
	ResponseLow, ResponseHigh     float64 // s
	Knee                          float64 // population at which the upper bounds meet, N*
}

// AsymptoticBounds of a closed network of one class, with one server at each
// station:
//
//	N/(D + Z + (N-1)D) <= X <= min(N/(D+Z), 1/Dmax)
//	max(D, N Dmax - Z) <= R <= N D
//
// with D the sum of demands (s), Dmax the largest, Z the think time (s). N is 1
// or more, D above 0. Lazowska, chapter 5.
func AsymptoticBounds(demands []float64, population, think float64) Bounds {
	var d, most float64
	for _, v := range demands {
		d += v
		most = max(most, v)
	}
	return Bounds{
		ThroughputLow: population / (population*d + think), ThroughputHigh: min(population/(d+think), 1/most),
		ResponseLow: max(d, population*most-think), ResponseHigh: population * d, Knee: (d + think) / most,
	}
}
