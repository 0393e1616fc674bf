package html

import (
	"fmt"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// mostSites is how many sites have a map of their own.
const mostSites = 12

// A calendarBuilder makes the sections of a calendar's page.
type calendarBuilder struct {
	a   headroom.Agenda
	err error
}

func (b *calendarBuilder) peaks() section {
	s := section{ID: "peaks", Title: "Next peaks", Lead: "In order, each on its site's own clock. Rates are per hour."}
	t := table{ID: "t-peaks", Caption: "Coming peaks and what arrives in them", Stacked: true,
		Head: heads("Peak and processes", "<When", "Documents", "Added", "Per hour", "<Highest", "People")}
	moments := prose.Moments(b.a.Upcoming)
	for i, m := range moments {
		added := 0.0
		for _, e := range m.Processes {
			if e.Added != nil {
				added += *e.Added
			}
		}
		when := cell{Text: m.From.Format("Mon 2 Jan") + " " + clockSpan(m.From, m.To), Left: true}
		if m.Due != nil {
			when.Quiet = "due at " + m.Due.Format("15:04")
		}
		t.Rows = append(t.Rows, []cell{{Text: m.Peak, Quiet: m.Place(), Strong: true}, when, text(prose.Documents(m.Documents)), text(prose.Documents(added)),
			text(prose.PerHour(m.Documents / m.To.Sub(m.From).Seconds())), left(""), text("")})
		if o, ok := m.Like(moments[:i]); ok {
			last := t.Rows[len(t.Rows)-1]
			last[1].Quiet = strings.TrimPrefix(last[1].Quiet+", as on "+o.From.Format("Mon 2 Jan"), ", ")
			continue
		}
		for _, e := range m.Processes {
			row := []cell{text(e.Process), left(""), text(""), text(""), text(""), left(""), text(prose.People(e.Operators))}
			if e.Documents > 0 {
				row[2], row[4], row[5] = text(prose.Documents(e.Documents)), text(prose.PerHour(e.Mean)), left(prose.Highest(e))
			}
			if e.Added != nil && *e.Added > 0 {
				row[3] = text(prose.Documents(*e.Added))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	if len(t.Rows) > 0 {
		s.Tables = []table{t}
	}
	return s
}

func (b *calendarBuilder) coincide() section {
	s := section{ID: "coincide", Title: "Peaks of different sites at the same time",
		Lead: "Where they meet is where a shared stack is tried hardest. Of the next four weeks, those with the most documents an hour, at their next time."}
	t := table{ID: "t-coincide", Caption: "Spans in which the same peaks hold together",
		Head: heads("Next", "Sites", "Documents", "Per hour", "How often", "<Peaks", "<What arrives")}
	for _, c := range b.a.Coincide {
		t.Rows = append(t.Rows, []cell{text(c.From.Format("Mon 2 Jan") + " " + clockSpan(c.From, c.To)), text(figure.Count(c.Sites)), text(prose.Documents(c.Documents)),
			text(prose.PerHour(c.Documents / c.To.Sub(c.From).Seconds())), text(fmt.Sprintf("%d × in %d days", c.Times, c.Days)),
			{Text: prose.Peaks(c.Peaks, c.From), Left: true, Class: "prose"}, {Text: prose.ByProcess(c.Processes), Left: true, Class: "prose"}})
	}
	if len(t.Rows) > 0 {
		s.Tables = []table{t}
	}
	return s
}

func (b *calendarBuilder) largest() section {
	s := section{ID: "largest", Title: fmt.Sprintf("The largest windows of %d", b.a.Year.Year), Lead: "These are what to test for. None overlaps another."}
	t := table{ID: "t-largest", Caption: "Windows of " + prose.Length(b.a.Largest.Length) + " with the most expected documents", Stacked: true,
		Head: heads("When", "Documents", "Per hour", "<Peaks", "<What arrives", "<Sites")}
	for _, w := range b.a.Largest.Windows {
		peaks := "no peak: ordinary rates and runs"
		if len(w.Peaks) > 0 {
			peaks = prose.Peaks(w.Peaks, w.From)
		}
		t.Rows = append(t.Rows, []cell{text(w.From.Format("Mon 2 Jan") + " " + clockSpan(w.From, w.To)), text(prose.Documents(w.Documents)), text(prose.PerHour(w.Documents / w.To.Sub(w.From).Seconds())),
			{Text: peaks, Left: true, Class: "prose"}, {Text: prose.ByProcess(w.Processes), Left: true, Class: "prose"}, {Text: prose.Shares(w), Left: true, Class: "prose"}})
	}
	if len(t.Rows) > 0 {
		s.Tables = []table{t}
	}
	return s
}

func (b *calendarBuilder) week() section {
	w := b.a.Week
	s := section{ID: "week", Title: "A week, hour by hour", Lead: "The week of " + dateOf(w.Monday, "Monday, 2 January 2006") + ", on the clock of " + w.TimeZone + "."}
	if len(w.Sites) == 0 {
		return s
	}
	highest := 0.0
	for _, hours := range w.Total {
		highest = max(highest, top(hours[:]))
	}
	s.Charts = append(s.Charts, b.weekChart("week-total", "All sites", w.Total, highest, true))
	if len(w.Sites) < 2 {
		s.Charts[0].Title = w.Sites[0].Site
		return s
	}
	s.Charts = append(s.Charts, b.hoursBySite())
	if len(w.Sites) <= mostSites {
		for i, site := range w.Sites {
			s.Charts = append(s.Charts, b.weekChart(fmt.Sprintf("week-%d", i), site.Site, site.Hours, site.BusiestDocuments, false))
		}
	}
	return s
}

func (b *calendarBuilder) weekChart(id, title string, hours [7]headroom.Hours24, highest float64, wide bool) chart {
	monday, _ := time.Parse(time.DateOnly, b.a.Week.Monday) // a week without a Monday has no sites
	h := heat{highest: highest, width: 24, rows: prose.Weekdays[:]}
	c := chart{ID: id, Title: title, Wide: wide, Height: 262, Alt: "Heat map of the expected documents of each hour of a week: " + title + "; the table below has the figures.",
		Table: table{Caption: "Expected documents by hour: " + title, Head: append(heads("Day"), hourHeads()...)}}
	for d, of := range hours {
		day := monday.AddDate(0, 0, d).Format("Mon 2 Jan")
		row := []cell{text(day)}
		for i, v := range of {
			h.add(i, d, v, fmt.Sprintf("%s, %s–%s: %s documents", day, prose.Hour(i), prose.Hour(i+1), prose.Documents(v)))
			row = append(row, text(prose.Documents(v)))
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	return b.finish(c, h)
}

// hoursBySite has a row for each site: who is busy when, on one clock.
func (b *calendarBuilder) hoursBySite() chart {
	w := b.a.Week
	h := heat{width: 24}
	c := chart{ID: "week-sites", Title: "Each site's day, on one clock", Wide: true, Height: 76 + 26*len(w.Sites), Lead: "The week's documents by hour of the day. Sites that are dark in different hours share a stack well.",
		Alt:   "Heat map of each site's expected documents by hour of the day; the table below has the figures.",
		Table: table{Caption: "The week's expected documents of each site by hour of the day, on the clock of " + w.TimeZone, Head: append(heads("Site"), hourHeads()...)}}
	for i, s := range w.Sites {
		h.rows = append(h.rows, s.Site)
		h.highest = max(h.highest, top(s.ByHour[:]))
		row := []cell{text(s.Site)}
		for hour, v := range s.ByHour {
			h.add(hour, i, v, fmt.Sprintf("%s, %s–%s: %s documents in the week", s.Site, prose.Hour(hour), prose.Hour(hour+1), prose.Documents(v)))
			row = append(row, text(prose.Documents(v)))
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	return b.finish(c, h)
}

func (b *calendarBuilder) year() section {
	y := b.a.Year
	s := section{ID: "year", Title: fmt.Sprintf("The year %d, day by day", y.Year), Lead: "Closures are empty; seasons and growth show."}
	if len(y.Days) == 0 {
		return s
	}
	h := heat{year: y.Year}
	c := chart{ID: "year-total", Title: "All sites", Wide: true, Height: 210, Alt: "Calendar of the year's expected documents by day; the table below has the figures.",
		Table: table{Caption: "Expected documents by day", Head: heads("Day", "Documents", "<Busiest hour", "Documents")}}
	if len(b.a.Sites) == 1 {
		c.Title = b.a.Sites[0].Site
	}
	for _, d := range y.Days {
		h.highest = max(h.highest, d.Documents)
		label := dateOf(d.Date, "Mon 2 Jan") + ": " + prose.Documents(d.Documents) + " documents"
		busiest := ""
		if d.BusiestDocuments > 0 {
			busiest = prose.Hour(d.BusiestHour)
			label += "\nmost at " + busiest + ": " + prose.Documents(d.BusiestDocuments)
		}
		h.addDay(d.Date, d.Documents, label)
		c.Table.Rows = append(c.Table.Rows, []cell{text(dateOf(d.Date, "Mon 2 Jan")), text(prose.Documents(d.Documents)), left(busiest), text(prose.Documents(d.BusiestDocuments))})
	}
	s.Charts = append(s.Charts, b.finish(c, h))
	if len(y.Sites) > 1 {
		s.Charts = append(s.Charts, b.weeksBySite())
	}
	return s
}

// weeksBySite has a row for each site and a column for each week of the year.
func (b *calendarBuilder) weeksBySite() chart {
	y := b.a.Year
	weeks := (len(y.Days) + 6) / 7
	h := heat{width: weeks}
	c := chart{ID: "year-sites", Title: "Each site's year", Wide: true, Height: 76 + 26*len(y.Sites), Lead: "Documents by week of seven days from 1 January; the last is short.",
		Alt:   "Heat map of each site's expected documents by week of the year; the table below has the figures.",
		Table: table{Caption: "Expected documents of each site by week", Head: heads("Site")}}
	for w := range weeks {
		h.columns = append(h.columns, dateOf(y.Days[7*w].Date, "2 Jan"))
		c.Table.Head = append(c.Table.Head, cell{Text: h.columns[w]})
	}
	for i, s := range y.Sites {
		h.rows = append(h.rows, s.Site)
		row := []cell{text(s.Site)}
		sums := make([]float64, weeks)
		for d, v := range s.Documents {
			sums[min(d/7, weeks-1)] += v
		}
		h.highest = max(h.highest, top(sums))
		for w, v := range sums {
			h.add(w, i, v, fmt.Sprintf("%s, week from %s: %s documents", s.Site, h.columns[w], prose.Documents(v)))
			row = append(row, text(prose.Documents(v)))
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	return b.finish(c, h)
}

func hourHeads() []cell {
	var out []cell
	for i := range 24 {
		out = append(out, cell{Text: fmt.Sprintf("%02d", i)})
	}
	return out
}

func top(values []float64) float64 {
	highest := 0.0
	for _, v := range values {
		highest = max(highest, v)
	}
	return highest
}

func clockSpan(from, to time.Time) string {
	if to.Sub(from) > 24*time.Hour {
		return from.Format("15:04") + "–" + to.Format("Mon 2 Jan 15:04")
	}
	return from.Format("15:04") + "–" + to.Format("15:04")
}

// dateOf writes a date in another layout; what is none stays as it is.
func dateOf(date, format string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return strings.TrimSpace(date)
	}
	return t.Format(format)
}
