package calendar

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// full is a plan with everything that the calendar knows, at sites on the
// nights' clocks.
func full() headroom.Plan {
	scv := 0.5
	retry := &headroom.Retry{Attempts: 3, Backoff: 5}
	p := headroom.Plan{
		Name:      "full",
		Calendars: []headroom.Calendar{{Name: "by", Holidays: "de-by", ExtraDays: []string{"2026-10-25"}}, {Name: "all", WorkingDays: weekdays[:]}},
		Sites: []headroom.Site{{Name: "hub", TimeZone: "Europe/Berlin", Users: 30, Calendar: "by"}, {Name: "ny", TimeZone: "America/New_York", Users: 9},
			{Name: "lh", TimeZone: "Australia/Lord_Howe", Users: 5, Calendar: "all"}, {Name: "far", TimeZone: "Pacific/Kiritimati", Users: 5}},
		Processes: []headroom.Process{
			{Name: "order", Scenario: "order", PerHour: 240, Lines: headroom.Lines{Mean: 3, Max: 9}, DueWithin: 900,
				Open: &headroom.Hours{From: "18:00", To: "06:00"}},
			{Name: "scan", Scenario: "scan", Sites: []string{"hub", "lh"}},
			{Name: "pick", Scenario: "pick", ThinkTime: 30, ThinkSCV: &scv, Shifts: []headroom.Shift{
				{From: "22:00", To: "06:00", Operators: 12, Stagger: 600}, {From: "06:00", To: "14:00", Operators: 4, Sites: []string{"hub"}}}},
			{Name: "close", Scenario: "month_end", Runs: []headroom.Occasion{{At: "02:30", When: headroom.When{Days: weekdays[:], Closed: keep}},
				{From: "23:00", To: "03:00", Every: 600}}},
		},
		Peaks: []headroom.Peak{
			{Name: "cutoff", From: "15:00", To: "17:00", Due: "17:30", Shape: surge, PerHour: map[string]float64{"order": 600}},
			{Name: "night", When: headroom.When{Days: weekdays[:]}, From: "01:30", To: "03:30", Shape: wave, Work: map[string]headroom.Work{"scan": {Documents: 500}, "order": {Lines: 300}},
				Batches: []headroom.Batch{{Process: "order", Partner: "r", At: "02:30", Documents: 20, Connections: 2, Retry: retry}}},
			{Name: "table", Sites: []string{"hub"}, From: "16:00", To: "24:00", Shape: table, Table: []headroom.TablePoint{{At: "16:00", Level: 1}, {At: "20:00", Level: 2}},
				PerHour: map[string]float64{"scan": 100}},
		},
		Seasons: []headroom.Season{{Name: "x", From: "10-24", To: "11-01", Factor: 1.5}},
		Growth:  &headroom.Growth{PerYear: 0.1, Since: "2026-01-01"},
	}
	return p
}

func loads(t testing.TB, p headroom.Plan, from, to time.Time, step time.Duration) (all []SiteLoad) {
	t.Helper()
	for l, err := range Load(p, from, to, step) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

func sumOf(cells []float64) (n float64) {
	for _, c := range cells {
		n += c
	}
	return n
}

// What Load expects of fixed and of random arrivals is what schedules have, on
// the mean of many seeds; and steps of any length add up to the same.
func TestLoadIsWhatArrives(t *testing.T) {
	p := full()
	start := time.Date(2026, 10, 24, 9, 0, 0, 0, time.UTC)
	const seconds, seeds = 36 * 3600, 40
	all := loads(t, p, start, start.Add(seconds*time.Second), 15*time.Minute)
	long := loads(t, p, start, start.Add(seconds*time.Second), 7*time.Hour)
	counts := map[[3]int]float64{} // site, process, step
	for seed := range seeds {
		for _, a := range arrivals(t, schedule4(t, p, Window{At: start, Seconds: seconds}, uint64(seed), 1)) {
			if a.Kind != headroom.Closed {
				counts[[3]int{int(a.Site), int(a.Process), int(a.At / (15 * time.Minute))}]++
			}
		}
	}
	var chi, cells float64
	for i, l := range all {
		for j := range l.Arrivals {
			if a, b := sumOf(l.Arrivals[j]), sumOf(long[i].Arrivals[j]); math.Abs(a-b) > 1e-6*(1+a) {
				t.Errorf("%s, process %d: %g arrivals by quarters, %g by 7 hours", l.Site, j, a, b)
			}
			for k, want := range l.Arrivals[j] {
				want *= seeds
				got := counts[[3]int{i, j, k}]
				if want < 1 {
					if got > 10 {
						t.Errorf("%s, process %d, step %d: %g arrivals, expected %g", l.Site, j, k, got, want)
					}
					continue
				}
				// Of a Poisson number, or of one with a fixed part, which varies less.
				z := (got - want) / math.Sqrt(want)
				if math.Abs(z) > 5 {
					t.Errorf("%s, process %d, step %d: %g arrivals, expected %g", l.Site, j, k, got, want)
				}
				chi, cells = chi+z*z, cells+1
			}
		}
	}
	// A wrong rate of 1 % over these cells would be seen by the sum of squares.
	if cells < 150 || chi > cells+5*math.Sqrt(2*cells) {
		t.Errorf("chi-square is %.0f over %.0f cells", chi, cells)
	}
}

// Operators by steps are those whose shifts hold, moment by moment.
func TestLoadOfOperators(t *testing.T) {
	p := full()
	start := time.Date(2026, 10, 23, 18, 0, 0, 0, time.UTC)
	l := loads(t, p, start, start.Add(30*time.Hour), time.Hour)[0]
	s := schedule4(t, p, Window{At: start, Seconds: 30 * 3600}, 1, 1)
	want := make([]float64, 30)
	for _, a := range arrivals(t, s) {
		if a.Kind == headroom.Closed && a.Site == 0 {
			for k := range want {
				from, to := max(a.At.Hours(), float64(k)), min(a.Until.Hours(), float64(k+1))
				want[k] += max(0, to-from)
			}
		}
	}
	for k := range want {
		if math.Abs(l.Operators[2][k]-want[k]) > 1e-9 {
			t.Errorf("hour %d: %g operators, want %g", k, l.Operators[2][k], want[k])
		}
	}
	if l.Operators[0] != nil || sumOf(want) < 80 {
		t.Errorf("operators %v, %g hours of pickers", l.Operators[0], sumOf(want))
	}
}

func TestOccurrences(t *testing.T) {
	p := full()
	from := time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC)
	to := from.Add(48 * time.Hour)
	all := loads(t, p, from.AddDate(0, 0, -2), to.AddDate(0, 0, 2), 15*time.Minute)
	var last time.Time
	n := map[string]int{}
	for o, err := range Occurrences(p, from, to) {
		if err != nil {
			t.Fatal(err)
		}
		if o.From.Before(last) || !o.From.Before(to) || !o.To.After(from) || o.From.Location().String() == "UTC" {
			t.Errorf("%s at %s from %s to %s after %s", o.Peak, o.Site, o.From, o.To, last)
		}
		last = o.From
		n[o.Peak+" "+o.Site+" "+o.Date]++
		if o.Peak == "cutoff" && (o.Due.Format("15:04") != "17:30" || o.From.Format("15:04") != "15:00") {
			t.Errorf("%+v", o)
		}
		// Windows are whole quarters, so that Load has the same numbers.
		i := slices.IndexFunc(p.Sites, func(s headroom.Site) bool { return s.Name == o.Site })
		for _, l := range o.Processes {
			j := slices.IndexFunc(p.Processes, func(q headroom.Process) bool { return q.Name == l.Process })
			var want, operators float64
			for k := range 6 * 24 * 4 {
				at := all[i].From.Add(time.Duration(k) * all[i].Step)
				if !at.Before(o.From) && at.Before(o.To) {
					if cells := all[i].Arrivals[j]; cells != nil {
						want += cells[k]
					}
					if cells := all[i].Operators[j]; cells != nil {
						operators += cells[k] * all[i].Step.Seconds() / o.To.Sub(o.From).Seconds()
					}
				}
			}
			if math.Abs(l.Documents-want) > 1e-6*(1+want) || math.Abs(l.Operators-operators) > 1e-9*(1+operators) {
				t.Errorf("%s at %s on %s, %s: %g documents and %g operators, want %g and %g", o.Peak, o.Site, o.Date, l.Process, l.Documents, l.Operators, want, operators)
			}
			if l.Highest < l.Mean || l.Mean < 0 || l.Highest > 0 && (l.HighestAt.Before(o.From) || l.HighestAt.After(o.To)) || l.Added > l.Documents+1e-9 {
				t.Errorf("%+v", l)
			}
		}
	}
	for what, want := range map[string]int{
		"night hub 2026-10-24": 1, "night hub 2026-10-25": 1, "cutoff hub 2026-10-25": 1, "cutoff hub 2026-10-24": 0, // an extra day, a Saturday
		"cutoff lh 2026-10-24": 1, "cutoff ny 2026-10-24": 0, "cutoff ny 2026-10-23": 0, "night far 2026-10-25": 1, "table ny 2026-10-23": 0, "night ny 2026-10-24": 1,
	} {
		if n[what] != want {
			t.Errorf("%s: %d times, want %d", what, n[what], want)
		}
	}
}

// first is the first occurrence of a peak at a site.
func first(t testing.TB, p headroom.Plan, peak, site string, from, to time.Time) Occurrence {
	t.Helper()
	for o, err := range Occurrences(p, from, to) {
		if err != nil {
			t.Fatal(err)
		}
		if o.Peak == peak && o.Site == site {
			return o
		}
	}
	t.Fatalf("no %s at %s", peak, site)
	return Occurrence{}
}

// A holiday of one site's region is none of another's.
func TestHolidaysDoNotLeak(t *testing.T) {
	p := small()
	p.Calendars = []headroom.Calendar{{Name: "by", Holidays: "de-by"}, {Name: "sn", Holidays: "de-sn"}, {Name: "us", Holidays: "us"}}
	p.Sites = nil
	for _, calendar := range []string{"by", "sn", "us", ""} {
		p.Sites = append(p.Sites, headroom.Site{Name: "site-" + calendar, TimeZone: "Europe/Berlin", Users: 1, Calendar: calendar})
	}
	p.Peaks = []headroom.Peak{{Name: "cutoff", From: "15:00", To: "17:00", PerHour: map[string]float64{"order": 1}}}
	for date, closed := range map[string][]string{
		"2026-06-03": nil, "2026-06-04": {"site-by"}, "2026-11-18": {"site-sn"}, "2026-11-26": {"site-us"}, "2026-01-01": {"site-by", "site-sn", "site-us"},
	} {
		d, err := parseDate(date)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for o, err := range Occurrences(p, d.midnightUTC(), (d + 1).midnightUTC()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, o.Site)
		}
		for _, s := range p.Sites {
			if slices.Contains(got, s.Name) == slices.Contains(closed, s.Name) {
				t.Errorf("%s: at work are %v, closed should be %v", date, got, closed)
			}
		}
	}
}

// Fixed figures of one occurrence: 600/h at a surge on top of nothing, since the
// process opens at 18:00, with growth and season.
func TestOccurrenceFigures(t *testing.T) {
	p := full()
	from := time.Date(2026, 10, 26, 16, 0, 0, 0, time.UTC) // it has just ended
	o := first(t, p, "cutoff", "hub", from, from.AddDate(0, 0, 2))
	if o.Date != "2026-10-27" {
		t.Fatalf("%+v", o)
	}
	f := 1.5 * math.Pow(1.1, float64(dayOf(2026, 10, 27)-dayOf(2026, 1, 1))/365.2425)
	want := ProcessLoad{Process: "order", Mean: f / 6, Highest: 1.5 * f / 6, HighestAt: o.To, Documents: 1200 * f, Added: 1200 * f}
	got := o.Processes[0]
	if math.Abs(got.Mean/want.Mean-1) > 1e-9 || math.Abs(got.Highest/want.Highest-1) > 1e-9 || !got.HighestAt.Equal(want.HighestAt) ||
		math.Abs(got.Documents/want.Documents-1) > 1e-9 || math.Abs(got.Added/want.Added-1) > 1e-9 {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestExpansionRefuses(t *testing.T) {
	bad := full()
	bad.Growth.PerYear = math.NaN()
	wild := full()
	for range 5 {
		wild.Seasons = append(wild.Seasons, headroom.Season{Name: "s", From: "01-01", To: "12-31", Factor: 1000})
	}
	for name, c := range map[string]struct {
		plan     headroom.Plan
		from, to time.Time
		step     time.Duration
	}{
		"an unsound plan": {bad, friday, friday.Add(time.Hour), time.Hour}, "too large a product": {wild, friday, friday.Add(time.Hour), time.Hour},
		"no time": {full(), friday, friday, time.Hour}, "backwards": {full(), friday, friday.Add(-1), time.Hour},
		"a far year": {full(), friday, friday.AddDate(300, 0, 0), time.Hour}, "too long": {full(), friday, friday.AddDate(51, 0, 0), 1e6 * time.Hour},
		"no step": {full(), friday, friday.Add(time.Hour), 0}, "too many steps": {full(), friday, friday.AddDate(1, 0, 0), time.Second},
	} {
		n := 0
		for l, err := range Load(c.plan, c.from, c.to, c.step) {
			if n++; headroom.ExitCode(err) != headroom.ExitBadInput || !reflect.DeepEqual(l, SiteLoad{}) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d errors", name, n)
		}
	}
}

// hundred is a group of 100 sites in four time zones, with 8 processes and 3
// peaks each.
func hundred() headroom.Plan {
	var p headroom.Plan
	p.Name = "hundred"
	zones := []string{"Europe/Berlin", "America/New_York", "Asia/Singapore", "Australia/Sydney"}
	for i, region := range []string{"de-by", "us", "pl", "au-nsw"} {
		p.Calendars = append(p.Calendars, headroom.Calendar{Name: fmt.Sprint("c", i), Holidays: region})
	}
	for i := range 100 {
		p.Sites = append(p.Sites, headroom.Site{Name: fmt.Sprint("s", i), TimeZone: zones[i%4], Calendar: fmt.Sprint("c", i%4), Users: 50})
	}
	rates, work := map[string]float64{}, map[string]headroom.Work{}
	for j := range 8 {
		q := headroom.Process{Name: fmt.Sprint("p", j), Scenario: "order", PerHour: 0.05, Open: &headroom.Hours{From: "06:00", To: "22:00"}}
		if j == 7 {
			q.Shifts = []headroom.Shift{{From: "06:00", To: "14:00", Operators: 20, Stagger: 600}, {From: "14:00", To: "22:00", Operators: 15}}
		}
		p.Processes = append(p.Processes, q)
		if j < 4 {
			rates[q.Name] = 0.1
		} else {
			work[q.Name] = headroom.Work{Documents: 0.3}
		}
	}
	p.Peaks = []headroom.Peak{{Name: "receiving", From: "06:00", To: "09:00", Shape: wave, PerHour: rates},
		{Name: "cutoff", From: "15:00", To: "17:00", Due: "17:00", Shape: surge, PerHour: rates, Work: work},
		{Name: "close", When: headroom.When{BusinessDays: []string{"last 3 of month", "first 2 of month"}}, From: "18:00", To: "22:00", Work: work,
			Batches: []headroom.Batch{{Process: "p0", Partner: "r", At: "18:00", Documents: 2, Connections: 1}}}}
	p.Seasons = []headroom.Season{{Name: "x", From: "11-15", To: "01-06", Factor: 1.5}}
	p.Growth = &headroom.Growth{PerYear: 0.1, Since: "2026-01-01"}
	return p
}

func BenchmarkYear100Sites(b *testing.B) {
	p := hundred()
	from := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(1, 0, 0)
	b.Run("occurrences", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			for _, err := range Occurrences(p, from, to) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
		}
		b.ReportMetric(float64(n)/float64(b.N), "occurrences/op")
	})
	b.Run("hours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, err := range Load(p, from, to, time.Hour) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("schedule", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			s, err := New(p, Window{At: from, Seconds: 365 * 86_400}, 1, 1, players)
			if err != nil {
				b.Fatal(err)
			}
			for _, err := range s.Arrivals() {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
		}
		b.ReportMetric(float64(n)/float64(b.N), "arrivals/op")
	})
}
