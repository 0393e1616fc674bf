package headroom

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// NoPool is the pool of a class that holds no worker.
const NoPool = "none"

// AllPools is Pools and, where it is given, Pool (named "pool" when it has no name).
func (s System) AllPools() []Pool {
	if s.Pool == nil {
		return s.Pools
	}
	p := *s.Pool
	if p.Name == "" {
		p.Name = "pool"
	}
	return append(append([]Pool(nil), s.Pools...), p)
}

// PoolOf is the index in AllPools of the pool whose worker a class holds, -1
// for none. The class must have passed Check.
func (s System) PoolOf(c Class) int {
	pools := s.AllPools()
	if c.Pool == "" && len(pools) == 1 {
		return 0
	}
	for i, p := range pools {
		if p.Name == c.Pool && c.Pool != NoPool {
			return i
		}
	}
	return -1
}

// The ways in which a pool's requests are spread over its replicas.
const (
	RoundRobin       = "round_robin"
	LeastConnections = "least_connections"
	RandomBalance    = "random"
)

// Hosts is the number of the pool's replicas, from 1.
func (p Pool) Hosts() int { return max(1, p.Replicas) }

// Workers is the number of workers of all its replicas.
func (p Pool) Workers() int { return p.Servers * p.Hosts() }

// limits of a system's numbers: far beyond anything real, close enough that no
// solver overflows.
const (
	mostSeconds      = 1e9
	mostServers      = 1e6
	mostWorkers      = 100_000 // of a pool, of all its replicas together
	mostReplicas     = 1000
	mostRegistries   = 1000
	mostSCV          = 1e4
	mostCalls        = 1e6
	mostRows         = 1000
	mostRowSpace     = 1e9
	mostPopularity   = 10
	mostIntensity    = 100
	mostRate         = 1e9
	mostPopulation   = 1_000_000
	mostQuantiles    = 10_001
	mostTimesMean    = 1e6
	leastCores       = 0.01
	mostInterference = 10
	// The kernel's bounds of a quota's period, in seconds.
	leastPeriod = 0.001
	mostPeriod  = 1
	// shortestEvery bounds the starts of a cron job, in seconds.
	shortestEvery = 1e-3
	// shortestCycle bounds the rounds of a closed customer, in seconds, before anybody waits.
	shortestCycle = 1e-9
	// meanOfQuantiles is how far from 1 the mean of quantiles may be that were
	// written with a few digits.
	meanOfQuantiles = 0.01
)

// Check says what is wrong with a system, as an *InputError whose Where is the
// path of the value ("classes[2].demand.app"). It does not say whether the
// system can carry its load.
func (s System) Check() error {
	c := checker{stations: map[string]bool{}, pools: map[string]bool{}, classes: map[string]bool{}, journeys: map[string]bool{}, takes: map[string]float64{}}
	c.resources(s)
	for i, k := range s.Classes {
		c.class(fmt.Sprintf("classes[%d]", i), k)
	}
	for i, j := range s.Journeys {
		c.journey(fmt.Sprintf("journeys[%d]", i), j)
	}
	if len(s.Classes) == 0 {
		c.fail("classes", "a system needs at least one class", "")
	}
	if c.err == nil {
		return nil
	}
	return c.err
}

// checker keeps the first thing that is wrong.
type checker struct {
	err                                *InputError
	stations, pools, classes, journeys map[string]bool
	takes                              map[string]float64 // seconds of one request by class, alone
	single                             bool               // there is at most one pool
}

func (c *checker) fail(where, what, do string) {
	if c.err == nil {
		c.err = &InputError{What: what, Where: where, Do: do}
	}
}

func (c *checker) number(where string, v, low, high float64) {
	if math.IsNaN(v) || v < low || v > high {
		c.fail(where, fmt.Sprintf("%g is not between %g and %g", v, low, high), "")
	}
}

func (c *checker) name(where, name string, taken map[string]bool) {
	switch {
	case name == "":
		c.fail(where, "a name is missing", "")
	case taken[name]:
		c.fail(where, fmt.Sprintf("the name %q is used twice", name), "give each its own")
	}
	taken[name] = true
}

func (c *checker) resources(s System) {
	hosts := map[string]bool{}
	for i, h := range s.Hosts {
		at := fmt.Sprintf("hosts[%d]", i)
		c.name(at+".name", h.Name, hosts)
		c.number(at+".cores", h.Cores, leastCores, mostServers)
		c.number(at+".interference", h.Interference, 0, mostInterference)
		c.number(at+".reference", h.Reference, 0, 1)
	}
	for i, st := range s.Stations {
		at := fmt.Sprintf("stations[%d]", i)
		c.quota(at, st, hosts)
		c.name(at+".name", st.Name, c.stations)
		c.number(at+".servers", st.Servers, 0, mostServers)
		if st.Servers == 0 {
			c.fail(at+".servers", fmt.Sprintf("station %q has no servers", st.Name), "give it a share of a CPU, such as 0.5")
		}
	}
	pools := s.AllPools()
	c.single = len(pools) <= 1
	for i, p := range pools {
		at := fmt.Sprintf("pools[%d]", i)
		c.name(at+".name", p.Name, c.pools)
		if p.Name == NoPool {
			c.fail(at+".name", `"none" means no pool`, "choose another name")
		}
		c.number(at+".servers", float64(p.Servers), 1, mostWorkers)
		c.number(at+".backlog", float64(p.Backlog), 0, mostSeconds)
		c.replicas(at, p)
	}
}

func (c *checker) quota(at string, st Station, hosts map[string]bool) {
	switch {
	case st.Host != "" && !hosts[st.Host]:
		c.fail(at+".host", fmt.Sprintf("there is no host %q", st.Host), "name one of the system's hosts")
	case st.Host == "" && st.Slack != 0:
		c.fail(at+".slack", "a station with cores of its own has no slack", "give it a host too, or neither")
	case st.Host == "" && st.Period != 0:
		c.fail(at+".period", "a station with cores of its own has no period", "give it a host too, or neither")
	case st.Period != 0:
		c.number(at+".period", st.Period, leastPeriod, mostPeriod)
	}
	c.number(at+".slack", st.Slack, 0, mostPeriod)
}

func (c *checker) replicas(at string, p Pool) {
	c.number(at+".replicas", float64(p.Replicas), 0, mostReplicas)
	if n := p.Workers(); c.err == nil && n > mostWorkers {
		c.fail(at+".replicas", fmt.Sprintf("%d workers of all replicas together are more than %d", n, mostWorkers), "")
	}
	switch p.Balance {
	case "", RoundRobin, LeastConnections, RandomBalance:
	default:
		c.fail(at+".balance", fmt.Sprintf("there is no way %q to choose a replica", p.Balance), "use "+RoundRobin+", "+LeastConnections+" or "+RandomBalance)
	}
	c.number(at+".registry_load", p.RegistryLoad, 0, mostSeconds)
	c.number(at+".registries", float64(p.Registries), 0, mostRegistries)
	c.number(at+".recycle_after", float64(p.RecycleAfter), 0, mostSeconds)
	c.number(at+".recycle_time", p.RecycleTime, 0, mostSeconds)
	if p.RecycleTime > 0 && p.RecycleAfter == 0 {
		c.fail(at+".recycle_time", "workers that are never recycled take no time for it", "give recycle_after too, or neither")
	}
}

func (c *checker) class(at string, k Class) {
	c.name(at+".name", k.Name, c.classes)
	if k.Pool != NoPool && (k.Pool != "" || !c.single) && !c.pools[k.Pool] {
		c.fail(at+".pool", fmt.Sprintf("there is no pool %q", k.Pool), `name one of the system's pools, or "none"`)
	}
	c.byStation(at+".demand", k.Demand, mostSeconds)
	c.byStation(at+".scv", k.SCV, mostSCV)
	c.number(at+".database_calls", k.DatabaseCalls, 0, mostCalls)
	c.number(at+".delay", k.Delay, 0, mostSeconds)
	c.number(at+".delay_scv", k.DelaySCV, 0, mostSCV)
	c.quantiles(at+".quantiles", k)
	c.every(at, k)
	c.number(at+".overhead", k.Overhead, 0, mostSeconds)
	c.number(at+".overhead_scv", k.OverheadSCV, 0, mostSCV)
	c.number(at+".line_share", k.LineShare, 0, 1)
	if k.LineShare > 0 {
		c.number(at+".lines", k.Lines, 1, mostRows)
	}
	c.load(at, k.ArrivalRate, k.Population, k.ThinkTime)
	c.takes[k.Name] = alone(k)
	c.cycle(at, "class", k.Name, k.Population, k.ThinkTime+alone(k))
	if r := k.Conflict; r != nil {
		c.number(at+".conflict.rows", r.Rows, 0, mostRows)
		c.number(at+".conflict.population", r.Population, 1, mostRowSpace)
		c.number(at+".conflict.at", r.At, 0, 1)
		c.number(at+".conflict.popularity", r.Popularity, 0, mostPopularity)
		c.number(at+".conflict.intensity", r.Intensity, 0, mostIntensity)
		c.number(at+".conflict.again", r.Again, 0, 1)
		for i, g := range r.Also {
			if slices.Contains(r.Also[:i], g) {
				c.fail(at+".conflict.also", fmt.Sprintf("group %q is named twice", g), "name each group once")
			}
		}
		if r.Popularity > 0 {
			c.number(at+".conflict.population", r.Population, 1, mostPopulation)
		}
	}
}

func (c *checker) every(at string, k Class) {
	if k.Every == 0 {
		return
	}
	c.number(at+".every", k.Every, shortestEvery, mostSeconds)
	if k.ArrivalRate > 0 || k.Population > 0 {
		c.fail(at, "every excludes arrival_rate and population", "keep one of them")
	}
}

func (c *checker) quantiles(at string, k Class) {
	for _, station := range sortedNames(k.Quantiles) {
		at, q := at+"."+station, k.Quantiles[station]
		if !c.stations[station] {
			c.fail(at, fmt.Sprintf("there is no station %q", station), "name one of the system's stations")
		}
		if len(q) < 2 || len(q) > mostQuantiles {
			c.fail(at, fmt.Sprintf("%d quantiles are not 2 to %d", len(q), mostQuantiles), "")
			continue
		}
		for i, v := range q {
			c.number(fmt.Sprintf("%s[%d]", at, i), v, 0, mostTimesMean)
			if i > 0 && v < q[i-1] {
				c.fail(fmt.Sprintf("%s[%d]", at, i), fmt.Sprintf("%g after %g: quantiles do not fall", v, q[i-1]), "sort them")
			}
		}
		if m := MeanOfQuantiles(q); c.err == nil && math.Abs(m-1) > meanOfQuantiles {
			c.fail(at, fmt.Sprintf("their mean is %.4g, not 1", m), "divide them by it")
		}
	}
}

// MeanOfQuantiles is the mean of the distribution that goes in straight lines
// through values at equally likely steps (Class.Quantiles), of which there must
// be two at least.
func MeanOfQuantiles(q []float64) float64 {
	sum := (q[0] + q[len(q)-1]) / 2
	for _, v := range q[1 : len(q)-1] {
		sum += v
	}
	return sum / float64(len(q)-1)
}

func (c *checker) byStation(at string, m map[string]float64, most float64) {
	for _, n := range sortedNames(m) {
		if !c.stations[n] {
			c.fail(at+"."+n, fmt.Sprintf("there is no station %q", n), "name one of the system's stations")
		}
		c.number(at+"."+n, m[n], 0, most)
	}
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
