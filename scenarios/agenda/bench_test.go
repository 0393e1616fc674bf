package agenda

import (
	"fmt"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// group is a plan of many sites in five time zones, with processes of every
// kind, seasons, holidays, growth and four peaks on each working day.
func group(sites int) headroom.Plan {
	zones := []string{"Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Sydney", "Europe/London"}
	holidays := []string{"de", "us", "", "au-nsw", "gb"}
	p := headroom.Plan{Headroom: 1, Name: "group", Catalogue: headroom.Catalogue{Products: 100, Partners: 10},
		Growth:  &headroom.Growth{PerYear: 0.05, Since: "2026-01-01"},
		Seasons: []headroom.Season{{Name: "advent", From: "11-15", To: "12-23", Factor: 1.5}, {Name: "summer", From: "07-01", To: "08-15", Factor: 0.8}}}
	for i, h := range holidays {
		p.Calendars = append(p.Calendars, headroom.Calendar{Name: fmt.Sprintf("c%d", i), Holidays: h,
			Closures: []headroom.Closure{{Name: "between the years", From: "12-24", To: "12-31"}}})
	}
	for i := range sites {
		p.Sites = append(p.Sites, headroom.Site{Name: fmt.Sprintf("site%03d", i), TimeZone: zones[i%5], Calendar: fmt.Sprintf("c%d", i%5), Users: 20})
	}
	p.Processes = []headroom.Process{
		{Name: "order", Scenario: "order_entry", PerHour: 60, Open: &headroom.Hours{From: "07:00", To: "20:00"}},
		{Name: "scan", Scenario: "scan", PerHour: 600},
		{Name: "edi_order", Scenario: "edi_order"},
		{Name: "pick", Scenario: "pick", Shifts: []headroom.Shift{{From: "06:00", To: "14:00", Operators: 10}, {From: "14:00", To: "22:00", Operators: 12}}, ThinkTime: 30},
		{Name: "portal", Scenario: "portal", PerHour: 100},
		{Name: "replenish", Scenario: "replenish", Runs: []headroom.Occasion{{At: "02:00"}}},
	}
	p.Peaks = []headroom.Peak{
		{Name: "receiving_window", From: "06:00", To: "09:00", PerHour: map[string]float64{"scan": 900}},
		{Name: "midday", From: "11:30", To: "13:00", Shape: "triangle", PerHour: map[string]float64{"portal": 300}},
		{Name: "dispatch_cutoff", From: "15:00", To: "17:00", Due: "17:00", Shape: "surge", PerHour: map[string]float64{"order": 300, "scan": 2000}},
		{Name: "edi_burst", From: "16:30", To: "17:00", Batches: []headroom.Batch{{Process: "edi_order", Partner: "retailer", At: "16:45", Documents: 60, Connections: 3}}},
	}
	return p
}

// BenchmarkCalendarYear is the agenda of 100 sites with the map of a year: it
// must take less than 2 s.
func BenchmarkCalendarYear(b *testing.B) {
	plan := group(100)
	o := Options{From: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), Next: 10, Largest: 10}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(plan, o); err != nil {
			b.Fatal(err)
		}
	}
}
