package html

import (
	_ "embed" // the page's parts
	"fmt"
	"io"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

var (
	//go:embed assets/echarts.min.js
	fullEcharts string
	//go:embed assets/calendar.js
	calendarBoot string
	//go:embed assets/calendar.css
	calendarStyle string
)

// Calendar writes an agenda as a page like a report's.
func Calendar(w io.Writer, a headroom.Agenda) error {
	return renderCalendar(w, a, fullEcharts)
}

func renderCalendar(w io.Writer, a headroom.Agenda, library string) error {
	v, err := calendarView(a)
	if err != nil {
		return err
	}
	return v.write(w, style+calendarStyle, library, calendarBoot)
}

func calendarView(a headroom.Agenda) (view, error) {
	name := a.Plan
	if name == "" {
		name = "a plan"
	}
	v := view{Title: "Calendar of " + name, Status: "none", Warnings: a.Warnings, Glossary: calendarGlossary}
	v.Subtitle = countSites(len(a.Sites)) + " · from " + a.From.Format("Monday, 2 January 2006")
	v.Window = "Figures are what the plan lets expect, at a scale of 1; rates are per hour. Each peak is on its site's own clock; maps and windows are on the clock of " + a.TimeZone + "."
	v.Answer = nextPeak(a)
	v.Facts = calendarFacts(a)
	b := &calendarBuilder{a: a}
	for _, s := range []section{b.peaks(), b.coincide(), b.week(), b.year(), b.largest()} {
		if len(s.Charts)+len(s.Tables) > 0 {
			v.Sections = append(v.Sections, s)
			v.Charts = v.Charts || len(s.Charts) > 0
		}
	}
	return v, b.err
}

func countSites(n int) string {
	if n == 1 {
		return "1 site"
	}
	return figure.Count(n) + " sites"
}

// nextPeak is the page's first sentence.
func nextPeak(a headroom.Agenda) string {
	moments := prose.Moments(a.Upcoming)
	if len(moments) == 0 {
		return "No peak is coming within a year."
	}
	m := moments[0]
	s := fmt.Sprintf("Next: %s at %s, %s–%s on the clock there, with %s documents.", m.Peak, prose.Names(m.Sites),
		m.From.Format("Monday 2 January, 15:04"), m.To.Format("15:04"), prose.Documents(m.Documents))
	if n := len(a.Coincide); n > 0 {
		most := a.Coincide[0]
		for _, c := range a.Coincide {
			if c.Documents/c.To.Sub(c.From).Seconds() > most.Documents/most.To.Sub(most.From).Seconds() {
				most = c
			}
		}
		s += fmt.Sprintf(" Peaks of %s hold together most heavily on %s–%s.", countSites(most.Sites), most.From.Format("Monday 2 January, 15:04"), most.To.Format("15:04"))
	}
	return s
}

func calendarFacts(a headroom.Agenda) []fact {
	var out []fact
	if len(a.Largest.Windows) > 0 {
		w := a.Largest.Windows[0]
		out = append(out, fact{"Largest window of " + prose.Length(a.Largest.Length), prose.Documents(w.Documents), "documents, " + w.From.Format("Mon 2 Jan 2006, 15:04") + "–" + w.To.Format("15:04")})
	}
	var busiest headroom.YearDay
	total := 0.0
	for _, d := range a.Year.Days {
		total += d.Documents
		if d.Documents > busiest.Documents {
			busiest = d
		}
	}
	if total > 0 {
		out = append(out, fact{"Busiest day", prose.Documents(busiest.Documents), "documents, " + dateOf(busiest.Date, "Mon 2 Jan 2006")},
			fact{fmt.Sprintf("All of %d", a.Year.Year), prose.Documents(total), "documents"})
	}
	if len(a.Sites) > 1 {
		out = append(out, fact{"Coincidences", figure.Count(len(a.Coincide)), "sets of peaks of several sites, the largest of the next four weeks"})
	}
	return out
}

var calendarGlossary = []term{
	{"documents", "What arrives: orders, receipts, scans, pages asked for. Expected numbers follow from the plan's rates, peaks, batches, seasons and growth."},
	{"people", "Operators whose shift lasts, as a mean over the window. How many journeys they make depends on how fast the system answers, so that those are not counted as documents."},
	{"added", "Of the documents, those that the peak itself brings; the others would come in an ordinary hour too."},
	{"highest", "The highest rate of arrivals at any moment of the peak, per hour. Batches have no rate: they come at once."},
	{"coincidence", "A span of time in which peaks of two sites or more hold. On a shared stack they meet."},
	{"largest windows", "The spans of the year with the most expected documents, none of which overlap; of equal ones the first."},
}
