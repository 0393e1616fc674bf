package calendar

import (
	"cmp"
	"container/heap"
	"fmt"
	"iter"
	"time"

	"github.com/headroom-erp/headroom"
)

// schedule is a headroom.Schedule that is produced while it is ranged over.
type schedule struct {
	header  headroom.Header
	span    time.Duration
	sources []source // by site and process, open arrivals before batches
}

// Header implements headroom.Schedule.
func (s *schedule) Header() headroom.Header { return s.header }

// Arrivals merges the streams by time; ties go to the first source, and within
// one to the first arrival.
func (s *schedule) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		var h streams
		for i := range s.sources {
			if st := s.sources[i].stream(s.span); st.advance() {
				h = append(h, ranked{st, i})
			}
		}
		heap.Init(&h)
		for id := uint64(1); len(h) > 0; id++ {
			a := h[0].next
			a.ID = id
			if !yield(a, nil) {
				return
			}
			if h[0].advance() {
				heap.Fix(&h, 0)
			} else {
				heap.Pop(&h)
			}
		}
	}
}

type ranked struct {
	*stream
	rank int
}

// streams is a heap by the next arrival's time, then rank.
type streams []ranked

func (h streams) Len() int { return len(h) }
func (h streams) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].next.At, h[j].next.At), cmp.Compare(h[i].rank, h[j].rank)) < 0
}
func (h streams) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *streams) Push(x any)   { *h = append(*h, x.(ranked)) }
func (h *streams) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// Split is part (from 0) of parts of a schedule, by ID: the parts together are
// the whole, and arrivals keep ID and time.
func Split(s headroom.Schedule, part, parts int) (headroom.Schedule, error) {
	if parts < 1 || part < 0 || part >= parts {
		return nil, &headroom.InputError{What: fmt.Sprintf("there is no part %d of %d", part, parts),
			Do: "count parts from 0"}
	}
	return split{s, uint64(part), uint64(parts)}, nil
}

type split struct {
	headroom.Schedule
	part, parts uint64
}

// Arrivals implements headroom.Schedule.
func (s split) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		for a, err := range s.Schedule.Arrivals() {
			if err == nil && a.ID%s.parts != s.part {
				continue
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// addLanes gives each partner that sends batches to the site a lane of the
// site's own. Check makes sure that a partner's connections are one number.
func (s *schedule) addLanes(peaks []headroom.Peak, site string) map[string]uint16 {
	lanes := map[string]uint16{}
	for _, p := range peaks {
		if !at(p.Sites, site) {
			continue
		}
		for _, b := range p.Batches {
			if _, ok := lanes[b.Partner]; ok {
				continue
			}
			lanes[b.Partner] = uint16(len(s.header.Lanes))
			s.header.Lanes = append(s.header.Lanes, headroom.Lane{Name: site + "/" + b.Partner, Connections: b.Connections})
		}
	}
	return lanes
}

// addSpans notes the peaks of a site that touch the run, and whether the
// window holds the whole of those that touch it.
func (s *schedule) addSpans(days []occurrence, w Window) {
	end := w.LeadIn + w.Seconds
	for _, o := range days {
		from, to := max(o.from, 0), min(o.to, end)
		if from >= to {
			continue
		}
		s.header.Spans = append(s.header.Spans, headroom.Span{Name: o.peak.Name, From: from, To: to})
		if o.to > w.LeadIn && o.from < end && (o.from < w.LeadIn || o.to > end) {
			s.header.Shortened = true
		}
	}
}

func compareSpans(a, b headroom.Span) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Name, b.Name), cmp.Compare(a.To, b.To))
}
