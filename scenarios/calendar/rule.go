package calendar

import (
	"fmt"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/headroom-erp/headroom"
)

// maxInterval bounds a rule's INTERVAL.
const maxInterval = 10_000

// A rule is a recurrence of RFC 5545 by whole days. One without DTSTART begins
// before all days that are looked at, and therefore must not depend on where
// it begins: two windows would otherwise disagree about a day in both.
type rule struct {
	option rrule.ROption
	dated  bool // it has a DTSTART
}

func parseRule(s string) (rule, error) {
	bad := func(do, format string, args ...any) (rule, error) {
		return rule{}, &headroom.InputError{What: fmt.Sprintf("the rule %q %s", s, fmt.Sprintf(format, args...)), Do: do}
	}
	if strings.ContainsAny(s, "\r\n") {
		return bad("write the rule alone, and DTSTART into it", "has more than one line")
	}
	option, err := rrule.StrToROption(strings.ToUpper(s))
	if err != nil {
		return bad(`write it as "FREQ=MONTHLY;BYDAY=-1FR" (RFC 5545)`, "cannot be read: %v", err)
	}
	o := *option
	if _, err := rrule.NewRRule(o); err != nil {
		return bad("", "cannot hold: %v", err)
	}
	if o.Freq > rrule.DAILY || len(o.Byhour)+len(o.Byminute)+len(o.Bysecond) > 0 {
		return bad("give times of day beside the rule", "is about hours, and should be about days")
	}
	if len(o.Byeaster) > 0 {
		return bad("use business_days or dates", "has BYEASTER, which RFC 5545 does not know")
	}
	if o.Interval > maxInterval || o.Count < 0 {
		return bad("", "has an INTERVAL of more than %d or a COUNT of less than 0", maxInterval)
	}
	r := rule{option: o, dated: !o.Dtstart.IsZero()}
	if r.dated {
		y, m, d := o.Dtstart.Date()
		if y < firstYear || y > lastYear {
			return bad("", "begins outside of the years %d to %d", firstYear, lastYear)
		}
		r.option.Dtstart = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		return r, nil
	}
	if why := floating(o); why != "" {
		return bad(`say where it begins, as in "DTSTART=20260105;…"`, "has %s, and no DTSTART", why)
	}
	return r, nil
}

// floating says what in a rule makes its days depend on where it begins; ""
// when they do not.
func floating(o rrule.ROption) string {
	switch {
	case o.Interval > 1:
		return "an INTERVAL"
	case o.Count > 0:
		return "a COUNT"
	case o.Freq == rrule.WEEKLY && len(o.Byweekday) == 0:
		return "weeks without BYDAY"
	case o.Freq == rrule.MONTHLY && len(o.Byweekday)+len(o.Bymonthday) == 0:
		return "months without BYDAY or BYMONTHDAY"
	case o.Freq == rrule.YEARLY && len(o.Byweekno) > 0 && len(o.Byweekday) == 0:
		return "weeks without BYDAY"
	case o.Freq == rrule.YEARLY && len(o.Byweekday)+len(o.Bymonthday)+len(o.Byyearday) == 0:
		return "years without BYDAY, BYMONTHDAY or BYYEARDAY"
	}
	return ""
}

// add puts the rule's days between first and last into the set.
func (r rule) add(set days, first, last day) {
	o := r.option
	if !r.dated {
		year, _, _ := first.date()
		o.Dtstart = time.Date(year-1, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	end := last.midnightUTC()
	if o.Until.IsZero() || o.Until.After(end) {
		o.Until = end
	}
	if o.Until.Before(o.Dtstart) {
		return
	}
	recurrence, err := rrule.NewRRule(o)
	if err != nil {
		return // parseRule has tried
	}
	next := recurrence.Iterator()
	for t, ok := next(); ok; t, ok = next() {
		set.add(localDay(t))
	}
}
