package calendar

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// A chooser makes plans: mostly sound ones, of everything that there is.
type chooser struct{ *rand.Rand }

func (c chooser) one(of ...string) string { return of[c.IntN(len(of))] }

func (c chooser) some(of ...string) (out []string) {
	for _, s := range of {
		if c.IntN(3) == 0 {
			out = append(out, s)
		}
	}
	return out
}

func (c chooser) clock() string {
	return c.one("00:00", "00:00", "01:30", "02:00", "02:15", "02:30", "02:59:59", "03:00", "12:00", "23:30", "23:59:59")
}

func (c chooser) date() string {
	return c.one("2026-03-29", "2026-10-25", "2026-12-31", "2027-01-01", "2028-02-29", "2026-11-20")
}

func (c chooser) number(of ...float64) float64 { return of[c.IntN(len(of))] }

// rarely is something that may be unsound, and else, mostly, something sound.
func (c chooser) rarely(wild, sound string) string {
	if c.IntN(20) == 0 {
		return wild
	}
	return sound
}

func (c chooser) when(rule, business string) (w headroom.When) {
	w.Closed = c.one("", skip, keep, previous, next)
	switch c.IntN(6) {
	case 0:
		w.Days = c.some(weekdays[:]...)
	case 1:
		w.Rule = c.one(c.rarely(rule, "FREQ=DAILY"), "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=WEEKLY;BYDAY=SU,SA", "DTSTART=20260101;FREQ=DAILY;INTERVAL=2")
	case 2:
		w.BusinessDays = []string{c.one(c.rarely(business, "last of month"), "last 3 of month", "2nd last before holiday", "first 5 after holiday", "1st of week", "40th of year")}
	case 3:
		w.Dates = []string{c.date(), c.date()}
	}
	return w
}

func (c chooser) stretch() (string, string) {
	if c.IntN(2) == 0 {
		return c.one("2026-10-20", "2026-03-29"), c.one("", "2026-11-20", "2027-03-29")
	}
	return c.one("01-01", "11-15", "12-24", "02-29"), c.one("", "01-06", "12-26", "12-31")
}

func (c chooser) plan(rule, business, clock string, figure float64) headroom.Plan {
	p := headroom.Plan{Name: "fuzz", DayVariation: c.number(0, 0, 0.3, 2)}
	for _, name := range []string{"k", "l"} {
		k := headroom.Calendar{Name: name, Holidays: c.one("", "de", "us", "jp", "au-nsw"), WorkingDays: c.some(weekdays[:]...), ExtraDays: []string{"2026-10-25"}}
		from, to := c.stretch()
		k.Closures = []headroom.Closure{{From: from, To: to}}
		p.Calendars = append(p.Calendars, k)
	}
	for _, name := range []string{"a", "b", "c"}[:1+c.IntN(3)] {
		p.Sites = append(p.Sites, headroom.Site{Name: name, Users: 1 + c.IntN(9), Calendar: c.one("", "k", "l"),
			TimeZone: c.one("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Apia", "America/Sao_Paulo")})
	}
	for _, name := range []string{"order", "scan", "pick", "month_end"} {
		q := headroom.Process{Name: name, Scenario: name, PerHour: c.number(0, 0, 7, figure), Sites: c.some("a"), ThinkTime: c.number(0, 30, 3600), DueWithin: c.number(0, 600)}
		if c.IntN(2) == 0 {
			q.Open = &headroom.Hours{When: c.when(rule, business), From: c.clock(), To: c.clock()}
		}
		if c.IntN(3) == 0 {
			q.Shifts = append(q.Shifts, headroom.Shift{When: c.when(rule, business), From: c.clock(), To: c.clock(), Operators: 1 + c.IntN(5), Stagger: c.number(0, 0, 0, 600)})
		}
		if c.IntN(3) == 0 {
			q.Runs = append(q.Runs, headroom.Occasion{When: c.when(rule, business), At: c.rarely(clock, "02:30")},
				headroom.Occasion{When: c.when(rule, business), From: c.clock(), To: c.clock(), Every: c.number(60, 1800.5, 86_400)})
		}
		p.Processes = append(p.Processes, q)
	}
	for _, name := range []string{"p", "q", "r"} {
		k := headroom.Peak{Name: name, When: c.when(rule, business), From: c.rarely(clock, c.one("00:00", "01:30")), To: c.one("02:30", "17:00", "24:00"),
			Shape: c.one(append([]string{""}, shapes...)...), Steep: c.number(0, 0.01, 1),
			PerHour: map[string]float64{"order": c.number(0, 60, figure)}, Work: map[string]headroom.Work{"scan": {Documents: c.number(0, 100, figure)}},
			Batches: []headroom.Batch{{Process: "order", Partner: "x", At: c.one("02:00", "02:15", "02:30"), Documents: c.IntN(50), Connections: 2}}}
		if c.IntN(2) == 0 {
			k.Due = "24:00"
		}
		if k.Shape == table {
			k.Table = []headroom.TablePoint{{At: "01:30", Level: 1}, {At: "02:00", Level: c.number(0, 3, figure)}, {At: "02:20", Level: 2}}
		} else if c.IntN(2) == 0 {
			k.Top = c.one("01:45", "02:00", "02:30")
		}
		p.Peaks = append(p.Peaks, k)
	}
	from, to := c.stretch()
	p.Seasons = []headroom.Season{{Name: "s", From: from, To: to, Factor: c.number(0, 0.5, 3, 100)}}
	p.Growth = &headroom.Growth{PerYear: c.number(-0.5, 0, 0.2, 3), Since: c.date()}
	return p
}

// No plan makes the calendar panic, hang, or give arrivals out of order or
// outside of the window; and what it cannot do is the plan's fault.
func FuzzPlan(f *testing.F) {
	f.Add(uint64(1), int64(1_795_000_000), 10.0, 6e4, 1.0, 3600.0, "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=3", "last of quarter", "02:10")
	f.Add(uint64(2), int64(1_774_746_000), 0.0, 1e5, 0.1, 0.0, "FREQ=DAILY", "3rd of month", "02:30") // a night of change
	f.Add(uint64(3), int64(1_792_886_400), 0.5, 3e5, 2.0, 1e-7, "", "", "24:00")
	for seed := range uint64(40) { // plans over the nights of change and New Year
		at := []int64{1_774_746_000, 1_792_886_400, 1_798_700_000, 1_791_028_800}[seed%4]
		f.Add(seed+10, at, 1800.25, 1e5, 1.0, 50.0, "FREQ=WEEKLY;BYDAY=SU", "last 2 of week", "01:00")
	}
	f.Fuzz(func(t *testing.T, seed uint64, at int64, lead, seconds, scale, figure float64, rule, business, clock string) {
		c := chooser{rand.New(rand.NewPCG(seed, 1))}
		p := c.plan(rule, business, clock, figure)
		w := Window{At: time.Unix(at%(1<<33), 0), LeadIn: lead, Seconds: seconds}
		blame := func(err error) {
			t.Helper()
			if err != nil && headroom.ExitCode(err) != headroom.ExitBadInput {
				t.Fatal(err)
			}
		}
		s, err := New(p, w, seed, scale, players)
		if err != nil {
			blame(err)
			return
		}
		span, h := duration(lead+seconds), s.Header()
		var last headroom.Arrival
		for a, err := range s.Arrivals() {
			blame(err)
			site := h.Sites[a.Site]
			if a.ID != last.ID+1 || a.At < last.At || a.At < 0 || a.At >= span || int(a.User) > site.Users || (int(a.User) == site.Users) != (a.Process == 3) ||
				a.Kind == headroom.Closed && (a.Until <= a.At || a.Until > span) || a.Kind != headroom.Closed && a.Until != 0 || a.Due != 0 && a.Due < a.At ||
				a.Kind == headroom.Batched && int(a.Lane) >= len(h.Lanes) {
				t.Fatalf("%+v after %+v of %v", a, last, span)
			}
			if last = a; a.ID > 20_000 {
				break // a high rate is as good as any
			}
		}
		for _, x := range h.Spans {
			if !(x.From >= 0 && x.From < x.To && x.To <= lead+seconds) {
				t.Fatalf("span %v of %g s", x, lead+seconds)
			}
		}
		n, from := 0, time.Time{}
		for o, err := range Occurrences(p, w.At, w.At.AddDate(0, 1, 0)) {
			blame(err)
			if err == nil && (o.From.Before(from) || !o.From.Before(o.To) || !o.To.After(w.At)) {
				t.Fatalf("%+v after %s", o, from)
			}
			for _, l := range o.Processes {
				if !(l.Documents >= 0 && l.Added >= 0 && l.Mean >= 0 && l.Operators >= 0) || math.IsInf(l.Documents+l.Highest, 0) || l.Highest < l.Mean*(1-1e-9) {
					t.Fatalf("%s at %s on %s: %+v", o.Peak, o.Site, o.Date, l)
				}
			}
			if from = o.From; n > 500 {
				break
			}
			n++
		}
		for l, err := range Load(p, w.At, w.At.Add(50*time.Hour), time.Hour) {
			blame(err)
			for _, cells := range l.Arrivals {
				for _, x := range cells {
					if !(x >= 0) || math.IsInf(x, 0) {
						t.Fatalf("%g arrivals at %s", x, l.Site)
					}
				}
			}
		}
	})
}
