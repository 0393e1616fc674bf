package layered

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// A CPU quota is no slow core: those at work run at full speed until the
// period's CPU seconds are used up. Its capacity is that of so many cores, but
// what comes and goes within a period never notices it. So a system with quotas
// is solved for several bounds, and answered between the first two.
type bound int

const (
	// throttled: the number of requests in service stays what it is for many
	// periods. The closed network of n requests is between that on the host's cores
	// and that on the quota's: each slice of CPU time meets the end of the quota as
	// often as periods are used up.
	throttled bound = iota
	free            // as if only the host's cores bounded it
	slow            // quotas are cores: the longest responses, to know how much is at stake
)

type quota struct {
	limit  float64 // CPU seconds a second; Station.Servers
	period float64 // s
	host   int     // -1: cores of its own
	cores  float64 // that it finds free on the host, as long as it is not throttled
}

// defaultPeriod is Linux' own, in seconds.
const defaultPeriod = 0.1

// addQuotas reads them.
func (v *solver) addQuotas(s headroom.System) {
	for _, h := range s.Hosts {
		v.hosts = append(v.hosts, h.Cores)
		v.disturbances = append(v.disturbances, disturbance{h.Cores, h.Interference, h.Reference, 1})
	}
	for _, st := range s.Stations {
		q := quota{limit: st.Servers, period: st.Period, host: -1, cores: st.Servers}
		if q.period == 0 {
			q.period = defaultPeriod
		}
		for i, h := range s.Hosts {
			if h.Name == st.Host {
				q.host = i
			}
		}
		v.quotas = append(v.quotas, q)
	}
	v.share()
	for i := range v.classes {
		for s := range v.stations {
			v.classes[i].stretch[s] = 1 / min(1, v.stations[s].Servers)
		}
	}
}

// share gives each station on a host what the others leave of it on average:
// exact for one core that is shared by all, and for those who never meet.
// Nobody gets less than in proportion to the quotas.
func (v *solver) share() {
	for s := range v.quotas {
		q := &v.quotas[s]
		if q.host < 0 {
			continue
		}
		cores := v.hosts[q.host]
		var sum, others float64
		for o := range v.quotas {
			if v.quotas[o].host != q.host {
				continue
			}
			most := min(v.quotas[o].limit, cores)
			sum += most
			if o != s {
				others += min(most, v.used(o))
			}
		}
		q.cores = max(cores-others, cores*min(q.limit, cores)/max(sum, cores))
		v.stations[s].Servers = min(q.limit, q.cores)
		if v.bound == free {
			v.stations[s].Servers = q.cores
		}
	}
}

// used is what all requests use of a station, in CPU seconds a second.
func (v *solver) used(s int) float64 {
	var sum float64
	for i := range v.classes {
		k := &v.classes[i]
		sum += k.rate * k.demand[s] * k.retry.work
	}
	return sum
}

// throttles says whether a quota of the station is less than it finds free.
func (v *solver) throttles(s int) bool {
	return v.quotas[s].host >= 0 && v.stations[s].Servers < v.quotas[s].cores*(1-1e-9)
}

func (v *solver) anyThrottles() bool {
	for s := range v.stations {
		if v.throttles(s) {
			return true
		}
	}
	return false
}

// network is the closed network of pool p.
func (v *solver) network(p int, stations []resource, delay, otherDelay float64, own, others []float64) closed {
	most := len(own) + len(others) - 2
	solve := func() closed {
		for s := range stations {
			stations[s].prepare(most, v.scratch)
		}
		return solveClosed(stations, delay, otherDelay, own, others, v.scratch)
	}
	if v.bound != throttled || !v.anyThrottles() {
		return v.paced(p, stations, solve())
	}
	limits := make([]float64, len(stations))
	for s := range stations {
		limits[s] = stations[s].servers
		if v.throttles(s) {
			stations[s].servers = v.quotas[s].cores
		}
	}
	fast := solve()
	for s := range stations {
		stations[s].servers = limits[s]
	}
	out := solve()
	v.throttle(p, stations, out, fast)
	return v.paced(p, stations, out)
}

// throttle makes of the network on the quotas' cores, slow, and that on the
// hosts', fast, what n requests do in the long run. Of what a quota's cores
// would make a slice of CPU time longer, it gets the share stalled; the more
// is used of the quota, the more. Throughput is where both agree.
func (v *solver) throttle(p int, stations []resource, slow, fast closed) {
	slices, rest := make([]float64, len(stations)), make([]float64, len(stations)) // what all others use
	for s := range stations {
		slices[s] = v.slice(p, s)
		rest[s] = max(0, v.used(s)-v.pools[p].rate*float64(v.pools[p].replicas)*stations[s].demand)
	}
	last := len(stations)
	share := make([]float64, last+1)
	for n := 1; n < len(slow.throughput); n++ {
		if !(fast.throughput[n] > slow.throughput[n]) {
			continue // no quota is felt
		}
		time := func(net closed, s int) float64 { return net.queue[s][n] / net.throughput[n] }
		whole := func(x float64) float64 {
			sum := time(fast, last)
			for s := range stations {
				share[s] = 0
				if v.throttles(s) && stations[s].demand > 0 {
					q := &v.quotas[s]
					c := stations[s].servers
					used := x*stations[s].demand + rest[s]
					running := min(max(1, fast.queue[s][n]), q.cores)
					share[s] = stalled(left(c, used)*q.period/(running*max(slices[s], math.SmallestNonzeroFloat64)), min(1, c/running))
				}
				sum += time(fast, s) + share[s]*(time(slow, s)-time(fast, s))
			}
			return sum
		}
		x := crossing(slow.throughput[n], fast.throughput[n], func(x float64) float64 { return x*whole(x) - float64(n) })
		all := whole(x)
		for s := range stations {
			r := time(fast, s) + share[s]*(time(slow, s)-time(fast, s))
			slow.queue[s][n] = r * float64(n) / all
			if slow.beside[s] != nil {
				slow.beside[s][n] = fast.beside[s][n] + share[s]*(slow.beside[s][n]-fast.beside[s][n])
			}
		}
		slow.queue[last][n] = time(fast, last) * float64(n) / all
		slow.throughput[n] = x
	}
}

// crossing is where a rising function is 0 between low and high, by the Illinois
// variant of false position, to one in 10⁹.
func crossing(low, high float64, of func(x float64) float64) float64 {
	below, above, side := of(low), of(high), 0
	if below >= 0 {
		return low
	}
	if above <= 0 {
		return high
	}
	x := low
	for range 60 {
		x = (low*above - high*below) / (above - below)
		at := of(x)
		switch {
		case at == 0 || high-low <= 1e-9*high || math.Abs(at) < 1e-9:
			return x
		case at < 0:
			if low, below = x, at; side < 0 {
				above /= 2
			}
			side = -1
		default:
			if high, above = x, at; side > 0 {
				below /= 2
			}
			side = 1
		}
	}
	return x
}

// slice is the mean CPU time in seconds that a request of pool p wants at a
// station in one go.
func (v *solver) slice(p, s int) float64 {
	var work, number, most float64
	for i := range v.chains {
		for _, x := range v.chains[i].visits {
			k := &v.classes[x.class]
			if x.pool != p || k.demand[s] <= 0 {
				continue
			}
			work += v.chains[i].rate * x.n * k.demand[s]
			number += v.chains[i].rate * x.n * k.slices(s)
			most = max(most, k.demand[s]/k.slices(s))
		}
	}
	if number <= 0 {
		return most
	}
	return work / number
}

// slices is in how many parts a request's demand at a station comes.
func (k *class) slices(s int) float64 {
	if s != k.home {
		return max(1, k.calls)
	}
	for o, d := range k.demand {
		if o != s && d > 0 {
			return max(1, k.calls) + 1
		}
	}
	return 1
}
