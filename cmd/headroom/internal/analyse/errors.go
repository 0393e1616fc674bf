package analyse

import (
	"cmp"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// maxCauses is how many causes are listed; the rest is counted together.
const maxCauses = 100

// rest is the cause of what is counted together.
const rest = "other causes"

// A failure is one cause at one step.
type failure struct {
	process, step string
	outcome       headroom.Outcome
	cause         string
}

// failures count what failed by cause.
type failures struct {
	e       *evidence
	inside  map[uint64]bool // journeys of the window that failed, or whose requests did
	reports map[failure]*headroom.ErrorReport
	causes  map[string]string // by message: the same is seldom said once
}

// maxKept is how many messages' causes are kept.
const maxKept = 10000

func (f *failures) cause(message string) string {
	c, ok := f.causes[message]
	if !ok {
		c = cause(message)
		if len(f.causes) < maxKept {
			f.causes[message] = c
		}
	}
	return c
}

// errors are the causes of what failed in journeys of the window: requests, and
// journeys that failed without a failed request. It is one pass over the
// requests.
func (e *evidence) errors() ([]headroom.ErrorReport, error) {
	f := &failures{e: e, reports: map[failure]*headroom.ErrorReport{}, causes: map[string]string{}}
	var failed []headroom.Request
	for r, err := range e.run.Requests() {
		if err != nil {
			return nil, err
		}
		if r.Outcome != headroom.OK && r.Outcome != headroom.NothingToDo && results.Timed(r.End) {
			failed = append(failed, r)
		}
	}
	requested := make(map[uint64]bool, len(failed))
	for _, r := range failed {
		requested[r.Arrival] = true
	}
	f.inside = map[uint64]bool{}
	rows := e.journeys.in(e.whole(), "")
	for _, r := range rows {
		if requested[r.arrival] {
			f.inside[r.arrival] = true
		}
	}
	for _, r := range failed {
		if f.inside[r.Arrival] {
			f.add(failure{process: r.Process, step: r.Step, outcome: r.Outcome}, r.Error, r.End)
		}
	}
	for _, r := range rows {
		if r.failed() && !r.never && !requested[r.arrival] {
			f.add(failure{process: e.journeys.processes[r.process], outcome: e.journeys.outcomes[r.outcome]}, e.journeys.failures[r.arrival], r.end)
		}
	}
	return f.list(), nil
}

func (f *failures) add(key failure, message string, at float64) {
	key.cause = f.cause(message)
	r := f.reports[key]
	if r == nil {
		r = &headroom.ErrorReport{Process: key.process, Step: key.step, Outcome: key.outcome, Cause: key.cause, Example: discreet(message), At: at}
		f.reports[key] = r
	}
	r.Count++
	if at < r.At {
		r.At, r.Example = at, discreet(message)
	}
}

func (f *failures) list() []headroom.ErrorReport {
	var out []headroom.ErrorReport
	for _, r := range f.reports {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b headroom.ErrorReport) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Process, b.Process), cmp.Compare(a.Step, b.Step), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Cause, b.Cause))
	})
	if len(out) <= maxCauses {
		return out
	}
	others := out[maxCauses-1]
	for _, r := range out[maxCauses:] {
		others.Count += r.Count
		others.At = min(others.At, r.At)
	}
	others.Process, others.Step, others.Outcome, others.Cause, others.Example = "", "", "", rest, ""
	return append(out[:maxCauses-1], others)
}
