package main

import (
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/conduct"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// TestIncidents: what began before the run and lasts is there from its start;
// what is over by then, or comes after the end, is not.
func TestIncidents(t *testing.T) {
	plan := headroom.Plan{Sites: []headroom.Site{{Name: "hub", TimeZone: "Europe/Berlin"}}}
	at := func(clock string) time.Time {
		when, err := time.Parse(time.RFC3339, "2026-11-20T"+clock+"+01:00")
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	// From 16:40 on, of which 10 s are lead-in, until 16:45:10.
	h := headroom.Header{WindowAt: at("16:40:10"), LeadIn: 10, Window: 300}
	for _, c := range []struct {
		what     string
		clock    string
		duration float64
		want     []conduct.Incident
	}{
		{"within", "16:41:00", 30, []conduct.Incident{{From: 60, To: 90}}},
		{"at the start", "16:40:00", 30, []conduct.Incident{{From: 0, To: 30}}},
		{"begun before", "16:35:00", 600, []conduct.Incident{{From: 0, To: 300}}},
		{"over before", "16:35:00", 240, nil},
		{"over at the start", "16:35:00", 300, nil},
		{"beyond the end", "16:45:00", 600, []conduct.Incident{{From: 300, To: 310}}},
		{"to the end", "16:45:00", 0, []conduct.Incident{{From: 300, To: 310}}},
		{"after the end", "16:45:10", 60, nil},
		{"begun the day before", "20:00:00", 80_000, []conduct.Incident{{From: 0, To: 310}}},
	} {
		plan.Events = []headroom.Event{{At: c.clock, Duration: c.duration}}
		got, err := incidents(plan, h)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.what, got, err, c.want)
		}
	}
}

// TestNextPeak: without --site the peak is the first to come, whosever it is,
// and --from is by the clock of its site.
func TestNextPeak(t *testing.T) {
	plan, err := loadPlan("group-12")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	seen := map[string]bool{}
	for occ, err := range calendar.Occurrences(plan, now, now.Add(7*24*time.Hour)) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[occ.Peak] || occ.From.Before(now) {
			continue
		}
		seen[occ.Peak] = true
		half := occ.From.Add(occ.To.Sub(occ.From) / 2).Truncate(time.Minute)
		w, err := windowOptions{peak: occ.Peak, date: "2026-11-20", from: half.Format("15:04"), length: time.Minute}.window(plan, now)
		if err != nil {
			t.Errorf("%s of %s (%s): %v", occ.Peak, occ.Site, occ.From, err)
			continue
		}
		if !w.At.Equal(half) || w.Seconds != 60 {
			t.Errorf("%s of %s: the window is %s for %g s, want %s for 60 s", occ.Peak, occ.Site, w.At, w.Seconds, half)
		}
	}
	if len(seen) < 3 {
		t.Fatalf("only the peaks %v were looked at", seen)
	}
}
