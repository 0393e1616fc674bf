package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

// A step is a change of the servers while the window is on.
type step struct {
	when string // as it was given
	// after is from the window's begin on; clock, where it is given, stands in its place.
	after time.Duration
	clock *timeOfDay
	what  headroom.Reconfiguration // but for its time
}

func stepsOf(texts []string) ([]step, error) {
	var out []step
	for _, text := range texts {
		s, err := parseStep(text)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// parseStep reads TIME:PART=N and TIME:PART=N:lost.
func parseStep(text string) (step, error) {
	before, number, _ := strings.Cut(text, "=")
	number, lost := strings.CutSuffix(number, ":lost")
	servers, err := strconv.ParseFloat(number, 64)
	colon := strings.LastIndex(before, ":")
	if err != nil || colon < 1 || colon == len(before)-1 {
		return step{}, &headroom.InputError{What: fmt.Sprintf("%q says no change", text), Where: "--change",
			Do: "write it as 16:40:web=4, or, where what those workers hold fails, as 16:40:web=4:lost"}
	}
	s := step{when: before[:colon], what: headroom.Reconfiguration{Servers: servers, Lost: lost}}
	if part := before[colon+1:]; part == "web" || strings.HasSuffix(part, "/web") {
		s.what.Pool = part
	} else {
		s.what.Station = part
	}
	if what, do := s.wrong(); what != "" {
		return step{}, &headroom.InputError{What: fmt.Sprintf("%q: %s", text, what), Where: "--change", Do: do}
	}
	if offset, ok := strings.CutPrefix(s.when, "+"); ok {
		if s.after, err = time.ParseDuration(offset); err != nil || s.after < 0 {
			return step{}, &headroom.InputError{What: fmt.Sprintf("%q is no time after the window's begin", s.when), Where: "--change", Do: "write it as +90s or +10m"}
		}
		return s, nil
	}
	at, err := clock(s.when, "--change")
	s.clock = &at
	return s, err
}

// wrong says what no server can be told to do.
func (s step) wrong() (what, do string) {
	switch n := s.what.Servers; {
	case s.what.Pool != "" && !(n >= 0 && n <= mostWorkers && n == math.Trunc(n)):
		return fmt.Sprintf("%g is not a whole number of workers from 0 to %d", n, mostWorkers), ""
	case s.what.Pool == "" && !(n >= 0 && n <= mostOf):
		return fmt.Sprintf("%g is not a number of cores from 0 to %d", n, mostOf), ""
	case s.what.Pool == "" && s.what.Lost:
		return "cores hold nothing that could be lost", "leave out :lost, or say it of web"
	}
	return "", ""
}

// mostWorkers that a pool may have.
const mostWorkers = 100_000

// in is what happens in a run of a schedule. A time of day is by the clock of the
// window, the first such moment of the run.
func (s step) in(h headroom.Header) (headroom.Reconfiguration, error) {
	r := s.what
	start := h.WindowAt.Add(-seconds(h.LeadIn))
	r.At = h.LeadIn + s.after.Seconds()
	if s.clock != nil {
		at := s.clock.on(start, start.Location())
		if at.Before(start) {
			at = s.clock.on(start.AddDate(0, 0, 1), start.Location())
		}
		r.At = at.Sub(start).Seconds()
	}
	if r.At >= h.Duration() {
		return r, &headroom.InputError{What: fmt.Sprintf("%s is not within what is looked at, %s to %s", s.when, start.Format(time.TimeOnly), start.Add(seconds(h.Duration())).Format(time.TimeOnly)),
			Where: "--change", Do: "choose another time, or another window"}
	}
	return r, nil
}

// words are for people: "web=4 from 16:40 (the rest lost)".
func (s step) words() string {
	text := fmt.Sprintf("%s=%g from %s", s.what.Pool+s.what.Station, s.what.Servers, s.when)
	if s.what.Lost {
		text += " (the rest lost)"
	}
	return text
}
