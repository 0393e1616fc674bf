package calendar

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Europe/Berlin changes at 02:00 on 29 March 2026 to 03:00, and at 03:00 on
// 25 October 2026 back to 02:00; both at 01:00 UTC.
func TestWall(t *testing.T) {
	for _, c := range []struct {
		zone  string
		date  day
		clock string
		want  string // UTC
	}{
		{"Europe/Berlin", dayOf(2026, 11, 20), "17:00", "2026-11-20T16:00:00Z"},
		{"Europe/Berlin", dayOf(2026, 7, 1), "17:00:30", "2026-07-01T15:00:30Z"},
		{"Europe/Berlin", dayOf(2026, 3, 29), "01:59:59", "2026-03-29T00:59:59Z"},
		{"Europe/Berlin", dayOf(2026, 3, 29), "02:00", "2026-03-29T01:00:00Z"}, // left out: the change
		{"Europe/Berlin", dayOf(2026, 3, 29), "02:30", "2026-03-29T01:00:00Z"}, // left out: the change
		{"Europe/Berlin", dayOf(2026, 3, 29), "03:00", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", dayOf(2026, 3, 29), "03:30", "2026-03-29T01:30:00Z"},
		{"Europe/Berlin", dayOf(2026, 3, 29), "24:00", "2026-03-29T22:00:00Z"},
		{"Europe/Berlin", dayOf(2026, 10, 25), "01:59:59", "2026-10-24T23:59:59Z"},
		{"Europe/Berlin", dayOf(2026, 10, 25), "02:00", "2026-10-25T00:00:00Z"}, // twice: the first
		{"Europe/Berlin", dayOf(2026, 10, 25), "02:30", "2026-10-25T00:30:00Z"}, // twice: the first
		{"Europe/Berlin", dayOf(2026, 10, 25), "03:00", "2026-10-25T02:00:00Z"},
		{"America/New_York", dayOf(2026, 3, 8), "02:30", "2026-03-08T07:00:00Z"},
		{"America/New_York", dayOf(2026, 11, 1), "01:30", "2026-11-01T05:30:00Z"},
		{"Australia/Lord_Howe", dayOf(2026, 4, 5), "01:45", "2026-04-04T14:45:00Z"}, // a change of 30 minutes
		{"Australia/Lord_Howe", dayOf(2026, 10, 4), "02:15", "2026-10-03T15:30:00Z"},
		{"Pacific/Apia", dayOf(2011, 12, 30), "10:00", "2011-12-30T10:00:00Z"}, // a day left out
		{"UTC", dayOf(2026, 3, 29), "02:30", "2026-03-29T02:30:00Z"},
	} {
		seconds, err := parseClock(c.clock)
		if err != nil {
			t.Fatal(err)
		}
		if got := wall(c.date, seconds, zone(t, c.zone)).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s %v %s is %s, want %s", c.zone, c.date, c.clock, got, c.want)
		}
	}
}

// Through both nights, wall never goes back as the clock goes on, and shows
// what was asked wherever clocks ever show it.
func TestWallIsMonotone(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for _, date := range []day{dayOf(2026, 3, 29), dayOf(2026, 10, 25)} {
		last := wall(date, 0, berlin)
		for s := 60; s <= 86_400; s += 60 {
			now := wall(date, s, berlin)
			if now.Before(last) {
				t.Fatalf("%v: %d s is before %d s", date, s, s-60)
			}
			spring := date == dayOf(2026, 3, 29) && s >= 2*3600 && s < 3*3600
			if local := now.In(berlin); !spring && local.Hour()*3600+local.Minute()*60 != s%86_400 {
				t.Fatalf("%v: at %d s clocks show %s", date, s, local)
			}
			last = now
		}
	}
}

// A night peak from 01:00 to 05:00 lasts 3 hours in spring and 5 in autumn, at
// the same rate per hour; a batch in the hour that autumn repeats comes once.
func TestPeaksOnTheNightsOfChange(t *testing.T) {
	p := small()
	p.Processes[0].PerHour = 0
	p.Peaks = []headroom.Peak{{Name: "night", When: headroom.When{Days: []string{"sun"}}, From: "01:00", To: "05:00", Shape: surge,
		PerHour: map[string]float64{"order": 100},
		Batches: []headroom.Batch{{Process: "order", Partner: "r", At: "02:30", Documents: 4, Connections: 1}}}}
	berlin := zone(t, "Europe/Berlin")
	for _, c := range []struct {
		date         day
		hours, batch float64 // since 00:00
	}{{dayOf(2026, 3, 22), 4, 2.5}, {dayOf(2026, 3, 29), 3, 2}, {dayOf(2026, 10, 25), 5, 2.5}} {
		s := schedule4(t, p, Window{At: wall(c.date, 0, berlin), Seconds: 12 * 3600}, 1, 1)
		if got := rateOf(s, 0, 0).total(); math.Abs(got-100*c.hours) > 1e-6 {
			t.Errorf("%v: %g arrivals expected, want %g", c.date, got, 100*c.hours)
		}
		if want := []headroom.Span{{Name: "night", From: 3600, To: 3600 * (1 + c.hours)}}; !reflect.DeepEqual(s.header.Spans, want) {
			t.Errorf("%v: spans %v, want %v", c.date, s.header.Spans, want)
		}
		var batch []headroom.Arrival
		for _, a := range arrivals(t, s) {
			if a.Kind == headroom.Batched {
				batch = append(batch, a)
			}
		}
		if want := duration(c.batch * 3600); len(batch) != 4 || batch[0].At != want || batch[3].At != want {
			t.Errorf("%v: batch %v, want 4 documents at %v", c.date, batch, want)
		}
	}
}

func TestWindowAcrossMidnight(t *testing.T) {
	p := small()
	p.Processes[0].PerHour = 0
	p.Peaks = []headroom.Peak{
		{Name: "late", When: headroom.When{Days: []string{"fri"}}, From: "23:00", To: "24:00", PerHour: map[string]float64{"order": 600}},
		{Name: "early", When: headroom.When{Days: []string{"sat"}}, From: "00:00", To: "01:00", PerHour: map[string]float64{"order": 1200}},
		{Name: "weekday", From: "00:00", To: "01:00", PerHour: map[string]float64{"order": 1e6}}, // not on a Saturday
	}
	w := Window{At: wall(dayOf(2026, 11, 20), 23*3600+1800, zone(t, "Europe/Berlin")), LeadIn: 900, Seconds: 3600}
	s := schedule4(t, p, w, 1, 1)
	want := []headroom.Span{{Name: "late", From: 0, To: 2700}, {Name: "early", From: 2700, To: 4500}}
	if !reflect.DeepEqual(s.header.Spans, want) || !s.header.Shortened {
		t.Errorf("spans %v, want %v; shortened %t", s.header.Spans, want, s.header.Shortened)
	}
	if r := rateOf(s, 0, 0); math.Abs(r.until(2700)-450) > 1e-9 || math.Abs(r.total()-1050) > 1e-9 {
		t.Errorf("%g arrivals expected until midnight and %g in all, want 450 and 1050", r.until(2700), r.total())
	}
}

// The same wall-clock peak comes at another moment in another time zone.
func TestPeaksFollowEachSitesClock(t *testing.T) {
	p := small()
	p.Sites = append(p.Sites, headroom.Site{Name: "west", TimeZone: "America/New_York", Users: 1})
	p.Peaks = []headroom.Peak{{Name: "cutoff", From: "15:00", To: "17:00", PerHour: map[string]float64{"order": 60}}}
	s := schedule4(t, p, Window{At: friday, Seconds: 12 * 3600}, 1, 1)
	want := []headroom.Span{{Name: "cutoff", From: 0, To: 7200, Sites: []string{"hub"}},
		{Name: "cutoff", From: 6 * 3600, To: 8 * 3600, Sites: []string{"west"}}}
	if !reflect.DeepEqual(s.header.Spans, want) || s.header.Shortened {
		t.Errorf("spans %v, want %v; shortened %t", s.header.Spans, want, s.header.Shortened)
	}
}

func TestCheck(t *testing.T) {
	p := small()
	p.Sites[0].Users = 0
	p.Sites[0].TimeZone = "Mars/Olympus"
	p.Processes[0].PerHour = math.NaN()
	p.Peaks = []headroom.Peak{
		{Name: "a", From: "3pm", To: "17:00", Shape: "saw", When: headroom.When{Days: []string{"fri", "Sat"}}, PerHour: map[string]float64{"order": -1}},
		{Name: "b", From: "17:00", To: "15:00:00"},
		{Name: "c", From: "15:00", To: "17:00", Batches: []headroom.Batch{
			{Process: "order", Partner: "r", At: "16:00", Connections: 2, Documents: 1},
			{Process: "order", Partner: "r", At: "16:00", Connections: 3, Documents: -1},
			{Process: "order", Partner: "q", At: "18:00"}}},
	}
	p.Demo = map[string]headroom.Demo{"odoo": {Date: "20.11.2026", From: "16:59"}, "erp": {Date: "2026-11-20", From: "1659", Seconds: 1}}
	var got []string
	for _, q := range Check(p) {
		got = append(got, q.Error())
	}
	want := []string{
		`sites[0].time_zone: there is no time zone "Mars/Olympus"; use an IANA name such as "Europe/Berlin"`,
		`sites[0].users: a site needs at least one user`,
		`processes[0].per_hour: a rate of NaN per hour cannot be replayed`,
		`peaks[0].from: "3pm" is not a time of day; write it as "15:00" or "15:00:30"`,
		`peaks[0].shape: there is no shape "saw"; use flat, ramp, triangle, surge, wave or table`,
		`peaks[0].days[1]: there is no day "Sat"; use mon, tue, wed, thu, fri, sat or sun`,
		`peaks[0].per_hour.order: a rate of -1 per hour cannot be replayed`,
		`peaks[1].to: the peak ends at 15:00:00, which is not after its beginning at 17:00; write a peak across midnight as two`,
		`peaks[2].batches[1].documents: a batch cannot have -1 documents`,
		`peaks[2].batches[1]: partner "r" sends "order" twice at 16:00; make one batch of the documents of both`,
		`peaks[2].batches[1].connections: partner "r" has 3 connections here and 2 before; give the partner one number`,
		`peaks[2].batches[2].at: the batch comes at 18:00, outside of its peak from 15:00 to 17:00; move one of them`,
		`peaks[2].batches[2].connections: a partner needs at least one connection`,
		`demo.erp.from: "1659" is not a time of day; write it as "15:00" or "15:00:30"`,
		`demo.odoo.date: "20.11.2026" is not a date; write it as "2026-11-20"`,
		`demo.odoo.seconds: a demo of 0 s after a lead-in of 0 s cannot be replayed`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	if problems := Check(pilot(t)); problems != nil {
		t.Errorf("the shipped plan: %v", problems)
	}
}
