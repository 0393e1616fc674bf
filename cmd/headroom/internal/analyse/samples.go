package analyse

import (
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// A reading of a counter or a gauge.
type reading struct{ t, v float64 }

// samples are those that reports need.
type samples struct {
	busy      map[string][]reading // busy CPU seconds by station
	incidents []headroom.Span
	generator []reading            // CPU seconds of the generator
	host      []reading            // busy CPU seconds of its machine
	steal     []reading            // CPU seconds that the hypervisor gave to others
	cpus      float64              // of its machine; 0: not observed
	lag       map[string][]reading // replay_lag_seconds by subject
	wanted    map[string][]reading // what objectives name, as probe/subject/metric
	hidden    bool                 // a request log shows no conflict, whether or not there are any
}

// lagMetric is how far a replica is behind, as the PostgreSQL probe has it.
const lagMetric = "replay_lag_seconds"

// readSamples is one pass over a run's samples. Of gauges it keeps those that
// are named and those of the plan's objectives.
func readSamples(run headroom.Run, named []string) (*samples, error) {
	info := run.Info()
	s := &samples{lag: map[string][]reading{}, wanted: map[string][]reading{}}
	for _, o := range info.Plan.Objectives {
		if o.Measure == headroom.MeasureSample {
			s.wanted[o.Sample] = nil
		}
	}
	for _, name := range named {
		if name != "" {
			s.wanted[name] = nil
		}
	}
	stations := newStations(info)
	events := &eventLog{open: map[string]int{}}
	for x, err := range run.Samples() {
		if err != nil {
			return nil, err
		}
		if math.IsNaN(x.Value) || math.IsInf(x.Value, 0) || !results.Timed(x.T) {
			continue
		}
		r := reading{x.T, x.Value}
		events.last = max(events.last, x.T)
		stations.add(x)
		switch {
		case x.Probe == "event":
			events.add(x)
		case x.Probe == "odoo_log" && x.Metric == "conflicts_shown":
			s.hidden = s.hidden || x.Value == 0
		case x.Probe == "generator":
			s.addGenerator(x, r)
		case x.Probe == "postgres" && x.Metric == lagMetric:
			s.lag[x.Subject] = append(s.lag[x.Subject], r)
		}
		if len(s.wanted) > 0 {
			if name := x.Probe + "/" + x.Subject + "/" + x.Metric; has(s.wanted, name) {
				s.wanted[name] = append(s.wanted[name], r)
			}
		}
	}
	for _, c := range [][]reading{s.generator, s.host, s.steal} {
		rising(c)
	}
	s.busy, s.incidents = stations.counters(), events.spans()
	return s, nil
}

func has[K comparable, V any](m map[K]V, k K) bool { _, ok := m[k]; return ok }

func (s *samples) addGenerator(x headroom.Sample, r reading) {
	switch x.Subject + "/" + x.Metric {
	case "generator/cpu_seconds":
		s.generator = append(s.generator, r)
	case "host/cpu_seconds":
		s.host = append(s.host, r)
	case "host/steal_seconds":
		s.steal = append(s.steal, r)
	case "host/cpus":
		s.cpus = x.Value
	}
}

// An eventLog makes spans of the plan's events as they happened.
type eventLog struct {
	out  []headroom.Span
	open map[string]int // by what, into out
	last float64        // time of any sample
}

func (l *eventLog) add(x headroom.Sample) {
	i, on := l.open[x.Subject]
	switch {
	case x.Value != 0 && !on:
		l.open[x.Subject] = len(l.out)
		l.out = append(l.out, headroom.Span{Name: x.Subject, From: x.T, To: -1})
	case x.Value == 0 && on:
		l.out[i].To = x.T
		delete(l.open, x.Subject)
	}
}

// spans are the events; one that was not over when the record ends lasts until
// then.
func (l *eventLog) spans() []headroom.Span {
	for _, i := range l.open {
		l.out[i].To = l.last
	}
	return l.out
}
