package headroom

import (
	"fmt"
	"math"
	"sort"
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

// limits of a system's numbers: far beyond anything real, close enough that no
// solver overflows.
const (
	mostSeconds    = 1e9
	mostServers    = 1e6
	mostWorkers    = 100_000
	mostSCV        = 1e4
	mostCalls      = 1e6
	mostRows       = 1000
	mostRowSpace   = 1e9
	mostPopularity = 10
	mostIntensity  = 100
	mostRate       = 1e9
	mostPopulation = 1_000_000
)

// Check says what is wrong with a system, as an *InputError whose Where is the
// path of the value ("classes[2].demand.app"). It does not say whether the
// system can carry its load.
func (s System) Check() error {
	c := checker{stations: map[string]bool{}, pools: map[string]bool{}, classes: map[string]bool{}}
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
	err                      *InputError
	stations, pools, classes map[string]bool
	single                   bool // there is at most one pool
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
	for i, st := range s.Stations {
		at := fmt.Sprintf("stations[%d]", i)
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
	c.number(at+".overhead", k.Overhead, 0, mostSeconds)
	c.number(at+".overhead_scv", k.OverheadSCV, 0, mostSCV)
	c.number(at+".line_share", k.LineShare, 0, 1)
	if k.LineShare > 0 {
		c.number(at+".lines", k.Lines, 1, mostRows)
	}
	c.load(at, k.ArrivalRate, k.Population, k.ThinkTime)
	if r := k.Conflict; r != nil {
		c.number(at+".conflict.rows", r.Rows, 0, mostRows)
		c.number(at+".conflict.population", r.Population, 1, mostRowSpace)
		c.number(at+".conflict.at", r.At, 0, 1)
		c.number(at+".conflict.popularity", r.Popularity, 0, mostPopularity)
		c.number(at+".conflict.intensity", r.Intensity, 0, mostIntensity)
		if r.Popularity > 0 {
			c.number(at+".conflict.population", r.Population, 1, mostPopulation)
		}
	}
}

func (c *checker) byStation(at string, m map[string]float64, most float64) {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		if !c.stations[n] {
			c.fail(at+"."+n, fmt.Sprintf("there is no station %q", n), "name one of the system's stations")
		}
		c.number(at+"."+n, m[n], 0, most)
	}
}

func (c *checker) load(at string, rate float64, population int, think float64) {
	c.number(at+".arrival_rate", rate, 0, mostRate)
	c.number(at+".population", float64(population), 0, mostPopulation)
	c.number(at+".think_time", think, 0, mostSeconds)
	if rate > 0 && population > 0 {
		c.fail(at, "arrival_rate and population exclude each other", "keep one of them")
	}
}

func (c *checker) journey(at string, j SystemJourney) {
	if j.Name == "" {
		c.fail(at+".name", "a name is missing", "")
	}
	if len(j.Steps) == 0 {
		c.fail(at+".steps", fmt.Sprintf("journey %q has no steps", j.Name), "")
	}
	for i, st := range j.Steps {
		p := fmt.Sprintf("%s.steps[%d]", at, i)
		if !c.classes[st.Class] {
			c.fail(p+".class", fmt.Sprintf("there is no class %q", st.Class), "name one of the system's classes")
		}
		c.number(p+".think_time", st.ThinkTime, 0, mostSeconds)
		c.number(p+".visits", st.Visits, 0, mostCalls)
	}
	c.load(at, j.ArrivalRate, j.Population, j.ThinkTime)
}
