package sim

import "math"

// Result of a run, or of several pooled.
type Result struct {
	Classes  []ClassResult   // as in the system
	Journeys []JourneyResult // as in the system
	Stations []StationResult
	Pools    []PoolResult
	// Responses of the replayed journeys, in the order of Load.Journeys; nil when pooled.
	Responses []Response
	// OperatorJourneys are the journeys of Load.Operators, in the order of their
	// ends; nil when pooled.
	OperatorJourneys []Ended
	Events           int
	Measured         float64 // seconds
	End              float64 // seconds; when the last event happened
	// Each is the replications by themselves, when there was more than one.
	Each []Result
}

// Response is what became of one replayed journey.
type Response struct {
	Seconds float64 // from its scheduled time to its end
	Failed  bool
	Nothing bool // it found nothing to do
	// Document numbers what it was about: the same for the journey that made a
	// document and those that took it and what was made of it; 0 of one that lay
	// there at the start, and of none.
	Document int32
}

// Ended is one journey of an operator.
type Ended struct {
	At, End  float64 // seconds since the start: begun, answered
	Operator int     // index into Load.Operators
	N        int     // its number in the shift, from 1
	Failed   bool
	Nothing  bool  // it found nothing to do
	Document int32 // as Response has it
}

// ClassResult is one class of requests. Of a replay, the requests of journeys
// scheduled in what is measured are counted; else what ended in it.
type ClassResult struct {
	Name     string
	Count    int // answered well
	Failed   int // lost five tries, or found no place in the backlog for 127 s
	Tries    int
	Lost     int // tries
	Retried  int // requests that lost one at least
	waits    float64
	Response Times // of Count requests
	// RetryResponse is of those of them that lost one try at least.
	RetryResponse Times
}

// PoolWaitMean is the mean wait for a worker in seconds; false without requests.
func (c *ClassResult) PoolWaitMean() (float64, bool) {
	if c.Count+c.Failed == 0 {
		return 0, false
	}
	return c.waits / float64(c.Count+c.Failed), true
}

// RetryShare is the share of requests that lost one try at least; false without requests.
func (c *ClassResult) RetryShare() (float64, bool) {
	if c.Count+c.Failed == 0 {
		return 0, false
	}
	return float64(c.Retried) / float64(c.Count+c.Failed), true
}

// JourneyResult is one journey of the system.
type JourneyResult struct {
	Name     string
	Count    int // ended well
	Failed   int
	Nothing  int   // found nothing to do
	Response Times // of Count
}

// StationResult is one station over what is measured.
type StationResult struct {
	Name        string
	BusySeconds float64 // server seconds
	Utilization float64
	// Work is what these did, in seconds of servers where demands were measured: more
	// or less than BusySeconds as others on the host disturbed less or more (Host.Interference). 0 but
	// under a quota.
	Work float64
	// Bins are the busy server seconds of each Options.Grain from 0 until
	// Options.Duration, of what is measured and what is not; nil without, and when
	// pooled.
	Bins []float64
}

// PoolResult is one pool over what is measured.
type PoolResult struct {
	Name     string
	BusyMean float64 // workers
	WaitMean float64 // requests that wait for a worker
	Refused  int     // connections, for a full backlog, in the whole run
	// Drained is the first time from Options.DrainAfter on at which no request
	// waited for a worker; nil when one always did, and when pooled.
	Drained *float64
}

// tallies count while a run is on.
type tallies struct {
	classes   []ClassResult
	journeys  []JourneyResult
	responses []Response
	operators []Ended
}

func newTallies(p *program, replayed int) tallies {
	t := tallies{responses: make([]Response, replayed)}
	for _, c := range p.classes {
		t.classes = append(t.classes, ClassResult{Name: c.name})
	}
	for _, j := range p.journeys {
		t.journeys = append(t.journeys, JourneyResult{Name: j.name})
	}
	return t
}

// measured says whether something that ends at end counts.
func (e *engine) measured(c *customer, end float64) bool {
	t := end
	if c.replay >= 0 || c.operator >= 0 {
		t = c.scheduled
	}
	return t >= e.o.Warmup && t < e.o.Duration
}

func (t *tallies) lost(e *engine, c *customer) {
	if e.measured(c, e.time) {
		t.classes[c.class].Lost++
	}
}

func (t *tallies) request(e *engine, c *customer, end float64, ok bool) {
	if e.watch != nil {
		e.watch.request(e, end, end-c.asked, ok)
	}
	e.tell(c, end, ok)
	if !e.measured(c, end) {
		return
	}
	k := &t.classes[c.class]
	k.Tries += int(c.try)
	k.waits += c.waited
	if c.try > 1 {
		k.Retried++
	}
	if !ok {
		k.Failed++
		return
	}
	k.Count++
	k.Response.Add(end - c.asked)
	if c.try > 1 {
		k.RetryResponse.Add(end - c.asked)
	}
}

func (t *tallies) journey(e *engine, c *customer, end float64, ok bool) {
	paper := e.paper(c, ok)
	if c.replay >= 0 {
		t.responses[c.replay] = Response{end - c.scheduled, !ok, c.nothing, paper}
	}
	if c.operator >= 0 {
		t.operators = append(t.operators, Ended{At: c.scheduled, End: end, Operator: int(c.operator), N: int(c.round), Failed: !ok, Nothing: c.nothing, Document: paper})
	}
	if !e.measured(c, end) {
		return
	}
	j := &t.journeys[c.journey]
	switch {
	case !ok:
		j.Failed++
		return
	case c.nothing:
		j.Nothing++
		return
	}
	j.Count++
	j.Response.Add(end - c.scheduled)
}

func (e *engine) result() Result {
	end := e.o.Duration
	if math.IsInf(end, 1) {
		end = e.time
	}
	r := Result{Classes: e.tally.classes, Journeys: e.tally.journeys[:e.own], Responses: e.tally.responses, OperatorJourneys: e.tally.ended(),
		Events: e.events, Measured: max(0, end-e.o.Warmup), End: e.time}
	share := func(part, whole float64) float64 {
		if whole == 0 {
			return 0
		}
		return part / whole
	}
	per := func(sum float64) float64 {
		if r.Measured == 0 {
			return 0
		}
		return sum / r.Measured
	}
	for i, s := range e.station {
		r.Stations = append(r.Stations, StationResult{e.stations[i].Name, s.busy.sum, share(s.busy.sum, s.offered.sum), s.work.sum, s.binned()})
	}
	for i, p := range e.pool {
		q := PoolResult{Name: e.pools[i].Name, BusyMean: per(p.busy.sum), WaitMean: per(p.queued.sum), Refused: p.refused}
		if p.drained >= 0 {
			at := p.drained
			q.Drained = &at
		}
		r.Pools = append(r.Pools, q)
	}
	return r
}

// pooled adds replications up; means over time weigh by what was measured.
func pooled(each []Result) Result {
	first := each[0]
	out := Result{Each: each}
	for i := range each {
		out.Events += each[i].Events
		out.Measured += each[i].Measured
		out.End = max(out.End, each[i].End)
	}
	for i := range first.Classes {
		c := ClassResult{Name: first.Classes[i].Name}
		for r := range each {
			o := &each[r].Classes[i]
			c.Count, c.Failed, c.Tries = c.Count+o.Count, c.Failed+o.Failed, c.Tries+o.Tries
			c.Lost, c.Retried, c.waits = c.Lost+o.Lost, c.Retried+o.Retried, c.waits+o.waits
			c.Response.merge(&o.Response)
			c.RetryResponse.merge(&o.RetryResponse)
		}
		out.Classes = append(out.Classes, c)
	}
	for i := range first.Journeys {
		j := JourneyResult{Name: first.Journeys[i].Name}
		for r := range each {
			o := &each[r].Journeys[i]
			j.Count, j.Failed, j.Nothing = j.Count+o.Count, j.Failed+o.Failed, j.Nothing+o.Nothing
			j.Response.merge(&o.Response)
		}
		out.Journeys = append(out.Journeys, j)
	}
	out.resources(each)
	return out
}

func (r *Result) resources(each []Result) {
	weight := func(i int) float64 {
		if r.Measured == 0 {
			return 1 / float64(len(each))
		}
		return each[i].Measured / r.Measured
	}
	for i, s := range each[0].Stations {
		s.BusySeconds, s.Utilization, s.Work, s.Bins = 0, 0, 0, nil
		for n := range each {
			s.BusySeconds += each[n].Stations[i].BusySeconds
			s.Work += each[n].Stations[i].Work
			s.Utilization += each[n].Stations[i].Utilization * weight(n)
		}
		r.Stations = append(r.Stations, s)
	}
	for i, p := range each[0].Pools {
		p.BusyMean, p.WaitMean, p.Refused, p.Drained = 0, 0, 0, nil
		for n := range each {
			p.BusyMean += each[n].Pools[i].BusyMean * weight(n)
			p.WaitMean += each[n].Pools[i].WaitMean * weight(n)
			p.Refused += each[n].Pools[i].Refused
		}
		r.Pools = append(r.Pools, p)
	}
}
