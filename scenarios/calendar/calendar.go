// Package calendar turns a plan's calendar into a schedule: every arrival of a
// run with its time, seed and user, known before the run starts; and into the
// occurrences and the expected load of any time. It consists of pure
// functions: no clock, no files; the same plan, window, seed and scale give the
// same bytes. A schedule is made while it is ranged over, in memory that does
// not grow with its number of arrivals.
//
// Days. A site works on its calendar's working days (Monday to Friday unless it
// says others) that are neither a public holiday of its region nor an own
// closure, and on its extra days. The days of a peak, a shift, an occasion or
// opening hours are those that When names (whenDays and businessDays say exactly
// which); without any, the working days. What crosses midnight belongs to the
// day on which it begins, by the site's clock.
//
// Open arrivals of a process at a site are a Poisson process whose rate is the
// process' ordinary rate, while it is open, plus what each peak adds while it
// lasts, times growth, seasons, the day's random factor and the scale. The rate
// is piecewise linear in time, so that its integral is inverted exactly (the
// time change theorem: unit-rate Poisson points, mapped by the inverse of the
// integrated rate, are the arrivals). A peak's shape has the mean 1 over its
// window, whatever its length, so that its mean rate, or its work, is exactly
// what is expected.
//
// Batches come at their exact moment; growth, seasons and scale multiply their
// documents, the day's random factor does not. Occasions start at their
// moments, and nothing multiplies them. A shift is one arrival for each
// operator; scale alone multiplies the head count.
//
// Local times are wall-clock times of each site. A time that exists twice, in
// the hour that autumn repeats, means its first occurrence, so that a batch
// comes once and neighbouring peaks neither overlap nor part. A time that
// spring leaves out means the moment of the change. Rates are per hour of real
// time, and occasions recur in real time, whatever the clocks do; work is by
// window, whatever its length.
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
	return years(w.start(), w.At.Add(duration(w.Seconds)))
}

// years refuses times that the calendar does not know.
func years(from, to time.Time) error {
	for _, t := range []time.Time{from, to} {
		if y := t.UTC().Year(); y < firstYear || y > lastYear {
			return &headroom.InputError{What: fmt.Sprintf("the year %d is out of reach", y),
				Do: fmt.Sprintf("take one from %d to %d", firstYear, lastYear)}
		}
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
	date, err := parseDate(d.Date)
	if err != nil {
		return Window{}, err
	}
	from, err := parseClock(d.From)
	if err != nil {
		return Window{}, err
	}
	w := Window{At: wall(date, from, zone), LeadIn: d.LeadIn, Seconds: d.Seconds}
	return w, w.check()
}

// A Player says who plays a scenario.
type Player struct {
	Engine string // "k6" or "attack"
	// Technical scenarios work as a user of their own, who is none of the
	// site's people: their user index is the site's number of users.
	Technical bool
}

// New makes the schedule of a window of the plan. Scale multiplies every rate,
// batch and head count: at another scale a process keeps its Poisson points and
// they come sooner or later. Players says who plays each scenario. An unsound
// plan, window or scale gives a *headroom.InputError.
func New(plan headroom.Plan, w Window, seed uint64, scale float64, players map[string]Player) (headroom.Schedule, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	if !(scale > 0) || scale > maxScale {
		return nil, &headroom.InputError{What: fmt.Sprintf("a scale of %g cannot be replayed", scale),
			Do: fmt.Sprintf("give a number above 0, at most %g", float64(maxScale))}
	}
	if err := sound(plan); err != nil {
		return nil, err
	}
	s := &schedule{span: duration(w.LeadIn + w.Seconds), lanes: map[lane]uint16{}}
	s.header = headroom.Header{
		Plan: plan.Name, Seed: seed, Scale: scale, WindowAt: w.At, LeadIn: w.LeadIn, Window: w.Seconds,
		Catalogue: plan.Catalogue,
	}
	for _, p := range plan.Processes {
		player, ok := players[p.Scenario]
		if !ok {
			return nil, &headroom.InputError{What: fmt.Sprintf("no engine runs the scenario %q of process %q", p.Scenario, p.Name)}
		}
		s.header.Processes = append(s.header.Processes, headroom.ScheduledProcess{
			Name: p.Name, Scenario: p.Scenario, Engine: player.Engine, Lines: p.Lines, Popularity: p.Popularity,
			ThinkTime: p.ThinkTime, ThinkSCV: thinkSCV(p)})
	}
	var err error
	if s.expansion, err = expand(&plan, w.start(), w.start().Add(s.span)); err != nil {
		return nil, err
	}
	if err := s.lay(w, players); err != nil {
		return nil, err
	}
	return s, nil
}

// sound gives all problems of the plan's calendar as one error.
func sound(plan headroom.Plan) error {
	problems := Check(plan)
	if len(problems) == 0 {
		return nil
	}
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p
	}
	err := errors.Join(errs...)
	return &headroom.InputError{What: "the plan's calendar is unsound: " + err.Error(), Err: err}
}

// lay lays out sites, lanes, spans and the sources of arrivals.
func (s *schedule) lay(w Window, players map[string]Player) error {
	h := &s.header
	lanes := 0
	for _, at := range s.sites {
		for _, p := range at.peaks {
			lanes += len(p.Batches)
		}
	}
	if len(s.sites) > math.MaxUint16 || len(h.Processes) > math.MaxUint16 || lanes > math.MaxUint16 {
		return &headroom.InputError{What: fmt.Sprintf("a schedule holds at most %d sites, processes or batches of all sites", math.MaxUint16)}
	}
	for i, at := range s.sites {
		h.Sites = append(h.Sites, headroom.ScheduledSite{Name: at.Name, Database: at.Tenant(), Users: at.Users})
		s.addLanes(at)
		r := &roster{users: at.Users}
		for j := range h.Processes {
			if err := s.addSources(i, j, players, r); err != nil {
				return err
			}
		}
	}
	s.addSpans(w)
	return nil
}

// thinkSCV is the squared coefficient of variation of an operator's pause: 1,
// as of an exponential one, unless the plan says another.
func thinkSCV(p headroom.Process) float64 {
	switch {
	case p.ThinkTime == 0:
		return 0
	case p.ThinkSCV != nil:
		return *p.ThinkSCV
	}
	return 1
}

// at reports whether a list of sites, of which an empty one means all, holds
// the site.
func at(sites []string, site string) bool {
	return len(sites) == 0 || slices.Contains(sites, site)
}

func duration(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * float64(time.Second)))
}
