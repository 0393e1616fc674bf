package example

import (
	"fmt"
	"math"
	"time"

	"github.com/headroom-erp/headroom"
)

// Agenda is a calendar of three sites in three time zones: a morning at each,
// a cutoff in the afternoon, quiet weekends, and a December that is half as
// high again.
func Agenda() headroom.Agenda {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err) // embedded in every binary
	}
	from := time.Date(2026, 11, 20, 0, 0, 0, 0, zone)
	a := headroom.Agenda{Plan: "group", From: from, TimeZone: "Europe/Berlin", Processes: []string{"order", "scan", "edi_order", "pick"},
		Warnings: []string{"the journeys of operators are not among the documents: how many there are depends on how fast the system answers"},
		Week:     headroom.WeekMap{Monday: "2026-11-16", TimeZone: "Europe/Berlin"}, Year: headroom.YearMap{Year: 2026, TimeZone: "Europe/Berlin"}}
	for i, s := range []headroom.SiteZone{{Site: "hamburg", TimeZone: "Europe/Berlin"}, {Site: "felixstowe", TimeZone: "Europe/London"}, {Site: "newark", TimeZone: "America/New_York"}} {
		a.Sites = append(a.Sites, s)
		agendaSite(&a, i, s)
	}
	agendaDays(&a)
	agendaPeaks(&a, zone)
	return a
}

func agendaSite(a *headroom.Agenda, i int, s headroom.SiteZone) {
	week := headroom.SiteWeek{Site: s.Site}
	for d := range 7 {
		for h := range 24 {
			at := (h + 24 - []int{0, 1, 6}[i]) % 24 // on the site's clock
			v := 40 * float64(3-i)
			switch {
			case d >= 5:
				v /= 10
			case at >= 15 && at < 17:
				v *= 12
			case at >= 6 && at < 9:
				v *= 5
			}
			week.Hours[d][h] = v
			week.Documents += v
			week.ByHour[h] += v
			a.Week.Total[d][h] += v
			if v > week.BusiestDocuments {
				week.BusiestDay, week.BusiestHour, week.BusiestDocuments = d, h, v
			}
		}
	}
	a.Week.Sites = append(a.Week.Sites, week)
	year := headroom.SiteYear{Site: s.Site}
	for d := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == 2026; d = d.AddDate(0, 0, 1) {
		v := week.Documents / 5.2 * (1 + 0.1*math.Sin(float64(d.YearDay())/365*2*math.Pi))
		switch {
		case d.Weekday() == time.Saturday || d.Weekday() == time.Sunday:
			v /= 10
		case d.Month() == time.December && d.Day() < 24:
			v *= 1.5
		}
		if d.Month() == time.December && d.Day() >= 24 && d.Day() <= 26 {
			v = 0
		}
		year.Documents = append(year.Documents, v)
	}
	a.Year.Sites = append(a.Year.Sites, year)
}

func agendaDays(a *headroom.Agenda) {
	for d := range 365 {
		day := headroom.YearDay{Date: time.Date(2026, 1, 1+d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), BusiestHour: 16}
		for _, s := range a.Year.Sites {
			day.Documents += s.Documents[d]
		}
		day.BusiestDocuments = day.Documents / 8
		a.Year.Days = append(a.Year.Days, day)
	}
}

func agendaPeaks(a *headroom.Agenda, berlin *time.Location) {
	highest := 1.4
	for day := range 2 {
		for i, s := range a.Sites {
			zone, err := time.LoadLocation(s.TimeZone)
			if err != nil {
				panic(err)
			}
			from, to := time.Date(2026, 11, 23+day, 15, 0, 0, 0, zone), time.Date(2026, 11, 23+day, 17, 0, 0, 0, zone)
			at, added := to.Add(-time.Minute), 1200*float64(3-i)
			o := headroom.Occurrence{Peak: "dispatch_cutoff", Site: s.Site, TimeZone: s.TimeZone, Date: from.Format(time.DateOnly), From: from, To: to, Due: &to, Documents: 7260}
			o.Processes = []headroom.Expected{
				{Process: "order", Documents: 1460, Added: &added, Mean: 1460. / 7200, Highest: &highest, HighestAt: &at},
				{Process: "scan", Documents: 5740, Added: &added, Mean: 5740. / 7200, Highest: &highest, HighestAt: &at},
				{Process: "edi_order", Documents: 60, Added: &added, Mean: 60. / 7200},
				{Process: "pick", Operators: 8},
			}
			a.Upcoming = append(a.Upcoming, o)
		}
	}
	from := time.Date(2026, 11, 23, 16, 0, 0, 0, berlin)
	processes := []headroom.Expected{{Process: "order", Documents: 1730, Mean: 1730. / 3600}, {Process: "scan", Documents: 6820, Mean: 6820. / 3600}, {Process: "pick", Operators: 16}}
	var peaks []headroom.PeakAtSite
	for _, o := range a.Upcoming[:2] {
		peaks = append(peaks, headroom.PeakAtSite{Peak: o.Peak, Site: o.Site, From: o.From, To: o.To, Overlap: 3600})
	}
	a.Coincide = []headroom.Coincidence{{From: from, To: from.Add(time.Hour), Times: 20, Days: 28, Peaks: peaks, Sites: 2, Documents: 8550, Processes: processes}}
	a.Largest = headroom.LargestWindows{Length: 3600, Grain: 900}
	for i := range 3 {
		at := time.Date(2026, 12, 16+i, 16, 0, 0, 0, berlin)
		w := headroom.LargeWindow{From: at, To: at.Add(time.Hour), Documents: 12_830 - float64(i), Processes: processes, Peaks: peaks}
		for j, s := range a.Sites {
			zone, err := time.LoadLocation(s.TimeZone)
			if err != nil {
				panic(err)
			}
			w.Sites = append(w.Sites, headroom.SiteShare{Site: s.Site, From: at.In(zone), Documents: []float64{8000, 4700, 130}[j]})
		}
		a.Largest.Windows = append(a.Largest.Windows, w)
	}
}

// HostileAgenda is Agenda with names that try to be markup, a terminal's
// command or a spreadsheet's formula.
func HostileAgenda() headroom.Agenda {
	a := Agenda()
	a.Plan = Hostile
	a.Warnings = append(a.Warnings, Hostile)
	for i := range a.Sites {
		a.Sites[i].Site = fmt.Sprint(Hostile, i)
		a.Week.Sites[i].Site, a.Year.Sites[i].Site = a.Sites[i].Site, a.Sites[i].Site
	}
	for i := range a.Upcoming {
		a.Upcoming[i].Peak, a.Upcoming[i].Site = Hostile, a.Sites[i%3].Site
		a.Upcoming[i].Processes[0].Process = "=cmd|' /C calc'!A0"
		a.Upcoming[i].Processes[1].Process = Hostile
	}
	for i := range a.Coincide {
		a.Coincide[i].Peaks[0].Peak, a.Coincide[i].Peaks[0].Site, a.Coincide[i].Processes[0].Process = Hostile, Hostile, Hostile
	}
	for i := range a.Largest.Windows {
		a.Largest.Windows[i].Sites[0].Site = Hostile
	}
	return a
}
