package prose

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
)

// maxNames is how many sites are named before the rest is counted.
const maxNames = 4

// A Moment is a peak at one time, at all sites that have it then.
type Moment struct {
	Peak      string
	From, To  time.Time // on the sites' clocks, which agree
	Due       *time.Time
	Sites     []string
	Zones     []string
	Documents float64
	Processes []headroom.Expected // summed over the sites
}

// Moments puts occurrences together that are the same peak at the same time.
func Moments(upcoming []headroom.Occurrence) []Moment {
	var out []Moment
	at := map[string]int{}
	for _, o := range upcoming {
		key := fmt.Sprintf("%s\x00%d\x00%d", o.Peak, o.From.UnixNano(), o.To.UnixNano())
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, Moment{Peak: o.Peak, From: o.From, To: o.To, Due: o.Due})
		}
		m := &out[i]
		m.Sites = append(m.Sites, o.Site)
		if len(m.Zones) == 0 || m.Zones[len(m.Zones)-1] != o.TimeZone {
			m.Zones = append(m.Zones, o.TimeZone)
		}
		m.Documents += o.Documents
		for _, e := range o.Processes {
			m.add(e)
		}
	}
	return out
}

// add sums a process over sites. Highest rates add up only where they are
// reached at one moment.
func (m *Moment) add(e headroom.Expected) {
	for i := range m.Processes {
		p := &m.Processes[i]
		if p.Process != e.Process {
			continue
		}
		p.Documents += e.Documents
		p.Mean += e.Mean
		p.Operators += e.Operators
		switch {
		case p.Highest == nil || e.Highest == nil || p.HighestAt == nil || e.HighestAt == nil || !p.HighestAt.Equal(*e.HighestAt):
			p.Highest, p.HighestAt = nil, nil
		default:
			sum := *p.Highest + *e.Highest
			p.Highest = &sum
		}
		if p.Added != nil && e.Added != nil {
			sum := *p.Added + *e.Added
			p.Added = &sum
		}
		return
	}
	m.Processes = append(m.Processes, e)
}

// Like finds the first of some moments that is the same peak, at the same
// sites, with the same figures at the same times of day, on another day.
func (m Moment) Like(others []Moment) (Moment, bool) {
	const layout = "15:04:05"
	i := slices.IndexFunc(others, func(o Moment) bool {
		return m.Peak == o.Peak && slices.Equal(m.Sites, o.Sites) && m.From.Format(layout) == o.From.Format(layout) && m.To.Format(layout) == o.To.Format(layout) &&
			slices.EqualFunc(m.Processes, o.Processes, func(a, b headroom.Expected) bool {
				return a.Process == b.Process && Documents(a.Documents) == Documents(b.Documents) && Highest(a) == Highest(b) && People(a.Operators) == People(b.Operators)
			})
	})
	if i < 0 {
		return Moment{}, false
	}
	return others[i], true
}

// Names lists a few names and counts the rest.
func Names(names []string) string {
	if more := len(names) - maxNames; more > 1 {
		return strings.Join(names[:maxNames], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}

// Place is where a moment's peak holds: sites and their clock.
func (m Moment) Place() string { return Names(m.Sites) + " (" + Names(m.Zones) + ")" }

// Peaks names peaks and the sites that have them, with the time there where it
// is another than on the reader's clock.
func Peaks(peaks []headroom.PeakAtSite, from time.Time) string {
	type group struct {
		peak, there string
		sites       []string
	}
	var groups []group
next:
	for _, p := range peaks {
		there := from.In(p.From.Location()).Format("15:04")
		if there == from.Format("15:04") {
			there = ""
		}
		for i := range groups {
			if groups[i].peak == p.Peak && groups[i].there == there {
				groups[i].sites = append(groups[i].sites, p.Site)
				continue next
			}
		}
		groups = append(groups, group{p.Peak, there, []string{p.Site}})
	}
	var out []string
	for _, g := range groups {
		s := g.peak + " at " + Names(g.sites)
		if g.there != "" {
			s += " (" + g.there + " there)"
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// Documents writes an expected number of documents: in full from 100 on.
func Documents(v float64) string {
	if v >= 100 {
		return figure.Count(int(math.Round(v)))
	}
	return figure.Number(v)
}

// PerHour writes a rate as plans state it.
func PerHour(rate float64) string { return figure.Number(rate * 3600) }

// Highest writes the highest rate and when it is first; "flat" when it is no
// other than the mean.
func Highest(e headroom.Expected) string {
	if e.Highest == nil || *e.Highest == 0 {
		return ""
	}
	if PerHour(*e.Highest) == PerHour(e.Mean) {
		return "flat"
	}
	s := PerHour(*e.Highest)
	if e.HighestAt != nil {
		s += " at " + e.HighestAt.Format("15:04")
	}
	return s
}

// People writes a mean number of operators: 12, 7.8.
func People(v float64) string {
	if v == 0 {
		return ""
	}
	if v >= 10 {
		return figure.Count(int(math.Round(v)))
	}
	return figure.Exact(math.Round(v*10) / 10)
}

// maxProcesses is how many processes are named before the rest is counted.
const maxProcesses = 6

// ByProcess is what arrives by process, in a sentence: most documents first,
// then how many people are at work.
func ByProcess(processes []headroom.Expected) string {
	people := 0.0
	var some []headroom.Expected
	for _, e := range processes {
		people += e.Operators
		if e.Documents > 0 {
			some = append(some, e)
		}
	}
	slices.SortStableFunc(some, func(a, b headroom.Expected) int { return cmp.Compare(b.Documents, a.Documents) })
	var out []string
	for i, e := range some {
		if i == maxProcesses && len(some) > maxProcesses+1 {
			rest := 0.0
			for _, e := range some[i:] {
				rest += e.Documents
			}
			out = append(out, Documents(rest)+" of "+figure.Count(len(some)-i)+" other processes")
			break
		}
		out = append(out, e.Process+"\u00a0"+Documents(e.Documents))
	}
	if people > 0 {
		out = append(out, People(people)+"\u00a0people on shift")
	}
	return strings.Join(out, ", ")
}

// Hour writes an hour of the day.
func Hour(h int) string { return fmt.Sprintf("%02d:00", h) }

// Weekdays are their short names, Monday first.
var Weekdays = [...]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}

// Shares names the sites that make a window, with their part and their time.
func Shares(w headroom.LargeWindow) string {
	var out []string
	for i, s := range w.Sites {
		if i == maxNames && len(w.Sites) > maxNames+1 {
			out = append(out, fmt.Sprintf("and %d more", len(w.Sites)-maxNames))
			break
		}
		part := figure.Share(s.Documents / max(w.Documents, math.SmallestNonzeroFloat64))
		if there := s.From.Format("15:04"); there != w.From.Format("15:04") {
			part += " at " + there
		}
		out = append(out, s.Site+"\u00a0"+part)
	}
	return strings.Join(out, ", ")
}

// Length writes a window's length: 15 min, 1 h, 36 h.
func Length(seconds float64) string {
	if seconds >= 3600 && math.Mod(seconds, 900) == 0 {
		return figure.Exact(seconds/3600) + "\u00a0h"
	}
	return figure.Exact(seconds/60) + "\u00a0min"
}
