package results

import "github.com/headroom-erp/headroom"

// An Ending finds out until when a run that was cut off had offered its load,
// from all of its journeys in any order. The zero value is ready.
type Ending struct {
	given  bool    // a journey that never began was given up
	gaveUp float64 // the first moment at which one was
	last   float64 // when the last of the others began or ended
}

// Add takes a journey.
func (e *Ending) Add(j headroom.Journey) {
	switch {
	case !j.NeverBegan():
		e.last = max(e.last, j.Start, j.End)
	case !e.given || j.Start < e.gaveUp:
		e.given, e.gaveUp = true, j.Start
	}
}

// At is the end in seconds since the run's start. What an engine gave up it
// did when it was told to stop, at that moment or before its time had come. A
// run that was killed has no such journeys: it ended with its last record.
func (e *Ending) At() float64 {
	if e.given {
		return max(0, e.gaveUp)
	}
	return e.last
}
