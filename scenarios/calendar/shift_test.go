package calendar

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// pickers has one shift, and 12 users.
func pickers(s ...headroom.Shift) headroom.Plan {
	p := small()
	p.Sites[0].Users = 12
	p.Processes = []headroom.Process{{Name: "pick", Scenario: "pick", ThinkTime: 40, Shifts: s}}
	return p
}

func of8(from, to string, n int, stagger float64) headroom.Shift {
	return headroom.Shift{When: headroom.When{Days: weekdays[:]}, From: from, To: to, Operators: n, Stagger: stagger}
}

func TestShift(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	w := Window{At: wall(dayOf(2026, 11, 20), 12*3600, berlin), Seconds: 10 * 3600}
	s := schedule4(t, pickers(of8("14:00", "18:00", 4, 600)), w, 1, 1)
	got := arrivals(t, s)
	for i, a := range got {
		if a.Kind != headroom.Closed || a.At != 2*time.Hour+time.Duration(i)*150*time.Second || a.Until != 6*time.Hour || a.Due != 0 {
			t.Errorf("operator %d: %+v", i, a)
		}
	}
	if q := s.header.Processes[0]; len(got) != 4 || q.ThinkTime != 40 || q.ThinkSCV != 1 {
		t.Errorf("%d operators of %+v", len(got), q)
	}
	// At twice the scale, and hardly any.
	for scale, want := range map[float64]int{2: 8, 0.6: 2, 0.01: 1} {
		if n := len(arrivals(t, schedule4(t, pickers(of8("14:00", "18:00", 4, 600)), w, 1, scale))); n != want {
			t.Errorf("scale %g: %d operators, want %d", scale, n, want)
		}
	}
}

// Seasons, growth and random days do not change head counts.
func TestSeasonsLeaveHeadCounts(t *testing.T) {
	p := pickers(of8("14:00", "18:00", 4, 0))
	p.Seasons = []headroom.Season{{Name: "s", From: "01-01", To: "12-31", Factor: 9}}
	p.DayVariation = 1
	if n := len(arrivals(t, schedule4(t, p, Window{At: friday, Seconds: 3600}, 1, 1))); n != 4 {
		t.Errorf("%d operators", n)
	}
}

// Who began before the run is there from its start, spread over one think time,
// and works to the shift's end or the run's.
func TestShiftInProgress(t *testing.T) {
	for _, c := range []struct {
		name    string
		shift   headroom.Shift
		seconds float64
		early   int // at once, within a think time
		late    []time.Duration
		until   time.Duration
		lead    float64
	}{
		{name: "long begun", shift: of8("06:00", "18:00", 8, 0), seconds: 60, early: 8, until: time.Minute},
		{name: "its end", shift: of8("06:00", "15:00:50", 8, 0), seconds: 600, early: 8, until: 50 * time.Second},
		{name: "while they log on", shift: of8("14:55", "16:00", 4, 800), seconds: 7200, early: 2, late: []time.Duration{100 * time.Second, 300 * time.Second}, until: time.Hour},
		{name: "since yesterday", shift: of8("20:00", "15:10", 3, 0), seconds: 600, early: 3, until: 10 * time.Minute},
		{name: "in the lead-in", shift: of8("14:59", "16:00", 2, 0), seconds: 60, lead: 120, late: []time.Duration{time.Minute, time.Minute}, until: 3 * time.Minute},
		{name: "over", shift: of8("06:00", "15:00", 2, 0), seconds: 60},
		{name: "all day", shift: of8("15:00", "15:00", 2, 0), seconds: 60, late: []time.Duration{0, 0}, until: time.Minute},
	} {
		got := arrivals(t, schedule4(t, pickers(c.shift), Window{At: friday, Seconds: c.seconds, LeadIn: c.lead}, 1, 1))
		if len(got) != c.early+len(c.late) {
			t.Errorf("%s: %d operators: %v", c.name, len(got), got)
			continue
		}
		var last time.Duration = -1
		for i, a := range got {
			if i < c.early && (a.At >= 40*time.Second || a.At == last) || i >= c.early && a.At != c.late[i-c.early] || a.Until != c.until || a.At < last {
				t.Errorf("%s, operator %d: %+v", c.name, i, a)
			}
			last = a.At
		}
	}
}

// Each night of change: a shift from 22:00 to 06:00 lasts 7, 8 or 9 hours, and
// occasions between 01:00 and 04:00 come as often as the hours last.
func TestShiftsAndRunsOnTheNightsOfChange(t *testing.T) {
	for _, n := range nights {
		p := pickers(of8("22:00", "06:00", 1, 0))
		p.Sites[0].TimeZone = n.zone
		every := headroom.When{Days: weekdays[:]}
		p.Processes[0].Runs = []headroom.Occasion{{When: every, At: "02:30"}, {When: every, From: "01:00", To: "04:00", Every: 1800}}
		l := zone(t, n.zone)
		start := wall(n.day-1, 12*3600, l)
		hours := wall(n.day, 6*3600, l).Sub(wall(n.day-1, 22*3600, l))
		var runs []time.Duration
		for _, a := range arrivals(t, schedule4(t, p, Window{At: start, Seconds: 24 * 3600}, 1, 1)) {
			switch a.Kind {
			case headroom.Closed:
				if a.Until-a.At != hours {
					t.Errorf("%s, %s: the shift lasts %v, want %v", n.zone, n.note, a.Until-a.At, hours)
				}
			case headroom.Scheduled:
				runs = append(runs, a.At)
			}
		}
		// Once at 02:30, and each half hour of real time from 01:00 on.
		want := []time.Duration{wall(n.day, 9000, l).Sub(start)}
		for at := wall(n.day, 3600, l); at.Before(wall(n.day, 4*3600, l)); at = at.Add(30 * time.Minute) {
			want = append(want, at.Sub(start))
		}
		slices.Sort(want)
		if !slices.Equal(runs, want) {
			t.Errorf("%s, %s: %v, want %v", n.zone, n.note, runs, want)
		}
	}
}

func TestRuns(t *testing.T) {
	p := small()
	p.Processes = []headroom.Process{{Name: "close", Scenario: "month_end", DueWithin: 60, Runs: []headroom.Occasion{
		{From: "14:59:50", To: "15:01", Every: 30.5}, {At: "15:00:20"}, {At: "15:00:20"},
		{From: "23:00", To: "15:00:05", Every: 2.5}, // since yesterday
	}}}
	s := schedule4(t, p, Window{At: friday, Seconds: 60}, 1, 100)
	var at []float64
	seeds := map[uint64]bool{}
	for _, a := range arrivals(t, s) {
		at = append(at, a.At.Seconds())
		seeds[a.Seed] = true
		if a.Kind != headroom.Scheduled || a.User != 7 || a.Due != a.At+time.Minute {
			t.Errorf("%+v: a technical user, due within a minute", a)
		}
	}
	if want := []float64{0, 2.5, 20, 20, 20.5, 51}; !slices.Equal(at, want) || len(seeds) != len(want) {
		t.Errorf("at %v with %d seeds, want %v", at, len(seeds), want)
	}
}

// Operators of shifts that meet are different people as far as there are any.
func TestRoster(t *testing.T) {
	p := pickers(of8("06:00", "14:00", 5, 0), of8("13:00", "22:00", 5, 0), of8("22:00", "06:00", 12, 0), of8("12:00", "16:00", 4, 0))
	p.Processes = append(p.Processes, headroom.Process{Name: "close", Scenario: "month_end", Shifts: []headroom.Shift{of8("12:00", "13:30", 2, 0)}})
	s := schedule4(t, p, Window{At: friday.Add(-16 * time.Hour), Seconds: 86_400}, 1, 1)
	var all []headroom.Arrival
	for _, a := range arrivals(t, s) {
		if a.Kind != headroom.Closed {
			t.Fatalf("%+v", a)
		}
		if a.Process == 1 {
			if a.User != 12 {
				t.Errorf("a technical user is %d", a.User)
			}
			continue
		}
		all = append(all, a)
	}
	shared := 0
	for i, a := range all {
		for _, b := range all[:i] {
			if a.User != b.User || a.Until <= b.At || b.Until <= a.At {
				continue
			}
			if a.At == b.At && a.Until == b.Until {
				t.Errorf("user %d is twice in one shift", a.User)
			}
			shared++
		}
	}
	// From 13:00 to 14:00 there are 14 operators and 12 users.
	if shared != 2 {
		t.Errorf("%d pairs of operators share a user, want 2", shared)
	}
	if len(all) != 5+5+12+12+4 {
		t.Errorf("%d operators", len(all))
	}
}

func TestDue(t *testing.T) {
	p := small()
	order := map[string]float64{"order": 3600}
	p.Processes[0] = headroom.Process{Name: "order", Scenario: "order", DueWithin: 1800}
	p.Processes = append(p.Processes, headroom.Process{Name: "scan", Scenario: "scan", PerHour: 3600})
	p.Peaks = []headroom.Peak{
		{Name: "long", From: "15:00", To: "16:00", Due: "17:00", PerHour: order},
		{Name: "short", From: "15:10", To: "15:20", Due: "15:30", Work: map[string]headroom.Work{"order": {Documents: 10}}},
		{Name: "other", From: "15:00", To: "16:00", Due: "16:00", PerHour: map[string]float64{"scan": 1}, When: headroom.When{Dates: []string{"2026-11-23"}}},
		{Name: "free", From: "16:00", To: "17:00", PerHour: order},
		{Name: "edi", From: "16:00", To: "16:30", Due: "16:30", Batches: []headroom.Batch{{Process: "order", Partner: "r", At: "16:30", Documents: 1, Connections: 1}}},
	}
	n := 0
	for _, a := range arrivals(t, schedule4(t, p, Window{At: friday, Seconds: 7200}, 1, 1)) {
		var want time.Duration
		switch at := a.At.Minutes(); {
		case a.Process == 1:
		case a.Kind == headroom.Batched, at >= 60 && at < 90: // at the very end of its window
			want = 90 * time.Minute
		case at >= 10 && at < 20:
			want = 30 * time.Minute
		case at < 60:
			want = 2 * time.Hour
		default:
			want = a.At + 30*time.Minute
		}
		if a.Due != want {
			t.Fatalf("%+v: due at %v, want %v", a, a.Due, want)
		}
		n++
	}
	if n < 10_000 {
		t.Errorf("%d arrivals", n)
	}
}

func TestLanesRetry(t *testing.T) {
	p := full()
	s := schedule4(t, p, Window{At: friday, Seconds: 60}, 1, 1)
	if l := s.header.Lanes; len(l) != 4 || l[0].Name != "hub/r" || l[0].Connections != 2 || l[0].Retry == nil || l[0].Retry.Attempts != 3 {
		t.Errorf("lanes %+v", l)
	}
}

// The parts of a schedule with everything are the whole, each arrival once.
func TestSplitOfEverything(t *testing.T) {
	s := schedule4(t, full(), Window{At: time.Date(2026, 10, 24, 9, 0, 0, 0, time.UTC), LeadIn: 600, Seconds: 36 * 3600}, 3, 1)
	whole := arrivals(t, s)
	kinds := map[headroom.Kind]int{}
	for i, a := range whole {
		kinds[a.Kind]++
		if a.ID != uint64(i+1) || i > 0 && a.At < whole[i-1].At {
			t.Fatalf("arrival %d: %+v", i, a)
		}
	}
	for parts := range 5 {
		seen := make([]int, len(whole)+1)
		for part := range parts {
			q, err := Split(s, part, parts)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range arrivals(t, q) {
				if a != whole[a.ID-1] {
					t.Fatalf("%+v in part %d, %+v in the whole", a, part, whole[a.ID-1])
				}
				seen[a.ID]++
			}
		}
		if parts > 0 && (slices.Min(seen[1:]) != 1 || slices.Max(seen[1:]) != 1) {
			t.Errorf("%d parts are not the whole", parts)
		}
	}
	if len(kinds) != 4 || slices.Min([]int{kinds[headroom.Open], kinds[headroom.Batched], kinds[headroom.Scheduled], kinds[headroom.Closed]}) < 40 {
		t.Errorf("kinds %v", kinds)
	}
}

// A year streams in memory that does not grow with its arrivals.
func TestYearStreams(t *testing.T) {
	p := full()
	measure := func(scale float64) (allocs float64, n int) {
		s := schedule4(t, p, Window{At: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Seconds: 365 * 86_400}, 1, scale)
		allocs = testing.AllocsPerRun(1, func() {
			n = 0
			for a, err := range s.Arrivals() {
				if err != nil || a.Kind == headroom.Closed && a.Until <= a.At {
					t.Fatal(a, err)
				}
				n++
			}
		})
		return allocs, n
	}
	few, n := measure(0.01)
	many, m := measure(0.2)
	if m < 5*n || n < 20_000 {
		t.Errorf("%d and %d arrivals", n, m)
	}
	// Each day's batches, shifts and runs have names of their own.
	if many > few*1.5 || math.Abs(many) > 100*365*4 {
		t.Errorf("%.0f allocations of %d arrivals, %.0f of %d", few, n, many, m)
	}
}
