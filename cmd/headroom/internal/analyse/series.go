package analyse

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// responseBin is the width of the bins of the response-time chart, in seconds.
const responseBin = 5.0

// series makes the lines of a run's charts, and fills the report's mean
// utilization over the window.
func series(run headroom.Run, r *headroom.RunReport) ([]headroom.Series, error) {
	var journeys []headroom.Journey
	for j, err := range run.Journeys() {
		if err != nil {
			return nil, err
		}
		journeys = append(journeys, j)
	}
	h := run.Info().Schedule
	out := arrivals(journeys, h)
	out = append(out, inFlight(journeys, h))
	out = append(out, responses(journeys, h)...)
	busy, err := counters(run)
	if err != nil {
		return nil, err
	}
	parts := r.Topology.Parts(run.Info().Plan.Sites)
	for _, part := range parts {
		prefix := ""
		if len(parts) > 1 { // as its roles are named
			prefix = part.Topology.Name + "/"
		}
		for _, station := range []string{"app", "database"} {
			cores, name := cores(part.Topology, station), prefix+station
			if len(busy[name]) < 2 || cores <= 0 {
				continue
			}
			out = append(out, utilization(name, busy[name], cores))
			// A run that was cut off was observed for a part of its window only.
			if to := min(h.Duration(), busy[name][len(busy[name])-1].t); to > h.LeadIn {
				r.Utilization[name] = meanRate(busy[name], h.LeadIn, to) / cores
			}
		}
	}
	return out, nil
}

// cores of a station; on a shared host both have the same.
func cores(t headroom.Topology, station string) float64 {
	if station == "app" || t.SharedHost {
		return t.Web.Cores
	}
	return t.Database.Cores
}

// arrivals counts scheduled journeys per second of each process.
func arrivals(journeys []headroom.Journey, h headroom.Header) []headroom.Series {
	n := int(math.Ceil(h.Duration()))
	counts := map[string][]float64{}
	for _, j := range journeys {
		if counts[j.Process] == nil {
			counts[j.Process] = make([]float64, n)
		}
		if i := int(j.Scheduled); i >= 0 && i < n {
			counts[j.Process][i]++
		}
	}
	var out []headroom.Series
	for process, v := range counts {
		out = append(out, headroom.Series{Name: "arrivals", Label: process, Unit: "1/s", T: seconds(n, 1), V: v})
	}
	slices.SortFunc(out, func(a, b headroom.Series) int { return cmp.Compare(a.Label, b.Label) })
	return out
}

func seconds(n int, step float64) []float64 {
	t := make([]float64, n)
	for i := range t {
		t[i] = float64(i) * step
	}
	return t
}

// inFlight is the number of journeys between scheduled time and end, each
// second.
func inFlight(journeys []headroom.Journey, h headroom.Header) headroom.Series {
	last := h.Duration()
	for _, j := range journeys {
		last = max(last, j.End)
	}
	change := make([]float64, int(math.Ceil(last))+2)
	for _, j := range journeys {
		change[max(0, int(math.Ceil(j.Scheduled)))]++
		change[min(len(change)-1, max(0, int(math.Ceil(j.End))))]--
	}
	var now float64
	for i, d := range change {
		now += d
		change[i] = now
	}
	return headroom.Series{Name: "in_flight", Label: "journeys", Unit: "journeys", T: seconds(len(change), 1), V: change}
}

// responses is the mean time of successful journeys by the time for which they
// were scheduled.
func responses(journeys []headroom.Journey, h headroom.Header) []headroom.Series {
	type bin struct{ sum, n float64 }
	bins := map[string]map[int]bin{}
	for _, j := range journeys {
		if j.Outcome != headroom.OK {
			continue
		}
		if bins[j.Process] == nil {
			bins[j.Process] = map[int]bin{}
		}
		b := bins[j.Process][int(j.Scheduled/responseBin)]
		b.sum += j.End - j.Scheduled
		b.n++
		bins[j.Process][int(j.Scheduled/responseBin)] = b
	}
	var out []headroom.Series
	for process, b := range bins {
		s := headroom.Series{Name: "response", Label: process, Unit: "s"}
		for i := range int(math.Ceil(h.Duration() / responseBin)) {
			if b[i].n > 0 {
				s.T = append(s.T, (float64(i)+0.5)*responseBin)
				s.V = append(s.V, b[i].sum/b[i].n)
			}
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b headroom.Series) int { return cmp.Compare(a.Label, b.Label) })
	return out
}

// A reading of a counter of busy CPU seconds.
type reading struct{ t, v float64 }

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

// counters are the busy seconds by station: as the stack publishes them, or
// the sum of its roles' CPU.
func counters(run headroom.Run) (map[string][]reading, error) {
	published, roles := map[string][]reading{}, map[string]map[string][]reading{}
	elsewhere := cronHosts(run.Info())
	for s, err := range run.Samples() {
		if err != nil {
			return nil, err
		}
		switch {
		case s.Probe == "station" && s.Metric == "busy_seconds":
			published[s.Subject] = append(published[s.Subject], reading{s.T, s.Value})
		case s.Probe == "process" && s.Metric == "cpu_seconds" && stationOf(s.Subject) != "" && !elsewhere[s.Subject]:
			station := stationOf(s.Subject)
			if roles[station] == nil {
				roles[station] = map[string][]reading{}
			}
			roles[station][s.Subject] = append(roles[station][s.Subject], reading{s.T, s.Value})
		}
	}
	if len(published) > 0 {
		return published, nil
	}
	out := map[string][]reading{}
	for station, byRole := range roles {
		out[station] = sum(byRole)
	}
	return out, nil
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

func utilization(station string, c []reading, cores float64) headroom.Series {
	s := headroom.Series{Name: "utilization", Label: station, Unit: "fraction"}
	for i := 1; i < len(c); i++ {
		if d := c[i].t - c[i-1].t; d > 0.1 {
			s.T = append(s.T, c[i].t)
			s.V = append(s.V, (c[i].v-c[i-1].v)/d/cores)
		}
	}
	return s
}
