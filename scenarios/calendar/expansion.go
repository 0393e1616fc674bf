package calendar

import (
	"fmt"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
)

// An expansion is a plan's calendar laid out over some days. It is only read
// once it is made, so that streams may share it.
type expansion struct {
	plan        *headroom.Plan
	epoch       epoch // from which its seconds count
	first, last day   // the days that it covers
	sites       []*site
	growth      []float64 // by day
	seasons     []season

	// Only while it is made: what sites have in common.
	clocks    map[string]*clock
	calendars map[string]*workdays
	whens     map[whenKey]days
	rules     map[string]days
}

type whenKey struct {
	when     *headroom.When
	calendar *workdays
}

// A site is one with all that happens there.
type site struct {
	*headroom.Site
	clock     *clock
	peaks     []*peak    // in the plan's order
	processes []*process // by the plan's index; nil for those that are not here
}

// A peak is one at one site.
type peak struct {
	*headroom.Peak
	from, to int // seconds since midnight
	due      int // -1: none
	shape    shape
	days     days
}

// A process is one at one site.
type process struct {
	*headroom.Process
	base    float64  // 1/s, the ordinary rate
	open    *opening // when it holds; nil: always
	adds    []add
	batches []batch
	runs    []occasion
	shifts  []shift
	dues    []*peak // whose cutoff is this process' too
	seasons []season
}

// An opening is when a process' ordinary rate holds.
type opening struct {
	interval
	days days
}

// An add is what a peak brings of a process: a mean rate, or a number of
// documents.
type add struct {
	peak      *peak
	rate      float64 // 1/s
	documents float64
}

// A batch is one of a peak's.
type batch struct {
	*headroom.Batch
	peak *peak
	at   int // seconds since midnight
}

// An occasion is a scheduled start, or one every so often.
type occasion struct {
	*headroom.Occasion
	interval
	every  int64 // nanoseconds; 0: once, at interval.from
	days   days
	number int // among those of the process with the same times, from 0
}

// A shift is one of a process at a site.
type shift struct {
	*headroom.Shift
	interval
	days   days
	number int // among those of the process with the same times, from 0
}

// expand lays a sound plan out over the days that the time from start to end
// touches at any site, and one more at each side.
func expand(plan *headroom.Plan, start, end time.Time) (*expansion, error) {
	x := &expansion{
		plan: plan, epoch: newEpoch(start), first: localDay(start.UTC()) - 2, last: localDay(end.UTC()) + 2,
		clocks: map[string]*clock{}, calendars: map[string]*workdays{}, whens: map[whenKey]days{}, rules: map[string]days{},
	}
	if err := x.layFactors(); err != nil {
		return nil, err
	}
	if f := x.greatest(); !(f <= maxFactor) {
		return nil, &headroom.InputError{What: fmt.Sprintf("growth and seasons multiply by %.3g when they all meet, which cannot be replayed", f),
			Do: "keep their product below a thousand million"}
	}
	for i := range plan.Sites {
		s, err := x.site(&plan.Sites[i])
		if err != nil {
			return nil, fmt.Errorf("calendar: site %q: %w", plan.Sites[i].Name, err)
		}
		x.sites = append(x.sites, s)
	}
	return x, nil
}

// layFactors prepares growth and seasons.
func (x *expansion) layFactors() error {
	x.growth = make([]float64, x.last-x.first+1)
	for i := range x.growth {
		x.growth[i] = 1
	}
	if g := x.plan.Growth; g != nil {
		since, err := parseDate(g.Since)
		if err != nil {
			return err
		}
		for i := range x.growth {
			x.growth[i] = growth(*g, since, x.first+day(i))
		}
	}
	for i := range x.plan.Seasons {
		s := season{&x.plan.Seasons[i], newDays(x.first, x.last)}
		stretch, err := parseStretch(s.From, s.To)
		if err != nil {
			return err
		}
		for d := x.first; d <= x.last; d++ {
			if stretch.holds(d) {
				s.days.add(d)
			}
		}
		x.seasons = append(x.seasons, s)
	}
	return nil
}

// maxFactor keeps rates finite.
const maxFactor = 1e9

// greatest is what growth and seasons multiply by at most.
func (x *expansion) greatest() float64 {
	f := slices.Max(x.growth)
	for _, s := range x.seasons {
		f *= max(1, s.Factor)
	}
	return f
}

// factor is what growth and the process' seasons multiply its rates and
// batches by on a day.
func (x *expansion) factor(p *process, d day) float64 {
	f := x.growth[d-x.first]
	for _, s := range p.seasons {
		if s.days.has(d) {
			f *= s.Factor
		}
	}
	return f
}

func (x *expansion) clock(name string) (*clock, error) {
	if c, ok := x.clocks[name]; ok {
		return c, nil
	}
	zone, err := location(name)
	if err != nil {
		return nil, err
	}
	c := newClock(zone, x.first, x.last+1) // intervals may end on the next day
	x.clocks[name] = c
	return c, nil
}

// workdays are a calendar's, by name; that of "" works from Monday to Friday.
func (x *expansion) workdays(name string) (*workdays, error) {
	if w, ok := x.calendars[name]; ok {
		return w, nil
	}
	var c headroom.Calendar
	for _, k := range x.plan.Calendars {
		if k.Name == name && name != "" {
			c = k
			break
		}
	}
	if c.Name != name {
		return nil, &headroom.InputError{What: fmt.Sprintf("there is no calendar %q", name)}
	}
	w, err := newWorkdays(c, x.first, x.last)
	if err != nil {
		return nil, err
	}
	x.calendars[name] = w
	return w, nil
}

// when is whenDays, made once for sites with the same calendar.
func (x *expansion) when(w *headroom.When, c *workdays) (days, error) {
	key := whenKey{w, c}
	if set, ok := x.whens[key]; ok {
		return set, nil
	}
	set, err := whenDays(*w, c, x.first, x.last, x.rules)
	if err != nil {
		return set, err
	}
	x.whens[key] = set
	return set, nil
}
