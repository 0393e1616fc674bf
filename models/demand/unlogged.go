package demand

import "github.com/headroom-erp/headroom/models/fit"

// mostClient is the most of a request's SQL seconds that its client's own CPU
// may be.
const mostClient = 0.6

// freeingError is the standard deviation of what freeing takes off times, as a
// share of it: where there is no wait, the log's seconds are off by as much.
const freeingError = 0.07

// waits is the seconds of a database call that the log's SQL has, freed of
// sharing, beyond the database's counter. A class of short calls would else seem to
// demand a multiple of what it does. share is how much of the SQL is left for
// that at most, and taken how many seconds the freeing took off for each that it
// left.
//
// A stand-in's calls are virtual but for a few of each request, which are as
// many whatever it costs: those take longer than they are to on a slow machine. There it is
// the seconds of a request.
func (w *law) waits(share, taken float64) (call, request float64) {
	levels := w.levels(nil, nil)
	var logged, counted, calls, requests float64
	for _, r := range w.rows {
		switch r.kind {
		case database:
			logged += r.implied
			counted += r.y - levels[database].idle*cell
			calls += r.calls
			requests += r.requests
		case hostKind:
			return 0, 0 // it cannot tell the database's from the application's
		}
	}
	doubt := freeingError * taken * logged
	beyond := min(shrunk(logged-counted, doubt*doubt), min(share, mostClient)*logged)
	switch {
	case !w.real && !w.shared && requests > 0:
		return 0, beyond / requests
	case w.real && calls > 0:
		return beyond / calls, 0
	}
	return 0, 0
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
	// waitRequest is the same of a stand-in's request (waits).
	waitRequest float64
	// outside is the part of the SQL seconds that is neither the database's work,
	// by its own account, nor the driver's: the most that wait can be of them.
	outside float64
}

// usualRequest is what a request costs outside of its line before the counters
// say so, in CPU seconds, give or take as much. Source: measured on Odoo 19.
const usualRequest = 0.0005

// unlogged is what the application's counter shows beyond the log's seconds
// outside of SQL, told apart by requests and calls. The calls' part is
// bounded by what the database's counter shows less than the log's SQL; both
// are 0 of a stand-in, whose SQL seconds are the station's. outside is the part of
// the SQL seconds in which the database executed nothing (outsideShare).
func (w *law) unlogged(outside float64) unlogged {
	none := unlogged{outside: outside}
	if !w.real || !w.reduced[app] || !w.reduced[database] {
		return none
	}
	levels := w.levels(nil, nil)
	sums := fit.NewNormal(2)
	var ss, n, most, calls, logged float64
	for _, r := range w.rows {
		switch r.kind {
		case app:
			n++
			d := r.y - levels[app].idle*cell - r.implied
			ss += d * d
		case database:
			most += r.implied - r.y + levels[database].idle*cell
			logged += r.implied
			calls += r.calls
		default:
			return none // one counter for both cannot tell
		}
	}
	if n < 2 || !(calls > 0) {
		return none
	}
	most = max(0, min(most, outside*logged)/calls)
	for _, r := range w.rows {
		if r.kind == app {
			sums.Observe([]float64{r.requests, r.calls}, r.y-levels[app].idle*cell-r.implied, n/max(1e-12, ss))
		}
	}
	sums.Pull([]fit.Prior{{Value: usualRequest, SD: usualRequest}, {Value: most / 2, SD: max(1e-6, most)}})
	v, err := sums.NonNegative()
	if err != nil {
		return none
	}
	out := unlogged{request: v[0], call: min(v[1], most), outside: 1}
	if driver := out.call * calls; logged > driver {
		out.outside = max(0, outside*logged-driver) / (logged - driver)
	}
	return out
}
