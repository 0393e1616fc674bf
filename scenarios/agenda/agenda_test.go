package agenda

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// two sites whose afternoon and morning meet for an hour: 15:00 to 17:00 in
// Berlin is 09:00 to 11:00 in New York, where the peak is from 10:00 to 12:00.
func two() headroom.Plan {
	return headroom.Plan{Headroom: 1, Name: "two", Catalogue: headroom.Catalogue{Products: 10, Partners: 1},
		Sites: []headroom.Site{{Name: "berlin", TimeZone: "Europe/Berlin", Users: 5}, {Name: "newark", TimeZone: "America/New_York", Users: 5}},
		Processes: []headroom.Process{
			{Name: "order", Scenario: "order_entry", PerHour: 60},
			{Name: "scan", Scenario: "scan"},
			{Name: "pick", Scenario: "pick", ThinkTime: 30, Shifts: []headroom.Shift{{From: "08:00", To: "16:00", Operators: 4}}},
		},
		Peaks: []headroom.Peak{
			{Name: "cutoff", Sites: []string{"berlin"}, From: "15:00", To: "17:00", Due: "17:30", Shape: "surge", PerHour: map[string]float64{"order": 600}},
			{Name: "morning", Sites: []string{"newark"}, From: "10:00", To: "12:00", PerHour: map[string]float64{"scan": 100}},
		}}
}

func day(t *testing.T, zone, date string) time.Time {
	t.Helper()
	l, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation(time.DateOnly, date, l)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func agendaOf(t *testing.T, plan headroom.Plan, o Options) headroom.Agenda {
	t.Helper()
	a, err := New(plan, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-6*max(1, math.Abs(want))) {
		t.Errorf("%s is %.9g, want %.9g", what, got, want)
	}
}

// TestByHand has figures that follow from the plan with pencil and paper.
func TestByHand(t *testing.T) {
	a := agendaOf(t, two(), Options{From: day(t, "Europe/Berlin", "2026-11-20"), Next: 3, Largest: 2}) // a Friday
	var names []string
	for _, o := range a.Upcoming {
		names = append(names, o.Peak+" "+o.From.Format("Mon 15:04 MST"))
	}
	if got, want := strings.Join(names, ", "), "cutoff Fri 15:00 CET, morning Fri 10:00 EST, cutoff Mon 15:00 CET"; got != want {
		t.Errorf("peaks %s, want %s", got, want)
	}
	o := a.Upcoming[0]
	near(t, "documents of the cutoff", o.Documents, 2*660)
	if o.Due == nil || o.Due.Format("15:04") != "17:30" || len(o.Processes) != 2 {
		t.Fatalf("got %+v", o)
	}
	order, pick := o.Processes[0], o.Processes[1]
	near(t, "of them added", *order.Added, 1200)
	near(t, "mean rate", order.Mean, 660./3600)
	near(t, "highest rate", *order.Highest, (60+1.5*600)/3600)
	near(t, "operators, who leave halfway", pick.Operators, 2)

	if len(a.Coincide) != 1 {
		t.Fatalf("coincidences %+v", a.Coincide)
	}
	c := a.Coincide[0]
	if got := c.From.Format("Mon 15:04") + c.To.Format("-15:04 MST"); got != "Fri 16:00-17:00 CET" || c.Sites != 2 || c.Times != 20 {
		t.Errorf("they meet %s, at %d sites, %d times; want Fri 16:00-17:00 CET, 2, 20", got, c.Sites, c.Times)
	}
	// The surge's second hour is at 1.25 times its mean: 60 + 750 in Berlin, 60 + 100 in Newark.
	near(t, "documents of the coincidence", c.Documents, 810+160)
	near(t, "overlap", c.Peaks[1].Overlap, 3600)

	// The week: 15 to 16 and 16 to 17 in Berlin, Newark's peak from 16 to 18 there.
	near(t, "Friday 15:00", a.Week.Total[4][15], 60+450+60)
	near(t, "Friday 16:00", a.Week.Total[4][16], 60+750+60+100)
	near(t, "Sunday 16:00", a.Week.Total[6][16], 120)
	if s := a.Week.Sites[0]; s.BusiestDay != 0 || s.BusiestHour != 16 {
		t.Errorf("Berlin is busiest on day %d at %d, want Monday at 16", s.BusiestDay, s.BusiestHour)
	}
	near(t, "Newark's week", a.Week.Sites[1].Documents, 7*24*60+5*200)
	near(t, "Newark's hour", a.Week.Sites[1].ByHour[17], 7*60+5*100)

	// The year: in the weeks in which only one of the clocks has changed, the
	// peaks meet at other hours.
	near(t, "an ordinary Friday", a.Year.Days[time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC).YearDay()-1].Documents, 24*120+1200+200)
	w := a.Largest.Windows[0]
	if got := w.From.Format("2006-01-02 15:04"); got != "2026-01-01 16:00" {
		t.Errorf("the largest window begins %s, want 2026-01-01 16:00: the first of many alike", got)
	}
	near(t, "the largest window", w.Documents, 970)
	if len(w.Peaks) != 2 || w.Sites[0].Site != "berlin" || w.Sites[1].From.Format("15:04") != "10:00" {
		t.Errorf("window %+v", w)
	}
}

// TestYearOfClockChanges has days of 23 and 25 hours, and all hours of the
// year in it, once.
func TestYearOfClockChanges(t *testing.T) {
	plan := two()
	plan.Peaks = nil
	a := agendaOf(t, plan, Options{From: day(t, "Europe/Berlin", "2026-03-25"), Next: 5, Site: "berlin", Largest: 3})
	for date, want := range map[string]float64{"2026-03-28": 24, "2026-03-29": 23, "2026-10-25": 25} {
		i := day(t, "Europe/Berlin", date).YearDay() - 1
		if a.Year.Days[i].Date != date {
			t.Fatalf("day %d is %s, want %s", i, a.Year.Days[i].Date, date)
		}
		near(t, date, a.Year.Days[i].Documents, want*60)
	}
	near(t, "the hour left out", a.Week.Total[6][2], 0)
	near(t, "the hour after it", a.Week.Total[6][3], 60)
	autumn := agendaOf(t, plan, Options{From: day(t, "Europe/Berlin", "2026-10-20"), Site: "berlin"})
	near(t, "the repeated hour", autumn.Week.Total[6][2], 120)
	var total float64
	for _, d := range a.Year.Days {
		total += d.Documents
	}
	near(t, "the year", total, 365*24*60)
	if len(a.Upcoming) != 0 || len(a.Coincide) != 0 || len(a.Sites) != 1 {
		t.Errorf("a plan without peaks has %d coming ones", len(a.Upcoming))
	}
}

// TestPartsMakeTheWhole compares sites with all of them, and maps with one another.
func TestPartsMakeTheWhole(t *testing.T) {
	plan := group(7)
	o := Options{From: day(t, "Europe/Berlin", "2026-11-20"), Next: 6, Largest: 4}
	a := agendaOf(t, plan, o)
	var bySite float64
	for _, s := range a.Year.Sites {
		for _, v := range s.Documents {
			bySite += v
		}
	}
	var byDay float64
	for _, d := range a.Year.Days {
		byDay += d.Documents
	}
	near(t, "the year by site", bySite, byDay)
	monday := day(t, "Europe/Berlin", a.Week.Monday).YearDay() - 1
	for d, hours := range a.Week.Total {
		var sum float64
		for _, v := range hours {
			sum += v
		}
		near(t, "a day of the week's map", sum, a.Year.Days[monday+d].Documents)
	}
	for i, w := range a.Largest.Windows {
		var sum float64
		for _, p := range w.Processes {
			sum += p.Documents
		}
		near(t, "a window by process", sum, w.Documents)
		for _, other := range a.Largest.Windows[:i] {
			if w.From.Before(other.To) && other.From.Before(w.To) {
				t.Errorf("windows %v and %v overlap", w.From, other.From)
			}
			if w.Documents > other.Documents*(1+1e-9) {
				t.Errorf("window %d is larger than one before it", i)
			}
		}
	}
	o.Site = "site003"
	alone := agendaOf(t, plan, o)
	if len(alone.Year.Sites) != 1 || alone.Year.Sites[0].Site != "site003" || alone.TimeZone != "Australia/Sydney" {
		t.Errorf("the site's own year is of %d sites, on the clock of %s", len(alone.Year.Sites), alone.TimeZone)
	}
	for _, occurrence := range alone.Upcoming {
		if occurrence.Site != "site003" {
			t.Errorf("a peak of %s is shown", occurrence.Site)
		}
	}
}

// TestPickAgainstBruteForce chooses windows as pick does, in the simplest way.
func TestPickAgainstBruteForce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		total := make([]float64, 1+random.IntN(40))
		for i := range total {
			total[i] = float64(random.IntN(4))
		}
		width, n := 1+random.IntN(5), random.IntN(6)
		var want []int
		for len(want) < n {
			best, at := 0.0, -1
			for i := 0; i+width <= len(total); i++ {
				sum, free := 0.0, true
				for j := i; j < i+width; j++ {
					sum += total[j]
				}
				for _, w := range want {
					free = free && (i+width <= w || w+width <= i)
				}
				if free && sum > best {
					best, at = sum, i
				}
			}
			if at < 0 {
				break
			}
			want = append(want, at)
		}
		got := pick(total, width, n)
		if len(got) != len(want) {
			t.Fatalf("%v by %d: got %v, want %v", total, width, got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%v by %d: got %v, want %v", total, width, got, want)
			}
		}
	}
}

func TestSameInputSameBytes(t *testing.T) {
	o := Options{From: day(t, "Europe/Berlin", "2026-11-20"), Next: 8, Largest: 3, Length: 35 * time.Minute}
	var first []byte
	for range 3 {
		j, err := json.Marshal(agendaOf(t, group(6), o))
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = j
		}
		if string(j) != string(first) {
			t.Fatal("the same plan gave two agendas")
		}
	}
	if !strings.Contains(string(first), `"grain":300`) {
		t.Error("windows of 35 minutes are not looked for every 5")
	}
}

// TestMomentsCountOnce asks for two peaks that many sites have at once.
func TestMomentsCountOnce(t *testing.T) {
	plan := group(10)
	list, err := Upcoming(plan, Options{From: day(t, "Europe/Berlin", "2026-11-20"), Next: 2})
	if err != nil {
		t.Fatal(err)
	}
	moments := map[string]int{}
	for _, o := range list {
		moments[o.Peak+o.From.UTC().String()]++
	}
	if len(moments) != 2 || len(list) != 4 {
		t.Errorf("%d occurrences of %d moments, want two sites at each of two", len(list), len(moments))
	}
}

func TestRefuses(t *testing.T) {
	from := day(t, "Europe/Berlin", "2026-11-20")
	for want, o := range map[string]Options{
		`--site: the plan has no site "x"; it has berlin, newark`: {From: from, Site: "x"},
		"--next: -1 is not a number of peaks":                     {From: from, Next: -1},
		"--largest: 9999 is not a number of windows":              {From: from, Largest: 9999},
		"--length: 7m0s is not a multiple of 5 minutes":           {From: from, Length: 7 * time.Minute},
		"--length: 192h0m0s is not":                               {From: from, Length: 192 * time.Hour},
		"--year: the year 3000":                                   {From: from, Year: 3000},
		"--from: the year 1":                                      {},
	} {
		if _, err := New(two(), o); err == nil || !strings.HasPrefix(err.Error(), want) || headroom.ExitCode(err) != headroom.ExitBadInput {
			t.Errorf("got %v, want %s…", err, want)
		}
	}
	bad := two()
	bad.Peaks[0].From = "25:00"
	if _, err := New(bad, Options{From: from, Next: 1}); err == nil || headroom.ExitCode(err) != headroom.ExitBadInput {
		t.Errorf("a plan whose peak begins at 25:00 gives %v", err)
	}
}
