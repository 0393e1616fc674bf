// Package table writes what Headroom computed as CSV, for spreadsheets and
// scripts: one header, documented columns, units inside as everywhere
// (seconds, 1/s), points in time as RFC 3339 with their offset.
package table

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

// calendarColumns stand above the rows of Calendar.
const calendarColumns = `# Calendar of a plan by Headroom. Expected documents; rates in 1/s. A row's part says what it is:
# peak      a process (or, process empty, all of them) during a coming peak at a site
# coincide  a process during a span in which peaks of several sites hold; peak names them
# hour      an hour of the week's map at a site
# day       a day of the year's map at a site
# window    a process during one of the year's largest windows, all sites together; peak names its peaks
# documents expected number; added: of them what the peak brings; mean and highest: arrival rates, 1/s;
# operators: mean number of people whose shift lasts. Empty: does not apply.
`

// Calendar writes an agenda as one table: a row for each part of it.
func Calendar(w io.Writer, a headroom.Agenda) error {
	bw := bufio.NewWriter(w)
	if _, err := bw.WriteString(calendarColumns); err != nil {
		return err
	}
	c := &calendarRows{csv: csv.NewWriter(bw)}
	c.row("part", "from", "to", "site", "peak", "process", "documents", "added", "mean", "highest", "operators")
	for _, o := range a.Upcoming {
		length := o.To.Sub(o.From).Seconds()
		c.row("peak", when(o.From), when(o.To), safe(o.Site), safe(o.Peak), "", number(o.Documents), "", number(o.Documents/length), "", "")
		c.expected("peak", o.From, o.To, o.Site, o.Peak, o.Processes)
	}
	for _, o := range a.Coincide {
		c.expected("coincide", o.From, o.To, "", named(o.Peaks), o.Processes)
	}
	c.week(a.Week)
	c.year(a.Year)
	for _, o := range a.Largest.Windows {
		c.expected("window", o.From, o.To, "", named(o.Peaks), o.Processes)
	}
	c.csv.Flush()
	if err := c.csv.Error(); err != nil {
		return fmt.Errorf("table: %w", err)
	}
	return bw.Flush()
}

type calendarRows struct{ csv *csv.Writer }

func (c *calendarRows) row(cells ...string) {
	_ = c.csv.Write(cells) // the error stays in the writer, and is asked for at the end
}

func (c *calendarRows) expected(part string, from, to time.Time, site, peak string, processes []headroom.Expected) {
	for _, e := range processes {
		c.row(part, when(from), when(to), safe(site), safe(peak), safe(e.Process), number(e.Documents), optional(e.Added), number(e.Mean), optional(e.Highest), number(e.Operators))
	}
}

func (c *calendarRows) week(w headroom.WeekMap) {
	monday, err := time.Parse(time.DateOnly, w.Monday)
	if err != nil {
		return
	}
	for _, s := range w.Sites {
		for d, hours := range s.Hours {
			date := monday.AddDate(0, 0, d).Format(time.DateOnly)
			for h, v := range hours {
				c.row("hour", fmt.Sprintf("%sT%02d:00", date, h), fmt.Sprintf("%sT%02d:00", date, h+1), safe(s.Site), "", "", number(v), "", number(v/3600), "", "")
			}
		}
	}
}

func (c *calendarRows) year(y headroom.YearMap) {
	for _, s := range y.Sites {
		for i, v := range s.Documents {
			if i < len(y.Days) {
				c.row("day", y.Days[i].Date, y.Days[i].Date, safe(s.Site), "", "", number(v), "", number(v/86_400), "", "")
			}
		}
	}
}

func named(peaks []headroom.PeakAtSite) string {
	names := make([]string, len(peaks))
	for i, p := range peaks {
		names[i] = p.Peak + "@" + p.Site
	}
	return strings.Join(names, " ")
}

func when(t time.Time) string { return t.Format(time.RFC3339) }

func number(v float64) string { return strconv.FormatFloat(v, 'g', 8, 64) }

func optional(v *float64) string {
	if v == nil {
		return ""
	}
	return number(*v)
}

// safe keeps a spreadsheet from taking a name for a formula.
func safe(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r") {
		return "'" + s
	}
	return s
}
