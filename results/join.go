package results

import (
	"iter"

	"github.com/headroom-erp/headroom"
)

// Joined is a client request with what the server logged of it.
type Joined struct {
	headroom.Request
	Server *headroom.ServerRequest // nil when the log does not have it
}

// Waiting is the time that the client saw and the server did not log: network
// and the queue before a worker, in seconds. It can be slightly below 0, for
// the log rounds to a millisecond. Server must not be nil.
func (j Joined) Waiting() float64 { return j.End - j.Start - j.Server.SQL - j.Server.Other }

// JoinCounts says what a join found.
type JoinCounts struct {
	Requests   int `json:"requests"`   // of the client
	Unlogged   int `json:"unlogged"`   // of them, those that no request log can have: protocol "sql"
	Found      int `json:"found"`      // in the log
	Missing    int `json:"missing"`    // not in the log though they could be
	Server     int `json:"server"`     // requests in the log
	Foreign    int `json:"foreign"`    // of them, not of this run
	Unmatched  int `json:"unmatched"`  // of them, of this run but unknown to the client, as after a killed client
	Duplicates int `json:"duplicates"` // further lines or client requests with the same arrival and number
}

// FoundShare is Found of what could be found, 0 to 1; nil when there is
// nothing to find or no log at all.
func (c JoinCounts) FoundShare() *float64 {
	if c.Server == 0 || c.Found+c.Missing == 0 {
		return nil
	}
	share := float64(c.Found) / float64(c.Found+c.Missing)
	return &share
}

// Join finds each client request in the server's log by arrival and number,
// and yields all of them in the order of run.Requests. The counts are complete
// once the sequence was ranged over to its end; ranging again starts them anew.
//
// A request that the log has twice (a proxy sent it again) is joined to the
// last line, whose answer the client got. Join holds the server's requests of
// this run in memory, some 80 bytes each: lines may be late without bound,
// behind a client's time-out.
func Join(run headroom.Run) (iter.Seq2[Joined, error], *JoinCounts) {
	counts := new(JoinCounts)
	return func(yield func(Joined, error) bool) {
		log, err := readLog(run, counts)
		if err != nil {
			yield(Joined{}, err)
			return
		}
		err = log.joinEach(run, counts, func(j Joined) bool {
			if j.Server != nil {
				s := *j.Server
				j.Server = &s
			}
			return yield(j, nil)
		})
		if err != nil {
			yield(Joined{}, err)
		}
	}, counts
}

// joinEach calls f with each request until it returns false. What Server points
// to is valid until the next.
func (l *serverLog) joinEach(run headroom.Run, counts *JoinCounts, f func(Joined) bool) error {
	var line headroom.ServerRequest
	for r, err := range run.Requests() {
		if err != nil {
			return err
		}
		j := Joined{Request: r}
		if l.match(&r, counts, &line) {
			j.Server = &line
		}
		if !f(j) {
			return nil
		}
	}
	counts.Unmatched = l.unused
	return nil
}

// readLog starts the counts anew.
func readLog(run headroom.Run, counts *JoinCounts) (*serverLog, error) {
	*counts = JoinCounts{}
	log := newServerLog()
	for s, err := range run.Server() {
		if err != nil {
			return nil, err
		}
		counts.Server++
		if s.Arrival == 0 || !Timed(s.SQL, s.Other, s.Sleep) { // a line that a damaged part spoilt is nobody's
			counts.Foreign++
			continue
		}
		if log.add(&s) {
			counts.Duplicates++
		}
	}
	return log, nil
}

// match finds a request's line; false when there is none for it.
func (l *serverLog) match(r *headroom.Request, counts *JoinCounts, line *headroom.ServerRequest) bool {
	counts.Requests++
	if r.Protocol == "sql" {
		counts.Unlogged++
		return false
	}
	found, used := l.take(requestKey{r.Arrival, r.N}, line)
	if !found {
		counts.Missing++
		return false
	}
	if used { // the log's line belongs to one of them; which, nobody knows
		counts.Duplicates++
		counts.Missing++
		return false
	}
	counts.Found++
	return true
}
