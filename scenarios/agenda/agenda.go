// Package agenda turns what a plan's calendar expands to into what a planner
// looks at: the coming peaks, which of them coincide, a week and a year as
// heat maps, the year's largest windows. It consists of pure functions: no
// clock, no files. Units are seconds, 1/s and expected documents.
package agenda

import (
	"fmt"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// Options say which part of the calendar is looked at.
type Options struct {
	From    time.Time     // peaks that end after it; the clock of all maps is the first shown site's
	Next    int           // how many peaks; those of several sites at one moment count once
	Year    int           // 0: From's
	Week    time.Time     // a moment of the week; zero: From
	Largest int           // how many windows
	Length  time.Duration // of a window: a multiple of 5 minutes, at most 7 days; 0: an hour
	Site    string        // only this one; "": all
}

// Bounds of what can be asked for.
const (
	mostNext    = 1000
	mostLargest = 1000
	longest     = 7 * 24 * time.Hour
	firstYear   = 1970
	lastYear    = 2200
)

// A builder makes the parts of one agenda.
type builder struct {
	plan  headroom.Plan
	o     Options
	zone  *time.Location
	sites []headroom.Site // those that are shown
	order map[string]int  // of all sites in the plan
	peaks map[string]int  // of peaks in the plan
}

// New makes the agenda of a plan. An unsound plan or option gives a
// *headroom.InputError.
func New(plan headroom.Plan, o Options) (headroom.Agenda, error) {
	b, err := newBuilder(plan, o)
	if err != nil {
		return headroom.Agenda{}, err
	}
	a := headroom.Agenda{Plan: plan.Name, From: b.o.From, TimeZone: b.zone.String(), Processes: []string{}, Warnings: b.warnings()}
	for _, s := range b.sites {
		a.Sites = append(a.Sites, headroom.SiteZone{Site: s.Name, TimeZone: s.TimeZone})
	}
	for _, p := range plan.Processes {
		a.Processes = append(a.Processes, p.Name)
	}
	upcoming, err := b.upcoming()
	if err != nil {
		return a, err
	}
	a.Upcoming = make([]headroom.Occurrence, len(upcoming))
	for i, u := range upcoming {
		a.Upcoming[i] = occurrence(u)
	}
	if a.Coincide, err = b.coincide(); err != nil {
		return a, err
	}
	if a.Week, err = b.week(); err != nil {
		return a, err
	}
	y, err := b.year()
	if err != nil {
		return a, err
	}
	a.Year = y.days
	a.Largest, err = b.largest(y)
	return a, err
}

// Upcoming are the coming peaks of New as the calendar has them.
func Upcoming(plan headroom.Plan, o Options) ([]calendar.Occurrence, error) {
	b, err := newBuilder(plan, o)
	if err != nil {
		return nil, err
	}
	return b.upcoming()
}

func newBuilder(plan headroom.Plan, o Options) (*builder, error) {
	b := &builder{plan: plan, o: o, order: map[string]int{}, peaks: map[string]int{}}
	var names []string
	for i, s := range plan.Sites {
		b.order[s.Name] = i
		names = append(names, s.Name)
		if o.Site == "" || s.Name == o.Site {
			b.sites = append(b.sites, s)
		}
	}
	for i, p := range plan.Peaks {
		b.peaks[p.Name] = i
	}
	if len(b.sites) == 0 {
		return nil, &headroom.InputError{What: fmt.Sprintf("the plan has no site %q", o.Site), Where: "--site", Do: "it has " + strings.Join(names, ", ")}
	}
	zone, err := time.LoadLocation(b.sites[0].TimeZone)
	if err != nil || b.sites[0].TimeZone == "" {
		return nil, &headroom.InputError{What: fmt.Sprintf("there is no time zone %q", b.sites[0].TimeZone), Err: err}
	}
	b.zone = zone
	return b, b.defaults()
}

func (b *builder) defaults() error {
	o := &b.o
	o.From = o.From.In(b.zone)
	if o.Week.IsZero() {
		o.Week = o.From
	}
	if o.Year == 0 {
		o.Year = o.From.Year()
	}
	if o.Length == 0 {
		o.Length = time.Hour
	}
	switch {
	case o.Next < 0 || o.Next > mostNext:
		return &headroom.InputError{What: fmt.Sprintf("%d is not a number of peaks from 0 to %d", o.Next, mostNext), Where: "--next"}
	case o.Largest < 0 || o.Largest > mostLargest:
		return &headroom.InputError{What: fmt.Sprintf("%d is not a number of windows from 0 to %d", o.Largest, mostLargest), Where: "--largest"}
	case o.Length < 0 || o.Length > longest || o.Length%(5*time.Minute) != 0:
		return &headroom.InputError{What: fmt.Sprintf("%s is not a multiple of 5 minutes up to 7 days", o.Length), Where: "--length", Do: "write it as 30m, 1h or 8h"}
	case o.From.Year() < firstYear || o.From.Year() > lastYear:
		return &headroom.InputError{What: fmt.Sprintf("the year %d is not from %d to %d", o.From.Year(), firstYear, lastYear), Where: "--from"}
	case o.Year < firstYear || o.Year > lastYear:
		return &headroom.InputError{What: fmt.Sprintf("the year %d is not from %d to %d", o.Year, firstYear, lastYear), Where: "--year"}
	case o.Week.Year() < firstYear || o.Week.Year() > lastYear:
		return &headroom.InputError{What: fmt.Sprintf("the year %d is not from %d to %d", o.Week.Year(), firstYear, lastYear), Where: "--week"}
	}
	return nil
}

// warnings say what the figures leave out.
func (b *builder) warnings() []string {
	out := []string{}
	for _, p := range b.plan.Processes {
		if len(p.Shifts) > 0 {
			out = append(out, "the journeys of operators are not among the documents: how many there are depends on how fast the system answers")
			break
		}
	}
	if v := b.plan.DayVariation; v > 0 {
		out = append(out, fmt.Sprintf("single days differ from these expectations by a random factor with a coefficient of variation of %g", v))
	}
	return out
}

// shown reports whether a site is among those that are shown.
func (b *builder) shown(site string) bool { return b.o.Site == "" || b.o.Site == site }

// loads ranges over the loads of the shown sites.
func (b *builder) loads(from, to time.Time, step time.Duration, each func(calendar.SiteLoad)) error {
	for l, err := range calendar.Load(b.plan, from, to, step) {
		if err != nil {
			return err
		}
		if b.shown(l.Site) {
			each(l)
		}
	}
	return nil
}

// occurrences are the peaks of the shown sites that touch a time.
func (b *builder) occurrences(from, to time.Time) ([]calendar.Occurrence, error) {
	var out []calendar.Occurrence
	for o, err := range calendar.Occurrences(b.plan, from, to) {
		if err != nil {
			return nil, err
		}
		if b.shown(o.Site) && o.From.Before(to) && o.To.After(from) {
			out = append(out, o)
		}
	}
	return out, nil
}
