package calendar

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// of lists a set's days between two dates.
func of(s days, first, last day) []string {
	var all []string
	for d := first; d <= last; d++ {
		if s.has(d) {
			all = append(all, d.String()[5:])
		}
	}
	return all
}

func laidOut(t testing.TB, c headroom.Calendar, first, last day) *workdays {
	t.Helper()
	w, err := newWorkdays(c, first, last)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestDay(t *testing.T) {
	for d, n := dayOf(1899, 12, 30), 0; n < 120_000; d, n = d+1, n+1 {
		y, m, k := d.date()
		if dayOf(y, m, k) != d || d.weekday() != d.midnightUTC().Weekday() {
			t.Fatalf("%d is %s", d, d)
		}
	}
}

// The published public holidays of 2026: of Bavaria and Saxony by their own
// states (Assumption, in Catholic municipalities only, is not among them), of the
// United States by the federal government, of England by gov.uk.
func TestHolidays(t *testing.T) {
	for name, want := range map[string]string{
		"de":    "01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26",
		"de-by": "01-01 01-06 04-03 04-06 05-01 05-14 05-25 06-04 10-03 11-01 12-25 12-26",
		"de-sn": "01-01 04-03 04-06 05-01 05-14 05-25 10-03 10-31 11-18 12-25 12-26",
		"us":    "01-01 01-19 02-16 05-25 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25",
		"gb":    "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28",
	} {
		r, err := findRegion(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range r.holidaysBetween(dayOf(2026, 1, 1), dayOf(2026, 12, 31)) {
			got = append(got, d.String()[5:])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, " "), want)
		}
	}
	// 1 January 2028 is a Saturday: it is observed in the year before.
	r, err := findRegion("us")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(r.holidaysBetween(dayOf(2027, 12, 1), dayOf(2027, 12, 31)), dayOf(2027, 12, 31)) {
		t.Error("New Year's Day of 2028 is not observed on 31 December 2027")
	}
}

func TestRegions(t *testing.T) {
	if !slices.IsSortedFunc(regions, func(a, b region) int { return strings.Compare(a.name, b.name) }) {
		t.Error("the regions are not sorted")
	}
	for _, r := range regions {
		if n := len(r.holidaysBetween(dayOf(2020, 1, 1), dayOf(2029, 12, 31))); n < 40 {
			t.Errorf("%s has %d holidays in ten years", r.name, n)
		}
	}
	for name, want := range map[string]string{
		"DE-BY": `did you mean "de-by"?`, "de-bx": "did you mean one of de, de-bb, de-be, de-bw, de-by,", "dd": "did you mean one of de, dk?",
		"xx": "known: ar, at, be,", "au": "did you mean one of au-act, au-nsw,", "": "known: ar,",
	} {
		_, err := findRegion(name)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
}

func TestWorkdays(t *testing.T) {
	c := headroom.Calendar{WorkingDays: []string{"mon", "tue", "wed", "thu", "fri", "sat"}, Holidays: "de-by",
		Closures:  []headroom.Closure{{From: "12-24", To: "01-06"}, {From: "2026-08-10", To: "2026-08-14"}, {From: "02-29"}},
		ExtraDays: []string{"2026-12-27", "2026-10-03"}}
	w := laidOut(t, c, dayOf(2026, 1, 1), dayOf(2026, 12, 31))
	for date, want := range map[string]bool{
		"2026-06-03": true, "2026-06-04": false, // Corpus Christi
		"2026-06-06": true, "2026-06-07": false, // Saturday, Sunday
		"2026-10-03": true, // a holiday that is worked
		"2026-12-23": true, "2026-12-24": false, "2026-12-27": true, "2026-12-31": false, "2027-01-05": false, "2027-01-07": true,
		"2026-01-02": false, "2025-12-30": false, "2026-08-14": false, "2027-08-10": true, // dated
		"2028-02-29": false, "2028-02-28": true,
	} {
		d, err := parseDate(date)
		if err != nil {
			t.Fatal(err)
		}
		if w.works(d) != want {
			t.Errorf("%s: works %t", date, !want)
		}
	}
}

func TestWhenDays(t *testing.T) {
	week := func(names ...string) headroom.When { return headroom.When{Days: names} }
	with := func(w headroom.When, closed string) headroom.When { w.Closed = closed; return w }
	rule := func(s string) headroom.When { return headroom.When{Rule: s} }
	business := func(s ...string) headroom.When { return headroom.When{BusinessDays: s} }
	// December 2026 begins on a Tuesday. Christmas is on Friday and Saturday.
	for _, c := range []struct {
		name string
		when headroom.When
		want string
	}{
		{"working days", headroom.When{}, "01 02 03 04 07 08 09 10 11 14 15 16 17 18 21 22 23 28 29 30 31"},
		{"working days, kept", with(headroom.When{}, keep), "01 02 03 04 07 08 09 10 11 14 15 16 17 18 21 22 23 24 25 28 29 30 31"},
		{"Fridays", week("fri"), "04 11 18"},
		{"Fridays, kept", with(week("fri"), keep), "04 11 18 25"},
		{"Fridays, before", with(week("fri"), previous), "04 11 18 23 31"}, // 1 January is a Friday,
		{"Fridays, after", with(week("fri"), next), "04 11 18 28"},
		{"Thursdays and Fridays, before", with(week("thu", "fri"), previous), "03 04 10 11 17 18 23 31"},
		{"named Saturdays are worked, but not on a holiday", week("sat"), "05 12 19"},
		{"Saturdays by rule are not", rule("FREQ=WEEKLY;BYDAY=SA"), ""},
		{"Saturdays by rule, after", with(rule("FREQ=WEEKLY;BYDAY=SA"), next), "07 14 21 28"},
		{"last Friday", with(rule("freq=monthly;byday=-1FR"), previous), "23"},
		{"each second week", rule("DTSTART=20261201;FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"), "01 15 29"},
		{"until", rule("FREQ=DAILY;UNTIL=20261203"), "01 02 03"},
		{"dates", headroom.When{Dates: []string{"2026-12-06", "2026-12-25", "2027-03-01"}}, "06"},
		{"together", headroom.When{Days: []string{"mon"}, Dates: []string{"2026-12-07", "2026-12-12"}, BusinessDays: []string{"first 1 of month"}}, "01 07 12 14 21 28"},
		{"last 3 of month", business("last 3 of month"), "29 30 31"},
		{"last and first", business("last 2 of month", "first 2 of month"), "01 02 30 31"},
		{"last of month", business("last of month"), "31"},
		{"2nd last of month", business("2nd last of month"), "30"},
		{"5th of quarter", business("5th of quarter"), ""},
		{"63rd of quarter", business("63rd of quarter"), "30"},
		{"last of year", business("last of year"), "31"},
		{"last of week", business("last of week"), "04 11 18 23 31"}, // 1 January belongs to the week, and is closed
		{"2nd of week", business("2nd of week"), "01 08 15 22 29"},
		{"last before holiday", business("last before holiday"), "23 31"},
		{"2nd last before holiday", business("2nd last before holiday"), "22 30"},
		{"last 2 before holiday", business("last 2 before holiday"), "22 23 30 31"},
		{"1st after holiday", business("1st after holiday"), "28"},
		{"first 2 after holiday", business("first 2 after holiday"), "28 29"},
		{"25th of month", business("25th of month"), ""},
	} {
		first, last := dayOf(2026, 12, 1), dayOf(2026, 12, 31)
		w := laidOut(t, headroom.Calendar{Holidays: "de", Closures: []headroom.Closure{{From: "12-24"}}}, first, last)
		set, err := whenDays(c.when, w, first, last, map[string]days{})
		if got := strings.ReplaceAll(strings.Join(of(set, first, last), " "), "12-", ""); err != nil || got != c.want {
			t.Errorf("%s: %s, want %s; %v", c.name, got, c.want, err)
		}
	}
}

// What a day is does not depend on the window in which it is looked at.
func TestWhenDaysAgree(t *testing.T) {
	c := headroom.Calendar{Holidays: "de-by", Closures: []headroom.Closure{{From: "12-24", To: "01-06"}}}
	year, end := dayOf(2026, 1, 1), dayOf(2027, 12, 31)
	whole := laidOut(t, c, year, end)
	for _, w := range []headroom.When{{}, {Closed: next}, {Days: []string{"fri"}, Closed: previous},
		{Rule: "FREQ=MONTHLY;BYMONTHDAY=1,-1;BYDAY=MO,TU,WE,TH,FR"}, {Rule: "FREQ=YEARLY;BYWEEKNO=53,1;BYDAY=MO", Closed: next},
		{Rule: "DTSTART=20250101;FREQ=DAILY;INTERVAL=3;COUNT=300"}, {Rule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2"},
		{BusinessDays: []string{"last 3 of quarter", "100th of year", "3rd last of year", "2nd last before holiday", "first 3 after holiday", "2nd of week"}},
	} {
		all, err := whenDays(w, whole, year, end, map[string]days{})
		if err != nil {
			t.Fatal(err)
		}
		for first := year; first+40 < end; first += 13 {
			part, err := whenDays(w, laidOut(t, c, first, first+40), first, first+40, map[string]days{})
			if err != nil {
				t.Fatal(err)
			}
			if a, b := of(all, first, first+40), of(part, first, first+40); !slices.Equal(a, b) {
				t.Fatalf("%+v from %s: %v in the whole, %v in the part", w, first, a, b)
			}
		}
	}
}

// Business days of a month against counting them one by one.
func TestBusinessDaysByCounting(t *testing.T) {
	first, last := dayOf(2020, 1, 1), dayOf(2029, 12, 31)
	w := laidOut(t, headroom.Calendar{Holidays: "us"}, first, last)
	set, err := whenDays(headroom.When{BusinessDays: []string{"3rd last of month", "first 2 of month"}}, w, first, last, map[string]days{})
	if err != nil {
		t.Fatal(err)
	}
	for d := first; d <= last; d++ {
		y, m, _ := d.date()
		before, after := 0, 0 // working days of the month up to d, and from d on
		for e := dayOf(y, m, 1); e < dayOf(y, m+1, 1); e++ {
			if w.works(e) && e <= d {
				before++
			}
			if w.works(e) && e >= d {
				after++
			}
		}
		if want := w.works(d) && (before <= 2 || after == 3); set.has(d) != want {
			t.Fatalf("%s: %t", d, !want)
		}
	}
}

func TestRefusedDays(t *testing.T) {
	for _, s := range []string{"", "first", "last 3", "0th of month", "2th of month", "11st of month", "3 of month", "last -1 of month", "last 3 of fortnight",
		"first 2 before holiday", "last 2 after holiday", "1st before holiday", "first 367 of year", "5th of quarter please"} {
		if b, err := parseBusinessDays(s); err == nil {
			t.Errorf("%q is read as %+v", s, b)
		}
	}
	for rule, want := range map[string]string{
		"":                             "cannot be read",
		"every day":                    "cannot be read",
		"FREQ=HOURLY":                  "is about hours",
		"FREQ=DAILY;BYHOUR=3":          "is about hours",
		"FREQ=WEEKLY;INTERVAL=2":       "has an INTERVAL, and no DTSTART; say where it begins",
		"FREQ=DAILY;COUNT=3":           "has a COUNT, and no DTSTART",
		"FREQ=WEEKLY":                  "has weeks without BYDAY",
		"FREQ=MONTHLY":                 "has months without BYDAY",
		"FREQ=YEARLY;BYMONTH=3":        "has years without",
		"FREQ=YEARLY;BYWEEKNO=3":       "has weeks without BYDAY",
		"FREQ=MONTHLY;BYMONTHDAY=32":   "cannot hold",
		"DTSTART=17000101;FREQ=DAILY":  "begins outside",
		"FREQ=DAILY\nDTSTART:20200101": "more than one line",
		"FREQ=YEARLY;BYEASTER=1":       "BYEASTER",
	} {
		if _, err := parseRule(rule); err == nil || !strings.Contains(err.Error(), want) || headroom.ExitCode(err) != headroom.ExitBadInput {
			t.Errorf("%q: %v, want %s", rule, err, want)
		}
	}
	for _, s := range [][2]string{{"12-24", "2026-12-26"}, {"13-01", ""}, {"02-30", ""}, {"2026-12-24", "2026-12-23"}, {"", ""}, {"24.12.", ""}} {
		if _, err := parseStretch(s[0], s[1]); err == nil {
			t.Errorf("%q is a stretch", s)
		}
	}
}

func FuzzDays(f *testing.F) {
	f.Add("FREQ=MONTHLY;BYDAY=-1FR", "last 3 of month", uint16(0))
	f.Add("DTSTART=20260105;FREQ=WEEKLY;INTERVAL=2", "2nd last before holiday", uint16(400))
	f.Fuzz(func(t *testing.T, rule, business string, offset uint16) {
		first := dayOf(2026, time.January, 1) + day(offset)
		w := laidOut(t, headroom.Calendar{Holidays: "de"}, first, first+30)
		for _, closed := range []string{"", previous} {
			whenDays(headroom.When{Rule: rule, Closed: closed}, w, first, first+30, map[string]days{})
			set, err := whenDays(headroom.When{BusinessDays: []string{business}}, w, first, first+30, map[string]days{})
			for d := first; d <= first+30; d++ {
				if set.has(d) && (err != nil || !w.works(d)) {
					t.Fatalf("%q holds %s: %v", business, d, err)
				}
			}
		}
	})
}
