package sizing

import (
	"cmp"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// Replicate simulates replication n of a forecast with the same options, and
// gives it as the records that a run of it would have left: journeys, documents,
// requests with what the server's log says of their tries, and each second the
// busy seconds of the stations. Arrivals of requests are numbers of their own.
func Replicate(m headroom.Model, t headroom.Topology, l Load, o Options, n int) (headroom.Records, error) {
	if err := o.check(); err != nil {
		return headroom.Records{}, err
	}
	s, err := newScene(m, t, l, o)
	if err != nil {
		return headroom.Records{}, err
	}
	c, err := s.replicate(o.Seed, n, look{requests: true, grain: 1})
	if err != nil {
		return headroom.Records{}, err
	}
	return c.records(), nil
}

func (c *course) records() headroom.Records {
	var out headroom.Records
	for i, j := range c.journeys {
		x := headroom.Journey{Arrival: uint64(i + 1), Site: c.site(j.site), Process: c.header.Processes[j.process].Name, Scheduled: j.scheduled, Start: j.scheduled, End: j.end, Outcome: headroom.OK}
		if j.operator {
			x.Kind = headroom.Closed
		}
		switch {
		case j.cut:
			x.End, x.Outcome = c.horizon, headroom.Aborted
		case j.outcome == idle:
			x.Outcome = headroom.NothingToDo
		case j.outcome == failed:
			x.Outcome = headroom.Conflict
		}
		out.Journeys = append(out.Journeys, x)
	}
	for i, p := range c.papers {
		e := headroom.DocumentEvent{T: p.released, Site: c.site(p.site), Kind: p.kind, Document: int64(i + 1), Due: p.due}
		out.Documents = append(out.Documents, e)
		if !math.IsInf(p.done, 1) {
			e.T, e.Due, e.Done = p.done, 0, true
			out.Documents = append(out.Documents, e)
		}
	}
	requests := slices.Clone(c.requests) // which are in the order of their ends
	slices.SortStableFunc(requests, func(a, b request) int { return cmp.Compare(a.start, b.start) })
	for i, r := range requests {
		id, tries := uint64(len(c.journeys)+i+1), 1
		if r.lost {
			tries = 2
		}
		out.Requests = append(out.Requests, headroom.Request{Arrival: id, N: 1, Site: c.site(r.site), Process: c.header.Processes[r.process].Name, Start: r.start, End: r.start, Outcome: headroom.OK})
		out.Server = append(out.Server, headroom.ServerRequest{Arrival: id, N: 1, End: r.start, Tries: tries})
	}
	for _, u := range c.stations {
		for t := 0.0; t <= c.end; t++ {
			out.Samples = append(out.Samples, headroom.Sample{T: t, Probe: "station", Subject: c.station(u), Metric: "busy_seconds", Value: u.before(t) + t*u.background})
		}
	}
	return out
}

func (c *course) site(i uint16) string {
	if int(i) < len(c.header.Sites) {
		return c.header.Sites[i].Name
	}
	return ""
}
