package demand

import (
	"strings"

	"github.com/headroom-erp/headroom"
)

// micro makes whole numbers of what is solved as bytes are.
const micro = 1e6

// disk gives each class the seconds that one try waits for the database's disk, as
// its bytes of WAL are found (written.go): the counters of time spent in reading
// and writing blocks (pg_stat_database, with track_io_timing on), regressed on the tries.
// They are a part of the log's SQL seconds, and no CPU's.
func (s *survey) disk(tallies []tally, o Options) []*headroom.Estimate {
	return s.secondsPerTry(tallies, o, (*run).diskOf, "time of block reads and writes over tries, non-negative least squares")
}

// secondsPerTry is perTry of a counter in microseconds.
func (s *survey) secondsPerTry(tallies []tally, o Options, of func(*run) *counter, how string) []*headroom.Estimate {
	out := s.perTry(tallies, o, of, how)
	for c, e := range out {
		if e != nil {
			seconds := times(*e, 1/micro)
			out[c] = &seconds
		}
	}
	return out
}

// diskOf is the time of the databases' block reads and writes, in microseconds;
// nil where no server took the time.
func (r *run) diskOf() *counter {
	return r.microseconds("read_seconds", "write_seconds")
}

// microseconds are counters of seconds of all databases, added up; nil without any.
func (r *run) microseconds(metrics ...string) *counter {
	var parts []*counter
	for _, metric := range metrics {
		for _, subject := range r.observed.subjects("postgres", metric) {
			if !strings.Contains(subject, "/") { // a database, and not one of its tables or standbys
				parts = append(parts, r.observed.of("postgres", subject, metric))
			}
		}
	}
	total := sum(parts)
	if total == nil {
		return nil
	}
	out := &counter{t: total.t, v: make([]float64, len(total.v))}
	for i, v := range total.v {
		out.v[i] = micro * v
	}
	return out
}
