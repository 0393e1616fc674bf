package results

import (
	"cmp"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// processTally collects the journeys of a process.
type processTally struct {
	ProcessSummary
	ended    int       // successful and ended in the window
	ends     []float64 // when, in a run that was cut off: some after it was
	notDue   int       // the run ended before their time
	failures map[headroom.Outcome]*FailureSummary
	sites    map[string]*SiteSummary
}

func newTally(process string) *processTally {
	return &processTally{
		ProcessSummary: ProcessSummary{Process: process, Times: NewHistogram()},
		failures:       map[headroom.Outcome]*FailureSummary{}, sites: map[string]*SiteSummary{},
	}
}

func (p *processTally) add(j headroom.Journey) {
	p.Journeys++
	site := p.sites[j.Site]
	if site == nil {
		site = &SiteSummary{Site: j.Site}
		p.sites[j.Site] = site
	}
	site.Journeys++
	switch j.Outcome {
	case headroom.OK:
		p.OK++
		p.Responses = append(p.Responses, ScheduledResponse{j.Scheduled, j.End - j.Scheduled})
		p.Times.Add(j.End - j.Scheduled)
		return
	case headroom.NothingToDo:
		p.NothingToDo++
		return
	}
	p.FailedAt = append(p.FailedAt, j.Scheduled)
	if j.NeverBegan() {
		p.NeverBegun++
		if j.Start <= j.Scheduled {
			p.notDue++
		}
		return
	}
	p.Failed++
	site.Failed++
	f := p.failures[j.Outcome]
	if f == nil {
		f = &FailureSummary{Outcome: j.Outcome}
		p.failures[j.Outcome] = f
	}
	f.Count++
	if f.Example == "" {
		f.Example = j.Error
	}
}

// summary ends the collecting; rates are over [from, until), and 0 where that
// is nothing.
func (p *processTally) summary(from, until float64) ProcessSummary {
	s := p.ProcessSummary
	for _, f := range p.failures {
		s.Failures = append(s.Failures, *f)
	}
	slices.SortFunc(s.Failures, func(a, b FailureSummary) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(string(a.Outcome), string(b.Outcome)))
	})
	for _, site := range p.sites {
		s.Sites = append(s.Sites, *site)
	}
	slices.SortFunc(s.Sites, func(a, b SiteSummary) int { return strings.Compare(a.Site, b.Site) })
	values := make([]float64, len(s.Responses))
	for i, r := range s.Responses {
		values[i] = r.Response
	}
	mean, at := estimate(values, []float64{0.5, 0.95, 0.99})
	s.Mean, s.P50, s.P95, s.P99 = mean, at[0], at[1], at[2]
	if len(values) > 0 {
		longest := slices.Max(values)
		s.Max = &longest
	}
	for _, end := range p.ends {
		if end >= until {
			p.ended--
		}
	}
	if until > from {
		s.OfferedRate = float64(s.Journeys-p.notDue) / (until - from)
		s.Throughput = float64(p.ended) / (until - from)
	}
	return s
}

// A StepSummary is the requests of one step: a request class.
type StepSummary struct {
	Name     string `json:"name"` // process.step
	Process  string `json:"process"`
	Step     string `json:"step"`
	Protocol string `json:"protocol"`
	Requests int    `json:"requests"`
	Failed   int    `json:"failed"`
	// Mean and P95 are the client's time of all these requests, in seconds.
	Mean float64 `json:"mean"`
	P95  float64 `json:"p95"`
	// Found is the share of the requests that the log has, 0 to 1; nil without
	// a log, and for SQL, which passes by the log.
	Found *float64 `json:"found"`
	// Server says what the time went into; nil when no request was found.
	Server *ServerShare `json:"server"`
}

// A ServerShare splits the mean client time of the requests that were found in
// the log: Client = SQL + Python + RetrySleep + Waiting, all in seconds.
type ServerShare struct {
	Requests   int     `json:"requests"` // found
	Client     float64 `json:"client"`
	SQL        float64 `json:"sql"`
	Python     float64 `json:"python"`      // outside of SQL, without the sleeps
	RetrySleep float64 `json:"retry_sleep"` // between tries, holding the worker
	Waiting    float64 `json:"waiting"`     // before a worker, and the network
	Queries    float64 `json:"queries"`     // mean count
	Tries      float64 `json:"tries"`       // mean; 1 without conflicts
	Conflicts  int     `json:"conflicts"`   // tries that were lost
	Retried    int     `json:"retried"`     // requests that lost at least one
}

// stepKey names a step.
type stepKey struct{ process, step string }

// stepTally collects the requests of a step.
type stepTally struct {
	process, step, protocol string
	requests, failed        int
	unlogged                int
	position                float64 // sum of n: where in the journey the step is
	client                  float64
	times                   *Histogram
	found                   ServerShare // sums
	tries                   int
}

func (t *stepTally) add(j Joined) {
	t.requests++
	t.protocol = j.Protocol
	t.position += float64(j.N)
	time := j.End - j.Start
	t.client += time
	t.times.Add(time)
	if j.Outcome != headroom.OK {
		t.failed++
	}
	if j.Protocol == "sql" {
		t.unlogged++
	}
	s := j.Server
	if s == nil {
		return
	}
	t.found.Requests++
	t.found.Client += time
	t.found.SQL += s.SQL
	t.found.Python += s.Other - s.Sleep
	t.found.RetrySleep += s.Sleep
	t.found.Waiting += j.Waiting()
	t.found.Queries += float64(s.Queries)
	t.tries += max(1, s.Tries)
	t.found.Conflicts += max(0, s.Tries-1)
	if s.Tries > 1 {
		t.found.Retried++
	}
}

func (t *stepTally) summary(hasLog bool) StepSummary {
	n := float64(t.requests)
	s := StepSummary{
		Name: t.process + "." + t.step, Process: t.process, Step: t.step, Protocol: t.protocol,
		Requests: t.requests, Failed: t.failed, Mean: t.client / n, P95: t.times.Quantile(0.95),
	}
	if expected := t.requests - t.unlogged; hasLog && expected > 0 {
		share := float64(t.found.Requests) / float64(expected)
		s.Found = &share
	}
	if f := float64(t.found.Requests); f > 0 {
		mean := t.found
		for _, v := range []*float64{&mean.Client, &mean.SQL, &mean.Python, &mean.RetrySleep, &mean.Waiting, &mean.Queries} {
			*v /= f
		}
		mean.Tries = float64(t.tries) / f
		s.Server = &mean
	}
	return s
}

// stepSummaries orders by process, then by the mean place in the journey.
func stepSummaries(steps map[stepKey]*stepTally, hasLog bool) []StepSummary {
	tallies := make([]*stepTally, 0, len(steps))
	for _, t := range steps {
		tallies = append(tallies, t)
	}
	slices.SortFunc(tallies, func(a, b *stepTally) int {
		return cmp.Or(strings.Compare(a.process, b.process),
			cmp.Compare(a.position/float64(a.requests), b.position/float64(b.requests)),
			strings.Compare(a.step, b.step))
	})
	var out []StepSummary
	for _, t := range tallies {
		out = append(out, t.summary(hasLog))
	}
	return out
}
