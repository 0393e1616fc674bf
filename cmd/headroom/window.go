package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// windowOptions say which part of the calendar is replayed: a peak, a moment,
// or else the plan's demo.
type windowOptions struct {
	peak   string
	site   string
	date   string        // first day looked at, local to the site
	from   string        // local time, or date and time
	length time.Duration // 0: all of the peak
	leadIn time.Duration
}

// flags are those of every verb that looks at a part of the calendar.
func (o *windowOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.peak, "peak", "", "the next occurrence of this peak")
	f.StringVar(&o.site, "site", "", "whose occurrence of the peak, and whose clock (default whose peak comes first; without --peak the plan's first site)")
	f.StringVar(&o.date, "date", "", "first day on which the window may be, 2026-11-20 (default today)")
	f.StringVar(&o.from, "from", "", "where the window begins: 16:55, or 2026-11-20 16:55")
	f.DurationVar(&o.length, "for", 0, "length of the window, such as 10m; of a peak the end (default all of it)")
	f.DurationVar(&o.leadIn, "lead-in", 10*time.Second, "replayed before the window, so that it does not begin on an idle system")
}

// alone refuses what says something of a window that was not asked for, and a
// window of no length.
func (o *windowOptions) alone(cmd *cobra.Command) error {
	if cmd.Flags().Changed("for") && o.length == 0 {
		return &headroom.InputError{What: "a window of no length holds no load", Where: "--for", Do: "give it a length, as in --for 10m, or leave it out"}
	}
	for _, name := range []string{"site", "date", "lead-in"} {
		if cmd.Flags().Changed(name) && !o.given() {
			return &headroom.InputError{What: "says nothing of the plan's demo, which has a window of its own", Where: "--" + name,
				Do: "name a peak with --peak, or a window with --from and --for"}
		}
	}
	return nil
}

// given says whether anything but the plan's demo was asked for.
func (o windowOptions) given() bool { return o.peak != "" || o.from != "" || o.length != 0 }

// horizon is how far ahead the next occurrence of a peak is looked for.
const horizon = 400 * 24 * time.Hour

// window finds the part of the calendar; now is where "next" begins.
func (o windowOptions) window(plan headroom.Plan, now time.Time) (calendar.Window, error) {
	w := calendar.Window{LeadIn: o.leadIn.Seconds()}
	site, zone, err := siteAndZone(plan, o.site)
	if err != nil {
		return w, err
	}
	day := now.In(zone)
	if o.date != "" {
		if day, err = time.ParseInLocation(time.DateOnly, o.date, zone); err != nil {
			return w, &headroom.InputError{What: fmt.Sprintf("%q is not a date", o.date), Where: "--date", Do: "write it as 2026-11-20"}
		}
	}
	if o.length < 0 || o.leadIn < 0 {
		return w, &headroom.InputError{What: "a length cannot be negative", Where: "--for and --lead-in"}
	}
	if o.peak == "" {
		return o.moment(w, day, zone)
	}
	if date, at, both := strings.Cut(strings.Replace(o.from, "T", " ", 1), " "); both {
		if day, err = time.ParseInLocation(time.DateOnly, date, zone); err != nil {
			return w, &headroom.InputError{What: fmt.Sprintf("%q is not a date", date), Where: "--from", Do: "write it as 2026-11-20 16:55"}
		}
		o.from = at
	}
	if !slices.ContainsFunc(plan.Peaks, func(p headroom.Peak) bool { return p.Name == o.peak }) {
		var names []string
		for _, p := range plan.Peaks {
			names = append(names, p.Name)
		}
		return w, &headroom.InputError{What: fmt.Sprintf("plan %s has no peak %q", plan.Name, o.peak), Where: "--peak", Do: "it has " + strings.Join(names, ", ")}
	}
	return o.next(w, plan, site, day, zone)
}

// moment is a window that begins at a time of day, or at a date and time.
func (o windowOptions) moment(w calendar.Window, day time.Time, zone *time.Location) (calendar.Window, error) {
	if o.length == 0 {
		return w, &headroom.InputError{What: "how long the window is was not said", Where: "--for", Do: "give it, as in --for 10m"}
	}
	if o.from == "" {
		return w, &headroom.InputError{What: "where the window begins was not said", Where: "--from", Do: "give it, as in --from 16:55, or name a peak with --peak"}
	}
	w.Seconds = o.length.Seconds()
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, o.from, zone); err == nil {
			w.At = t
			return w, nil
		}
	}
	at, err := clock(o.from, "--from")
	if err != nil {
		return w, err
	}
	w.At = at.on(day, zone)
	return w, nil
}

// next is the peak's next occurrence: all of it, from a time on, or its end.
func (o windowOptions) next(w calendar.Window, plan headroom.Plan, site string, day time.Time, zone *time.Location) (calendar.Window, error) {
	for occ, err := range calendar.Occurrences(plan, day, day.Add(horizon)) {
		if err != nil {
			return w, err
		}
		if occ.Peak != o.peak || o.site != "" && occ.Site != site || occ.From.Before(day) {
			continue
		}
		w.At, w.Seconds = occ.From, occ.To.Sub(occ.From).Seconds()
		if o.site == "" {
			zone = occ.From.Location() // times of day are those of the peak's site
		}
		if o.from != "" {
			at, err := clock(o.from, "--from")
			if err != nil {
				return w, err
			}
			w.At = at.on(occ.From.In(zone), zone)
			if w.At.Before(occ.From) || !w.At.Before(occ.To) {
				return w, &headroom.InputError{What: fmt.Sprintf("%s is outside of the peak, which lasts from %s to %s", o.from, occ.From.Format("15:04"), occ.To.Format("15:04")), Where: "--from"}
			}
			w.Seconds = occ.To.Sub(w.At).Seconds()
		}
		if left := w.Seconds - o.length.Seconds(); o.length > 0 && left > 0 {
			if o.from == "" { // the end of a peak is where its cutoff is
				w.At = w.At.Add(seconds(left))
			}
			w.Seconds = o.length.Seconds()
		}
		return w, nil
	}
	return w, &headroom.InputError{What: fmt.Sprintf("peak %s does not come within %.0f days of %s", o.peak, horizon.Hours()/24, day.Format(time.DateOnly)),
		Where: "--peak", Do: "choose another --date, or look at 'headroom calendar'"}
}

// siteAndZone is the named site, or the plan's first, and its clock.
func siteAndZone(plan headroom.Plan, name string) (string, *time.Location, error) {
	var names []string
	for _, s := range plan.Sites {
		if name == "" || s.Name == name {
			zone, err := time.LoadLocation(s.TimeZone)
			return s.Name, zone, err
		}
		names = append(names, s.Name)
	}
	return "", nil, &headroom.InputError{What: fmt.Sprintf("plan %s has no site %q", plan.Name, name), Where: "--site", Do: "it has " + strings.Join(names, ", ")}
}

// A timeOfDay is a wall-clock time.
type timeOfDay struct{ hour, minute, second int }

func clock(text, where string) (timeOfDay, error) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return timeOfDay{t.Hour(), t.Minute(), t.Second()}, nil
		}
	}
	return timeOfDay{}, &headroom.InputError{What: fmt.Sprintf("%q is not a time", text), Where: where, Do: "write it as 16:59 or 16:59:30"}
}

// on is the time of day on a day, by the zone's clock.
func (t timeOfDay) on(day time.Time, zone *time.Location) time.Time {
	y, m, d := day.In(zone).Date()
	return time.Date(y, m, d, t.hour, t.minute, t.second, 0, zone)
}

// eventTimes are the moments from from (inclusive) to to at which an event of
// the plan happens, by the first site's clock.
func eventTimes(plan headroom.Plan, e headroom.Event, from, to time.Time) ([]time.Time, error) {
	_, zone, err := siteAndZone(plan, "")
	if err != nil {
		return nil, err
	}
	at, err := clock(e.At, "events")
	if err != nil {
		return nil, err
	}
	var out []time.Time
	for day := from.In(zone); ; day = day.AddDate(0, 0, 1) {
		moment := at.on(day, zone)
		if !moment.Before(to) {
			return out, nil
		}
		if !moment.Before(from) {
			out = append(out, moment)
		}
	}
}
