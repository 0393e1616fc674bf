package compare

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// A fate is how a journey ended.
type fate uint8

const (
	done fate = iota
	failed
	idle // found nothing to do
)

// A journey is what is compared of one.
type journey struct {
	arrival        uint64
	scheduled, end float64
	fate           fate
}

func (j journey) response() float64 {
	if j.fate != done {
		return math.Inf(1)
	}
	return max(0, j.end-j.scheduled)
}

// A document is work that one journey released and another did.
type document struct {
	released, due float64
	done          float64 // the run's end when it was not done
	inTime        bool
}

// records are what is compared of a run.
type records struct {
	journeys  map[string][]journey // by process, in order of their scheduled times
	closed    map[string]bool      // processes of operators
	documents map[string][]document
	schedule  uint64 // the same for runs that replayed the same arrivals; 0: unknown
}

// collect reads a run once.
func collect(run headroom.Run) (records, error) {
	r := records{journeys: map[string][]journey{}, closed: map[string]bool{}, documents: map[string][]document{}}
	for j, err := range run.Journeys() {
		if err != nil {
			return r, err
		}
		if math.IsNaN(j.Scheduled) || math.IsNaN(j.End) || math.IsInf(j.Scheduled, 0) || math.IsInf(j.End, 0) {
			continue // no moment of any clock
		}
		if j.NeverBegan() && (j.Kind == headroom.Closed || !run.Info().Complete) {
			continue // the run ended before it
		}
		one := journey{arrival: j.Arrival, scheduled: j.Scheduled, end: j.End, fate: failed}
		switch j.Outcome {
		case headroom.OK:
			one.fate = done
		case headroom.NothingToDo:
			one.fate = idle
		}
		r.journeys[j.Process] = append(r.journeys[j.Process], one)
		if j.Kind == headroom.Closed {
			r.closed[j.Process] = true
		}
	}
	for _, list := range r.journeys {
		slices.SortStableFunc(list, func(a, b journey) int {
			return cmp.Or(cmp.Compare(a.scheduled, b.scheduled), cmp.Compare(a.arrival, b.arrival))
		})
	}
	r.schedule = scheduleOf(run)
	return r, r.collectDocuments(run)
}

// scheduleOf is a hash of a run's arrivals; 0 when they were not kept.
func scheduleOf(run headroom.Run) uint64 {
	h, n := fnv.New64a(), 0
	var b [48]byte
	le := binary.LittleEndian
	for a, err := range run.Arrivals() {
		if err != nil {
			return 0
		}
		le.PutUint64(b[0:], a.ID)
		le.PutUint64(b[8:], uint64(a.At))
		le.PutUint64(b[16:], a.Seed)
		le.PutUint64(b[24:], uint64(a.Until))
		le.PutUint64(b[32:], uint64(a.Due))
		le.PutUint16(b[40:], a.Process)
		le.PutUint16(b[42:], a.Site)
		le.PutUint16(b[44:], a.Lane)
		b[46] = byte(a.Kind)
		_, _ = h.Write(b[:]) // never fails
		n++
	}
	if n == 0 {
		return 0
	}
	return h.Sum64()
}

// collectDocuments follows each from its release to when it was done. One that
// was there before the run has no due time.
func (r *records) collectDocuments(run headroom.Run) error {
	type id struct {
		site, kind string
		number     int64
	}
	ids, finished := []id{}, map[id]float64{}
	first := map[id]headroom.DocumentEvent{}
	for e, err := range run.Documents() {
		if err != nil {
			return err
		}
		i := id{e.Site, e.Kind, e.Document}
		_, again := first[i]
		switch {
		case e.Done:
			if _, did := finished[i]; !did { // it was done when it was first
				finished[i] = e.T
			}
		case !again:
			first[i] = e
			ids = append(ids, i)
		}
	}
	for _, i := range ids {
		e := first[i]
		at, did := finished[i]
		if !did {
			at = max(e.T, run.Info().Schedule.Duration())
		}
		if e.Due > 0 {
			r.documents[i.kind] = append(r.documents[i.kind], document{e.T, e.Due, at, did && at <= e.Due})
		}
	}
	for _, list := range r.documents {
		slices.SortStableFunc(list, func(a, b document) int { return cmp.Compare(a.released, b.released) })
	}
	return nil
}

// scheduledIn are the journeys of a process scheduled in [from, to), those left
// out that found nothing to do.
func (r records) scheduledIn(process string, from, to float64) []journey {
	list := r.journeys[process]
	first, _ := slices.BinarySearchFunc(list, from, func(j journey, t float64) int { return cmp.Compare(j.scheduled, t) })
	var out []journey
	for _, j := range list[first:] {
		if j.scheduled >= to {
			break
		}
		if j.fate != idle {
			out = append(out, j)
		}
	}
	return out
}

// common keeps of two runs of the same arrivals those that both have, in the
// same order, and that keep wants.
func common(a, b []journey, keep func(a, b journey) bool) (ka, kb []journey) {
	at := make(map[uint64]int, len(b))
	for i, j := range b {
		at[j.arrival] = i
	}
	for _, j := range a {
		if i, ok := at[j.arrival]; ok && keep(j, b[i]) {
			ka, kb = append(ka, j), append(kb, b[i])
		}
	}
	return ka, kb
}
