package demand

import "github.com/headroom-erp/headroom"

// execution gives each class the wall seconds in which the database executes
// the statements of one try, by its own account (pg_stat_statements). The log's
// SQL seconds are more: the way there and back, and what the client does.
func (s *survey) execution(tallies []tally, o Options) []*headroom.Estimate {
	return s.secondsPerTry(tallies, o, (*run).executionOf, "time of statements over tries, non-negative least squares")
}

// executionOf is the time of statements, in microseconds; nil where nobody counted
// them, and of a stand-in, whose statements are not its work.
func (r *run) executionOf() *counter {
	if r.virtual() {
		return nil
	}
	return r.microseconds("statement_seconds")
}

// outsideShare is the part of the log's SQL seconds in which the database was
// not executing: the most that the calls themselves can take, by what is no work
// of the database's. 1 where no run counted its statements.
func (s *survey) outsideShare(tallies []tally) float64 {
	var logged, executed float64
	for _, r := range s.runs {
		if r.executionOf() == nil {
			continue
		}
		for i := range r.lines {
			l := &r.lines[i]
			if l.class == unjoined || s.executed[l.class] == nil {
				continue
			}
			logged += l.sql
			executed += s.executed[l.class].Value * l.effective(tallies[l.class].lost)
		}
	}
	if !(logged > 0) || !(executed > 0) {
		return 1
	}
	return max(0, 1-executed/logged)
}
