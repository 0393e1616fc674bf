package results

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// A Summary is a run's window in figures. A journey belongs to the window by
// its scheduled time, a request by its journey. What a damaged part gives no
// times of (Timed) is left out.
type Summary struct {
	From float64 `json:"from"` // seconds since the run's start
	To   float64 `json:"to"`   // not included
	// Until is where rates end: To, or where a run that was cut off ended.
	Until     float64          `json:"until"`
	Complete  bool             `json:"complete"`
	Reason    string           `json:"reason,omitempty"` // why the run is incomplete
	Processes []ProcessSummary `json:"processes"`        // by name
	Steps     []StepSummary    `json:"steps"`            // by process, then as the journey goes
	Delays    Delays           `json:"delays"`
	Join      JoinCounts       `json:"join"` // over the whole run, not only the window
	Gaps      []GapSummary     `json:"gaps"` // over the whole run, by probe
}

// Process returns the summary of a process; nil when the window has nothing of
// it.
func (s *Summary) Process(name string) *ProcessSummary {
	for i := range s.Processes {
		if s.Processes[i].Process == name {
			return &s.Processes[i]
		}
	}
	return nil
}

// A ProcessSummary is the journeys of a process. Response times are of
// successful journeys, in seconds from the scheduled time to the end; failed
// ones and those that found nothing to do are only counted.
type ProcessSummary struct {
	Process     string              `json:"process"`
	Journeys    int                 `json:"journeys"` // all, whatever the outcome
	OK          int                 `json:"ok"`
	NothingToDo int                 `json:"nothing_to_do"`
	NeverBegun  int                 `json:"never_begun"` // the run ended before their first step; not among Failed
	Failed      int                 `json:"failed"`
	Failures    []FailureSummary    `json:"failures,omitempty"` // most frequent first
	Mean        headroom.Estimate   `json:"mean"`               // seconds
	P50         headroom.Estimate   `json:"p50"`
	P95         headroom.Estimate   `json:"p95"`
	P99         headroom.Estimate   `json:"p99"`
	Max         *float64            `json:"max"`          // nil without a successful journey
	OfferedRate float64             `json:"offered_rate"` // journeys scheduled in the window and before Until, 1/s
	Throughput  float64             `json:"throughput"`   // successful journeys that ended in the window and before Until, whenever scheduled, 1/s
	Sites       []SiteSummary       `json:"sites"`        // by name
	Times       *Histogram          `json:"-"`            // the response times again; merges over runs
	Responses   []ScheduledResponse `json:"-"`            // each of them, by scheduled time
	FailedAt    []float64           `json:"-"`            // scheduled times of the failed and of those that never began, in order
}

// A ScheduledResponse is one successful journey.
type ScheduledResponse struct {
	Scheduled float64 // seconds since the run's start
	Response  float64 // seconds
}

// SiteSummary counts a process' journeys at a site.
type SiteSummary struct {
	Site     string `json:"site"`
	Journeys int    `json:"journeys"`
	Failed   int    `json:"failed"`
}

// FailureSummary counts journeys that failed in one way.
type FailureSummary struct {
	Outcome headroom.Outcome `json:"outcome"`
	Count   int              `json:"count"`
	Example string           `json:"example,omitempty"` // the first error message
}

// GapSummary counts a probe's gaps.
type GapSummary struct {
	Probe string  `json:"probe"`
	Count int     `json:"count"`
	First float64 `json:"first"` // seconds since the run's start
	Last  float64 `json:"last"`
	// Reason is the first gap's.
	Reason string `json:"reason"`
}

// Delays are the three that lie before a journey's start, over all journeys of
// the window.
type Delays struct {
	Journeys   int           `json:"journeys"`
	TimerLate  DelayQuantile `json:"timer_late"`  // the clock woke us late
	VUWait     DelayQuantile `json:"vu_wait"`     // no virtual user was free
	DesignWait DelayQuantile `json:"design_wait"` // a connection limit, a busy operator
	// Harness is the sum of the first two: what the generator is to blame for.
	Harness DelayQuantile `json:"harness"`
}

// DelayQuantile is in seconds; all 0 without a journey.
type DelayQuantile struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Summarize sums up the window [from, to) of a run, in seconds since its
// start. It holds the window's response times and the server's requests in
// memory (some 100 bytes a request).
func Summarize(run headroom.Run, from, to float64) (Summary, error) {
	if !(from < to) || math.IsInf(from, 0) || math.IsInf(to, 0) {
		return Summary{}, &headroom.InputError{What: fmt.Sprintf("a window from %g s to %g s is none", from, to), Do: "give a start before the end"}
	}
	info := run.Info()
	s := Summary{From: from, To: to, Complete: info.Complete, Reason: info.Reason}
	log := startReadingLog(run, &s.Join)
	arrivals, err := s.addJourneys(run)
	lines, logErr := log() // also after an error: it is to end
	err = cmp.Or(err, logErr)
	if err == nil {
		err = s.addSteps(run, lines, arrivals)
	}
	if err == nil {
		err = s.addGaps(run)
	}
	if err != nil {
		return Summary{}, fmt.Errorf("results: summary: %w", err)
	}
	return s, nil
}

// addJourneys fills Processes and Delays, and returns the arrivals of the
// window.
func (s *Summary) addJourneys(run headroom.Run) (map[uint64]struct{}, error) {
	in := map[uint64]struct{}{}
	processes := map[string]*processTally{}
	timer, vu, design, harness := NewHistogram(), NewHistogram(), NewHistogram(), NewHistogram()
	var end Ending
	for j, err := range run.Journeys() {
		if err != nil {
			return nil, err
		}
		if !Timed(j.Scheduled, j.Start, j.End) {
			continue
		}
		end.Add(j)
		p := processes[j.Process]
		if p == nil {
			p = newTally(j.Process)
			processes[j.Process] = p
		}
		if j.Outcome == headroom.OK && j.End >= s.From && j.End < s.To {
			p.ended++
			if !s.Complete {
				p.ends = append(p.ends, j.End)
			}
		}
		if j.Scheduled < s.From || j.Scheduled >= s.To {
			continue
		}
		in[j.Arrival] = struct{}{}
		p.add(j)
		timer.Add(j.TimerLate)
		vu.Add(j.VUWait)
		design.Add(j.DesignWait)
		harness.Add(j.TimerLate + j.VUWait)
	}
	if s.Until = s.To; !s.Complete {
		s.Until = max(s.From, min(s.To, end.At()))
	}
	for _, p := range processes {
		if p.Journeys > 0 || p.ended > 0 {
			s.Processes = append(s.Processes, p.summary(s.From, s.Until))
		}
	}
	slices.SortFunc(s.Processes, func(a, b ProcessSummary) int { return strings.Compare(a.Process, b.Process) })
	s.Delays = Delays{timer.Count(), quantiles(timer), quantiles(vu), quantiles(design), quantiles(harness)}
	return in, nil
}

func quantiles(h *Histogram) DelayQuantile {
	if h.Count() == 0 {
		return DelayQuantile{}
	}
	return DelayQuantile{P50: h.Quantile(0.5), P99: h.Quantile(0.99), Max: h.Max()}
}

// startReadingLog reads the server's log beside whatever comes until the
// function is called that it returns, when the run can be read by two at once.
func startReadingLog(run headroom.Run, counts *JoinCounts) func() (*serverLog, error) {
	if _, ok := run.(interface{ concurrent() }); !ok {
		return func() (*serverLog, error) { return readLog(run, counts) }
	}
	var log *serverLog
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		log, err = readLog(run, counts)
	}()
	return func() (*serverLog, error) {
		<-done
		return log, err
	}
}

func (s *Summary) addSteps(run headroom.Run, log *serverLog, arrivals map[uint64]struct{}) error {
	steps := map[stepKey]*stepTally{}
	err := log.joinEach(run, &s.Join, func(j Joined) bool {
		if _, ok := arrivals[j.Arrival]; !ok || !Timed(j.Start, j.End) {
			return true
		}
		key := stepKey{j.Process, j.Step}
		t := steps[key]
		if t == nil {
			t = &stepTally{process: j.Process, step: j.Step, times: NewHistogram()}
			steps[key] = t
		}
		t.add(j)
		return true
	})
	if err != nil {
		return err
	}
	s.Steps = stepSummaries(steps, s.Join.Server > 0)
	return nil
}

func (s *Summary) addGaps(run headroom.Run) error {
	probes := map[string]*GapSummary{}
	for g, err := range run.Gaps() {
		if err != nil {
			return err
		}
		if !Timed(g.T) {
			g.T = 0
		}
		p := probes[g.Probe]
		if p == nil {
			p = &GapSummary{Probe: g.Probe, First: g.T, Reason: g.Reason}
			probes[g.Probe] = p
		}
		p.Count++
		p.Last = max(p.Last, g.T)
	}
	for _, p := range probes {
		s.Gaps = append(s.Gaps, *p)
	}
	slices.SortFunc(s.Gaps, func(a, b GapSummary) int { return strings.Compare(a.Probe, b.Probe) })
	return nil
}

// ErrNoJourneys says that a window holds no journey of a process.
var ErrNoJourneys = errors.New("results: no successful journey in the window")

// Percentile estimates a percentile (0 to 100, exclusive) of the response time
// of the journeys scheduled in [from, to), which must lie in the summary's
// window: an objective's figure, also of a single peak. Failed journeys have no
// part in it: who judges looks at Failed as well. It returns ErrNoJourneys when
// there is none.
func (p *ProcessSummary) Percentile(percentile, from, to float64) (headroom.Estimate, error) {
	var values []float64
	for _, r := range p.Responses {
		if r.Scheduled >= from && r.Scheduled < to {
			values = append(values, r.Response)
		}
	}
	if len(values) == 0 {
		return headroom.Estimate{}, ErrNoJourneys
	}
	_, at := estimate(values, []float64{percentile / 100})
	return at[0], nil
}
