package demand

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// A worker's first request to a database has loaded its registry where it took
// so much longer than its class does: leastLoad seconds, and farOut standard
// deviations.
const leastLoad = 0.05

// registryLoad is what a worker's first request to a database costs beyond its
// class' demand, in CPU seconds; nil where no worker loaded one during a run,
// as where all were warm.
//
// The log is asked first: from Odoo 15 on it says how long each load took. Else
// the worker's first line tells, less the mean of its class.
func (s *survey) registryLoad(tallies []tally) *headroom.Estimate {
	if e := s.loggedLoads(); e != nil {
		return e
	}
	means := s.means(tallies, nil)
	variation := s.variation(tallies)
	var excess []float64
	s.eachJoined(func(l *line) {
		m := means[l.class]
		if !l.first || l.tries > 1 || math.IsNaN(m[app]+m[database]) {
			return
		}
		sd := math.Hypot(m[app]*math.Sqrt(variation[l.class][app]), m[database]*math.Sqrt(variation[l.class][database]))
		if more := l.work[app] + l.work[database] - m[app] - m[database]; more > max(leastLoad, farOut*sd) {
			excess = append(excess, more)
		}
	})
	if len(excess) == 0 {
		return nil
	}
	return ofSample(excess, "workers' first requests to a database, beyond their class")
}

// loggedLoads are those that the log told the length of.
func (s *survey) loggedLoads() *headroom.Estimate {
	var loads, seconds float64
	var each []float64 // of runs
	for _, r := range s.runs {
		n, t := r.observed.of("odoo_log", "log", "registry_loads"), r.observed.of("odoo_log", "log", "registry_load_seconds")
		if n == nil || t == nil {
			continue
		}
		if k, d := n.v[len(n.v)-1]-n.v[0], t.v[len(t.v)-1]-t.v[0]; k > 0 && d > 0 {
			loads, seconds, each = loads+k, seconds+d, append(each, d/k)
		}
	}
	if loads == 0 {
		return nil
	}
	e := ofSample(each, fmt.Sprintf("%.0f loads that the log told", loads))
	e.Value, e.N, e.Identified = seconds/loads, int(loads), loads >= 2
	e.Low, e.High = min(e.Low, e.Value), max(e.High, e.Value)
	return e
}

// ofSample is the mean of independent values with Student's interval; of one
// it is within a factor of two.
func ofSample(values []float64, how string) *headroom.Estimate {
	m := mean(values)
	half := m / 2
	if n := len(values); n > 1 {
		half = fit.StudentT(headroom.Level, n-1) * fit.Spread(values) / math.Sqrt(float64(n))
	}
	return &headroom.Estimate{
		Value: m, Low: max(0, m-half), High: m + half, Level: headroom.Level, N: len(values), Method: how, Identified: len(values) >= 3,
	}
}
