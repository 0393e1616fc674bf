// Package analyse turns finished runs into the document that reports render:
// summaries of runs, the model, forecasts beside measurements, and the
// recommendation.
package analyse

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// RunReport reads a run as a report shows it. Figures are of the window: the
// lead-in is left out, and so is what was found to be warm-up. It takes two
// passes over the journeys and the requests.
func RunReport(run headroom.Run, folder string) (headroom.RunReport, error) {
	e, err := read(run)
	if err != nil {
		return headroom.RunReport{}, err
	}
	r := headroom.RunReport{
		ID: e.info.ID, Folder: folder, Topology: e.info.Topology, Complete: e.info.Complete, Reason: e.info.Reason,
		Window: e.window, Warmup: e.warmup, Peaks: e.peaks, Phases: e.phases(), Sites: e.sites(), Utilization: map[string]float64{},
		Versions: e.info.Versions, Modules: e.info.Modules, Machine: e.info.Machine,
	}
	if err := e.summarize(&r); err != nil {
		return r, err
	}
	for _, s := range e.stations() {
		if u := s.utilization(e.window.From, e.window.To); u != nil {
			r.Utilization[s.name] = *u
		}
	}
	for gap, err := range run.Gaps() {
		if err != nil {
			return r, err
		}
		if !results.Timed(gap.T) {
			gap.T = 0
		}
		r.Gaps = append(r.Gaps, gap)
	}
	if n := e.journeys.spoilt; n > 0 {
		r.Gaps = append(r.Gaps, headroom.Gap{Probe: "run", Reason: fmt.Sprintf("%d journeys have no times that can be read, and are left out: the bundle is damaged", n)})
	}
	r.Documents, r.Incidents, r.Series = e.documents(), e.samples.incidents, e.series()
	if r.Errors, err = e.errors(); err != nil {
		return r, err
	}
	return r, e.judgeAll(&r)
}

// summarize fills what results sums up.
func (e *evidence) summarize(r *headroom.RunReport) error {
	h := e.info.Schedule
	to := e.window.To
	if to <= e.window.From { // cut off in the lead-in: of the window nothing was offered
		to = max(h.Duration(), math.Nextafter(e.window.From, math.Inf(1)))
	}
	sum, err := results.Summarize(e.run, e.window.From, to)
	if err != nil {
		return err
	}
	r.Delays, r.Steps = delays(sum.Delays), steps(sum)
	if e.samples.hidden { // then sleeps are in Python, and nobody knows how long they were
		for i := range r.Steps {
			r.Steps[i].Conflicts, r.Steps[i].RetryShare, r.Steps[i].Sleep = nil, nil, nil
		}
	}
	r.Generator = e.generator(r.Delays)
	r.Valid = !r.Generator.Bottleneck
	for _, p := range sum.Processes {
		r.Processes = append(r.Processes, process(p))
	}
	if sum.Join.Server > 0 {
		r.Joined = &headroom.JoinReport{Requests: sum.Join.Found + sum.Join.Missing, Found: sum.Join.Found, Foreign: sum.Join.Foreign}
	}
	return nil
}

// judgeAll holds the run against every objective of its plan.
func (e *evidence) judgeAll(r *headroom.RunReport) error {
	for _, o := range e.info.Plan.Objectives {
		judged, err := e.judge(o)
		if err != nil {
			return err
		}
		r.Objectives = append(r.Objectives, judged)
		if judged.Met == nil && judged.Value == nil {
			r.Unjudged = append(r.Unjudged, o)
		}
	}
	for i := range r.Processes {
		headline(&r.Processes[i], r.Objectives)
	}
	return nil
}

// headline puts the response objective that takes most of its bound, and its
// figure, beside a process; Met is of all of them.
func headline(p *headroom.ProcessReport, judged []headroom.ObjectiveReport) {
	most := -1.0
	for _, j := range judged {
		o, ratio := j.Objective, Ratio(j)
		if ratio == nil || o.Process != p.Process {
			continue
		}
		if p.Met == nil {
			p.Met = new(bool)
			*p.Met = true
		}
		*p.Met = *p.Met && *j.Met
		if *ratio > most {
			most, p.Objective = *ratio, &o
		}
	}
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

func process(p results.ProcessSummary) headroom.ProcessReport {
	r := headroom.ProcessReport{
		Process: p.Process, Scheduled: p.Journeys, Done: p.OK, NeverBegun: p.NeverBegun, Throughput: p.Throughput,
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
		r.Examples[f.Outcome] = discreet(f.Example)
	}
	return r
}

// Ratio is what a response objective's figure takes of its bound, nil when it
// was not judged or is of something else. A
// percentile that lies among failed journeys gives Beyond.
func Ratio(r headroom.ObjectiveReport) *float64 {
	if !r.Objective.OfResponse() || r.Met == nil {
		return nil
	}
	ratio := Beyond
	if r.Value != nil {
		ratio = r.Value.Value / r.Objective.Within
	}
	return &ratio
}

// Taken is what any judged objective's figure takes of its bound: above 1 it is
// missed. nil when it was not judged; Beyond where there is no figure to compare,
// or nothing is allowed and something was seen.
func Taken(r headroom.ObjectiveReport) *float64 {
	if r.Met == nil {
		return nil
	}
	ratio := Beyond
	if r.Value != nil {
		of := r.Value.Value
		bound, least := r.Objective.Bound()
		if least {
			of, bound = bound, of
		}
		switch {
		case of <= 0:
			ratio = 0
		case bound > 0:
			ratio = min(Beyond, of/bound)
		}
	}
	return &ratio
}

// Beyond is the ratio of an objective that failed journeys miss: there is no
// time to compare.
const Beyond = 1000.0

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
