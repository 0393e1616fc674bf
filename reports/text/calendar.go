package text

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// maxSites is how many sites are listed one by one.
const maxSites = 40

// Calendar writes an agenda. With color, heat maps are coloured for a terminal
// of 256 colours; without, they are drawn with characters alone.
func Calendar(w io.Writer, a headroom.Agenda, color bool) error {
	p := &printer{w: bufio.NewWriter(w)}
	p.block("", calendarHead(a))
	if len(a.Upcoming) > 0 {
		p.block("Next peaks, on each site's own clock", upcoming(a))
	} else {
		p.block("", []string{"No peak is coming within a year."})
	}
	p.block("Peaks of different sites at the same time", coincidences(a))
	p.block(weekTitle(a), weekMap(a, color))
	p.block("Sites in that week", weekSites(a))
	p.block(fmt.Sprintf("Year %d, expected documents a day", a.Year.Year), yearMap(a, color))
	p.block(clean(fmt.Sprintf("The %d largest windows of %s in %d", len(a.Largest.Windows), prose.Length(a.Largest.Length), a.Year.Year)), largest(a))
	var warnings []string
	for _, s := range a.Warnings {
		warnings = append(warnings, wrap(s, "  ! ", "    ")...)
	}
	p.block("Warnings", warnings)
	return p.w.Flush()
}

func calendarHead(a headroom.Agenda) []string {
	sites := fmt.Sprintf("%d sites", len(a.Sites))
	if len(a.Sites) == 1 {
		sites = "site " + a.Sites[0].Site
	}
	return wrap(fmt.Sprintf("Calendar of plan %s, %s, from %s. Figures are expected documents; rates are per hour. Maps and windows are on the clock of %s.",
		orUnknown(a.Plan), sites, a.From.Format("Mon 2 Jan 2006"), a.TimeZone), "", "")
}

// upcoming has a line for each peak, one for its place, and one for each of its
// processes.
func upcoming(a headroom.Agenda) []string {
	t := &table{head: []string{"when", "<peak and processes", "documents", "added", "per hour", "<highest", "people"}}
	var notes [][]string
	moments := prose.Moments(a.Upcoming)
	for i, m := range moments {
		added := 0.0
		for _, e := range m.Processes {
			if e.Added != nil {
				added += *e.Added
			}
		}
		t.add(when(m.From, m.To), m.Peak, prose.Documents(m.Documents), prose.Documents(added))
		indent := strings.Repeat(" ", 29)
		if o, ok := m.Like(moments[:i]); ok {
			notes = append(notes, wrap("as on "+o.From.Format("Mon 2 Jan"), indent, indent))
			continue
		}
		notes = append(notes, wrap(place(m), indent, indent))
		for _, e := range m.Processes {
			row := []string{"", "\u00a0\u00a0" + e.Process, "", "", "", "", prose.People(e.Operators)}
			if e.Documents > 0 {
				row[2], row[4], row[5] = prose.Documents(e.Documents), prose.PerHour(e.Mean), prose.Highest(e)
			}
			if e.Added != nil && *e.Added > 0 {
				row[3] = prose.Documents(*e.Added)
			}
			t.add(row...)
			notes = append(notes, nil)
		}
	}
	return noted(t, notes)
}

// when is a window on one clock.
func when(from, to time.Time) string {
	end := to.Format("15:04")
	if to.Sub(from) > 24*time.Hour {
		end = to.Format("Mon 2 Jan 15:04")
	}
	return from.Format("Mon _2 Jan  15:04") + "–" + end
}

// noted are a table's lines with notes below its rows.
func noted(t *table, notes [][]string) []string {
	lines := t.lines("  ")
	if len(lines) == 0 {
		return nil
	}
	out := lines[:1:1]
	for i, line := range lines[1:] {
		out = append(append(out, line), notes[i]...)
	}
	return out
}

func place(m prose.Moment) string {
	s := "at " + m.Place()
	if m.Due != nil {
		s += ", due at " + m.Due.Format("15:04")
	}
	return s
}

func coincidences(a headroom.Agenda) []string {
	if len(a.Coincide) == 0 {
		if len(a.Sites) > 1 {
			return []string{"  none in the next four weeks"}
		}
		return nil
	}
	t := &table{head: []string{"next", "sites", "documents", "per hour", "<how often"}}
	var notes [][]string
	for _, c := range a.Coincide {
		often := "once"
		if c.Times > 1 {
			often = fmt.Sprintf("%d times", c.Times)
		}
		t.add(when(c.From, c.To), figure.Count(c.Sites), prose.Documents(c.Documents), prose.PerHour(c.Documents/c.To.Sub(c.From).Seconds()),
			fmt.Sprintf("%s in %d days", often, c.Days))
		notes = append(notes, append(wrap(prose.Peaks(c.Peaks, c.From), "    ", "    "), wrap(prose.ByProcess(c.Processes), "    ", "    ")...))
	}
	return noted(t, notes)
}

func weekTitle(a headroom.Agenda) string {
	monday, err := time.Parse(time.DateOnly, a.Week.Monday)
	if err != nil {
		return "Week"
	}
	return fmt.Sprintf("Week of %s, expected documents an hour", monday.Format("Mon 2 January 2006"))
}

func largest(a headroom.Agenda) []string {
	t := &table{head: []string{"when", "documents", "per hour"}}
	var notes [][]string
	var before []string
	for _, w := range a.Largest.Windows {
		t.add(when(w.From, w.To), prose.Documents(w.Documents), prose.PerHour(w.Documents/w.To.Sub(w.From).Seconds()))
		made := []string{"no peak: ordinary rates and runs"}
		if len(w.Peaks) > 0 {
			made[0] = prose.Peaks(w.Peaks, w.From)
		}
		made = append(made, prose.ByProcess(w.Processes))
		if len(w.Sites) > 1 {
			made = append(made, prose.Shares(w))
		}
		var lines []string
		for _, s := range made {
			lines = append(lines, wrap(s, "    ", "    ")...)
		}
		if slices.Equal(lines, before) { // a window like the one above it
			notes = append(notes, nil)
			continue
		}
		notes, before = append(notes, lines), lines
	}
	return noted(t, notes)
}
