package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// A change is at a time of day by the window's own clock, or so long after the
// window's begin, and in seconds since the lead-in's.
func TestStepsOfAWindow(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	// From 23:59:00 on, 10 s of lead-in before it, until 00:01:00.
	h := headroom.Header{WindowAt: time.Date(2026, 11, 20, 23, 59, 0, 0, berlin), LeadIn: 10, Window: 120}
	for text, want := range map[string]headroom.Reconfiguration{
		"23:59:20:web=4":            {At: 30, Pool: "web", Servers: 4},
		"23:59:web=4:lost":          {At: 10, Pool: "web", Servers: 4, Lost: true},
		"23:58:50:web=4":            {At: 0, Pool: "web", Servers: 4},
		"00:00:database=1.5":        {At: 70, Station: "database", Servers: 1.5},
		"+0s:app=0":                 {At: 10, Station: "app"},
		"+1m30s:own-hub/web=0:lost": {At: 100, Pool: "own-hub/web", Lost: true},
		"+1m30s:own-hub/host=2":     {At: 100, Station: "own-hub/host", Servers: 2},
	} {
		s, err := parseStep(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.in(h); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"23:58:49:web=4", "00:01:web=4", "12:00:web=4", "+2m:web=4"} {
		s, err := parseStep(text)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := s.in(h); err == nil || !strings.Contains(err.Error(), "is not within what is looked at, 23:58:50 to 00:01:00") {
			t.Errorf("%s: %+v, %v", text, r, err)
		}
	}
}

func TestWrongSteps(t *testing.T) {
	for _, text := range []string{"", "web", "web=4", ":web=4", "16:40:web", "16:40:web=", "16:40:=4", "16:40:web=4:last", "16:40:web=four", "16:40:web=4=5", "24:01:web=4", "16:web=4", "+x:web=4", "+-5s:web=4"} {
		s, err := parseStep(text)
		if bad := (*headroom.InputError)(nil); !errors.As(err, &bad) || bad.Where != "--change" || bad.Do == "" {
			t.Errorf("%q: %+v, %v", text, s, err)
		}
	}
}

// Every value of a flag with every one of the others, behind what is not changed;
// what happens on the way happens in all of them.
func TestCombinations(t *testing.T) {
	o := whatIfOptions{workers: []int{4, 6}, scales: []float64{1, 2}, sites: []string{"north=hub"}, changes: []string{"16:40:web=4", "+1m:web=2:lost"}}
	list, err := o.combinations()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range list {
		got = append(got, named(headroom.Topology{Name: "t"}, w))
	}
	const steps = "with north=hub, web=4 from 16:40, web=2 from +1m (the rest lost)"
	if want := "t; t, 4 workers, " + steps + "; t, 4 workers, 2 times the load, " + steps + "; t, 6 workers, " + steps + "; t, 6 workers, 2 times the load, " + steps; strings.Join(got, "; ") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, "; "), want)
	}
	if w, err := o.single(); err == nil {
		t.Errorf("one of four: %+v", w)
	}
	only := whatIfOptions{changes: []string{"16:40:web=4"}}
	if w, err := only.single(); err != nil || len(w.steps) != 1 {
		t.Errorf("%+v, %v", w, err)
	}
	if w, err := (&whatIfOptions{scales: []float64{1}}).single(); err != nil || w.Changes() || w.Scale != 1 {
		t.Errorf("%+v, %v", w, err)
	}
	if list, err := (&whatIfOptions{}).combinations(); err != nil || len(list) != 1 || list[0].Changes() {
		t.Errorf("%+v, %v", list, err)
	}
}
