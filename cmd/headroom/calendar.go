package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/html"
	"github.com/headroom-erp/headroom/reports/table"
	"github.com/headroom-erp/headroom/reports/text"
	"github.com/headroom-erp/headroom/scenarios/agenda"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// calendarOptions are the flags of calendar.
type calendarOptions struct {
	from, week, site string
	next, year       int
	largest          int
	length           time.Duration
	format, out      string
	json             bool
}

// formats of a calendar.
var formats = []string{"text", "html", "csv", "ics", "json"}

func newCalendar(std stdio) *cobra.Command {
	var o calendarOptions
	cmd := &cobra.Command{
		Use:   "calendar PLAN",
		Short: "Show a plan's calendar: the next peaks, a week, a year, the largest windows",
		Long: `Show what a plan's calendar expands to: the next peaks in order, each on its
site's clock, with what every process does in them; which peaks of different
sites hold at the same time; a week and a year as heat maps; and the year's
largest windows. All are expectations: nothing is run, and nothing is drawn.

Peaks of several sites at one moment count as one of --next. The maps' clock is
the first site's, or that of --site. ics has the next peaks as events.`,
		Example: "  headroom calendar pilot --from 2026-11-20 --next 5\n" +
			"  headroom calendar pilot --from 2026-11-20 --format html --out calendar.html",
		Args: exactArgs(1, "one plan"),
		RunE: func(_ *cobra.Command, args []string) error {
			return showCalendar(args[0], o, std, time.Now())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "first day, 2026-11-20 (default today at the first site)")
	f.IntVar(&o.next, "next", 10, "number of coming peaks, and of coincidences")
	f.IntVar(&o.year, "year", 0, "year of the map and of the largest windows (default that of --from)")
	f.StringVar(&o.week, "week", "", "any day of the week that is mapped, 2026-11-20 (default that of --from)")
	f.IntVar(&o.largest, "largest", 5, "number of the year's largest windows")
	f.DurationVar(&o.length, "length", time.Hour, "their length, a multiple of 5 minutes")
	f.StringVar(&o.site, "site", "", "only this site (default all)")
	f.StringVar(&o.format, "format", "text", "text, html, csv, ics or json")
	f.StringVar(&o.out, "out", "", "file to write instead of standard output; it is replaced")
	f.BoolVar(&o.json, "json", false, "the same as --format json")
	return cmd
}

func showCalendar(path string, o calendarOptions, std stdio, now time.Time) error {
	if o.json {
		o.format = "json"
	}
	write, err := calendarWriter(o.format)
	if err != nil {
		return err
	}
	plan, err := loadPlan(path)
	if err != nil {
		return err
	}
	_, zone, err := siteAndZone(plan, o.site)
	if err != nil {
		return err
	}
	options := agenda.Options{Next: o.next, Year: o.year, Largest: o.largest, Length: o.length, Site: o.site}
	y, m, d := now.In(zone).Date()
	options.From = time.Date(y, m, d, 0, 0, 0, 0, zone)
	if options.From, err = dayOr(o.from, "--from", zone, options.From); err != nil {
		return err
	}
	if options.Week, err = dayOr(o.week, "--week", zone, options.From); err != nil {
		return err
	}
	if o.out == "" {
		return write(std.out, plan, options)
	}
	return replaceFile(o.out, func(w io.Writer) error { return write(w, plan, options) })
}

// calendarWriter is what writes a calendar in a format.
func calendarWriter(format string) (func(io.Writer, headroom.Plan, agenda.Options) error, error) {
	render := func(write func(io.Writer, headroom.Agenda) error) func(io.Writer, headroom.Plan, agenda.Options) error {
		return func(w io.Writer, plan headroom.Plan, o agenda.Options) error {
			a, err := agenda.New(plan, o)
			if err != nil {
				return err
			}
			return write(w, a)
		}
	}
	switch format {
	case "text":
		return render(func(w io.Writer, a headroom.Agenda) error { return text.Calendar(w, a, colored(w)) }), nil
	case "html":
		return render(html.Calendar), nil
	case "csv":
		return render(table.Calendar), nil
	case "json":
		return render(func(w io.Writer, a headroom.Agenda) error { return writeJSON(w, a) }), nil
	case "ics":
		return func(w io.Writer, plan headroom.Plan, o agenda.Options) error {
			list, err := agenda.Upcoming(plan, o)
			if err != nil {
				return err
			}
			return calendar.WriteICal(w, plan.Name, o.From, func(yield func(calendar.Occurrence, error) bool) {
				for _, occurrence := range list {
					if !yield(occurrence, nil) {
						return
					}
				}
			})
		}, nil
	}
	return nil, &headroom.InputError{What: fmt.Sprintf("there is no format %q", format), Where: "--format", Do: fmt.Sprintf("choose one of %q", formats)}
}

// colored reports whether a writer is a terminal whose user wants colours.
func colored(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// dayOr reads the first moment of a day in a zone; "" is another.
func dayOr(s, flag string, zone *time.Location, otherwise time.Time) (time.Time, error) {
	if s == "" {
		return otherwise, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return t, &headroom.InputError{What: fmt.Sprintf("%q is not a date", s), Where: flag, Do: "write it as 2026-11-20"}
	}
	return t, nil
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return &headroom.InputError{What: "cannot be written", Where: path, Do: "name a file in a folder that exists and is yours", Err: err}
	}
	defer func() { _ = os.Remove(f.Name()) }() // it is gone when all went well
	if err := write(f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return &headroom.MeasureError{What: "cannot write " + path, Err: err}
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return &headroom.InputError{What: "cannot be written", Where: path, Err: err}
	}
	return nil
}
