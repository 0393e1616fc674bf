package demand

import "sort"

// A counter is busy CPU seconds of a station, cumulative, at moments.
type counter struct {
	t, v []float64
}

// rolesOf are the process roles that work on a station's CPU.
var rolesOf = [2][]string{app: {"web", "cron", "gevent"}, database: {"database"}}

// readCounters gives one counter by station: the virtual station's where the
// stack has one, else the sum of the roles' processes.
func readCounters(o observed) []*counter {
	out := make([]*counter, len(stationNames))
	for station, name := range stationNames {
		if c := o.of("station", name, "busy_seconds"); c != nil {
			out[station] = sum([]*counter{c})
			continue
		}
		var parts []*counter
		for _, role := range rolesOf[station] {
			if c := o.of("process", role, "cpu_seconds"); c != nil {
				parts = append(parts, c)
			}
		}
		out[station] = sum(parts)
	}
	return out
}

// observe adds a reading; one that is not later than the last is left out.
func (c *counter) observe(t, v float64) {
	n := len(c.t)
	if n > 0 && t <= c.t[n-1] {
		return
	}
	c.t = append(c.t, t)
	c.v = append(c.v, v)
}

// rising is the counter without falls, so that differences are never negative.
func (c *counter) rising() counter {
	out := counter{t: c.t, v: make([]float64, len(c.v))}
	var lost float64
	for i := range c.v {
		v := c.v[i] + lost
		if i > 0 && v < out.v[i-1] {
			lost += out.v[i-1] - v
			v = out.v[i-1]
		}
		out.v[i] = v
	}
	return out
}

// sum adds counters up at the readings of the first; nil without one that was
// read twice.
func sum(parts []*counter) *counter {
	var read []*counter
	for _, c := range parts {
		if len(c.t) >= 2 {
			rising := c.rising()
			read = append(read, &rising)
		}
	}
	if len(read) == 0 {
		return nil
	}
	total := &counter{t: read[0].t, v: read[0].v}
	for _, c := range read[1:] {
		for i, t := range total.t {
			total.v[i] += c.at(t)
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

// apart are the times of readings, from 0 to a moment, that are about so many
// seconds or more apart.
func (c *counter) apart(until, seconds float64) []float64 {
	const jitter = 0.5
	var out []float64
	for _, t := range c.t {
		if t >= 0 && t <= until && (len(out) == 0 || t-out[len(out)-1] >= seconds-jitter) {
			out = append(out, t)
		}
	}
	return out
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
