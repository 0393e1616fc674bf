package layered

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// A CPU quota is no slow core: those at work run at full speed until the
// period's CPU seconds are used up. Its capacity is that of so many cores, but
// what comes and goes within a period never notices it. So a system with quotas
// is solved twice:
//
//   - throttled: the number of requests in service stays what it is for many
//     periods. The closed network of n requests is between that on the host's
//     cores and that on the quota's: each slice of CPU time meets the end of the
//     quota as often as periods are used up (throttled).
//   - free: as if only the host's cores bounded it.
//
// Between both it goes by how much of a backlog of CPU seconds lives longer
// than a period (lasts).
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
		if v.free {
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
			stations[s].prepare(most)
		}
		return solveClosed(stations, delay, otherDelay, own, others)
	}
	if v.free || !v.anyThrottles() {
		return solve()
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
	slow := solve()
	v.throttled(p, stations, slow, fast)
	return slow
}

// throttled makes of the network on the quotas' cores, slow, and that on the
// hosts', fast, what n requests do in the long run. Of what a quota's cores
// would make a slice of CPU time longer, it gets the share stalled; the more
// is used of the quota, the more. Throughput is where both agree.
func (v *solver) throttled(p int, stations []resource, slow, fast closed) {
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
					share[s] = stalled(tuneY*left(c, used)*q.period/(running*max(slices[s], math.SmallestNonzeroFloat64)), min(1, c/running))
				}
				sum += time(fast, s) + share[s]*(time(slow, s)-time(fast, s))
			}
			return sum
		}
		low, high := slow.throughput[n], fast.throughput[n]
		for range 30 {
			if mid := (low + high) / 2; mid*whole(mid) < float64(n) {
				low = mid
			} else {
				high = mid
			}
		}
		x := low
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

// slice is the mean CPU time in seconds that a request of pool p wants at a
// station in one go.
func (v *solver) slice(p, s int) float64 {
	var work, number, any float64
	for i := range v.chains {
		for _, x := range v.chains[i].visits {
			k := &v.classes[x.class]
			if x.pool != p || k.demand[s] <= 0 {
				continue
			}
			work += v.chains[i].rate * x.n * k.demand[s]
			number += v.chains[i].rate * x.n * k.slices(s)
			any = max(any, k.demand[s]/k.slices(s))
		}
	}
	if number <= 0 {
		return any
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

// left is what a period has left for a while of more work, in CPU seconds a
// second, of a quota of which so much is used on average. (Of c alone for a
// lone slice; near c, twice c - used.)
func left(c, used float64) float64 {
	return max(0, c*c-used*used) / c
}

// stalled is how much longer a quota of a fraction c of what runs makes work
// that needs 1/y times what a period has, over what so slow a core would: exact
// for lone exponential work that begins anywhere in a period.
func stalled(y, c float64) float64 {
	if y < 1e-6 {
		return 1
	}
	if y > 700 {
		return 0
	}
	q := math.Exp(-y)
	return q * ((1-c)*y*(1+q)/(2*(1-q)) + c)
}

// lasts is the share, 0 to 1, of a backlog of CPU seconds at a station that is
// there for longer than a period: a quota's walk from period to period beside
// a core's. Where much of the quota is used it is the ratio of the means of a
// random walk's maximum and a Brownian motion's (Spitzer 1956; Chernoff 1965);
// where little is, that of a lone request.
func (v *solver) lasts(s int) float64 {
	c, used, batch := v.stations[s].Servers, v.used(s), v.batch(s)
	q := &v.quotas[s]
	if used >= c || batch <= 0 {
		return 1
	}
	lone := stalled(tuneG*left(c, used)*q.period/batch, min(1, c/q.cores))
	if used <= 0 {
		return lone
	}
	return max(lone, walk(math.Sqrt(tuneG)*(c-used)*math.Sqrt(q.period/(2*used*batch))))
}

// batch is the mean CPU seconds that are left of a request which is looked at
// at any time: E[B²]/2E[B].
func (v *solver) batch(s int) float64 {
	var first, second, most float64
	for i := range v.classes {
		k := &v.classes[i]
		d := k.demand[s]
		r := k.rate * k.retry.work
		first, second = first+r*d, second+r*d*d*(1+k.scv[s])
		most = max(most, d*(1+k.scv[s])/2)
	}
	if first <= 0 {
		return most
	}
	return second / first / 2
}

// walk is E[max of a walk with normal steps of mean -x and variance 1], over
// 1/(2x), that of Brownian motion.
func walk(x float64) float64 {
	if x < 0.2 {
		return 1 - 1.16519*x + x*x/2
	}
	var sum float64
	for k := 1.0; k < 2000; k++ {
		z := x * math.Sqrt(k)
		if z > 7 {
			break
		}
		sum += (math.Exp(-z*z/2)/math.Sqrt(2*math.Pi) - z*normal(-z)) / math.Sqrt(k)
	}
	return 2 * x * sum
}

var tuneY, tuneG = 1.0, 1.0
