package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

// A businessDays expression chooses working days by counting them:
//
//	expression = ("first" | "last") [N] place   the first, or last, N; N is 1 when left out
//	           | N("st" | "nd" | "rd" | "th") ["last"] place   the N-th alone
//	place      = "of" ("week" | "month" | "quarter" | "year") | "before holiday" | "after holiday"
//
// Before a holiday one counts back, and after it forward, so that "last" belongs
// to the one ("2nd last before holiday", "last 2 before holiday") and not to the
// other ("1st after holiday", "first 3 after holiday"). A holiday is here a day
// of the working week that a public holiday or a closure takes away. Weeks begin
// on Monday. A week, month, quarter or year with fewer working days has no N-th;
// its first, or last, N are all that it has.
type businessDays struct {
	n    int
	only bool // the n-th alone, not the n
	back bool // counted from the end
	unit string
}

// mostBusinessDays bounds N: a year has no more days.
const mostBusinessDays = 366

func parseBusinessDays(s string) (b businessDays, err error) {
	bad := func() (businessDays, error) {
		return b, &headroom.InputError{What: fmt.Sprintf("%q does not say which business days", s),
			Do: `write it as "last 3 of month", "first 2 of month", "5th of quarter", "2nd last of year", "last 2 before holiday" or "1st after holiday"`}
	}
	words := strings.Fields(s)
	next := func() string {
		if len(words) == 0 {
			return ""
		}
		w := words[0]
		words = words[1:]
		return w
	}
	b.n = 1
	word := next()
	switch word {
	case "first", "last":
		b.back = word == "last"
		if len(words) > 0 {
			if n, err := strconv.Atoi(words[0]); err == nil {
				b.n = n
				next()
			}
		}
	default:
		number := strings.TrimRight(word, "stndrh")
		n, err := strconv.Atoi(number)
		if err != nil || word != number+ordinal(n) {
			return bad()
		}
		b.n, b.only = n, true
		if len(words) > 0 && words[0] == "last" {
			b.back = true
			next()
		}
	}
	b.unit = strings.Join(words, " ")
	switch b.unit {
	case "of week", "of month", "of quarter", "of year":
	case "before holiday", "after holiday":
		if b.back != (b.unit == "before holiday") {
			return bad()
		}
	default:
		return bad()
	}
	if b.n < 1 || b.n > mostBusinessDays {
		return bad()
	}
	return b, nil
}

func ordinal(n int) string {
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			return "st"
		case 2:
			return "nd"
		case 3:
			return "rd"
		}
	}
	return "th"
}

// add puts the days between first and last into the set.
func (b businessDays) add(set days, w *workdays, first, last day) {
	if strings.HasSuffix(b.unit, "holiday") {
		b.addHolidays(set, w, first, last)
		return
	}
	for d := b.start(first); d <= last; {
		end := b.end(d)
		if b.back {
			b.count(set, w, end-1, -1, d)
		} else {
			b.count(set, w, d, 1, end-1)
		}
		d = end
	}
}

// count goes from d by steps to the end and adds what it counts.
func (b businessDays) count(set days, w *workdays, d, step, end day) {
	for n := 0; n < b.n && (end-d)*step >= 0; d += step {
		if !w.works(d) {
			continue
		}
		if n++; n == b.n || !b.only {
			set.add(d)
		}
	}
}

func (b businessDays) addHolidays(set days, w *workdays, first, last day) {
	for d := w.first; d <= w.last; d++ {
		if !w.off(d) {
			continue
		}
		// A day in a row of holidays has the same neighbours as the first or last.
		if b.back && !w.off(d-1) {
			b.count(set, w, d-1, -1, max(w.first, first-1))
		} else if !b.back && !w.off(d+1) {
			b.count(set, w, d+1, 1, min(w.last, last+1))
		}
	}
}

// start is the first day of the week, month, quarter or year that d is in.
func (b businessDays) start(d day) day {
	year, month, _ := d.date()
	switch b.unit {
	case "of week":
		return d - day((d.weekday()+6)%7)
	case "of month":
		return dayOf(year, month, 1)
	case "of quarter":
		return dayOf(year, (month-1)/3*3+1, 1)
	}
	return dayOf(year, time.January, 1)
}

// end is the day after the last of the week, month, quarter or year that begins
// on d.
func (b businessDays) end(d day) day {
	year, month, _ := d.date()
	switch b.unit {
	case "of week":
		return d + 7
	case "of month":
		return dayOf(year, month+1, 1)
	case "of quarter":
		return dayOf(year, month+3, 1)
	}
	return dayOf(year+1, time.January, 1)
}
