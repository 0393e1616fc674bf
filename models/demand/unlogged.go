package demand

import "github.com/headroom-erp/headroom/models/fit"

// mostClient is the most of a request's SQL seconds that its client's own CPU
// may be.
const mostClient = 0.6

// waitCall is the seconds of a database call that the log's SQL has, freed of
// sharing, beyond the database's counter. A class of short calls would else seem to
// demand a multiple of what it does.
func (w *law) waitCall() float64 {
	levels := w.levels(nil, nil)
	var logged, counted, calls float64
	for _, r := range w.rows {
		switch r.kind {
		case database:
			logged += r.implied
			counted += r.y - levels[database].idle*cell
			calls += r.calls
		case hostKind:
			return 0 // it cannot tell the database's from the application's
		}
	}
	if !(calls > 0) {
		return 0
	}
	return max(0, min(logged-counted, mostClient*logged)) / calls
}

// Outside of the log are the application's CPU seconds of a request before its
// line begins and after it ends (accepting, parsing, answering), and those of its
// database driver, which the log counts as SQL.
type unlogged struct {
	request float64 // CPU seconds of a request
	call    float64 // CPU seconds of a database call
	// wait is seconds of each database call that are nobody's CPU: the way there
	// and back, waking up.
	wait float64
}

// usualRequest is what a request costs outside of its line before the counters
// say so, in CPU seconds, give or take as much. Source: measured on Odoo 19.
const usualRequest = 0.0005

// unlogged is what the application's counter shows beyond the log's seconds
// outside of SQL, told apart by requests and calls. The calls' part is
// bounded by what the database's counter shows less than the log's SQL; both
// are 0 of a stand-in, whose SQL seconds are the station's.
func (w *law) unlogged() unlogged {
	if !w.real || !w.reduced[app] || !w.reduced[database] {
		return unlogged{}
	}
	levels := w.levels(nil, nil)
	sums := fit.NewNormal(2)
	var ss, n, most, calls float64
	for _, r := range w.rows {
		switch r.kind {
		case app:
			n++
			d := r.y - levels[app].idle*cell - r.implied
			ss += d * d
		case database:
			most += r.implied - r.y + levels[database].idle*cell
			calls += r.calls
		default:
			return unlogged{} // one counter for both cannot tell
		}
	}
	if n < 2 || !(calls > 0) {
		return unlogged{}
	}
	most = max(0, most/calls)
	for _, r := range w.rows {
		if r.kind == app {
			sums.Observe([]float64{r.requests, r.calls}, r.y-levels[app].idle*cell-r.implied, n/max(1e-12, ss))
		}
	}
	sums.Pull([]fit.Prior{{Value: usualRequest, SD: usualRequest}, {Value: most / 2, SD: max(1e-6, most)}})
	v, err := sums.NonNegative()
	if err != nil {
		return unlogged{}
	}
	return unlogged{request: v[0], call: min(v[1], most)}
}
