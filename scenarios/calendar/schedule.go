package calendar

import (
	"cmp"
	"container/heap"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
)

// schedule is a headroom.Schedule that is produced while it is ranged over.
type schedule struct {
	*expansion
	header  headroom.Header
	span    time.Duration
	lanes   map[lane]uint16 // to their index
	sources []source        // by site and process: open arrivals, batches, runs, shifts
}

type lane struct{ site, partner string }

// Header implements headroom.Schedule.
func (s *schedule) Header() headroom.Header { return s.header }

// Arrivals merges the streams by time; ties go to the first source, and within
// one to the first arrival.
func (s *schedule) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		var h streams
		for i, src := range s.sources {
			r := &ranked{stream: src.stream(src), rank: i}
			if r.advance(&r.next) {
				h = append(h, r)
			}
		}
		heap.Init(&h)
		for id := uint64(1); len(h) > 0; id++ {
			if id > math.MaxUint32 {
				yield(headroom.Arrival{}, &headroom.InputError{What: "the window has more than 4 thousand million arrivals",
					Do: "take a shorter window or a smaller scale"})
				return
			}
			a := h[0].next
			a.ID = id
			if !yield(a, nil) {
				return
			}
			if h[0].advance(&h[0].next) {
				heap.Fix(&h, 0)
			} else {
				heap.Pop(&h)
			}
		}
	}
}

type ranked struct {
	stream
	next headroom.Arrival
	rank int
}

// streams is a heap by the next arrival's time, then rank.
type streams []*ranked

func (h streams) Len() int { return len(h) }
func (h streams) Less(i, j int) bool {
	if h[i].next.At != h[j].next.At {
		return h[i].next.At < h[j].next.At
	}
	return h[i].rank < h[j].rank
}
func (h streams) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *streams) Push(x any)   { *h = append(*h, x.(*ranked)) }
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

// addLanes gives each partner that sends batches to a site a lane of the site's
// own. Check makes sure that a partner's connections and retries are the same
// in all its batches.
func (s *schedule) addLanes(at *site) {
	for _, p := range at.peaks {
		for _, b := range p.Batches {
			k := lane{at.Name, b.Partner}
			if _, ok := s.lanes[k]; ok {
				continue
			}
			s.lanes[k] = uint16(len(s.header.Lanes))
			s.header.Lanes = append(s.header.Lanes, headroom.Lane{
				Name: at.Name + "/" + b.Partner, Connections: b.Connections, Retry: b.Retry})
		}
	}
}

// maxOperators bounds a shift's head count.
const maxOperators = 100_000

// addSources adds what arrives of the i-th site's j-th process.
func (s *schedule) addSources(i, j int, players map[string]Player, r *roster) error {
	at := s.sites[i]
	p := at.processes[j]
	if p == nil {
		return nil
	}
	src := source{schedule: s, site: at, process: p, i: uint16(i), j: uint16(j), player: players[p.Scenario]}
	add := func(stream func(source) stream) {
		src.stream = stream
		s.sources = append(s.sources, src)
	}
	if p.base > 0 || len(p.adds) > 0 {
		add(openArrivals)
	}
	if len(p.batches) > 0 {
		add(batchArrivals)
	}
	for src.number = range p.runs {
		add(runArrivals)
	}
	for k, t := range p.shifts {
		src.number = k
		n := t.operators(s.header.Scale)
		if n > maxOperators {
			return &headroom.InputError{What: fmt.Sprintf("a shift of process %q has %d operators at this scale", p.Name, n),
				Do: fmt.Sprintf("take at most %d", maxOperators)}
		}
		if src.player.Technical {
			src.users = slices.Repeat([]uint32{uint32(at.Users)}, n)
		} else {
			src.users = r.place(t.interval, n)
		}
		add(shiftArrivals)
	}
	return nil
}

// addSpans notes the peaks that touch the run, and whether the window holds the
// whole of those that touch it.
func (s *schedule) addSpans(w Window) {
	end := w.LeadIn + w.Seconds
	type key struct {
		name     string
		from, to float64
	}
	sites := map[key][]string{}
	for _, at := range s.sites {
		for d := s.first; d <= s.last; d++ {
			for _, p := range at.peaks {
				if !p.days.has(d) {
					continue
				}
				a, b := s.epoch.seconds(at.clock.at(d, p.from)), s.epoch.seconds(at.clock.at(d, p.to))
				from, to := max(a, 0), min(b, end)
				if from >= to {
					continue
				}
				k := key{p.Name, from, to}
				if names := sites[k]; len(names) == 0 || names[len(names)-1] != at.Name {
					sites[k] = append(names, at.Name)
				}
				if b > w.LeadIn && a < end && (a < w.LeadIn || b > end) {
					s.header.Shortened = true
				}
			}
		}
	}
	for k, names := range sites {
		if len(names) == len(s.sites) {
			names = nil // all
		}
		s.header.Spans = append(s.header.Spans, headroom.Span{Name: k.name, From: k.from, To: k.to, Sites: names})
	}
	slices.SortFunc(s.header.Spans, func(a, b headroom.Span) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Name, b.Name), cmp.Compare(a.To, b.To))
	})
}
