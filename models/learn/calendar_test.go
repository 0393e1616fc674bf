package learn

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/odoo"
)

// course is a rate, 1/s, by local time.
type course func(t time.Time) float64

// arrivals of a Poisson process, by thinning.
func (c course) arrivals(random *rand.Rand, from time.Time, days int, most float64) (out []time.Time) {
	for t := 0.0; ; {
		t += random.ExpFloat64() / most
		if t > float64(days)*86_400 {
			return out
		}
		at := from.Add(time.Duration(t * 1e9))
		if random.Float64()*most < c(at) {
			out = append(out, at)
		}
	}
}

// log makes lines of short requests of a method.
func log(method string, at []time.Time) (out []odoo.LogLine) {
	for i, t := range at {
		out = append(out, odoo.LogLine{Kind: odoo.RequestLine, Time: t.Truncate(time.Millisecond), PID: 100 + i%4, Level: "INFO", Database: "prod", Logger: "werkzeug",
			Verb: "POST", Path: "/web/dataset/call_kw", Method: method, Proto: "HTTP/1.1", Status: 200, Timed: true, Queries: 4, SQL: 0.01, Other: 0.02})
	}
	return out
}

func between(t time.Time, from, to float64) bool {
	h := float64(t.Hour()) + float64(t.Minute())/60
	return h >= from && h < to
}

func workday(t time.Time) bool { return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday }

var monday = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// Chance alone makes a peak in one log of a hundred, and a batch hardly ever.
func TestNoPeakByChance(t *testing.T) {
	falsely, bursts := 0, 0
	const logs = 150
	for seed := range uint64(logs) {
		random := rand.New(rand.NewPCG(seed, 11))
		flat := course(func(t time.Time) float64 {
			if workday(t) && between(t, 7, 18) {
				return 90.0 / 3600
			}
			return 0
		})
		days := 1 + int(seed%10)
		out := learned(t, Options{Replications: 2}, log("sale.order.action_confirm", flat.arrivals(random, monday, days, 90.0/3600)))
		if len(out.Report.Peaks) > 0 {
			falsely++
		}
		bursts += len(out.Report.Batches)
		p := out.Plan.Processes[0]
		if p.Open == nil || p.Open.From < "06:45" || p.Open.From > "07:30" || p.Open.To < "17:30" || p.Open.To > "18:15" {
			t.Errorf("seed %d, %d days: open %+v, want 07:00 to 18:00", seed, days, p.Open)
		}
		if math.Abs(p.PerHour/90-1) > 4/math.Sqrt(90*11*float64(days)) {
			t.Errorf("seed %d, %d days: %g an hour, want 90", seed, days, p.PerHour)
		}
	}
	if falsely > 6 || bursts > 0 {
		t.Errorf("%d of %d logs without a peak have one, and %d batches", falsely, logs, bursts)
	}
}

// A peak of each day, one of Mondays, and a batch of each working day are
// found at their times, and at no other.
func TestPeaksAreFound(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 11))
	rate := course(func(t time.Time) float64 {
		if !workday(t) || !between(t, 7, 18) {
			return 0
		}
		r := 90.0
		if between(t, 14, 16) {
			r += 150
		}
		if t.Weekday() == time.Monday && between(t, 9, 10) {
			r += 200
		}
		return r / 3600
	})
	at := rate.arrivals(random, monday, 26, 0.2)
	for d := range 26 {
		if day := monday.AddDate(0, 0, d); workday(day) {
			for i := range 60 { // over three connections, a second each
				at = append(at, day.Add(11*time.Hour+30*time.Minute+20*time.Second+time.Duration(i/3)*time.Second))
			}
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	out := learned(t, Options{Replications: 2}, log("sale.order.action_confirm", at))
	var got []string
	for _, p := range out.Report.Peaks {
		got = append(got, p.Weekday+" "+p.From+"-"+p.To)
		want := 150.0
		if p.Weekday != "" {
			want = 200
		}
		if math.Abs(p.PerHour/want-1) > 0.15 {
			t.Errorf("%s %s: %.0f an hour more, want %.0f", p.Weekday, p.From, p.PerHour, want)
		}
		if !(p.P < peakLevel) || p.Test == "" {
			t.Errorf("%s: p = %g of test %q", p.Name, p.P, p.Test)
		}
	}
	if want := []string{" 14:00-16:00", "mon 09:00-10:00"}; !slices.Equal(got, want) {
		t.Errorf("peaks %q, want %q", got, want)
	}
	if b := out.Report.Batches; len(b) != 1 || b[0].At != "11:30:20" || math.Abs(b[0].Documents-60) > 4 || b[0].Days != 20 || !b[0].InPlan {
		t.Errorf("batches %+v", b)
	}
	for _, p := range out.Plan.Processes {
		if p.Scenario == "order_entry" && math.Abs(p.PerHour/90-1) > 0.05 {
			t.Errorf("ordinary hour %g, want 90", p.PerHour)
		}
	}
}

// What comes at night is not lost, and is no ordinary hour.
func TestNightsAreWindowsOfTheirOwn(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 11))
	rate := course(func(t time.Time) float64 {
		if between(t, 6, 20) {
			return 400.0 / 3600
		}
		return 60.0 / 3600
	})
	out := learned(t, Options{Replications: 2}, log("product.product.search_read", rate.arrivals(random, monday, 7, 0.12)))
	p := out.Plan.Processes[0]
	if p.PerHour < 380 || p.PerHour > 420 || p.Open == nil || p.Open.From != "06:00" || p.Open.To != "20:00" {
		t.Errorf("%+v, open %+v", p, p.Open)
	}
	if o := out.Report.Outside; len(o) != 2 || math.Abs(o[0].PerHour-60) > 8 || math.Abs(o[1].PerHour-60) > 8 {
		t.Errorf("outside: %+v", o)
	}
	if c := out.Plan.Calendars; len(c) != 1 || len(c[0].WorkingDays) != 7 {
		t.Errorf("calendars %+v", c)
	}
}

func TestMonthEndIsFound(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	working := office
	rate := course(func(t time.Time) float64 {
		switch {
		case !workday(t) || !between(t, 8, 17):
			return 0
		case isMonthEnd(dayOf(t), 3, working):
			return 120.0 / 3600
		}
		return 40.0 / 3600
	})
	out := learned(t, Options{Replications: 2}, log("account.move.action_post", rate.arrivals(random, monday, 45, 0.04)))
	m := out.Report.MonthEnd
	if len(m) != 1 || m[0].LastDays != 3 || math.Abs(m[0].Factor-3) > 0.5 {
		t.Fatalf("%+v", m)
	}
	at := slices.IndexFunc(out.Plan.Peaks, func(p headroom.Peak) bool { return strings.HasPrefix(p.Name, "month-end") })
	if at < 0 || !slices.Equal(out.Plan.Peaks[at].BusinessDays, []string{"last 3 of month"}) || math.Abs(out.Plan.Peaks[at].PerHour["invoice"]-80) > 12 {
		t.Errorf("%+v", out.Plan.Peaks)
	}
	if len(out.Report.Peaks) > 0 {
		t.Errorf("other peaks: %+v", out.Report.Peaks)
	}
}

func TestFromEnd(t *testing.T) {
	for day, want := range map[string]int{"2026-11-30": 1, "2026-11-27": 2, "2026-11-25": 4, "2026-10-30": 1, "2027-02-26": 1, "2027-02-01": 20} {
		at, _ := time.Parse("2006-01-02", day)
		if got := fromEnd(dayOf(at), office); got != want {
			t.Errorf("%s is the last but %d, want %d", day, got, want)
		}
	}
}

// Days that differ more than chance lets them.
func TestDayVariationIsFound(t *testing.T) {
	var found []float64
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 13))
		factor := make([]float64, 40)
		for i := range factor {
			factor[i] = math.Exp(0.2*random.NormFloat64() - 0.02)
		}
		rate := course(func(t time.Time) float64 {
			if !workday(t) || !between(t, 8, 17) {
				return 0
			}
			return factor[int(t.Sub(monday).Hours()/24)] * 100 / 3600
		})
		out := learned(t, Options{Replications: 2}, log("sale.order.action_confirm", rate.arrivals(random, monday, 33, 0.08)))
		found = append(found, out.Plan.DayVariation)
	}
	sortFloats(found)
	if m := found[len(found)/2]; m < 0.15 || m > 0.25 {
		t.Errorf("variation of days %.3f (median of %v), want 0.2", m, found)
	}
}

// Hours are those of the sites' clock, also after the clocks have changed.
func TestHoursFollowTheZone(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(8, 11))
	rate := course(func(t time.Time) float64 {
		if l := t.In(zone); workday(l) && between(l, 7, 18) {
			return 60.0 / 3600
		}
		return 0
	})
	from := time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC) // the clocks change on 25 October
	out := learned(t, Options{Zone: zone, Replications: 2}, log("sale.order.action_confirm", rate.arrivals(random, from, 28, 0.02)))
	if p := out.Plan.Processes[0]; p.Open == nil || p.Open.From != "07:00" || p.Open.To != "18:00" || out.Plan.Sites[0].TimeZone != "Europe/Berlin" {
		t.Errorf("open %+v in %s", p.Open, out.Plan.Sites[0].TimeZone)
	}
}

// A day without lines is a missing file, no quiet day.
func TestMissingDaysAreNoQuietDays(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 11))
	rate := course(func(t time.Time) float64 {
		if between(t, 7, 18) {
			return 60.0 / 3600
		}
		return 0
	})
	at := rate.arrivals(random, monday, 12, 0.02)
	at = slices.DeleteFunc(at, func(t time.Time) bool { return t.Day() == 5 || t.Day() == 6 })
	out := learned(t, Options{Replications: 2}, log("sale.order.action_confirm", at))
	if !slices.Equal(out.Report.Missing, []string{"2026-11-05", "2026-11-06"}) {
		t.Errorf("missing %q", out.Report.Missing)
	}
	if p := out.Plan.Processes[0]; math.Abs(p.PerHour/60-1) > 0.1 {
		t.Errorf("%g an hour, want 60", p.PerHour)
	}
}

// A day's file that ends at midnight UTC is missing from one in the night to one in
// the next night of Berlin: neither of the two days is quiet.
func TestMissingFilesOfAnotherMidnight(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(19, 11))
	rate := course(func(at time.Time) float64 {
		if !workday(at.In(zone)) {
			return 10.0 / 3600
		}
		return 120.0 / 3600
	})
	at := rate.arrivals(random, monday, 12, 0.04)
	gone := []int{3, 5, 10} // Tuesday, Thursday, Tuesday
	at = slices.DeleteFunc(at, func(t time.Time) bool { return slices.Contains(gone, t.Day()) })
	out := learned(t, Options{Zone: zone, Replications: 2}, log("sale.order.action_confirm", at))
	if want := []string{"2026-11-03", "2026-11-05", "2026-11-10"}; !slices.Equal(out.Report.Missing, want) {
		t.Errorf("missing %q, want %q", out.Report.Missing, want)
	}
	if p := out.Plan.Processes[0]; math.Abs(p.PerHour/120-1) > 0.05 {
		t.Errorf("%g an hour, want 120", p.PerHour)
	}
	if len(out.Report.Peaks) > 0 {
		t.Errorf("peaks %+v", out.Report.Peaks)
	}
	if !slices.ContainsFunc(out.Report.Warnings, func(w string) bool { return strings.Contains(w, "3 days inside of the log's time") }) {
		t.Errorf("warnings %q", out.Report.Warnings)
	}
}

// TestSlowEndOfABatch: the last documents of a batch are few in their ten
// seconds, and no open arrivals; one document of another time makes its day no
// only working day. A batch over the quarter of an hour is taken out of both.
func TestSlowEndOfABatch(t *testing.T) {
	for _, start := range []time.Duration{10*time.Hour + 30*time.Minute, 10*time.Hour + 44*time.Minute + 47*time.Second} {
		var at []time.Time
		for d := range 12 {
			day := monday.AddDate(0, 0, d)
			if !workday(day) {
				continue
			}
			for i := range 32 { // two a second
				at = append(at, day.Add(start+time.Duration(i)*500*time.Millisecond))
			}
			for i := range 8 { // one in four seconds
				at = append(at, day.Add(start+16*time.Second+time.Duration(4*i)*time.Second))
			}
		}
		at = append(at, monday.AddDate(0, 0, 3).Add(15*time.Hour))
		slices.SortFunc(at, time.Time.Compare)
		out := learned(t, Options{Replications: 2}, log("sale.order.action_confirm", at))
		if b := out.Report.Batches; len(b) != 1 || math.Abs(b[0].Documents-40) > 1 || b[0].Days != 10 || b[0].Of != 10 || !b[0].InPlan {
			t.Errorf("batches %+v", b)
		}
		if p := out.Plan.Processes[0]; p.PerHour != 0 || len(out.Plan.Peaks) != 1 || len(out.Plan.Peaks[0].Days) != 0 && len(out.Plan.Peaks[0].Days) != 5 {
			t.Errorf("process %+v, peaks %+v", p, out.Plan.Peaks)
		}
	}
}

// TestFewArrivalsBesideOneBatch: a batch makes no strays of documents that came by
// themselves, where they are more than a tenth of it.
func TestFewArrivalsBesideOneBatch(t *testing.T) {
	var at []time.Time
	for d := range 4 {
		at = append(at, monday.AddDate(0, 0, d).Add(time.Duration(9+d)*time.Hour), monday.AddDate(0, 0, d).Add(time.Duration(13+d)*time.Hour))
	}
	for i := range 30 {
		at = append(at, monday.Add(11*time.Hour+time.Duration(i)*500*time.Millisecond))
	}
	slices.SortFunc(at, time.Time.Compare)
	out := learned(t, Options{Replications: 2}, log("sale.order.action_confirm", at))
	if p := out.Plan.Processes[0]; p.Scenario != "order_entry" || !(p.PerHour > 0) {
		t.Errorf("processes %+v", out.Plan.Processes)
	}
}
