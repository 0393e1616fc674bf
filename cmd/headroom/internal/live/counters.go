package live

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// counters keep the last readings of what probes count: CPU of roles, of
// stations, of the generator's machine.
type counters struct {
	roles, stations map[string][]reading
	host            []reading
	cpus            float64
	cores           map[string]float64 // of stations, as the topology gives them
}

type reading struct{ t, v float64 }

func newCounters(info headroom.RunInfo) counters {
	c := counters{roles: map[string][]reading{}, stations: map[string][]reading{}, cores: map[string]float64{}}
	parts := info.Topology.Parts(info.Plan.Sites)
	for _, p := range parts {
		prefix := ""
		if len(parts) > 1 { // as its roles are named
			prefix = p.Topology.Name + "/"
		}
		c.cores[prefix+"app"], c.cores[prefix+"database"] = p.Topology.Web.Cores, p.Topology.Database.Cores
		if p.Topology.SharedHost {
			c.cores[prefix+"database"] = p.Topology.Web.Cores
		}
	}
	return c
}

func (c *counters) add(samples []headroom.Sample) {
	for i := range samples {
		s := &samples[i]
		switch {
		case s.Probe == "station" && s.Metric == "busy_seconds":
			c.stations[s.Subject] = append(c.stations[s.Subject], reading{s.T, s.Value})
		case s.Metric == "cpu_seconds" && s.Probe == "generator" && s.Subject == "host":
			c.host = append(c.host, reading{s.T, s.Value})
		case s.Metric == "cpu_seconds" && (s.Probe == "process" || s.Probe == "generator"):
			c.roles[s.Subject] = append(c.roles[s.Subject], reading{s.T, s.Value})
		case s.Probe == "generator" && s.Subject == "host" && s.Metric == "cpus":
			c.cpus = s.Value
		}
	}
}

// fill writes what the counters say at t.
func (c *counters) fill(s *headroom.Status, t float64) {
	for _, name := range slices.Sorted(maps.Keys(c.roles)) {
		if rate, ok := rise(c.roles, name, t); ok {
			s.Roles = append(s.Roles, headroom.RoleStatus{Name: name, Cores: rate})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.stations)) {
		if rate, ok := rise(c.stations, name, t); ok {
			s.Stations = append(s.Stations, c.station(name, rate))
		}
	}
	if len(c.stations) == 0 {
		s.Stations = c.derived(s.Roles)
	}
	host := map[string][]reading{"": c.host}
	if rate, ok := rise(host, "", t); ok && c.cpus > 0 {
		share := rate / c.cpus
		s.Host = &share
	}
	c.host = host[""]
}

func (c *counters) station(name string, busy float64) headroom.StationStatus {
	out := headroom.StationStatus{Name: name, Cores: busy}
	if cores := c.cores[name]; cores > 0 {
		share := busy / cores
		out.Utilization = &share
	}
	return out
}

// roleStations says whose CPU a role uses where a stack has no virtual CPUs.
var roleStations = map[string]string{"web": "app", "cron": "app", "gevent": "app", "database": "database"}

// derived are the stations where they are hosts: the sum of their roles' CPU.
func (c *counters) derived(roles []headroom.RoleStatus) []headroom.StationStatus {
	busy := map[string]float64{}
	for _, r := range roles {
		prefix, name, several := strings.Cut(r.Name, "/")
		if !several {
			prefix, name = "", r.Name
		} else {
			prefix += "/"
		}
		if station := roleStations[name]; station != "" {
			busy[prefix+station] += r.Cores
		}
	}
	var out []headroom.StationStatus
	for _, name := range slices.Sorted(maps.Keys(busy)) {
		out = append(out, c.station(name, busy[name]))
	}
	return out
}

// rise is a counter's mean growth per second over the StatusRates seconds
// before t; false with fewer than two readings in them. Older ones are dropped.
func rise(all map[string][]reading, name string, t float64) (float64, bool) {
	list := all[name]
	if !slices.IsSortedFunc(list, compareReadings) {
		slices.SortFunc(list, compareReadings)
	}
	from, _ := slices.BinarySearchFunc(list, t-headroom.StatusRates-1, func(r reading, t float64) int { return cmp.Compare(r.t, t) })
	list = list[from:]
	all[name] = list
	to, _ := slices.BinarySearchFunc(list, t, func(r reading, t float64) int { return cmp.Compare(r.t, t) })
	if to < 2 || list[to-1].t <= list[0].t {
		return 0, false
	}
	return max(0, (list[to-1].v-list[0].v)/(list[to-1].t-list[0].t)), true
}

func compareReadings(a, b reading) int { return cmp.Compare(a.t, b.t) }
