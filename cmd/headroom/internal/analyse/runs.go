// Package analyse turns finished runs into the document that reports render:
// summaries of runs, the model, forecasts beside measurements, and the
// recommendation.
package analyse

import (
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// MaxGeneratorDelay is the 99th percentile of timer lateness plus waiting for
// a virtual user, in seconds, beyond which the generator was the bottleneck
// and a run is not used in fits.
const MaxGeneratorDelay = 0.05

// RunReport reads a run as a report shows it. Figures are of the window; the
// lead-in is left out.
func RunReport(run headroom.Run, folder string) (headroom.RunReport, error) {
	info := run.Info()
	h := info.Schedule
	sum, err := results.Summarize(run, h.LeadIn, h.Duration())
	if err != nil {
		return headroom.RunReport{}, err
	}
	r := headroom.RunReport{
		ID: info.ID, Folder: folder, Topology: info.Topology, Complete: info.Complete, Reason: info.Reason,
		Delays: delays(sum.Delays), Steps: steps(sum), Utilization: map[string]float64{},
	}
	r.Valid = r.Delays.Generator.P99 <= MaxGeneratorDelay
	for _, p := range sum.Processes {
		pr, err := process(p, info)
		if err != nil {
			return r, err
		}
		r.Processes = append(r.Processes, pr)
	}
	if sum.Join.Server > 0 {
		r.Joined = &headroom.JoinReport{Requests: sum.Join.Found + sum.Join.Missing, Found: sum.Join.Found, Foreign: sum.Join.Foreign}
	}
	for gap, err := range run.Gaps() {
		if err != nil {
			return r, err
		}
		r.Gaps = append(r.Gaps, gap)
	}
	if r.Documents, err = documents(run); err != nil {
		return r, err
	}
	if r.Incidents, err = incidents(run); err != nil {
		return r, err
	}
	if r.Unjudged, err = unjudged(sum, info); err != nil {
		return r, err
	}
	r.Series, err = series(run, &r)
	return r, err
}

func delays(d results.Delays) headroom.Delays {
	spread := func(q results.DelayQuantile) headroom.Spread {
		return headroom.Spread{P50: q.P50, P99: q.P99, Max: q.Max}
	}
	return headroom.Delays{
		TimerLate: spread(d.TimerLate), VUWait: spread(d.VUWait),
		Generator: spread(d.Harness), DesignWait: spread(d.DesignWait),
	}
}

func process(p results.ProcessSummary, info headroom.RunInfo) (headroom.ProcessReport, error) {
	r := headroom.ProcessReport{
		Process: p.Process, Scheduled: p.Journeys, Done: p.OK, Throughput: p.Throughput,
		Outcomes: map[headroom.Outcome]int{}, Examples: map[headroom.Outcome]string{},
	}
	if p.OK > 0 {
		r.Outcomes[headroom.OK] = p.OK
		mean := p.Mean
		r.Mean = &mean
		r.Percentile = map[string]headroom.Estimate{"50": p.P50, "95": p.P95, "99": p.P99}
	}
	if p.NothingToDo > 0 {
		r.Outcomes[headroom.NothingToDo] = p.NothingToDo
	}
	for _, f := range p.Failures {
		r.Outcomes[f.Outcome] = f.Count
		r.Examples[f.Outcome] = f.Example
	}
	return r, judge(&r, p, info)
}

// judge holds a process against its objectives. The report shows the one that
// takes most of its bound; Met is of all of them.
func judge(r *headroom.ProcessReport, p results.ProcessSummary, info headroom.RunInfo) error {
	if !info.Complete {
		return nil // what was cut off says nothing about the whole window
	}
	most := -1.0
	for _, o := range info.Plan.Objectives {
		if o.Process != p.Process {
			continue
		}
		ratio, err := Ratio(p, o, info.Schedule)
		if err != nil {
			return err
		}
		if ratio == nil {
			continue
		}
		if *ratio > most {
			most, r.Objective = *ratio, &o
		}
	}
	if most >= 0 {
		met := most <= 1
		r.Met = &met
	}
	return nil
}

// Ratio is the objective's percentile over its bound, nil when none of the
// process is scheduled in the objective's span. Failed journeys rank behind
// all others; a percentile that lies among them gives Beyond.
func Ratio(p results.ProcessSummary, o headroom.Objective, h headroom.Header) (*float64, error) {
	from, to, ok := span(o, h)
	if !ok {
		return nil, nil
	}
	done, failed := 0, 0
	for _, r := range p.Responses {
		if r.Scheduled >= from && r.Scheduled < to {
			done++
		}
	}
	for _, at := range p.FailedAt {
		if at >= from && at < to {
			failed++
		}
	}
	if done+failed == 0 {
		return nil, nil
	}
	// The percentile of all journeys is a higher one of the successful.
	percentile := o.Percentile
	if failed > 0 {
		percentile *= 1 + float64(failed)/math.Max(1, float64(done))
	}
	if percentile >= 100 || done == 0 {
		beyond := Beyond
		return &beyond, nil
	}
	e, err := p.Percentile(percentile, from, to)
	if err != nil {
		return nil, err
	}
	ratio := e.Value / o.Within
	return &ratio, nil
}

// Beyond is the ratio of an objective that failed journeys miss: there is no
// time to compare.
const Beyond = 1000.0

// span is the part of the window that an objective speaks of, in seconds since
// the run's start: the whole, or from the first to the last moment of its
// peak. It is false when nothing of the peak is in the window.
func span(o headroom.Objective, h headroom.Header) (from, to float64, ok bool) {
	if o.Peak == "" {
		return h.LeadIn, h.Duration(), true
	}
	for _, s := range h.Spans {
		if s.Name != o.Peak {
			continue
		}
		if !ok {
			from, to = s.From, s.To
		}
		from, to, ok = min(from, s.From), max(to, s.To), true
	}
	from, to = max(from, h.LeadIn), min(to, h.Duration())
	return from, to, ok && from < to
}

func steps(sum results.Summary) []headroom.StepReport {
	var out []headroom.StepReport
	for _, s := range sum.Steps {
		r := headroom.StepReport{Process: s.Process, Step: s.Step, Protocol: s.Protocol, Requests: s.Requests, Failed: s.Failed, Client: s.Mean, P95: s.P95}
		if v := s.Server; v != nil {
			r.Waiting, r.Python, r.SQL, r.Sleep = &v.Waiting, &v.Python, &v.SQL, &v.RetrySleep
			r.Conflicts = &v.Conflicts
			if v.Requests > 0 {
				share := float64(v.Retried) / float64(v.Requests)
				r.RetryShare = &share
			}
		}
		out = append(out, r)
	}
	return out
}
