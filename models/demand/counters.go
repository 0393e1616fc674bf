package demand

import (
	"fmt"
	"sort"

	"github.com/headroom-erp/headroom"
)

// A counter is busy CPU seconds of a station, cumulative, at moments.
type counter struct {
	t, v []float64
}

// stationOf says which station a sample counts for, and how much to trust
// it: virtual stations before processes. -1 is neither.
func stationOf(s headroom.Sample) (station, trust int) {
	switch {
	case s.Probe == "station" && s.Metric == "busy_seconds":
		for i, n := range stationNames {
			if s.Subject == n {
				return i, 1
			}
		}
	case s.Probe == "process" && s.Metric == "cpu_seconds":
		switch s.Subject {
		case "web", "cron", "gevent":
			return app, 0
		case "database":
			return database, 0
		}
	}
	return -1, 0
}

// readCounters gives one counter by station: the virtual station's where the
// stack has one, else the sum of the roles' processes.
func readCounters(in headroom.Run, r *run) ([]*counter, error) {
	type source struct{ station, trust int }
	bySubject := map[source]map[string]*counter{}
	for s, err := range in.Samples() {
		if err != nil {
			return nil, fmt.Errorf("demand: samples of run %q: %w", r.info.ID, err)
		}
		at, trust := stationOf(s)
		if at < 0 || !finite(s.T, s.Value) {
			continue
		}
		k := source{at, trust}
		if bySubject[k] == nil {
			bySubject[k] = map[string]*counter{}
		}
		c := bySubject[k][s.Subject]
		if c == nil {
			c = &counter{}
			bySubject[k][s.Subject] = c
		}
		c.observe(s.T, s.Value)
	}
	out := make([]*counter, 2)
	for station := range out {
		parts := bySubject[source{station, 1}]
		if parts == nil {
			parts = bySubject[source{station, 0}]
		}
		out[station] = sum(parts)
	}
	return out, nil
}

// observe adds a reading. A counter that falls is of processes that were
// replaced: it goes on from where it was.
func (c *counter) observe(t, v float64) {
	n := len(c.t)
	if n > 0 && t <= c.t[n-1] {
		return
	}
	c.t = append(c.t, t)
	c.v = append(c.v, v)
}

// rising removes falls, so that differences are never negative.
func (c *counter) rising() {
	var lost float64
	for i := range c.v {
		v := c.v[i] + lost
		if i > 0 && v < c.v[i-1] {
			lost += c.v[i-1] - v
			v = c.v[i-1]
		}
		c.v[i] = v
	}
}

func sum(parts map[string]*counter) *counter {
	names := make([]string, 0, len(parts))
	for n, c := range parts {
		c.rising()
		if len(c.t) >= 2 {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return nil
	}
	sort.Strings(names)
	first := parts[names[0]]
	total := &counter{t: first.t, v: append([]float64(nil), first.v...)}
	for _, n := range names[1:] {
		for i, t := range total.t {
			total.v[i] += parts[n].at(t)
		}
	}
	return total
}

// at interpolates; outside of the readings it is the nearest one.
func (c *counter) at(t float64) float64 {
	i := sort.SearchFloat64s(c.t, t)
	switch {
	case i == 0:
		return c.v[0]
	case i == len(c.t):
		return c.v[i-1]
	}
	f := (t - c.t[i-1]) / (c.t[i] - c.t[i-1])
	return c.v[i-1] + f*(c.v[i]-c.v[i-1])
}

// same says that two counters count the same CPU: one host under two names.
func same(a, b *counter) bool {
	if a == nil || b == nil {
		return false
	}
	total := a.v[len(a.v)-1] - a.v[0]
	for i, t := range a.t {
		if d := (b.at(t) - b.v[0]) - (a.v[i] - a.v[0]); d > 0.02*total || d < -0.02*total {
			return false
		}
	}
	return total > 0
}

// measuredUtilization is the highest mean utilization of a run's window, by
// station: counted where there are counters, else from the log. On a shared
// host both stations are as busy as the host.
func (s *survey) measuredUtilization() map[string]float64 {
	out := map[string]float64{}
	for _, r := range s.runs {
		u := r.utilization()
		for st, name := range stationNames {
			out[name] = max(out[name], u[st])
		}
	}
	return out
}

func (r *run) utilization() [2]float64 {
	from, to := r.window()
	var busy [2]float64
	for st, c := range r.counters {
		if c != nil {
			busy[st] = c.at(to) - c.at(from)
			continue
		}
		for _, l := range r.lines {
			if h := l.hold(); h > 0 {
				busy[st] += l.work[st] * max(0, min(l.end, to)-max(l.start, from)) / h
			}
		}
	}
	if r.shared {
		all := busy[app] + busy[database]
		if same(r.counters[app], r.counters[database]) || (r.counters[app] == nil) != (r.counters[database] == nil) {
			// One counter holds everything; without a second the log's part is in it already.
			all = 0
			for st, c := range r.counters {
				if c != nil {
					all = max(all, busy[st])
				}
			}
		}
		busy = [2]float64{all, all}
	}
	if !(to > from) {
		return [2]float64{}
	}
	return [2]float64{busy[app] / (to - from) / r.cores[app], busy[database] / (to - from) / r.cores[database]}
}
