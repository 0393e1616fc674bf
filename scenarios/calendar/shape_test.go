package calendar

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

func low(v float64) *float64 { return &v }

// shaped are peaks of all shapes from 01:00 to 05:00.
func shaped() map[string]headroom.Peak {
	return map[string]headroom.Peak{
		"flat":              {},
		"ramp":              {Shape: ramp},
		"ramp from 0":       {Shape: ramp, Low: low(0)},
		"surge":             {Shape: surge},
		"surge, steep":      {Shape: surge, Low: low(0.8), Steep: 0.25},
		"surge, very steep": {Shape: surge, Low: low(0), Steep: 0.001},
		"triangle":          {Shape: triangle},
		"triangle, late":    {Shape: triangle, Low: low(0.2), Top: "04:30"},
		"triangle, falling": {Shape: triangle, Low: low(0), Top: "01:00"},
		"wave":              {Shape: wave},
		"wave, early":       {Shape: wave, Low: low(0.1), Top: "01:20"},
		"wave, late":        {Shape: wave, Low: low(0), Top: "05:00"},
		"low of 1":          {Shape: triangle, Low: low(1)},
		"table":             {Shape: table, Table: []headroom.TablePoint{{At: "01:00", Level: 3}, {At: "02:30", Level: 0}, {At: "03:15", Level: 8}}},
		"table, late":       {Shape: table, Table: []headroom.TablePoint{{At: "04:59:59", Level: 1e-3}}},
	}
}

// The nights of change: 02:30 does not exist, or exists twice.
var nights = []struct {
	zone string
	day  day
	note string
}{
	{"Europe/Berlin", dayOf(2026, 7, 5), "ordinary"},
	{"Europe/Berlin", dayOf(2026, 3, 29), "spring"},
	{"Europe/Berlin", dayOf(2026, 10, 25), "autumn"},
	{"America/New_York", dayOf(2026, 3, 8), "spring"},
	{"America/New_York", dayOf(2026, 11, 1), "autumn"},
	{"Australia/Lord_Howe", dayOf(2026, 10, 4), "spring, by half an hour"},
	{"Australia/Lord_Howe", dayOf(2026, 4, 5), "autumn, by half an hour"},
	{"Pacific/Kiritimati", dayOf(2026, 10, 25), "ordinary, UTC+14"},
}

// Over its window, each shape has the mean 1: rates keep their mean and work its
// amount, on every night.
func TestShapesHaveMeanOne(t *testing.T) {
	for name, peak := range shaped() {
		for _, n := range nights {
			p := small()
			p.Sites[0].TimeZone = n.zone
			p.Processes = []headroom.Process{{Name: "order", Scenario: "order"},
				{Name: "scan", Scenario: "scan", Lines: headroom.Lines{Mean: 4, Max: 10}}}
			peak.Name, peak.From, peak.To, peak.Days = name, "01:00", "05:00", weekdays[:]
			peak.PerHour = map[string]float64{"order": 100}
			peak.Work = map[string]headroom.Work{"scan": {Lines: 1200}}
			p.Peaks = []headroom.Peak{peak}
			s := schedule4(t, p, Window{At: wall(n.day, 0, zone(t, n.zone)), Seconds: 9 * 3600}, 1, 1)
			hours := wall(n.day, 5*3600, zone(t, n.zone)).Sub(wall(n.day, 3600, zone(t, n.zone))).Hours()
			if got := rateOf(s, 0, 0).total(); math.Abs(got/(100*hours)-1) > 1e-9 {
				t.Errorf("%s, %s %s: %.9g arrivals in %g h at 100/h", name, n.zone, n.note, got, hours)
			}
			if got, want := rateOf(s, 0, 1).total(), 1200/p.Processes[1].Lines.MeanLines(); math.Abs(got/want-1) > 1e-9 {
				t.Errorf("%s, %s %s: %.9g documents of work, want %.9g", name, n.zone, n.note, got, want)
			}
		}
	}
}

// Levels at some times of a window of 4 hours, by hand.
func TestShapes(t *testing.T) {
	for _, c := range []struct {
		shape string
		at    float64 // share of the window
		want  float64
	}{
		{"ramp", 0, 0.5}, {"ramp", 1, 1.5}, {"ramp from 0", 0.25, 0.5}, {"surge", 0.5, 1}, {"surge", 1, 1.5},
		{"surge, steep", 0.7, 0.8}, {"surge, steep", 1, 0.8 + 2*0.2*4}, {"surge, steep", 0.875, 0.8 + 0.2*4},
		{"triangle", 0, 0.5}, {"triangle", 0.5, 1.5}, {"triangle", 0.75, 1},
		{"triangle, late", 0.875, 1.8}, {"triangle, late", 1, 0.2}, {"triangle, falling", 0, 2}, {"triangle, falling", 0.5, 1},
		{"wave", 0, 0.5}, {"wave", 0.25, 0.5 + 0.5/(0.125+0.75*5/12)}, {"wave", 0.5, 0.5 + 0.25/(0.125+0.75*5/12)}, {"wave", 1, 0.5},
		{"low of 1", 0.3, 1},
		// Levels 3 for 1.5 h, 0 for 0.75 h, 8 for 1.75 h: a mean of 18.5/4.
		{"table", 0.1, 3 / (18.5 / 4)}, {"table", 0.5, 0}, {"table", 0.9, 8 / (18.5 / 4)}, {"table, late", 0.5, 0}, {"table, late", 0.99995, 14_400},
	} {
		peak := shaped()[c.shape]
		s, err := newShape(peak)
		if err != nil {
			t.Fatal(err)
		}
		segments := s.segments(nil, 3600, 5*3600, func(s int) float64 { return float64(s) })
		at, got := 3600+c.at*4*3600, math.NaN()
		for _, g := range segments {
			if g.from <= at && at <= g.to {
				got = g.at(at)
			}
		}
		if math.Abs(got-c.want) > 1e-9*(1+c.want) {
			t.Errorf("%s at %g of the window: %g, want %g", c.shape, c.at, got, c.want)
		}
	}
}

// A plan with everything that makes rates, against its meaning, minute by
// minute: the local time of each moment alone says what the rate is then.
func TestRateAgainstItsMeaning(t *testing.T) {
	p := small()
	p.Calendars = []headroom.Calendar{{Name: "c", Holidays: "de-by"}}
	p.Sites[0].Calendar = "c"
	p.Processes[0].PerHour = 60
	p.Processes[0].Open = &headroom.Hours{When: headroom.When{Days: []string{"mon", "wed", "sun"}}, From: "22:00", To: "05:30"}
	p.Peaks = []headroom.Peak{{Name: "f", From: "20:00", To: "24:00", PerHour: map[string]float64{"order": 120}},
		{Name: "g", When: headroom.When{Days: []string{"mon"}}, From: "23:00", To: "23:30", PerHour: map[string]float64{"order": 600}}}
	p.Seasons = []headroom.Season{{Name: "winter", From: "12-30", To: "01-02", Factor: 3}, {Name: "sale", From: "2027-01-04", To: "2027-01-05", Factor: 0.5},
		{Name: "other", Processes: []string{"scan"}, From: "01-01", To: "12-31", Factor: 9}}
	p.Processes = append(p.Processes, headroom.Process{Name: "scan", Scenario: "scan"})
	p.Growth = &headroom.Growth{PerYear: 0.25, Since: "2027-01-01"}
	berlin := zone(t, "Europe/Berlin")
	start := time.Date(2026, 12, 27, 12, 0, 0, 0, berlin)
	s := schedule4(t, p, Window{At: start, Seconds: 14 * 86_400}, 1, 2)
	r := rateOf(s, 0, 0)
	open := func(d time.Time) bool {
		w := d.Weekday()
		return w == time.Monday || w == time.Wednesday || w == time.Sunday
	}
	closed := func(d time.Time) bool { x := d.Format("01-02"); return x == "01-01" || x == "01-06" }
	var sum float64
	for m := range 14 * 1440 {
		at := start.Add(time.Duration(m)*time.Minute + 30*time.Second)
		local := at.In(berlin)
		clock := local.Format("15:04")
		v := 0.0
		if clock >= "22:00" && open(local) && !closed(local) || clock < "05:30" && open(local.AddDate(0, 0, -1)) && !closed(local.AddDate(0, 0, -1)) {
			v++
		}
		if w := local.Weekday(); w >= time.Monday && w <= time.Friday && !closed(local) {
			if clock >= "20:00" {
				v += 2
			}
			if w == time.Monday && clock >= "23:00" && clock < "23:30" {
				v += 10
			}
		}
		switch d := local.Format("01-02"); {
		case d >= "12-30" || d <= "01-02":
			v *= 3
		case d == "01-04" || d == "01-05":
			v *= 0.5
		}
		if days := dayOf(local.Date()) - dayOf(2027, 1, 1); days > 0 {
			v *= math.Pow(1.25, float64(days)/365.2425)
		}
		sum += 2 * v
		if got := r.until(float64(m+1) * 60); math.Abs(got-sum) > 1e-6*(1+sum) {
			t.Fatalf("%s: %g arrivals expected until then, want %g", local, got, sum)
		}
	}
}

func TestVariation(t *testing.T) {
	var sum, squares float64
	const n = 40_000
	for d := range day(n) {
		v := variation(0.4, 7, "hub", d)
		sum += v
		squares += (v - 1) * (v - 1)
	}
	if mean, cv := sum/n, math.Sqrt(squares/n); math.Abs(mean-1) > 4*0.4/200 || math.Abs(cv-0.4) > 0.01 {
		t.Errorf("mean %g and coefficient of variation %g, want 1 and 0.4", mean, cv)
	}
	if a := variation(0.4, 7, "hub", 5); a == variation(0.4, 8, "hub", 5) || a == variation(0.4, 7, "dock", 5) || a == variation(0.4, 7, "hub", 6) {
		t.Error("another seed, site or day has the same factor")
	}
	// All processes of a site have it, and all days' rates follow from it.
	p := small()
	p.DayVariation = 0.4
	p.Processes = append(p.Processes, headroom.Process{Name: "scan", Scenario: "scan", PerHour: 60})
	s := schedule4(t, p, Window{At: wall(dayOf(2026, 11, 20), 0, zone(t, "Europe/Berlin")), Seconds: 3 * 86_400}, 7, 1)
	for d := range day(3) {
		v := variation(0.4, 7, "hub", dayOf(2026, 11, 20)+d)
		for j, perHour := range []float64{3600, 60} {
			r, from := rateOf(s, 0, j), float64(d)*86_400
			if got := r.until(from+86_400) - r.until(from); math.Abs(got/(24*perHour*v)-1) > 1e-9 {
				t.Errorf("day %d, process %d: %g arrivals expected, want %g", d, j, got, 24*perHour*v)
			}
		}
	}
}

func TestSeasonsAndGrowthScaleBatches(t *testing.T) {
	p := small()
	p.Peaks = []headroom.Peak{{Name: "edi", From: "15:00", To: "16:00", Batches: []headroom.Batch{
		{Process: "order", Partner: "r", At: "15:00", Documents: 10, Connections: 1}}}}
	p.Processes[0].PerHour = 0
	p.Seasons = []headroom.Season{{Name: "s", From: "11-20", To: "11-20", Factor: 2.5}}
	p.Growth = &headroom.Growth{PerYear: 1, Since: "2026-11-19"}
	p.DayVariation = 1
	for scale, want := range map[float64]int{1: 25, 0.1: 3, 0.01: 0} {
		if got := arrivals(t, schedule4(t, p, Window{At: friday, Seconds: 1}, 1, scale)); len(got) != want {
			t.Errorf("scale %g: %d documents, want %d", scale, len(got), want)
		}
	}
}

func ExampleOccurrences() {
	p := small()
	p.Peaks = []headroom.Peak{{Name: "close", When: headroom.When{BusinessDays: []string{"last of month"}}, From: "16:00", To: "18:00", Due: "18:00",
		Shape: triangle, PerHour: map[string]float64{"order": 600}}}
	for o, err := range Occurrences(p, friday, friday.AddDate(0, 2, 0)) {
		if err != nil {
			fmt.Println(err)
			return
		}
		l := o.Processes[0]
		fmt.Printf("%s, %s to %s: %.0f orders, %.0f of them its own, up to %.2f/s at %s\n", o.Date, o.From.Format("15:04"), o.To.Format("15:04"),
			l.Documents, l.Added, l.Highest, l.HighestAt.Format("15:04"))
	}
	// Output:
	// 2026-11-30, 16:00 to 18:00: 8400 orders, 1200 of them its own, up to 1.25/s at 17:00
	// 2026-12-31, 16:00 to 18:00: 8400 orders, 1200 of them its own, up to 1.25/s at 17:00
}
