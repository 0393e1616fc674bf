// Package calendar turns a plan's calendar into a schedule: every arrival of a
// run with its time, seed and user, known before the run starts. It consists
// of pure functions: no clock, no files; the same plan, window, seed and scale
// give the same bytes.
//
// Open arrivals of a process at a site are a Poisson process whose rate is the
// process' ordinary rate plus what each peak adds while it lasts. The rate is
// piecewise linear in time, so that its integral is inverted exactly (the time
// change theorem: unit-rate Poisson points, mapped by the inverse of the
// integrated rate, are the arrivals). Batches come at their exact moment.
//
// Local times. A peak's and a batch's times are wall-clock times of each site.
// A time that exists twice, in the hour that autumn repeats, means its first
// occurrence, so that a batch comes once and neighbouring peaks neither
// overlap nor part. A time that spring leaves out means the moment of the
// change. Rates are per hour of real time, whatever the clocks do.
//
// Units are seconds since the run's start and 1/s.
package calendar

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
	_ "time/tzdata" // the same schedule on a machine without time zones

	"github.com/headroom-erp/headroom"
)

// maxDuration bounds lead-in and window together, in seconds: a leap year.
const maxDuration = 366 * 86_400

// maxScale keeps the documents of a batch countable.
const maxScale = 1e6

// A Window is the part of the calendar that a run replays.
type Window struct {
	At      time.Time // the window's start
	LeadIn  float64   // seconds before it, replayed too
	Seconds float64   // length of the window
}

// start is the run's start.
func (w Window) start() time.Time { return w.At.Add(-duration(w.LeadIn)) }

func (w Window) check() error {
	if !(w.LeadIn >= 0) || !(w.Seconds > 0) || w.LeadIn+w.Seconds > maxDuration {
		return &headroom.InputError{
			What: fmt.Sprintf("a window of %g s after a lead-in of %g s cannot be replayed", w.Seconds, w.LeadIn),
			Do:   "take a window of more than 0 s, a lead-in of 0 or more, and at most 366 days in all"}
	}
	return nil
}

// DemoWindow is the window that a plan's demo replays; its times are local to
// the first site.
func DemoWindow(plan headroom.Plan, d headroom.Demo) (Window, error) {
	if len(plan.Sites) == 0 {
		return Window{}, &headroom.InputError{What: "the plan has no site whose clock the demo could follow"}
	}
	zone, err := location(plan.Sites[0].TimeZone)
	if err != nil {
		return Window{}, err
	}
	day, err := parseDate(d.Date)
	if err != nil {
		return Window{}, err
	}
	from, err := parseClock(d.From)
	if err != nil {
		return Window{}, err
	}
	w := Window{At: wall(day, from, zone), LeadIn: d.LeadIn, Seconds: d.Seconds}
	return w, w.check()
}

// New makes the schedule of a window of the plan. Scale multiplies every rate
// and batch: at another scale a process keeps its Poisson points and they come
// sooner or later. Engines names the engine that runs each scenario. An
// unsound plan, window or scale gives a *headroom.InputError.
func New(plan headroom.Plan, w Window, seed uint64, scale float64, engines map[string]string) (headroom.Schedule, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	if !(scale > 0) || scale > maxScale {
		return nil, &headroom.InputError{What: fmt.Sprintf("a scale of %g cannot be replayed", scale),
			Do: fmt.Sprintf("give a number above 0, at most %g", float64(maxScale))}
	}
	if problems := Check(plan); len(problems) > 0 {
		errs := make([]error, len(problems))
		for i, p := range problems {
			errs[i] = p
		}
		err := errors.Join(errs...)
		return nil, &headroom.InputError{What: "the plan's calendar is unsound: " + err.Error(), Err: err}
	}
	s := &schedule{span: duration(w.LeadIn + w.Seconds)}
	s.header = headroom.Header{
		Plan: plan.Name, Seed: seed, Scale: scale, WindowAt: w.At, LeadIn: w.LeadIn, Window: w.Seconds,
		Catalogue: plan.Catalogue,
	}
	for _, p := range plan.Processes {
		engine, ok := engines[p.Scenario]
		if !ok {
			return nil, &headroom.InputError{What: fmt.Sprintf("no engine runs the scenario %q of process %q", p.Scenario, p.Name)}
		}
		s.header.Processes = append(s.header.Processes, headroom.ScheduledProcess{
			Name: p.Name, Scenario: p.Scenario, Engine: engine, Lines: p.Lines})
	}
	if err := s.plan(plan, w); err != nil {
		return nil, err
	}
	return s, nil
}

// plan lays out sites, lanes, spans and the streams of arrivals.
func (s *schedule) plan(plan headroom.Plan, w Window) error {
	h := &s.header
	for i, site := range plan.Sites {
		zone, err := location(site.TimeZone)
		if err != nil {
			return err
		}
		h.Sites = append(h.Sites, headroom.ScheduledSite{
			Name: site.Name, Database: site.Database, Users: site.Users})
		if site.Database == "" {
			h.Sites[i].Database = site.Name
		}
		days, err := occurrences(plan.Peaks, site.Name, zone, w.start(), s.span)
		if err != nil {
			return err
		}
		s.addSpans(days, w)
		lanes := s.addLanes(plan.Peaks, site.Name)
		for j, p := range plan.Processes {
			if at(p.Sites, site.Name) {
				s.addStreams(i, j, site, p, days, lanes)
			}
		}
	}
	slices.SortFunc(h.Spans, compareSpans)
	h.Spans = slices.Compact(h.Spans)
	if len(h.Sites) > math.MaxUint16 || len(h.Processes) > math.MaxUint16 || len(h.Lanes) > math.MaxUint16 {
		return &headroom.InputError{What: fmt.Sprintf("a schedule holds at most %d sites, processes or lanes", math.MaxUint16)}
	}
	return nil
}

// at reports whether a list of sites, of which an empty one means all, holds
// the site.
func at(sites []string, site string) bool {
	return len(sites) == 0 || slices.Contains(sites, site)
}

func duration(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * float64(time.Second)))
}
