package agenda

import (
	"math"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// grain is the step of maps and windows. All time zones of today differ from
// UTC by a multiple of it, so that local hours and days are whole steps.
const grain = 15 * time.Minute

// steps are the documents of all processes by step.
func steps(l calendar.SiteLoad) []float64 {
	var total []float64
	for _, of := range l.Arrivals {
		if total == nil && len(of) > 0 {
			total = make([]float64, len(of))
		}
		for i, v := range of {
			total[i] += v
		}
	}
	return total
}

// settle leaves nine significant digits, so that sums that differ by rounding
// alone are equal, and their order is that of time.
func settle(v float64) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-8)
	return math.Round(v/unit) * unit
}

// midnight is the first moment of a day, which may not be at 00:00.
func midnight(year int, month time.Month, day int, zone *time.Location) time.Time {
	t := time.Date(year, month, day, 0, 0, 0, 0, zone)
	for t.Hour() > 12 { // clocks that skip midnight: time.Date may answer with the evening before
		t = t.Add(grain)
	}
	return t
}

// A clock says on which day and in which hour each step of a span lies.
type clock struct {
	from, to time.Time
	day      []int // by step, an index into dates
	hour     []int // by step
	dates    []string
}

func newClock(from, to time.Time) clock {
	c := clock{from: from, to: to}
	last := 0
	for t := from; t.Before(to); t = t.Add(grain) {
		if d := t.YearDay(); d != last {
			last = d
			c.dates = append(c.dates, t.Format(time.DateOnly))
		}
		c.day = append(c.day, len(c.dates)-1)
		c.hour = append(c.hour, t.Hour())
	}
	return c
}

// week is the week's map.
func (b *builder) week() (headroom.WeekMap, error) {
	y, m, d := b.o.Week.In(b.zone).Date()
	back := (int(time.Date(y, m, d, 12, 0, 0, 0, time.UTC).Weekday()) + 6) % 7
	from, to := midnight(y, m, d-back, b.zone), midnight(y, m, d-back+7, b.zone)
	w := headroom.WeekMap{Monday: from.Format(time.DateOnly), TimeZone: b.zone.String()}
	c := newClock(from, to)
	err := b.loads(from, to, grain, func(l calendar.SiteLoad) {
		site := headroom.SiteWeek{Site: l.Site}
		for i, v := range steps(l) {
			site.Hours[c.day[i]][c.hour[i]] += v
			w.Total[c.day[i]][c.hour[i]] += v
		}
		sum(&site)
		w.Sites = append(w.Sites, site)
	})
	return w, err
}

// sum fills in what follows from a site's hours.
func sum(s *headroom.SiteWeek) {
	for d, hours := range s.Hours {
		for h, v := range hours {
			s.Documents += v
			s.ByHour[h] += v
			if settle(v) > settle(s.BusiestDocuments) {
				s.BusiestDay, s.BusiestHour, s.BusiestDocuments = d, h, v
			}
		}
	}
}

// A wholeYear is a year's map and what the largest windows are found in.
type wholeYear struct {
	clock
	days  headroom.YearMap
	total []float64 // documents by step
}

func (b *builder) year() (wholeYear, error) {
	from, to := midnight(b.o.Year, 1, 1, b.zone), midnight(b.o.Year+1, 1, 1, b.zone)
	y := wholeYear{clock: newClock(from, to)}
	y.days = headroom.YearMap{Year: b.o.Year, TimeZone: b.zone.String()}
	y.total = make([]float64, len(y.day))
	days := len(y.dates)
	err := b.loads(from, to, grain, func(l calendar.SiteLoad) {
		site := headroom.SiteYear{Site: l.Site, Documents: make([]float64, days)}
		for i, v := range steps(l) {
			site.Documents[y.day[i]] += v
			y.total[i] += v
		}
		y.days.Sites = append(y.days.Sites, site)
	})
	if err != nil {
		return y, err
	}
	hours := make([]headroom.Hours24, days)
	for i, v := range y.total {
		hours[y.day[i]][y.hour[i]] += v
	}
	for d, of := range hours {
		day := headroom.YearDay{Date: y.dates[d]}
		for h, v := range of {
			day.Documents += v
			if settle(v) > settle(day.BusiestDocuments) {
				day.BusiestHour, day.BusiestDocuments = h, v
			}
		}
		y.days.Days = append(y.days.Days, day)
	}
	return y, nil
}
