package analyse

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// roleStations says whose CPU a role uses where a stack has no virtual CPUs.
var roleStations = map[string]string{"web": "app", "cron": "app", "gevent": "app", "database": "database"}

// stationOf is the station of a role, "" when it has none; both carry the name
// of their stack where there are several.
func stationOf(role string) string {
	stack, name, several := strings.Cut(role, "/")
	if !several {
		return roleStations[role]
	}
	if roleStations[name] == "" {
		return ""
	}
	return stack + "/" + roleStations[name]
}

// stations gather the busy seconds by station: as the stack publishes them, or
// the sum of its roles' CPU.
type stations struct {
	published map[string][]reading
	roles     map[string]map[string][]reading
	elsewhere map[string]bool
	shared    []string // what stands before the stations of shared hosts: each is the whole host
}

func newStations(info headroom.RunInfo) *stations {
	s := &stations{published: map[string][]reading{}, roles: map[string]map[string][]reading{}, elsewhere: cronHosts(info)}
	parts := info.Topology.Parts(info.Plan.Sites)
	for _, p := range parts {
		if p.Topology.SharedHost {
			s.shared = append(s.shared, before(p, parts))
		}
	}
	return s
}

// before is what stands before the names of a stack's roles and stations.
func before(p headroom.Part, parts []headroom.Part) string {
	if len(parts) > 1 {
		return p.Topology.Name + "/"
	}
	return ""
}

func (s *stations) add(x headroom.Sample) {
	switch {
	case x.Probe == "station" && x.Metric == "busy_seconds":
		s.published[x.Subject] = append(s.published[x.Subject], reading{x.T, x.Value})
	case x.Probe == "process" && x.Metric == "cpu_seconds" && stationOf(x.Subject) != "" && !s.elsewhere[x.Subject]:
		station := stationOf(x.Subject)
		if s.roles[station] == nil {
			s.roles[station] = map[string][]reading{}
		}
		s.roles[station][x.Subject] = append(s.roles[station][x.Subject], reading{x.T, x.Value})
	}
}

func (s *stations) counters() map[string][]reading {
	if len(s.published) > 0 {
		for _, c := range s.published {
			rising(c)
		}
		return s.published
	}
	out := map[string][]reading{}
	for station, byRole := range s.roles {
		for _, c := range byRole {
			rising(c)
		}
		out[station] = sum(byRole)
	}
	for _, prefix := range s.shared {
		app, database := out[prefix+"app"], out[prefix+"database"]
		if app != nil && database != nil {
			host := sum(map[string][]reading{"app": app, "database": database})
			out[prefix+"app"], out[prefix+"database"] = host, host
		}
	}
	return out
}

// rising lets a counter go on where it was when what counts was restarted: it
// begins again at 0 then, so that what it says is what it has counted since.
func rising(c []reading) {
	before := 0.0 // what was counted until the last restart
	last := math.Inf(-1)
	for i, r := range c {
		if r.v < last {
			before += last
		}
		last, c[i].v = r.v, before+r.v
	}
}

// cronHosts are the cron roles that have a host of their own: their CPU is not
// that of the web workers.
func cronHosts(info headroom.RunInfo) map[string]bool {
	out := map[string]bool{}
	parts := info.Topology.Parts(info.Plan.Sites)
	for _, p := range parts {
		switch {
		case p.Topology.Cron == nil:
		case len(parts) > 1:
			out[p.Topology.Name+"/cron"] = true
		default:
			out["cron"] = true
		}
	}
	return out
}

// A station is a CPU of the topology that was observed.
type station struct {
	name  string // "app", "database", behind the stack's name where there are several
	what  string // "app" or "database"
	cores float64
	busy  []reading
	sites []string // that it serves
}

// stations are those that were observed.
func (e *evidence) stations() []station {
	var out []station
	parts := e.info.Topology.Parts(e.info.Plan.Sites)
	for _, part := range parts {
		prefix := before(part, parts)
		for _, what := range []string{"app", "database"} {
			s := station{prefix + what, what, cores(part.Topology, what), e.samples.busy[prefix+what], part.Sites}
			if len(s.busy) >= 2 && s.cores > 0 {
				out = append(out, s)
			}
		}
	}
	return out
}

// cores of a station; on a shared host both have the same.
func cores(t headroom.Topology, station string) float64 {
	if station == "app" || t.SharedHost {
		return t.Web.Cores
	}
	return t.Database.Cores
}

// utilization is a station's over a part of the run, nil where it was not
// observed.
func (s station) utilization(from, to float64) *float64 {
	from, to = max(from, s.busy[0].t), min(to, s.busy[len(s.busy)-1].t)
	if from >= to {
		return nil
	}
	u := meanRate(s.busy, from, to) / s.cores
	return &u
}

// sum adds the roles' counters at the times of the role with most readings.
func sum(byRole map[string][]reading) []reading {
	var names []string
	for name := range byRole {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(byRole[b]), len(byRole[a])), cmp.Compare(a, b))
	})
	out := slices.Clone(byRole[names[0]])
	for _, name := range names[1:] {
		for i := range out {
			out[i].v += at(byRole[name], out[i].t)
		}
	}
	return out
}

// at reads a counter at a time between its readings.
func at(c []reading, t float64) float64 {
	i, found := slices.BinarySearchFunc(c, t, func(r reading, t float64) int { return cmp.Compare(r.t, t) })
	switch {
	case found || i == 0:
		return c[i].v
	case i == len(c):
		return c[i-1].v
	}
	a, b := c[i-1], c[i]
	return a.v + (b.v-a.v)*(t-a.t)/(b.t-a.t)
}

// meanRate is a counter's mean growth per second between two times.
func meanRate(c []reading, from, to float64) float64 {
	return (at(c, to) - at(c, from)) / (to - from)
}
