package demand

import (
	"fmt"
	"sort"
	"strings"

	"github.com/headroom-erp/headroom"
)

// A source names one series of samples.
type source struct{ probe, subject, metric string }

// observed are the series of a run that estimates are made of.
type observed map[source]*counter

// of reads a series; nil where nobody looked.
func (o observed) of(probe, subject, metric string) *counter {
	return o[source{probe, subject, metric}]
}

// subjects are those that have a metric, in order.
func (o observed) subjects(probe, metric string) []string {
	var out []string
	for s := range o {
		if s.probe == probe && s.metric == metric {
			out = append(out, s.subject)
		}
	}
	sort.Strings(out)
	return out
}

// wanted are the metrics that estimates are made of, by probe.
var wanted = map[string]map[string]bool{
	"station":   {"busy_seconds": true},
	"process":   {"cpu_seconds": true, "rss_bytes": true, "processes": true},
	"speed":     {"unit_seconds": true},
	"generator": {"cpu_seconds": true, "cpus": true},
	"odoo_log":  {"registry_loads": true, "registry_load_seconds": true, "conflicts_shown": true},
	"postgres": {
		"wal_bytes": true, "read_seconds": true, "write_seconds": true, "statement_seconds": true,
		"checkpoint_written_bytes": true, "bgwriter_written_bytes": true, "backend_written_bytes": true,
	},
}

// readSamples keeps the series that are wanted.
func readSamples(in headroom.Run, id string) (observed, error) {
	out := observed{}
	for s, err := range in.Samples() {
		if err != nil {
			return nil, fmt.Errorf("demand: samples of run %q: %w", id, err)
		}
		if !wanted[s.Probe][s.Metric] || !finite(s.T, s.Value) {
			continue
		}
		if s.Probe == "postgres" && strings.Contains(s.Subject, "/statement:") {
			continue // single statements, which are in the database's figures
		}
		k := source{s.Probe, s.Subject, s.Metric}
		c := out[k]
		if c == nil {
			c = &counter{}
			out[k] = c
		}
		c.observe(s.T, s.Value)
	}
	return out, nil
}

// between is how much a counter grew, in its own unit; false where it was not
// read over the whole span, give or take two seconds.
func (c *counter) between(from, to float64) (float64, bool) {
	const slack = 2
	if c == nil || len(c.t) < 2 || c.t[0] > from+slack || c.t[len(c.t)-1] < to-slack {
		return 0, false
	}
	return c.at(to) - c.at(from), true
}
