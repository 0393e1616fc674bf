package sim

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// offered is the arrival rate of requests by class, of open load and scheduled
// starts, 1/s.
func offered(s headroom.System, steps []headroom.LoadStep) map[string]float64 {
	rate := map[string]float64{}
	for _, c := range s.Classes {
		rate[c.Name] += c.ArrivalRate
		if c.Every > 0 {
			rate[c.Name] += 1 / c.Every
		}
	}
	for _, j := range s.Journeys {
		for _, st := range j.Steps {
			rate[st.Class] += j.ArrivalRate * visitsOf(st)
		}
	}
	for _, l := range steps {
		rate[l.Class] += l.ArrivalRate
	}
	return rate
}

func visitsOf(s headroom.SystemStep) float64 {
	if s.Visits == 0 {
		return 1
	}
	return s.Visits
}

// bottleneck is how busy open load makes a station or pool, and what its
// requests take there.
type bottleneck struct {
	name        string  // "pool web"
	utilization float64 // above 1 when it is overloaded
	service     float64 // mean seconds of a request
	servers     float64
}

// bottlenecks are those of all stations and pools, retries left out. A worker
// is held at least as long as its request's work takes alone.
func bottlenecks(s headroom.System, steps []headroom.LoadStep, servers map[string]float64) []bottleneck {
	rate := offered(s, steps)
	var out []bottleneck
	add := func(name string, capacity float64, held func(headroom.Class) float64) {
		var requests, work float64
		for _, c := range s.Classes {
			if h := held(c); h > 0 && rate[c.Name] > 0 {
				requests += rate[c.Name]
				work += rate[c.Name] * h
			}
		}
		switch {
		case work == 0:
		case capacity == 0:
			out = append(out, bottleneck{name: name, utilization: math.Inf(1)})
		default:
			out = append(out, bottleneck{name, work / capacity, work / requests, capacity})
		}
	}
	for _, st := range s.Stations {
		name := "station " + st.Name
		size := sizeOf(servers, name, st.Servers)
		if cores, ok := coresOf(s, st); ok {
			size = min(size, cores)
		}
		add(name, size, func(c headroom.Class) float64 { return c.Demand[st.Name] })
	}
	for i, p := range s.AllPools() {
		name := "pool " + p.Name
		add(name, sizeOf(servers, name, float64(p.Workers())), func(c headroom.Class) float64 {
			if s.PoolOf(c) != i {
				return 0
			}
			return alone(s, c)
		})
	}
	return out
}

func sizeOf(servers map[string]float64, name string, otherwise float64) float64 {
	if v, ok := servers[name]; ok {
		return v
	}
	return otherwise
}

// alone is how long a worker is held by a request that is alone.
func alone(s headroom.System, c headroom.Class) float64 {
	t := c.Delay
	for _, st := range s.Stations {
		speed := st.Servers
		if cores, ok := coresOf(s, st); ok { // a quota does not slow what is within it
			speed = cores
		}
		t += c.Demand[st.Name] / min(1, speed)
	}
	return t
}

// coresOf is those of the host that a station has a quota of.
func coresOf(s headroom.System, st headroom.Station) (cores float64, ok bool) {
	for _, h := range s.Hosts {
		if h.Name == st.Host {
			return h.Cores, true
		}
	}
	return 0, false
}

// utilization is the highest one, after all changes.
func utilization(s headroom.System, steps []headroom.LoadStep, changes []headroom.Reconfiguration) float64 {
	return fullest(s, steps, changes).utilization
}

// fullest is the bottleneck of the highest utilization, after all changes.
func fullest(s headroom.System, steps []headroom.LoadStep, changes []headroom.Reconfiguration) bottleneck {
	servers := map[string]float64{}
	last := map[string]float64{}
	for _, c := range changes {
		name := "station " + c.Station
		if c.Pool != "" {
			name = "pool " + c.Pool
		}
		if at, ok := last[name]; !ok || c.At >= at {
			last[name], servers[name] = c.At, c.Servers
		}
	}
	var most bottleneck
	for _, b := range bottlenecks(s, steps, servers) {
		if b.utilization > most.utilization {
			most = b
		}
	}
	return most
}

// mostWarm bounds the requests of a warm-up.
const mostWarm = 50_000

// warmUp is how long the system runs before 0, in seconds: 25 times what the
// slowest mode of a queue takes to die out, which for M/M/c is
// 1/(sqrt(c mu) - sqrt(lambda))² (Karlin and McGregor 1958), more for variable
// service, and for whatever else is slow.
func (x *transient) warmUp(early []headroom.LoadStep) float64 {
	warm, scv := 0.0, 1.0
	for _, c := range x.Classes {
		for _, v := range c.SCV {
			scv = max(scv, v)
		}
		warm = max(warm, alone(x.System, c)+c.Overhead+c.ThinkTime)
	}
	for _, j := range x.Journeys {
		think := j.ThinkTime
		for _, st := range j.Steps {
			think += st.ThinkTime * visitsOf(st)
		}
		warm = max(warm, think)
	}
	for _, b := range bottlenecks(x.System, early, nil) {
		if u := min(b.utilization, 0.999); u > 0 {
			warm = max(warm, b.service/b.servers/math.Pow(1-math.Sqrt(u), 2)*(1+scv)/2)
		}
	}
	warm *= 25
	var rate float64
	for _, r := range offered(x.System, early) {
		rate += r
	}
	if rate*warm > mostWarm {
		warm = mostWarm / rate
		x.warn("the steady start is what %.4g s of its load lead to: the system is too busy to settle in less than %d requests", warm, mostWarm)
	}
	return warm
}
