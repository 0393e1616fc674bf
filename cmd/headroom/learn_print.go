package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/headroom-erp/headroom/models/learn"
)

// shownClasses are those of which the text output tells the demands.
const shownClasses = 15

func printLearned(out io.Writer, l learn.Learned, folder string) error {
	r := l.Report
	fmt.Fprintf(out, "%d requests of %d lines, %s to %s UTC, %d workers\n\n", r.Counts.Requests, r.Counts.Lines, stamp(r.From), stamp(r.To), r.Workers)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "class\tcount\tapp ms\tdatabase ms\tretried\twork\tstep")
	for i, c := range r.Classes {
		if i == shownClasses {
			break
		}
		retried := "-"
		if c.RetryShare != nil {
			retried = fmt.Sprintf("%.1f %%", 100*c.RetryShare.Value)
		}
		step := strings.Join(c.Steps, " ")
		if step == "" {
			step = "(unmapped)"
		}
		app, db := c.Demand["app"], c.Demand["database"]
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%.1f %%\t%s\n", c.Name, c.Count, millis(app.Value, app.Low, app.High, app.N), millis(db.Value, db.Low, db.High, db.N), retried, 100*c.Share, step)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if n := len(r.Classes) - shownClasses; n > 0 {
		fmt.Fprintf(out, "and %d more: see --json\n", n)
	}
	fmt.Fprintln(out)
	for _, line := range calendarLines(r) {
		fmt.Fprintln(out, line)
	}
	for _, s := range r.Warnings {
		printWrapped(out, s, "! ", "  ")
	}
	if folder != "" {
		fmt.Fprintf(out, "\nwritten: %s and %s\n", filepath.Join(folder, modelFile), filepath.Join(folder, learnedPlan))
	}
	return nil
}

func stamp(t float64) string { return unix(t).Format(time.DateTime) }

func millis(v, low, high float64, n int) string {
	if n == 0 {
		return "?"
	}
	return fmt.Sprintf("%.1f (%.1f-%.1f)", 1000*v, 1000*low, 1000*high)
}

// calendarLines tells what the calendar was drawn from.
func calendarLines(r learn.Report) (lines []string) {
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, p := range r.Processes {
		for _, s := range p.Sites {
			if s.PerHour > 0 {
				add("%s at %s: %.4g an hour from %s to %s", p.Name, s.Site, s.PerHour, s.From, s.To)
			}
			if s.Outside > 0.01 {
				add("  %.1f %% of its journeys lie outside of these hours and days, and not in the plan", 100*s.Outside)
			}
		}
	}
	for _, p := range r.Peaks {
		day := "each working day"
		if p.Weekday != "" {
			day = "on " + p.Weekday
		}
		add("peak of %s at %s, %s, %s to %s: %.4g an hour more; %.0f arrivals where %.0f are ordinary, p = %.1g", p.Process, p.Site, day, p.From, p.To, p.PerHour, p.Arrivals, p.Expected, p.P)
	}
	for _, o := range r.Outside {
		add("%s at %s, outside of these hours, %s to %s: %.4g an hour", o.Process, o.Site, o.From, o.To, o.PerHour)
	}
	for _, b := range r.Batches {
		in := ""
		if !b.InPlan {
			in = "; once, not in the plan"
		}
		add("batch of %s at %s, %s: %.0f documents over %d connections, on %d of %d days%s", b.Process, b.Site, b.At, b.Documents, b.Connections, b.Days, b.Of, in)
	}
	for _, m := range r.MonthEnd {
		add("%s at %s: %.2g times as many on the last %d business days of the month, p = %.1g", m.Process, m.Site, m.Factor, m.LastDays, m.P)
	}
	return lines
}

// planComments stand above the plan: what was found, how, and what is assumed.
func planComments(l learn.Learned) string {
	var b strings.Builder
	say := func(format string, args ...any) {
		var text strings.Builder
		printWrapped(&text, fmt.Sprintf(format, args...), "# ", "#   ")
		b.WriteString(text.String())
	}
	r := l.Report
	say("Drawn by headroom learn from %d requests, %s to %s UTC. Edit it: what a log cannot tell is assumed.", r.Counts.Requests, stamp(r.From), stamp(r.To))
	say("Peaks: %s.", testOf(r))
	for _, line := range calendarLines(r) {
		say("- %s", strings.TrimSpace(line))
	}
	say("ASSUMED, because no request log tells it:")
	say("- catalogue, lines of documents, documents that are open when the day begins: an hour's worth.")
	say("- users: one for each twenty journeys of the busiest hour.")
	say("- objectives; and cores of the topology, where --cores was not given (workers = 2 x CPU + 1, turned round).")
	say("- all arrivals are open. People with hand-helds, who wait for the answer, are shifts: replace per_hour by them.")
	for _, p := range r.Processes {
		if p.Note != "" {
			say("- %s: %s.", p.Name, p.Note)
		}
	}
	if r.Unmapped.Requests > 0 {
		say("Not in the plan: %d requests, %.0f %% of the work, that fit no process; the model has them as background. The largest: %s.",
			r.Unmapped.Requests, 100*r.Unmapped.Share, strings.Join(unmapped(r, 8), ", "))
	}
	return b.String()
}

func testOf(r learn.Report) string {
	if len(r.Peaks) == 0 {
		return "none stands out above the ordinary hour"
	}
	return "found by a " + r.Peaks[0].Test
}

func unmapped(r learn.Report, n int) (out []string) {
	for _, c := range r.Classes {
		if len(c.Steps) == 0 && len(out) < n {
			out = append(out, fmt.Sprintf("%s (%.1f %%)", c.Name, 100*c.Share))
		}
	}
	return out
}
