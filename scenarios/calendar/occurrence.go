package calendar

import (
	"time"
)

// An Occurrence is a peak at one site on one day.
type Occurrence struct {
	Peak, Site string
	Date       string    // the day by the site's calendar, "2026-11-20"
	From, To   time.Time // in the site's time zone
	Due        time.Time // the cutoff; zero without one
	// Processes are those that arrive at the site during the window, in the
	// plan's order: from their ordinary rate, this peak, and others that overlap.
	Processes []ProcessLoad
}

// A ProcessLoad is what arrives of a process in an occurrence's window, with
// seasons and growth, at scale 1. A day's random factor has mean 1 and is not
// in it.
type ProcessLoad struct {
	Process   string
	Mean      float64   // 1/s, of open arrivals over the window, whatever brings them
	Highest   float64   // 1/s, the highest rate of open arrivals in the window
	HighestAt time.Time // when that is first
	Documents float64   // expected in the window: open arrivals, batches and scheduled starts
	Added     float64   // of them, what the peak itself brings
	Operators float64   // mean number of operators whose shift lasts
}
