package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/reports/prose"
	"github.com/headroom-erp/headroom/scenarios"
)

// A tally is what a schedule holds of one process.
type tally struct {
	arrivals int // of operators: shifts
	inWindow int
	batches  map[time.Duration]int
	due      map[time.Duration]int // documents by cutoff
	kind     headroom.Kind
}

// tallies counts a schedule by process, in the order of its header.
func tallies(s headroom.Schedule) ([]tally, error) {
	h := s.Header()
	out := make([]tally, len(h.Processes))
	lead := seconds(h.LeadIn)
	for a, err := range s.Arrivals() {
		if err != nil {
			return nil, err
		}
		t := &out[a.Process]
		if t.batches == nil {
			t.batches = map[time.Duration]int{}
		}
		t.arrivals++
		t.kind = max(t.kind, a.Kind)
		if a.At >= lead {
			t.inWindow++
		}
		if a.Kind == headroom.Batched {
			t.batches[a.At]++
		}
		if a.Due > 0 {
			if t.due == nil {
				t.due = map[time.Duration]int{}
			}
			t.due[a.Due]++
		}
	}
	return out, nil
}

// announce says what will run before it does: arrivals by process, how long,
// where, and what is written there.
func announce(w io.Writer, r *runner, s headroom.Schedule) error {
	h := s.Header()
	counted, err := tallies(s)
	if err != nil {
		return err
	}
	zone := h.WindowAt.Location()
	fmt.Fprintf(w, "This will replay plan %s on %s:\n", h.Plan, where(r))
	fmt.Fprintf(w, "  window   %s for %s, %s, after a lead-in of %s\n",
		h.WindowAt.Format("Mon 2006-01-02 15:04:05"), duration(h.Window), zone, duration(h.LeadIn))
	if h.Shortened {
		fmt.Fprintln(w, "  shortened: the window is less than its peaks; rates are those of the calendar, not compressed")
	}
	for _, span := range h.Spans {
		fmt.Fprintf(w, "  peak     %s%s, %s to %s\n", span.Name, atSites(span.Sites),
			moment(h, span.From), moment(h, span.To))
	}
	announceDue(w, h, counted)
	if err := announceEvents(w, r, h); err != nil {
		return err
	}
	fmt.Fprintf(w, "  takes    %s and the seeding before it", duration(float64(r.o.repeat)*h.Duration()))
	if r.o.repeat > 1 {
		fmt.Fprintf(w, ", in %d runs with seeds %d to %d", r.o.repeat, r.o.seed, r.o.seed+uint64(r.o.repeat)-1)
	}
	fmt.Fprintf(w, "; scale %g\n", h.Scale)
	if r.target == ground.External {
		fmt.Fprintln(w, "  keeps    what is written stays there: an external target is used as it is, no run starts from a fresh clone")
	}
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "  process\tkind\tin the window\tin the lead-in\twrites")
	total := 0
	var absent []string // a Sunday, or a time at which nobody works
	for i, p := range h.Processes {
		t := counted[i]
		if t.arrivals == 0 {
			absent = append(absent, p.Name)
			continue
		}
		total += t.arrivals
		kind, amount, before := t.kind.String(), fmt.Sprintf("%d (%.3g/s)", t.inWindow, float64(t.inWindow)/h.Window), fmt.Sprint(t.arrivals-t.inWindow)
		switch {
		case t.kind == headroom.Closed:
			kind, amount, before = "operators", fmt.Sprintf("%d at work, pause %g s", t.arrivals, p.ThinkTime), "–"
		case len(t.batches) > 0:
			amount = fmt.Sprintf("%d, in batches at %s", t.inWindow, prose.And(moments(h, t.batches)))
		}
		fmt.Fprintf(tw, "  %s\t%s\t%s\t%s\t%s\n", p.Name, kind, amount, before, writes(p))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if len(absent) > 0 && total > 0 {
		fmt.Fprintf(w, "\n  not in this window by the calendar: %s\n", prose.And(absent))
	}
	if total == 0 {
		return &headroom.InputError{What: "the schedule's window holds no arrival", Do: "choose a window in which the plan has work, or a larger --scale"}
	}
	_, err = fmt.Fprintln(w)
	return err
}

// announceDue says what is due when, and whether the run sees that moment.
func announceDue(w io.Writer, h headroom.Header, counted []tally) {
	all := map[time.Duration]int{}
	for _, t := range counted {
		for at, n := range t.due {
			all[at] += n
		}
	}
	end := seconds(h.Duration())
	const unseen = "after the run's end, so that whether they are in time is not measured"
	var own []time.Duration // of documents with a due time of their own, which would fill the screen
	late := 0
	for _, at := range slices.Sorted(maps.Keys(all)) {
		switch {
		case all[at] == 1:
			own = append(own, at)
			if at > end {
				late++
			}
		case at > end:
			fmt.Fprintf(w, "  due      %s: %d documents of this run, %s\n", moment(h, at.Seconds()), all[at], unseen)
		default:
			fmt.Fprintf(w, "  due      %s: %d documents of this run\n", moment(h, at.Seconds()), all[at])
		}
	}
	if len(own) == 0 {
		return
	}
	what := ": 1 document of this run"
	if len(own) > 1 {
		what = fmt.Sprintf(" to %s: %d documents of this run, each at its own time", moment(h, own[len(own)-1].Seconds()), len(own))
	}
	switch late {
	case 0:
	case len(own):
		what += ", " + unseen
	default:
		what += fmt.Sprintf("; %d of them %s", late, unseen)
	}
	fmt.Fprintf(w, "  due      %s%s\n", moment(h, own[0].Seconds()), what)
}

// announceEvents says what the plan lets happen in the run.
func announceEvents(w io.Writer, r *runner, h headroom.Header) error {
	list, err := incidents(r.plan, h)
	for _, in := range list {
		fmt.Fprintf(w, "  event    %s, %s to %s\n", in.What, moment(h, in.From), moment(h, in.To))
	}
	return err
}

// moment is what the calendar's clock says at a time of the run.
func moment(h headroom.Header, t float64) string {
	return h.WindowAt.Add(seconds(t - h.LeadIn)).Format("15:04:05")
}

// moments are the times of batches.
func moments(h headroom.Header, batches map[time.Duration]int) []string {
	var out []string
	for _, at := range slices.Sorted(maps.Keys(batches)) {
		out = append(out, moment(h, at.Seconds()))
	}
	return slices.Compact(out)
}

// where is the target and its stacks, in words.
func where(r *runner) string {
	var parts []string
	for _, p := range r.topology.Parts(r.plan.Sites) {
		parts = append(parts, fmt.Sprintf("%s (%d workers) for %s", p.Topology.Name, p.Topology.Web.Workers*max(1, p.Topology.Web.Replicas), strings.Join(p.Sites, ", ")))
	}
	return r.target + ", topology " + r.topology.Name + ": " + strings.Join(parts, "; ")
}

func atSites(sites []string) string {
	if len(sites) == 0 {
		return ""
	}
	return " at " + strings.Join(sites, ", ")
}

// writes is what a process leaves in the target.
func writes(p headroom.ScheduledProcess) string {
	s, err := scenarios.Find(p.Scenario)
	if err != nil || len(s.Writes) == 0 {
		return "nothing"
	}
	return strings.Join(s.Writes, ", ")
}

// duration is a number of seconds for people.
func duration(s float64) string {
	if s < 120 {
		return fmt.Sprintf("%g s", s)
	}
	return seconds(s).Round(time.Second).String()
}
